#include "executor/sim/sim_receive.h"

#include <fmt/format.h>

#include <functional>
#include <optional>
#include <utility>

#include "executor/sim/sim_landing.h"
#include "executor/sim/sim_stream.h"
#include "lang/overloaded.h"

namespace zr {
namespace {

class SimReceive : public ReceiveStream {
 public:
  SimReceive(std::shared_ptr<SimFile> file, HostName host, ReceiveRequest request, Seconds now)
      : file_(std::move(file)), host_(std::move(host)), request_(std::move(request)), now_(now) {}
  ~SimReceive() override { close(); }

  Result<void> write(std::span<const std::byte> input) override {
    while (!failure_) {
      auto item = parser_.next(input);
      if (!item) return fail(item.error());
      if (std::holds_alternative<SimNeedMore>(*item)) return {};
      if (auto handled = handle(*std::move(item)); !handled) return fail(handled.error());
    }
    return *failure_;
  }

  Result<void> finish() override {
    if (failure_) return *failure_;
    const bool incremental = current_ && current_->fromguid;
    const bool resumed = current_ && current_->resumed;
    const bool kept = close();
    if (ended_) return {};
    if (first_) {
      return fail({Remedy::retry, "cannot receive: failed to read from stream; it ended at once"});
    }
    const std::string_view kind =
        resumed ? "resume" : (incremental ? "incremental" : "new filesystem");
    return fail(
        {Remedy::replan,
         fmt::format("cannot receive {} stream: checksum mismatch or incomplete stream; {} in "
                     "'{}'",
                     kind,
                     kept ? "what has arrived is kept, to be resumed or dropped with zfs "
                            "receive -A,"
                          : "nothing was kept",
                     request_.target.str())});
  }

 private:
  Result<void> on_host(const std::function<Result<void>(const SimHost&)>& work) {
    return file_->change([&](SimState& state) { return work(SimHost{state, host_, now_}); });
  }

  Result<void> handle(SimStreamItem item) {
    return std::visit(overloaded{[](SimNeedMore) -> Result<void> { return {}; },
                                 [this](SimSnapshotRecord& r) { return begin(std::move(r)); },
                                 [this](SimFiller f) -> Result<void> {
                                   received_ += f.bytes;
                                   return {};
                                 },
                                 [this](SimSnapshotEnd) { return landed(); },
                                 [this](SimStreamEnd) -> Result<void> {
                                   ended_ = true;
                                   return {};
                                 }},
                      item);
  }

  Result<void> begin(SimSnapshotRecord record) {
    if (first_ && request_.resuming && !record.resumed) {
      return Error{Remedy::replan,
                   fmt::format("cannot receive into '{}': the stream is not one that "
                               "resumes what is there; plan again",
                               request_.target.str())};
    }
    auto may = on_host([&](const SimHost& h) -> Result<void> {
      const auto arrival = may_receive(h, request_, record);
      if (!arrival) return arrival.error();
      skipping_ = *arrival == Arrival::skips;
      return {};
    });
    if (!may) return may;
    first_ = false;
    received_ = record.filler_from;
    current_ = std::move(record);
    return {};
  }

  Result<void> landed() {
    if (skipping_) return current_.reset(), Result<void>();
    const SimSnapshotRecord record = *std::exchange(current_, std::nullopt);
    return on_host([&](const SimHost& h) { return land(h, request_, record); });
  }

  Result<void> fail(Error error) {
    failure_ = std::move(error);
    close();
    return *failure_;
  }

  // Ends the use of the target; what has arrived of a snapshot that is not complete is kept.
  // Whether there is partially received state now.
  bool close() {
    if (std::exchange(closed_, true)) return false;
    const auto record = std::exchange(current_, std::nullopt);
    // A resumed one has state already, and keeps it.
    const bool keep = record && !skipping_ && received_ > record->filler_from;
    const bool kept = keep && on_host([&](const SimHost& h) {
                                return keep_partial(h, request_, *record, received_);
                              }).has_value();
    file_->use([this](SimUse& use) { use.receiving.erase({host_, request_.target}); });
    return kept || (record && record->resumed);
  }

  const std::shared_ptr<SimFile> file_;
  const HostName host_;
  const ReceiveRequest request_;
  const Seconds now_;
  SimStreamParser parser_;
  std::optional<SimSnapshotRecord> current_;  // the snapshot that is arriving
  std::uint64_t received_ = 0;                // how much of its filler is here
  bool skipping_ = false;                     // it is there already
  bool first_ = true;
  bool ended_ = false;
  bool closed_ = false;
  std::optional<Error> failure_;
};

}  // namespace

Result<std::unique_ptr<ReceiveStream>> open_sim_receive(std::shared_ptr<SimFile> file,
                                                        const HostName& host,
                                                        const ReceiveRequest& request,
                                                        Seconds now) {
  const auto opened = file->change([&](SimState& state) -> Result<void> {
    if (auto may = may_open(SimHost{state, host, now}, request); !may) return may;
    state.use.receiving.insert({host, request.target});
    return {};
  });
  if (!opened) return opened.error();
  return std::unique_ptr<ReceiveStream>(
      std::make_unique<SimReceive>(std::move(file), host, request, now));
}

}  // namespace zr

#include "executor/sim/sim_send.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "executor/sim/sim_datasets.h"
#include "executor/sim/sim_error.h"
#include "executor/sim/sim_stream.h"
#include "lang/overloaded.h"
#include "planner/resume_token.h"

namespace zr {
namespace {

constexpr std::string_view doing = "send";
constexpr std::uint64_t min_filler_bytes = 512;  // even an empty snapshot's stream has some records

using Records = std::vector<SimSnapshotRecord>;

// What a stream is made of, on the dataset that it is read from.
struct Source {
  const Dataset& dataset;
  std::uint64_t max_filler_bytes;
  bool raw = false;
  bool compressed = false;

  SimSnapshotRecord record(const Version* from, const Version& to) const;
};

std::uint64_t added_bytes(const Dataset& d, const Version* from, const Version& to) {
  std::uint64_t sum = 0;
  for (const Version& v : d.versions) {
    if (!v.is_snapshot() || v.createtxg > to.createtxg) continue;
    if (from != nullptr && v.createtxg <= from->createtxg) continue;
    const auto room = std::numeric_limits<std::uint64_t>::max() - sum;
    sum += std::min(room, v.bytes);
  }
  return sum;
}

SimSnapshotRecord Source::record(const Version* from, const Version& to) const {
  SimSnapshotRecord r;
  r.toname = dataset.name.str() + to.str();
  r.toguid = to.guid;
  if (from != nullptr) r.fromguid = from->guid;
  r.creation = to.creation;
  r.bytes = added_bytes(dataset, from, to);
  r.filler_bytes = std::max(min_filler_bytes, std::min(r.bytes, max_filler_bytes));
  r.type = dataset.type;
  r.raw = raw && dataset.encrypted();
  r.compressed = compressed;
  return r;
}

Result<void> readable(const Dataset& d, std::string_view to, bool raw) {
  if (!d.encrypted() || raw || d.key_status == KeyStatus::available) return {};
  return refused(Remedy::give_up, doing, to,
                 "dataset key must be loaded; run zfs load-key, or send it raw");
}

Error not_earlier(const Dataset& d, const Version& from, const Version& to) {
  return refused(Remedy::replan, doing, d.name.str() + to.str(),
                 fmt::format("not an earlier snapshot from the same fs; {} is no base for it",
                             d.name.str() + from.str()));
}

// A clone's first stream: from its origin, which is another dataset's snapshot.
Result<Records> clone_records(const SimHost& host, const Source& s, const Send& send, Dataset& d) {
  const auto to = resolve_present(doing, d, send.to);
  if (!to) return to.error();
  Dataset* base = host.find(*send.clone_of);
  if (base == nullptr) return dataset_gone(doing, *send.clone_of);
  const auto from = resolve_present(doing, *base, *send.from);
  if (!from) return from.error();
  const std::string origin = full_name(*send.clone_of, *send.from);
  if (d.origin != origin) {
    return refused(
        Remedy::replan, doing, full_name(d.name, send.to),
        fmt::format("not an earlier snapshot from the same fs; {} is not its origin", origin));
  }
  if (auto key = readable(d, full_name(d.name, send.to), send.raw); !key) return key.error();
  SimSnapshotRecord record = s.record(nullptr, **to);
  record.fromguid = (*from)->guid;
  record.clone = true;
  return Records{std::move(record)};
}

Result<Records> records(const Source& s, const Send& send, Dataset& d) {
  const auto to = resolve_present(doing, d, send.to);
  if (!to) return to.error();
  const std::string name = full_name(d.name, send.to);
  if (!(*to)->is_snapshot()) return refused(Remedy::give_up, doing, name, "it is no snapshot");
  if (auto key = readable(d, name, send.raw); !key) return key.error();
  if (!send.from) {
    if (!send.intermediates) return Records{s.record(nullptr, **to)};
    return refused(Remedy::give_up, doing, name, "a full stream has no intermediate snapshots");
  }
  const auto from = resolve_present(doing, d, *send.from);
  if (!from) return from.error();
  if (send.intermediates && !(*from)->is_snapshot()) {
    return refused(Remedy::give_up, doing, name,
                   "multiple snapshots cannot be sent from a bookmark; send the first with -i");
  }
  if ((*from)->createtxg >= (*to)->createtxg) return not_earlier(d, **from, **to);
  Records all;
  const Version* last = *from;
  for (const Version& v : d.versions) {
    const bool between = send.intermediates && v.is_snapshot() && v.createtxg > last->createtxg &&
                         v.createtxg < (*to)->createtxg;
    if (!between) continue;
    all.push_back(s.record(last, v));
    last = &v;
  }
  all.push_back(s.record(last, **to));
  return all;
}

const Version* by_guid(const Dataset& d, Guid guid, bool snapshots_only) {
  const auto it = std::find_if(d.versions.begin(), d.versions.end(), [&](const Version& v) {
    return v.guid == guid && (v.is_snapshot() || !snapshots_only);
  });
  return it == d.versions.end() ? nullptr : &*it;
}

Error gone_since(const Resume& resume, std::string_view what, Guid guid) {
  return {Remedy::replan, fmt::format("cannot resume send of '{}': {} (guid {}) no longer exists; "
                                      "plan again",
                                      resume.dataset.str(), what, guid.value)};
}

Result<Records> records(const SimHost& host, const Source& s, const Resume& resume,
                        const Dataset& d) {
  const auto token = decode(resume.token);
  if (!token) {
    return Error{Remedy::replan,
                 fmt::format("cannot resume send: resume token is corrupt (for '{}'); plan again",
                             d.name.str())};
  }
  if (resume.to.guid != token->toguid) {
    return refused(Remedy::replan, doing, full_name(d.name, resume.to),
                   "it is not what the resume token is of; plan again");
  }
  const Version* to = by_guid(d, token->toguid, true);
  if (to == nullptr) return gone_since(resume, "the snapshot", token->toguid);
  const Version* from = nullptr;
  const Version* origin = origin_of(host, d);
  const bool clone = origin != nullptr && token->fromguid == origin->guid;
  if (token->fromguid && !clone) {
    from = by_guid(d, *token->fromguid, false);
    if (from == nullptr) return gone_since(resume, "incremental source", *token->fromguid);
    if (from->createtxg >= to->createtxg) return not_earlier(d, *from, *to);
  }
  if (auto key = readable(d, d.name.str() + to->str(), token->raw); !key) return key.error();
  SimSnapshotRecord r = s.record(from, *to);
  r.resumed = true;
  r.clone = clone;
  if (clone) r.fromguid = token->fromguid;
  r.filler_from = token->received_bytes;
  if (r.filler_from > r.filler_bytes) {
    return refused(Remedy::give_up, doing, d.name.str() + to->str(),
                   "the resume token is of another stream");
  }
  return Records{std::move(r)};
}

class SimSend : public SendStream {
 public:
  SimSend(std::shared_ptr<SimFile> file, HostName host, DatasetName dataset, Records records)
      : file_(std::move(file)),
        host_(std::move(host)),
        dataset_(std::move(dataset)),
        records_(std::move(records)),
        framing_(stream_header()) {
    // Nothing of the world changes, so nothing is written, and this can't fail half-way.
    begin();
  }
  ~SimSend() override {
    file_->use([this](SimUse& use) {
      for (const SimSnapshotRecord& r : records_) {
        const auto it = use.sending.find({host_, dataset_, r.toguid});
        if (it != use.sending.end()) use.sending.erase(it);
      }
    });
  }

  Result<std::size_t> read(std::span<std::byte> out) override {
    std::size_t n = 0;
    while (n < out.size() && !done_) n += some(out.subspan(n));
    return n;
  }

  Result<void> finish() override {
    if (done_) return {};
    return Error{Remedy::retry, fmt::format("cannot send '{}': the stream was not read to its end",
                                            records_.back().toname)};
  }

 private:
  void begin() {
    if (current_ == records_.size()) return;
    const auto record = encode(records_[current_]);
    framing_.insert(framing_.end(), record.begin(), record.end());
    position_ = records_[current_].filler_from;
  }
  // Headers first, then the filler that they announce; then what ends it and begins the next.
  std::size_t some(std::span<std::byte> out) {
    if (framed_ < framing_.size()) {
      const auto n = std::min(out.size(), framing_.size() - framed_);
      std::copy_n(framing_.begin() + static_cast<std::ptrdiff_t>(framed_), n, out.begin());
      framed_ += n;
      return n;
    }
    framing_.clear();
    framed_ = 0;
    if (current_ == records_.size()) {
      done_ = true;
      return 0;
    }
    const SimSnapshotRecord& r = records_[current_];
    const auto n =
        static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), r.filler_bytes - position_));
    fill(out.first(n), r.toguid, position_);
    position_ += n;
    if (position_ == r.filler_bytes) end(r.toguid);
    return n;
  }
  void end(Guid guid) {
    framing_ = snapshot_end(guid);
    ++current_;
    begin();
    if (current_ != records_.size()) return;
    const auto last = stream_end();
    framing_.insert(framing_.end(), last.begin(), last.end());
  }

  const std::shared_ptr<SimFile> file_;
  const HostName host_;
  const DatasetName dataset_;
  const Records records_;
  std::size_t current_ = 0;
  std::uint64_t position_ = 0;      // in the current snapshot's filler
  std::vector<std::byte> framing_;  // what is not filler and goes next
  std::size_t framed_ = 0;          // how much of it has gone
  bool done_ = false;
};

const DatasetName& dataset_of(const SendRequest& request) {
  return std::visit(overloaded{[](const Send& s) -> const DatasetName& { return s.dataset; },
                               [](const Resume& r) -> const DatasetName& { return r.dataset; }},
                    request);
}

Result<Records> records_of(const SimHost& host, Dataset& d, const SendRequest& request,
                           std::uint64_t max_filler) {
  return std::visit(overloaded{[&](const Send& s) {
                                 const Source source{d, max_filler, s.raw, s.compressed};
                                 return s.clone_of && s.from ? clone_records(host, source, s, d)
                                                             : records(source, s, d);
                               },
                               [&](const Resume& r) {
                                 const auto token = decode(r.token);
                                 const bool raw = token && token->raw;
                                 const bool compressed = token && token->compressed;
                                 return records(host, {d, max_filler, raw, compressed}, r, d);
                               }},
                    request);
}

}  // namespace

Result<std::unique_ptr<SendStream>> open_sim_send(std::shared_ptr<SimFile> file,
                                                  const HostName& host, const SendRequest& request,
                                                  std::uint64_t max_filler_bytes) {
  const DatasetName& dataset = dataset_of(request);
  Records all;
  const auto prepared = file->change([&](SimState& state) -> Result<void> {
    const SimHost at{state, host, {}};
    Dataset* d = at.find(dataset);
    if (d == nullptr) return dataset_gone(doing, dataset);
    auto made = records_of(at, *d, request, max_filler_bytes);
    if (!made) return made.error();
    all = *std::move(made);
    for (const auto& r : all) state.use.sending.insert({host, dataset, r.toguid});
    return {};
  });
  if (!prepared) return prepared.error();
  return std::unique_ptr<SendStream>(
      std::make_unique<SimSend>(std::move(file), host, dataset, std::move(all)));
}

}  // namespace zr

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "executor/run/run_landing.h"
#include "executor/run/run_work.h"
#include "executor/run/transfer.h"

namespace zr {
namespace {

class Stream {
 public:
  Stream(const RunContext& context, const Unit& unit,
         const std::function<void(std::uint64_t)>& moved)
      : context_(context),
        sender_(context.plan.step(unit.steps.front())),
        receiver_(context.plan.step(unit.steps.back())),
        recv_(std::get<Recv>(receiver_.action)),
        moved_(moved),
        source_(context.connections, sender_.host),
        attempts_(context.patience, sender_.id) {
    if (receiver_.host != sender_.host) other_.emplace(context.connections, receiver_.host);
  }

  std::optional<std::vector<event::StepEnded>> run() {
    auto request = context_.guids.request_of(sender_);
    if (!request) return both(failure(context_, sender_.id, request.error()));
    request_ = *std::move(request);
    const Landing landing(context_, sender_, receiver_, request_);
    while (true) {
      const Result<void> result = attempt();
      if (result) return {};
      if (context_.patience.stopped()) return both(cut_off(result.error()));
      if (result.error().remedy == Remedy::reconnect) drop_connections();
      // It may have landed all the same.
      const auto target = look();
      // If it has, a person has to know if it lacks one of its properties.
      const bool lacks_property = result.error().lacks_property;
      if (target && landing.find(*target) && !lacks_property) {
        return both(landing.landed(*target));
      }
      if (!target || has_moved_on(*target) || !attempts_.again(result.error())) {
        return both(failed(result.error(), target));
      }
    }
  }

 private:
  std::vector<event::StepEnded> both(event::StepEnded sender) const {
    return both_ends(std::move(sender), receiver_.id);
  }

  Lease& target_lease() { return other_ ? *other_ : source_; }

  // From the request to the last byte on the target. A connection that is broken is an error here:
  // half a stream can't be continued on another.
  Result<void> attempt() {
    const auto from = source_.zfs();
    if (!from) return from.error();
    const auto to = target_lease().zfs();
    if (!to) return to.error();
    // The sender first: it checks the guids, before the receiver replaces a placeholder.
    auto sending = (*from)->send(request_);
    if (!sending) return sending.error();
    auto receiving = (*to)->receive({recv_.dataset, recv_.over_placeholder,
                                     std::holds_alternative<Resume>(request_), recv_.set,
                                     recv_.exclude, recv_.clone_of});
    if (!receiving) return receiving.error();
    const auto all = transfer(**sending, **receiving, moved_,
                              context_.rates.of_stream(sender_, receiver_), context_.patience.stop);
    if (!all) return all.error();
    return finish_both(**sending, **receiving);
  }

  Result<Inventory> look() {
    return persistently(target_lease(), attempts_, [&](Zfs& zfs) {
      return zfs.list({false, {}, {recv_.dataset}});
    });
  }

  static const ResumeToken* token(const Result<Inventory>& target, const DatasetName& name) {
    const Dataset* dataset = target ? target->find(name) : nullptr;
    return dataset && dataset->resume_token ? &*dataset->resume_token : nullptr;
  }

  // Something has arrived, so that the same request is not the right one any more.
  bool has_moved_on(const Result<Inventory>& target) const {
    const ResumeToken* now = token(target, recv_.dataset);
    const auto* resume = std::get_if<Resume>(&request_);
    return now && (!resume || resume->token != *now);
  }

  event::StepEnded cut_off(const Error& error) const {
    return {sender_.id, event::Outcome::interrupted,
            "cut off (" + error.message + "); the next apply goes on from what has arrived"};
  }

  event::StepEnded failed(const Error& error, const Result<Inventory>& target) const {
    std::string message = error.message;
    if (token(target, recv_.dataset)) {
      message += fmt::format(
          "; what has arrived is kept, and the next apply goes on from there (to drop it, on {}: "
          "zfs receive -A '{}')",
          receiver_.host.value, recv_.dataset.str());
      // It passes, but what was planned is not what is missing now.
      return failure(context_, sender_.id,
                     {may_pass(error.remedy) ? Remedy::replan : error.remedy, std::move(message)});
    }
    return failure(context_, sender_.id, {error.remedy, std::move(message)});
  }

  void drop_connections() {
    source_.drop();
    if (other_) other_->drop();
  }

  const RunContext& context_;
  const Step& sender_;
  const Step& receiver_;
  const Recv& recv_;
  const std::function<void(std::uint64_t)>& moved_;
  Lease source_;
  std::optional<Lease> other_;  // the receiving end's, where that is another host
  Attempts attempts_;
  SendRequest request_ = Resume{recv_.dataset, {}, {}, {}};
};

}  // namespace

std::optional<std::vector<event::StepEnded>> run_stream(
    const RunContext& context, const Unit& unit, const std::function<void(std::uint64_t)>& moved) {
  return Stream(context, unit, moved).run();
}

}  // namespace zr

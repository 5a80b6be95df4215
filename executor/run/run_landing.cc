#include "executor/run/run_landing.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace zr {

Landing::Landing(const RunContext& context, const Step& sender, const Step& receiver,
                 const SendRequest& request)
    : context_(context),
      sender_(sender),
      receiver_(receiver),
      snapshot_(std::visit([](const auto& r) { return r.to; }, request)),
      any_name_(std::holds_alternative<Resume>(request)) {}

const Version* Landing::find(const Inventory& target) const {
  const Dataset* found = target.find(dataset());
  if (!found) return nullptr;
  const auto is_it = [&](const Version& v) {
    return v.is_snapshot() && v.guid == snapshot_.guid && (any_name_ || v.name == snapshot_.name);
  };
  const auto it = std::find_if(found->versions.begin(), found->versions.end(), is_it);
  return it == found->versions.end() ? nullptr : &*it;
}

event::StepEnded Landing::landed(const Inventory& target) const {
  const Version& version = *find(target);
  context_.guids.learn(receiver_.host, *target.find(dataset()));
  event::StepEnded end{sender_.id, event::Outcome::done, {}, version.guid};
  if (version.name != snapshot_.name) end.message = "landed as " + version.str();
  return end;
}

event::StepEnded Landing::missing(const Result<Inventory>& target) const {
  const Error error =
      target ? Error{Remedy::replan,
                     fmt::format("the stream ended, but {}:{} does not have {} with guid {}; "
                                 "plan again",
                                 receiver_.host.value, dataset().str(), snapshot_.str(),
                                 snapshot_.guid->value)}
             : Error{target.error().remedy,
                     "the stream ended, but whether it landed could not be seen: " +
                         target.error().message};
  return failure(context_, sender_.id, error);
}

std::vector<event::StepEnded> both_ends(event::StepEnded sender, StepId receiver) {
  event::StepEnded other = sender;
  other.step = receiver;
  return {std::move(sender), std::move(other)};
}

std::vector<event::StepEnded> run_landings(const RunContext& context, const Unit& unit) {
  std::vector<Landing> landings;
  Roots roots;
  roots.versions_only = true;
  for (std::size_t i = 0; i + 1 < unit.steps.size(); i += 2) {
    const Step& sender = context.plan.step(unit.steps[i]);
    const Step& receiver = context.plan.step(unit.steps[i + 1]);
    // It was known when the stream began.
    landings.emplace_back(context, sender, receiver, context.guids.request_of(sender).value());
    roots.alone.push_back(receiver.dataset());
  }
  Lease lease(context.connections, context.plan.step(unit.steps.back()).host);
  Attempts attempts(context.patience, unit.steps.front());
  const auto target = persistently(lease, attempts, [&](Zfs& zfs) { return zfs.list(roots); });

  std::vector<event::StepEnded> ends;
  for (const Landing& landing : landings) {
    const bool there = target && landing.find(*target);
    const auto sender = there ? landing.landed(*target) : landing.missing(target);
    for (auto& end : both_ends(sender, landing.receiver())) ends.push_back(std::move(end));
  }
  return ends;
}

}  // namespace zr

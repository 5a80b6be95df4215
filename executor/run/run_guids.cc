#include "executor/run/run_guids.h"

#include <fmt/format.h>

#include <cassert>
#include <vector>

#include "lang/overloaded.h"
#include "planner/marks.h"

namespace zr {
namespace {

using Refs = std::vector<VersionRef*>;

Refs with(std::optional<VersionRef>& from, VersionRef& to) {
  return from ? Refs{&*from, &to} : Refs{&to};
}

Refs with(std::vector<VersionRef>& several, VersionRef& to) {
  Refs refs{&to};
  for (VersionRef& ref : several) refs.push_back(&ref);
  return refs;
}

// Every version that an action relies on.
Refs refs_of(Action& action) {
  return std::visit(overloaded{
                        [](CreatePlaceholder&) { return Refs{}; },
                        [](TakeSnapshot&) { return Refs{}; },
                        [](Send& a) { return with(a.from, a.to); },
                        [](Recv&) { return Refs{}; },
                        [](Resume& a) { return with(a.from, a.to); },
                        [](AbortReceive&) { return Refs{}; },
                        [](CreateBookmark& a) { return Refs{&a.of}; },
                        [](PlaceHold& a) { return Refs{&a.snapshot}; },
                        [](ReleaseHold& a) { return Refs{&a.snapshot}; },
                        [](Rollback& a) { return with(a.destroys, a.to); },
                        [](DestroyVersion& a) { return Refs{&a.version}; },
                        [](RenameDataset&) { return Refs{}; },
                    },
                    action);
}

Change as_change(Action action) {
  const auto no_change = [](const auto& end) -> Change {
    assert(false && "an end of a stream is no change");
    return CreatePlaceholder{end.dataset};
  };
  return std::visit(overloaded{
                        [](CreatePlaceholder& a) -> Change { return std::move(a); },
                        [](TakeSnapshot& a) -> Change { return std::move(a); },
                        [&](Send& a) -> Change { return no_change(a); },
                        [&](Recv& a) -> Change { return no_change(a); },
                        [&](Resume& a) -> Change { return no_change(a); },
                        [](AbortReceive& a) -> Change { return std::move(a); },
                        [](CreateBookmark& a) -> Change { return std::move(a); },
                        [](PlaceHold& a) -> Change { return std::move(a); },
                        [](ReleaseHold& a) -> Change { return std::move(a); },
                        [](Rollback& a) -> Change { return std::move(a); },
                        [](DestroyVersion& a) -> Change { return std::move(a); },
                        [](RenameDataset& a) -> Change { return std::move(a); },
                    },
                    action);
}

}  // namespace

Guids::Guids(const Plan& plan) : plan_(plan) {
  for (const Step& step : plan.steps) {
    Action action = step.action;
    for (const VersionRef* ref : refs_of(action)) {
      if (!ref->guid) known_[{step.host, step.dataset(), ref->kind, ref->name}] = {};
    }
  }
}

bool Guids::wants(const HostName& host, const DatasetName& dataset, VersionKind kind,
                  const std::string& name) const {
  const std::lock_guard lock(mutex_);
  return known_.count({host, dataset, kind, name}) > 0;
}

void Guids::learn(const HostName& host, const DatasetName& dataset, VersionKind kind,
                  const std::string& name, Guid guid) {
  const std::lock_guard lock(mutex_);
  const auto wanted = known_.find({host, dataset, kind, name});
  if (wanted != known_.end()) wanted->second = guid;
}

void Guids::learn(const HostName& host, const Dataset& dataset) {
  for (const Version& v : dataset.versions) learn(host, dataset.name, v.kind, v.name, v.guid);
}

std::optional<Error> Guids::fill(const Step& step, VersionRef& ref) const {
  if (ref.guid) return {};
  const std::lock_guard lock(mutex_);
  const auto known = known_.find({step.host, step.dataset(), ref.kind, ref.name});
  if (known != known_.end()) ref.guid = known->second;
  if (ref.guid) return {};
  return Error{
      Remedy::replan,
      fmt::format("the guid of {}:{}{} is not known: no step of this run made it; plan again",
                  step.host.value, step.dataset().str(), ref.str())};
}

Result<Change> Guids::change_of(const Step& step) const {
  Action action = step.action;
  for (VersionRef* ref : refs_of(action)) {
    if (auto error = fill(step, *ref)) return *std::move(error);
  }
  if (auto* bookmark = std::get_if<CreateBookmark>(&action);
      bookmark && bookmark->bookmark.empty()) {
    bookmark->bookmark = Cursor{plan_.site, step.job.value(), bookmark->of.guid.value()}.str();
  }
  return as_change(std::move(action));
}

Result<SendRequest> Guids::request_of(const Step& step) const {
  Action action = step.action;
  for (VersionRef* ref : refs_of(action)) {
    if (auto error = fill(step, *ref)) return *std::move(error);
  }
  if (auto* send = std::get_if<Send>(&action)) return SendRequest{std::move(*send)};
  return SendRequest{std::get<Resume>(std::move(action))};
}

}  // namespace zr

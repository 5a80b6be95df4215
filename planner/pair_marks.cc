// What a pair leaves on ZFS: the cursor on the source, the hold on the target.
#include <fmt/format.h>

#include <algorithm>

#include "planner/replication.h"

namespace zr {

std::optional<std::size_t> PairPlanner::cursor_of(Guid guid) const {
  return source_.find_cursor({draft_.policy.site, job_.id, guid});
}

void PairPlanner::mark(std::size_t source, std::size_t target) {
  const auto landed = target_.made_by(target);
  const std::vector<StepRef> after =
      landed ? std::vector<StepRef>{*landed} : std::vector<StepRef>{};
  const Version version = source_.version(source);
  const Cursor cursor{draft_.policy.site, job_.id, version.guid};

  // A name that is too long is a conflict as soon as there is something to send.
  const std::size_t bytes = source_.name.str().size() + 1 + cursor.str().size();
  if (!cursor_of(version.guid) && bytes <= max_zfs_name_bytes) {
    CreateBookmark action{source_.name, draft_.ref(source_, source), ""};
    if (source_.guid_known(source)) action.bookmark = cursor.str();
    bookmarked_ = draft_.add(
        cause_, source_.host, std::move(action),
        landed ? "landed on the target" : "the newest that both have; its cursor was missing",
        after);
    source_.use(source, *bookmarked_);
    Version bookmark{VersionKind::bookmark,
                     cursor.str(),
                     version.guid,
                     version.createtxg,
                     version.creation,
                     0,
                     {},
                     {}};
    source_.add(std::move(bookmark), bookmarked_, source_.guid_known(source));
  }
  if (!target_.has_hold(target, hold().str())) {
    held_ = draft_.add(cause_, target_.host,
                       PlaceHold{target_.name, draft_.ref(target_, target), hold().str()},
                       landed ? "the next incremental starts from it"
                              : "the newest that both have; its hold was missing",
                       after);
    target_.place_hold(target, hold().str(), held_);
  }
}

void PairPlanner::settle(std::size_t source, std::size_t target) {
  mark(source, target);
  target_.pin(target, "the incremental base of " + job_.id.str());
  if (!cursor_of(source_.version(source).guid)) {
    source_.pin(source, "the incremental base of " + job_.id.str());
  }
  drop_older_cursors(source);
  drop_older_holds(target);
}

void PairPlanner::drop_older_cursors(std::size_t source) {
  const Guid current = source_.version(source).guid;
  for (std::size_t i = 0; i < source_.size(); ++i) {
    const Version& version = source_.version(i);
    if (version.is_snapshot() || !source_.alive(i) || version.guid == current) continue;
    const auto cursor = Cursor::parse(version.name);
    if (!cursor || cursor->site != draft_.policy.site || cursor->job != job_.id) continue;
    std::vector<StepRef> after = source_.uses(i);
    if (bookmarked_) after.push_back(*bookmarked_);
    if (auto made = source_.made_by(i)) after.push_back(*made);
    draft_.add(cause_, source_.host, DestroyVersion{source_.name, draft_.ref(source_, i)},
               "an older cursor of " + job_.id.str(), std::move(after));
    source_.remove(i);
  }
}

void PairPlanner::drop_older_holds(std::size_t target) {
  for (std::size_t i : target_.snapshots()) {
    if (i == target) continue;
    for (const FutureHold& held : target_.holds(i)) {
      if (held.tag != hold().str()) continue;
      std::vector<StepRef> after;
      if (held_) after.push_back(*held_);
      if (held.placed_by) after.push_back(*held.placed_by);
      const StepRef released = draft_.add(
          cause_, target_.host, ReleaseHold{target_.name, draft_.ref(target_, i), held.tag},
          "no longer the newest that was received", std::move(after));
      target_.release_hold(i, held.tag, released);
    }
  }
}

}  // namespace zr

#include "executor/zfs/cli_zfs_apply.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "executor/zfs/cli_zfs_probe.h"
#include "executor/zfs/zfs_argv.h"
#include "executor/zfs/zfs_error.h"
#include "fmt/format.h"
#include "lang/overloaded.h"

namespace zr {
namespace {

Result<void> run_all(const ZfsCommand& zfs, const std::vector<Argv>& commands) {
  for (const Argv& command : commands) {
    if (auto ok = zfs.run(command); !ok) return ok;
  }
  return {};
}

Result<void> create(const ZfsCommand& zfs, const CreatePlaceholder& change) {
  const Argv command = create_placeholder(change);
  const auto output = zfs.try_run(command);
  if (!output) return output.error();
  if (output->status == 0) return {};
  const Error failure = zfs_failure(zfs.full(command), output->status, output->err);
  if (!says_exists(output->err)) return failure;
  const auto facts = look_up_placeholder(zfs, change.dataset);
  if (!facts) return facts.error();
  if (facts->marked) return {};
  return failure;
}

Result<void> apply_all(const ZfsCommand& zfs, std::span<const CreatePlaceholder> changes) {
  for (const CreatePlaceholder& change : changes) {
    if (auto ok = create(zfs, change); !ok) return ok;
  }
  return {};
}

// zfs takes none of a command's snapshots if it can't take one of them.
Result<void> apply_all(const ZfsCommand& zfs, std::span<const TakeSnapshot> changes) {
  for (const Argv& command : take_snapshots(changes, zfs.argv_limits())) {
    const auto output = zfs.try_run(command);
    if (!output) return output.error();
    if (output->status == 0) continue;
    const Error failure = zfs_failure(zfs.full(command), output->status, output->err);
    if (!says_exists(output->err)) return failure;
    const std::vector<std::string> names(command.begin() + 1, command.end());
    const auto facts = VersionFacts::look_up(zfs, names);
    if (!facts) return facts.error();
    std::vector<std::string> missing;
    for (const std::string& name : names) {
      if (!facts->guid_of(name)) missing.push_back(name);
    }
    if (missing.size() == names.size()) return failure;
    if (auto ok = run_all(zfs, batches({"snapshot"}, missing, zfs.argv_limits())); !ok) return ok;
  }
  return {};
}

Result<void> apply_all(const ZfsCommand& zfs, std::span<const CreateBookmark> changes) {
  std::vector<std::string> names;
  for (const CreateBookmark& change : changes) {
    names.push_back(full_name(change.dataset, change.of));
    names.push_back(change.dataset.str() + "#" + change.bookmark);
  }
  const auto facts = VersionFacts::look_up(zfs, names);
  if (!facts) return facts.error();
  std::vector<Argv> commands;
  for (const CreateBookmark& change : changes) {
    const VersionRef made{VersionKind::bookmark, change.bookmark, change.of.guid};
    const auto there = facts->is_there(change.dataset, made);
    if (!there) return there.error();
    if (*there) continue;
    if (auto ok = facts->require(change.dataset, change.of); !ok) return ok;
    commands.push_back(create_bookmark(change));
  }
  return run_all(zfs, commands);
}

// Facts about the snapshots of holds to place or release, and the tags of those that have any.
struct HoldFacts {
  VersionFacts versions;
  Holds holds;
};

template <class Hold>
Result<HoldFacts> look_up_for(const ZfsCommand& zfs, std::span<const Hold> changes) {
  std::vector<std::string> names;
  for (const Hold& change : changes) names.push_back(full_name(change.dataset, change.snapshot));
  auto versions = VersionFacts::look_up(zfs, names);
  if (!versions) return versions.error();
  std::erase_if(names, [&](const std::string& name) { return !versions->has_holds(name); });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  auto holds = look_up_holds(zfs, names);
  if (!holds) return holds.error();
  return HoldFacts{std::move(*versions), std::move(*holds)};
}

Result<void> apply_all(const ZfsCommand& zfs, std::span<const PlaceHold> changes) {
  const auto facts = look_up_for(zfs, changes);
  if (!facts) return facts.error();
  std::vector<PlaceHold> missing;
  for (const PlaceHold& change : changes) {
    if (auto ok = facts->versions.require(change.dataset, change.snapshot); !ok) return ok;
    if (!has_tag(facts->holds, change.dataset, change.snapshot.name, change.tag)) {
      missing.push_back(change);
    }
  }
  return run_all(zfs, place_holds(missing, zfs.argv_limits()));
}

Result<void> apply_all(const ZfsCommand& zfs, std::span<const ReleaseHold> changes) {
  const auto facts = look_up_for(zfs, changes);
  if (!facts) return facts.error();
  std::vector<ReleaseHold> present;
  for (const ReleaseHold& change : changes) {
    const auto there = facts->versions.is_there(change.dataset, change.snapshot);
    if (!there) return there.error();
    if (*there && has_tag(facts->holds, change.dataset, change.snapshot.name, change.tag)) {
      present.push_back(change);
    }
  }
  return run_all(zfs, release_holds(present, zfs.argv_limits()));
}

bool is_among(const Version& version, const std::vector<VersionRef>& refs) {
  return std::any_of(refs.begin(), refs.end(), [&](const VersionRef& ref) {
    return ref.kind == version.kind && ref.name == version.name && ref.guid == version.guid;
  });
}

// Why what is younger than `to` may not go. Asked before, since `zfs rollback -r` has destroyed
// some of it by the time that it meets one that it can't destroy.
std::optional<std::string> obstacle(const Rollback& change, const VersionList& now,
                                    const Version& to) {
  for (const Version& version : now.versions) {
    if (&version <= &to) continue;  // they are in order, also those of one transaction group
    const std::string name = change.dataset.str() + version.str();
    if (!is_among(version, change.destroys)) return name + " has appeared since that was planned";
    if (std::find(now.held.begin(), now.held.end(), name) != now.held.end())
      return name + " is held";
    if (!version.clones.empty()) return name + " has the clone " + version.clones.front();
  }
  return std::nullopt;
}

Result<void> roll_back_one(const ZfsCommand& zfs, const Rollback& change) {
  const auto now = look_up_versions(zfs, change.dataset);
  if (!now) return now.error();
  const auto to = std::find_if(now->versions.begin(), now->versions.end(), [&](const Version& v) {
    return v.is_snapshot() && v.name == change.to.name && change.to.guid == v.guid;
  });
  if (to == now->versions.end()) {
    return Error{Remedy::replan,
                 fmt::format("'{}' is not there any more, or not the one that was planned for: "
                             "nothing was rolled back, plan again",
                             full_name(change.dataset, change.to))};
  }
  if (const auto why = obstacle(change, *now, *to)) {
    return Error{Remedy::replan, fmt::format("'{}' can't be rolled back to '{}', {}: nothing was "
                                             "done, plan again",
                                             change.dataset.str(), change.to.str(), *why)};
  }
  return zfs.run(roll_back(change));
}

Result<void> apply_all(const ZfsCommand& zfs, std::span<const Rollback> changes) {
  for (const Rollback& change : changes) {
    if (auto ok = roll_back_one(zfs, change); !ok) return ok;
  }
  return {};
}

// A destroy that failed since another program was faster has its end all the same.
Result<void> unless_gone(const ZfsCommand& zfs, const Error& failure,
                         std::span<const DestroyVersion> changes) {
  if (failure.remedy != Remedy::replan) return failure;
  std::vector<std::string> names;
  for (const DestroyVersion& change : changes) {
    names.push_back(full_name(change.dataset, change.version));
  }
  const auto facts = VersionFacts::look_up(zfs, names);
  if (!facts) return facts.error();
  const bool gone = std::none_of(names.begin(), names.end(), [&](const std::string& name) {
    return facts->guid_of(name).has_value();
  });
  if (gone) return {};
  return failure;
}

Result<void> apply_all(const ZfsCommand& zfs, std::span<const DestroyVersion> changes) {
  std::vector<std::string> names;
  for (const DestroyVersion& change : changes) {
    names.push_back(full_name(change.dataset, change.version));
  }
  const auto facts = VersionFacts::look_up(zfs, names);
  if (!facts) return facts.error();
  std::vector<DestroyVersion> present;
  for (const DestroyVersion& change : changes) {
    const auto there = facts->is_there(change.dataset, change.version);
    if (!there) return there.error();
    if (*there) present.push_back(change);
  }
  const auto done = run_all(zfs, destroy_versions(present, zfs.argv_limits()));
  return done ? done : unless_gone(zfs, done.error(), present);
}

Result<void> abort_one(const ZfsCommand& zfs, const AbortReceive& change) {
  const auto token = look_up_token(zfs, change.dataset);
  if (!token) return token.error();
  if (!*token) return {};
  if (**token != change.token) {
    return Error{Remedy::replan,
                 fmt::format("'{}' has received more, or something else, since the plan was made: "
                             "nothing was dropped, plan again",
                             change.dataset.str())};
  }
  return zfs.run(abort_receive(change.dataset));
}

Result<void> apply_all(const ZfsCommand& zfs, std::span<const AbortReceive> changes) {
  for (const AbortReceive& change : changes) {
    if (auto ok = abort_one(zfs, change); !ok) return ok;
  }
  return {};
}

Result<void> rename_one(const ZfsCommand& zfs, const RenameDataset& change) {
  const auto facts = look_up_datasets(zfs, {change.dataset.str(), change.to.str()});
  if (!facts) return facts.error();
  const auto from = facts->find(change.dataset.str());
  const auto to = facts->find(change.to.str());
  if (from == facts->end() && to != facts->end() && to->second.guid == change.guid) return {};
  if (from == facts->end() || from->second.guid != change.guid) {
    return Error{Remedy::replan,
                 fmt::format("'{}' is not there any more, or not the one that was planned for: "
                             "nothing was renamed, plan again",
                             change.dataset.str())};
  }
  return zfs.run(rename_dataset(change, from->second.type));
}

Result<void> apply_all(const ZfsCommand& zfs, std::span<const RenameDataset> changes) {
  for (const RenameDataset& change : changes) {
    if (auto ok = rename_one(zfs, change); !ok) return ok;
  }
  return {};
}

// The changes of the alternative that the first of them is.
template <class T>
Result<void> apply_as(const ZfsCommand& zfs, std::span<const Change> changes) {
  std::vector<T> typed;
  for (const Change& change : changes) typed.push_back(std::get<T>(change));
  return apply_all(zfs, std::span<const T>(typed));
}

Result<void> apply_kind(const ZfsCommand& zfs, std::span<const Change> run) {
  return std::visit(
      overloaded{
          [&](const CreatePlaceholder&) { return apply_as<CreatePlaceholder>(zfs, run); },
          [&](const TakeSnapshot&) { return apply_as<TakeSnapshot>(zfs, run); },
          [&](const CreateBookmark&) { return apply_as<CreateBookmark>(zfs, run); },
          [&](const PlaceHold&) { return apply_as<PlaceHold>(zfs, run); },
          [&](const ReleaseHold&) { return apply_as<ReleaseHold>(zfs, run); },
          [&](const Rollback&) { return apply_as<Rollback>(zfs, run); },
          [&](const DestroyVersion&) { return apply_as<DestroyVersion>(zfs, run); },
          [&](const AbortReceive&) { return apply_as<AbortReceive>(zfs, run); },
          [&](const RenameDataset&) { return apply_as<RenameDataset>(zfs, run); },
      },
      run.front());
}

}  // namespace

Result<void> apply_changes(const ZfsCommand& zfs, std::span<const Change> changes) {
  while (!changes.empty()) {
    const auto other = std::find_if(changes.begin(), changes.end(), [&](const Change& change) {
      return change.index() != changes.front().index();
    });
    const auto length = static_cast<std::size_t>(other - changes.begin());
    if (auto ok = apply_kind(zfs, changes.first(length)); !ok) return ok;
    changes = changes.subspan(length);
  }
  return {};
}

}  // namespace zr

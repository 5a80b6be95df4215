#include "executor/zfs/zfs_argv.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "executor/zfs/zfs_listing.h"
#include "lang/overloaded.h"
#include "planner/marks.h"

namespace zr {
namespace {

std::size_t cost(const std::string& argument) { return argument.size() + 1 + sizeof(char*); }

std::size_t cost(const Argv& arguments) {
  std::size_t sum = sizeof(char*);
  for (const std::string& argument : arguments) sum += cost(argument);
  return sum;
}

template <class T>
void append(std::vector<T>& to, const std::vector<T>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

// A tag may begin with a '-', and is then no option.
void append_tag(Argv& to, const std::string& tag) {
  if (tag.starts_with('-')) to.push_back("--");
  to.push_back(tag);
}

std::string placeholder_setting(std::string_view value) {
  return fmt::format("{}={}", placeholder_property, value);
}

// `dataset@a,b,c`, in as many arguments as it takes.
std::vector<std::string> comma_lists(const std::string& dataset,
                                     std::span<const std::string> snapshots, std::size_t most) {
  std::vector<std::string> result;
  for (const std::string& name : snapshots) {
    if (!result.empty() && result.back().size() + 1 + name.size() <= most) {
      result.back() += "," + name;
    } else {
      result.push_back(dataset + "@" + name);
    }
  }
  return result;
}

template <class Hold>
std::vector<Argv> by_tag(const char* verb, std::span<const Hold> holds, const ArgvLimits& limits) {
  std::map<std::string, std::vector<std::string>> tags;
  for (const Hold& hold : holds) tags[hold.tag].push_back(full_name(hold.dataset, hold.snapshot));
  std::vector<Argv> result;
  for (const auto& [tag, snapshots] : tags) {
    Argv head{verb};
    append_tag(head, tag);
    append(result, batches(head, snapshots, limits));
  }
  return result;
}

Argv send_arguments(const Send& send) {
  Argv result{"send", send.raw ? "-w" : "-L"};
  if (send.compressed && !send.raw) result.push_back("-c");
  if (send.from) {
    result.push_back(send.intermediates ? "-I" : "-i");
    result.push_back(full_name(send.clone_of.value_or(send.dataset), *send.from));
  }
  result.push_back(full_name(send.dataset, send.to));
  return result;
}

}  // namespace

std::vector<Argv> batches(const Argv& head, std::span<const std::string> items,
                          const ArgvLimits& limits) {
  std::vector<Argv> result;
  const std::size_t head_bytes = cost(head);
  std::size_t bytes = 0;
  for (const std::string& item : items) {
    if (result.empty() || bytes + cost(item) > limits.total_bytes) {
      result.push_back(head);
      bytes = head_bytes;
    }
    result.back().push_back(item);
    bytes += cost(item);
  }
  return result;
}

std::string full_name(const DatasetName& dataset, const VersionRef& version) {
  return dataset.str() + version.str();
}

std::vector<Argv> get_datasets(std::span<const std::string> names, bool with_descendants,
                               const ArgvLimits& limits) {
  Argv head{"get", "-Hp", "-t", "filesystem,volume", "-o", "name,property,value,source"};
  if (with_descendants) head.push_back("-r");
  head.push_back(std::string(dataset_properties));
  if (names.empty()) return {head};
  return batches(head, names, limits);
}

std::vector<Argv> list_versions(std::span<const std::string> names, bool with_descendants,
                                const ArgvLimits& limits) {
  Argv head{"list", "-Hp", "-t", "snapshot,bookmark", "-o", std::string(version_columns)};
  if (with_descendants) {
    head.push_back("-r");
  } else {
    append(head, Argv{"-d", "1"});
  }
  if (names.empty()) return {head};
  return batches(head, names, limits);
}

std::vector<Argv> list_holds(std::span<const std::string> snapshots, const ArgvLimits& limits) {
  return batches({"holds", "-H"}, snapshots, limits);
}

std::vector<Argv> get_guids(std::span<const std::string> versions, const ArgvLimits& limits) {
  return batches({"get", "-Hp", "-o", "name,property,value", "guid,userrefs"}, versions, limits);
}

Argv get_placeholder(const DatasetName& dataset) {
  return {"get",
          "-Hp",
          "-d",
          "1",
          "-t",
          "filesystem,volume,snapshot",
          "-o",
          "name,property,value,source",
          std::string(placeholder_property),
          dataset.str()};
}

Argv get_resume_token(const DatasetName& dataset) {
  return {"get", "-Hp", "-o", "name,property,value", "receive_resume_token", dataset.str()};
}

Argv create_placeholder(const CreatePlaceholder& change) {
  Argv result{"create", "-o",          placeholder_setting("on"), "-o", "mountpoint=none",
              "-o",     "canmount=off"};
  if (change.plain) append(result, Argv{"-o", "encryption=off"});
  result.push_back(change.dataset.str());
  return result;
}

std::vector<Argv> take_snapshots(std::span<const TakeSnapshot> changes, const ArgvLimits& limits) {
  struct Round {
    std::set<std::string> datasets;
    std::vector<std::string> snapshots;
  };
  std::map<std::string, std::vector<Round>, std::less<>> pools;
  for (const TakeSnapshot& change : changes) {
    auto& rounds = pools[std::string(change.dataset.pool())];
    auto round = std::find_if(rounds.begin(), rounds.end(), [&](const Round& r) {
      return !r.datasets.contains(change.dataset.str());
    });
    if (round == rounds.end()) round = rounds.insert(round, Round{});
    round->datasets.insert(change.dataset.str());
    round->snapshots.push_back(change.dataset.str() + "@" + change.name);
  }
  std::vector<Argv> result;
  for (const auto& [pool, rounds] : pools) {
    for (const Round& round : rounds)
      append(result, batches({"snapshot"}, round.snapshots, limits));
  }
  return result;
}

Argv create_bookmark(const CreateBookmark& change) {
  return {"bookmark", full_name(change.dataset, change.of),
          change.dataset.str() + "#" + change.bookmark};
}

std::vector<Argv> place_holds(std::span<const PlaceHold> changes, const ArgvLimits& limits) {
  return by_tag("hold", changes, limits);
}

std::vector<Argv> release_holds(std::span<const ReleaseHold> changes, const ArgvLimits& limits) {
  return by_tag("release", changes, limits);
}

Argv roll_back(const Rollback& change) {
  return {"rollback", "-r", full_name(change.dataset, change.to)};
}

std::vector<Argv> destroy_versions(std::span<const DestroyVersion> changes,
                                   const ArgvLimits& limits) {
  std::map<std::string, std::vector<std::string>> snapshots;
  std::vector<Argv> result;
  for (const DestroyVersion& change : changes) {
    if (change.version.kind == VersionKind::snapshot) {
      snapshots[change.dataset.str()].push_back(change.version.name);
    } else {
      result.push_back({"destroy", full_name(change.dataset, change.version)});
    }
  }
  const std::size_t most = std::min(limits.one_bytes, limits.total_bytes / 2);
  for (const auto& [dataset, names] : snapshots) {
    for (std::string& list : comma_lists(dataset, names, most)) {
      result.push_back({"destroy", std::move(list)});
    }
  }
  return result;
}

std::vector<Argv> get_dataset_guids(std::span<const std::string> names, const ArgvLimits& limits) {
  return batches({"get", "-Hp", "-o", "name,property,value", "guid,type"}, names, limits);
}

Argv rename_dataset(const RenameDataset& change, DatasetType type) {
  Argv result{"rename"};
  if (type == DatasetType::filesystem) result.push_back("-u");
  append(result, Argv{change.dataset.str(), change.to.str()});
  return result;
}

Argv abort_receive(const DatasetName& dataset) { return {"receive", "-A", dataset.str()}; }

Argv send_stream(const SendRequest& request) {
  return std::visit(overloaded{
                        [](const Send& send) { return send_arguments(send); },
                        // How it is sent (raw, compressed, large blocks) is in the token.
                        [](const Resume& r) {
                          return Argv{"send", "-t", r.token.value};
                        },
                    },
                    request);
}

Argv receive_stream(const ReceiveRequest& request) {
  Argv result{"receive", "-s", "-u"};
  if (request.over_placeholder) {
    append(result, Argv{"-F", "-o", placeholder_setting("off")});
  }
  for (const auto& [property, value] : request.set) {
    append(result, Argv{"-o", property + "=" + value});
  }
  for (const std::string& property : request.exclude) append(result, Argv{"-x", property});
  if (request.clone_of) {
    const CloneOrigin& origin = *request.clone_of;
    append(result, Argv{"-o", "origin=" + full_name(origin.dataset, origin.snapshot)});
  }
  result.push_back(request.target.str());
  return result;
}

}  // namespace zr

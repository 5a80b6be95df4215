#include "tests/support/random_site.h"

#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>

#include "planner/marks.h"
#include "planner/resume_token.h"

namespace zr {
namespace {

constexpr std::int64_t start = 1'795'000'000;  // the youngest creation is a few days later
constexpr std::int64_t hour = 3600;
constexpr int own = 90;  // the number of a snapshot that only the target has

// Of the nominal size always: small cases come from shrinking, not from the first runs.
int below(int n) { return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange(0, n)); }
bool chance(int percent) { return below(100) >= 100 - percent; }  // shrinks to no

template <class T>
T one_of(std::vector<T> values) {
  return *rc::gen::elementOf(values);
}

DatasetName name(const std::string& text) { return *DatasetName::parse(text); }

// ---- the policy

std::string random_keep(bool replicated) {
  switch (below(replicated ? 7 : 6)) {
    case 0:
      return fmt::format("  keep last {}\n", 1 + below(4));
    case 1:
      return fmt::format("  keep within {}h\n", 1 + below(40));
    case 2:
      return fmt::format("  keep {} {}\n", one_of<std::string>({"hourly", "daily", "weekly"}),
                         1 + below(4));
    case 3:
      return fmt::format("  keep grid {}x1h | {}x1d\n", 1 + below(5), 1 + below(3));
    case 4:
      return "  keep grid 1x2h(keep=all) | 3x6h(keep=2)\n";
    case 5:
      return "  keep matching \"^q\"\n";
    default:
      return "  keep not_replicated\n";
  }
}

std::string filter() {
  return one_of<std::string>({"  snapshots any\n", "  snapshots { prefix \"p_\" }\n",
                              "  snapshots { prefix \"p_\"; prefix \"q_\" }\n"});
}

std::string prune(const std::string& host, const std::string& pattern, bool replicated) {
  std::string out =
      fmt::format("prune {} {{\n  on {}\n  datasets {{ {} -> ok }}\n", host, host, pattern);
  const std::string first = random_keep(replicated);
  out += filter() + first;
  if (chance(50)) {
    const std::string second = random_keep(replicated);
    if (second != first) out += second;
  }
  return out + "}\n";
}

std::string replication(const std::string& job, const std::string& from, const std::string& to,
                        const std::string& map) {
  std::string out =
      fmt::format("push {} {{\n  from {}\n  to {}\n  map {{ {} }}\n", job, from, to, map);
  if (chance(50)) out += filter();
  out += one_of<std::string>({"", "", "  initial all\n", "  initial all\n", "  initial fail\n"});
  if (chance(40)) out += "  on_diverged rollback\n";
  if (chance(50)) out += "  on_rename follow\n";
  return out + "}\n";
}

std::string random_policy() {
  std::string out = chance(80) ? "site office\n" : "";
  for (const char* host : {"nas", "vault", "cold"}) {
    out += fmt::format("host {} {{\n  transport sim \"world.json\"\n  slots {}\n}}\n", host,
                       1 + below(3));
  }
  if (chance(70)) {
    out += fmt::format(
        "autosnap frequent {{\n  on nas\n  datasets {{ tank< -> ok }}\n"
        "  prefix \"p_\"\n  every {}h\n}}\n",
        1 + below(6));
  }
  if (chance(20)) {
    out +=
        "autosnap other {\n  on nas\n  datasets { tank/a< -> ok }\n  prefix \"q_\"\n"
        "  every 1d\n}\n";
  }
  out += replication("one", "nas", "vault",
                     one_of<std::string>({"tank< -> bk", "tank< -> bk/deep/nas",
                                          "tank/a< -> bk/a; tank/b -> bk/odd"}));
  const bool second = chance(40);
  if (second) out += replication("two", "vault", "cold", "bk< -> cold/bk");
  if (chance(70)) out += prune("nas", "tank<", true);
  if (chance(70)) out += prune("vault", "bk<", second);
  if (chance(20)) out += prune("cold", "cold<", false);
  if (chance(30)) {
    out += fmt::format("sink laptop {{\n  on vault\n  map {{ {} }}\n  keep_at_least {}\n}}\n",
                       one_of<std::string>({"< -> bk/a", "l< -> bk", "l -> bk/b"}), 1 + below(6));
  }
  if (chance(20)) out += "protect {\n  on vault\n  datasets { bk/a< -> ok }\n}\n";
  return out;
}

// ---- the world

class WorldMaker {
 public:
  World make() {
    for (const char* host : {"nas", "vault", "cold"}) world_.hosts[HostName{host}];
    for (const char* each : {"tank", "tank/a", "tank/a/x", "tank/b"}) source("nas", each);
    pool("vault", "bk");
    pool("cold", "cold");
    for (const char* each : {"bk/a", "bk/a/x", "bk/b", "bk/odd", "bk/deep", "bk/deep/nas",
                             "bk/deep/nas/a", "bk/deep/nas/a/x", "bk/deep/nas/b"}) {
      if (chance(60)) target(each);
    }
    if (chance(30)) source_clone();
    if (chance(40)) rename_sources();
    if (chance(8)) {
      world_.hosts.erase(HostName{"vault"});
      world_.unreachable[HostName{"vault"}] = "no route";
    }
    for (auto& [host, inventory] : world_.hosts) inventory.sort();
    world_.observed_at = Seconds(std::chrono::seconds(start + 200 * hour));
    return world_;
  }

 private:
  void pool(const std::string& host, const std::string& text) {
    Dataset root(name(text));
    root.guid = fresh();
    world_.hosts[HostName{host}].datasets.push_back(std::move(root));
  }

  Guid fresh() { return Guid{next_guid_++}; }

  void source(const std::string& host, const std::string& text) {
    if (text != "tank" && chance(10)) return;
    Dataset dataset(name(text));
    dataset.guid = fresh();
    if (chance(30)) dataset.written_bytes = static_cast<std::uint64_t>(below(5000));
    const int snapshots = below(7);
    for (int i = 0; i < snapshots; ++i) snapshot(dataset, i);
    history_.push_back(dataset);
    wear(dataset);
    world_.hosts[HostName{host}].datasets.push_back(std::move(dataset));
  }

  void snapshot(Dataset& dataset, int i) {
    Version version;
    version.name = fmt::format("{}{}", one_of<std::string>({"p_", "p_", "q_", "manual"}), i);
    version.guid = fresh();
    // What is received or taken on a target never shares one.
    const bool same_txg = i < own && !dataset.versions.empty() && chance(4);
    version.createtxg = same_txg ? dataset.versions.back().createtxg : CreateTxg{++txg_};
    version.creation = Seconds(std::chrono::seconds(start + i * below(40) * hour));
    if (chance(4)) version.creation += std::chrono::hours(1000);  // in the future
    version.bytes = static_cast<std::uint64_t>(below(20000));
    dataset.versions.push_back(std::move(version));
  }

  // What befell the source after the target's copy was made.
  void wear(Dataset& dataset) {
    std::vector<Version> left;
    for (Version& version : dataset.versions) {
      if (chance(25)) {
        Version bookmark = version;
        bookmark.kind = VersionKind::bookmark;
        bookmark.bytes = 0;
        const SiteName site{one_of<std::string>({"office", "elsewhere"})};
        const JobId job{JobKind::push, one_of<std::string>({"one", "gone"})};
        bookmark.name = chance(70) ? Cursor{site, job, version.guid}.str() : "mark" + version.name;
        left.push_back(std::move(bookmark));
      }
      if (chance(8)) version.holds.push_back("keep");
      if (chance(75)) left.push_back(version);
    }
    dataset.versions = std::move(left);
  }

  void target(const std::string& text) {
    Dataset dataset(name(text));
    dataset.guid = fresh();
    if (!dataset.name.parent() || missing_parent(dataset.name)) return;
    if (chance(30)) {
      dataset.placeholder = true;
    } else {
      copy(dataset);
    }
    world_.hosts[HostName{"vault"}].datasets.push_back(std::move(dataset));
  }

  bool missing_parent(const DatasetName& child) {
    return !world_.hosts[HostName{"vault"}].find(*child.parent());
  }

  // The one that a map leads here from, or any other.
  const Dataset& source_of(const DatasetName& target) {
    const std::string& text = target.str();
    const std::string last = text == "bk/odd" ? "b" : text.substr(text.rfind('/') + 1);
    for (const Dataset& dataset : history_) {
      const std::string& name_ = dataset.name.str();
      if (name_.substr(name_.rfind('/') + 1) == last && chance(90)) return dataset;
    }
    return history_[static_cast<std::size_t>(below(static_cast<int>(history_.size())))];
  }

  void copy(Dataset& dataset) {
    const Dataset& from = source_of(dataset.name);
    const int snapshots = below(static_cast<int>(from.versions.size()) + 1);
    for (int i = 0; i < snapshots; ++i) {
      if (!chance(85)) continue;
      Version version = from.versions[static_cast<std::size_t>(i)];
      version.createtxg = CreateTxg{++txg_};
      if (chance(5)) version.holds.push_back("keep");
      if (chance(3)) version.clones.push_back("bk/clone");
      dataset.versions.push_back(std::move(version));
    }
    if (!dataset.versions.empty() && chance(60)) {
      const JobId job{JobKind::push, one_of<std::string>({"one", "gone"})};
      auto& holds = one_of_versions(dataset).holds;
      holds.push_back(TargetHold{SiteName{"office"}, job}.str());
      std::sort(holds.begin(), holds.end());
    }
    if (chance(10)) snapshot(dataset, own);
    if (chance(10)) dataset.written_bytes = 512;
    if (chance(15) && !(dataset.versions.empty() && is_below_unfinished(dataset))) {
      cut_off(dataset, from);
    }
  }

  // Two first receives that are of no use, one below the other, take two applies to drop: the
  // child's first, and until that is done the parent's is in conflict. A run makes no such pair.
  bool is_below_unfinished(const Dataset& dataset) {
    const Inventory& vault = world_.hosts[HostName{"vault"}];
    for (auto up = dataset.name.parent(); up; up = up->parent()) {
      const Dataset* above = vault.find(*up);
      if (above && above->resume_token && above->versions.empty()) return true;
    }
    return false;
  }

  // A clone of something that tank/a still has.
  void source_clone() {
    Inventory& nas = world_.hosts[HostName{"nas"}];
    Dataset* base = nas.find(name("tank/a"));
    if (!base || !base->has_snapshots()) return;
    std::vector<Version*> snapshots;
    for (Version& v : base->versions) {
      if (v.is_snapshot()) snapshots.push_back(&v);
    }
    Version& origin =
        *snapshots[static_cast<std::size_t>(below(static_cast<int>(snapshots.size())))];
    Dataset clone(name("tank/a2"));
    clone.guid = fresh();
    clone.origin = base->name.str() + origin.str();
    origin.clones.push_back(clone.name.str());
    const int count = below(4);
    for (int i = 0; i < count; ++i) snapshot(clone, i);
    nas.datasets.push_back(std::move(clone));
    nas.sort();
  }

  // What somebody renamed after the copies were made: one of them, or two that changed places.
  void rename_sources() {
    switch (below(4)) {
      case 0:
        return rename("tank/b", "tank/new");
      case 1:
        return rename("tank/a", "tank/new");
      case 2:
        return rename("tank/a/x", "tank/x");
      default:
        rename("tank/b", "tank/old");
        return rename("tank/a", "tank/b");
    }
  }

  void rename(const std::string& from, const std::string& to) {
    Inventory& nas = world_.hosts[HostName{"nas"}];
    const DatasetName old = name(from), now = name(to);
    if (nas.find(now)) return;
    for (Dataset& dataset : nas.datasets) {
      if (dataset.name.is_within(old)) dataset.name = now.append(dataset.name.below(old));
      if (dataset.origin && dataset.origin->starts_with(from + "@")) {
        dataset.origin->replace(0, from.size(), to);
      }
    }
    nas.sort();
  }

  Version& one_of_versions(Dataset& dataset) {
    return dataset
        .versions[static_cast<std::size_t>(below(static_cast<int>(dataset.versions.size())))];
  }

  // Partially received state of the version after the newest, or of one that is nowhere.
  void cut_off(Dataset& dataset, const Dataset& from) {
    DecodedToken token;
    if (!dataset.versions.empty()) token.fromguid = dataset.versions.back().guid;
    token.toguid = from.versions.empty() || chance(30) ? fresh() : from.versions.back().guid;
    token.toname = from.name.str() + "@cut";
    token.received_bytes = 100;
    if (token.fromguid == token.toguid) return;
    dataset.resume_token = encode(token);
  }

  World world_;
  std::vector<Dataset> history_;
  std::uint64_t next_guid_ = 1000;
  std::uint64_t txg_ = 10;
};

}  // namespace

RandomSite random_site() { return {random_policy(), WorldMaker().make()}; }

}  // namespace zr

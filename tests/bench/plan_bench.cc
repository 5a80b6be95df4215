// Planning from the text of zfs(8): reads what two hosts would print for DATASETS datasets with
// VERSIONS snapshots each, plans, and prints where the time and the memory went.
//
//   plan_bench DATASETS VERSIONS
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>

#include "executor/zfs/zfs_listing.h"
#include "planner/make_plan.h"
#include "planner/marks.h"
#include "tests/bench/cpu_time.h"
#include "tests/support/policy_text.h"

using namespace zr;

namespace {

constexpr const char* site = R"(site bench
host nas {
  transport sim "world.json"
}
host vault {
  transport sim "world.json"
}
autosnap hourly {
  on nas
  datasets { tank< -> ok }
  prefix "h_"
  every 1h
}
push offsite {
  from nas
  to vault
  map { tank< -> backup/nas }
}
prune nas {
  on nas
  datasets { tank< -> ok }
  snapshots { prefix "h_" }
  keep grid 1x1h(keep=all) | 24x1h | 14x1d
  keep last 100
}
prune vault {
  on vault
  datasets { backup< -> ok }
  snapshots { prefix "h_" }
  keep daily 30
  keep last 100
}
)";

constexpr std::uint64_t start = 1'795'000'000;

struct Shape {
  std::string root;
  std::uint64_t first_guid;  // of the datasets
  int datasets;
  int versions;
  bool cursors;  // of the newest, as on the source of a replication that is up to date
};

using Feed = std::function<Result<void>(std::string_view)>;

bool fail(const Result<void>& result) {
  if (result) return false;
  fmt::print(stderr, "{}\n", result.error().message);
  return true;
}

std::string dataset_name(const Shape& shape, int i) {
  return i == 0 ? shape.root : fmt::format("{}/group{}/home{}", shape.root, i % 97, i);
}

// Every dataset, with the groups between them, as `zfs get` prints them.
std::string dataset_text(const Shape& shape) {
  std::string out;
  auto add = [&](const std::string& name, std::uint64_t guid) {
    out += fmt::format(
        "{0}\ttype\tfilesystem\t-\n{0}\tguid\t{1}\t-\n{0}\torigin\t-\t-\n"
        "{0}\tencryptionroot\t-\t-\n{0}\tkeystatus\t-\t-\n{0}\tcompression\ton\tdefault\n{0}"
        "\twritten\t{2}\t-\n"
        "{0}\treceive_resume_token\t-\t-\n{0}\tzrepl:placeholder\t-\t-\n",
        name, guid, shape.cursors ? 8192 : 0);
  };
  for (int i = 0; i < shape.datasets; ++i) {
    add(dataset_name(shape, i), shape.first_guid + static_cast<std::uint64_t>(i));
  }
  return out;
}

// Its snapshots, fed in pieces as a pipe would: the text as a whole is never in memory.
Result<void> feed_versions(const Shape& shape, const Feed& feed) {
  std::string piece;
  for (int i = 0; i < shape.datasets; ++i) {
    const std::string name = dataset_name(shape, i);
    for (int v = 0; v < shape.versions; ++v) {
      const auto number = static_cast<std::uint64_t>(v);
      piece += fmt::format("{}@h_20261122_{:06}_000\t{}\t{}\t{}\t0\t\t65536\n", name, v,
                           (static_cast<std::uint64_t>(i) << 20) + number + 1, 1000 + number * 7,
                           start + number * 3600);
    }
    if (shape.cursors) {
      const auto newest = static_cast<std::uint64_t>(shape.versions - 1);
      const Guid guid{(static_cast<std::uint64_t>(i) << 20) + newest + 1};
      const Cursor cursor{SiteName{"bench"}, {JobKind::push, "offsite"}, guid};
      piece += fmt::format("{}#{}\t{}\t{}\t{}\t-\t-\t-\n", name, cursor.str(), guid.value,
                           1000 + newest * 7, start + newest * 3600);
    }
    if (piece.size() > 1 << 16) {
      if (auto fed = feed(piece); !fed) return fed;
      piece.clear();
    }
  }
  return feed(piece);
}

bool read(const Shape& shape, Inventory& inventory) {
  DatasetReader datasets;
  if (fail(datasets.feed(dataset_text(shape)))) return false;
  auto listed = datasets.finish();
  if (!listed) return fail(listed.error()), false;
  inventory = std::move(*listed);
  VersionReader versions(inventory);
  const auto feed = [&](std::string_view text) { return versions.feed(text); };
  return !fail(feed_versions(shape, feed)) && !fail(versions.finish());
}

// As on the target of a replication that is up to date.
void hold_newest(Inventory& inventory) {
  const std::string tag = TargetHold{SiteName{"bench"}, {JobKind::push, "offsite"}}.str();
  for (Dataset& dataset : inventory.datasets) {
    if (!dataset.versions.empty()) dataset.versions.back().holds.push_back(tag);
  }
}

rusage usage() {
  rusage now{};
  getrusage(RUSAGE_SELF, &now);
  return now;
}

// Of this process, so that what else the machine does matters less.
long peak_mib() { return usage().ru_maxrss / 1024; }

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "usage: plan_bench DATASETS VERSIONS\n");
    return 3;
  }
  const int datasets = std::atoi(argv[1]);
  const int versions = std::atoi(argv[2]);
  const Policy policy = policy_from_text(site);

  // What making the text alone costs is not ours.
  const double text_begin = cpu_seconds();
  std::size_t bytes = 0;
  const Shape source{"tank", 1, datasets, versions, true};
  const Shape target{"backup/nas", 1 << 20, datasets, versions, false};
  const auto count = [&](std::string_view text) {
    bytes += text.size();
    return Result<void>();
  };
  if (fail(feed_versions(source, count)) || fail(feed_versions(target, count))) return 1;
  const double text = cpu_seconds() - text_begin;

  const double read_begin = cpu_seconds();
  World world;
  if (!read(source, world.hosts[HostName{"nas"}])) return 1;
  if (!read(target, world.hosts[HostName{"vault"}])) return 1;
  world.hosts[HostName{"vault"}].datasets.emplace_back(*DatasetName::parse("backup"));
  world.hosts[HostName{"vault"}].sort();
  hold_newest(world.hosts[HostName{"vault"}]);
  const double reading = cpu_seconds() - read_begin - text;
  const long read_mib = peak_mib();

  const double plan_begin = cpu_seconds();
  const Millis now(Seconds(std::chrono::seconds(start + std::uint64_t(versions) * 3600)));
  const Plan plan = make_plan(policy, world, now);
  const double planning = cpu_seconds() - plan_begin;

  fmt::print(
      "{:>7} datasets x {:>3} snapshots x 2 hosts = {:>8} versions, {:>4} MiB of text: "
      "CPU: read {:.2f} s, plan {:.2f} s, together {:.2f} s; peak {} MiB ({} after reading); "
      "{} steps\n",
      datasets, versions, 2LL * datasets * versions, bytes >> 20, reading, planning,
      reading + planning, peak_mib(), read_mib, plan.steps.size());
  return 0;
}

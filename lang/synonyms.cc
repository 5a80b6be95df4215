#include "lang/synonyms.h"

#include <algorithm>
#include <array>

namespace zr {
namespace {

struct Synonyms {
  std::string_view right;
  std::string_view words;  // with a blank around each
};

constexpr std::array table = std::to_array<Synonyms>({
    // Words for values.
    {"on", " yes true 1 enabled enable "},
    {"off", " no false 0 disabled disable none "},
    {"most_recent", " latest newest last recent "},
    {"all", " full everything every "},
    {"any", " all everything every "},
    {"local", " localhost here none "},
    {"ok", " yes true on include included OK Ok "},
    {"omit", " no false off ignore skip exclude excluded drop none "},
    // Keys.
    {"every", " interval schedule cron period frequency timer "},
    {"offset", " delay phase shift start "},
    {"jitter", " splay spread random randomize randomized_delay "},
    {"datasets", " filesystems filesystem fs volumes pool pools "},
    {"from", " source src sender "},
    {"to", " target dest destination receiver "},
    {"on", " host hosts at source "},
    {"map", " mapping mappings targets root_fs "},
    {"rate", " bandwidth limit bandwidth_limit "},
    {"receive", " recv "},
    {"matching", " regex regexp pattern match "},
    {"set", " override property properties "},
    {"exclude", " inherit unset skip "},
    {"keep", " retention retain retentions keep_sender keep_receiver "},
    {"transport", " connect connection via "},
    {"slots", " parallel concurrency jobs "},
    {"state", " state_dir statedir "},
    {"raw", " encrypted encryption "},
    {"compressed", " compression compress "},
    // Declarations.
    {"autosnap", " snapshot snapshots snap autosnapshot snapshotting "},
    {"prune", " cleanup clean pruning gc "},
    {"rules", " filter filters filesystems "},
    {"host", " machine server node "},
    {"protect", " lock forbid "},
    {"site", " name "},
    {"use", " include import require "},
    {"let", " var const "},
    {"limits", " limit budget budgets max maximum "},
    // Limits.
    {"unlimited", " any all infinite infinity unbounded "},
    {"none", " nothing never no off false "},
    // Kinds of keep.
    {"hourly", " hour hours "},
    {"daily", " day days "},
    {"weekly", " week weeks "},
    {"monthly", " month months "},
    {"yearly", " year years "},
    {"last", " newest latest recent count "},
    {"within", " age since duration for younger "},
    {"matching", " named "},
});

struct Home {
  std::string_view key;
  std::string_view blocks;
};

constexpr std::array homes = std::to_array<Home>({
    {"on", "an `autosnap`, `prune` or `protect`; a push or pull says `from` and `to`"},
    {"datasets", "an `autosnap`, `prune` or `protect`"},
    {"prefix", "an `autosnap`, or in `snapshots { prefix \"…\" }`"},
    {"matching", "`snapshots { matching \"…\" }`"},
    {"every", "an `autosnap`, `push`, `pull` or `prune`"},
    {"offset", "an `autosnap`, `push`, `pull` or `prune`"},
    {"jitter", "an `autosnap`, `push`, `pull` or `prune`"},
    {"from", "a `push` or `pull`"},
    {"to", "a `push` or `pull`"},
    {"map", "a `push` or `pull`"},
    {"initial", "a `push` or `pull`"},
    {"on_diverged", "a `push` or `pull`"},
    {"on_rename", "a `push` or `pull`"},
    {"send", "a `push` or `pull`"},
    {"receive", "a `push` or `pull`"},
    {"rate", "a `push` or `pull`"},
    {"raw", "`send { raw on }`"},
    {"compressed", "`send { compressed on }`"},
    {"set", "`receive { set NAME \"…\" }`"},
    {"exclude", "`receive { exclude NAME }`"},
    {"snapshots", "a `push`, `pull`, `prune` or `protect`"},
    {"keep", "a `prune` or a `retention`"},
    {"transport", "a `host`"},
    {"zfs", "a `host`"},
    {"slots", "a `host`"},
    {"state", "a `host`"},
    {"max_datasets", "a `sink`"},
    {"quota", "a `sink`"},
    {"properties", "a `sink`"},
    {"keep_at_least", "a `sink`"},
    {"destroy", "a `limits`"},
    {"create", "a `limits`"},
});

}  // namespace

std::optional<std::string> synonym(std::string_view word,
                                   const std::vector<std::string>& candidates) {
  if (word.empty() || word.find(' ') != std::string_view::npos) return std::nullopt;
  const std::string wanted = " " + std::string(word) + " ";
  for (const auto& [right, words] : table) {
    if (words.find(wanted) == std::string_view::npos) continue;
    const auto found = std::find(candidates.begin(), candidates.end(), right);
    if (found != candidates.end()) return *found;
  }
  return std::nullopt;
}

std::string home_of_key(std::string_view key) {
  const auto found =
      std::find_if(homes.begin(), homes.end(), [&](const Home& home) { return home.key == key; });
  if (found == homes.end()) return {};
  return "`" + std::string(key) + "` belongs in " + std::string(found->blocks);
}

std::string about_control_flow(std::string_view word) {
  for (const std::string_view condition : {"if", "else", "elif", "when", "unless", "case"}) {
    if (word == condition) return "a site file has no conditions: what it says holds always";
  }
  for (const std::string_view loop : {"foreach", "each", "while", "loop"}) {
    if (word == loop) return "the one loop is over a list: `for h in [web1, web2] { … }`";
  }
  return {};
}

}  // namespace zr

#include "executor/serve/client_view.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "planner/marks.h"

namespace zr {
namespace {

const DatasetName* target_of(const Rule& rule) { return std::get_if<DatasetName>(&rule.result); }

// Adds what has to be looked at for one rule, whose pattern is `at` in the names of this host.
void add_roots(const Rule& rule, const DatasetName& at, Roots& out) {
  (rule.pattern.subtree ? out.trees : out.alone).push_back(at);
}

template <class Names>
bool covers(const Names& trees, const DatasetName& name) {
  for (std::optional<DatasetName> up = name; up; up = up->parent()) {
    if (trees.contains(*up)) return true;
  }
  return false;
}

// Whether a name is among what is asked for, in the client's names.
class Wanted {
 public:
  explicit Wanted(const Roots& roots)
      : everything_(roots.everything),
        trees_(roots.trees.begin(), roots.trees.end()),
        alone_(roots.alone.begin(), roots.alone.end()) {}

  bool takes(const DatasetName& name) const {
    return everything_ || alone_.contains(name) || covers(trees_, name);
  }

 private:
  bool everything_;
  std::set<DatasetName> trees_, alone_;
};

// `tree` as the rule maps it, or the rule's own target where that is below it.
void add_sink_tree(const Rule& rule, const DatasetName& target, const DatasetName& tree,
                   Roots& out) {
  const Pattern& p = rule.pattern;
  if (p.dataset && p.dataset->is_within(tree)) return add_roots(rule, target, out);
  const bool within = !p.dataset || (p.subtree && tree.is_within(*p.dataset));
  if (within) out.trees.push_back(Rules::apply(rule, target, tree));
}

void add_pull_tree(const Rule& rule, const DatasetName& tree, Roots& out) {
  const Pattern& p = rule.pattern;
  if (p.dataset && p.dataset->is_within(tree)) return add_roots(rule, *p.dataset, out);
  if (!p.dataset || (p.subtree && tree.is_within(*p.dataset))) out.trees.push_back(tree);
}

// The names that this rule may have made `here` of.
std::vector<DatasetName> origins(const Rule& rule, const DatasetName& target,
                                 const DatasetName& here, const ClientView::Pools& pools) {
  const bool reached = rule.pattern.subtree ? here.is_within(target) : here == target;
  if (!reached) return {};
  if (rule.pattern.dataset) return {rule.pattern.dataset->append(here.below(target))};
  std::vector<DatasetName> all;
  for (const std::string& pool : pools) {
    if (const auto name = DatasetName::parse(pool)) all.push_back(name->append(here.below(target)));
  }
  return all;
}

}  // namespace

ClientView::Pools pools_of(const Roots& roots) {
  ClientView::Pools pools;
  for (const DatasetName& name : roots.trees) pools.emplace(name.pool());
  for (const DatasetName& name : roots.alone) pools.emplace(name.pool());
  for (const DatasetName& name : roots.above) pools.emplace(name.pool());
  return pools;
}

ClientView::ClientView(const Rights& rights) {
  if (rights.has_sink) sink_map_ = rights.sink_map;
  if (rights.has_acl) pull_ = rights.pull;
  for (const Rule& rule : sink_map_.all()) {
    const DatasetName* target = target_of(rule);
    if (target == nullptr) continue;
    target_pools_.emplace(target->pool());
    if (!rule.pattern.dataset) continue;
    for (auto up = rule.pattern.dataset->parent(); up; up = up->parent()) {
      if (!sink_map_.target(*up)) way_.insert(*up);
    }
  }
}

bool ClientView::is_pulled(const DatasetName& name) const {
  return pull_.takes(name) && !sink_map_.target(name);
}

ClientView::Side ClientView::side_of(const DatasetName& name) const {
  if (sink_map_.target(name)) return Side::sink;
  return pull_.takes(name) ? Side::pull : Side::none;
}

std::optional<DatasetName> ClientView::on_host(const DatasetName& name) const {
  if (auto target = sink_map_.target(name)) return target;
  if (pull_.takes(name)) return name;
  return std::nullopt;
}

void ClientView::add_tree(const DatasetName& tree, Roots& out) const {
  for (const Rule& rule : sink_map_.all()) {
    if (const auto* target = target_of(rule)) add_sink_tree(rule, *target, tree, out);
  }
  for (const Rule& rule : pull_.all()) {
    if (!std::holds_alternative<Omit>(rule.result)) add_pull_tree(rule, tree, out);
  }
}

Roots ClientView::everything() const {
  Roots out = whole_sink();
  for (const Rule& rule : pull_.all()) {
    if (std::holds_alternative<Omit>(rule.result)) continue;
    if (rule.pattern.dataset) {
      add_roots(rule, *rule.pattern.dataset, out);
    } else {
      out.everything = true;
    }
  }
  return out;
}

Roots ClientView::on_host(const Roots& wanted) const {
  Roots out;
  if (wanted.everything) {
    out = everything();
  } else {
    for (const DatasetName& tree : wanted.trees) add_tree(tree, out);
    for (const DatasetName& name : wanted.alone) {
      if (auto here = on_host(name)) out.alone.push_back(*std::move(here));
    }
    for (const DatasetName& name : wanted.above) {
      if (auto here = on_host(name)) out.above.push_back(*std::move(here));
    }
  }
  out = minimal(out);
  out.versions_only = wanted.versions_only;
  return out;
}

Roots ClientView::whole_sink() const {
  Roots out;
  for (const Rule& rule : sink_map_.all()) {
    if (const auto* target = target_of(rule)) add_roots(rule, *target, out);
  }
  return minimal(out);
}

std::optional<DatasetName> ClientView::in_sink(const DatasetName& here, const Pools& pools) const {
  std::optional<DatasetName> found;
  for (const Rule& rule : sink_map_.all()) {
    const DatasetName* target = target_of(rule);
    if (target == nullptr) continue;
    for (DatasetName& name : origins(rule, *target, here, pools)) {
      if (name == found || sink_map_.target(name) != here) continue;
      if (found) return std::nullopt;
      found = std::move(name);
    }
  }
  return found;
}

bool ClientView::is_in_sink(const DatasetName& here) const {
  for (const Rule& rule : sink_map_.all()) {
    const DatasetName* target = target_of(rule);
    if (target == nullptr) continue;
    if (!rule.pattern.dataset && here.is_within(*target)) return true;
    for (const DatasetName& name : origins(rule, *target, here, {})) {
      if (sink_map_.target(name) == here) return true;
    }
  }
  return false;
}

std::optional<DatasetName> ClientView::shown_as(const DatasetName& here, const Pools& pools) const {
  if (auto name = in_sink(here, pools)) return name;
  if (is_pulled(here)) return here;
  return std::nullopt;
}

// ---- what is seen of a dataset ------------------------------------------------------------------

std::optional<std::string> ClientView::seen(std::string_view text, const Pools& pools) const {
  const auto name = DatasetName::parse(text);
  const auto shown = name ? shown_as(*name, pools) : std::nullopt;
  if (!shown) return std::nullopt;
  return shown->str();
}

std::vector<std::string> ClientView::seen_clones(const Version& v, Side side,
                                                 const Pools& pools) const {
  std::vector<std::string> out;
  for (std::string_view clone : v.clones) {
    const bool arriving = clone.ends_with(receiving_suffix);
    if (arriving && side == Side::pull) continue;
    if (arriving) clone.remove_suffix(receiving_suffix.size());
    const auto name = seen(clone, pools);
    if (name) out.push_back(*name + std::string(arriving ? receiving_suffix : ""));
  }
  std::sort(out.begin(), out.end());
  return out;
}

Dataset ClientView::as_seen(Dataset d, const DatasetName& as, Side side, const Pools& pools) const {
  if (d.origin) {
    const std::size_t at = std::min(d.origin->find('@'), d.origin->size());
    const auto name = seen(std::string_view(*d.origin).substr(0, at), pools);
    d.origin = name ? std::optional(*name + d.origin->substr(at)) : std::nullopt;
  }
  // Were it left out, the dataset would look as if it were not encrypted, and would be sent so.
  if (d.encryption_root) d.encryption_root = shown_as(*d.encryption_root, pools).value_or(as);
  // It names what another host sends to this dataset, which is no business of who only pulls.
  if (side == Side::pull) d.resume_token.reset();
  std::erase_if(d.versions, [side](const Version& v) {
    const auto cursor = v.kind == VersionKind::bookmark ? Cursor::parse(v.name) : std::nullopt;
    return cursor && side == Side::pull && !may_mark(cursor->job, side);
  });
  for (Version& v : d.versions) {
    v.clones = seen_clones(v, side, pools);
    // Others say what else goes on here, and the client could do nothing about them.
    std::erase_if(v.holds, [side](const std::string& tag) {
      const auto hold = TargetHold::parse(tag);
      return !hold || !may_mark(hold->job, side);
    });
  }
  d.name = as;
  return d;
}

Inventory ClientView::seen_of(const Inventory& found, const Roots& wanted,
                              const Pools& pools) const {
  const Wanted wants(wanted);
  Inventory out;
  for (const Dataset& d : found.datasets) {
    const auto name = in_sink(d.name, pools);
    if (name && wants.takes(*name)) out.datasets.push_back(as_seen(d, *name, Side::sink, pools));
    if (is_pulled(d.name) && wants.takes(d.name))
      out.datasets.push_back(as_seen(d, d.name, Side::pull, pools));
  }
  out.sort();
  return out;
}

Inventory ClientView::shown(const Inventory& found, const Roots& asked) const {
  const Roots wanted = minimal(asked);
  const Pools pools = pools_of(asked);
  Inventory out = seen_of(found, wanted, pools);
  if (asked.versions_only) return out;
  const Roots above{false, {}, way_to_missing(wanted, out)};
  Inventory more = seen_of(found, above, pools);
  for (Dataset& d : more.datasets) d.versions.clear();
  const Wanted wants(wanted), wants_above(above);
  for (const DatasetName& name : way_) {
    const bool is_wanted = wants.takes(name) || wants_above.takes(name);
    if (!is_wanted || out.find(name) != nullptr || more.find(name) != nullptr) continue;
    more.datasets.emplace_back(name).placeholder = true;
  }
  out.datasets.insert(out.datasets.end(), more.datasets.begin(), more.datasets.end());
  out.sort();
  return out;
}

bool may_mark(const JobId& job, ClientView::Side side) {
  return job.kind == JobKind::pull || (job.kind == JobKind::push && side == ClientView::Side::sink);
}

}  // namespace zr

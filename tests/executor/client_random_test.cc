// Whatever a client asks for: nothing outside of what it was granted changes or is seen.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "planner/marks.h"
#include "tests/executor/client_site.h"

namespace zr {
namespace {

const std::string hold = "zrepl:office:pull.home";
const std::vector<std::string> words{"a", "ab", "b", "b c", "d"};

DatasetName any_name() {
  std::string text = *rc::gen::element<std::string>("p", "pq", "q");
  for (int depth = *rc::gen::inRange(0, 4); depth > 0; --depth) {
    text += "/" + *rc::gen::elementOf(words);
  }
  return name(text);
}

Rules any_rules(bool map) {
  Rules rules;
  for (int n = *rc::gen::inRange(0, 5); n > 0; --n) {
    Pattern pattern{any_name(), *rc::gen::arbitrary<bool>()};
    if (*rc::gen::inRange(0, 8) == 0) pattern = {std::nullopt, true};
    RuleResult result = Omit{};
    if (*rc::gen::inRange(0, 4) != 0) result = map ? RuleResult(any_name()) : RuleResult(Ok{});
    rules.add({pattern, result, {}, {}});
  }
  return rules;
}

Version any_version(std::uint64_t number) {
  Version v;
  v.name = std::to_string(number);
  v.guid = Guid(number);
  v.createtxg = CreateTxg(number);
  v.bytes = 100;
  if (*rc::gen::inRange(0, 3) == 0) v.holds = {hold};
  return v;
}

World any_world() {
  World world;
  std::set<DatasetName> names{name("p"), name("pq"), name("q")};
  for (int n = *rc::gen::inRange(0, 12); n > 0; --n) {
    for (std::optional<DatasetName> up = any_name(); up; up = up->parent()) names.insert(*up);
  }
  std::uint64_t guid = 1000;
  for (const DatasetName& n : names) {
    Dataset d(n);
    d.guid = Guid(++guid);
    const int versions = *rc::gen::inRange(0, 4);
    d.placeholder = versions == 0 && *rc::gen::arbitrary<bool>();
    for (int i = 1; i <= versions; ++i) {
      d.versions.push_back(any_version(static_cast<std::uint64_t>(i)));
    }
    world.hosts[vault].datasets.push_back(std::move(d));
  }
  world.hosts[vault].sort();
  Dataset tank(name("tank"));
  tank.guid = Guid(1);
  for (std::uint64_t i = 1; i < 5; ++i) tank.versions.push_back(any_version(i));
  world.hosts[lab].datasets = {std::move(tank)};
  return world;
}

VersionRef any_ref() {
  const auto number = *rc::gen::inRange<std::uint64_t>(1, 5);
  const bool marks = *rc::gen::inRange(0, 4) == 0;
  const JobKind kind = *rc::gen::element(JobKind::push, JobKind::pull);
  const Cursor c{SiteName("office"), {kind, "home"}, Guid(number)};
  if (marks) return {VersionKind::bookmark, c.str(), Guid(number)};
  return {VersionKind::snapshot, std::to_string(number), Guid(number)};
}

// Of what is partially received under a name, as the client sees it.
ResumeToken token_of_cut(const ClientSite& site, const DatasetName& n) {
  const auto seen = site.client()->list({false, {}, {n}});
  const Dataset* d = seen ? seen->find(n) : nullptr;
  return d != nullptr && d->resume_token ? *d->resume_token : ResumeToken("1-0-0-0");
}

Change any_change(const ClientSite& site) {
  const DatasetName n = any_name();
  const VersionRef v = any_ref();
  const std::string tag = *rc::gen::element(hold, std::string("keep"));
  switch (*rc::gen::inRange(0, 9)) {
    case 0:
      return TakeSnapshot{n, "x"};
    case 1:
      return CreateBookmark{n, v,
                            Cursor{SiteName("office"), {JobKind::pull, "x"}, v.guid.value()}.str()};
    case 2:
      return PlaceHold{n, v, tag};
    case 3:
      return ReleaseHold{n, v, tag};
    case 4:
      return Rollback{n, v, {any_ref(), any_ref()}};
    case 5:
      return DestroyVersion{n, v};
    case 6:
      return RenameDataset{n, any_name(), Guid(*rc::gen::inRange<std::uint64_t>(1000, 1012))};
    case 7:
      return AbortReceive{n, token_of_cut(site, n)};
    default:
      return CreatePlaceholder{n, *rc::gen::arbitrary<bool>()};
  }
}

void any_push(const ClientSite& site) {
  ReceiveRequest request{
      any_name(), *rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>(), {}, {}};
  if (*rc::gen::inRange(0, 4) == 0) request.clone_of = CloneOrigin{any_name(), any_ref()};
  const auto to = *rc::gen::inRange<std::uint64_t>(1, 5);
  Send send{name("tank"), {}, {VersionKind::snapshot, std::to_string(to), Guid(to)}};
  if (to > 1 && *rc::gen::arbitrary<bool>())
    send.from = VersionRef{VersionKind::snapshot, std::to_string(to - 1), Guid(to - 1)};
  (void)site.push(request, send, *rc::gen::inRange<std::size_t>(0, 2000));
}

void any_call(const ClientSite& site) {
  const int kind = *rc::gen::inRange(0, 4);
  if (kind == 0) return any_push(site);
  std::vector<Change> changes{any_change(site)};
  if (*rc::gen::arbitrary<bool>()) changes.push_back(any_change(site));
  (void)site.client()->apply(changes);
}

Roots any_roots() {
  Roots roots;
  roots.everything = *rc::gen::inRange(0, 4) == 0;
  for (int n = *rc::gen::inRange(0, 3); n > 0; --n) roots.trees.push_back(any_name());
  for (int n = *rc::gen::inRange(0, 3); n > 0; --n) roots.alone.push_back(any_name());
  for (int n = *rc::gen::inRange(0, 3); n > 0; --n) roots.above.push_back(any_name());
  return roots;
}

// By brute force over all names that there could be: where a client's names may lead.
std::set<DatasetName> targets(const Rights& rights) {
  std::set<DatasetName> all;
  std::vector<std::string> names{"p", "pq", "q"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (const auto to = rights.sink_map.target(name(names[i]))) all.insert(*to);
    if (std::count(names[i].begin(), names[i].end(), '/') == 3) continue;
    for (const std::string& word : words) names.push_back(names[i] + "/" + word);
  }
  return all;
}

// What holds whatever the client did: only marks and, in the sink, what is new.
void check_change(const ClientSite& site, const std::set<DatasetName>& mine,
                  const Inventory& before, const Inventory& after) {
  for (const Dataset& d : after.datasets) {
    const Dataset* was = before.find(d.name);
    RC_ASSERT(was != nullptr || mine.contains(d.name));
    if (was != nullptr && d == *was) continue;
    const bool pulled = site.rights.has_acl && site.rights.pull.takes(d.name);
    RC_ASSERT(pulled || mine.contains(d.name));
    if (mine.contains(d.name)) continue;
    Dataset a = d, b = *was;
    for (Dataset* one : {&a, &b}) {
      std::erase_if(one->versions, [](const Version& v) {
        const auto c = Cursor::parse(v.name);
        return c && c->job.kind == JobKind::pull;
      });
      for (Version& v : one->versions) std::erase(v.holds, hold);
    }
    RC_ASSERT(a == b);
  }
  for (const Dataset& d : before.datasets) {
    const Dataset* is = after.find(d.name);
    if (is == nullptr) {  // it only came into being for what was then dropped
      RC_ASSERT(mine.contains(d.name) && d.resume_token && d.versions.empty());
      continue;
    }
    for (const Version& v : d.versions) {
      RC_ASSERT(!v.is_snapshot() || is->find(v.kind, v.name) != nullptr);
    }
  }
}

void check_list(const ClientSite& site, const Inventory& all) {
  const auto seen = site.client()->list(any_roots());
  RC_ASSERT(seen.has_value());
  for (const Dataset& d : seen->datasets) {
    if (d.guid == Guid()) {
      RC_ASSERT(d.placeholder && d.versions.empty());
      continue;
    }
    const auto real = std::find_if(all.datasets.begin(), all.datasets.end(),
                                   [&](const Dataset& r) { return r.guid == d.guid; });
    RC_ASSERT(real != all.datasets.end());
    const auto target = site.rights.sink_map.target(d.name);
    if (target) {
      RC_ASSERT(real->name == *target);
    } else {
      RC_ASSERT(real->name == d.name && site.rights.pull.takes(d.name));
    }
  }
}

TEST_CASE("whatever the map, the world and the calls, nothing outside changes or is seen") {
  CHECK(rc::check([] {
    ClientSite site(world_to_text(any_world()), "never -> never");
    site.rights.sink_map = any_rules(true);
    site.rights.has_sink = true;
    site.rights.pull = any_rules(false);
    site.rights.has_acl = *rc::gen::arbitrary<bool>();
    if (!site.rights.has_acl) site.rights.pull = {};
    const auto mine = targets(site.rights);
    for (int n = *rc::gen::inRange(1, 12); n > 0; --n) {
      const Inventory before = *site.open(vault)->list({true, {}, {}});
      any_call(site);
      const Inventory after = *site.open(vault)->list({true, {}, {}});
      check_change(site, mine, before, after);
      check_list(site, after);
    }
  }));
}

}  // namespace
}  // namespace zr

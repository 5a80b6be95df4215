#include "lang/findings.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <regex>
#include <set>

#include "tests/lang/site.h"

using namespace zr;

// Every finding about rules is held against trying all datasets of a small universe: names deeper
// than any pattern, of components of which the patterns use only some.

namespace {

const std::string hosts =
    "host nas { transport local }\nhost db { transport sim \"d\" }\n"
    "host vault { transport sim \"v\" }\n";

std::vector<DatasetName> names_of_depth(int most) {
  std::vector<DatasetName> names;
  std::vector<std::string> level{""};
  for (int depth = 0; depth < most; ++depth) {
    std::vector<std::string> next;
    for (const std::string& base : level) {
      for (const char* component : {"a", "b", "y", "z"}) {
        next.push_back(base + (base.empty() ? "" : "/") + component);
        names.push_back(*DatasetName::parse(next.back()));
      }
    }
    level = next;
  }
  return names;
}

const std::vector<DatasetName>& universe() {
  static const std::vector<DatasetName> all = names_of_depth(4);
  return all;
}

// A pattern is at most three deep, and what one target has below another at most two.
const std::vector<DatasetName>& deep_universe() {
  static const std::vector<DatasetName> all = names_of_depth(6);
  return all;
}

// Of the components `a` and `b`, at most three deep; `<` alone now and then.
std::string any_pattern() {
  if (*rc::gen::inRange(0, 12) == 0) return "<";
  std::string name;
  for (int depth = *rc::gen::inRange(1, 4); depth > 0; --depth) {
    name += (name.empty() ? "" : "/") + std::string(1, *rc::gen::element('a', 'b'));
  }
  return name + *rc::gen::element<std::string>("", "<", "<");
}

struct Line {
  std::string pattern, result;
  std::string str() const { return pattern + " -> " + result; }
};

std::vector<Line> any_block(bool map) {
  std::vector<Line> lines;
  for (int n = *rc::gen::inRange(1, 7); n > 0; --n) {
    const std::string pattern = any_pattern();
    const bool again = std::any_of(lines.begin(), lines.end(),
                                   [&](const Line& l) { return l.pattern == pattern; });
    if (again) continue;
    const bool omit = *rc::gen::inRange(0, 3) == 0;
    const std::string target = *rc::gen::element<std::string>("r", "r/a", "r/b", "r/a/b", "q");
    lines.push_back({pattern, omit ? "omit" : map ? target : "ok"});
  }
  return lines;
}

std::string block(const std::vector<Line>& lines) {
  std::string text = "{\n";
  for (const Line& line : lines) text += line.str() + "\n";
  return text + "}";
}

// A result as a text, so that filters and maps are compared alike.
std::string fate(const Rules& rules, const DatasetName& dataset) {
  const auto target = rules.target(dataset);
  return target ? target->str() : rules.takes(dataset) ? "ok" : "omit";
}

// The texts between backticks.
std::vector<std::string> quoted_parts(const std::string& message) {
  std::vector<std::string> parts;
  std::size_t at = 0;
  while ((at = message.find('`', at)) != std::string::npos) {
    const std::size_t end = message.find('`', at + 1);
    parts.push_back(message.substr(at + 1, end - at - 1));
    at = end + 1;
  }
  return parts;
}

std::vector<Diagnostic> of_codes(const Site& site, const std::set<std::string>& codes) {
  std::vector<Diagnostic> found;
  for (const Diagnostic& d : site.diagnostics) {
    if (codes.count(d.code) > 0) found.push_back(d);
  }
  return found;
}

const Rules& rules_of(const Policy& policy, bool map) {
  return map ? policy.replications.front().map : policy.protects.front().datasets;
}

std::string site_with(const std::vector<Line>& lines, bool map) {
  return hosts + (map ? "push p { to vault; map " : "protect { on nas; datasets ") + block(lines) +
         " }\n";
}

}  // namespace

TEST_CASE("a rule is called superfluous exactly when no dataset misses it") {
  CHECK(rc::check("redundant rules", [] {
    const bool map = *rc::gen::arbitrary<bool>();
    const std::vector<Line> lines = any_block(map);
    const std::string text = site_with(lines, map);
    const Site site = compile_site(text);
    RC_ASSERT(site.policy.has_value());
    const Rules& rules = rules_of(*site.policy, map);
    std::set<std::string> reported;
    for (const Diagnostic& d : of_codes(site, {"ZR2001", "ZR2002"})) {
      reported.insert(text.substr(d.span.begin, d.span.end - d.span.begin));
    }
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].str() == "< -> omit") continue;
      std::vector<Line> others = lines;
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
      const Site without = compile_site(site_with(others, map));
      RC_ASSERT(without.policy.has_value());
      const bool same = std::all_of(universe().begin(), universe().end(), [&](const auto& d) {
        return fate(rules, d) == fate(rules_of(*without.policy, map), d);
      });
      RC_ASSERT(same == (reported.count(lines[i].str()) > 0));
    }
  }));
}

TEST_CASE("two sources for one target are found exactly when there are two, and they are real") {
  CHECK(rc::check("shared targets", [] {
    std::string text = hosts;
    const int maps = *rc::gen::inRange(1, 4);
    for (int n = 0; n < maps; ++n) {
      const auto head = *rc::gen::element<std::string>("push p{} { from nas; to vault; map ",
                                                       "push p{} { from db; to vault; map ",
                                                       "sink s{} { on vault; map ");
      const std::size_t number = head.find("{}");
      text += head.substr(0, number) + std::to_string(n) + head.substr(number + 2) +
              block(any_block(true)) + " }\n";
    }
    const Site site = compile_site(text);
    if (!site.policy) RC_DISCARD("one source to one target twice");
    std::multimap<std::string, const Rules*> maps_of;  // by host or client
    for (const Replication& job : site.policy->replications) {
      maps_of.emplace(job.from.value, &job.map);
    }
    for (const Sink& sink : site.policy->sinks) maps_of.emplace(sink.identity, &sink.map);
    std::map<std::string, std::set<std::string>> sources;  // by target
    for (const auto& [from, map] : maps_of) {
      for (const DatasetName& d : deep_universe()) {
        if (const auto target = map->target(d)) {
          sources[target->str()].insert(from + ":" + d.str());
        }
      }
    }
    const bool meet = std::any_of(sources.begin(), sources.end(),
                                  [](const auto& entry) { return entry.second.size() > 1; });
    RC_ASSERT(meet == !of_codes(site, {"ZR2003", "ZR2004"}).empty());
    for (const Diagnostic& d : of_codes(site, {"ZR2003"})) {
      const auto parts = quoted_parts(std::regex_replace(
          d.message, std::regex("`([^`]*)` of the client `([^`]*)`"), "`$2:$1`"));
      RC_ASSERT(parts.size() == 3);
      RC_ASSERT(parts[0] != parts[1]);
      for (const std::string& source : {parts[0], parts[1]}) {
        const auto colon = source.find(':');
        const auto dataset = *DatasetName::parse(source.substr(colon + 1));
        const auto [begin, end] = maps_of.equal_range(source.substr(0, colon));
        RC_ASSERT(std::any_of(begin, end, [&](const auto& entry) {
          const auto target = entry.second->target(dataset);
          return target && "vault:" + target->str() == parts[2];
        }));
      }
    }
  }));
}

TEST_CASE("jobs are said to meet exactly where they do") {
  CHECK(rc::check("autosnaps and prunes that meet", [] {
    const auto prefix = [] { return *rc::gen::element<std::string>("z", "z_", "z_d", "y_", "za"); };
    const std::string prefixes[] = {prefix(), prefix()};
    std::string text = hosts;
    for (int n = 0; n < 2; ++n) {
      text += "autosnap a" + std::to_string(n) + " { on nas; prefix \"" + prefixes[n] +
              "\"; every 1h; datasets " + block(any_block(false)) + " }\n";
      text += "prune p" + std::to_string(n) + " { on db; keep last 3; snapshots { prefix \"" +
              prefixes[n] + "\" }; datasets " + block(any_block(false)) + " }\n";
    }
    const Site site = compile_site(text);
    RC_ASSERT(site.policy.has_value());
    const Policy& policy = *site.policy;
    const bool nested =
        prefixes[0].starts_with(prefixes[1]) || prefixes[1].starts_with(prefixes[0]);
    const auto both = [](const Rules& a, const Rules& b) {
      return std::any_of(universe().begin(), universe().end(),
                         [&](const auto& d) { return a.takes(d) && b.takes(d); });
    };
    const auto& snaps = policy.autosnaps;
    RC_ASSERT((nested && both(snaps[0].datasets, snaps[1].datasets)) ==
              !of_codes(site, {"ZR2005"}).empty());
    RC_ASSERT((nested && both(policy.prunes[0].datasets, policy.prunes[1].datasets)) ==
              !of_codes(site, {"ZR2006"}).empty());
    for (const Diagnostic& d : of_codes(site, {"ZR2006"})) {
      const auto parts = quoted_parts(d.message);
      const auto dataset = *DatasetName::parse(parts[2].substr(parts[2].find(':') + 1));
      for (const Prune& prune : policy.prunes) {
        RC_ASSERT(prune.datasets.takes(dataset));
        RC_ASSERT(prune.snapshots.takes(parts[3].substr(1)));
      }
    }
  }));
}

TEST_CASE("a prune is called protected exactly when nothing is left to it") {
  CHECK(rc::check("protected prunes", [] {
    const Site site = compile_site(
        hosts + "prune p { on nas; keep last 3; snapshots { prefix \"z\" }; datasets " +
        block(any_block(false)) + " }\nprotect { on nas; datasets " + block(any_block(false)) +
        " }\nprotect { on nas; snapshots { prefix \"za\" }; datasets " + block(any_block(false)) +
        " }\n");
    RC_ASSERT(site.policy.has_value());
    const Rules& judged = site.policy->prunes[0].datasets;
    const auto whole = std::find_if(site.policy->protects.begin(), site.policy->protects.end(),
                                    [](const Protect& block) { return block.snapshots.any; });
    bool takes = false, all = true;
    for (const DatasetName& d : universe()) {
      takes = takes || judged.takes(d);
      all = all && (!judged.takes(d) || whole->datasets.takes(d));
    }
    RC_ASSERT((takes && all) == !of_codes(site, {"ZR2009"}).empty());
    RC_ASSERT(
        !takes ==
        (of_codes(site, {"ZR2007"}).size() >
         static_cast<std::size_t>(std::count_if(
             site.policy->protects.begin(), site.policy->protects.end(), [](const Protect& block) {
               return std::none_of(universe().begin(), universe().end(),
                                   [&](const auto& d) { return block.datasets.takes(d); });
             }))));
  }));
}

TEST_CASE("a rule is called unfed exactly when no autosnap takes a dataset that it sends") {
  CHECK(rc::check("never snapshotted", [] {
    const std::vector<Line> lines = any_block(true);
    const std::string text = hosts + "autosnap a { on nas; prefix \"z\"; every 1h; datasets " +
                             block(any_block(false)) + " }\n" + "push p { to vault; map " +
                             block(lines) + " }\n";
    const Site site = compile_site(text);
    RC_ASSERT(site.policy.has_value());
    std::map<const Rule*, bool> fed;
    for (const DatasetName& d : universe()) {
      const Rules& map = site.policy->replications[0].map;
      if (!map.target(d)) continue;
      bool& is_fed = fed[map.find(d)];
      is_fed = is_fed || site.policy->autosnaps[0].datasets.takes(d);
    }
    std::set<std::size_t> expected, reported;
    bool any_fed = false;
    for (const auto& [rule, is_fed] : fed) {
      any_fed = any_fed || is_fed;
      if (!is_fed) expected.insert(rule->span.begin);
    }
    for (const Diagnostic& d : of_codes(site, {"ZR2013"})) reported.insert(d.span.begin);
    if (any_fed) {
      RC_ASSERT(reported == expected);
    } else {
      RC_ASSERT(reported.size() == std::min<std::size_t>(expected.size(), 1));
      for (const std::size_t at : reported) RC_ASSERT(expected.count(at) == 1);
    }
  }));
}

TEST_CASE("a job is said not to get through exactly when no one door lets all of it through") {
  CHECK(rc::check("sinks and pull_acls that cover", [] {
    const bool push = *rc::gen::arbitrary<bool>();
    std::string text =
        "host nas { transport local }\n"
        "host far { transport ssh { address \"far\" }; agent on }\n";
    const int doors = *rc::gen::inRange(1, 4);
    for (int n = 0; n < doors; ++n) {
      std::vector<Line> lines = any_block(push);
      if (*rc::gen::inRange(0, 6) == 5) {
        std::erase_if(lines, [](const Line& l) { return l.pattern == "<" || l.result == "omit"; });
        lines.push_back({"<", push ? "q" : "ok"});
      }
      text += (push ? "sink s" : "pull_acl s") + std::to_string(n) + " { on far; " +
              (push ? "map " : "datasets ") + block(lines) + " }\n";
    }
    text += (push ? "push p { to far; datasets " : "pull p { from far; map ") +
            block(any_block(!push)) + " }\n";
    const Site site = compile_site(text);
    RC_ASSERT(site.policy.has_value());
    const Rules& job = site.policy->replications[0].map;
    std::map<std::string, std::set<const Rule*>> shut;  // the job's rules, by door
    for (int n = 0; n < doors; ++n) {
      const std::string door = (push ? "sink.s" : "pull_acl.s") + std::to_string(n);
      std::set<const Rule*>& rules = shut[door];
      for (const DatasetName& d : universe()) {
        if (job.takes(d) && !site.policy->find_rules(door)->takes(d)) rules.insert(job.find(d));
      }
    }
    const auto least = std::min_element(shut.begin(), shut.end(), [](const auto& a, const auto& b) {
                         return a.second.size() < b.second.size();
                       })->second.size();
    RC_CLASSIFY(least > 0, "shut");
    const auto found = of_codes(site, {"ZR2018"});
    RC_ASSERT(found.size() == (least > 0 ? 1U : 0U));
    for (const Diagnostic& d : found) {
      const auto parts = quoted_parts(d.message);
      const auto dataset = *DatasetName::parse(parts[1].substr(parts[1].find(':') + 1));
      RC_ASSERT(job.takes(dataset));
      RC_ASSERT(!site.policy->find_rules(parts.back())->takes(dataset));
      RC_ASSERT(shut.at(parts.back()).size() == least);
    }
  }));
}

TEST_CASE("what is allowed where it stands is gone, and no allow is idle") {
  CHECK(rc::check("allows", [] {
    const bool map = *rc::gen::arbitrary<bool>();
    const std::string text = site_with(any_block(map), map);
    const Site site = compile_site(text);
    const auto found = of_codes(site, {"ZR2001", "ZR2002", "ZR2003", "ZR2004"});
    std::map<std::size_t, std::set<std::string>> lines;  // codes by the beginning of the line
    for (const Diagnostic& d : found) {
      lines[text.rfind('\n', d.span.begin) + 1].insert(d.code);
    }
    std::string allowed = text;
    for (auto it = lines.rbegin(); it != lines.rend(); ++it) {
      std::string comments;
      for (const std::string& code : it->second) comments += "# zr:allow " + code + " so be it\n";
      allowed.insert(it->first, comments);
    }
    const Site after = compile_site(allowed);
    RC_ASSERT(
        of_codes(after, {"ZR2001", "ZR2002", "ZR2003", "ZR2004", "ZR2015", "ZR2016", "ZR2017"})
            .empty());
    RC_ASSERT(after.allowed.size() == found.size());
    RC_ASSERT(after.policy->hash == site.policy->hash);
  }));
}

TEST_CASE("findings are counted beyond those that are kept") {
  std::string text = hosts + "protect { on nas; datasets {\ntank< -> ok\n";
  for (int i = 0; i < 3000; ++i) text += "tank/d" + std::to_string(i) + " -> ok\n";
  text += "} }\n";
  const Site site = compile_site(text);
  CHECK(site.rendered.find("\nand 2902 more notes\n") != std::string::npos);
  const Site allowed =
      compile_site(hosts + "# zr:allow ZR2001 all of them are meant\n" + text.substr(hosts.size()));
  CHECK(allowed.rendered.find("ZR2001") == std::string::npos);
}

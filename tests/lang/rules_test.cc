#include "lang/rules.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>

#include "tests/lang/site.h"

using namespace zr;

namespace {

DatasetName ds(const std::string& text) { return DatasetName::parse(text).value(); }

Pattern pattern(const std::string& text) {
  if (text == "<") return {std::nullopt, true};
  const bool subtree = text.back() == '<';
  return {ds(subtree ? text.substr(0, text.size() - 1) : text), subtree};
}

Rule rule(const std::string& from, const std::string& to) {
  RuleResult result = Omit{};
  if (to == "ok") result = Ok{};
  if (to != "ok" && to != "omit") result = ds(to);
  return {pattern(from), result, {}, {}};
}

Rules rules(const std::vector<std::pair<std::string, std::string>>& lines) {
  Rules all;
  for (const auto& [from, to] : lines) REQUIRE(all.add(rule(from, to)) == nullptr);
  return all;
}

std::string where(const Rules& map, const std::string& dataset) {
  const auto target = map.target(ds(dataset));
  return target ? target->str() : "omit";
}

// Small names, so that patterns and datasets meet often.
rc::Gen<std::string> any_dataset() {
  return rc::gen::map(
      rc::gen::resize(
          4, rc::gen::nonEmpty(rc::gen::container<std::string>(rc::gen::element('a', 'b', 'c')))),
      [](const std::string& letters) {
        std::string name;
        for (const char c : letters) name += (name.empty() ? "" : "/") + std::string(1, c);
        return name;
      });
}

rc::Gen<std::string> any_pattern() {
  return rc::gen::oneOf(rc::gen::just(std::string("<")), any_dataset(),
                        rc::gen::map(any_dataset(), [](std::string d) { return d + "<"; }));
}

// By the words of the reference: exact beats subtree, longer beats shorter, nothing means omit.
std::optional<Pattern> naive(const std::vector<std::string>& patterns, const DatasetName& dataset) {
  std::optional<Pattern> best;
  for (const std::string& text : patterns) {
    const Pattern p = pattern(text);
    const bool takes =
        !p.dataset || (p.subtree ? dataset.is_within(*p.dataset) : dataset == *p.dataset);
    if (!takes) continue;
    const auto weight = [](const Pattern& q) {
      return std::pair(!q.subtree, q.dataset ? q.dataset->str().size() : 0);
    };
    if (!best || weight(*best) < weight(p)) best = p;
  }
  return best;
}

std::vector<std::string> distinct(std::vector<std::string> texts) {
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return texts;
}

}  // namespace

TEST_CASE("the map of the reference") {
  const Rules map =
      rules({{"a/b/c<", "root1"}, {"a/b<", "root2"}, {"<", "root3/b/c"}, {"q<", "root4/1/2"}});
  CHECK(where(map, "a/b/c") == "root1");
  CHECK(where(map, "a/b/c/d") == "root1/d");
  CHECK(where(map, "a/b/e") == "root2/e");
  CHECK(where(map, "a/b") == "root2");
  CHECK(where(map, "x") == "root3/b/c");
  CHECK(where(map, "x/y") == "root3/b/c/y");
  CHECK(where(map, "q") == "root4/1/2");
  CHECK(where(map, "q/r") == "root4/1/2/r");
}

TEST_CASE("the filter of the reference") {
  const Rules filter = rules({{"<", "omit"}, {"a<", "ok"}, {"a/b<", "omit"}});
  for (const char* out : {"b", "a/b", "a/b/c"}) CHECK_FALSE(filter.takes(ds(out)));
  for (const char* in : {"a", "a/d"}) CHECK(filter.takes(ds(in)));
}

TEST_CASE("mapping a subtree strips its dataset; mapping everything strips the pool") {
  const Rules map = rules({{"a/b<", "r"}, {"<", "all"}});
  CHECK(where(map, "a/b/c/d") == "r/c/d");
  CHECK(where(map, "a/b") == "r");
  CHECK(where(map, "x") == "all");
  CHECK(where(map, "x/y") == "all/y");
  CHECK(where(map, "a/bc") == "all/bc");
}

TEST_CASE("a dataset itself is not its children, and beats any subtree") {
  const Rules map = rules({{"tank<", "backup"}, {"tank/db", "fast/db"}});
  CHECK(where(map, "tank/db") == "fast/db");
  CHECK(where(map, "tank/db/wal") == "backup/db/wal");
}

TEST_CASE("an empty block matches nothing") {
  CHECK(Rules().find(ds("tank")) == nullptr);
  CHECK_FALSE(Rules().takes(ds("tank")));
  CHECK(where(Rules(), "tank") == "omit");
}

TEST_CASE("the same pattern twice gives the first rule and changes nothing") {
  Rules all = rules({{"tank<", "ok"}});
  const Rule* first = all.add(rule("tank<", "omit"));
  REQUIRE(first != nullptr);
  CHECK(first->result == RuleResult{Ok{}});
  CHECK(all.all().size() == 1);
  CHECK(all.add(rule("tank", "omit")) == nullptr);
}

TEST_CASE("candidates come in falling specificity, the one that decides first") {
  const Rules all =
      rules({{"<", "omit"}, {"a<", "ok"}, {"a/b<", "omit"}, {"a/b", "ok"}, {"b<", "ok"}});
  std::vector<std::string> found;
  for (const Rule* r : all.candidates(ds("a/b"))) found.push_back(r->pattern.str());
  CHECK(found == std::vector<std::string>{"a/b", "a/b<", "a<", "<"});
}

TEST_CASE("a pattern is written so that it is read back as the same") {
  for (const char* text : {"<", "tank", "tank/a<", "\"ok\"<", "\"omit/x\"", "\"a b/c\"<"}) {
    CAPTURE(text);
    const Site site = compile_site("host nas { transport local }\nprotect { on nas; datasets { " +
                                   std::string(text) + " -> ok } }\n");
    REQUIRE(site.policy);
    CHECK(site.policy->protects[0].datasets.all()[0].pattern.str() == text);
  }
}

TEST_CASE("the rule found is the longest match, in whatever order the lines stand") {
  CHECK(rc::check("find is naive longest match", [](const std::vector<std::uint8_t>&) {
    const auto patterns =
        distinct(*rc::gen::resize(12, rc::gen::container<std::vector<std::string>>(any_pattern())));
    auto shuffled = patterns;
    std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937(*rc::gen::arbitrary<unsigned>()));
    Rules sorted, mixed;
    for (const auto& p : patterns) RC_ASSERT(sorted.add(rule(p, "ok")) == nullptr);
    for (const auto& p : shuffled) RC_ASSERT(mixed.add(rule(p, "ok")) == nullptr);
    const DatasetName dataset = ds(*any_dataset());
    const auto expected = naive(patterns, dataset);
    for (const Rules* all : {&sorted, &mixed}) {
      const Rule* found = all->find(dataset);
      RC_ASSERT((found != nullptr) == expected.has_value());
      if (found != nullptr) RC_ASSERT(found->pattern == *expected);
      const auto candidates = all->candidates(dataset);
      RC_ASSERT(candidates.empty() == (found == nullptr));
      if (found != nullptr) RC_ASSERT(candidates.front() == found);
    }
    RC_ASSERT(sorted.all().size() == mixed.all().size());
    for (std::size_t i = 0; i < sorted.all().size(); ++i) {
      RC_ASSERT(sorted.all()[i].pattern == mixed.all()[i].pattern);
    }
  }));
}

// Which rule decides for each of 100,000 datasets, among 100,000 rules. Beside it the plain way,
// which looks at every rule, for as many datasets as are worth waiting for.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "lang/rules.h"
#include "tests/bench/cpu_time.h"

using namespace zr;

namespace {

constexpr int count = 100'000;
constexpr int count_of_reference = 100;

DatasetName name(const std::string& text) { return DatasetName::parse(text).value(); }

// Half of the rules take a dataset and all below it, some inside others; half take just one
// dataset.
Rules rules() {
  std::vector<Rule> sorted;  // which is how the compiler adds them
  for (int i = 0; i < count; ++i) {
    const std::string text = fmt::format("tank/group{}/team{}/project{}{}", i % 97, i % 1009, i,
                                         i % 3 == 0 ? "/data" : "");
    Rule rule;
    rule.pattern = {name(text), i % 2 == 0};
    rule.result = i % 5 == 0 ? RuleResult{Omit{}} : RuleResult{Ok{}};
    sorted.push_back(std::move(rule));
  }
  std::sort(sorted.begin(), sorted.end(),
            [](const Rule& a, const Rule& b) { return a.pattern < b.pattern; });
  Rules all;
  for (Rule& rule : sorted) all.add(std::move(rule));
  return all;
}

std::vector<DatasetName> datasets() {
  std::vector<DatasetName> all;
  all.reserve(count);
  for (int i = 0; i < count; ++i)
    all.push_back(
        name(fmt::format("tank/group{}/team{}/project{}/data/disk{}", i % 97, i % 1009, i, i % 7)));
  return all;
}

bool takes(const Rule& rule, const std::string& dataset) {
  if (!rule.pattern.dataset) return true;
  const std::string& at = rule.pattern.dataset->str();
  if (dataset == at) return true;
  return rule.pattern.subtree && dataset.size() > at.size() && dataset[at.size()] == '/' &&
         dataset.compare(0, at.size(), at) == 0;
}

const Rule* scan(const Rules& all, const DatasetName& dataset) {
  const Rule* best = nullptr;
  const std::string text = dataset.str();
  for (const Rule& rule : all.all()) {
    if (!takes(rule, text)) continue;
    if (!best || rule.pattern.dataset->str().size() > best->pattern.dataset->str().size())
      best = &rule;
  }
  return best;
}

}  // namespace

int main() {
  const Rules all = rules();
  const std::vector<DatasetName> wanted = datasets();
  int decided = 0;
  double begin = cpu_seconds();
  for (const DatasetName& dataset : wanted) decided += all.find(dataset) != nullptr;
  const double ours = cpu_seconds() - begin;

  begin = cpu_seconds();
  int differ = 0;
  for (int i = 0; i < count_of_reference; ++i) {
    const DatasetName& dataset = wanted[static_cast<std::size_t>(i) * (count / count_of_reference)];
    differ += scan(all, dataset) != all.find(dataset);
  }
  const double each = (cpu_seconds() - begin) / count_of_reference;
  fmt::print(
      "{} datasets against {} rules: CPU: {:.0f} ms ({} decided); looking at every rule: {:.0f} s "
      "(from {} of them; {} answers differ)\n",
      wanted.size(), all.all().size(), ours * 1000, decided, each * count, count_of_reference,
      differ);
  return differ == 0 ? 0 : 1;
}

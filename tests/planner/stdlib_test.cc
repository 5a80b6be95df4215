#include "lang/stdlib.h"

#include <doctest/doctest.h>

#include <map>
#include <sstream>

#include "planner/retention.h"
#include "tests/support/policy_text.h"

using namespace zr;

namespace {

std::vector<Keep> keeps_of(const std::string& retention) {
  const Policy policy = policy_from_text(
      "use \"std/retention\"\nhost a { transport local }\n"
      "prune p { on a; datasets { t -> ok }; snapshots any; keep retention." +
      retention + " }\n");
  return policy.prunes.front().keeps;
}

// How many snapshots there are at most, right after a prune, when one is taken at every `interval`
// and each is followed by a prune.
std::size_t most_kept(const std::string& retention, std::chrono::seconds interval,
                      std::chrono::days duration) {
  using namespace std::chrono_literals;
  const std::vector<Keep> keeps = keeps_of(retention);
  std::vector<Version> kept;
  std::size_t most = 0;
  std::uint64_t txg = 0;
  const Seconds begin{std::chrono::sys_days{std::chrono::year{2024} / 1 / 1}};
  for (Seconds now = begin; now < begin + duration; now += interval) {
    Version taken;
    taken.kind = VersionKind::snapshot;
    taken.name = "s";
    taken.guid = Guid{++txg};
    taken.createtxg = CreateTxg{txg};
    taken.creation = now;
    kept.push_back(taken);
    std::vector<Candidate> candidates;
    for (const Version& version : kept) candidates.push_back({&version, false});
    const auto verdicts = judge(candidates, keeps, now);
    std::vector<Version> left;
    for (std::size_t i = 0; i < kept.size(); ++i) {
      if (verdicts[i].keep) left.push_back(kept[i]);
    }
    kept = std::move(left);
    most = std::max(most, kept.size());
  }
  return most;
}

// The rows of the table in the comments of std/retention: name -> the numbers.
std::map<std::string, std::vector<std::size_t>> documented() {
  std::map<std::string, std::vector<std::size_t>> rows;
  std::istringstream lines(std::string(stdlib_text("std/retention").value()));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string mark, name;
    std::size_t often = 0, hourly = 0;
    if (words >> mark >> name >> often >> hourly && mark == "##") rows[name] = {often, hourly};
  }
  return rows;
}

}  // namespace

TEST_CASE("the numbers that std/retention promises are those of a simulated year") {
  using namespace std::chrono_literals;
  const auto rows = documented();
  CHECK(rows.size() == 4);
  for (const auto& [name, numbers] : rows) {
    CAPTURE(name);
    const std::chrono::days duration{name == "long_term" ? 460 : 70};
    CHECK(most_kept(name, 15min, duration) == numbers[0]);
    CHECK(most_kept(name, 1h, duration) == numbers[1]);
  }
}

TEST_CASE("std/retention's forever grows by one in a year, once it is full") {
  using namespace std::chrono_literals;
  const std::size_t three = most_kept("forever", 6h, std::chrono::days{366 + 365 + 365});
  const std::size_t five = most_kept("forever", 6h, std::chrono::days{366 + 365 * 4 + 1});
  CHECK(five == three + 2);
  CHECK(three == 82 + 3);
}

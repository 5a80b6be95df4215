#include "planner/timetable.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <rapidcheck.h>

#include <string>

#include "lang/retention.h"
#include "planner/territory.h"
#include "tests/support/policy_text.h"

namespace zr {
namespace {

using namespace std::chrono_literals;

const std::string hosts =
    "site office\nhost nas { transport local }\nhost vault { transport sim \"v\" }\n"
    "host cold { transport sim \"c\" }\n";

std::string autosnap(const std::string& name, const std::string& when,
                     const std::string& datasets = "tank< -> ok") {
  return fmt::format("autosnap {} {{ on nas; datasets {{ {} }}; prefix \"{}_\"; {} }}\n", name,
                     datasets, name, when);
}
std::string push(const std::string& name, const std::string& to, const std::string& when = "",
                 const std::string& map = "tank< -> backup/tank", const std::string& from = "nas") {
  return fmt::format("push {} {{ from {}; to {}; map {{ {} }}; {} }}\n", name, from, to, map, when);
}
std::string prune(const std::string& name, const std::string& on, const std::string& when = "",
                  const std::string& datasets = "tank< -> ok") {
  return fmt::format("prune {} {{ on {}; datasets {{ {} }}; snapshots any; keep last 3; {} }}\n",
                     name, on, datasets, when);
}

// "autosnap.a every 1h: autosnap.a prune.b", a turn a line.
std::string turns(const std::string& jobs) {
  std::string text;
  for (const Turn& turn : timetable(policy_from_text(hosts + jobs))) {
    std::vector<std::string> names;
    for (const JobId& id : turn.jobs) names.push_back(id.str());
    text += fmt::format("{} every {}{}: {}\n", turn.leader.str(), format_duration(turn.slots.every),
                        turn.is_assumed ? " (assumed)" : "", fmt::join(names, " "));
  }
  return text;
}

Turn only_turn(const std::string& jobs) {
  const auto all = timetable(policy_from_text(hosts + jobs));
  REQUIRE(all.size() == 1);
  return all[0];
}

const SiteName office{"office"};
Seconds at(std::int64_t seconds) { return Seconds(std::chrono::seconds(seconds)); }
std::int64_t number(Seconds t) { return t.time_since_epoch().count(); }

}  // namespace

TEST_CASE("a job without an interval is in the turns of what it follows") {
  CHECK(turns(autosnap("often", "every 15m") + push("away", "vault") + prune("nas", "nas") +
              prune("vault", "vault", "", "backup< -> ok")) ==
        "autosnap.often every 15m: autosnap.often push.away prune.nas prune.vault\n");
  CHECK(turns(autosnap("often", "every 15m") + push("away", "vault", "every 1d") +
              prune("nas", "nas") + prune("vault", "vault", "", "backup< -> ok")) ==
        "autosnap.often every 15m: autosnap.often prune.nas\n"
        "push.away every 1d: push.away prune.vault\n");
  CHECK(
      turns(autosnap("often", "every 15m") + autosnap("daily", "every 1d") + prune("nas", "nas")) ==
      "autosnap.daily every 1d: autosnap.daily prune.nas\n"
      "autosnap.often every 15m: autosnap.often prune.nas\n");
  CHECK(turns(autosnap("often", "every 15m") + prune("nas", "nas", "every 1w")) ==
        "autosnap.often every 15m: autosnap.often\n"
        "prune.nas every 1w: prune.nas\n");
}

TEST_CASE("only what touches the same datasets is followed") {
  CHECK(turns(autosnap("tank", "every 15m") + autosnap("fast", "every 1h", "fast/a< -> ok") +
              prune("fast", "nas", "", "fast< -> ok") + prune("none", "nas", "", "slow< -> ok")) ==
        "autosnap.fast every 1h: autosnap.fast prune.fast\n"
        "autosnap.tank every 15m: autosnap.tank\n"
        "prune.none every 1h (assumed): prune.none\n");
}

TEST_CASE("a chain of hosts is followed to its end") {
  CHECK(turns(autosnap("often", "every 1h") + push("one", "vault") +
              push("two", "cold", "", "backup/tank< -> archive", "vault") +
              prune("cold", "cold", "", "archive< -> ok")) ==
        "autosnap.often every 1h: autosnap.often push.one push.two prune.cold\n");
}

TEST_CASE("what has nothing to follow runs every hour") {
  CHECK(turns(push("away", "vault") + prune("vault", "vault", "", "backup< -> ok")) ==
        "push.away every 1h (assumed): push.away prune.vault\n");
  CHECK(turns(prune("nas", "nas")) == "prune.nas every 1h (assumed): prune.nas\n");
  // Each follows the other, and one of them leads.
  CHECK(turns(push("a", "vault") + push("b", "nas", "", "backup< -> back", "vault")) ==
        "push.a every 1h (assumed): push.a push.b\n");
  CHECK(turns("").empty());
}

TEST_CASE("a turn is due once in each of its slots, and a missed one late") {
  const Turn turn = only_turn(autosnap("a", "every 1h; offset 5m"));
  const auto due = [&](std::optional<Seconds> last, std::int64_t now) {
    return number(due_at(turn, office, last, at(now)));
  };
  CHECK(due({}, 7200) == 3900);  // it never ran: it should have at five past one
  CHECK(due(at(3900), 3900) == 7500);
  CHECK(due(at(7499), 7499) == 7500);
  CHECK(due(at(7499), 7500) == 7500);
  CHECK(due(at(7500), 7501) == 11100);
  CHECK(due(at(3900), 100'000) == 97'500);  // once, however many were missed
  SUBCASE("a clock that was ahead leaves nothing that is never due") {
    CHECK(due(at(999'999'999), 7500) == 11100);
  }
}

TEST_CASE("jitter is the same for one slot, within its bounds, and spread over them") {
  const Turn turn = only_turn(push("a", "vault", "every 1h; offset 10m; jitter 20m"));
  std::set<std::int64_t> seen;
  for (std::int64_t slot = 0; slot < 1000; ++slot) {
    const Seconds begin = begin_of(turn, office, slot);
    CHECK(begin == begin_of(turn, office, slot));
    CHECK(begin >= turn.slots.begin(slot));
    CHECK(begin <= turn.slots.begin(slot) + 20min);
    seen.insert(number(begin - std::chrono::hours(slot)));
  }
  // 1201 seconds, each as likely: of a thousand draws about 680 differ.
  CHECK(seen.size() > 600);
  Turn other = turn;
  other.leader.name = "b";
  int same = 0;
  for (std::int64_t slot = 0; slot < 1000; ++slot)
    same += begin_of(turn, office, slot) == begin_of(other, office, slot) ? 1 : 0;
  CHECK(same < 20);
}

TEST_CASE(
    "whatever the clock does, a turn never runs twice in a slot, nor skips one that was seen") {
  CHECK(rc::check([] {
    Turn turn;
    turn.leader = {JobKind::push, "x"};
    const int every = *rc::gen::inRange(2, 200);
    turn.slots = {std::chrono::seconds(every),
                  std::chrono::seconds(*rc::gen::inRange(0, every / 2))};
    turn.jitter = std::chrono::seconds(*rc::gen::inRange(0, every / 2));
    std::int64_t now = *rc::gen::inRange(0, 1000);
    std::optional<Seconds> last;
    for (int step = 0; step < 100; ++step) {
      now += *rc::gen::inRange(0, every * 2);
      const Seconds due = due_at(turn, office, last, at(now));
      const std::int64_t current = current_slot(turn, office, at(now));
      const bool is_new = !last || current > current_slot(turn, office, *last);
      RC_ASSERT((due <= at(now)) == is_new);
      RC_ASSERT(due <= at(now) || due <= at(now + 2 * std::int64_t{every}));
      if (due <= at(now)) last = at(now);
    }
  }));
}

TEST_CASE("jobs run beside each other where they touch no dataset both") {
  const Policy policy = policy_from_text(
      hosts + autosnap("all", "every 1h") + autosnap("fast", "every 1h", "fast< -> ok") +
      autosnap("db", "every 5m", "tank/db -> ok") + push("away", "vault") +
      push("fast", "vault", "", "fast< -> backup/tank/fast") +
      push("home", "vault", "", "home< -> backup/home") +
      prune("vault", "vault", "", "backup/home/a -> ok") + prune("every", "cold", "", "< -> ok") +
      prune("cold", "cold", "", "x -> ok"));
  const auto meet = [&](const char* a, const char* b) {
    const auto of = [&](const char* id) { return Territory(policy, {JobId::parse(id).value()}); };
    CHECK(of(a).meets(of(b)) == of(b).meets(of(a)));
    return of(a).meets(of(b));
  };
  CHECK(meet("autosnap.all", "autosnap.db"));
  CHECK(!meet("autosnap.all", "autosnap.fast"));
  CHECK(meet("autosnap.all", "push.away"));
  CHECK(meet("push.away", "push.fast"));  // at the target
  CHECK(!meet("push.away", "push.home"));
  CHECK(meet("push.home", "prune.vault"));
  CHECK(!meet("push.away", "prune.vault"));
  CHECK(meet("prune.every", "prune.cold"));
  CHECK(!meet("prune.every", "prune.vault"));
  Territory two(policy, {JobId::parse("autosnap.fast").value()});
  two.add(Territory(policy, {JobId::parse("push.home").value()}));
  CHECK(two.meets(Territory(policy, {JobId::parse("prune.vault").value()})));
}

}  // namespace zr

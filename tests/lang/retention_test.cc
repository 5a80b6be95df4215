#include "lang/retention.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "lang/literals.h"

using namespace zr;
using namespace std::chrono_literals;

namespace {

std::chrono::seconds duration(const std::string& text) {
  return std::get<std::chrono::seconds>(parse_duration(text));
}

}  // namespace

TEST_CASE("durations are whole numbers with units in falling order") {
  CHECK(duration("1s") == 1s);
  CHECK(duration("15m") == 15min);
  CHECK(duration("1h30m") == 90min);
  CHECK(duration("1w2d3h4m5s") == 24h * 9 + 3h + 4min + 5s);
  for (const char* text : {"", "h", "10", "1h1h", "1m1h", "1.5h", "-1h", "1 h", "1H", "1min",
                           "1h30", "3660000w", "1mo", "1y", "0s", "1h0m"}) {
    CAPTURE(text);
    CHECK(std::holds_alternative<Problem>(parse_duration(text)));
  }
}

TEST_CASE("durations are shown as people write them") {
  CHECK(format_duration(1s) == "1s");
  CHECK(format_duration(90s) == "1m30s");
  CHECK(format_duration(15min) == "15m");
  CHECK(format_duration(90min) == "1h30m");
  CHECK(format_duration(24h) == "1d");
  CHECK(format_duration(24h * 7) == "1w");
  CHECK(format_duration(24h * 30) == "30d");
  CHECK(format_duration(0s) == "0s");
}

TEST_CASE("a duration that is shown is read back as the same") {
  CHECK(rc::check("parse(format(d)) == d", [] {
    const auto d = std::chrono::seconds{*rc::gen::inRange<std::int64_t>(1, max_duration.count())};
    RC_ASSERT(duration(format_duration(d)) == d);
  }));
}

TEST_CASE("rates are sizes per second") {
  CHECK(std::get<std::uint64_t>(parse_rate("80MiB/s")) == 80U << 20U);
  CHECK(std::get<std::uint64_t>(parse_rate("1kB/s")) == 1000);
  CHECK(std::get<std::uint64_t>(parse_rate("2TB/s")) == 2'000'000'000'000U);
  for (const char* text : {"", "10", "10M", "10MiB", "10KB/s", "0kB/s", "1.5MiB/s", "MiB/s",
                           "9223372036854775808kB/s"}) {
    CAPTURE(text);
    CHECK(std::holds_alternative<Problem>(parse_rate(text)));
  }
  CHECK(std::get<Problem>(parse_rate("10M")).code == Code::bare_unit);
}

TEST_CASE("numbers stop at their limit, whatever their length") {
  CHECK(std::get<std::uint64_t>(parse_number("64", 64)) == 64);
  for (const char* text : {"65", "0", "", "4a", "+4", "99999999999999999999999999"}) {
    CHECK(std::holds_alternative<Problem>(parse_number(text, 64)));
  }
  CHECK(std::get<std::uint64_t>(parse_number("18446744073709551615", UINT64_MAX)) == UINT64_MAX);
  CHECK(std::holds_alternative<Problem>(parse_number("18446744073709551616", UINT64_MAX)));
}

TEST_CASE("a filter takes a snapshot if any of its lines does") {
  std::string error;
  SnapshotFilter filter;
  CHECK_FALSE(filter.takes("zrepl_1"));
  filter.lines = {NamePrefix{"zrepl_"}, NameMatching{Regex::compile("-keep$", error)}};
  CHECK(filter.takes("zrepl_1"));
  CHECK(filter.takes("a-keep"));
  CHECK_FALSE(filter.takes("Zrepl_1"));
  CHECK_FALSE(filter.takes("a-keep-not"));
  CHECK(filter.str() == "{ prefix \"zrepl_\"; matching \"-keep$\" }");
  CHECK(SnapshotFilter::all().takes("anything"));
  CHECK(SnapshotFilter::all().str() == "any");
}

TEST_CASE("regular expressions are RE2's, unanchored, and a bad one never matches") {
  std::string error;
  CHECK(Regex::compile("b+", error).matches("abbc"));
  CHECK(error.empty());
  CHECK_FALSE(Regex::compile("^b", error).matches("ab"));
  const Regex bad = Regex::compile("(", error);
  CHECK(error != "");
  CHECK_FALSE(bad.matches("("));
  Regex::compile("(?=look)", error);
  CHECK(error != "");
  Regex::compile(std::string(5000, 'a'), error);
  CHECK(error != "");
  Regex::compile("((a{100}){100}){100}", error);
  CHECK(error != "");
  const Regex slow = Regex::compile("(a*)*b", error);
  CHECK_FALSE(slow.matches(std::string(100'000, 'a')));
}

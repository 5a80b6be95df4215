#include "executor/daemon/clock_watch.h"

#include <doctest/doctest.h>

namespace zr {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

const Seconds start{std::chrono::seconds(1'795'329'000)};

TEST_CASE("a clock that goes on is believed, through sleep as well") {
  ClockWatch watch(start - 10min, start, 100s);
  CHECK(watch.doubt().empty());
  watch.look(start + 1h, 100s + 1h);
  CHECK(watch.doubt().empty());
  watch.look(start + days(100), 100s + days(100));  // asleep
  CHECK(watch.doubt().empty());
  watch.look(start + days(120), 100s + days(100) + 1min);  // set, but not beyond belief
  CHECK(watch.doubt().empty());
  CHECK(ClockWatch({}, start, 0s).doubt().empty());
}

TEST_CASE("a clock that goes far ahead at once is believed after an hour, or when it is set back") {
  ClockWatch watch(start, start, 100s);
  watch.look(start + days(400), 160s);
  CHECK(watch.doubt() ==
        "the clock went from 2026-11-22T06:31:00Z to 2027-12-27T06:30:00Z at once: nothing is "
        "destroyed until it has gone on for an hour");
  SUBCASE("after an hour") {
    watch.look(start + days(400) + 59min, 160s + 59min);
    CHECK(!watch.doubt().empty());
    watch.look(start + days(400) + 1h, 160s + 1h);
    CHECK(watch.doubt().empty());
  }
  SUBCASE("when it is set back") {
    watch.look(start + 5min, 160s + 4min);
    CHECK(watch.doubt().empty());
  }
  SUBCASE("not when it is set back too little") {
    watch.look(start + days(399), 160s + 4min);
    CHECK(!watch.doubt().empty());
  }
}

TEST_CASE("a clock that is far ahead of the last run of a daemon before is not believed at first") {
  ClockWatch watch(start - days(31), start, 5s);
  CHECK(watch.doubt().find("from 2026-10-22T06:30:00Z to 2026-11-22T06:30:00Z") !=
        std::string::npos);
  watch.look(start + 2h, 5s + 2h);
  CHECK(watch.doubt().empty());
  CHECK(ClockWatch(start - days(29), start, 5s).doubt().empty());
  CHECK(ClockWatch(start + days(400), start, 5s).doubt().empty());  // behind is another matter
}

}  // namespace
}  // namespace zr

#include "executor/parse_time.h"

#include <doctest/doctest.h>

#include <string>

#include "planner/render.h"

namespace zr {
namespace {

std::string utc(std::string_view text) {
  const auto time = parse_time(text);
  return time ? format_time(*time) : "refused";
}

TEST_CASE("times are RFC 3339") {
  CHECK(utc("2026-11-22T06:30:00Z") == "2026-11-22T06:30:00Z");
  CHECK(utc("2026-11-22t06:30:00z") == "2026-11-22T06:30:00Z");
  CHECK(utc("2026-11-22T08:30:00+02:00") == "2026-11-22T06:30:00Z");
  CHECK(utc("2026-11-21T23:30:00-07:00") == "2026-11-22T06:30:00Z");
  CHECK(utc("2026-11-22T06:30:00.5Z") == "2026-11-22T06:30:00.500Z");
  CHECK(utc("2026-11-22T06:30:00.123999Z") == "2026-11-22T06:30:00.123Z");
  CHECK(utc("2024-02-29T00:00:00Z") == "2024-02-29T00:00:00Z");
  CHECK(utc("1970-01-01T00:00:00Z") == "1970-01-01T00:00:00Z");
  CHECK(utc("9999-12-31T23:59:59Z") == "9999-12-31T23:59:59Z");
}

TEST_CASE("what is no time of that form is refused") {
  for (const char* text : {"",
                           "now",
                           "2026-11-22",
                           "2026-11-22T06:30Z",
                           "2026-11-22T06:30:00",
                           "2026-11-22 06:30:00Z",
                           "2026-11-22T06:30:00.Z",
                           "2026-11-22T24:00:00Z",
                           "2026-11-22T06:60:00Z",
                           "2026-11-22T06:30:60Z",
                           "2026-02-29T00:00:00Z",
                           "2026-00-01T00:00:00Z",
                           "1969-12-31T23:59:59Z",
                           "1970-01-01T00:00:00+00:01",
                           "2026-11-22T06:30:00Z ",
                           " 2026-11-22T06:30:00Z",
                           "2026-11-22T06:30:00+24:00",
                           "2026-11-22T06:30:00+0200",
                           "+026-11-22T06:30:00Z",
                           "2026-1-22T06:30:00Z"}) {
    CAPTURE(text);
    CHECK(utc(text) == "refused");
  }
}

}  // namespace
}  // namespace zr

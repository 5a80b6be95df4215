#include "planner/render.h"

#include <doctest/doctest.h>

#include <chrono>

#include "planner/json_time.h"
#include "planner/render_text.h"
#include "tests/support/golden.h"
#include "tests/support/sample_plan.h"

using namespace zr;

namespace {

const std::string cases = std::string(ZREPL_SOURCE_DIR) + "/tests/cases/render/";

std::string without_colors(std::string text) {
  for (auto at = text.find('\x1b'); at != text.npos; at = text.find('\x1b', at)) {
    text.erase(at, text.find('m', at) - at + 1);
  }
  return text;
}

}  // namespace

TEST_CASE("a plan is shown") { check_golden(cases + "sample.txt", render(sample_plan(), {})); }

TEST_CASE("nothing to do is one line") {
  const std::string text = render(sample_noop(), {});
  check_golden(cases + "noop.txt", text);
  CHECK(text.find('\n') == text.size() - 1);
}

TEST_CASE("with nothing to do, conflicts, blocked ones and notes are shown all the same") {
  Plan plan = sample_plan();
  plan.steps.clear();
  plan.over_budget.clear();
  check_golden(cases + "noop_with_conflicts.txt", render(plan, {}));
}

TEST_CASE("colour is not the only sign of anything") {
  RenderOptions options;
  options.color = true;
  const std::string text = render(sample_plan(), options);
  check_golden(cases + "sample_color.txt", text);
  CHECK(text.find('\x1b') != text.npos);
  CHECK(without_colors(text) == render(sample_plan(), {}));
}

TEST_CASE("no text of a plan reaches the terminal as anything but text") {
  const std::string text = render(hostile_plan(), {});
  check_golden(cases + "hostile.txt", text);
  for (const char c : text) {
    const bool is_plain = c == '\n' || (c >= ' ' && c < 0x7f);
    CHECK(is_plain);
  }
}

TEST_CASE("the closing list has everything that destroys, sends in full, or does not happen") {
  const std::string text = render(sample_plan(), {});
  const std::string list = text.substr(text.find("\nAttention\n"));
  for (const char* line :
       {"< vault:backup/mail", "- vault:backup/old", "- nas:tank/db", "* nas:tank/www",
        "! nas:tank/db", "! vault:backup/git", "! cloud", "3 snapshots", "2 cursor bookmarks"}) {
    CAPTURE(line);
    CHECK(list.find(line) != list.npos);
  }
}

TEST_CASE("bytes have three digits and binary units") {
  CHECK(format_bytes(0) == "0 B");
  CHECK(format_bytes(1023) == "1023 B");
  CHECK(format_bytes(1024) == "1 KiB");
  CHECK(format_bytes(1234567) == "1.18 MiB");
  CHECK(format_bytes(12345678) == "11.8 MiB");
  CHECK(format_bytes(1288490189) == "1.2 GiB");
  CHECK(format_bytes(1048575) == "1 MiB");
  CHECK(format_bytes(212ull << 30) == "212 GiB");
  CHECK(format_bytes(UINT64_MAX) == "16 EiB");
}

TEST_CASE("times are RFC 3339 in UTC, with milliseconds where there are any") {
  const auto at = [](std::int64_t ms) {
    return format_time(Millis(std::chrono::milliseconds(ms)));
  };
  CHECK(at(0) == "1970-01-01T00:00:00Z");
  CHECK(at(1795327200000) == "2026-11-22T06:00:00Z");
  CHECK(at(1795327200007) == "2026-11-22T06:00:00.007Z");
  CHECK(at(951782400000) == "2000-02-29T00:00:00Z");
  CHECK(at(-1) == "-1 ms after 1970");
  CHECK(at(INT64_MAX) == "9223372036854775807 ms after 1970");
}

TEST_CASE("times in documents are read strictly") {
  const auto ms = [](std::string_view text) -> std::int64_t {
    const auto time = time_from_json(text);
    return time ? time->time_since_epoch().count() : -1;
  };
  CHECK(ms("2026-11-22T06:00:00Z") == 1795327200000);
  CHECK(ms("2026-11-22T07:00:00.25+01:00") == 1795327200250);
  CHECK(ms("9999-12-31T23:59:59.999Z") == 253402300799999);
  for (const char* bad :
       {"", "2026-11-22", "2026-11-22T06:00:00", "2026-02-29T06:00:00Z", "2026-11-22T24:00:00Z",
        "2026-11-22T06:00:60Z", "2026-11-22T06:00:00.Z", "2026-11-22T06:00:00Z ",
        "1969-12-31T23:59:59Z", "22026-11-22T06:00:00Z", "2026-1-22T06:00:00Z"}) {
    CAPTURE(bad);
    CHECK(ms(bad) == -1);
  }
}

TEST_CASE("names are quoted where they have to be") {
  CHECK(shown("tank/db") == "tank/db");
  CHECK(shown("tank/a b") == "\"tank/a b\"");
  CHECK(shown("") == "\"\"");
  CHECK(shown("a\"b") == "\"a\\\"b\"");
  CHECK(shown(VersionKind::bookmark, "a b") == "#\"a b\"");
}

#include "planner/why.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/support/policy_text.h"
#include "tests/support/world_text.h"

using namespace zr;

namespace {

// 2026-11-20T00:00:00Z
constexpr std::int64_t midnight = 1'795'132'800;

std::string why_dataset(const std::string& keeps, const std::string& snapshots,
                        std::int64_t now = midnight + 86400) {
  const Policy policy = policy_from_text(
      "host h {\n  transport sim \"w\"\n}\nprune p {\n  on h\n  datasets { t -> ok }\n"
      "  snapshots any\n" +
      keeps + "\n}\n");
  const std::string text =
      why(policy, world_from_text("h: t " + snapshots), Millis(std::chrono::seconds(now)),
          HostName{"h"}, *DatasetName::parse("t"), std::nullopt);
  const auto begin = text.find("how each keep");
  if (begin == std::string::npos) return "";
  return text.substr(text.find('\n', text.find('\n', begin) + 1) + 1);
}

// "@NAME~CREATION", so many minutes after midnight.
std::string at(std::string_view name, std::int64_t minutes) {
  return fmt::format(" @{}~{}", name, midnight + minutes * 60);
}

}  // namespace

TEST_CASE("why draws the intervals of a grid and names what stays for each") {
  CHECK(why_dataset("keep grid 1x1h(keep=all) | 4x1h | 2x1d",
                    at("old", -3 * 1440) + at("a", -600) + at("b", 60) + at("c", 250) +
                        at("d", 255) + at("e", 300) + at("f", 330) + at("g", 360)) ==
        "    grid 1x1h(keep=all) | 4x1h | 2x1d, back from 2026-11-20T06:00:00Z\n"
        "      #|+..#|#.\n"
        "      1x1h  1  from 2026-11-20T05:00:00Z  @e, @f\n"
        "      4x1h  1  from 2026-11-20T04:00:00Z  @c, of 2\n"
        "      4x1h  4  from 2026-11-20T01:00:00Z  @b\n"
        "      2x1d  1  from 2026-11-19T01:00:00Z  @a\n"
        "      older: 1\n");
}

TEST_CASE("why draws the periods of a calendar, those without a snapshot too") {
  CHECK(why_dataset("keep daily 3", at("old", -9 * 1440) + at("a", -3 * 1440) +
                                        at("b", -3 * 1440 + 5) + at("c", -1440) + at("d", 0)) ==
        "    daily 3\n"
        "      ##.+\n"
        "      2026-11-20  @d\n"
        "      2026-11-19  @c\n"
        "      2026-11-17  @a, of 2\n"
        "      older: 1\n");
  CHECK(why_dataset("keep last 2\nkeep weekly 1\nkeep within 1h", at("a", 0)) ==
        "    weekly 1\n"
        "      #\n"
        "      2026-W47  @a\n");
}

TEST_CASE("why counts long rows of empty periods instead of drawing them") {
  CHECK(why_dataset("keep grid 1x1s | 100000x1s", "@a~0 @b~50000 @c~60000") ==
        "    grid 1x1s | 100000x1s, back from 1970-01-01T16:40:00Z\n"
        "      .|.(9998)#.(49999)#.(40001)\n"
        "      100000x1s   9999  from 1970-01-01T13:53:20Z  @b\n"
        "      100000x1s  59999  from 1970-01-01T00:00:00Z  @a\n");
}

TEST_CASE("why draws nothing where no keep has periods, or nothing is there") {
  CHECK(why_dataset("keep last 2", at("a", 0)).empty());
  CHECK(why_dataset("keep daily 2", "").empty());
}

TEST_CASE("why breaks long lines, and names at most four of those that stay") {
  std::string many;
  for (int i = 0; i < 1200; ++i) many += at(fmt::format("s{}", i), i * 10);
  const std::string text =
      why_dataset("keep grid 1x1h(keep=all) | 190x1h", many, midnight + 1200 * 600);
  const std::string row = "      #|" + std::string(78, '+') + "\n      " + std::string(80, '+') +
                          "\n      " + std::string(32, '+') + "\n";
  CHECK_MESSAGE(text.find(row) != std::string::npos, text);
  CHECK_MESSAGE(text.find("  @s1193, @s1194, @s1195, @s1196 and 2 more\n") != std::string::npos,
                text);
  std::size_t longest = 0, begin = 0;
  for (std::size_t end = 0; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    longest = std::max(longest, end - begin);
  }
  CHECK(longest <= 100);
}

#include "executor/report/unified_diff.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <numeric>
#include <utility>

#include "executor/report/line_diff.h"

using namespace zr;

namespace {

using Lines = std::vector<std::uint32_t>;

std::string lines(const std::string& letters, char missing_end = '\n') {
  std::string text;
  for (const char c : letters) (text += c) += '\n';
  if (missing_end != '\n' && !text.empty()) text.pop_back();
  return text;
}

std::string hunks(const std::string& before, const std::string& after) {
  const std::string diff = unified_diff("f", before, after);
  const std::string header = "--- a/f\n+++ b/f\n";
  CHECK(diff.substr(0, header.size()) == header);
  return diff.substr(header.size());
}

// Removed and inserted lines; the edits are in order, apart, and lead from one text to the other.
std::size_t checked_size(const Lines& before, const Lines& after, const std::vector<Edit>& edits) {
  Lines made;
  std::size_t at = 0;
  std::size_t size = 0;
  for (const Edit& edit : edits) {
    RC_ASSERT(at <= edit.before_begin);
    RC_ASSERT(at < edit.before_begin || at == 0);
    made.insert(made.end(), before.begin() + static_cast<std::ptrdiff_t>(at),
                before.begin() + static_cast<std::ptrdiff_t>(edit.before_begin));
    RC_ASSERT(made.size() == edit.after_begin);
    made.insert(made.end(), after.begin() + static_cast<std::ptrdiff_t>(edit.after_begin),
                after.begin() + static_cast<std::ptrdiff_t>(edit.after_end));
    at = edit.before_end;
    size += edit.before_end - edit.before_begin + edit.after_end - edit.after_begin;
    RC_ASSERT(edit.before_begin < edit.before_end || edit.after_begin < edit.after_end);
  }
  made.insert(made.end(), before.begin() + static_cast<std::ptrdiff_t>(at), before.end());
  RC_ASSERT(made == after);
  return size;
}

std::size_t least_size(const Lines& before, const Lines& after) {
  std::vector<std::size_t> row(after.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < before.size(); ++i) {
    std::size_t diagonal = row[0]++;
    for (std::size_t k = 0; k < after.size(); ++k) {
      const std::size_t best = before[i] == after[k] ? diagonal : std::min(row[k], row[k + 1]) + 1;
      diagonal = std::exchange(row[k + 1], best);
    }
  }
  return row.back();
}

}  // namespace

TEST_CASE("a diff has three lines of context, and hunks that touch are one") {
  CHECK(hunks(lines("abcdefghij"), lines("abcdeXghij")) ==
        "@@ -3,7 +3,7 @@\n c\n d\n e\n-f\n+X\n g\n h\n i\n");
  CHECK(hunks(lines("abcdefghijklm"), lines("aXcdefghijkYm")) ==
        "@@ -1,5 +1,5 @@\n a\n-b\n+X\n c\n d\n e\n@@ -9,5 +9,5 @@\n i\n j\n k\n-l\n+Y\n m\n");
  CHECK(hunks(lines("abcdefghi"), lines("aXcdefgYi")) ==
        "@@ -1,9 +1,9 @@\n a\n-b\n+X\n c\n d\n e\n f\n g\n-h\n+Y\n i\n");
}

TEST_CASE("a diff of nothing, to nothing and from nothing") {
  CHECK(unified_diff("f", lines("abc"), lines("abc")).empty());
  CHECK(hunks("", lines("a")) == "@@ -0,0 +1 @@\n+a\n");
  CHECK(hunks(lines("ab"), "") == "@@ -1,2 +0,0 @@\n-a\n-b\n");
  CHECK(hunks(lines("a"), lines("ab")) == "@@ -1 +1,2 @@\n a\n+b\n");
}

TEST_CASE("a missing line end is a difference") {
  CHECK(hunks("a", "a\n") == "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n");
  CHECK(hunks("a\nb", "c\nb") == "@@ -1,2 +1,2 @@\n-a\n+c\n b\n\\ No newline at end of file\n");
}

TEST_CASE("names are written as git writes them") {
  const auto header = [](const std::string& name) {
    const std::string diff = unified_diff(name, "a\n", "b\n");
    return diff.substr(0, diff.find('\n'));
  };
  CHECK(header("sites/a.zr") == "--- a/sites/a.zr");
  CHECK(header("/etc/zrepl/a.zr") == "--- a/etc/zrepl/a.zr");
  CHECK(header("My Site.zr") == "--- a/My Site.zr\t");
  CHECK(header("a\n\"b\"\\\x1b") == "--- \"a/a\\012\\\"b\\\"\\\\\\033\"");
}

TEST_CASE("edits lead from one text to the other") {
  CHECK(rc::check("random lines", [] {
    const auto letter = rc::gen::inRange<std::uint32_t>(0, *rc::gen::element(2U, 5U, 50U));
    const auto before = *rc::gen::container<Lines>(letter);
    const auto after = *rc::gen::container<Lines>(letter);
    checked_size(before, after, line_edits(before, after));
  }));
}

TEST_CASE("where no line stands alone, there is no shorter way") {
  CHECK(rc::check("lines that all repeat", [] {
    const auto letter = rc::gen::inRange<std::uint32_t>(0, 3);
    auto before = *rc::gen::container<Lines>(letter);
    auto after = *rc::gen::container<Lines>(letter);
    for (Lines* text : {&before, &after}) text->insert(text->begin(), {7, 0, 1, 2, 0, 1, 2});
    after.front() = 8;
    RC_ASSERT(checked_size(before, after, line_edits(before, after)) == least_size(before, after));
  }));
}

TEST_CASE("texts of 500,000 lines are compared, whatever they have in common") {
  constexpr std::size_t many = 500'000;
  Lines counted(many);
  std::iota(counted.begin(), counted.end(), 0U);
  const Lines reversed(counted.rbegin(), counted.rend());
  Lines every_third_changed = counted;
  for (std::size_t i = 0; i < many; i += 3) every_third_changed[i] += many;
  Lines few(many);
  Lines fewer(many);
  for (std::uint32_t i = 0; i < many; ++i)
    few[i] = i * 7919 % 13 % 3, fewer[i] = i * 104729 % 17 % 3;
  const Lines same(many, 1);
  const std::pair<const Lines&, const Lines&> pairs[] = {
      {counted, reversed}, {counted, every_third_changed}, {few, fewer}, {few, same}};
  for (const auto& [before, after] : pairs)
    CHECK(checked_size(before, after, line_edits(before, after)) <= 2 * many);
  CHECK(line_edits(counted, every_third_changed).size() == (many + 2) / 3);
}

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "lang/format.h"
#include "lang/parse.h"
#include "lang/spelling.h"

namespace {

struct Parsed {
  zr::Sources sources;
  zr::Diagnostics diagnostics;
  std::optional<zr::ast::File> file;

  explicit Parsed(const std::string& text) {
    file = zr::parse(sources, sources.add("site.zr", text), diagnostics);
    if (diagnostics.has_errors()) file.reset();
  }
};

bool is_broken(const std::vector<zr::ast::Statement>& statements) {
  return std::any_of(statements.begin(), statements.end(), [](const zr::ast::Statement& each) {
    return each.broken || is_broken(each.body);
  });
}

}  // namespace

// What parses has no broken statement, keeps its tokens and comments when it is formatted, and is
// then formatted.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string before(reinterpret_cast<const char*>(data), size);
  const Parsed first(before);
  if (!first.file) return 0;
  if (is_broken(first.file->statements)) std::abort();
  const std::string after = zr::format(*first.file, before);
  const Parsed second(after);
  if (!second.file || first.file->comments.size() != second.file->comments.size() ||
      zr::without_layout(*first.file, before) != zr::without_layout(*second.file, after) ||
      zr::format(*second.file, after) != after) {
    std::abort();
  }
  return 0;
}

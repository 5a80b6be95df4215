#include "tests/support/policy_text.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "lang/compile.h"
#include "lang/parse.h"

namespace zr {
namespace {

Policy compiled(const std::string& name, const std::string& text) {
  Sources sources;
  Diagnostics diagnostics;
  const SourceId id = sources.add(name, text);
  const auto nothing = [](std::string_view) { return std::optional<SourceId>{}; };
  std::optional<Policy> policy;
  if (const auto file = parse(sources, id, diagnostics)) {
    policy = compile(*file, nothing, sources, diagnostics);
  }
  if (!policy) throw std::invalid_argument(render(diagnostics, sources, {}) + text);
  return *policy;
}

}  // namespace

Policy policy_from_text(const std::string& text) { return compiled("site.zr", text); }

Policy policy_from_file(const std::filesystem::path& path) {
  return compiled(path.filename().string(), read_text(path));
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::invalid_argument("can't read " + path.string());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace zr

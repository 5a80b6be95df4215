#include "tests/support/policy_text.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include "lang/compile.h"
#include "lang/parse.h"

namespace zr {
namespace {

// Files that it uses are looked for in `folder`.
Policy compiled(const std::string& name, const std::string& text,
                const std::filesystem::path& folder) {
  Sources sources;
  Diagnostics diagnostics;
  const SourceId id = sources.add(name, text);
  const auto import = [&](std::string_view used) -> Imported {
    if (!std::filesystem::exists(folder / used)) return {};
    return {sources.add(std::string(used), read_text(folder / used)), {}};
  };
  std::optional<Policy> policy;
  if (const auto file = parse(sources, id, diagnostics)) {
    policy = compile(*file, import, sources, diagnostics);
  }
  if (!policy) throw std::invalid_argument(render(diagnostics, sources, {}) + text);
  return *policy;
}

}  // namespace

Policy policy_from_text(const std::string& text) { return compiled("site.zr", text, {}); }

Policy policy_from_file(const std::filesystem::path& path) {
  return compiled(path.filename().string(), read_text(path), path.parent_path());
}

std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::invalid_argument("can't read " + path.string());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace zr

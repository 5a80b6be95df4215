#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lang/compile.h"
#include "lang/parse.h"
#include "lang/site_tests.h"

namespace zr {

// What became of a site's text.
struct Site {
  std::optional<Policy> policy;
  std::vector<Diagnostic> diagnostics;
  std::vector<Diagnostic> allowed;
  std::size_t errors = 0;
  std::string rendered;
  std::string rendered_allowed;

  std::vector<std::string> codes() const {
    std::vector<std::string> result;
    for (const Diagnostic& d : diagnostics) result.push_back(d.code);
    return result;
  }
};

// What a `use` finds, by its path.
using Files = std::map<std::string, std::string>;

inline Site compile_site(const std::string& text, const std::string& name = "site.zr",
                         const Files& files = {}) {
  Sources sources;
  Diagnostics diagnostics;
  const SourceId id = sources.add(name, text);
  Site site;
  if (const auto file = parse(sources, id, diagnostics)) {
    const auto import = [&](std::string_view path) -> Imported {
      const auto found = files.find(std::string(path));
      if (found == files.end()) return {};
      return {sources.add(found->first, found->second), {}};
    };
    site.policy = compile(*file, import, sources, diagnostics);
    if (site.policy) run_tests(*site.policy, diagnostics);
    if (diagnostics.has_errors()) site.policy.reset();
  }
  site.diagnostics = diagnostics.sorted();
  site.allowed = diagnostics.allowed();
  site.errors = diagnostics.errors();
  site.rendered = render(diagnostics, sources, {});
  site.rendered_allowed = render_allowed(diagnostics, sources, {});
  return site;
}

}  // namespace zr

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lang/compile.h"
#include "lang/parse.h"

namespace zr {

// What became of a site's text.
struct Site {
  std::optional<Policy> policy;
  std::vector<Diagnostic> diagnostics;
  std::vector<Allowed> allowed;
  std::size_t errors = 0;
  std::string rendered;
  std::string rendered_allowed;

  std::vector<std::string> codes() const {
    std::vector<std::string> result;
    for (const Diagnostic& d : diagnostics) result.push_back(d.code);
    return result;
  }
};

inline Site compile_site(const std::string& text, const std::string& name = "site.zr") {
  Sources sources;
  Diagnostics diagnostics;
  const SourceId id = sources.add(name, text);
  Site site;
  if (const auto file = parse(sources, id, diagnostics)) {
    site.policy = compile(
        *file, [](auto) { return std::nullopt; }, sources, diagnostics);
  }
  site.diagnostics = diagnostics.sorted();
  site.allowed = diagnostics.allowed();
  site.errors = diagnostics.errors();
  site.rendered = render(diagnostics, sources, {});
  site.rendered_allowed = render_allowed(diagnostics, sources, {});
  return site;
}

}  // namespace zr

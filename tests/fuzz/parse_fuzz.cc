#include <cstdint>
#include <cstdlib>
#include <string>

#include "lang/compile.h"
#include "lang/parse.h"

// Any text is answered: with a policy, or with at least one error, never both.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zr;
  Sources sources;
  Diagnostics diagnostics;
  const SourceId id =
      sources.add("site.zr", std::string(reinterpret_cast<const char*>(data), size));
  std::optional<Policy> policy;
  if (const auto file = parse(sources, id, diagnostics)) {
    policy = compile(
        *file, [](auto) { return std::nullopt; }, sources, diagnostics);
  }
  const std::string text = render(diagnostics, sources, {});
  if (policy.has_value() == diagnostics.has_errors() || text.empty() == diagnostics.has_errors()) {
    std::abort();
  }
  return 0;
}

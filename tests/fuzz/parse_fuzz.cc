#include <cstdint>
#include <cstdlib>
#include <string>

#include "lang/compile.h"
#include "lang/parse.h"
#include "lang/site_tests.h"

// Any text is answered: with a policy, or with at least one error, never both. What templates make,
// findings and tests included.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace zr;
  Sources sources;
  Diagnostics diagnostics;
  const SourceId id =
      sources.add("site.zr", std::string(reinterpret_cast<const char*>(data), size));
  std::optional<Policy> policy;
  if (const auto file = parse(sources, id, diagnostics)) {
    policy = compile(
        *file, [](auto) { return Imported{}; }, sources, diagnostics);
  }
  if (policy.has_value() == diagnostics.has_errors()) std::abort();
  if (policy) run_tests(*policy, diagnostics);
  const std::string text = render(diagnostics, sources, {});
  if (text.empty() != diagnostics.empty()) std::abort();
  return 0;
}

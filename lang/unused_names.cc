#include <fmt/format.h>

#include "lang/context.h"
#include "lang/findings.h"

// Names that nothing uses. A site without jobs has only begun, and is left alone.

namespace zr {
namespace {

void report(Findings& findings, std::string_view kind, const std::string& name, Span span,
            std::string_view use) {
  Diagnostic d = finding(Code::unused_name, Severity::warning, span,
                         fmt::format("nothing uses the {} `{}`", kind, name));
  d.help.push_back(advice(fmt::format("{}, or remove it", use)));
  findings.add(std::move(d));
}

// The lock and the journal live where the local host says, whatever else it does.
bool says_where_state_is(const NamedHost& named) {
  return named.host && named.host->is_local() && named.host->state_dir.has_value();
}

}  // namespace

void find_unused_names(const Policy& policy, const Declarations& declared, SourceId source,
                       Findings& findings) {
  if (policy.jobs().empty() && policy.protects.empty()) return;
  for (const auto& [name, named] : declared.hosts) {
    if (named.used || named.name.source != source || says_where_state_is(named)) continue;
    report(findings, "host", name, named.name, "name it in a job's `on`, `from` or `to`");
  }
  for (const auto& [name, named] : declared.rules) {
    if (named.used || named.name.source != source) continue;
    report(findings, "rules", name, named.name,
           fmt::format("write `datasets {0}` or `map {0}`", name));
  }
  for (const auto& [name, named] : declared.retentions) {
    if (named.used || named.name.source != source) continue;
    report(findings, "retention", name, named.name, fmt::format("write `keep {}`", name));
  }
}

}  // namespace zr

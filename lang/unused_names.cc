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
  if (policy.subjects().empty() && policy.protects.empty()) return;
  for (const NamedHost& named : declared.hosts) {
    if (named.used || named.name.source != source || says_where_state_is(named)) continue;
    report(findings, "host", named.full_name.value, named.name,
           "name it in a job's `on`, `from` or `to`");
  }
  for (const NamedRules& named : declared.rules) {
    if (named.used || named.name.source != source) continue;
    report(findings, "rules", named.own_name, named.name,
           fmt::format("write `datasets {0}` or `map {0}`", named.own_name));
  }
  for (const NamedRetention& named : declared.retentions) {
    if (named.used || named.name.source != source) continue;
    report(findings, "retention", named.own_name, named.name,
           fmt::format("write `keep {}`", named.own_name));
  }
  for (const Template& named : declared.policies) {
    if (named.used || named.name.source != source) continue;
    report(findings, "policy", named.own_name, named.name,
           fmt::format("write `{} NAME(…)`", named.own_name));
  }
  for (const Let& let : declared.lets) {
    if (let.used || let.name_span.source != source) continue;
    report(findings, "constant", let.own_name, let.name_span,
           fmt::format("write `{}` where its value is meant", let.own_name));
  }
}

}  // namespace zr

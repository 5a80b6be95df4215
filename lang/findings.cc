#include "lang/findings.h"

#include "lang/utf8.h"

namespace zr {

void Findings::add(Diagnostic d) {
  const Span second = d.secondary.empty() ? Span{} : d.secondary.front().span;
  if (!seen_.insert({d.code, d.span.source, d.span.begin, second.source, second.begin}).second) {
    return;
  }
  if (const std::string* reason = allows_.reason(d.code, d.span)) {
    diagnostics_.allow(std::move(d), *reason);
  } else {
    diagnostics_.add(std::move(d));
  }
}

Diagnostic finding(Code code, Severity severity, Span span, std::string message) {
  Diagnostic d;
  d.severity = severity;
  d.code = to_string(code);
  d.span = span;
  d.message = std::move(message);
  return d;
}

bool is_finding(Code code) { return static_cast<unsigned>(code) / 100 == 20; }

std::string shown(const HostName& host, const DatasetName& dataset) {
  return "`" + host.value + ":" + printable(dataset.str()) + "`";
}

std::string shown(const Rule& rule) {
  return "`" + printable(rule.pattern.str()) + " -> " + printable(to_string(rule.result)) + "`";
}

void report_findings(const Policy& policy, const Declarations& declared,
                     const std::vector<const ast::File*>& files, const Sources& sources,
                     Diagnostics& diagnostics) {
  Allows allows(files, sources);
  Findings findings(allows, diagnostics);
  find_unused_names(policy, declared, files.front()->source, sources, findings);
  find_redundant_rules(policy, findings);
  find_shared_targets(policy, findings);
  find_idle_jobs(policy, findings);
  find_meetings(policy, findings);
  find_shut_doors(policy, findings);
  allows.report(diagnostics);
}

}  // namespace zr

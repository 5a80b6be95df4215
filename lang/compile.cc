#include "lang/compile.h"

#include <algorithm>

#include "lang/canonical.h"
#include "lang/check.h"
#include "lang/collect.h"
#include "lang/compile_declared.h"
#include "lang/compile_tests.h"
#include "lang/findings.h"
#include "lang/modules.h"
#include "lang/unused_policies.h"

namespace zr {
namespace {

template <class T>
void sort_by_id(std::vector<T>& jobs) {
  std::sort(jobs.begin(), jobs.end(), [](const T& a, const T& b) { return a.id < b.id; });
}

}  // namespace

SiteName default_site_name(std::string_view file) {
  constexpr std::size_t max_bytes = 64;
  std::string_view stem = file.substr(file.rfind('/') + 1);
  const std::size_t dot = stem.rfind('.');
  if (dot != std::string_view::npos && dot > 0) stem = stem.substr(0, dot);
  std::string name;
  for (char c : stem) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    name += kept ? c : '_';
  }
  if (name.empty() || name[0] < 'a' || name[0] > 'z') name = "site_" + name;
  return SiteName(name.substr(0, max_bytes));
}

std::optional<Policy> compile(const ast::File& file, const Import& import, Sources& sources,
                              Diagnostics& diagnostics) {
  Context context(sources, diagnostics);
  Policy policy;
  policy.file = sources.name(file.source);
  policy.site = default_site_name(policy.file);
  Modules modules(context, diagnostics, import);
  modules.load(file);
  Declarations declared;
  declared.uses = modules.uses();
  for (const std::string& stem : modules.lost()) declared.lost_names.insert(stem);
  Collector collector(context, modules, declared, policy);
  collector.collect();
  const bool has_all_jobs = compile_declared(context, declared, policy);
  std::sort(policy.hosts.begin(), policy.hosts.end(),
            [](const Host& a, const Host& b) { return a.name < b.name; });
  sort_by_id(policy.autosnaps);
  sort_by_id(policy.replications);
  sort_by_id(policy.prunes);
  sort_protects(policy.protects);
  std::sort(policy.sinks.begin(), policy.sinks.end(),
            [](const Sink& a, const Sink& b) { return a.identity < b.identity; });
  std::sort(policy.pull_acls.begin(), policy.pull_acls.end(),
            [](const PullAcl& a, const PullAcl& b) { return a.identity < b.identity; });
  compile_tests(context, declared, policy);
  check_unused_policies(sources, modules, declared, diagnostics);
  check(policy, !has_all_jobs, diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  policy.hash = policy_hash(policy);
  report_findings(policy, declared, modules.files(), sources, diagnostics);
  return policy;
}

}  // namespace zr

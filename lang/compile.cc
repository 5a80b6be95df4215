#include "lang/compile.h"

#include <algorithm>

#include "lang/body.h"
#include "lang/canonical.h"
#include "lang/check.h"
#include "lang/collect.h"
#include "lang/compile_host.h"
#include "lang/compile_jobs.h"
#include "lang/compile_rules.h"
#include "lang/compile_snapshots.h"
#include "lang/compile_tests.h"
#include "lang/findings.h"
#include "lang/modules.h"

namespace zr {
namespace {

// From declarations to the policy: first what jobs refer to, then the jobs.
class Compiler {
 public:
  Compiler(Context& context, Declarations& declared, Policy& policy)
      : context_(context), declared_(declared), policy_(policy) {}

  void compile() {
    for (NamedHost& host : declared_.hosts) compile_named_host(host);
    for (NamedRules& rules : declared_.rules) {
      context_.enter(*rules.scope);
      rules.block = compile_rules(context_, *rules.statement);
    }
    for (NamedRetention& retention : declared_.retentions) compile_named_retention(retention);
    JobCompiler jobs(context_, declared_, policy_);
    for (const DeclaredJob& job : declared_.jobs) jobs.compile(job);
    lost_replication_ = jobs.lost_replication() || declared_.lost_job;
  }

  bool lost_replication() const { return lost_replication_; }

 private:
  void compile_named_host(NamedHost& named) {
    context_.enter(*named.scope);
    const std::size_t before = context_.errors();
    Host host = compile_host(context_, *named.statement, named.full_name);
    if (context_.errors() != before || is_broken(*named.statement)) {
      declared_.lost_host = true;
      return;
    }
    policy_.hosts.push_back(host);
    named.host = std::move(host);
    if (named.host->is_local()) declared_.local_hosts.push_back(&named);
  }

  void compile_named_retention(NamedRetention& named) {
    context_.enter(*named.scope);
    Body body(context_, *named.statement, {{"keep", Key::Use::often}});
    body.require("keep", "keep last 10");
    named.keeps = compile_keeps(context_, body.all("keep"), nullptr);
  }

  Context& context_;
  Declarations& declared_;
  Policy& policy_;
  bool lost_replication_ = false;
};

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
  Compiler compiler(context, declared, policy);
  compiler.compile();
  compile_tests(context, declared, policy);
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
  check(policy, compiler.lost_replication(), diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  policy.hash = policy_hash(policy);
  report_findings(policy, declared, modules.files(), sources, diagnostics);
  return policy;
}

}  // namespace zr

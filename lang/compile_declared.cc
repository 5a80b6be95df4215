#include "lang/compile_declared.h"

#include "lang/body.h"
#include "lang/compile_host.h"
#include "lang/compile_jobs.h"
#include "lang/compile_limits.h"
#include "lang/compile_rules.h"
#include "lang/compile_snapshots.h"

namespace zr {
namespace {

void compile_named_host(Context& context, Declarations& declared, Policy& policy,
                        NamedHost& named) {
  context.enter(*named.scope);
  const std::size_t before = context.errors();
  Host host = compile_host(context, *named.statement, named.full_name);
  if (context.errors() != before || is_broken(*named.statement)) {
    declared.lost_host = true;
    return;
  }
  policy.hosts.push_back(host);
  named.host = std::move(host);
  if (named.host->is_local()) declared.local_hosts.push_back(&named);
}

void compile_named_retention(Context& context, NamedRetention& named) {
  context.enter(*named.scope);
  Body body(context, *named.statement, {{"keep", Key::Use::often}});
  body.require("keep", "keep last 10");
  named.keeps = compile_keeps(context, body.all("keep"), nullptr);
}

}  // namespace

bool compile_declared(Context& context, Declarations& declared, Policy& policy) {
  for (NamedHost& host : declared.hosts) compile_named_host(context, declared, policy, host);
  for (NamedRules& rules : declared.rules) {
    context.enter(*rules.scope);
    rules.block = compile_rules(context, *rules.statement);
  }
  for (NamedRetention& retention : declared.retentions) {
    compile_named_retention(context, retention);
  }
  if (declared.limits) {
    context.enter(*declared.limits->scope);
    policy.limits = compile_limits(context, *declared.limits->statement);
  }
  JobCompiler jobs(context, declared, policy);
  for (const DeclaredJob& job : declared.jobs) jobs.compile(job);
  return !jobs.lost_replication() && !declared.lost_job;
}

}  // namespace zr

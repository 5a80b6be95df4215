#include "lang/compile_jobs.h"

#include <algorithm>

#include "lang/body.h"
#include "lang/compile_rules.h"
#include "lang/compile_snapshots.h"
#include "lang/compile_timing.h"
#include "lang/reader.h"
#include "lang/references.h"

namespace zr {
namespace {

constexpr std::size_t max_copies = 500'000;
constexpr std::size_t time_suffix_bytes = 19;  // 20261122_063000_000

// The one local host, which a push may leave out as `from` and a pull as `to`.
HostName default_host(Context& context, const Declarations& declared, const ast::Statement& s,
                      const std::string& key) {
  const std::vector<const NamedHost*>& local = declared.local_hosts;
  if (declared.lost_host) return {};  // it may be the one; its own error comes first
  if (local.size() == 1) {
    local.front()->used = true;
    return local.front()->host->name;
  }
  std::vector<Label> places;
  for (std::size_t i = 0; i < std::min<std::size_t>(local.size(), 3); ++i) {
    places.push_back({local[i]->name, "a local host"});
  }
  context.error(Code::no_local_host, context.span(s),
                heading(context, s) + " says no `" + key + "`, and there is " +
                    (local.empty() ? "no" : "more than one") + " local host",
                "", {advice("add `" + key + " HOST`")}, std::move(places));
  return {};
}

HostName host_or_default(Context& context, const Declarations& declared, Body& body,
                         const ast::Statement& s, const std::string& key, bool may_default) {
  if (may_default && !body.has(key)) return default_host(context, declared, s, key);
  const auto* host = body.require(key, key + " HOST");
  return host == nullptr ? HostName{} : compile_host_name(context, declared, *host);
}

template <class T>
T read_choice(Context& context, const ast::Statement& s,
              const std::vector<std::pair<std::string, T>>& choices) {
  std::vector<std::string> words;
  words.reserve(choices.size());
  for (const auto& [word, value] : choices) words.push_back(word);
  Reader reader(context, s);
  const auto chosen = reader.choice(words);
  reader.end();
  for (const auto& [word, value] : choices) {
    if (chosen && word == *chosen) return value;
  }
  return choices.front().second;
}

}  // namespace

HostName compile_host_name(Context& context, const Declarations& declared,
                           const ast::Statement& s) {
  Reader reader(context, s);
  const NamedHost* host = host_reference(context, declared, reader);
  if (!reader.end() || host == nullptr) return {};
  return host->full_name;
}

bool JobCompiler::is_whole(const ast::Statement& s, std::size_t errors_before) const {
  return context_.errors() == errors_before && !is_broken(s);
}

bool JobCompiler::within_limit(const ast::Statement& s, std::size_t copies) {
  const bool was_within = copies_ <= max_copies;
  copies_ += copies;
  if (copies_ <= max_copies) return true;
  if (was_within) {
    context_.error(Code::too_much_in_use, context_.span(s),
                   "the jobs of this site use more than 500000 rules and keeps",
                   "with this block there are too many",
                   {advice("one job with a long list does the work of many")});
  }
  return false;
}

void JobCompiler::compile(const DeclaredJob& job) {
  if (copies_ > max_copies) return;
  context_.enter(*job.scope);
  const ast::Statement& s = *job.statement;
  const std::string_view key = context_.key(s);
  if (key == "protect") return protect(s);
  if (key == "sink") return sink(s, job.full_name);
  if (key == "pull_acl") return pull_acl(s, job.full_name);
  const auto kind = parse_job_kind(key);
  if (!kind) return;
  JobId id{*kind, job.full_name};
  switch (*kind) {
    case JobKind::autosnap:
      return autosnap(s, std::move(id));
    case JobKind::push:
    case JobKind::pull:
      return replication(s, std::move(id));
    case JobKind::prune:
      return prune(s, std::move(id));
  }
}

JobCompiler::JobCompiler(Context& context, const Declarations& declared, Policy& policy)
    : context_(context), declared_(declared), policy_(policy) {
  for (const NamedHost& host : declared.hosts) {
    if (host.host) hosts_.emplace(host.full_name, &*host.host);
  }
}

const Host* JobCompiler::known_host(const HostName& name) const {
  const auto found = hosts_.find(name);
  return found == hosts_.end() ? nullptr : found->second;
}

// A host with an agent snapshots and prunes by its own policy.
void JobCompiler::refuse_agent(const ast::Statement& s, const HostName& on) {
  const Host* host = known_host(on);
  if (host == nullptr || !host->agent) return;
  context_.error(Code::agent_decides, context_.span(s),
                 heading(context_, s) + " would act on `" + on.value + "`, which has `agent on`",
                 "",
                 {advice("a host with an agent snapshots and prunes by its own site file: move "
                         "this block there")});
}

void JobCompiler::autosnap(const ast::Statement& s, JobId id) {
  const std::size_t before = context_.errors();
  Autosnap job;
  job.id = std::move(id);
  job.span = context_.span(s);
  job.origin = context_.origin(job.span);
  Body body(context_, s, {{"on"}, {"datasets"}, {"prefix"}, {"every"}, {"offset"}, {"jitter"}});
  job.on = host_or_default(context_, declared_, body, s, "on", false);
  refuse_agent(s, job.on);
  if (const auto* datasets = body.require("datasets", "datasets { tank< -> ok }")) {
    job.datasets = compile_filter(context_, declared_, *datasets);
  }
  if (const auto* prefix = body.require("prefix", "prefix \"zrepl_\"")) {
    job.prefix = compile_prefix(context_, *prefix, time_suffix_bytes).value_or("");
  }
  const auto every = compile_every(context_, body.require("every", "every 15m"));
  job.every = every.value_or(std::chrono::seconds{0});
  job.delay = compile_delay(context_, body, heading(context_, s), every);
  if (!is_whole(s, before) || !within_limit(s, job.datasets.all().size())) return;
  policy_.autosnaps.push_back(std::move(job));
}

void JobCompiler::replication(const ast::Statement& s, JobId id) {
  const std::size_t before = context_.errors();
  Replication job;
  job.id = std::move(id);
  job.span = context_.span(s);
  job.origin = context_.origin(job.span);
  Body body(context_, s,
            {{"from"},
             {"to"},
             {"map"},
             {"snapshots"},
             {"initial"},
             {"on_diverged"},
             {"on_rename"},
             {"send"},
             {"receive"},
             {"rate"},
             {"every"},
             {"offset"},
             {"jitter"},
             {"datasets"}});
  const bool is_push = job.id.kind == JobKind::push;
  job.from = host_or_default(context_, declared_, body, s, "from", is_push);
  job.to = host_or_default(context_, declared_, body, s, "to", !is_push);
  const Host* target = known_host(job.to);
  job.sink_decides = is_push && target != nullptr && target->agent;
  where_to(s, body, job);
  if (const auto* filter = body.find("snapshots")) {
    job.snapshots = compile_snapshots(context_, *filter);
  }
  if (const auto* initial = body.find("initial")) {
    job.initial = read_choice<Initial>(
        context_, *initial,
        {{"most_recent", Initial::most_recent}, {"all", Initial::all}, {"fail", Initial::fail}});
  }
  if (const auto* diverged = body.find("on_diverged")) {
    job.on_diverged = read_choice<OnDiverged>(
        context_, *diverged, {{"fail", OnDiverged::fail}, {"rollback", OnDiverged::rollback}});
  }
  if (const auto* renamed = body.find("on_rename")) {
    job.on_rename = read_choice<OnRename>(context_, *renamed,
                                          {{"fail", OnRename::fail}, {"follow", OnRename::follow}});
  }
  if (const auto* send = body.find("send")) job.send = compile_send(context_, *send);
  if (const auto* receive = body.find("receive")) {
    job.receive = compile_receive(context_, *receive);
  }
  if (const auto* rate = body.find("rate")) {
    Reader reader(context_, *rate);
    job.rate_bytes_per_second = reader.rate();
    reader.end();
  }
  job.every = compile_every(context_, body.find("every"));
  job.delay = compile_delay(context_, body, heading(context_, s), job.every);
  if (is_whole(s, before) && within_limit(s, job.map.all().size())) {
    policy_.replications.push_back(std::move(job));
  } else {
    lost_replication_ = true;
  }
}

// `map`, or, where the sink at the other end decides the names, `datasets`.
void JobCompiler::where_to(const ast::Statement& s, Body& body, Replication& job) {
  const auto refuse = [&](const char* key, std::string message, const char* help) {
    const auto* line = body.find(key);
    if (line != nullptr) {
      context_.error(Code::agent_decides, context_.span(*line), std::move(message), "",
                     {advice(help)});
    }
    return line != nullptr;
  };
  if (job.sink_decides) {
    if (refuse("map", "`" + job.to.value + "` has `agent on`: its sink decides the names",
               "say which datasets to push: `datasets { tank< -> ok }`")) {
      return;
    }
    if (const auto* datasets = body.require("datasets", "datasets { tank< -> ok }")) {
      job.map = compile_filter(context_, declared_, *datasets);
    }
    return;
  }
  if (!body.has("map") && !job.to.value.empty() &&
      refuse("datasets", heading(context_, s) + " does not say where to",
             "write `map { tank< -> backup/tank }`; `datasets` is for a push to a host with "
             "`agent on`, whose sink decides the names")) {
    return;
  }
  if (const auto* map = body.require("map", "map { tank< -> backup/tank }")) {
    job.map = compile_map(context_, declared_, *map);
  }
  if (body.has("map")) {
    refuse("datasets", heading(context_, s) + " has a `map`, which says it all",
           "remove `datasets`; it is for a push to a host with `agent on`");
  }
}

void JobCompiler::prune(const ast::Statement& s, JobId id) {
  const std::size_t before = context_.errors();
  Prune job;
  job.id = std::move(id);
  job.span = context_.span(s);
  job.origin = context_.origin(job.span);
  Body body(context_, s,
            {{"on"},
             {"datasets"},
             {"snapshots"},
             {"keep", Key::Use::often},
             {"every"},
             {"offset"},
             {"jitter"}});
  job.on = host_or_default(context_, declared_, body, s, "on", false);
  refuse_agent(s, job.on);
  if (const auto* datasets = body.require("datasets", "datasets { tank< -> ok }")) {
    job.datasets = compile_filter(context_, declared_, *datasets);
  }
  if (const auto* filter = body.require("snapshots", "snapshots { prefix \"zrepl_\" }")) {
    job.snapshots = compile_snapshots(context_, *filter);
  }
  if (body.require("keep", "keep last 10") != nullptr || body.has("keep")) {
    job.keeps = compile_keeps(context_, body.all("keep"), &declared_);
  }
  job.every = compile_every(context_, body.find("every"));
  job.delay = compile_delay(context_, body, heading(context_, s), job.every);
  const std::size_t copies = job.datasets.all().size() + job.keeps.size();
  if (!is_whole(s, before) || !within_limit(s, copies) || job.keeps.empty()) return;
  policy_.prunes.push_back(std::move(job));
}

void JobCompiler::protect(const ast::Statement& s) {
  const std::size_t before = context_.errors();
  Protect block;
  block.span = context_.span(s);
  block.origin = context_.origin(block.span);
  if (s.token_count > 1) {
    Reader reader(context_, s);
    reader.fail(Code::unwanted_value, reader.here(), "a `protect` block has no name", "",
                {Help{"leave it out", reader.here(), ""}});
    return;
  }
  Body body(context_, s, {{"on"}, {"datasets"}, {"snapshots"}});
  block.on = host_or_default(context_, declared_, body, s, "on", false);
  if (const auto* datasets = body.require("datasets", "datasets { tank< -> ok }")) {
    block.datasets = compile_filter(context_, declared_, *datasets);
  }
  if (const auto* filter = body.find("snapshots")) {
    block.snapshots = compile_snapshots(context_, *filter);
  }
  if (!is_whole(s, before) || !within_limit(s, block.datasets.all().size())) return;
  policy_.protects.push_back(std::move(block));
}

}  // namespace zr

#include "lang/canonical.h"

#include <fmt/format.h>

#include <algorithm>

#include "lang/digest.h"
#include "lang/overloaded.h"
#include "lang/quote.h"

namespace zr {
namespace {

std::string text_of(const RuleResult& result) {
  return std::visit(overloaded{
                        [](const Ok&) { return std::string("ok"); },
                        [](const Omit&) { return std::string("omit"); },
                        [](const DatasetName& target) { return quoted(target.str()); },
                    },
                    result);
}

void add_rules(std::string& out, const Rules& rules) {
  for (const Rule& rule : rules.all()) {
    out += "  " + rule.pattern.str() + " -> " + text_of(rule.result) + "\n";
  }
}

std::string list_of(const std::vector<std::string>& argv) {
  std::string text;
  for (const std::string& arg : argv) text += (text.empty() ? "" : ", ") + quoted(arg);
  return "[" + text + "]";
}

std::string text_of(const SshTransport& ssh) {
  std::string text =
      fmt::format("ssh\n    address {}\n    port {}\n    connect_timeout {}", quoted(ssh.address),
                  ssh.port, format_duration(ssh.connect_timeout));
  const auto add = [&text](const char* key, const std::optional<std::string>& value) {
    if (value) text += fmt::format("\n    {} {}", key, quoted(*value));
  };
  add("user", ssh.user);
  add("identity_file", ssh.identity_file);
  add("known_hosts", ssh.known_hosts);
  if (ssh.compression) text += "\n    compression on";
  for (const auto& [name, value] : ssh.options) add(("option " + name).c_str(), value);
  add("log_read", ssh.log_read);
  add("log_write", ssh.log_write);
  return text;
}

const char* word_of(Initial initial) {
  switch (initial) {
    case Initial::most_recent:
      return "most_recent";
    case Initial::all:
      return "all";
    case Initial::fail:
      return "fail";
  }
  return "";
}

const char* word_of(OnDiverged diverged) {
  switch (diverged) {
    case OnDiverged::fail:
      return "fail";
    case OnDiverged::rollback:
      return "rollback";
  }
  return "";
}

const char* word_of(std::optional<bool> flag) { return !flag ? "auto" : *flag ? "on" : "off"; }

// Only what is not as without it: policies that were written before it came keep their hash.
std::string text_of(const Limits& limits) {
  const Limits usual;
  std::string out;
  if (limits.destroy != usual.destroy) out += "  destroy " + str(limits.destroy) + "\n";
  if (limits.create != usual.create) out += "  create " + str(limits.create) + "\n";
  return out.empty() ? out : "limits\n" + out;
}

// Only what is said: policies that were written before it came keep their hash.
std::string text_of(const Delay& delay) {
  std::string out;
  if (delay.offset.count() > 0) out += "  offset " + format_duration(delay.offset) + "\n";
  if (delay.jitter.count() > 0) out += "  jitter " + format_duration(delay.jitter) + "\n";
  return out;
}

std::string text_of(const PullAcl& acl) {
  std::string out = fmt::format("pull_acl {}\n  on {}\n", acl.identity, acl.on.value);
  add_rules(out, acl.datasets);
  return out;
}

}  // namespace

std::string canonical_text(const Host& host) {
  const std::string transport = std::visit(
      overloaded{
          [](const LocalTransport&) { return std::string("local"); },
          [](const SimTransport& sim) { return "sim " + quoted(sim.file); },
          [](const SshTransport& ssh) { return text_of(ssh); },
          [](const CommandTransport& command) { return "command " + list_of(command.argv); },
      },
      host.transport);
  std::string text = fmt::format("host {}\n  transport {}\n  zfs {}\n  slots {}\n", host.name.value,
                                 transport, list_of(host.zfs_argv), host.slots);
  if (host.agent) text += "  agent on\n";
  if (host.rate_bytes_per_second) text += fmt::format("  rate {}\n", *host.rate_bytes_per_second);
  if (host.state_dir) text += "  state " + quoted(*host.state_dir) + "\n";
  return text;
}

std::string canonical_text(const Autosnap& job) {
  std::string out = fmt::format("{}\n  on {}\n  prefix {}\n  every {}\n", job.id.str(),
                                job.on.value, quoted(job.prefix), format_duration(job.every));
  out += text_of(job.delay);
  add_rules(out, job.datasets);
  return out;
}

std::string canonical_text(const Replication& job) {
  std::string out = fmt::format(
      "{}\n  from {}\n  to {}\n  snapshots {}\n  initial {}\n  on_diverged {}\n  raw {}\n"
      "  compressed {}\n",
      job.id.str(), job.from.value, job.to.value, job.snapshots.str(), word_of(job.initial),
      word_of(job.on_diverged), word_of(job.send.raw), word_of(job.send.compressed));
  // Only where it is said: policies that were written before it came keep their hash.
  if (job.on_rename == OnRename::follow) out += "  on_rename follow\n";
  for (const auto& [name, value] : job.receive.set) {
    out += fmt::format("  set {} {}\n", name, quoted(value));
  }
  for (const std::string& name : job.receive.exclude) out += "  exclude " + name + "\n";
  if (job.rate_bytes_per_second) out += fmt::format("  rate {}\n", *job.rate_bytes_per_second);
  if (job.every) out += "  every " + format_duration(*job.every) + "\n";
  out += text_of(job.delay);
  if (job.sink_decides) out += "  the sink decides\n";
  add_rules(out, job.map);
  return out;
}

std::string canonical_text(const Prune& job) {
  std::string out =
      fmt::format("{}\n  on {}\n  snapshots {}\n", job.id.str(), job.on.value, job.snapshots.str());
  for (const Keep& keep : job.keeps) out += "  keep " + keep.str() + "\n";
  if (job.every) out += "  every " + format_duration(*job.every) + "\n";
  out += text_of(job.delay);
  add_rules(out, job.datasets);
  return out;
}

std::string canonical_text(const Protect& block) {
  std::string out =
      fmt::format("protect\n  on {}\n  snapshots {}\n", block.on.value, block.snapshots.str());
  add_rules(out, block.datasets);
  return out;
}

// Of its options only those that are said: policies that were written before they came keep their
// hash.
std::string canonical_text(const Sink& sink) {
  std::string out = fmt::format("sink {}\n  on {}\n", sink.identity, sink.on.value);
  const auto add = [&out](const char* key, const std::optional<std::uint64_t>& value) {
    if (value) out += fmt::format("  {} {}\n", key, *value);
  };
  add("max_datasets", sink.max_datasets);
  add("quota", sink.quota_bytes);
  if (!sink.properties.empty()) {
    out += fmt::format("  properties {}\n", fmt::join(sink.properties, " "));
  }
  add("keep_at_least", sink.keep_at_least);
  add_rules(out, sink.map);
  return out;
}

std::string canonical_text(const Policy& policy) {
  std::string out = fmt::format("zrepl policy 1\nsite {}{}\n", policy.site.value,
                                policy.site_declared ? "" : " # not declared");
  for (const Host& host : policy.hosts) out += canonical_text(host);
  for (const Autosnap& job : policy.autosnaps) out += canonical_text(job);
  for (const Replication& job : policy.replications) out += canonical_text(job);
  for (const Prune& job : policy.prunes) out += canonical_text(job);
  for (const Protect& block : policy.protects) out += canonical_text(block);
  for (const Sink& sink : policy.sinks) out += canonical_text(sink);
  for (const PullAcl& acl : policy.pull_acls) out += text_of(acl);
  out += text_of(policy.limits);
  return out;
}

std::string policy_hash(const Policy& policy) { return sha256_hex(canonical_text(policy)); }

void sort_protects(std::vector<Protect>& blocks) {
  std::vector<std::pair<std::string, Protect>> keyed;
  for (Protect& block : blocks) {
    std::string key = canonical_text(block);
    keyed.emplace_back(std::move(key), std::move(block));
  }
  std::stable_sort(keyed.begin(), keyed.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  blocks.clear();
  for (auto& [key, block] : keyed) blocks.push_back(std::move(block));
}

}  // namespace zr

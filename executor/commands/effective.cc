#include "executor/commands/effective.h"

#include <fmt/format.h>

#include "lang/canonical.h"

namespace zr {
namespace {

std::string at(const Origin& origin) {
  return origin.file.empty() ? std::string() : fmt::format("{}:{}", origin.file, origin.line);
}

// What applies to one dataset, or, without one, everything.
class Effective {
 public:
  Effective(const HostName* host, const DatasetName* dataset) : host_(host), dataset_(dataset) {}

  void block(const std::string& name, const Origin& origin) {
    out_ += fmt::format("{}{}  {}\n", out_.empty() ? "" : "\n", name, at(origin));
  }
  void line(const std::string& text, const Origin& origin = {}) {
    out_ += origin.file.empty() ? fmt::format("  {}\n", text)
                                : fmt::format("  {:<44}  {}\n", text, at(origin));
  }

  bool is_whole() const { return dataset_ == nullptr; }
  bool concerns(const HostName& on, const Rules& rules) const {
    return dataset_ == nullptr || (on == *host_ && rules.takes(*dataset_));
  }
  void rules(const Rules& rules) {
    for (const Rule& rule : rules.all())
      if (dataset_ == nullptr || &rule == rules.find(*dataset_)) line(rule.str(), rule.origin);
  }
  void text_of(const std::string& lines) {
    for (std::size_t begin = 0; begin < lines.size();) {
      const std::size_t end = std::min(lines.find('\n', begin), lines.size());
      const std::string one = lines.substr(begin, end - begin);
      if (one.find(" -> ") == std::string::npos && one.rfind("  ", 0) == 0 &&
          one.rfind("  keep ", 0) != 0)
        out_ += one + "\n";
      begin = end + 1;
    }
  }
  std::string take() { return std::move(out_); }

 private:
  const HostName* host_;
  const DatasetName* dataset_;
  std::string out_;
};

void add_jobs(const Policy& policy, Effective& to) {
  for (const Autosnap& job : policy.autosnaps) {
    if (!to.concerns(job.on, job.datasets)) continue;
    to.block(job.id.str(), job.origin);
    to.text_of(canonical_text(job));
    to.rules(job.datasets);
  }
  for (const Replication& job : policy.replications) {
    if (!to.concerns(job.from, job.map)) continue;
    to.block(job.id.str(), job.origin);
    to.text_of(canonical_text(job));
    if (job.on_rename == OnRename::fail) to.line("on_rename fail");
    to.rules(job.map);
  }
  for (const Prune& job : policy.prunes) {
    if (!to.concerns(job.on, job.datasets)) continue;
    to.block(job.id.str(), job.origin);
    to.text_of(canonical_text(job));
    for (const Keep& keep : job.keeps) to.line("keep " + keep.str(), keep.origin);
    to.rules(job.datasets);
  }
  for (const Protect& block : policy.protects) {
    if (!to.concerns(block.on, block.datasets)) continue;
    to.block("protect", block.origin);
    to.text_of(canonical_text(block));
    to.rules(block.datasets);
  }
}

void add_serving(const Policy& policy, Effective& to) {
  for (const Sink& sink : policy.sinks) {
    if (!to.is_whole()) break;  // it speaks of a client's datasets, not of this host's
    to.block(sink.name(), sink.origin);
    to.text_of(canonical_text(sink));
    to.rules(sink.map);
  }
  for (const PullAcl& acl : policy.pull_acls) {
    if (!to.concerns(acl.on, acl.datasets)) continue;
    to.block(acl.name(), acl.origin);
    to.line("on " + acl.on.value);
    to.rules(acl.datasets);
  }
}

}  // namespace

std::string effective_text(const Policy& policy) {
  Effective to(nullptr, nullptr);
  for (const Host& host : policy.hosts) {
    to.block("host " + host.name.value, host.origin);
    to.text_of(canonical_text(host));
  }
  add_jobs(policy, to);
  add_serving(policy, to);
  to.block("limits", policy.limits.origin);
  to.line("destroy " + str(policy.limits.destroy));
  to.line("create " + str(policy.limits.create));
  return fmt::format("site {}\n\n{}", policy.site.value, to.take());
}

std::string effective_text(const Policy& policy, const HostName& host, const DatasetName& dataset) {
  Effective to(&host, &dataset);
  add_jobs(policy, to);
  add_serving(policy, to);
  std::string text = to.take();
  if (text.empty()) text = "nothing of this site concerns it\n";
  return fmt::format("{}:{}\n\n{}", host.value, dataset.str(), text);
}

}  // namespace zr

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <unordered_set>

#include "lang/check.h"
#include "lang/codes.h"
#include "lang/utf8.h"

// Proves that following the maps from some dataset never ends. A map replaces the beginning of a
// name and looks no deeper than its patterns, so a chain is endless when it comes back to a
// dataset, or to a name that begins alike while the rest, which it never looked at, only got
// longer. A chain that merely is long proves nothing: `a< -> a/b` ends where `a/b/b/b< -> omit`
// stops it.

namespace zr {
namespace {

constexpr std::size_t max_chain = 500;
constexpr std::size_t max_shown = 4;

std::size_t components(const DatasetName& name) {
  return 1 + static_cast<std::size_t>(std::count(name.str().begin(), name.str().end(), '/'));
}

std::string_view first_components(const DatasetName& name, std::size_t count) {
  const std::string_view text = name.str();
  std::size_t end = 0;
  for (std::size_t n = 0; n < count && end != std::string_view::npos; ++n) {
    end = text.find('/', end + (n == 0 ? 0 : 1));
  }
  return text.substr(0, end);
}

// How deep any map looks into a name: one component more than the longest pattern, since an exact
// pattern also asks whether the name ends there.
std::size_t depth_of(const Policy& policy) {
  std::size_t depth = 1;
  for (const Replication& job : policy.replications) {
    for (const Rule& rule : job.map.all()) {
      if (rule.pattern.dataset) depth = std::max(depth, components(*rule.pattern.dataset));
    }
  }
  return depth + 1;
}

class Loops {
 public:
  Loops(const Policy& policy, const Routes& routes, Diagnostics& diagnostics)
      : routes_(routes), diagnostics_(diagnostics), depth_(depth_of(policy)) {}

  void follow(const HostName& host, const DatasetName& dataset) {
    path_.clear();
    visit(host, dataset);
  }

 private:
  struct Step {
    HostName host;
    DatasetName dataset;
    std::size_t size;            // of the dataset, in components
    const Rule* rule = nullptr;  // that sends it on
    const Replication* job = nullptr;
  };

  static std::string place(const HostName& host, const DatasetName& dataset) {
    return host.value + ":" + printable(dataset.str());
  }

  // Whether an endless chain was found and reported; then path_ is done with.
  bool visit(const HostName& host, const DatasetName& dataset) {
    if (path_.size() > max_chain || finished_.count(key(host, dataset)) > 0 || !effort_.spend()) {
      return false;
    }
    path_.push_back({host, dataset, components(dataset)});
    const auto loop = came_back();
    if (loop && report(*loop)) return true;
    if (!loop) {
      for (const Routes::Hop& hop : routes_.from(host, dataset, effort_)) {
        path_.back().rule = hop.rule;
        path_.back().job = hop.job;
        if (visit(hop.job->to, hop.target)) return true;
      }
    }
    finished_.insert(key(host, dataset));
    path_.pop_back();
    return false;
  }

  static std::string key(const HostName& host, const DatasetName& dataset) {
    return host.value + ":" + dataset.str();
  }

  // The step of the path that its last one repeats.
  std::optional<std::size_t> came_back() {
    const Step& last = path_.back();
    std::size_t least = last.size;  // of the steps between, in components
    for (std::size_t i = path_.size() - 1; i-- > 0;) {
      const Step& step = path_[i];
      if (!effort_.spend()) return std::nullopt;
      if (step.host == last.host && step.dataset == last.dataset) return i;
      least = std::min(least, step.size);
      if (least < depth_ || step.host != last.host || last.size < step.size) continue;
      const std::size_t looked_at = step.size - (least - depth_);
      if (first_components(step.dataset, looked_at) == first_components(last.dataset, looked_at)) {
        return i;
      }
    }
    return std::nullopt;
  }

  // False when these rules were reported before.
  bool report(std::size_t from) {
    std::vector<const Rule*> rules;
    for (std::size_t i = from; i + 1 < path_.size(); ++i) {
      if (std::find(rules.begin(), rules.end(), path_[i].rule) == rules.end()) {
        rules.push_back(path_[i].rule);
      }
    }
    std::set<const Rule*> loop(rules.begin(), rules.end());
    if (!reported_.insert(std::move(loop)).second) return false;
    Diagnostic d;
    d.code = to_string(Code::feeds_itself);
    d.span = rules.front()->span;
    const Step& last = path_.back();
    const bool closed = last.host == path_[from].host && last.dataset == path_[from].dataset;
    d.message = "a replication feeds itself: " + chain(closed ? from : 0, closed);
    d.label = "in `" + path_[from].job->id.str() + "`";
    for (std::size_t i = from + 1; i + 1 < path_.size() && d.secondary.size() < max_shown; ++i) {
      if (path_[i].rule->span == d.span) continue;
      d.secondary.push_back({path_[i].rule->span, "and on, in `" + path_[i].job->id.str() + "`"});
    }
    d.help.push_back(mend(from));
    diagnostics_.add(std::move(d));
    return true;
  }

  std::string chain(std::size_t from, bool closed) const {
    std::string text;
    for (std::size_t i = from; i < path_.size() && i <= from + max_shown; ++i) {
      text += (i == from ? "" : " -> ") + place(path_[i].host, path_[i].dataset);
    }
    return text + (closed && path_.size() - from <= max_shown + 1 ? "" : " -> …");
  }

  Help mend(std::size_t from) const {
    const Rule& rule = *path_[from].rule;
    const auto& target = std::get<DatasetName>(rule.result);
    const bool within = !rule.pattern.dataset || (target.is_within(*rule.pattern.dataset) &&
                                                  target != *rule.pattern.dataset);
    if (within && path_[from].host == path_[from].job->to) {
      return {"leave the target out: `" + printable(Pattern{target, true}.str()) + " -> omit`",
              std::nullopt,
              {}};
    }
    if (path_.size() - from == 2) {
      return {"send it elsewhere, or remove the rule", std::nullopt, {}};
    }
    return {"let one of these maps `omit` what came from the other", std::nullopt, {}};
  }

  const Routes& routes_;
  Diagnostics& diagnostics_;
  std::size_t depth_;
  Effort effort_;
  std::vector<Step> path_;
  std::unordered_set<std::string> finished_;
  std::set<std::set<const Rule*>> reported_;
};

}  // namespace

namespace {

// The jobs that may be part of a ring of hosts: those left when the ones that begin or end nowhere
// are taken away, again and again. Most sites have none.
std::vector<const Replication*> jobs_in_rings(const Policy& policy) {
  constexpr int max_rounds = 100;  // more would only save work
  std::vector<const Replication*> jobs;
  for (const Replication& job : policy.replications) jobs.push_back(&job);
  for (int round = 0; round < max_rounds; ++round) {
    std::set<HostName> from, to;
    for (const Replication* job : jobs) {
      from.insert(job->from);
      to.insert(job->to);
    }
    const auto dead_end = [&](const Replication* job) {
      return to.count(job->from) == 0 || from.count(job->to) == 0;
    };
    const auto kept = std::remove_if(jobs.begin(), jobs.end(), dead_end);
    if (kept == jobs.end()) break;
    jobs.erase(kept, jobs.end());
  }
  return jobs;
}

}  // namespace

void check_loops(const Policy& policy, const Routes& routes, const Witnesses& witnesses,
                 Diagnostics& diagnostics) {
  Loops loops(policy, routes, diagnostics);
  for (const Replication* job : jobs_in_rings(policy)) {
    for (const Rule& rule : job->map.all()) {
      if (!std::holds_alternative<DatasetName>(rule.result)) continue;
      for (const DatasetName& start : witnesses.of(rule)) loops.follow(job->from, start);
    }
  }
}

}  // namespace zr

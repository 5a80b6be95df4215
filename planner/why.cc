#include "planner/why.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <vector>

#include "lang/overloaded.h"
#include "planner/draft.h"
#include "planner/draw_buckets.h"
#include "planner/prune_view.h"
#include "planner/render.h"

namespace zr {
namespace {

std::string place(const Origin& origin) { return fmt::format("{}:{}", origin.file, origin.line); }

std::string result_text(const RuleResult& result) {
  return std::visit(overloaded{[](const Ok&) { return std::string("ok"); },
                               [](const Omit&) { return std::string("omit"); },
                               [](const DatasetName& target) { return target.str(); }},
                    result);
}

// What becomes of each snapshot of a dataset, and by whose word.
class Fates {
 public:
  // One prune's part.
  struct Judged {
    const Prune* prune;
    std::vector<std::size_t> matching;
    std::vector<Verdict> verdicts;
  };

  Fates(const Policy& policy, const FutureDataset& dataset, Seconds now)
      : dataset_(dataset), view_(policy, dataset), now_(now) {
    for (const Prune* prune : view_.prunes()) {
      Judged judged{prune, view_.matching(*prune), {}};
      judged.verdicts = view_.verdicts(*prune, judged.matching, now, Explain::everything);
      judged_.push_back(std::move(judged));
    }
    for (Doomed& doomed : view_.doomed(now)) {
      doomed_.emplace(doomed.version, std::move(doomed.reason));
    }
  }

  const std::vector<Judged>& judged() const { return judged_; }

  // Null where the prune does not match it.
  static const Verdict* verdict(const Judged& judged, std::size_t i) {
    const auto at = std::lower_bound(judged.matching.begin(), judged.matching.end(), i);
    if (at == judged.matching.end() || *at != i) return nullptr;
    return &judged.verdicts[static_cast<std::size_t>(at - judged.matching.begin())];
  }

  // Null where no prune would take the snapshot anyway.
  const Sink* floor_under(std::size_t i) const {
    return judged_.empty() ? nullptr : view_.floor_under(i);
  }

  std::string of(std::size_t i) const {
    if (!dataset_.alive(i)) return "goes: it is rolled back";
    if (const auto doomed = doomed_.find(i); doomed != doomed_.end()) {
      const std::string obstacle = view_.obstacle(i, now_);
      return obstacle.empty() ? "goes: " + doomed->second : "stays: " + obstacle;
    }
    bool matched = false;
    for (const Judged& judged : judged_) {
      const Verdict* verdict = Fates::verdict(judged, i);
      if (verdict == nullptr) continue;
      if (verdict->keep) return "stays: " + verdict->reason;
      matched = true;
    }
    const Sink* floor = matched ? floor_under(i) : nullptr;
    if (floor != nullptr) {
      return fmt::format("stays: keep_at_least {} of {}", *floor->keep_at_least, floor->name());
    }
    return "stays: no prune matches it";
  }

  // Every keep that has periods, of every prune.
  std::string periods() const {
    std::string out;
    for (const Judged& judged : judged_) {
      const auto all = view_.buckets(*judged.prune, judged.matching, now_);
      if (all.empty()) continue;
      out += fmt::format("  {}  ({})\n", judged.prune->id.str(), place(judged.prune->origin));
      std::vector<const Version*> snapshots;
      snapshots.reserve(judged.matching.size());
      for (const std::size_t i : judged.matching) snapshots.push_back(&dataset_.version(i));
      for (const Buckets& buckets : all) out += draw(buckets, snapshots);
    }
    if (out.empty()) return out;
    return "how each keep sees them, the youngest first (#: all of it stays for it, +: not all, .: "
           "empty)\n" +
           out;
  }

 private:
  const FutureDataset& dataset_;
  const PruneView view_;
  const Seconds now_;
  std::vector<Judged> judged_;
  std::map<std::size_t, std::string> doomed_;  // with the reason
};

class Answer {
 public:
  Answer(const Draft& draft, const FutureDataset* dataset, const HostName& host,
         const DatasetName& name)
      : draft_(draft), dataset_(dataset), host_(host), name_(name) {}

  std::string dataset() {
    line("{}:{}", host_.value, name_.str());
    if (!renames() && (!dataset_ || !dataset_->was)) line("  is not there now");
    if (dataset_ && dataset_->was && dataset_->was->placeholder) line("  is a placeholder");
    jobs();
    if (!dataset_) return text_;
    steps();
    const Fates fates(draft_.policy, *dataset_, now());
    for (std::size_t i = 0; i < dataset_->size(); ++i) {
      if (!dataset_->version(i).is_snapshot()) continue;
      line("  {}  {}", dataset_->version(i).str(), fates.of(i));
    }
    return text_ + fates.periods();
  }

  std::string snapshot(const std::string& name) {
    line("{}:{}@{}", host_.value, name_.str(), name);
    std::optional<std::size_t> found;
    for (std::size_t i = 0; dataset_ && i < dataset_->size(); ++i) {
      const Version& version = dataset_->version(i);
      if (version.is_snapshot() && version.name == name) found = i;
    }
    if (!found) {
      line("  there is no such snapshot");
      return text_;
    }
    facts(*found);
    const Fates fates(draft_.policy, *dataset_, now());
    votes(fates, *found);
    line("  so it {}", fates.of(*found));
    return text_;
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    text_ += fmt::format(format, std::forward<Args>(args)...) + "\n";
  }

  void rule(const JobId& job, const Rules& rules) {
    const auto candidates = rules.candidates(name_);
    if (candidates.empty()) return;
    line("  {}: {} -> {}  ({})", job.str(), candidates[0]->pattern.str(),
         result_text(candidates[0]->result), place(candidates[0]->origin));
    for (std::size_t i = 1; i < candidates.size(); ++i) {
      line("    beats {} -> {}  ({})", candidates[i]->pattern.str(),
           result_text(candidates[i]->result), place(candidates[i]->origin));
    }
  }

  void jobs() {
    const Policy& policy = draft_.policy;
    const std::size_t before = text_.size();
    for (const auto& job : policy.autosnaps) {
      if (job.on == host_) rule(job.id, job.datasets);
    }
    for (const auto& job : policy.replications) {
      if (job.from == host_) rule(job.id, job.map);
    }
    for (const auto& job : policy.prunes) {
      if (job.on == host_) rule(job.id, job.datasets);
    }
    for (const auto& protect : policy.protects) {
      if (protect.on == host_ && protect.datasets.takes(name_)) {
        line("  protected  ({})", place(protect.origin));
      }
    }
    if (text_.size() == before) line("  no job of the policy takes it");
  }

  // What else it is called, now or once the plan is carried out; false: nothing.
  bool renames() {
    const std::size_t before = text_.size();
    for (StepRef ref = 0; ref < draft_.size(); ++ref) {
      const auto* rename = std::get_if<RenameDataset>(&draft_.action(ref));
      if (!rename || draft_.host(ref) != host_) continue;
      if (name_.is_within(rename->dataset)) {
        line("  will be called {}", rename->to.append(name_.below(rename->dataset)).str());
      }
      if (name_.is_within(rename->to)) {
        line("  is called {} now", rename->dataset.append(name_.below(rename->to)).str());
      }
    }
    return text_.size() != before;
  }

  // What the plan does here, streams and marks; the snapshots tell of their destroys.
  void steps() {
    for (StepRef ref = 0; ref < draft_.size(); ++ref) {
      const Step& step = draft_.step(ref);
      if (step.host != host_ || step.dataset() != name_ || step.reason.empty()) continue;
      if (std::holds_alternative<DestroyVersion>(step.action)) continue;
      line("  planned: {}: {}", kind_of(step.action), step.reason);
    }
  }

  void facts(std::size_t i) {
    const Version& version = dataset_->version(i);
    line("  created {}, createtxg {}, guid {}", format_time(version.creation),
         version.createtxg.value, version.guid.value);
    if (dataset_->made_by(i)) line("  is made by the plan");
    for (const FutureHold& hold : dataset_->holds(i)) {
      line("  held by {}{}", hold.tag, hold.placed_by ? ", once the plan is carried out" : "");
    }
    for (const auto& clone : dataset_->clones(i)) line("  has the clone {}", clone);
    if (dataset_->awaited(i)) line("  is still to be sent by a job");
  }

  void votes(const Fates& fates, std::size_t snapshot) {
    for (const Fates::Judged& judged : fates.judged()) {
      const Prune& prune = *judged.prune;
      const Verdict* verdict = Fates::verdict(judged, snapshot);
      if (verdict == nullptr) {
        line("  {} does not match it  ({})", prune.id.str(), place(prune.origin));
      } else {
        line("  {} {}: {}  ({})", prune.id.str(), verdict->keep ? "keeps it" : "lets it go",
             verdict->reason, place(prune.origin));
      }
    }
    if (const Sink* floor = fates.floor_under(snapshot)) {
      line("  {} keeps it: keep_at_least {}  ({})", floor->name(), *floor->keep_at_least,
           place(floor->origin));
    }
  }

  Seconds now() const { return floor<std::chrono::seconds>(draft_.now); }

  const Draft& draft_;
  const FutureDataset* dataset_;
  const HostName& host_;
  const DatasetName& name_;
  std::string text_;
};

}  // namespace

std::string why(const Policy& policy, const World& world, Millis now, const HostName& host,
                const DatasetName& name, const std::optional<std::string>& snapshot) {
  Draft draft(policy, world, now);
  plan_all(draft);
  if (!draft.future.reachable(host)) {
    return fmt::format("{}:{}\n  {} can't be reached, so nothing is known of it\n", host.value,
                       name.str(), host.value);
  }
  Answer answer(draft, draft.future.find(host, name), host, name);
  return snapshot ? answer.snapshot(*snapshot) : answer.dataset();
}

}  // namespace zr

#include "lang/recursion.h"

#include <algorithm>
#include <map>

#include "lang/collect.h"

namespace zr {
namespace {

constexpr std::size_t max_shown = 8;

struct PolicyUse {
  std::size_t policy = 0;  // which one is used
  Span at;
};

// Which policy uses which, by their numbers.
class Uses {
 public:
  Uses(Context& context, const Declarations& declared) : of_(declared.policies.size()) {
    std::map<const Template*, std::size_t> numbers;
    for (const Template& policy : declared.policies) numbers.emplace(&policy, numbers.size());
    for (const Template& policy : declared.policies) {
      context.enter(*policy.scope);
      for (const ast::Statement& s : policy.statement->body) {
        if (s.broken || !is_use(context, s)) continue;
        const Span at = context.span(*context.begin(s));
        const Template* used = policy.scope->find(&Scope::policies, context.text(at));
        if (used != nullptr) of_[numbers.at(&policy)].push_back({numbers.at(used), at});
      }
    }
  }

  const std::vector<PolicyUse>& of(std::size_t policy) const { return of_[policy]; }

  // Those from which no path of uses leads into a circle.
  std::vector<bool> that_end() const {
    std::vector<std::vector<std::size_t>> users(of_.size());
    std::vector<std::size_t> open(of_.size());  // uses of policies that are not known to end
    std::vector<std::size_t> next;
    for (std::size_t i = 0; i < of_.size(); ++i) {
      open[i] = of_[i].size();
      for (const PolicyUse& use : of_[i]) users[use.policy].push_back(i);
      if (open[i] == 0) next.push_back(i);
    }
    std::vector<bool> ends(of_.size());
    while (!next.empty()) {
      const std::size_t policy = next.back();
      next.pop_back();
      ends[policy] = true;
      for (const std::size_t user : users[policy]) {
        if (--open[user] == 0) next.push_back(user);
      }
    }
    return ends;
  }

 private:
  std::vector<std::vector<PolicyUse>> of_;
};

void report(Context& context, const Declarations& declared, const std::vector<PolicyUse>& circle) {
  const auto name = [&](const PolicyUse& use) {
    return "`" + declared.policies[use.policy].own_name + "`";
  };
  std::vector<Label> chain{{declared.policies[circle.back().policy].name, "declared here"}};
  for (std::size_t i = 0; i + 1 < std::min(circle.size(), max_shown); ++i) {
    chain.push_back({circle[i].at, "which uses " + name(circle[i])});
  }
  context.error(Code::recursive_policy, circle.back().at,
                "the policy " + name(circle.back()) + " uses itself",
                circle.size() == 1 ? "" : "and this uses it again",
                {advice("a policy may use others, but not itself")}, std::move(chain));
}

}  // namespace

void refuse_recursion(Context& context, Declarations& declared) {
  const Uses uses(context, declared);
  const std::vector<bool> ends = uses.that_end();
  // From each that does not end one use is followed, to itself if there is such a one: every walk
  // comes into a circle, and each of those is walked once.
  const auto follow = [&](std::size_t policy) {
    const std::vector<PolicyUse>& all = uses.of(policy);
    auto use = std::find_if(all.begin(), all.end(),
                            [&](const PolicyUse& u) { return u.policy == policy; });
    if (use != all.end()) return *use;
    return *std::find_if(all.begin(), all.end(),
                         [&](const PolicyUse& u) { return !ends[u.policy]; });
  };
  std::vector<std::size_t> walked_from(ends.size(), ends.size());
  for (std::size_t begin = 0; begin < ends.size(); ++begin) {
    if (ends[begin]) continue;
    declared.policies[begin].usable = false;
    std::size_t at = begin;
    while (walked_from[at] == ends.size()) {
      walked_from[at] = begin;
      at = follow(at).policy;
    }
    if (walked_from[at] != begin) continue;  // into what was walked before
    std::vector<PolicyUse> circle{follow(at)};
    while (circle.back().policy != at) circle.push_back(follow(circle.back().policy));
    report(context, declared, circle);
  }
}

}  // namespace zr

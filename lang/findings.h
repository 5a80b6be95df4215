#pragma once

#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "lang/allows.h"
#include "lang/ast.h"
#include "lang/codes.h"
#include "lang/declarations.h"
#include "lang/diagnostic.h"
#include "lang/policy.h"

namespace zr {

// Findings: what a policy that is right can be told all the same. Each is proved, for every dataset
// that could exist, and shows the dataset, the snapshot or the numbers that prove it. What can't be
// decided within bounds is not mentioned.

// All of them, less what the text allows. `files` are the texts that the policy was made of, the
// site's own first.
void report_findings(const Policy&, const Declarations&, const std::vector<const ast::File*>& files,
                     const Sources&, Diagnostics&);

// Where findings go: to the diagnostics, or aside when the text allows them.
class Findings {
 public:
  Findings(Allows& allows, Diagnostics& diagnostics) : allows_(allows), diagnostics_(diagnostics) {}

  // Drops what was said before of the same place, which happens when one text is expanded often.
  void add(Diagnostic);

 private:
  using Place = std::tuple<std::string, SourceId, std::uint32_t, SourceId, std::uint32_t>;

  Allows& allows_;
  Diagnostics& diagnostics_;
  std::set<Place> seen_;
};

Diagnostic finding(Code, Severity, Span, std::string message);
bool is_finding(Code);

// "`nas:tank/db`"
std::string shown(const HostName&, const DatasetName&);
// "`tank< -> backup`"
std::string shown(const Rule&);

// Its parts, each in the file of its name.
void find_redundant_rules(const Policy&, Findings&);
void find_shared_targets(const Policy&, Findings&);
void find_idle_jobs(const Policy&, Findings&);
void find_meetings(const Policy&, Findings&);
void find_shut_doors(const Policy&, Findings&);  // findings_serving.cc
// Of the names in this source; those of others are there to be chosen from. And of the files that
// any of them uses.
void find_unused_names(const Policy&, const Declarations&, SourceId, const Sources&, Findings&);

}  // namespace zr

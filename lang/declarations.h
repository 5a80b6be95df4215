#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "lang/ast.h"
#include "lang/policy.h"

namespace zr {

// A block of rules, and where it would not do as a filter or as a map.
struct RulesBlock {
  Rules rules;
  std::optional<Span> first_target;
  std::optional<Span> first_ok;
};

// `used`: somebody asked for it by its name, or as the one local host. Set by whoever looks it up.
struct NamedRules {
  Span name;
  RulesBlock block;
  mutable bool used = false;
};

struct NamedRetention {
  Span name;
  std::vector<Keep> keeps;
  mutable bool used = false;
};

struct NamedHost {
  Span name;
  std::optional<Host> host;  // none when something in its block is wrong
  mutable bool used = false;
};

// What names stand for. A name whose block has an error is here all the same, so that using it is
// not a second error.
struct Declarations {
  std::map<std::string, NamedHost> hosts;
  std::vector<const NamedHost*> local_hosts;  // of `hosts`
  std::map<std::string, NamedRules> rules;
  std::map<std::string, NamedRetention> retentions;
  // Words of the headers that could not be read: a name found nowhere else may be one of these.
  std::set<std::string, std::less<>> lost_names;
  bool lost_host = false;  // such a header may have declared a host, or a host's block is wrong
  bool lost_job = false;   // or a job
  // The blocks of jobs and of `protect`, in the order of the file.
  std::vector<const ast::Statement*> jobs;
};

}  // namespace zr

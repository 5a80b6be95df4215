#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lang/ast.h"
#include "lang/policy.h"
#include "lang/scope.h"

namespace zr {

// A statement, and where it stands. All of what is declared names one: the same statement of a
// template is declared once for each expansion.
struct Declared {
  const ast::Statement* statement = nullptr;
  const Scope* scope = nullptr;
};

// A block of rules, and where it would not do as a filter or as a map.
struct RulesBlock {
  Rules rules;
  std::optional<Span> first_target;
  std::optional<Span> first_ok;
};

// `used`: somebody asked for it by its name, or as the one local host. Set by whoever looks it up.
struct NamedRules : Declared {
  Span name;
  std::string own_name;
  RulesBlock block;
  mutable bool used = false;
};

struct NamedRetention : Declared {
  Span name;
  std::string own_name;
  std::vector<Keep> keeps;
  mutable bool used = false;
};

struct NamedHost : Declared {
  Span name;
  HostName full_name;
  std::optional<Host> host;  // none when something in its block is wrong
  mutable bool used = false;
};

struct Parameter {
  std::string name;
  Span name_span;
  Type type{};
  std::optional<Value> fallback;  // what it is when a use does not say
};

// A `policy`.
struct Template : Declared {
  Span name;
  std::string own_name;
  std::vector<Parameter> parameters;
  bool usable = false;  // its head can be read, and it comes to an end: uses may be expanded
  mutable bool used = false;
  mutable bool expanded = false;  // at least once
};

// A job, a `sink` or a `pull_acl`, called "instance.name"; a `protect` or a `test`, without a name.
struct DeclaredJob : Declared {
  std::string full_name;
};

// A `use` of a file that is not built in.
struct Use {
  Span span;
  std::string path;                 // as written
  std::string stem;                 // before the names of what the file declares
  const ast::File* file = nullptr;  // that says it
  const Scope* used = nullptr;
};

// What the files of a site declare, expansions included. A name whose block has an error is here
// all the same, so that using it is not a second error. Addresses stay as they are.
struct Declarations {
  std::deque<NamedHost> hosts;
  std::vector<const NamedHost*> local_hosts;  // of `hosts`; filled when those were compiled
  std::deque<NamedRules> rules;
  std::deque<NamedRetention> retentions;
  std::deque<Template> policies;
  std::deque<Template> idle_loops;  // each `for` over an empty list, with its name as a parameter
  std::deque<Let> lets;
  std::vector<DeclaredJob> jobs;
  std::vector<DeclaredJob> tests;
  std::optional<Declared> limits;
  std::vector<Use> uses;

  // Words of the headers that could not be read: a name found nowhere else may be one of these.
  std::set<std::string, std::less<>> lost_names;
  bool lost_host = false;  // such a header may have declared a host, or a host's block is wrong
  bool lost_job = false;   // or a job
};

}  // namespace zr

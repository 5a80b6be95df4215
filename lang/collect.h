#pragma once

#include <deque>

#include "lang/context.h"
#include "lang/declarations.h"
#include "lang/modules.h"
#include "lang/policy.h"

namespace zr {

// What the expansions of one site may come to. Every declaration in a template counts as a block
// each time that it is used; the statements in it are bounded too, since a block may be long.
inline constexpr std::size_t max_expanded_blocks = 100'000;
inline constexpr std::size_t max_expanded_statements = 2'000'000;
// The names of uses within uses, joined: a job's name is part of bookmarks and holds, where ZFS has
// room for no more. It also bounds how deep templates are used within templates.
inline constexpr std::size_t max_made_name_bytes = 255;

// The first pass of a compilation: finds every declaration of every file, gives it its name, and
// makes what `for` and the uses of policies make, until nothing is left to be made. Statements are
// not copied: a declaration of a template stands in the scope of its expansion, which says what the
// parameters are. Sets the site's name.
class Collector {
 public:
  Collector(Context&, Modules&, Declarations&, Policy&);

  void collect();
  // Declares what the body of a policy declares, in the scope of an expansion, and reads its uses
  // of other policies without making what they would make.
  void collect_body(Scope&, const Template&);

 private:
  struct Pending {  // a use of a policy, or a `for`
    const ast::Statement* statement = nullptr;
    Scope* scope = nullptr;
  };

  void declare_all(Scope&, const std::vector<ast::Statement>&);
  void declare(Scope&, const ast::Statement&);
  void declare_in_file(Scope&, const ast::Statement&, std::string_view kind);
  void declare_block(Scope&, const ast::Statement&, const std::string& kind);
  void declare_named(Scope&, const ast::Statement&, const std::string& kind,
                     const std::string& name);
  void declare_host(Scope&, const ast::Statement&, const std::string& name);
  void declare_job(Scope&, const ast::Statement&, const std::string& kind, const std::string& name);
  void declare_policy(Scope&, const ast::Statement&);
  void declare_let(Scope&, const ast::Statement&);
  void declare_test(Scope&, const ast::Statement&);
  void declare_limits(const Scope&, const ast::Statement&);
  void site(const Scope&, const ast::Statement&);
  void unknown(const Scope&, const ast::Statement&, std::string_view kind);

  void read_lets();
  void expand_loop(const Pending&);
  // A use of a policy that can be expanded.
  struct Call {
    const Template* policy = nullptr;
    std::string name, instance;
    std::map<std::string, Value, std::less<>> arguments;
  };
  std::optional<Call> read_use(const Pending&);
  const Template* find_policy(const Pending&, Span, const std::string& name);
  void expand_use(const Pending&);
  Scope& new_scope(const Pending&, const Scope& outer, const ast::Statement& made_by,
                   std::string what, const std::string& name);
  void expand_body(Scope&, const ast::Statement&);
  bool within_limits(const ast::Statement& body, const Pending&, const std::string& name);

  Span name_span(const ast::Statement&) const;
  bool has_block(const ast::Statement&);
  void twice(Span again, Span first, std::string message);
  void lose(const ast::Statement&, bool host, bool job);

  Context& context_;
  Modules& modules_;
  Declarations& declared_;
  Policy& policy_;
  std::deque<Scope> expansions_;
  std::deque<Pending> loops_, uses_;
  const ast::Statement* site_ = nullptr;
  std::map<std::string, Span> hosts_, jobs_;  // by full name, a job's with its kind
  std::size_t blocks_ = 0;
  std::size_t statements_ = 0;
  bool gave_up_ = false;
};

// Whether a statement is a use of a policy: `NAME instance(…)`.
bool is_use(const Context&, const ast::Statement&);

}  // namespace zr

#pragma once

#include "lang/context.h"
#include "lang/declarations.h"
#include "lang/policy.h"

namespace zr {

// Turns the blocks that say what to do into jobs of the policy. One with an error is reported and
// left out.
class JobCompiler {
 public:
  JobCompiler(Context& context, const Declarations& declared, Policy& policy)
      : context_(context), declared_(declared), policy_(policy) {}

  void compile(const ast::Statement&);

  // Whether a push or a pull was left out: what has no job to be seen may then have one.
  bool lost_replication() const { return lost_replication_; }

 private:
  void autosnap(const ast::Statement&, JobId);
  void replication(const ast::Statement&, JobId);
  void prune(const ast::Statement&, JobId);
  void protect(const ast::Statement&);

  // Whether nothing is wrong with the statement: neither to the parser nor since `errors_before`.
  bool is_whole(const ast::Statement&, std::size_t errors_before) const;
  // Counts what named blocks are copied into jobs; false, and reported once, when that is too much.
  bool within_limit(const ast::Statement&, std::size_t copies);

  Context& context_;
  const Declarations& declared_;
  Policy& policy_;
  bool lost_replication_ = false;
  std::size_t copies_ = 0;
};

// The host that an `on`, `from` or `to` names.
HostName compile_host_name(Context&, const Declarations&, const ast::Statement&);

// The blocks of a push or a pull that say how data travels.
SendOptions compile_send(Context&, const ast::Statement&);
ReceiveOptions compile_receive(Context&, const ast::Statement&);

}  // namespace zr

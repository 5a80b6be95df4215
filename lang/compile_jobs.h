#pragma once

#include <map>
#include <string>
#include <vector>

#include "lang/context.h"
#include "lang/declarations.h"
#include "lang/policy.h"

namespace zr {

class Body;

// Turns the blocks that say what to do into jobs of the policy. One with an error is reported and
// left out.
class JobCompiler {
 public:
  // The declarations' hosts are compiled already.
  JobCompiler(Context&, const Declarations&, Policy&);

  void compile(const DeclaredJob&);

  // Whether a push or a pull was left out: what has no job to be seen may then have one.
  bool lost_replication() const { return lost_replication_; }

 private:
  void autosnap(const ast::Statement&, JobId);
  void replication(const ast::Statement&, JobId);
  void prune(const ast::Statement&, JobId);
  void protect(const ast::Statement&);
  void sink(const ast::Statement&, const std::string& identity);
  void pull_acl(const ast::Statement&, const std::string& identity);

  void where_to(const ast::Statement&, Body&, Replication&);
  void refuse_agent(const ast::Statement&, const HostName& on);
  const Host* known_host(const HostName&) const;

  // Whether nothing is wrong with the statement: neither to the parser nor since `errors_before`.
  bool is_whole(const ast::Statement&, std::size_t errors_before) const;
  // Counts what named blocks are copied into jobs; false, and reported once, when that is too much.
  bool within_limit(const ast::Statement&, std::size_t copies);

  Context& context_;
  const Declarations& declared_;
  Policy& policy_;
  std::map<HostName, const Host*> hosts_;
  bool lost_replication_ = false;
  std::size_t copies_ = 0;
};

// The host that an `on`, `from` or `to` names.
HostName compile_host_name(Context&, const Declarations&, const ast::Statement&);

// The blocks of a push or a pull that say how data travels.
SendOptions compile_send(Context&, const ast::Statement&);
ReceiveOptions compile_receive(Context&, const ast::Statement&);
// `properties compression atime`, of a sink; sorted.
std::vector<std::string> compile_grants(Context&, const ast::Statement&);

}  // namespace zr

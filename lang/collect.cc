#include "lang/collect.h"

#include <algorithm>

#include "lang/compile_snapshots.h"
#include "lang/keywords.h"
#include "lang/parameters.h"
#include "lang/reader.h"
#include "lang/recursion.h"
#include "lang/synonyms.h"
#include "lang/utf8.h"

namespace zr {
namespace {

bool contains(const auto& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool is_job_kind(std::string_view kind) {
  return parse_job_kind(kind).has_value() || kind == "sink" || kind == "pull_acl";
}

}  // namespace

bool is_use(const Context& context, const ast::Statement& s) {
  return s.token_count >= 3 && context.begin(s)[0].kind == ast::TokenKind::word &&
         context.begin(s)[1].kind == ast::TokenKind::word &&
         context.raw_text(context.begin(s)[2]) == "(";
}

Collector::Collector(Context& context, Modules& modules, Declarations& declared, Policy& policy)
    : context_(context), modules_(modules), declared_(declared), policy_(policy) {}

void Collector::collect() {
  for (Scope& scope : modules_.scopes()) declare_all(scope, scope.file->statements);
  // Loops come first: the hosts that they make may be named by what the other uses are given.
  while (!loops_.empty()) {
    const Pending loop = loops_.front();
    loops_.pop_front();
    expand_loop(loop);
  }
  read_lets();
  refuse_recursion(context_, declared_);
  while (!uses_.empty()) {
    const Pending use = uses_.front();
    uses_.pop_front();
    expand_use(use);
  }
}

void Collector::collect_body(Scope& scope, const Template& policy) {
  hosts_.clear();
  jobs_.clear();
  declare_all(scope, policy.statement->body);
  for (const Pending& use : uses_) read_use(use);
  uses_.clear();
}

Span Collector::name_span(const ast::Statement& s) const {
  return context_.span(context_.begin(s)[1]);
}

void Collector::twice(Span again, Span first, std::string message) {
  context_.error(Code::declared_twice, again, std::move(message), "again here", {},
                 {{first, "first here"}});
}

void Collector::declare_all(Scope& scope, const std::vector<ast::Statement>& statements) {
  for (const ast::Statement& s : statements) {
    context_.enter(scope);
    declare(scope, s);
  }
}

void Collector::declare(Scope& scope, const ast::Statement& s) {
  const std::string_view kind = context_.key(s);
  if (contains(file_declarations, kind)) {
    declare_in_file(scope, s, kind);
  } else if (kind == "protect") {
    if (has_block(s)) declared_.jobs.push_back({{&s, &scope}, {}});
  } else if (kind == "test") {
    declare_test(scope, s);
  } else if (contains(declarations, kind)) {
    declare_block(scope, s, std::string(kind));
  } else if (is_use(context_, s)) {
    if (s.broken) {
      lose(s, true, true);
    } else {
      uses_.push_back({&s, &scope});
    }
  } else {
    if (!s.broken) unknown(scope, s, kind);
    lose(s, true, true);
  }
}

void Collector::declare_in_file(Scope& scope, const ast::Statement& s, std::string_view kind) {
  if (scope.is_template()) {
    if (s.broken) return;
    context_.error(Code::not_here, context_.span(*context_.begin(s)),
                   "`" + std::string(kind) + "` stands at the top level of a file only", "",
                   {advice("move it out of the block")});
  } else if (kind == "site") {
    site(scope, s);
  } else if (kind == "limits") {
    declare_limits(scope, s);
  } else if (kind == "policy") {
    declare_policy(scope, s);
  } else if (kind == "let") {
    declare_let(scope, s);
  } else if (kind == "for") {
    if (s.broken) {
      lose(s, true, true);
    } else {
      loops_.push_back({&s, &scope});
    }
  }
}

void Collector::site(const Scope& scope, const ast::Statement& s) {
  Reader reader(context_, s);
  const auto name = reader.identifier("the site's name");
  if (!reader.end() || !name) return;
  if (&scope != &modules_.scopes().front()) {
    context_.error(Code::not_here, context_.span(s), "a file that is used can't name the site", "",
                   {advice("`site` stands in the file that `zrepl` is given")});
    return;
  }
  if (site_ != nullptr) {
    twice(name_span(s), name_span(*site_), "the site is named twice");
    return;
  }
  site_ = &s;
  policy_.site = SiteName(*name);
  policy_.site_declared = true;
}

void Collector::declare_limits(const Scope& scope, const ast::Statement& s) {
  if (s.broken) return;
  Reader reader(context_, s);
  if (!reader.at_end()) {
    reader.fail(Code::unwanted_value, reader.here(), "a `limits` block has no name", "",
                {Help{"leave it out", reader.here(), ""}});
    return;
  }
  if (!reader.block("limits { destroy 20% or 100; create 1000 }")) return;
  if (&scope != &modules_.scopes().front()) {
    context_.error(Code::not_here, context_.span(s), "a file that is used can't set limits", "",
                   {advice("`limits` stands in the file that `zrepl` is given")});
  } else if (declared_.limits) {
    twice(context_.span(s), context_.span(*declared_.limits->statement),
          "there are two `limits` blocks");
  } else {
    declared_.limits = {&s, &scope};
  }
}

// A block that was never closed holds what belongs to its neighbours: its name is all of it that is
// used.
bool Collector::has_block(const ast::Statement& s) {
  if (s.broken) return false;
  if (s.has_block) return true;
  const std::string head = std::string(context_.key(s)) + (s.token_count > 1 ? " NAME" : "");
  return Reader(context_, s, s.token_count).block(head + " { … }");
}

void Collector::declare_block(Scope& scope, const ast::Statement& s, const std::string& kind) {
  const bool is_job = is_job_kind(kind);
  if (s.broken) {
    lose(s, kind == "host", is_job);
    return;
  }
  const bool is_identity = kind == "sink" || kind == "pull_acl";
  Reader reader(context_, s);
  const auto name = reader.identifier(is_identity ? "the identity of a client"
                                      : is_job    ? "the name of the job"
                                                  : "the name of the " + kind);
  if (!name || !reader.block(kind + " " + *name + " { … }")) {
    lose(s, kind == "host", is_job);
    return;
  }
  declare_named(scope, s, kind, *name);
}

void Collector::declare_named(Scope& scope, const ast::Statement& s, const std::string& kind,
                              const std::string& name) {
  const Span span = name_span(s);
  if (kind == "host") {
    declare_host(scope, s, name);
  } else if (kind == "rules") {
    const auto same = scope.rules.find(name);
    if (same != scope.rules.end()) {
      twice(span, same->second->name, "there are two `rules` blocks called `" + name + "`");
      return;
    }
    declared_.rules.push_back({{&s, &scope}, span, name, {}, false});
    scope.rules.emplace(name, &declared_.rules.back());
  } else if (kind == "retention") {
    if (is_keep_kind(name)) {
      context_.error(Code::bad_name, span,
                     "a retention can't be called `" + name + "`, which is a kind of keep");
    }
    const auto same = scope.retentions.find(name);
    if (same != scope.retentions.end()) {
      twice(span, same->second->name, "there are two `retention` blocks called `" + name + "`");
      return;
    }
    declared_.retentions.push_back({{&s, &scope}, span, name, {}, false});
    scope.retentions.emplace(name, &declared_.retentions.back());
  } else {
    declare_job(scope, s, kind, name);
  }
}

// In a template a host that has a parameter's name is that parameter: `for h in [a, b] { host h …
// }` declares the hosts `a` and `b`, known around the template too.
void Collector::declare_host(Scope& scope, const ast::Statement& s, const std::string& name) {
  const Span span = name_span(s);
  Scope* home = &scope;
  std::string own = name;
  std::string full = scope.prefix + name;
  const auto parameter = scope.parameters.find(name);
  if (parameter != scope.parameters.end()) {
    if (parameter->second.type != Type::word) {
      context_.error(Code::wrong_type, span,
                     "`" + name + "` is a parameter, and can't be declared again", "",
                     {advice("give the host a name of its own")},
                     {{parameter->second.span, "what it stands for"}});
      return;
    }
    full = own = parameter->second.text;
    home = scope.user;
  }
  const auto [at, added] = hosts_.emplace(full, span);
  if (!added) {
    twice(span, at->second, "there are two `host` blocks called `" + full + "`");
    return;
  }
  declared_.hosts.push_back({{&s, &scope}, span, HostName(full), std::nullopt, false});
  home->hosts.emplace(own, &declared_.hosts.back());
}

void Collector::declare_job(Scope& scope, const ast::Statement& s, const std::string& kind,
                            const std::string& name) {
  const std::string full = scope.prefix + name;
  const auto [at, added] = jobs_.emplace(kind + "." + full, name_span(s));
  if (!added) {
    twice(name_span(s), at->second, "there are two `" + kind + "` blocks called `" + full + "`");
    return;
  }
  declared_.jobs.push_back({{&s, &scope}, full});
}

void Collector::declare_test(Scope& scope, const ast::Statement& s) {
  if (s.broken) return;
  Reader reader(context_, s);
  const auto name = reader.string("what is tested");
  if (!name || !reader.block("test \"what\" { expect … }")) return;
  // Those of the library are for the library.
  const bool is_built_in =
      context_.sources().name(scope.of_file().file->source).rfind("std/", 0) == 0;
  const bool is_root = &scope.of_file() == &modules_.scopes().front();
  if (!is_built_in || is_root) declared_.tests.push_back({{&s, &scope}, *name});
}

void Collector::declare_policy(Scope& scope, const ast::Statement& s) {
  if (s.broken) {
    lose(s, false, false);
    return;
  }
  Reader reader(context_, s);
  const auto name = reader.identifier("the name of the policy");
  if (!name) {
    lose(s, false, false);
    return;
  }
  const auto same = scope.policies.find(*name);
  if (same != scope.policies.end()) {
    twice(name_span(s), same->second->name, "there are two policies called `" + *name + "`");
    return;
  }
  if (contains(declarations, *name) || contains(file_declarations, *name)) {
    context_.error(Code::bad_name, name_span(s),
                   "a policy can't be called `" + *name + "`, which begins a declaration");
    return;
  }
  declared_.policies.push_back({{&s, &scope}, name_span(s), *name, {}, false, false, false});
  scope.policies.emplace(*name, &declared_.policies.back());
}

void Collector::declare_let(Scope& scope, const ast::Statement& s) {
  if (s.broken) {
    lose(s, false, false);
    return;
  }
  Reader reader(context_, s);
  const auto name = reader.identifier("the name of the constant");
  if (!name) return;
  const Span span = name_span(s);
  if (const auto same = scope.lets.find(*name); same != scope.lets.end()) {
    twice(span, same->second->name, "`" + *name + "` is declared twice");
    return;
  }
  declared_.lets.push_back({span, *name, &s, std::nullopt, false});
  scope.lets.emplace(*name, &declared_.lets.back());
}

// A header that could not be read may have declared any of its words.
void Collector::lose(const ast::Statement& s, bool host, bool job) {
  declared_.lost_host = declared_.lost_host || host;
  declared_.lost_job = declared_.lost_job || job;
  for (std::uint32_t i = 1; i < std::min<std::uint32_t>(s.token_count, 8); ++i) {
    declared_.lost_names.emplace(context_.text(context_.begin(s)[i]));
  }
}

void Collector::unknown(const Scope& scope, const ast::Statement& s, std::string_view kind) {
  std::vector<std::string> names(declarations.begin(), declarations.end());
  if (!scope.is_template()) {
    names.insert(names.end(), file_declarations.begin(), file_declarations.end());
  }
  const Span span = s.token_count > 0 ? context_.span(*context_.begin(s)) : context_.span(s);
  std::vector<Help> help = context_.suggestion(span, kind, names);
  if (help.empty() && scope.find(&Scope::policies, kind) != nullptr) {
    help.push_back(advice("a policy is used with a name and its parameters: `" + std::string(kind) +
                          " NAME(…)`"));
  }
  if (s.token_count > 1 && !kind.empty()) {  // `job push offsite`
    const ast::Token& second = context_.begin(s)[1];
    Span both = span;
    both.end = second.end;
    const std::string word(context_.text(second));
    if (contains(declarations, word)) help = {replacement(both, word)};
  }
  if (const std::string about = about_control_flow(kind); !about.empty()) help = {advice(about)};
  if (help.empty() && is_foreign_comment(kind)) help.push_back(advice("comments begin with `#`"));
  if (help.empty()) {
    const std::string home = home_of_key(kind);
    help.push_back(advice(home.empty() ? "a site file holds " + one_of(names)
                                       : home + "; was a `}` put too early?"));
  }
  context_.error(
      Code::unknown_declaration, span,
      kind.empty() ? "expected a declaration" : "unknown declaration `" + printable(kind) + "`", "",
      std::move(help));
}

}  // namespace zr

#include "lang/compile.h"

#include <algorithm>

#include "lang/body.h"
#include "lang/canonical.h"
#include "lang/check.h"
#include "lang/compile_host.h"
#include "lang/compile_jobs.h"
#include "lang/compile_rules.h"
#include "lang/compile_snapshots.h"
#include "lang/keywords.h"
#include "lang/reader.h"
#include "lang/synonyms.h"
#include "lang/utf8.h"

namespace zr {
namespace {

bool contains(const auto& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// Takes the declarations of one file apart, by kind and name.
class Compiler {
 public:
  Compiler(Context& context, Policy& policy) : context_(context), policy_(policy) {}

  void read(const ast::File& file) {
    for (const ast::Statement& s : file.statements) declare(s);
    for (const auto& [name, s] : hosts_) compile_named_host(name, *s);
    for (const auto& [name, s] : rules_) {
      declared_.rules.emplace(name, NamedRules{name_span(*s), compile_rules(context_, *s)});
    }
    for (const auto& [name, s] : retentions_) compile_named_retention(name, *s);
    JobCompiler jobs(context_, declared_, policy_);
    for (const ast::Statement* s : declared_.jobs) jobs.compile(*s);
    lost_replication_ = jobs.lost_replication() || declared_.lost_job;
  }

  bool lost_replication() const { return lost_replication_; }

 private:
  using Blocks = std::map<std::string, const ast::Statement*>;

  Span name_span(const ast::Statement& s) const { return context_.span(context_.begin(s)[1]); }

  void declare(const ast::Statement& s) {
    const std::string_view kind = context_.key(s);
    if (kind == "site") {
      site(s);
    } else if (kind == "protect") {
      if (has_block(s)) declared_.jobs.push_back(&s);
    } else if (contains(declarations, kind)) {
      named_block(s, std::string(kind));
    } else if (contains(later_declarations, kind)) {
      report_later(context_, s);
      lose(s, true, true);
    } else {
      if (!s.broken) unknown(s, kind);
      lose(s, true, true);
    }
  }

  void site(const ast::Statement& s) {
    Reader reader(context_, s);
    const auto name = reader.identifier("the site's name");
    if (!reader.end() || !name) return;
    if (site_ != nullptr) {
      twice(s, *site_, "the site is named twice");
      return;
    }
    site_ = &s;
    policy_.site = SiteName(*name);
    policy_.site_declared = true;
  }

  void twice(const ast::Statement& again, const ast::Statement& first, std::string message) {
    context_.error(Code::declared_twice, name_span(again), std::move(message), "again here", {},
                   {{name_span(first), "first here"}});
  }

  // A block that was never closed holds what belongs to its neighbours: its name is all of it that
  // is used.
  bool has_block(const ast::Statement& s) {
    if (s.broken) return false;
    if (s.has_block) return true;
    const std::string head = std::string(context_.key(s)) + (s.token_count > 1 ? " NAME" : "");
    return Reader(context_, s, s.token_count).block(head + " { … }");
  }

  void named_block(const ast::Statement& s, const std::string& kind) {
    const bool is_job = parse_job_kind(kind).has_value();
    Reader reader(context_, s);
    if (s.broken) {
      lose(s, kind == "host", is_job);
      return;
    }
    const auto name = reader.identifier("the name of the " + (is_job ? std::string("job") : kind));
    if (!name || !reader.block(kind + " " + *name + " { … }")) {
      lose(s, kind == "host", is_job);
      return;
    }
    if (kind == "retention" && is_keep_kind(*name)) {
      context_.error(Code::bad_name, name_span(s),
                     "a retention can't be called `" + *name + "`, which is a kind of keep");
    }
    Blocks& same = kind == "host"        ? hosts_
                   : kind == "rules"     ? rules_
                   : kind == "retention" ? retentions_
                                         : jobs_[kind];
    const auto [at, added] = same.emplace(*name, &s);
    if (!added) {
      twice(s, *at->second, "there are two `" + kind + "` blocks called `" + *name + "`");
    } else if (is_job) {
      declared_.jobs.push_back(&s);
    }
  }

  // A header that could not be read may have declared any of its words.
  void lose(const ast::Statement& s, bool host, bool job) {
    declared_.lost_host = declared_.lost_host || host;
    declared_.lost_job = declared_.lost_job || job;
    for (std::uint32_t i = 1; i < std::min<std::uint32_t>(s.token_count, 8); ++i) {
      declared_.lost_names.emplace(context_.text(context_.begin(s)[i]));
    }
  }

  void unknown(const ast::Statement& s, std::string_view kind) {
    std::vector<std::string> names(declarations.begin(), declarations.end());
    names.emplace_back("site");
    const Span span = s.token_count > 0 ? context_.span(*context_.begin(s)) : context_.span(s);
    std::vector<Help> help = context_.suggestion(span, kind, names);
    if (s.token_count > 1 && !kind.empty()) {  // `job push offsite`
      const ast::Token& second = context_.begin(s)[1];
      Span both = span;
      both.end = second.end;
      const std::string word(context_.text(second));
      if (contains(declarations, word)) help = {replacement(both, word)};
    }
    if (help.empty() && is_foreign_comment(kind)) help.push_back(advice("comments begin with `#`"));
    if (help.empty()) {
      const std::string home = home_of_key(kind);
      help.push_back(advice(home.empty() ? "a site file holds " + one_of(names)
                                         : home + "; was a `}` put too early?"));
    }
    context_.error(
        Code::unknown_declaration, span,
        kind.empty() ? "expected a declaration" : "unknown declaration `" + printable(kind) + "`",
        "", std::move(help));
  }

  void compile_named_host(const std::string& name, const ast::Statement& s) {
    const std::size_t before = context_.errors();
    Host host = compile_host(context_, s, HostName(name));
    NamedHost named{name_span(s), std::nullopt};
    if (context_.errors() == before && !is_broken(s)) {
      policy_.hosts.push_back(host);
      named.host = std::move(host);
    }
    const NamedHost& kept = declared_.hosts.emplace(name, std::move(named)).first->second;
    if (!kept.host) declared_.lost_host = true;
    if (kept.host && kept.host->is_local()) declared_.local_hosts.push_back(&kept);
  }

  void compile_named_retention(const std::string& name, const ast::Statement& s) {
    Body body(context_, s, {{"keep", Key::Use::often}});
    body.require("keep", "keep last 10");
    declared_.retentions.emplace(
        name, NamedRetention{name_span(s), compile_keeps(context_, body.all("keep"), nullptr)});
  }

  Context& context_;
  Policy& policy_;
  Declarations declared_;
  const ast::Statement* site_ = nullptr;
  Blocks hosts_, rules_, retentions_;
  std::map<std::string, Blocks> jobs_;
  bool lost_replication_ = false;
};

template <class T>
void sort_by_id(std::vector<T>& jobs) {
  std::sort(jobs.begin(), jobs.end(), [](const T& a, const T& b) { return a.id < b.id; });
}

}  // namespace

SiteName default_site_name(std::string_view file) {
  constexpr std::size_t max_bytes = 64;
  std::string_view stem = file.substr(file.rfind('/') + 1);
  const std::size_t dot = stem.rfind('.');
  if (dot != std::string_view::npos && dot > 0) stem = stem.substr(0, dot);
  std::string name;
  for (char c : stem) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    const bool kept = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    name += kept ? c : '_';
  }
  if (name.empty() || name[0] < 'a' || name[0] > 'z') name = "site_" + name;
  return SiteName(name.substr(0, max_bytes));
}

std::optional<Policy> compile(const ast::File& file, const Import& /*use is of a later version*/,
                              const Sources& sources, Diagnostics& diagnostics) {
  Context context(sources, file, diagnostics);
  Policy policy;
  policy.file = sources.name(file.source);
  policy.site = default_site_name(policy.file);
  Compiler compiler(context, policy);
  compiler.read(file);
  sort_by_id(policy.autosnaps);
  sort_by_id(policy.replications);
  sort_by_id(policy.prunes);
  sort_protects(policy.protects);
  check(policy, compiler.lost_replication(), diagnostics);
  if (diagnostics.has_errors()) return std::nullopt;
  policy.hash = policy_hash(policy);
  return policy;
}

}  // namespace zr

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "lang/context.h"
#include "lang/findings.h"
#include "lang/utf8.h"

// Names that nothing uses. A site without jobs has only begun, and is left alone.

namespace zr {
namespace {

void report(Findings& findings, std::string_view kind, std::string_view name, Span span,
            std::string_view use) {
  Diagnostic d = finding(Code::unused_name, Severity::warning, span,
                         fmt::format("nothing uses the {} `{}`", kind, name));
  d.help.push_back(advice(fmt::format("{}, or remove it", use)));
  findings.add(std::move(d));
}

const std::string& name_of(const NamedHost& host) { return host.full_name.value; }
const std::string& name_of(const auto& named) { return named.own_name; }

// The lock and the journal live where the local host says, whatever else it does.
bool is_needed(const NamedHost& named) {
  return named.host && named.host->is_local() && named.host->state_dir.has_value();
}
bool is_needed(const auto&) { return false; }

// `use` as a format, with the name as its argument.
template <class T>
void find_unused(const std::deque<T>& all, SourceId source, std::string_view kind,
                 std::string_view use, Findings& findings) {
  for (const T& named : all) {
    if (named.used || named.name.source != source || is_needed(named)) continue;
    report(findings, kind, name_of(named), named.name,
           fmt::format(fmt::runtime(use), name_of(named)));
  }
}

class UnusedFiles {
 public:
  UnusedFiles(const Sources& sources, Findings& findings)
      : sources_(sources), findings_(findings) {}

  void look_at(const Use& use) {
    if (stems_in(*use.file).count(use.stem) > 0 || does_something(*use.used)) return;
    report(findings_, "file", printable(use.path, 200), use.span,
           fmt::format("write `{}.NAME` for something in it", use.stem));
  }

 private:
  // The words before a dot, everywhere in the text: names of other files are written like that and
  // no other way. A dataset may have a dot, too; then the file counts as used.
  const std::set<std::string_view>& stems_in(const ast::File& file) {
    const auto [at, is_new] = stems_.try_emplace(&file);
    if (!is_new) return at->second;
    for (const ast::Token& token : file.tokens) {
      if (token.kind != ast::TokenKind::word) continue;
      const std::string_view text = sources_.text({file.source, token.begin, token.end, {}});
      for (std::size_t dot = text.find('.'); dot != std::string_view::npos;
           dot = text.find('.', dot + 1)) {
        std::size_t begin = dot;
        while (begin > 0 && is_name_character(text[begin - 1])) --begin;
        at->second.insert(text.substr(begin, dot - begin));
      }
    }
    return at->second;
  }

  static bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  }

  // Whether the file, or one that it uses, has more than names to choose from.
  bool does_something(const Scope& file) {
    const auto [at, is_new] = active_.try_emplace(&file, false);
    if (!is_new) return at->second;
    const auto& statements = file.file->statements;
    const bool active =
        std::any_of(statements.begin(), statements.end(),
                    [&](const ast::Statement& s) { return !only_names(*file.file, s); }) ||
        std::any_of(file.uses.begin(), file.uses.end(),
                    [&](const auto& entry) { return does_something(*entry.second); });
    active_[&file] = active;
    return active;
  }

  bool only_names(const ast::File& file, const ast::Statement& s) const {
    constexpr std::array<std::string_view, 5> kinds{"use", "let", "rules", "retention", "policy"};
    if (s.token_count == 0) return false;
    const ast::Token& first = file.tokens[s.first_token];
    const std::string_view kind = sources_.text({file.source, first.begin, first.end, {}});
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
  }

  const Sources& sources_;
  Findings& findings_;
  std::map<const ast::File*, std::set<std::string_view>> stems_;
  std::map<const Scope*, bool> active_;
};

}  // namespace

void find_unused_names(const Policy& policy, const Declarations& declared, SourceId source,
                       const Sources& sources, Findings& findings) {
  if (policy.subjects().empty() && policy.protects.empty()) return;
  find_unused(declared.hosts, source, "host", "name it in a job's `on`, `from` or `to`", findings);
  find_unused(declared.rules, source, "rules", "write `datasets {0}` or `map {0}`", findings);
  find_unused(declared.retentions, source, "retention", "write `keep {}`", findings);
  find_unused(declared.policies, source, "policy", "write `{} NAME(…)`", findings);
  find_unused(declared.lets, source, "constant", "write `{}` where its value is meant", findings);
  UnusedFiles files(sources, findings);
  for (const Use& use : declared.uses) files.look_at(use);
}

}  // namespace zr

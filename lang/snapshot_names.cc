#include "lang/snapshot_names.h"

#include <algorithm>

#include "lang/names.h"
#include "lang/overloaded.h"

namespace zr {
namespace {

constexpr std::string_view sample_time = "20261122_063000_000";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == ':' || c == ' ';
}

// A regular expression that is nothing but a text that must be in the name.
struct Literal {
  std::string text;
  bool at_start = false;
};

// The expression as a literal; none when it says more, or says it in another way.
std::optional<Literal> literal_of(std::string_view regex) {
  Literal literal;
  if (!regex.empty() && regex.front() == '^') {
    literal.at_start = true;
    regex.remove_prefix(1);
  }
  while (!regex.empty()) {
    const bool escaped = regex.size() > 1 && regex[0] == '\\' && regex[1] == '.';
    if (!escaped && !is_plain(regex.front())) break;
    literal.text += escaped ? '.' : regex.front();
    regex.remove_prefix(escaped ? 2 : 1);
  }
  if (regex.empty() || regex == ".*" || regex == ".*$") return literal;
  // Names are not empty, so this asks for nothing either.
  if (literal.text.empty() && (regex == "." || regex == ".+" || regex == ".+$")) return literal;
  return std::nullopt;
}

// `a|b` as its parts; the whole where a `|` may mean something else.
std::vector<std::string_view> alternatives(std::string_view regex) {
  std::vector<std::string_view> parts;
  const bool simple = regex.find_first_of("\\()[]{}") == std::string_view::npos;
  for (std::size_t bar = regex.find('|'); simple && bar != std::string_view::npos;
       bar = regex.find('|')) {
    parts.push_back(regex.substr(0, bar));
    regex.remove_prefix(bar + 1);
  }
  parts.push_back(regex);
  return parts;
}

// Line by line, that is; nobody writes filters for which it takes long.
bool can_be_compared(const SnapshotFilter& a, const SnapshotFilter& b) {
  constexpr std::size_t max_pairs = 100'000;
  return (a.lines.size() + 1) * (b.lines.size() + 1) <= max_pairs;
}

// What names that the line takes begin with, where that is known.
std::optional<std::string> beginning_of(const std::variant<NamePrefix, NameMatching>& line) {
  if (const auto* prefix = std::get_if<NamePrefix>(&line)) return prefix->prefix;
  const auto literal = literal_of(std::get<NameMatching>(line).regex.text());
  return literal ? std::optional(literal->text) : std::nullopt;
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// Whether what an autosnap makes of `prefix` can begin with `wanted`: as much of the time as that
// asks for has to look like one.
bool autosnap_can_begin_with(std::string_view prefix, std::string_view wanted) {
  const std::size_t common = std::min(prefix.size(), wanted.size());
  if (prefix.substr(0, common) != wanted.substr(0, common)) return false;
  const std::string_view time = wanted.substr(common);
  if (time.size() > sample_time.size()) return false;
  for (std::size_t i = 0; i < time.size(); ++i) {
    const bool digit = time[i] >= '0' && time[i] <= '9';
    if (sample_time[i] == '_' ? time[i] != '_' : !digit) return false;
  }
  return true;
}

}  // namespace

bool matches_every(const Regex& regex, std::string_view prefix) {
  const auto parts = alternatives(regex.text());
  return std::any_of(parts.begin(), parts.end(), [&](std::string_view part) {
    const auto literal = literal_of(part);
    if (!literal) return false;
    return literal->at_start ? starts_with(prefix, literal->text)
                             : prefix.find(literal->text) != std::string_view::npos;
  });
}

bool matches_none(const Regex& regex, std::string_view prefix) {
  const auto parts = alternatives(regex.text());
  return std::all_of(parts.begin(), parts.end(), [&](std::string_view part) {
    const auto literal = literal_of(part);
    if (!literal || !literal->at_start) return false;
    const std::size_t common = std::min(prefix.size(), literal->text.size());
    return prefix.substr(0, common) != std::string_view(literal->text).substr(0, common);
  });
}

bool takes_every(const SnapshotFilter& filter, std::string_view prefix) {
  if (filter.any) return true;
  return std::any_of(filter.lines.begin(), filter.lines.end(), [&](const auto& line) {
    return std::visit(
        overloaded{[&](const NamePrefix& l) { return starts_with(prefix, l.prefix); },
                   [&](const NameMatching& l) { return matches_every(l.regex, prefix); }},
        line);
  });
}

bool takes_all_of(const SnapshotFilter& outer, const SnapshotFilter& inner) {
  if (takes_every(outer, "")) return true;
  if (inner.any || !can_be_compared(outer, inner)) return false;
  return std::all_of(inner.lines.begin(), inner.lines.end(), [&](const auto& line) {
    if (std::find(outer.lines.begin(), outer.lines.end(), line) != outer.lines.end()) return true;
    const auto* prefix = std::get_if<NamePrefix>(&line);
    return prefix != nullptr && takes_every(outer, prefix->prefix);
  });
}

bool takes_none_of_autosnap(const SnapshotFilter& filter, std::string_view prefix) {
  if (filter.any) return false;
  return std::all_of(filter.lines.begin(), filter.lines.end(), [&](const auto& line) {
    return std::visit(
        overloaded{[&](const NamePrefix& l) { return !autosnap_can_begin_with(prefix, l.prefix); },
                   [&](const NameMatching& l) { return matches_none(l.regex, prefix); }},
        line);
  });
}

std::optional<std::string> common_name(const SnapshotFilter& a, const SnapshotFilter& b,
                                       const std::vector<std::string>& hints) {
  if (!can_be_compared(a, b)) return std::nullopt;
  const auto try_name = [&](const std::string& name) {
    return is_version_name(name) && a.takes(name) && b.takes(name);
  };
  for (const std::string& hint : hints) {
    if (const std::string name = sample_name(hint); try_name(name)) return name;
  }
  if (const std::string name = sample_name("zrepl_"); try_name(name)) return name;
  for (const SnapshotFilter* filter : {&a, &b}) {
    for (const auto& line : filter->lines) {
      const auto beginning = beginning_of(line);
      if (!beginning) continue;
      for (const std::string& name : {sample_name(*beginning), *beginning + "1", *beginning}) {
        if (try_name(name)) return name;
      }
    }
  }
  return std::nullopt;
}

std::string sample_name(std::string_view prefix) {
  return std::string(prefix) + std::string(sample_time);
}

}  // namespace zr

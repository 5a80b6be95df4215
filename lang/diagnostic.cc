#include "lang/diagnostic.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace zr {
namespace {

constexpr std::size_t max_expansions = 8;
constexpr std::size_t max_name_bytes = 64;  // longer ones are not compared

char folded(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Restricted Damerau-Levenshtein: insert, delete, replace, swap two neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = folded(a[i - 1]) == folded(b[j - 1]);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      if (i > 1 && j > 1 && folded(a[i - 1]) == folded(b[j - 2]) &&
          folded(a[i - 2]) == folded(b[j - 1])) {
        row[j] = std::min(row[j], before[j - 2] + 1);
      }
    }
    before.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

std::vector<Diagnostic> in_order(std::vector<Diagnostic> all) {
  std::stable_sort(all.begin(), all.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tie(a.span.source, a.span.begin) < std::tie(b.span.source, b.span.begin);
  });
  return all;
}

}  // namespace

std::string_view word(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      return "note";
  }
  return "error";
}

void Diagnostics::add(Diagnostic d) {
  if (d.severity == Severity::error) ++errors_;
  if (d.span.expansion != ExpansionId::none && is_known(d)) return;
  if (++counts_.at(index(d.severity)) <= max_kept) all_.push_back(std::move(d));
}

// Notes it down if it is not, as the next of all_.
bool Diagnostics::is_known(const Diagnostic& d) {
  const Place place{d.code, d.span.source, d.span.begin, d.span.end, d.message};
  const auto found = expanded_.find(place);
  if (found != expanded_.end()) {
    ++all_[found->second].more_uses;
    return true;
  }
  if (counts_.at(index(d.severity)) < max_kept) expanded_.emplace(place, all_.size());
  return false;
}

void Diagnostics::allow(Diagnostic d, std::string reason) {
  ++allowed_count_;
  d.allowed = std::move(reason);
  if (allowed_.size() < max_kept) allowed_.push_back(std::move(d));
}

std::vector<Diagnostic> Diagnostics::sorted() const { return in_order(all_); }

std::vector<Diagnostic> Diagnostics::allowed() const { return in_order(allowed_); }

std::vector<Diagnostic> Diagnostics::with_allowed() const {
  std::vector<Diagnostic> both = all_;
  both.insert(both.end(), allowed_.begin(), allowed_.end());
  return in_order(std::move(both));
}

ExpansionChain expansion_chain(const Sources& sources, Span span) {
  ExpansionChain chain;
  for (const Expansion* e = sources.expansion(span); e != nullptr; e = sources.expansion(e->use)) {
    if (chain.shown.size() < max_expansions) {
      chain.shown.push_back(*e);
    } else {
      ++chain.more;
    }
  }
  return chain;
}

std::string more_of(const std::array<std::size_t, 3>& by_severity) {
  std::string text;
  for (const Severity severity : {Severity::error, Severity::warning, Severity::note}) {
    const std::size_t count = by_severity.at(static_cast<std::size_t>(severity));
    if (count == 0) continue;
    if (!text.empty()) text += " and ";
    text += std::to_string(count).append(" more ").append(word(severity));
    if (count > 1) text += 's';
  }
  return text;
}

std::optional<std::string> nearest_name(std::string_view wrong,
                                        const std::vector<std::string>& candidates) {
  if (wrong.size() > max_name_bytes) return std::nullopt;
  std::size_t best = std::max<std::size_t>(1, wrong.size() / 3) + 1;
  const std::string* found = nullptr;
  for (const std::string& name : candidates) {
    const std::size_t apart =
        std::max(name.size(), wrong.size()) - std::min(name.size(), wrong.size());
    if (name.size() > max_name_bytes || apart > best) continue;
    const std::size_t d = distance(wrong, name);
    if (d < best || (found != nullptr && d == best && name < *found)) {
      best = d;
      found = &name;
    }
  }
  if (found == nullptr) return std::nullopt;
  return *found;
}

}  // namespace zr

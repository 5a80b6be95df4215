#include "lang/diagnostic.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace zr {
namespace {

constexpr std::size_t max_kept = 1000;
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

bool comes_before(const Diagnostic& a, const Diagnostic& b) {
  return std::tie(a.span.source, a.span.begin) < std::tie(b.span.source, b.span.begin);
}

}  // namespace

void Diagnostics::add(Diagnostic d) {
  ++counts_[static_cast<std::size_t>(d.severity)];
  if (all_.size() < max_kept) all_.push_back(std::move(d));
}

void Diagnostics::allow(Diagnostic d, std::string reason) {
  ++allowed_count_;
  if (allowed_.size() < max_kept) allowed_.push_back({std::move(d), std::move(reason)});
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> result = all_;
  std::stable_sort(result.begin(), result.end(), comes_before);
  return result;
}

std::vector<Allowed> Diagnostics::allowed() const {
  std::vector<Allowed> result = allowed_;
  std::stable_sort(result.begin(), result.end(), [](const Allowed& a, const Allowed& b) {
    return comes_before(a.finding, b.finding);
  });
  return result;
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

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "lang/source.h"

namespace zr {

enum class Severity { error, warning, note };

std::string_view word(Severity);  // "error"

struct Label {
  Span span;
  std::string text;
};

// A mend. With an edit (replace `span` by `replacement`) a machine can apply it.
struct Help {
  std::string text;
  std::optional<Span> span;
  std::string replacement;
};

struct Diagnostic {
  Severity severity = Severity::error;
  std::string code;     // "ZR1203": stable, never reused for something else
  std::string message;  // lower case, no final period, makes sense alone
  Span span;            // the smallest useful range
  std::string label;    // beneath the underline; may be empty
  std::vector<Label> secondary;
  std::vector<Help> help;
  std::size_t more_uses = 0;  // other expansions in which the same is wrong; set by Diagnostics
  std::optional<std::string> allowed;  // the reason of the `zr:allow` in the text that answers it
};

// Collects what is wrong with a user's text. Reporting never stops a pass. Of each severity the
// first 1,000 are kept, the others only counted, so that a hostile text cannot fill the memory.
// What a template has wrong is wrong in every use of it: of diagnostics with one code, place and
// message that come from different expansions the first is kept, and counts the others.
class Diagnostics {
 public:
  static constexpr std::size_t max_kept = 1000;

  void add(Diagnostic);
  bool has_errors() const { return errors_ > 0; }
  // How many errors were reported, the same one of another expansion included.
  std::size_t errors() const { return errors_; }
  // How many different ones there are.
  std::size_t count(Severity severity) const { return counts_.at(index(severity)); }
  bool empty() const { return all_.empty(); }

  // Put aside instead of added: the text says that it is known, and why. Also only the first 1,000
  // are kept.
  void allow(Diagnostic, std::string reason);
  std::size_t allowed_count() const { return allowed_count_; }

  // In source order.
  std::vector<Diagnostic> sorted() const;
  std::vector<Diagnostic> allowed() const;
  std::vector<Diagnostic> with_allowed() const;  // both

 private:
  using Place = std::tuple<std::string, SourceId, std::uint32_t, std::uint32_t, std::string>;

  static std::size_t index(Severity severity) { return static_cast<std::size_t>(severity); }
  bool is_known(const Diagnostic&);

  std::vector<Diagnostic> all_;
  std::vector<Diagnostic> allowed_;
  std::map<Place, std::size_t> expanded_;  // in all_: those of expansions
  std::array<std::size_t, 3> counts_{};    // by severity
  std::size_t errors_ = 0;
  std::size_t allowed_count_ = 0;
};

struct DiagnosticStyle {
  bool color = false;
  bool notes = true;  // or only errors and warnings
};

// The uses of templates that made the text of a span, innermost first.
struct ExpansionChain {
  std::vector<Expansion> shown;
  std::size_t more = 0;  // beyond the first eight
};
ExpansionChain expansion_chain(const Sources&, Span);

// "2 more errors and 1 more warning", of what is not shown; empty when there is nothing.
std::string more_of(const std::array<std::size_t, 3>& by_severity);

// The text form: `error[ZR1203]: …`, file:line:column, the line, the underline, the uses of
// templates, `help:`. Up to 100 are shown, the most severe, and the rest counted. Nothing of a
// source reaches a terminal as a control character.
std::string render(const Diagnostics&, const Sources&, const DiagnosticStyle&);
// What was allowed, each with its reason.
std::string render_allowed(const Diagnostics&, const Sources&, const DiagnosticStyle&);

// The one of `candidates` that was probably meant, by restricted Damerau-Levenshtein distance over
// case-folded text; none when nothing is near.
std::optional<std::string> nearest_name(std::string_view wrong,
                                        const std::vector<std::string>& candidates);

}  // namespace zr

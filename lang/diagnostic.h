#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lang/source.h"

namespace zr {

enum class Severity { error, warning, note };

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
};

// Collects what is wrong with a user's text. Reporting never stops a pass. The first 1,000 are
// kept, the others only counted, so that a hostile text cannot fill the memory.
class Diagnostics {
 public:
  void add(Diagnostic);
  bool has_errors() const { return errors_ > 0; }
  std::size_t errors() const { return errors_; }
  bool empty() const { return all_.empty(); }

  // In source order.
  std::vector<Diagnostic> sorted() const;

 private:
  std::vector<Diagnostic> all_;
  std::size_t errors_ = 0;
};

struct DiagnosticStyle {
  bool color = false;
};

// The text form: `error[ZR1203]: …`, file:line:column, the line, the underline, `help:`. The first
// 100 are shown and the rest counted. Nothing of a source reaches a terminal as a control
// character.
std::string render(const Diagnostics&, const Sources&, const DiagnosticStyle&);

// The one of `candidates` that was probably meant, by restricted Damerau-Levenshtein distance over
// case-folded text; none when nothing is near.
std::optional<std::string> nearest_name(std::string_view wrong,
                                        const std::vector<std::string>& candidates);

}  // namespace zr

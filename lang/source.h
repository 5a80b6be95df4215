#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace zr {

enum class SourceId : std::uint32_t {};

// Which of a compilation's expansions (of a `policy` or a `for`) a text was read in; see
// Sources::expansion. `none`: it stands for itself.
enum class ExpansionId : std::uint32_t { none = 0 };

// A half-open range of bytes in one source.
struct Span {
  SourceId source{};
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  ExpansionId expansion = ExpansionId::none;

  bool operator==(const Span&) const = default;
};

// Both count from 1; a column counts characters (Unicode code points), not bytes.
struct Position {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

// Where a statement of the policy was written, in the form that plans and events carry: it stays
// meaningful when the text itself is no longer at hand. A default one means "nowhere".
struct Origin {
  std::string file;
  std::uint32_t line = 0;

  bool operator==(const Origin&) const = default;
};

// One use of a template: `what` was made ("`mirror nightly`", "`for h in …` with `h` = `web1`")
// because of what stands at `use`, which may be in an expansion itself.
struct Expansion {
  std::string what;
  Span use;
};

// Owns the texts of a compilation. Views it hands out live as long as it does.
class Sources {
 public:
  // `name` is how diagnostics and plans call the file. A text is at most 4 GiB.
  SourceId add(std::string name, std::string text);

  const std::string& name(SourceId) const;
  std::string_view text(SourceId) const;
  std::string_view text(Span) const;

  // An offset past the end is taken as the end.
  Position position(SourceId, std::uint32_t offset) const;
  // The line (counted from 1) without its line end; empty when there is none.
  std::string_view line(SourceId, std::uint32_t line) const;
  std::uint32_t line_begin(SourceId, std::uint32_t line) const;
  Origin origin(Span) const;

  // Of a span's expansion; null when it has none. Walking on through `use` comes to an end.
  const Expansion* expansion(Span) const;
  ExpansionId add(Expansion);

 private:
  struct Source {
    std::string name;
    std::string text;
    std::vector<std::uint32_t> line_begins;
  };
  const Source& at(SourceId) const;

  std::vector<Expansion> expansions_;
  std::deque<Source> sources_;  // A deque: texts do not move when another is added.
};

}  // namespace zr

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "lang/diagnostic.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::size_t max_shown = 100;
constexpr std::size_t max_width = 100;  // of the excerpt of a source line, in characters
constexpr std::size_t max_before = 60;  // of what stands before the range, in characters

// The part of one source line around a range, ready to print, and where the range is in it.
struct Excerpt {
  std::string text;
  std::size_t column = 0;  // of the underline, in printed characters
  std::size_t width = 1;
};

std::size_t step_back(std::string_view text, std::size_t at) {
  do {
    --at;
  } while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U);
  return at;
}

std::size_t printed_width(const std::string& piece) {
  return static_cast<std::size_t>(std::count_if(piece.begin(), piece.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

// `begin` and `end` are offsets in the line; the range may go on past its end.
Excerpt excerpt(std::string_view line, std::size_t begin, std::size_t end) {
  begin = std::min(begin, line.size());
  std::size_t from = begin;
  for (std::size_t n = 0; n < max_before && from > 0; ++n) from = step_back(line, from);
  Excerpt out;
  std::size_t printed = 0;
  if (from > 0) {
    out.text = "…";
    printed = 1;
  }
  std::size_t underline_end = 0;
  out.column = printed;
  for (std::size_t at = from; at < line.size();) {
    if (printed >= max_width) {
      out.text += "…";
      break;
    }
    const std::string_view rest = line.substr(at);
    const Utf8 character = first_character(rest);
    const std::string piece = rest[0] == '\t' ? " " : printable_character(rest, character);
    out.text += piece;
    printed += printed_width(piece);
    at += character.length;
    if (at <= begin) out.column = printed;
    if (at > begin && (at <= end || underline_end == 0)) underline_end = printed;
  }
  out.width = std::max<std::size_t>(1, underline_end - std::min(underline_end, out.column));
  return out;
}

class Renderer {
 public:
  Renderer(const Sources& sources, const DiagnosticStyle& style)
      : sources_(sources), color_(style.color) {}

  void add(const Diagnostic& d) {
    const char* tint = tint_of(d.severity);
    out_ += paint(tint, fmt::format("{}[{}]", word(d.severity), d.code)) + ": " + d.message + "\n";
    const Position at = sources_.position(d.span.source, d.span.begin);
    gutter_ = std::to_string(at.line).size();
    for (const Label& l : d.secondary) gutter_ = std::max(gutter_, digits(l.span));
    const ExpansionChain chain = expansion_chain(sources_, d.span);
    for (const Expansion& e : chain.shown) gutter_ = std::max(gutter_, digits(e.use));
    place("-->", d.span, at);
    source_line(d.span, at);
    underline(d.span, at, '^', tint, d.label);
    beside(d, at);
    elsewhere(d, at);
    expansions(chain, d.more_uses);
    for (const Help& help : d.help) remark("= help", help.text);
    if (d.allowed) remark("= allowed", printable(*d.allowed, 200));
  }

  void count(const std::string& more) { out_ += "and " + more + "\n"; }

  std::string take() { return std::move(out_); }
  void separate() { out_ += "\n"; }

 private:
  static constexpr const char* red = "\x1b[1;31m";
  static constexpr const char* yellow = "\x1b[1;33m";
  static constexpr const char* cyan = "\x1b[1;36m";
  static constexpr const char* blue = "\x1b[34m";

  static const char* tint_of(Severity severity) {
    switch (severity) {
      case Severity::error:
        return red;
      case Severity::warning:
        return yellow;
      case Severity::note:
        return cyan;
    }
    return red;
  }

  std::string paint(const char* tint, const std::string& text) const {
    return color_ ? tint + text + "\x1b[0m" : text;
  }

  std::size_t digits(Span span) const {
    return std::to_string(sources_.position(span.source, span.begin).line).size();
  }

  void place(const char* arrow, Span span, Position at) {
    out_ += fmt::format("{:{}}{} {}:{}:{}\n", "", gutter_, paint(blue, arrow),
                        printable(sources_.name(span.source), 200), at.line, at.column);
    out_ += fmt::format("{:{}} {}\n", "", gutter_, paint(blue, "|"));
  }

  Excerpt cut(Span span, Position at) const {
    const std::uint32_t begin = sources_.line_begin(span.source, at.line);
    return excerpt(sources_.line(span.source, at.line), span.begin - std::min(begin, span.begin),
                   span.end - std::min(begin, span.end));
  }

  void source_line(Span span, Position at) {
    const std::string text = cut(span, at).text;
    out_ += fmt::format("{} {}{}{}\n", paint(blue, fmt::format("{:>{}}", at.line, gutter_)),
                        paint(blue, "|"), text.empty() ? "" : " ", text);
  }

  void underline(Span span, Position at, char mark, const char* tint, const std::string& label) {
    const Excerpt e = cut(span, at);
    std::string marks(e.width, mark);
    if (!label.empty()) marks += " " + label;
    out_ += fmt::format("{:{}} {} {:{}}{}\n", "", gutter_, paint(blue, "|"), "", e.column,
                        paint(tint, marks));
  }

  // The second places that are on the line that is already shown.
  void beside(const Diagnostic& d, Position at) {
    for (const Label& l : d.secondary) {
      if (on_line(l, d, at)) underline_again(l.span, d.span, at, l.text);
    }
  }

  // In the columns of the excerpt that the primary range chose; left out when cut off from it.
  void underline_again(Span span, Span primary, Position at, const std::string& label) {
    const Excerpt own = cut(span, at);
    const Excerpt shown = cut(primary, at);
    if (own.text != shown.text) {
      place(":::", span, sources_.position(span.source, span.begin));
      source_line(span, at);
    }
    underline(span, at, '-', cyan, label);
  }

  void elsewhere(const Diagnostic& d, Position at) {
    for (const Label& l : d.secondary) {
      if (on_line(l, d, at)) continue;
      const Position there = sources_.position(l.span.source, l.span.begin);
      place(":::", l.span, there);
      source_line(l.span, there);
      underline(l.span, there, '-', cyan, l.text);
    }
  }

  void remark(const char* mark, const std::string& text) {
    out_ += fmt::format("{:{}} {}: {}\n", "", gutter_, paint(cyan, mark), text);
  }

  void expansions(const ExpansionChain& chain, std::size_t more_uses) {
    for (const Expansion& e : chain.shown) {
      remark("= note", "in " + printable(e.what, 200));
      const Position there = sources_.position(e.use.source, e.use.begin);
      place(":::", e.use, there);
      source_line(e.use, there);
      underline(e.use, there, '-', cyan, "used here");
    }
    if (chain.more > 0) remark("= note", fmt::format("and {} more", chain.more));
    if (more_uses > 0)
      remark("= note", fmt::format("and {} more use{}", more_uses, more_uses == 1 ? "" : "s"));
  }

  bool on_line(const Label& l, const Diagnostic& d, Position at) const {
    return l.span.source == d.span.source &&
           sources_.position(l.span.source, l.span.begin).line == at.line;
  }

  const Sources& sources_;
  bool color_;
  std::size_t gutter_ = 1;
  std::string out_;
};

}  // namespace

std::string render(const Diagnostics& diagnostics, const Sources& sources,
                   const DiagnosticStyle& style) {
  constexpr std::array severities{Severity::error, Severity::warning, Severity::note};
  std::array<std::size_t, 3> room{};
  std::array<std::size_t, 3> hidden{};
  std::size_t left = max_shown;
  for (std::size_t i = 0; i < severities.size(); ++i) {
    if (severities.at(i) == Severity::note && !style.notes) continue;
    room.at(i) = std::min(left, diagnostics.count(severities.at(i)));
    hidden.at(i) = diagnostics.count(severities.at(i)) - room.at(i);
    left -= room.at(i);
  }
  Renderer renderer(sources, style);
  bool first = true;
  for (const Diagnostic& d : diagnostics.sorted()) {
    std::size_t& own_room = room.at(static_cast<std::size_t>(d.severity));
    if (own_room == 0) continue;
    --own_room;
    if (!std::exchange(first, false)) renderer.separate();
    renderer.add(d);
  }
  if (const std::string more = more_of(hidden); !more.empty()) {
    renderer.separate();
    renderer.count(more);
  }
  return renderer.take();
}

std::string render_allowed(const Diagnostics& diagnostics, const Sources& sources,
                           const DiagnosticStyle& style) {
  Renderer renderer(sources, style);
  bool first = true;
  for (const Diagnostic& d : diagnostics.allowed()) {
    if (!std::exchange(first, false)) renderer.separate();
    renderer.add(d);
  }
  return renderer.take();
}

}  // namespace zr

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "executor/report/report.h"
#include "lang/explain.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::size_t most_of_a_kind = 9;
constexpr std::array severities{Severity::error, Severity::warning, Severity::note};
constexpr std::array<std::string_view, 3> commands{"error", "warning", "notice"};

// A line break would end the command, and `%` begins an escape.
std::string escaped(std::string_view text, bool is_property) {
  std::string out;
  for (const char c : text) {
    const bool special = c == '%' || c == '\r' || c == '\n';
    if (special || (is_property && (c == ':' || c == ','))) {
      out += fmt::format("%{:02X}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out;
}

std::string title_of(const std::string& code) {
  const auto known = parse_code(code);
  const auto info = std::find_if(all_codes.begin(), all_codes.end(),
                                 [&](const CodeInfo& i) { return known && i.code == *known; });
  return info == all_codes.end() ? code : fmt::format("{} {}", code, info->title);
}

std::string place_of(const Sources& sources, Span span) {
  const Position at = sources.position(span.source, span.begin);
  return fmt::format("{}:{}:{}", printable(sources.name(span.source), 200), at.line, at.column);
}

std::string message_of(const Diagnostic& d, const Sources& sources) {
  std::string text = d.message;
  if (!d.label.empty()) text += ": " + d.label;
  for (const Label& label : d.secondary)
    text += fmt::format("\n{}: {}", place_of(sources, label.span), label.text);
  const ExpansionChain chain = expansion_chain(sources, d.span);
  for (const Expansion& e : chain.shown)
    text += fmt::format("\nin {}, used at {}", printable(e.what, 200), place_of(sources, e.use));
  if (chain.more > 0) text += fmt::format("\nand {} more", chain.more);
  if (d.more_uses > 0)
    text += fmt::format("\nand {} more use{}", d.more_uses, d.more_uses == 1 ? "" : "s");
  for (const Help& help : d.help) text += "\nhelp: " + help.text;
  return text;
}

std::string annotation(const Diagnostic& d, const Sources& sources,
                       const std::filesystem::path& folder) {
  const Position begin = sources.position(d.span.source, d.span.begin);
  const Position end = sources.position(d.span.source, d.span.end);
  return fmt::format("::{} file={},line={},endLine={},col={},endColumn={},title={}::{}\n",
                     commands.at(static_cast<std::size_t>(d.severity)),
                     escaped(path_from(folder, sources.name(d.span.source)), true), begin.line,
                     end.line, begin.column, end.column, escaped(title_of(d.code), true),
                     escaped(message_of(d, sources), false));
}

}  // namespace

std::string annotations(const Diagnostics& diagnostics, const Sources& sources,
                        const std::filesystem::path& folder) {
  const std::vector<Diagnostic> all = diagnostics.sorted();
  std::string text;
  std::array<std::size_t, 3> hidden{};
  for (std::size_t i = 0; i < severities.size(); ++i) {
    std::size_t shown = 0;
    for (const Diagnostic& d : all) {
      if (d.severity != severities.at(i) || shown == most_of_a_kind) continue;
      ++shown;
      text += annotation(d, sources, folder);
    }
    hidden.at(i) = diagnostics.count(severities.at(i)) - shown;
  }
  if (const std::string more = more_of(hidden); !more.empty())
    text += fmt::format("::notice title=zrepl check::and {}; see the log\n", more);
  return text;
}

std::string path_from(const std::filesystem::path& folder, const std::string& name) {
  const std::filesystem::path path(name);
  if (path.is_relative()) return path.lexically_normal().generic_string();
  const std::filesystem::path relative = path.lexically_normal().lexically_relative(folder);
  const bool is_inside = !relative.empty() && *relative.begin() != "..";
  return (is_inside ? relative : path.lexically_normal()).generic_string();
}

}  // namespace zr

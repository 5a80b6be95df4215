#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "executor/report/report.h"
#include "lang/digest.h"
#include "lang/explain.h"
#include "lang/utf8.h"
#include "planner/json_writer.h"

namespace zr {
namespace {

using Layout = JsonWriter::Layout;

// GitHub's code scanning takes 25,000 results and 1,000 places of each.
constexpr std::size_t max_places = 1000;
static_assert(4 * Diagnostics::max_kept <= 25'000);

// "a block without its `}`" is BlockWithoutItsClosingBrace.
std::string rule_name(std::string_view title) {
  constexpr std::array<std::pair<char, std::string_view>, 3> signs{
      {{'{', "OpeningBrace"}, {'}', "ClosingBrace"}, {'<', "SubtreeMark"}}};
  for (const std::string_view article : {"a ", "an ", "the "})
    if (title.substr(0, article.size()) == article) title.remove_prefix(article.size());
  std::string name;
  bool at_start = true;
  for (const char c : title) {
    const bool lower = c >= 'a' && c <= 'z';
    const bool plain = lower || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain) name += lower && at_start ? static_cast<char>(c - 'a' + 'A') : c;
    for (const auto& [sign, word] : signs)
      if (c == sign) name += word;
    at_start = !plain && c != '\'';
  }
  return name;
}

// Paragraphs as lines: who shows them breaks them as it likes.
std::string flowing(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool breaks = text[i] == '\n' && i + 1 < text.size() && text[i + 1] != '\n';
    if (breaks && i > 0 && text[i - 1] != '\n') text[i] = ' ';
  }
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

std::string uri_of(const std::string& path) {
  std::string uri = path.substr(0, 1) == "/" ? "file://" : "";
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("/-._~").find(c) != std::string_view::npos;
    if (plain) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return uri;
}

// The head of the declaration around a place: the nearest line above that begins in column 1. Not
// looked for further than a long block goes.
std::string_view declaration_at(std::string_view text, std::size_t offset) {
  constexpr std::size_t furthest = 1 << 16U;
  const std::size_t stop = offset > furthest ? offset - furthest : 0;
  for (std::size_t begin = std::min(offset, text.size());;) {
    const std::size_t before = begin == 0 ? std::string_view::npos : text.rfind('\n', begin - 1);
    begin = before == std::string_view::npos ? 0 : before + 1;
    const std::string_view line = text.substr(begin, text.find('\n', begin) - begin);
    if (!line.empty() && std::string_view(" \t\r#}").find(line[0]) == std::string_view::npos)
      return line.substr(0, std::min(line.find_first_of("{#"), std::size_t{80}));
    if (begin <= stop) return {};
    --begin;
  }
}

class Writer {
 public:
  Writer(const Sources& sources, const std::filesystem::path& folder)
      : sources_(sources), folder_(folder) {}

  std::string log(const std::vector<Diagnostic>& all) {
    for (const Diagnostic& d : all) {
      rules_.emplace(d.code, 0);
      some_allowed_ = some_allowed_ || d.allowed;
    }
    std::size_t next = 0;
    for (auto& [code, index] : rules_) index = next++;
    json_.begin_object(Layout::lines);
    json_.key("$schema").text("https://json.schemastore.org/sarif-2.1.0.json");
    json_.key("version").text("2.1.0");
    json_.key("runs").begin_array(Layout::lines);
    json_.begin_object(Layout::lines);
    tool(all);
    json_.key("columnKind").text("unicodeCodePoints");
    json_.key("results").begin_array(Layout::lines);
    for (const Diagnostic& d : all) result(d);
    json_.end_array();
    json_.end_object();
    json_.end_array();
    json_.end_object();
    return std::move(json_).take();
  }

 private:
  void tool(const std::vector<Diagnostic>& all) {
    json_.key("tool").begin_object(Layout::lines);
    json_.key("driver").begin_object(Layout::lines);
    json_.key("name").text("zrepl");
    json_.key("version").text(ZREPL_VERSION);
    json_.key("rules").begin_array(Layout::lines);
    for (const auto& entry : rules_) {
      const std::string& code = entry.first;
      const auto first =
          std::find_if(all.begin(), all.end(), [&](const Diagnostic& d) { return d.code == code; });
      rule(code, first->severity);
    }
    json_.end_array();
    json_.end_object();
    json_.end_object();
  }

  void rule(const std::string& code, Severity severity) {
    const auto known = parse_code(code);
    const auto page = known ? explanation(*known) : std::nullopt;
    json_.begin_object(Layout::lines);
    json_.key("id").text(code);
    json_.key("name").text(page ? rule_name(page->title) : code);
    text_object("shortDescription", page ? page->title : code);
    if (page) {
      text_object("fullDescription", flowing(page->prose()));
      json_.key("help").begin_object(Layout::lines);
      json_.key("text").text(flowing(page->prose()));
      json_.key("markdown").text(explanation_page(*known));
      json_.end_object();
    }
    json_.key("defaultConfiguration").begin_object(Layout::one_line);
    json_.key("level").text(word(severity));
    json_.end_object();
    json_.end_object();
  }

  void result(const Diagnostic& d) {
    json_.begin_object(Layout::lines);
    json_.key("ruleId").text(d.code);
    json_.key("ruleIndex").number(rules_.at(d.code));
    json_.key("level").text(word(d.severity));
    text_object("message", message_of(d));
    json_.key("locations").begin_array(Layout::lines);
    location(d.span, d.label);
    json_.end_array();
    related(d);
    fixes(d);
    if (some_allowed_) suppressions(d);
    json_.key("partialFingerprints").begin_object(Layout::one_line);
    json_.key("zreplDiagnostic/v1").text(fingerprint(d));
    json_.end_object();
    json_.end_object();
  }

  static std::string message_of(const Diagnostic& d) {
    std::string text = d.message;
    if (d.more_uses > 0)
      text += fmt::format(" (and in {} more use{})", d.more_uses, d.more_uses == 1 ? "" : "s");
    for (const Help& help : d.help) text += "\nhelp: " + help.text;
    return text;
  }

  void related(const Diagnostic& d) {
    const ExpansionChain chain = expansion_chain(sources_, d.span);
    if (d.secondary.empty() && chain.shown.empty()) return;
    json_.key("relatedLocations").begin_array(Layout::lines);
    std::size_t left = max_places - 1 - chain.shown.size();
    for (const Label& label : d.secondary)
      if (left > 0 && left-- > 0) location(label.span, label.text);
    for (const Expansion& e : chain.shown) location(e.use, "in " + printable(e.what, 200));
    json_.end_array();
  }

  void fixes(const Diagnostic& d) {
    const auto is_edit = [](const Help& help) { return help.span.has_value(); };
    if (std::none_of(d.help.begin(), d.help.end(), is_edit)) return;
    json_.key("fixes").begin_array(Layout::lines);
    for (const Help& help : d.help) {
      if (!help.span) continue;
      json_.begin_object(Layout::lines);
      text_object("description", help.text);
      json_.key("artifactChanges").begin_array(Layout::lines);
      json_.begin_object(Layout::lines);
      artifact(help.span->source);
      json_.key("replacements").begin_array(Layout::lines);
      json_.begin_object(Layout::lines);
      region("deletedRegion", *help.span);
      text_object("insertedContent", help.replacement);
      json_.end_object();
      json_.end_array();
      json_.end_object();
      json_.end_array();
      json_.end_object();
    }
    json_.end_array();
  }

  // An empty list where nothing is allowed: SARIF wants one in all results of a run or in none.
  void suppressions(const Diagnostic& d) {
    json_.key("suppressions").begin_array(Layout::one_line);
    if (d.allowed) {
      json_.begin_object(Layout::one_line);
      json_.key("kind").text("inSource");
      json_.key("justification").text(*d.allowed);
      json_.end_object();
    }
    json_.end_array();
  }

  std::string fingerprint(const Diagnostic& d) {
    constexpr std::size_t max_text = 1000;
    std::string what = d.code;
    what.append(1, '\0').append(sources_.text(d.span).substr(0, max_text)).append(1, '\0');
    what.append(declaration_at(sources_.text(d.span.source), d.span.begin));
    const std::size_t occurrence = occurrences_[what]++;
    return sha256_hex(what.append(1, '\0').append(std::to_string(occurrence)));
  }

  void location(Span span, std::string_view text) {
    json_.begin_object(Layout::lines);
    json_.key("physicalLocation").begin_object(Layout::lines);
    artifact(span.source);
    region("region", span);
    json_.end_object();
    if (!text.empty()) text_object("message", text);
    json_.end_object();
  }

  void artifact(SourceId source) {
    json_.key("artifactLocation").begin_object(Layout::one_line);
    json_.key("uri").text(uri_of(path_from(folder_, sources_.name(source))));
    json_.end_object();
  }

  void region(std::string_view key, Span span) {
    const Position begin = sources_.position(span.source, span.begin);
    const Position end = sources_.position(span.source, span.end);
    json_.key(key).begin_object(Layout::one_line);
    json_.key("startLine").number(begin.line);
    json_.key("startColumn").number(begin.column);
    json_.key("endLine").number(end.line);
    json_.key("endColumn").number(end.column);
    json_.end_object();
  }

  void text_object(std::string_view key, std::string_view text) {
    json_.key(key).begin_object(Layout::one_line);
    json_.key("text").text(text);
    json_.end_object();
  }

  const Sources& sources_;
  const std::filesystem::path& folder_;
  JsonWriter json_;
  bool some_allowed_ = false;
  std::map<std::string, std::size_t> rules_;        // the index of each code
  std::map<std::string, std::size_t> occurrences_;  // of what has the same fingerprint so far
};

}  // namespace

std::string diagnostics_to_sarif(const Diagnostics& diagnostics, const Sources& sources,
                                 const std::filesystem::path& folder) {
  return Writer(sources, folder).log(diagnostics.with_allowed());
}

}  // namespace zr

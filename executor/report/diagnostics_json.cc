#include <algorithm>

#include "executor/report/report.h"
#include "planner/json_writer.h"

namespace zr {
namespace {

using Layout = JsonWriter::Layout;

constexpr std::size_t max_snippet_bytes = 1000;

class Writer {
 public:
  explicit Writer(const Sources& sources) : sources_(sources) {}

  std::string document(const Diagnostics& diagnostics, bool show_allowed) {
    json_.begin_object(Layout::lines);
    json_.key("format_version").text("1.0");
    json_.key("diagnostics").begin_array(Layout::lines);
    for (const Diagnostic& d : show_allowed ? diagnostics.with_allowed() : diagnostics.sorted())
      add(d);
    json_.end_array();
    json_.key("summary").begin_object(Layout::one_line);
    json_.key("errors").number(diagnostics.count(Severity::error));
    json_.key("warnings").number(diagnostics.count(Severity::warning));
    json_.key("notes").number(diagnostics.count(Severity::note));
    json_.key("allowed").number(diagnostics.allowed_count());
    json_.end_object();
    json_.end_object();
    return std::move(json_).take();
  }

 private:
  void add(const Diagnostic& d) {
    json_.begin_object(Layout::lines);
    json_.key("severity").text(word(d.severity));
    json_.key("code").text(d.code);
    json_.key("message").text(d.message);
    place(d.span);
    json_.key("label").text(d.label);
    json_.key("snippet");
    snippet(d.span);
    json_.key("secondary").begin_array(Layout::lines);
    for (const Label& label : d.secondary) {
      json_.begin_object(Layout::one_line);
      place(label.span);
      json_.key("label").text(label.text);
      json_.end_object();
    }
    json_.end_array();
    json_.key("help").begin_array(Layout::lines);
    for (const Help& help : d.help) add(help);
    json_.end_array();
    expansion(d);
    if (d.allowed) json_.key("allowed").text(*d.allowed);
    json_.end_object();
  }

  void add(const Help& help) {
    json_.begin_object(Layout::one_line);
    json_.key("text").text(help.text);
    json_.key("edit");
    if (help.span) {
      json_.begin_object(Layout::one_line);
      place(*help.span);
      json_.key("replacement").text(help.replacement);
      json_.end_object();
    } else {
      json_.null();
    }
    json_.end_object();
  }

  void expansion(const Diagnostic& d) {
    const ExpansionChain chain = expansion_chain(sources_, d.span);
    json_.key("expansion").begin_array(Layout::lines);
    for (const Expansion& e : chain.shown) {
      json_.begin_object(Layout::one_line);
      json_.key("what").text(e.what);
      place(e.use);
      json_.end_object();
    }
    json_.end_array();
    json_.key("more_uses").number(d.more_uses);
  }

  void place(Span span) {
    json_.key("file").text(sources_.name(span.source));
    json_.key("range").begin_object(Layout::one_line);
    json_.key("start");
    position(span.source, span.begin);
    json_.key("end");
    position(span.source, span.end);
    json_.end_object();
  }

  void position(SourceId source, std::uint32_t offset) {
    const Position at = sources_.position(source, offset);
    json_.begin_object(Layout::one_line);
    json_.key("line").number(at.line);
    json_.key("column").number(at.column);
    json_.key("offset").number(std::min<std::size_t>(offset, sources_.text(source).size()));
    json_.end_object();
  }

  // A line that nobody could read is not repeated for each of its diagnostics.
  void snippet(Span span) {
    const Position at = sources_.position(span.source, span.begin);
    const std::string_view line = sources_.line(span.source, at.line);
    if (line.size() <= max_snippet_bytes) {
      json_.text(line);
    } else {
      json_.null();
    }
  }

  const Sources& sources_;
  JsonWriter json_;
};

}  // namespace

std::string diagnostics_to_json(const Diagnostics& diagnostics, const Sources& sources,
                                bool show_allowed) {
  return Writer(sources).document(diagnostics, show_allowed);
}

}  // namespace zr

#include "lang/compile_snapshots.h"

#include <algorithm>

#include "lang/body.h"
#include "lang/names.h"
#include "lang/quote.h"
#include "lang/reader.h"
#include "lang/utf8.h"

namespace zr {
namespace {

using Line = std::variant<NamePrefix, NameMatching>;

std::optional<Line> read_line(Context& context, const ast::Statement& s) {
  if (context.key(s) == "matching") {
    Reader reader(context, s);
    auto regex = reader.regex();
    if (!reader.end() || !regex) return std::nullopt;
    return NameMatching{std::move(*regex)};
  }
  auto prefix = compile_prefix(context, s, 0);
  if (!prefix) return std::nullopt;
  return NamePrefix{std::move(*prefix)};
}

std::string sort_text(const Line& line) {
  SnapshotFilter one;
  one.lines.push_back(line);
  return one.str();
}

struct ReadLine {
  std::string text;
  Line line;
  Span span;
};

void report_repeated(Context& context, const ReadLine& first, const ReadLine& again) {
  context.error(Code::repeated_statement, again.span, "the same line twice in `snapshots`",
                "again here", {}, {{first.span, "first here"}});
}

}  // namespace

std::optional<std::string> compile_prefix(Context& context, const ast::Statement& s,
                                          std::size_t reserve) {
  Reader reader(context, s);
  const Span span = reader.here();
  auto prefix = reader.string("a prefix");
  if (!reader.end() || !prefix) return std::nullopt;
  if (!is_version_name(*prefix + "x")) {
    std::vector<Help> help;
    const std::size_t at = prefix->rfind('@');
    if (at != std::string::npos && at + 1 < prefix->size()) {
      help.push_back(replacement(span, quoted(prefix->substr(at + 1))));
    } else if (prefix->find('%') != std::string::npos) {
      help.push_back(advice("the time is put behind the prefix by itself"));
    }
    context.error(Code::bad_prefix, span, "no snapshot's name can begin with this",
                  "ZFS allows letters, digits, `_`, `-`, `.`, `:` and spaces", std::move(help));
    return std::nullopt;
  }
  // The shortest dataset is one letter, and the `@` counts too.
  const std::size_t room = max_zfs_name_bytes - 2 - reserve;
  if (prefix->size() > room) {
    context.error(Code::long_prefix, span,
                  "the prefix has " + std::to_string(prefix->size()) + " bytes",
                  "at most " + std::to_string(room) + " fit into a snapshot's name");
    return std::nullopt;
  }
  return prefix;
}

SnapshotFilter compile_snapshots(Context& context, const ast::Statement& s) {
  Reader reader(context, s);
  if (!reader.at_end()) {
    const std::string_view word = context.text(reader.here());
    const bool is_line = word == "prefix" || word == "matching";
    if (is_line || reader.at(ast::TokenKind::string)) {
      const Span line{reader.here().source, reader.here().begin, context.span(s).end, {}};
      const std::string text(context.text(line));
      reader.fail(Code::missing_block, line, "expected a block", "",
                  {replacement(line, (is_line ? "{ " : "{ prefix ") + text + " }")});
    }
    if (reader.choice({"any"})) reader.end();
    return SnapshotFilter::all();
  }
  SnapshotFilter filter;
  if (!reader.block("snapshots any` or `snapshots { prefix \"zrepl_\" }")) return filter;
  const Body body(context, s, {{"prefix", Key::Use::often}, {"matching", Key::Use::often}});
  std::vector<ReadLine> lines;
  for (const char* key : {"prefix", "matching"}) {
    for (const ast::Statement* line : body.all(key)) {
      if (auto read = read_line(context, *line)) {
        lines.push_back({sort_text(*read), std::move(*read), context.span(*line)});
      }
    }
  }
  if (s.body.empty()) {
    context.error(Code::empty_filter, context.span(s), "this `snapshots` takes no snapshot at all",
                  "", {advice("write `snapshots any`, or give it a `prefix` or `matching`")});
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const ReadLine& a, const ReadLine& b) { return a.text < b.text; });
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0 && lines[i].text == lines[i - 1].text) {
      report_repeated(context, lines[i - 1], lines[i]);
    }
    filter.lines.push_back(std::move(lines[i].line));
  }
  return filter;
}

}  // namespace zr

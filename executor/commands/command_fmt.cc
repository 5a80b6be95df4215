#include "executor/commands/command_fmt.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <algorithm>
#include <filesystem>

#include "executor/commands/planning.h"
#include "executor/commands/site.h"
#include "executor/report/unified_diff.h"
#include "executor/text_file.h"
#include "lang/format.h"
#include "lang/parse.h"
#include "lang/spelling.h"

namespace zr {
namespace {

struct Texts {
  std::string before;
  std::string after;

  bool differ() const { return before != after; }
};

// A text with its tree, or the diagnostics.
struct Parsed {
  Sources sources;
  Diagnostics diagnostics;
  std::optional<ast::File> file;

  Parsed(const std::string& name, const std::string& text) {
    const SourceId source = sources.add(name, text);
    file = parse(sources, source, diagnostics);
    if (diagnostics.has_errors()) file.reset();
  }
};

Failure wrong(std::string_view message, std::string_view help = {}) {
  return Failure::because(ExitStatus::wrong, message, help);
}

Failure would_change(const std::string& name, std::string_view what) {
  return Failure::because(
      ExitStatus::failed,
      fmt::format("internal: formatting {} would change {}; nothing was written", name, what),
      "this is a bug in zrepl: please report it, with the file");
}

// Never trusts the formatter: what it made says the same, and means the same if it means anything.
std::optional<Failure> changed_in_meaning(const std::string& name, const Texts& texts,
                                          const ast::File& file) {
  const Parsed formatted(name, texts.after);
  if (!formatted.file ||
      without_layout(file, texts.before) != without_layout(*formatted.file, texts.after))
    return would_change(name, "what it says");
  const auto before = compile_site(name, texts.before, {});
  if (!std::holds_alternative<Site>(before)) return {};
  const auto after = compile_site(name, texts.after, {});
  if (!std::holds_alternative<Site>(after) ||
      std::get<Site>(before).policy.hash != std::get<Site>(after).policy.hash)
    return would_change(name, "what it means");
  return {};
}

std::variant<Texts, Failure> formatted(const std::string& name, std::string text,
                                       const DiagnosticStyle& style) {
  const Parsed parsed(name, text);
  if (!parsed.file)
    return Failure{ExitStatus::wrong, render(parsed.diagnostics, parsed.sources, style)};
  Texts texts{std::move(text), {}};
  texts.after = format(*parsed.file, texts.before);
  if (!texts.differ()) return texts;
  if (texts.after.size() > max_source_bytes)
    return wrong(fmt::format("{} would be larger than 64 MiB when it is formatted", name));
  if (auto failure = changed_in_meaning(name, texts, *parsed.file)) return std::move(*failure);
  return texts;
}

class FormatRun {
 public:
  FormatRun(const FormatCommand& command, const Console& console)
      : command_(command), console_(console) {}

  ExitStatus run() {
    for (const std::string& site : command_.sites)
      if (const auto failure = site == "-" ? standard_input() : file(site)) {
        console_.out.flush();
        console_.err << failure->text;
        worst_ = std::max(worst_, failure->status);
      }
    return worst_;
  }

 private:
  bool writes() const { return !command_.check && !command_.diff; }

  std::optional<Failure> file(const std::string& path) {
    auto text = read_text_file(path, max_source_bytes);
    if (!text) return wrong(text.error().message);
    auto result = formatted(path, std::move(*text), style_of(console_));
    if (auto* failure = std::get_if<Failure>(&result)) return std::move(*failure);
    const Texts& texts = std::get<Texts>(result);
    if (!texts.differ()) return {};
    if (!writes()) return show(path, texts);
    if (!std::filesystem::is_regular_file(path))
      return wrong(fmt::format("{} is not a file that can be rewritten", path),
                   "`zrepl fmt -` formats standard input, and writes to standard output");
    if (const auto written = write_text_file(path, texts.after); !written)
      return Failure::because(ExitStatus::failed, written.error().message);
    fmt::print(console_.out, "{}\n", path);
    return {};
  }

  std::optional<Failure> standard_input() {
    const std::string name = "<stdin>";
    auto text = read_standard_input(max_source_bytes);
    if (!text) return wrong(text.error().message);
    auto result = formatted(name, std::move(*text), style_of(console_));
    if (auto* failure = std::get_if<Failure>(&result)) return std::move(*failure);
    const Texts& texts = std::get<Texts>(result);
    if (writes()) {
      console_.out << texts.after;
    } else if (texts.differ()) {
      return show(name, texts);
    }
    return {};
  }

  std::optional<Failure> show(const std::string& name, const Texts& texts) {
    if (command_.check) {
      fmt::print(console_.out, "{}\n", name);
      worst_ = std::max(worst_, ExitStatus::failed);
    }
    if (command_.diff) console_.out << unified_diff(name, texts.before, texts.after);
    return {};
  }

  const FormatCommand& command_;
  const Console& console_;
  ExitStatus worst_ = ExitStatus::done;
};

}  // namespace

Outcome format_sites(const FormatCommand& command, const Console& console) {
  const auto& sites = command.sites;
  if (sites.size() > 1 && std::find(sites.begin(), sites.end(), "-") != sites.end())
    return wrong("`-`, standard input, can't be formatted together with files");
  return FormatRun(command, console).run();
}

}  // namespace zr

#include <algorithm>

#include "lang/body.h"
#include "lang/compile_jobs.h"
#include "lang/granting.h"
#include "lang/reader.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::size_t max_property_bytes = 255;
constexpr std::size_t max_value_bytes = 8191;  // ZFS's own limit on a property's value

bool is_property(std::string_view name) {
  return !name.empty() && name.size() <= max_property_bytes &&
         std::all_of(name.begin(), name.end(),
                     [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                              std::string_view(":_.-").find(c) != std::string_view::npos;
                     }) &&
         name.front() != '-';
}

std::optional<std::string> read_property(Reader& reader) {
  const Span span = reader.here();
  const auto word = reader.word("the name of a property");
  if (!word) return std::nullopt;
  if (!is_property(*word)) {
    reader.fail(Code::bad_property, span, "`" + printable(*word) + "` is not a ZFS property",
                "lower-case letters, digits, `:`, `_`, `.` and `-`");
    return std::nullopt;
  }
  if (word->substr(0, 6) == "zrepl:") {
    reader.fail(Code::own_property, span, "zrepl keeps `zrepl:` properties for itself");
    return std::nullopt;
  }
  return std::string(*word);
}

// The properties of one block with the place where each was named.
class Properties {
 public:
  explicit Properties(Context& context) : context_(context) {}

  bool add(const std::string& name, Span span) {
    const auto [at, added] = seen_.emplace(name, span);
    if (!added) {
      context_.error(Code::property_twice, span, "the property `" + name + "` is given twice",
                     "again here", {}, {{at->second, "first here"}});
    }
    return added;
  }

 private:
  Context& context_;
  std::map<std::string, Span> seen_;
};

}  // namespace

SendOptions compile_send(Context& context, const ast::Statement& s) {
  SendOptions options;
  if (!Reader(context, s).block("send { raw on }")) return options;
  const Body body(context, s, {{"raw"}, {"compressed"}});
  if (const auto* raw = body.find("raw")) {
    Reader reader(context, *raw);
    options.raw = reader.on_off();
    reader.end();
  }
  if (const auto* compressed = body.find("compressed")) {
    Reader reader(context, *compressed);
    options.compressed = reader.on_off();
    reader.end();
  }
  return options;
}

ReceiveOptions compile_receive(Context& context, const ast::Statement& s) {
  ReceiveOptions options;
  if (!Reader(context, s).block("receive { set canmount \"noauto\" }")) return options;
  const Body body(context, s, {{"set", Key::Use::often}, {"exclude", Key::Use::often}});
  Properties seen(context);
  for (const ast::Statement* line : body.all("set")) {
    Reader reader(context, *line);
    const auto name = read_property(reader);
    const Span value_span = reader.here();
    auto value = reader.string("the property's value");
    if (value && value->size() > max_value_bytes) {
      reader.fail(Code::bad_property, value_span, "the value is longer than 8191 bytes");
    }
    if (!reader.end() || !name || !value) continue;
    if (seen.add(*name, context.span(*line))) options.set.emplace(*name, std::move(*value));
  }
  for (const ast::Statement* line : body.all("exclude")) {
    Reader reader(context, *line);
    const auto name = read_property(reader);
    if (!reader.end() || !name) continue;
    if (seen.add(*name, context.span(*line))) options.exclude.push_back(*name);
  }
  std::sort(options.exclude.begin(), options.exclude.end());
  return options;
}

std::vector<std::string> compile_grants(Context& context, const ast::Statement& s) {
  std::vector<std::string> names;
  Properties seen(context);
  Reader reader(context, s);
  do {
    const Span span = reader.here();
    if (reader.at(ast::TokenKind::comma) || reader.at(ast::TokenKind::open)) {
      reader.fail(Code::unknown_word, span, "expected the name of a property", "",
                  {advice("only blanks stand between the names: `properties compression atime`")});
    }
    const auto name = read_property(reader);
    if (!name) return {};
    const std::string_view danger = danger_of_property(*name);
    if (!danger.empty()) {
      context.error(Code::refused_property, span, "no client may set `" + *name + "`",
                    std::string(danger), {advice("set it on this host, on what the sink holds")});
    } else if (seen.add(*name, span)) {
      names.push_back(*name);
    }
  } while (!reader.at_end());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace zr

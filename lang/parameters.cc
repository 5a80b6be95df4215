#include "lang/parameters.h"

#include <algorithm>
#include <set>

#include "lang/read_value.h"
#include "lang/reader.h"
#include "lang/references.h"
#include "lang/utf8.h"

namespace zr {
namespace {

using ast::Token;
using ast::TokenKind;

constexpr std::size_t max_parameters = 256;  // each name is compared with all of them

bool at_sign(const Context& context, const Reader& reader, std::string_view sign) {
  return reader.peek() != nullptr && context.raw_text(*reader.peek()) == sign &&
         (reader.at(TokenKind::open) || reader.at(TokenKind::close));
}

// "name:", one word with its colon.
struct Named {
  std::string name;
  Span span;  // without the colon
};
std::optional<Named> read_name(Context& context, Reader& reader, std::string_view example) {
  if (!reader.at(TokenKind::word)) {
    if (reader.ok()) {
      reader.fail(Code::bad_parameter, reader.here(), "expected `" + std::string(example) + "`");
    }
    return std::nullopt;
  }
  const Token& token = *reader.peek();
  const std::string_view text = context.raw_text(token);
  Span span = context.span(token);
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon + 1 != text.size() || token.subtree) {
    const std::string_view name = text.substr(0, colon);
    std::vector<Help> help{advice("write `" + std::string(example) + "`")};
    if (colon != std::string_view::npos && is_identifier(name)) {
      const std::string rest(text.substr(colon + 1));
      help = {replacement(span, std::string(name) + ": " + rest + (token.subtree ? "<" : ""))};
    }
    reader.fail(Code::bad_parameter, span, "expected `" + std::string(example) + "`",
                colon == std::string_view::npos ? "a `:` is missing behind it"
                                                : "a blank is missing behind the `:`",
                std::move(help));
    return std::nullopt;
  }
  span.end -= 1;
  const std::string name(text.substr(0, colon));
  if (!is_identifier(name)) {
    reader.fail(Code::bad_name, span, "`" + printable(name) + "` is not a name", "",
                {advice("names are `[a-z][a-z0-9_-]*`, at most 64 characters")});
    return std::nullopt;
  }
  reader.next();
  return Named{name, span};
}

// Between two things of a list in brackets: false, after it was reported, when neither comes.
bool comma_or_end(Context& context, Reader& reader, std::string_view close) {
  if (reader.at(TokenKind::comma)) {
    reader.next();
    return true;
  }
  if (at_sign(context, reader, close)) return true;
  if (reader.ok()) {
    reader.fail(Code::bad_parameter, reader.here(), "expected `,` or `" + std::string(close) + "`");
  }
  return false;
}

std::optional<Parameter> read_parameter(Context& context, const Declarations& declared,
                                        Reader& reader) {
  const auto name = read_name(context, reader, "name: type");
  if (!name) return std::nullopt;
  const Span type_span = reader.here();
  const auto word = reader.word("a type");
  if (!word) return std::nullopt;
  const auto type = parse_type(*word);
  if (!type) {
    const std::vector<std::string> types = type_keywords();
    std::vector<Help> help = context.suggestion(type_span, *word, types);
    if (help.empty()) help.push_back(advice("the types are " + one_of(types)));
    reader.fail(Code::bad_parameter, type_span, "unknown type `" + printable(*word) + "`", "",
                std::move(help));
    return std::nullopt;
  }
  Parameter parameter{name->name, name->span, *type, std::nullopt};
  if (reader.at(TokenKind::equals)) {
    reader.next();
    parameter.fallback = read_value(context, declared, reader, *type);
    if (!parameter.fallback) return std::nullopt;
  }
  return parameter;
}

// The `{name}` that begins at a `{`; without its `}` it reaches to the end.
struct Brace {
  std::size_t end = 0;
  std::string_view name;
  bool is_closed = true;
};
Brace brace_at(std::string_view text, std::size_t at) {
  const std::size_t close = text.find('}', at);
  if (close == std::string_view::npos) return {text.size(), text.substr(at + 1), false};
  return {close + 1, text.substr(at + 1, close - at - 1)};
}

void report_brace(Context& context, const Token& token, std::size_t at, const Brace& brace,
                  const std::vector<std::string>& parameters) {
  const std::string_view text = context.raw_text(token);
  Span span = context.span(token);
  span.end = span.begin + static_cast<std::uint32_t>(brace.end);
  span.begin += static_cast<std::uint32_t>(at);
  Span name = span;
  name.begin += 1;
  name.end -= 1;
  std::vector<Help> help;
  if (brace.is_closed) {
    help = context.suggestion(name, brace.name, parameters);
  } else {
    help.push_back(advice("put a `}` behind the parameter's name; a brace itself is `{{`"));
  }
  if (help.empty()) {
    help.push_back(advice(token.kind == TokenKind::string
                              ? "for a brace itself write `{{`"
                              : "the parameters here are " + one_of(parameters)));
  }
  context.error(Code::unknown_parameter, span,
                "`" + printable(text.substr(at, brace.end - at), 60) + "` names no parameter", "",
                std::move(help));
}

// How much of a token's text at `at` is no `{name}`: an escape or `{{` of a string, or a character.
// 0 where one begins.
std::size_t plain_at(std::string_view text, std::size_t at, bool is_string) {
  if (is_string && text[at] == '\\') return 2;
  if (text[at] != '{') return 1;
  return is_string && at + 1 < text.size() && text[at + 1] == '{' ? 2 : 0;
}

void check_token(Context& context, const Token& token, const std::vector<std::string>& parameters) {
  const bool is_string = token.kind == TokenKind::string;
  if (token.kind != TokenKind::word && !is_string) return;
  const std::string_view text = context.raw_text(token);
  for (std::size_t i = is_string ? 1 : 0; i < text.size();) {
    if (is_string && text[i] == '"') return;
    if (const std::size_t plain = plain_at(text, i, is_string); plain > 0) {
      i += plain;
      continue;
    }
    const Brace brace = brace_at(text, i);
    if (std::find(parameters.begin(), parameters.end(), brace.name) == parameters.end()) {
      report_brace(context, token, i, brace, parameters);
    }
    i = brace.end;
  }
}

}  // namespace

std::optional<std::vector<Parameter>> read_parameters(Context& context,
                                                      const Declarations& declared,
                                                      const ast::Statement& s) {
  Reader reader(context, s, 2);
  std::vector<Parameter> parameters;
  if (!at_sign(context, reader, "(")) {
    if (reader.ok()) {
      reader.fail(Code::bad_parameter, reader.here(), "expected `(` and the parameters", "",
                  {advice("write `policy NAME(from: host, every: duration = 1h) { … }`")});
    }
    return std::nullopt;
  }
  reader.next();
  while (reader.ok() && !at_sign(context, reader, ")")) {
    if (parameters.size() == max_parameters) {
      reader.fail(Code::bad_parameter, reader.here(),
                  "a policy has at most " + std::to_string(max_parameters) + " parameters");
      return std::nullopt;
    }
    auto parameter = read_parameter(context, declared, reader);
    if (!parameter) return std::nullopt;
    const auto same = std::find_if(parameters.begin(), parameters.end(),
                                   [&](const Parameter& p) { return p.name == parameter->name; });
    if (same != parameters.end()) {
      reader.fail(Code::declared_twice, parameter->name_span,
                  "two parameters are called `" + parameter->name + "`", "again here", {},
                  {{same->name_span, "first here"}});
      return std::nullopt;
    }
    parameters.push_back(std::move(*parameter));
    if (!comma_or_end(context, reader, ")")) return std::nullopt;
  }
  reader.next();
  if (!reader.block("policy NAME(…) { … }")) return std::nullopt;
  return parameters;
}

namespace {

using Arguments = std::map<std::string, Value, std::less<>>;

void report_unknown_parameter(Context& context, Reader& reader, const Named& name,
                              const Template& policy) {
  std::vector<std::string> names;
  names.reserve(policy.parameters.size());
  for (const Parameter& p : policy.parameters) names.push_back(p.name);
  std::vector<Help> help = context.suggestion(name.span, name.name, names);
  if (help.empty())
    help.push_back(advice(names.empty() ? "it has none" : "it has " + one_of(names)));
  reader.fail(Code::unknown_parameter, name.span,
              "the policy has no parameter `" + printable(name.name) + "`", "", std::move(help),
              {{policy.name, "declared here"}});
}

// One `name: value`, into the values. False, and reported, when something is wrong.
bool read_argument(Context& context, const Declarations& declared, Reader& reader,
                   const Template& policy, Arguments& values) {
  const auto name = read_name(context, reader, "parameter: value");
  if (!name) return false;
  const auto parameter = std::find_if(policy.parameters.begin(), policy.parameters.end(),
                                      [&](const Parameter& p) { return p.name == name->name; });
  if (parameter == policy.parameters.end()) {
    report_unknown_parameter(context, reader, *name, policy);
    return false;
  }
  auto value = read_value(context, declared, reader, parameter->type);
  if (!value) return false;
  const auto [at, added] = values.emplace(name->name, std::move(*value));
  if (!added) {
    reader.fail(Code::declared_twice, name->span, "`" + name->name + "` is given twice",
                "again here", {}, {{at->second.span, "first here"}});
  }
  return added;
}

}  // namespace

std::optional<std::map<std::string, Value, std::less<>>> read_arguments(
    Context& context, const Declarations& declared, const ast::Statement& s,
    const Template& policy) {
  Arguments values;
  const std::size_t errors = context.errors();
  Reader reader(context, s, 2);
  const Span open = reader.here();
  reader.next();  // the `(`, by which this is known to be a use
  while (reader.ok() && !at_sign(context, reader, ")")) {
    if (!read_argument(context, declared, reader, policy, values)) return std::nullopt;
    if (!comma_or_end(context, reader, ")")) return std::nullopt;
  }
  reader.next();
  if (!reader.end()) return std::nullopt;
  for (const Parameter& p : policy.parameters) {
    if (values.count(p.name) > 0) continue;
    if (p.fallback) {
      values.emplace(p.name, *p.fallback);
    } else {
      context.error(Code::missing_argument, open,
                    "the parameter `" + p.name + "` is not given, and has no default", "",
                    {advice("add `" + p.name + ": …`, " + describe(p.type))},
                    {{p.name_span, "declared here"}});
    }
  }
  return context.errors() == errors ? std::optional(std::move(values)) : std::nullopt;
}

std::optional<Loop> read_loop(Context& context, const ast::Statement& s) {
  Reader reader(context, s);
  const auto name = reader.identifier("the name of the loop's parameter");
  if (!name) return std::nullopt;
  if (reader.choice({"in"}) != "in") return std::nullopt;
  if (!at_sign(context, reader, "[")) {
    if (reader.ok()) {
      reader.fail(Code::bad_list, reader.here(), "expected a list, such as `[web1, web2]`",
                  "only a list that is written here can be looped over");
    }
    return std::nullopt;
  }
  reader.next();
  Loop loop{*name, {}};
  std::map<std::string, Span> seen;
  while (reader.ok() && !at_sign(context, reader, "]")) {
    auto value = read_literal(context, reader);
    if (!value) return std::nullopt;
    if (!loop.elements.empty() && loop.elements.front().type != value->type) {
      reader.fail(
          Code::bad_element, value->span, "the elements of a list are of one type",
          "this is " + describe(value->type), {},
          {{loop.elements.front().span, "and this is " + describe(loop.elements.front().type)}});
    } else if (!is_identifier(value->text)) {
      reader.fail(Code::bad_element, value->span,
                  "an element is part of the names of what is made for it, and this can't be", "",
                  {advice("write names, `[a-z][a-z0-9_-]*`, and complete them in the block: "
                          "`for x in [home, mail] { … tank/{x} … }`")});
    } else if (const auto [at, added] = seen.emplace(value->text, value->span); !added) {
      reader.fail(Code::declared_twice, value->span, "`" + value->text + "` is in the list twice",
                  "again here", {}, {{at->second, "first here"}});
    }
    loop.elements.push_back(std::move(*value));
    if (!comma_or_end(context, reader, "]")) return std::nullopt;
  }
  reader.next();
  if (!reader.block("for NAME in [a, b] { … }")) return std::nullopt;
  return loop;
}

namespace {

std::vector<Help> nearest_meaning(Context& context, Span span, const std::string& name) {
  const Scope& scope = context.scope();
  const auto hosts = scope.visible(&Scope::hosts);
  const auto rules = scope.visible(&Scope::rules);
  const auto retentions = scope.visible(&Scope::retentions);
  if (!context.may_suggest(hosts.size() + rules.size() + retentions.size())) return {};
  std::vector<std::string> names = hosts;
  for (const std::vector<std::string>& more :
       {std::vector<std::string>(rules), std::vector<std::string>(retentions)}) {
    names.insert(names.end(), more.begin(), more.end());
  }
  return context.suggestion(span, name, names);
}

// The value of a bare word in a `let`: the one host, rules or retention that it names.
std::optional<Value> named_value(Context& context, const Declarations& declared, Value value) {
  const Scope& scope = context.scope();
  const std::string name = value.text;
  value.host = scope.find(&Scope::hosts, name);
  value.rules = scope.find(&Scope::rules, name);
  value.retention = scope.find(&Scope::retentions, name);
  const int meanings = (value.host != nullptr ? 1 : 0) + (value.rules != nullptr ? 1 : 0) +
                       (value.retention != nullptr ? 1 : 0);
  if (meanings == 1) {
    value.type = value.host != nullptr    ? Type::host
                 : value.rules != nullptr ? Type::rules
                                          : Type::retention;
    if (value.host != nullptr) {
      value.text = value.host->full_name.value;
      value.host->used = true;
    }
    if (value.rules != nullptr) value.rules->used = true;
    if (value.retention != nullptr) value.retention->used = true;
    return value;
  }
  if (meanings == 0 && may_be_lost(declared, name)) return std::nullopt;
  if (const Let* let = meanings == 0 ? scope.find(&Scope::lets, name) : nullptr) {
    context.error(Code::bad_constant, value.span, "a constant can't stand for another", "",
                  {advice("write what `" + name + "` stands for")},
                  {{let->name, "a constant itself"}});
    return std::nullopt;
  }
  std::vector<Help> help;
  if (meanings == 0) help = nearest_meaning(context, value.span, name);
  if (help.empty()) {
    help.push_back(
        advice("a constant is a duration, a size, a rate, a number, a string, `on` or "
               "`off`, or the name of a host, of rules or of a retention"));
  }
  context.error(Code::bad_constant, value.span,
                meanings == 0 ? "`" + printable(name) + "` is neither a value nor a name"
                              : "`" + name + "` is the name of more than one thing",
                "", std::move(help));
  return std::nullopt;
}

}  // namespace

std::optional<Value> read_let(Context& context, const Declarations& declared,
                              const ast::Statement& s) {
  Reader reader(context, s, 2);
  if (!reader.at(TokenKind::equals)) {
    if (reader.ok()) {
      reader.fail(Code::missing_value, reader.here(), "expected `=` and a value", "",
                  {advice("write `let interval = 15m`")});
    }
    return std::nullopt;
  }
  reader.next();
  const std::string_view text =
      reader.at(TokenKind::word) ? context.raw_text(*reader.peek()) : std::string_view{};
  const bool is_number = !text.empty() && text.front() >= '0' && text.front() <= '9';
  if (!text.empty() && !is_number &&
      (reader.peek()->subtree || text.find('/') != std::string_view::npos)) {
    reader.fail(Code::bad_constant, reader.here(), "a constant can't stand for a dataset", "",
                {advice("where a dataset is expected a bare word is always a dataset; several "
                        "datasets that belong together are a `rules` block")});
    return std::nullopt;
  }
  auto value = read_literal(context, reader);
  if (!value || !reader.end()) return std::nullopt;
  if (value->type != Type::word) return value;
  return named_value(context, declared, std::move(*value));
}

bool check_braces(Context& context, const ast::Statement& body,
                  const std::vector<std::string>& parameters) {
  const std::size_t errors = context.errors();
  for (const ast::Statement& s : body.body) {
    for (const Token* t = context.begin(s); t != context.end(s); ++t) {
      check_token(context, *t, parameters);
    }
    check_braces(context, s, parameters);
  }
  return context.errors() == errors;
}

}  // namespace zr

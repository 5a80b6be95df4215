#include "lang/read_value.h"

#include "lang/compile_snapshots.h"
#include "lang/literals.h"
#include "lang/references.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::uint64_t max_integer = 1'000'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Duration, size, rate or number: by the unit, so that a wrong one is reported as what it was meant
// to be.
Type type_of_number(std::string_view text) {
  if (text.find_first_not_of("0123456789") == std::string_view::npos) return Type::integer;
  if (text.size() > 2 && text.substr(text.size() - 2) == "/s") return Type::rate;
  return text.find_first_of("KMGTB") != std::string_view::npos ? Type::size : Type::duration;
}

std::optional<Value> read_retention(Context& context, const Declarations& declared, Reader& reader,
                                    Value value) {
  const auto name = reader.reference("the name of a retention");
  if (!name) return std::nullopt;
  value.retention = find_retention(context, *name);
  value.text = *name;
  if (value.retention != nullptr) return value;
  if (!may_be_lost(declared, *name)) {
    reader.fail(Code::unknown_retention, value.span, "unknown retention `" + printable(*name) + "`",
                is_keep_kind(*name) ? "a kind of keep, and no `retention`" : "",
                context.suggestion(value.span, *name, context.scope().visible(&Scope::retentions)));
  }
  return std::nullopt;
}

// Reads with one of Reader's functions; the text is then what was written, or what a constant
// stands for.
template <class Read>
std::optional<Value> checked(Context& context, Reader& reader, Value value, Read read) {
  const ast::Token* token = reader.peek();
  const bool is_word = token != nullptr && token->kind == ast::TokenKind::word;
  const Value* constant = is_word ? context.scope().constant(context.text(*token)) : nullptr;
  const std::string written = is_word ? std::string(context.text(*token)) : std::string();
  if (!read()) return std::nullopt;
  value.text = constant != nullptr ? constant->text : written;
  return value;
}

}  // namespace

std::optional<Value> read_value(Context& context, const Declarations& declared, Reader& reader,
                                Type type) {
  Value value{type, {}, reader.here()};
  switch (type) {
    case Type::word:
    case Type::host:
      value.host = host_reference(context, declared, reader);
      if (value.host == nullptr) return std::nullopt;
      value.text = value.host->full_name.value;
      return value;
    case Type::rules:
      value.rules = rules_reference(context, declared, reader, {});
      return value.rules == nullptr ? std::nullopt : std::optional(value);
    case Type::retention:
      return read_retention(context, declared, reader, std::move(value));
    case Type::dataset: {
      auto name = reader.dataset();
      if (!name) return std::nullopt;
      value.text = name->str();
      return value;
    }
    case Type::pattern: {
      auto pattern = reader.pattern();
      if (!pattern) return std::nullopt;
      value.text =
          (pattern->dataset ? pattern->dataset->str() : "") + (pattern->subtree ? "<" : "");
      return value;
    }
    case Type::string: {
      auto text = reader.string("a string");
      if (!text) return std::nullopt;
      value.text = std::move(*text);
      return value;
    }
    case Type::duration:
      return checked(context, reader, value, [&] { return reader.duration(); });
    case Type::size:
      return checked(context, reader, value, [&] { return reader.size(); });
    case Type::rate:
      return checked(context, reader, value, [&] { return reader.rate(); });
    case Type::integer:
      return checked(context, reader, value, [&] { return reader.number(max_integer); });
    case Type::boolean: {
      const auto flag = reader.on_off();
      if (!flag) return std::nullopt;
      value.text = *flag ? "on" : "off";
      return value;
    }
  }
  return std::nullopt;
}

std::optional<Value> read_literal(Context& context, Reader& reader) {
  static const Declarations none;
  if (reader.at(ast::TokenKind::string)) return read_value(context, none, reader, Type::string);
  if (!reader.at(ast::TokenKind::word)) {
    reader.word("a value");  // reports what is there instead
    return std::nullopt;
  }
  const std::string_view text = context.text(*reader.peek());
  if (!text.empty() && is_digit(text.front())) {
    return read_value(context, none, reader, type_of_number(text));
  }
  if (text == "on" || text == "off") return read_value(context, none, reader, Type::boolean);
  Value value{Type::word, std::string(text), reader.here()};
  if (!reader.word("a value")) return std::nullopt;
  return value;
}

}  // namespace zr

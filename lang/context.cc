#include "lang/context.h"

#include <algorithm>

#include "lang/synonyms.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::size_t max_suggested_errors = 100;
constexpr std::size_t max_comparisons = 200'000;

// What parameters may make: of one text, and of all. Templates within templates could double a text
// each time.
constexpr std::size_t max_text_bytes = std::size_t{64} << 10U;
constexpr std::size_t max_made_bytes = std::size_t{256} << 20U;

}  // namespace

void Context::error(Code code, Span span, std::string message, std::string label,
                    std::vector<Help> help, std::vector<Label> secondary) {
  Diagnostic d;
  d.code = to_string(code);
  d.message = std::move(message);
  d.span = span;
  d.label = std::move(label);
  d.secondary = std::move(secondary);
  d.help = std::move(help);
  diagnostics_.add(std::move(d));
}

const ast::Token* Context::begin(const ast::Statement& s) const {
  return scope_->file->tokens.data() + s.first_token;
}

const ast::Token* Context::end(const ast::Statement& s) const { return begin(s) + s.token_count; }

Span Context::span(const ast::Token& token) const {
  return {scope_->file->source, token.begin, token.end, scope_->expansion};
}

Span Context::span(const ast::Statement& s) const {
  if (s.token_count == 0) return opening_brace(s);
  return {scope_->file->source, begin(s)->begin, (end(s) - 1)->end, scope_->expansion};
}

Span Context::opening_brace(const ast::Statement& s) const {
  return {scope_->file->source, s.open, s.open + 1, scope_->expansion};
}

Origin Context::origin(Span span) const {
  const auto is_built_in = [this](Span s) { return sources_.name(s.source).rfind("std/", 0) == 0; };
  while (is_built_in(span)) {
    const Expansion* made = sources_.expansion(span);
    if (made == nullptr) break;
    span = made->use;
  }
  return sources_.origin(span);
}

std::string_view Context::raw_text(const ast::Token& token) const {
  std::string_view text = sources_.text(span(token));
  if (token.kind == ast::TokenKind::word && token.subtree) text.remove_suffix(1);
  return text;
}

// A name that is none was reported where the template is declared.
void Context::append_parameter(const ast::Token& token, std::string_view name,
                               std::string& text) const {
  const auto found = scope_->parameters.find(name);
  if (found == scope_->parameters.end()) return;
  const std::string& value = found->second.text;
  made_bytes_ += value.size();
  const bool is_too_long = text.size() + value.size() > max_text_bytes;
  if (!is_too_long && made_bytes_ <= max_made_bytes) {
    text += value;
  } else if (!reported_text_) {
    reported_text_ = true;
    Diagnostic d;
    d.code = to_string(Code::too_much_expansion);
    d.message = is_too_long ? "with its parameters this is longer than 65536 bytes"
                            : "the templates of this site make more than 256 MiB of text";
    d.span = span(token);
    d.help = {
        advice("a parameter that stands in the next policy's argument twice doubles each time")};
    diagnostics_.add(std::move(d));
  }
}

std::string_view Context::text(const ast::Token& token) const {
  const std::string_view raw = raw_text(token);
  if (!scope_->is_template() || token.kind != ast::TokenKind::word) return raw;
  if (raw.find('{') == std::string_view::npos) return raw;
  std::string text;
  for (std::size_t i = 0; i < raw.size();) {
    const std::size_t close = raw[i] == '{' ? raw.find('}', i) : std::string_view::npos;
    if (close == std::string_view::npos) {
      text += raw[i++];
      continue;
    }
    append_parameter(token, raw.substr(i + 1, close - i - 1), text);
    i = close + 1;
  }
  return replaced_.emplace_back(std::move(text));
}

const Value* Context::whole_parameter(const ast::Token& token) const {
  const std::string_view raw = raw_text(token);
  if (!scope_->is_template() || token.kind != ast::TokenKind::word || raw.size() < 3 ||
      raw.front() != '{' || raw.find('}') + 1 != raw.size()) {
    return nullptr;
  }
  const auto found = scope_->parameters.find(raw.substr(1, raw.size() - 2));
  return found == scope_->parameters.end() ? nullptr : &found->second;
}

std::string Context::string_value(const ast::Token& token) const {
  const std::string_view text = sources_.text(span(token));
  const bool has_parameters = scope_->is_template();
  std::string value;
  for (std::size_t i = 1; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      const char escaped = text[++i];
      value += escaped == 'n' ? '\n' : escaped == 't' ? '\t' : escaped;
    } else if (has_parameters && text[i] == '{' && i + 1 < text.size() && text[i + 1] == '{') {
      value += text[i++];
    } else if (has_parameters && text[i] == '{') {
      const std::size_t close = text.find('}', i);
      if (close == std::string_view::npos) {
        value += text[i];
        continue;
      }
      append_parameter(token, text.substr(i + 1, close - i - 1), value);
      i = close;
    } else {
      value += text[i];
    }
  }
  return value;
}

std::string_view Context::key(const ast::Statement& s) const {
  if (s.token_count == 0 || begin(s)->kind != ast::TokenKind::word || begin(s)->subtree) return {};
  return raw_text(*begin(s));
}

bool Context::may_suggest(std::size_t candidates) const {
  return errors() < max_suggested_errors && comparisons_ + candidates < max_comparisons;
}

std::vector<Help> Context::suggestion(Span span, std::string_view wrong,
                                      const std::vector<std::string>& candidates) {
  if (!may_suggest(candidates.size())) return {};
  comparisons_ += candidates.size();
  auto near = synonym(wrong, candidates);
  if (!near) near = nearest_name(wrong, candidates);
  if (!near) return {};
  return {replacement(span, *near)};
}

std::vector<Help> Context::suggestion(Span span, std::string_view wrong, Type type) {
  const std::size_t lets = scope_->visible(&Scope::lets).size();
  if (!may_suggest(lets)) return {};
  comparisons_ += lets;
  return suggestion(span, wrong, scope_->constants_of(type));
}

Help advice(std::string text) { return {std::move(text), std::nullopt, {}}; }

Help replacement(Span span, std::string with) {
  return {"write `" + printable(with) + "`", span, with};
}

std::string one_of(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += "`" + words[i] + "`";
  }
  return text;
}

bool is_foreign_comment(std::string_view word) {
  const std::string_view begin = word.substr(0, 2);
  return begin == "//" || begin == "--" || word == "/";
}

bool is_broken(const ast::Statement& s) {
  return s.broken || std::any_of(s.body.begin(), s.body.end(), is_broken);
}

}  // namespace zr

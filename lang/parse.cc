#include "lang/parse.h"

#include <algorithm>
#include <tao/pegtl.hpp>
#include <tao/pegtl/contrib/analyze.hpp>

#include "lang/characters.h"
#include "lang/keywords.h"
#include "lang/tree_builder.h"

namespace zr {
// NOLINTBEGIN(readability-identifier-naming): rules are named as PEGTL names its own.
namespace grammar {

using namespace tao::pegtl;

// Every text matches, so there is nothing to recover from: what has no place becomes a broken token
// or a missing end, and the builder reports it. No rule backs up over one that has an action.

bool looks_like_declaration(std::string_view rest) {
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  const std::size_t end =
      static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_word) - rest.begin());
  const std::string_view key = rest.substr(0, end);
  const auto is_key = [key](const auto& list) {
    return std::find(list.begin(), list.end(), key) != list.end();
  };
  if (!is_key(declarations) && !is_key(file_declarations)) return false;
  const std::size_t next = rest.find_first_not_of(" \t", end);
  if (next == std::string_view::npos) return false;
  const char c = rest[next];
  return c == '{' || (next > end && ((c >= 'a' && c <= 'z') || c == '"'));
}

// A rule of `host -> ok` in column 1 is none: a declaration is a keyword and a name or a block.
struct declaration_ahead : success {
  template <apply_mode A, rewind_mode M, template <typename...> class Action,
            template <typename...> class Control, typename Input>
  static bool match(Input& in, TreeBuilder& builder) {
    const bool line_start = in.current() == in.begin() || in.current()[-1] == '\n';
    return line_start && !in.empty() && builder.expects_no_declaration() &&
           looks_like_declaration(std::string_view(in.current(), in.size()));
  }
};
struct going_on : success {
  template <apply_mode A, rewind_mode M, template <typename...> class Action,
            template <typename...> class Control, typename Input>
  static bool match(Input& /*in*/, TreeBuilder& builder) {
    return !builder.gave_up();
  }
};

struct blank : one<' ', '\t', '\r'> {};
struct newline : one<'\n'> {};
struct comment : seq<one<'#'>, star<not_one<'\n'>>> {};
struct in_line : star<sor<blank, comment>> {};

struct parameter : seq<one<'{'>, ranges<'a', 'z'>,
                       star<sor<ranges<'a', 'z', '0', '9'>, one<'_', '-'>>>, one<'}'>> {};
struct hyphen : seq<one<'-'>, not_at<one<'>'>>> {};
struct name_char : sor<ranges<'a', 'z', 'A', 'Z', '0', '9'>, one<'_', '.', ':', '/'>> {};
struct percentage : seq<plus<ranges<'0', '9'>>, one<'%'>> {};
struct word : seq<sor<percentage, plus<sor<name_char, hyphen, parameter>>>, opt<one<'<'>>> {};
struct string_char : sor<seq<one<'\\'>, not_one<'\n'>>, not_one<'"', '\\', '\n'>> {};
struct quoted_string : seq<one<'"'>, star<string_char>, opt<one<'"'>, opt<one<'<'>>>> {};
struct everything : one<'<'> {};
struct arrow : tao::pegtl::string<'-', '>'> {};
struct bar : one<'|'> {};
struct comma : one<','> {};
struct equals : one<'='> {};
struct structural
    : one<' ', '\t', '\r', '\n', '#', '"', '<', '|', ',', '=', '(', ')', '[', ']', '{', '}', ';'> {
};
struct unexpected : plus<not_at<sor<structural, arrow, name_char, hyphen>>, any> {};

struct bracketed;
struct stray_bracket : one<')', ']'> {};
struct item : sor<word, quoted_string, arrow, everything, bar, comma, equals, bracketed,
                  stray_bracket, unexpected> {};

struct open_bracket : one<'(', '['> {};
struct close_bracket : one<')', ']'> {};
struct no_bracket : success {};
struct in_bracket
    : sor<one<')', ']', '}', ';'>, seq<not_at<parameter>, one<'{'>>, declaration_ahead> {};
struct bracketed
    : seq<open_bracket, star<going_on, not_at<in_bracket>, sor<blank, newline, comment, item>>,
          sor<close_bracket, no_bracket>> {};

struct open_brace : one<'{'> {};
struct close_brace : one<'}'> {};
struct no_brace : success {};
struct statement;
struct block_stop : sor<one<'}'>, declaration_ahead> {};
struct block
    : seq<open_brace,
          star<going_on, not_at<block_stop>, sor<blank, newline, comment, one<';'>, statement>>,
          sor<close_brace, no_brace>> {};

struct no_line_end : success {};
struct statement_end
    : seq<in_line, sor<one<';'>, at<one<'\n', '}'>>, eof, declaration_ahead, no_line_end>> {};
struct items : seq<item, star<going_on, sor<blank, comment, item>>> {};
struct statement : seq<sor<seq<items, opt<block>>, block>, statement_end> {};

struct stray_brace : one<'}'> {};
struct skip_mark : opt<tao::pegtl::string<'\xEF', '\xBB', '\xBF'>> {};
struct file : seq<skip_mark,
                  star<going_on, sor<blank, newline, comment, one<';'>, statement, stray_brace>>> {
};

template <typename Rule>
struct action : nothing<Rule> {};

template <typename Input>
std::uint32_t offset(const Input& in, const TreeBuilder& builder) {
  return static_cast<std::uint32_t>(in.begin() - builder.text().data());
}
template <typename Input>
std::uint32_t end_offset(const Input& in, const TreeBuilder& builder) {
  return static_cast<std::uint32_t>(in.end() - builder.text().data());
}

// Hands the matched range to a function of the builder.
template <void (TreeBuilder::*Handle)(std::uint32_t, std::uint32_t)>
struct with_range {
  template <typename Input>
  static void apply(const Input& in, TreeBuilder& builder) {
    (builder.*Handle)(offset(in, builder), end_offset(in, builder));
  }
};
template <void (TreeBuilder::*Handle)(std::uint32_t)>
struct with_place {
  template <typename Input>
  static void apply(const Input& in, TreeBuilder& builder) {
    (builder.*Handle)(offset(in, builder));
  }
};
template <ast::TokenKind Kind>
struct with_token {
  template <typename Input>
  static void apply(const Input& in, TreeBuilder& builder) {
    builder.token(Kind, offset(in, builder), end_offset(in, builder));
  }
};

// clang-format off
template <> struct action<comment> : with_range<&TreeBuilder::comment> {};
template <> struct action<word> : with_range<&TreeBuilder::word> {};
template <> struct action<quoted_string> : with_range<&TreeBuilder::string> {};
template <> struct action<unexpected> : with_range<&TreeBuilder::unexpected> {};
template <> struct action<everything> : with_token<ast::TokenKind::everything> {};
template <> struct action<arrow> : with_token<ast::TokenKind::arrow> {};
template <> struct action<bar> : with_token<ast::TokenKind::bar> {};
template <> struct action<comma> : with_token<ast::TokenKind::comma> {};
template <> struct action<equals> : with_token<ast::TokenKind::equals> {};
template <> struct action<open_bracket> : with_place<&TreeBuilder::open_bracket> {};
template <> struct action<close_bracket> : with_place<&TreeBuilder::close_bracket> {};
template <> struct action<stray_bracket> : with_place<&TreeBuilder::close_bracket> {};
template <> struct action<no_bracket> : with_place<&TreeBuilder::unclosed_bracket> {};
template <> struct action<open_brace> : with_place<&TreeBuilder::open_block> {};
template <> struct action<close_brace> : with_place<&TreeBuilder::close_block> {};
template <> struct action<no_brace> : with_place<&TreeBuilder::unclosed_block> {};
template <> struct action<stray_brace> : with_place<&TreeBuilder::stray_brace> {};
template <> struct action<no_line_end> : with_place<&TreeBuilder::missing_line_end> {};
template <> struct action<statement> {
  static void apply0(TreeBuilder& builder) { builder.end_statement(); }
};
// clang-format on

}  // namespace grammar
// NOLINTEND(readability-identifier-naming)

std::optional<ast::File> parse(const Sources& sources, SourceId source, Diagnostics& diagnostics) {
  const std::string_view text = sources.text(source);
  if (text.size() > max_source_bytes) {
    Diagnostic d;
    d.code = to_string(Code::too_large);
    d.span = {source, 0, 0};
    d.message = "the file is larger than 64 MiB";
    d.help.push_back({"is this a site file?", std::nullopt, {}});
    diagnostics.add(std::move(d));
    return std::nullopt;
  }
  check_characters(sources, source, diagnostics);
  TreeBuilder builder(sources, source, diagnostics);
  tao::pegtl::memory_input<tao::pegtl::tracking_mode::lazy> in(text.data(),
                                                               text.data() + text.size(), "");
  tao::pegtl::parse<grammar::file, grammar::action>(in, builder);
  return builder.take();
}

std::size_t grammar_problems() { return tao::pegtl::analyze<grammar::file>(-1); }

}  // namespace zr

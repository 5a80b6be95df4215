#include "lang/compile_rules.h"

#include <algorithm>

#include "lang/keywords.h"
#include "lang/reader.h"
#include "lang/references.h"
#include "lang/utf8.h"

namespace zr {
namespace {

struct ReadRule {
  Rule rule;
  Span pattern;
  Span result;
};

// `tank< ok`, `tank< = ok`, `tank/my files -> ok`.
void no_arrow(Context& context, Reader& reader, Span pattern) {
  const Span place = reader.here();
  std::vector<Help> help;
  const ast::Token* next = reader.peek();
  const ast::Token* after = next == nullptr ? nullptr : next + 1;
  const bool alone = next != nullptr && after == context.end(reader.statement());
  const bool before_arrow = !alone && next != nullptr && after->kind == ast::TokenKind::arrow;
  if (reader.at(ast::TokenKind::word)) {
    const std::string word(context.text(place));
    const auto& tops = declarations;
    const bool nested = std::find(tops.begin(), tops.end(), context.text(pattern)) != tops.end();
    if (nested) help.push_back(advice("other blocks have no place in one of rules"));
    if (alone && !nested && !is_foreign_comment(word))
      help.push_back(replacement(place, "-> " + word));
    Span both = pattern;
    both.end = place.end;
    const std::string name(context.text(both));
    const bool subtree = name.back() == '<';
    const std::string plain = name.substr(0, name.size() - (subtree ? 1 : 0));
    if (before_arrow && DatasetName::parse(plain))
      help.push_back(replacement(both, "\"" + plain + (subtree ? "\"<" : "\"")));
  } else if (reader.at(ast::TokenKind::equals)) {
    help.push_back(replacement(place, "->"));
  }
  if (help.empty())
    help.push_back(advice("a rule is `pattern -> result`: `tank< -> ok`, `tank/tmp< -> omit`"));
  reader.fail(Code::not_a_rule, place, "expected `->`", "", std::move(help));
}

// `ok <- tank`, which would be read as three other things.
void no_backward_arrow(const Context& context, Reader& reader) {
  const ast::Token* first = reader.peek();
  const ast::Token* end = context.end(reader.statement());
  if (first == nullptr || end - first < 3) return;
  const ast::Token& sign = first[1];
  const ast::Token& shaft = first[2];
  if (sign.kind != ast::TokenKind::everything || shaft.begin != sign.end) return;
  if (context.text(context.span(shaft)).substr(0, 1) != "-") return;
  Span arrow = context.span(sign);
  arrow.end = shaft.begin + 1;
  reader.fail(Code::not_a_rule, arrow, "the arrow points from the pattern to the result", "",
              {advice("a rule is `pattern -> result`: `tank< -> ok`, `tank/tmp< -> omit`")});
}

std::optional<ReadRule> read_rule(Context& context, const ast::Statement& s) {
  Reader reader(context, s, 0);
  const Span pattern_span = reader.here();
  no_backward_arrow(context, reader);
  auto pattern = reader.pattern();
  if (pattern && !reader.at(ast::TokenKind::arrow)) no_arrow(context, reader, pattern_span);
  reader.next();
  const Span result_span = reader.here();
  auto result = reader.result();
  if (!reader.end() || !pattern || !result) return std::nullopt;
  const Span span = context.span(s);
  return ReadRule{{std::move(*pattern), std::move(*result), span, context.origin(span)},
                  pattern_span,
                  result_span};
}

void add_all(Context& context, std::vector<ReadRule>& read, RulesBlock& block) {
  // In the order of patterns adding is cheap; a stable sort keeps the first of two before the
  // other.
  std::stable_sort(read.begin(), read.end(), [](const ReadRule& a, const ReadRule& b) {
    return a.rule.pattern < b.rule.pattern;
  });
  for (ReadRule& r : read) {
    if (const Rule* before = block.rules.add(std::move(r.rule))) {
      context.error(Code::pattern_twice, r.pattern,
                    "the pattern `" + printable(before->pattern.str()) + "` is given twice",
                    "again here", {advice("keep one of the two rules")},
                    {{before->span, "first here"}});
    }
  }
}

// Where to find the rules that a statement of a job wants: in its block, or by a name.
struct Wanted {
  RulesBlock block;
  std::optional<Span> use;  // of the name
};

bool looks_like_dataset(const Context& context, const Reader& reader) {
  for (const auto kind :
       {ast::TokenKind::string, ast::TokenKind::everything, ast::TokenKind::open}) {
    if (reader.at(kind)) return true;
  }
  if (!reader.at(ast::TokenKind::word)) return false;
  return reader.peek()->subtree || context.text(*reader.peek()).find('/') != std::string_view::npos;
}

std::optional<Wanted> find_rules(Context& context, const Declarations& declared,
                                 const ast::Statement& s) {
  Reader reader(context, s);
  if (reader.at_end() || s.has_block) {
    const std::string example =
        std::string(context.key(s)) + " { … }` or `" + std::string(context.key(s)) + " NAME";
    if (!reader.block(example)) return std::nullopt;
    return Wanted{compile_rules(context, s), std::nullopt};
  }
  const Span use = reader.here();
  if (looks_like_dataset(context, reader)) {
    const bool is_list = reader.at(ast::TokenKind::open);
    const std::string rule = (is_list ? "tank<" : std::string(context.text(use))) +
                             (context.key(s) == "map" ? " -> TARGET" : " -> ok");
    reader.fail(
        Code::missing_block, use, "expected a block, or the name of a `rules` block", "",
        {advice("write `" + std::string(context.key(s)) + " { " + printable(rule) + " }`")});
  }
  const NamedRules* rules = rules_reference(context, declared, reader, std::string(context.key(s)));
  if (rules == nullptr || !reader.end()) return std::nullopt;
  return Wanted{rules->block, use};
}

void refuse(Context& context, Code code, const Wanted& wanted, Span place,
            const std::string& message, Help help) {
  if (!wanted.use) {
    context.error(code, place, message, "", {std::move(help)});
    return;
  }
  context.error(code, *wanted.use, message, "used here", {std::move(help)},
                {{place, "because of this rule"}});
}

}  // namespace

RulesBlock compile_rules(Context& context, const ast::Statement& s) {
  RulesBlock block;
  std::vector<ReadRule> read;
  for (const ast::Statement& line : s.body) {
    auto rule = read_rule(context, line);
    if (!rule) continue;
    const RuleResult& result = rule->rule.result;
    if (std::holds_alternative<DatasetName>(result) && !block.first_target) {
      block.first_target = rule->result;
    }
    if (std::holds_alternative<Ok>(result) && !block.first_ok) block.first_ok = rule->result;
    read.push_back(std::move(*rule));
  }
  add_all(context, read, block);
  return block;
}

Rules compile_filter(Context& context, const Declarations& declared, const ast::Statement& s) {
  auto wanted = find_rules(context, declared, s);
  if (!wanted) return {};
  if (const auto& target = wanted->block.first_target) {
    Help help = advice(
        "the results of a filter are `ok` and `omit`; targets belong in the `map` of a push or "
        "pull");
    if (!wanted->use) {
      const auto meant = context.suggestion(*target, context.text(*target), {"ok", "omit"});
      if (!meant.empty()) help = meant.front();
    }
    refuse(context, Code::target_in_filter, *wanted, *target,
           "`datasets` wants a filter, and this rule has a target", std::move(help));
  }
  return std::move(wanted->block.rules);
}

Rules compile_map(Context& context, const Declarations& declared, const ast::Statement& s) {
  auto wanted = find_rules(context, declared, s);
  if (!wanted) return {};
  if (const auto& ok = wanted->block.first_ok) {
    refuse(context, Code::ok_in_map, *wanted, *ok,
           "`map` wants to know where to, and this rule only says `ok`",
           advice("the results of a map are target datasets and `omit`"));
  }
  return std::move(wanted->block.rules);
}

}  // namespace zr

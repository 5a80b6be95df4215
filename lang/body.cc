#include "lang/body.h"

#include <algorithm>

#include "lang/keywords.h"
#include "lang/synonyms.h"
#include "lang/utf8.h"

namespace zr {

Body::Body(Context& context, const ast::Statement& owner, std::vector<Key> keys)
    : context_(context), owner_(owner) {
  for (const ast::Statement& s : owner.body) sort_in(s, keys);
}

void Body::sort_in(const ast::Statement& s, const std::vector<Key>& keys) {
  const std::string_view word = context_.key(s);
  const auto known =
      std::find_if(keys.begin(), keys.end(), [&](const Key& k) { return k.name == word; });
  if (known == keys.end()) {
    if (!s.broken) unknown(s, keys);
    return;
  }
  auto& same = found_[known->name];
  if (known->use == Key::Use::once && !same.empty()) {
    context_.error(Code::repeated_statement, context_.span(s),
                   "`" + std::string(word) + "` is given twice in " + heading(context_, owner_),
                   "again here", {}, {{context_.span(*same.front()), "first here"}});
    return;
  }
  same.push_back(&s);
}

void Body::unknown(const ast::Statement& s, const std::vector<Key>& keys) {
  std::vector<std::string> names;
  names.reserve(keys.size());
  for (const Key& k : keys) names.emplace_back(k.name);
  const Span span = s.token_count > 0 ? context_.span(*context_.begin(s)) : context_.span(s);
  const std::string_view word = context_.key(s);
  std::string message = "unknown statement in " + heading(context_, owner_);
  if (!word.empty())
    message = "unknown statement `" + printable(word) + "` in " + heading(context_, owner_);
  std::vector<Help> help = context_.suggestion(span, word, names);
  if (!help.empty()) meant_.insert(help.front().replacement);
  if (help.empty()) help = foreign(s, names);
  if (help.empty()) help.push_back(advice("it may hold " + one_of(names)));
  context_.error(Code::unknown_statement, span, std::move(message), "", std::move(help));
}

// Of a word that is no spelling mistake.
std::vector<Help> Body::foreign(const ast::Statement& s, const std::vector<std::string>& names) {
  const std::string_view word = context_.key(s);
  const auto may_hold = [&](std::string_view key) {
    return std::find(names.begin(), names.end(), key) != names.end();
  };
  if (is_foreign_comment(word)) return {advice("comments begin with `#`")};
  if (const std::string about = about_control_flow(word); !about.empty()) return {advice(about)};
  if (word == "any" && may_hold("matching")) {
    return {advice("all of them are `snapshots any`, without a block")};
  }
  if (word == "-") {  // an item of a YAML list
    if (s.token_count > 1) meant_.emplace(context_.text(context_.begin(s)[1]));
    return {advice("a statement begins with its keyword, without a dash")};
  }
  if ((word == "prefix" || word == "matching") && may_hold("snapshots")) {
    meant_.emplace("snapshots");
    return {advice("put it into a block: `snapshots { " + std::string(word) + " \"…\" }`")};
  }
  const auto& tops = declarations;
  if (std::find(tops.begin(), tops.end(), word) != tops.end() && home_of_key(word).empty()) {
    return {advice("a `" + std::string(word) + "` stands at the top of the file, not in a block")};
  }
  if (const std::string home = home_of_key(word); !home.empty()) {
    return {advice(home + "; here may stand " + one_of(names))};
  }
  return {};
}

const ast::Statement* Body::find(std::string_view key) const {
  const auto found = found_.find(key);
  if (found == found_.end() || found->second.front()->broken) return nullptr;
  return found->second.front();
}

std::vector<const ast::Statement*> Body::all(std::string_view key) const {
  std::vector<const ast::Statement*> whole;
  const auto found = found_.find(key);
  if (found == found_.end()) return whole;
  std::copy_if(found->second.begin(), found->second.end(), std::back_inserter(whole),
               [](const ast::Statement* s) { return !s->broken; });
  return whole;
}

bool Body::has(std::string_view key) const { return found_.find(key) != found_.end(); }

const ast::Statement* Body::require(std::string_view key, std::string_view example) {
  if (has(key)) return find(key);
  if (!is_broken(owner_) && meant_.count(key) == 0) {
    context_.error(Code::missing_statement, context_.span(owner_),
                   heading(context_, owner_) + " does not say `" + std::string(key) + "`", "",
                   {advice("add `" + std::string(example) + "`")});
  }
  return nullptr;
}

std::string heading(const Context& context, const ast::Statement& s) {
  std::string text;
  for (const ast::Token* t = context.begin(s); t != context.end(s) && text.size() < 80; ++t) {
    if (t->kind != ast::TokenKind::word) break;
    text += (text.empty() ? "" : " ") + printable(context.text(*t));
  }
  return text.empty() ? "the block" : "`" + text + "`";
}

}  // namespace zr

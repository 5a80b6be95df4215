#include "lang/allows.h"

#include <algorithm>
#include <iterator>

#include "lang/codes.h"
#include "lang/context.h"
#include "lang/findings.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::string_view keyword = "zr:";
constexpr std::string_view allow_word = "zr:allow";
constexpr std::uint32_t max_lines_between = 100;
constexpr std::size_t max_malformed = 1000;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// The word at the beginning, which is taken off the text, and so are the blanks behind it.
std::string_view take_word(std::string_view& text) {
  const auto end = std::find_if(text.begin(), text.end(), is_blank);
  const std::string_view word = text.substr(0, static_cast<std::size_t>(end - text.begin()));
  text = trimmed(text.substr(word.size()));
  return word;
}

// The codes that a comment may allow.
std::vector<std::string> allowable() {
  std::vector<std::string> codes;
  for (const CodeInfo& info : all_codes) {
    if (is_finding(info.code) && info.code < Code::allow_without_reason) {
      codes.push_back(to_string(info.code));
    }
  }
  return codes;
}

void collect(const ast::File& file, const ast::Statement& s, auto& ranges) {
  if (s.token_count > 0) {
    const auto begin = file.tokens[s.first_token].begin;
    const auto tokens_end = file.tokens[s.first_token + s.token_count - 1].end;
    ranges.push_back({begin, s.has_block ? std::max(tokens_end, s.close + 1) : tokens_end});
  }
  for (const ast::Statement& inner : s.body) collect(file, inner, ranges);
}

// Of the statements that begin in [from, to), all of what they span.
template <class Range>
std::optional<Range> beginning_in(const std::vector<Range>& statements, std::uint32_t from,
                                  std::uint32_t to) {
  const auto begins_before = [](const Range& r, std::uint32_t at) { return r.begin < at; };
  const auto first = std::lower_bound(statements.begin(), statements.end(), from, begins_before);
  if (first == statements.end() || first->begin >= to) return std::nullopt;
  Range all = *first;
  for (auto it = first; it != statements.end() && it->begin < to; ++it) {
    all.end = std::max(all.end, it->end);
  }
  return all;
}

// The last that ends in (from, to], of statements by their end.
template <class Range>
std::optional<Range> ending_in(const std::vector<Range>& by_end, std::uint32_t from,
                               std::uint32_t to) {
  const auto ends_before = [](std::uint32_t at, const Range& r) { return at < r.end; };
  const auto after = std::upper_bound(by_end.begin(), by_end.end(), to, ends_before);
  if (after == by_end.begin() || std::prev(after)->end <= from) return std::nullopt;
  return *std::prev(after);
}

}  // namespace

Allows::Allows(const std::vector<const ast::File*>& files, const Sources& sources) {
  for (const ast::File* file : files) read(*file, sources);
  for (auto& [key, list] : lists_) nest(list);
}

void Allows::read(const ast::File& file, const Sources& sources) {
  statements_.clear();
  for (const ast::Comment& comment : file.comments) {
    const auto text = sources.text(Span{file.source, comment.begin, comment.end});
    if (text.size() < 2 || text[1] == '#') continue;
    if (trimmed(text.substr(1)).substr(0, keyword.size()) != keyword) continue;
    if (statements_.empty()) {
      for (const ast::Statement& s : file.statements) collect(file, s, statements_);
      by_end_ = statements_;
      std::sort(by_end_.begin(), by_end_.end(),
                [](const Range& a, const Range& b) { return a.end < b.end; });
    }
    read(file, comment, sources);
  }
}

void Allows::read(const ast::File& file, const ast::Comment& comment, const Sources& sources) {
  auto allow = parse(file, comment, sources);
  if (!allow) return;
  const std::uint32_t line = sources.position(file.source, comment.begin).line;
  const std::uint32_t line_begin = sources.line_begin(file.source, line);
  const Span before{file.source, line_begin, comment.begin};
  std::optional<Range> range;
  if (!trimmed(sources.text(before)).empty()) {
    range = beginning_in(statements_, line_begin, comment.begin);
    if (!range) range = ending_in(by_end_, line_begin, comment.begin);
  } else {
    std::uint32_t next = line + 1;
    while (next <= line + max_lines_between &&
           trimmed(sources.line(file.source, next)).substr(0, 1) == "#") {
      ++next;
    }
    const auto size = static_cast<std::uint32_t>(sources.line(file.source, next).size());
    const std::uint32_t begin = sources.line_begin(file.source, next);
    range = beginning_in(statements_, begin, begin + size);
  }
  allow->range = range.value_or(Range{});
  lists_[{file.source, allow->code}].push_back(std::move(*allow));
}

std::optional<Allows::Allow> Allows::parse(const ast::File& file, const ast::Comment& comment,
                                           const Sources& sources) {
  const std::string_view whole = sources.text(Span{file.source, comment.begin, comment.end});
  const auto place = [&](std::string_view part) {
    const auto begin = comment.begin + static_cast<std::uint32_t>(part.data() - whole.data());
    return Span{file.source, begin, begin + static_cast<std::uint32_t>(part.size())};
  };
  const auto refuse = [&](Code code, std::string_view part, std::string message, Help help) {
    if (malformed_.size() >= max_malformed) return;
    Diagnostic d = finding(code, Severity::warning, place(part), std::move(message));
    d.help.push_back(std::move(help));
    malformed_.push_back(std::move(d));
  };
  std::string_view rest = trimmed(whole.substr(1));
  const std::string_view all = rest;
  const std::string_view word = take_word(rest);
  if (word != allow_word) {
    refuse(Code::unknown_allow, word, "a comment can't say `" + printable(word) + "`",
           {"write `zr:allow CODE REASON`", place(word), std::string(allow_word)});
    return std::nullopt;
  }
  const std::string_view code = take_word(rest);
  if (code.empty()) {
    refuse(Code::unknown_allow, word, "`zr:allow` does not say what",
           advice("write `zr:allow CODE REASON`, with the code of a warning or a note"));
    return std::nullopt;
  }
  const std::vector<std::string> known = allowable();
  if (std::find(known.begin(), known.end(), code) == known.end()) {
    const auto meant = nearest_name(code, known);
    refuse(Code::unknown_allow, code, "`" + printable(code) + "` is nothing that can be allowed",
           meant ? replacement(place(code), *meant)
                 : advice("warnings and notes can be allowed, by their codes: ZR20…"));
    return std::nullopt;
  }
  if (rest.empty()) {
    const std::string text = "zr:allow " + std::string(code);
    refuse(Code::allow_without_reason, all, "`" + text + "` gives no reason, and allows nothing",
           advice("say why: `# " + text + " the two never exist at once`"));
    return std::nullopt;
  }
  return Allow{{}, place(all), std::string(code), std::string(rest), false, {}};
}

void Allows::nest(List& list) {
  std::stable_sort(list.begin(), list.end(), [](const Allow& a, const Allow& b) {
    return a.range.begin != b.range.begin ? a.range.begin < b.range.begin
                                          : a.range.end > b.range.end;
  });
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < list.size(); ++i) {
    while (!open.empty() && list[open.back()].range.end <= list[i].range.begin) open.pop_back();
    if (!open.empty()) list[i].around = open.back();
    open.push_back(i);
  }
}

const std::string* Allows::reason(const std::string& code, Span span) {
  const auto found = lists_.find({span.source, code});
  if (found == lists_.end()) return nullptr;
  List& list = found->second;
  auto after =
      std::upper_bound(list.begin(), list.end(), span.begin,
                       [](std::uint32_t at, const Allow& allow) { return at < allow.range.begin; });
  if (after == list.begin()) return nullptr;
  std::optional<std::size_t> at = static_cast<std::size_t>(after - list.begin()) - 1;
  while (at && span.begin >= list[*at].range.end) at = list[*at].around;
  if (!at) return nullptr;
  list[*at].used = true;
  return &list[*at].reason;
}

void Allows::report(Diagnostics& diagnostics) const {
  for (const Diagnostic& d : malformed_) diagnostics.add(d);
  for (const auto& [key, list] : lists_) {
    for (const Allow& allow : list) {
      if (allow.used) continue;
      Diagnostic d = finding(Code::idle_allow, Severity::warning, allow.comment,
                             "there is no " + allow.code + " here to allow");
      d.help.push_back(
          advice("remove it, or put it directly above the statement or at the end of its line"));
      diagnostics.add(std::move(d));
    }
  }
}

}  // namespace zr

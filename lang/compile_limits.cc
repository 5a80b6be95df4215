#include "lang/compile_limits.h"

#include <algorithm>

#include "lang/body.h"
#include "lang/reader.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::uint64_t max_count = 1'000'000'000;

bool is_share(std::string_view word) {
  return word.size() > 1 && word.back() == '%' &&
         word.find_first_not_of("0123456789") == word.size() - 1;
}

// Reads what stands behind `destroy` or `create`.
class LimitReader {
 public:
  LimitReader(Context& context, const ast::Statement& s) : context_(context), reader_(context, s) {}

  std::optional<DestroyLimit> destroy(std::optional<DestroyLimit> otherwise) {
    if (const auto word = whole({"none", "unlimited"}))
      return end(*word == "none" ? std::optional(DestroyLimit{}) : std::nullopt, otherwise);
    DestroyLimit limit;
    const bool has_share = is_share(next());
    if (has_share) limit.percent = share();
    if (!has_share || take_or()) limit.count = count();
    if (!has_share && reader_.ok() && next() == "or") refuse_order(limit.count);
    return end(std::optional(limit), otherwise);
  }

  std::optional<std::uint64_t> create(std::optional<std::uint64_t> otherwise) {
    if (const auto word = whole({"none", "unlimited"}))
      return end(*word == "none" ? std::optional<std::uint64_t>(0) : std::nullopt, otherwise);
    if (is_share(next()))
      reader_.fail(Code::bad_limit, reader_.here(), "`create` has no share, only a number",
                   "a share of what?", {advice("write `create 1000`")});
    return end(std::optional(count()), otherwise);
  }

 private:
  // The next word as written; empty where none follows.
  std::string_view next() const {
    return reader_.at(ast::TokenKind::word) ? context_.text(*reader_.peek()) : std::string_view{};
  }

  // One of the words; a word that is none of them and no constant either is reported.
  std::optional<std::string> whole(const std::vector<std::string>& words) {
    if (reader_.at_end())
      reader_.fail(Code::missing_value, reader_.here(), "expected a limit", "nothing stands here",
                   {advice("a number, or " + one_of(words))});
    const std::string word(next());
    if (word.empty() || word.front() < 'a' || word.front() > 'z') return std::nullopt;
    if (std::find(words.begin(), words.end(), word) != words.end()) {
      reader_.next();
      return word;
    }
    if (context_.scope().constant(word) != nullptr) return std::nullopt;
    std::vector<Help> help = context_.suggestion(reader_.here(), word, words);
    if (help.empty()) help = context_.suggestion(reader_.here(), word, Type::integer);
    reader_.fail(Code::unknown_word, reader_.here(),
                 "expected a limit, not `" + printable(word) + "`", "a number or " + one_of(words),
                 std::move(help));
    return std::nullopt;
  }

  std::uint64_t share() {
    const Span span = reader_.here();
    const std::string_view word = next();
    reader_.next();
    const auto percent = parse_number(word.substr(0, word.size() - 1), 100);
    if (const auto* value = std::get_if<std::uint64_t>(&percent)) return *value;
    if (std::get<Problem>(percent).code == Code::zero) return refuse_zero(span);
    reader_.fail(Code::bad_limit, span, "`" + printable(word) + "` is no share of what there is",
                 "from 1% to 100%", {advice("for no limit write `unlimited`")});
    return 0;
  }

  std::uint64_t count() {
    if (is_share(next()))
      reader_.fail(Code::bad_limit, reader_.here(), "a second share where a number is wanted", "",
                   {advice("a share, a number, or both: `destroy 20% or 100`")});
    const std::string_view word = next();
    if (!word.empty() && word.find_first_not_of('0') == std::string_view::npos)
      return refuse_zero(reader_.here());
    return reader_.number(max_count).value_or(0);
  }

  std::uint64_t refuse_zero(Span span) {
    const bool is_all = reader_.statement().token_count == 2;
    reader_.fail(Code::zero, span, "zero makes no sense here", "",
                 {is_all ? replacement(span, "none")
                         : advice("of a share and a number the larger counts: leave this out")});
    return 0;
  }

  bool take_or() {
    if (next() != "or") return false;
    reader_.next();
    return true;
  }

  // `100 or 20%`: one spelling for one meaning.
  void refuse_order(std::uint64_t count) {
    const Span here = reader_.here();
    reader_.next();
    const bool mendable = is_share(next());
    std::vector<Help> help{advice("a share, a number, or both: `destroy 20% or 100`")};
    if (mendable) {
      Span all = here;
      all.begin = context_.span(context_.begin(reader_.statement())[1]).begin;
      all.end = reader_.here().end;
      help = {replacement(all, std::string(next()) + " or " + std::to_string(count))};
    }
    reader_.fail(Code::bad_limit, here, "`or` stands behind a share only",
                 mendable ? "the share comes first" : "", std::move(help));
  }

  template <class T>
  T end(T limit, T otherwise) {
    return reader_.end() ? limit : otherwise;
  }

  Context& context_;
  Reader reader_;
};

}  // namespace

Limits compile_limits(Context& context, const ast::Statement& s) {
  Limits limits;
  limits.origin = context.origin(context.span(s));
  const Body body(context, s, {{"destroy"}, {"create"}});
  if (const auto* destroy = body.find("destroy"))
    limits.destroy = LimitReader(context, *destroy).destroy(limits.destroy);
  if (const auto* create = body.find("create"))
    limits.create = LimitReader(context, *create).create(limits.create);
  return limits;
}

}  // namespace zr

#include <algorithm>
#include <array>

#include "lang/compile_snapshots.h"
#include "lang/grid.h"
#include "lang/keep_advice.h"
#include "lang/reader.h"
#include "lang/references.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::uint64_t max_count = 1'000'000'000;

using What = decltype(Keep::what);

constexpr std::array<std::string_view, 10> kinds{"grid",     "hourly",        "daily", "weekly",
                                                 "monthly",  "yearly",        "last",  "within",
                                                 "matching", "not_replicated"};

std::optional<Period> period_of(std::string_view word) {
  for (const Period p :
       {Period::hourly, Period::daily, Period::weekly, Period::monthly, Period::yearly}) {
    if (to_string(p) == word) return p;
  }
  return std::nullopt;
}

// What follows the kind, which is one of `kinds`.
std::optional<What> read_kind(Context& context, Reader& reader, std::string_view kind) {
  if (kind == "grid") {
    auto grid = read_grid(context, reader);
    return grid ? std::optional<What>(std::move(*grid)) : std::nullopt;
  }
  if (kind == "matching") {
    auto regex = reader.regex();
    return regex ? std::optional<What>(KeepMatching{std::move(*regex)}) : std::nullopt;
  }
  if (kind == "not_replicated") return KeepNotReplicated{};
  if (kind == "within") {
    const auto age = reader.duration();
    return age ? std::optional<What>(KeepWithin{*age}) : std::nullopt;
  }
  const auto count = reader.number(max_count);
  if (!count) return std::nullopt;
  if (const auto period = period_of(kind)) return KeepCalendar{*period, *count};
  return KeepLast{*count};
}

void report_unknown(Context& context, const Declarations* declared, const ast::Statement& s,
                    Span span, std::string_view word, bool alone) {
  if (declared != nullptr && may_be_lost(*declared, word)) return;
  const std::vector<std::string> all_kinds(kinds.begin(), kinds.end());
  std::vector<Help> help = keep_advice(context, s, all_kinds);
  if (help.empty() && declared != nullptr && context.may_suggest()) {
    help = context.suggestion(span, word, context.scope().visible(&Scope::retentions));
  }
  if (help.empty()) help = context.suggestion(span, word, all_kinds);
  const std::size_t dot = word.find('.');
  if (help.empty() && dot != std::string_view::npos) {
    const std::string file = printable(word.substr(0, dot));
    help.push_back(advice("what another file declares needs `use`: `use \"std/" + file + "\"`"));
  } else if (help.empty()) {
    help.push_back(advice("keep one of: " + one_of({kinds.begin(), kinds.end()})));
  }
  const std::string shown = "`" + printable(word) + "`";
  if (alone && declared != nullptr) {
    context.error(Code::unknown_retention, span, "unknown retention " + shown,
                  "neither a kind of keep nor a `retention` of this site", std::move(help));
  } else {
    context.error(Code::unknown_keep, span, "unknown kind of keep " + shown, "", std::move(help));
  }
}

struct ReadKeeps {
  Context& context;
  const Declarations* declared;
  std::vector<Keep> keeps;
  std::vector<std::size_t> own;  // of keeps: those that the block itself says

  void read(const ast::Statement& s) {
    Reader reader(context, s);
    const Span word_span = reader.here();
    const auto word = reader.word("what to keep, such as `last 4`");
    if (!word) return;
    if (is_keep_kind(*word)) {
      auto what = read_kind(context, reader, *word);
      if (!reader.end() || !what) return;
      const Span span = context.span(s);
      own.push_back(keeps.size());
      keeps.push_back({std::move(*what), span, context.origin(span)});
    } else {
      use(reader, word_span, *word);
    }
  }

  void use(Reader& reader, Span span, std::string_view word) {
    const bool alone = reader.at_end();
    if (declared == nullptr || !alone) {
      if (declared == nullptr && alone && is_identifier(word) && !near_kind(word)) {
        reader.fail(Code::nested_retention, span, "a retention can't use another", "",
                    {advice("list its `keep` statements here, or use both in the `prune`")});
        return;
      }
      report_unknown(context, declared, reader.statement(), span, word, alone);
      return;
    }
    if (const NamedRetention* found = find_retention(context, word)) {
      if (reader.end()) keeps.insert(keeps.end(), found->keeps.begin(), found->keeps.end());
    } else if (const Value* constant = context.scope().constant(word)) {
      report_wrong_type(reader, span, word, *constant, "a retention");
    } else {
      report_unknown(context, declared, reader.statement(), span, word, alone);
    }
  }

  static bool near_kind(std::string_view word) {
    return nearest_name(word, {kinds.begin(), kinds.end()}).has_value();
  }
};

struct Sortable {
  std::size_t kind;
  std::string text;
  bool own;
  Keep keep;
};

// The first of equal ones stays; a second one of the block itself is an error.
std::vector<Keep> sorted_unique(Context& context, ReadKeeps read) {
  std::vector<Sortable> all;
  for (std::size_t i = 0; i < read.keeps.size(); ++i) {
    Keep& keep = read.keeps[i];
    const bool own = std::binary_search(read.own.begin(), read.own.end(), i);
    all.push_back({keep.what.index(), keep.str(), own, std::move(keep)});
  }
  std::stable_sort(all.begin(), all.end(), [](const Sortable& a, const Sortable& b) {
    return std::tie(a.kind, a.text, b.own) < std::tie(b.kind, b.text, a.own);
  });
  std::vector<Keep> keeps;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool again = i > 0 && all[i].text == all[i - 1].text;
    if (again && all[i].own) {
      context.error(Code::repeated_statement, all[i].keep.span,
                    "`keep " + printable(all[i].text) + "` is given twice", "again here", {},
                    {{keeps.back().span, "first here"}});
    }
    if (!again) keeps.push_back(std::move(all[i].keep));
  }
  return keeps;
}

}  // namespace

bool is_keep_kind(std::string_view word) {
  return std::find(kinds.begin(), kinds.end(), word) != kinds.end();
}

std::vector<Keep> compile_keeps(Context& context, const std::vector<const ast::Statement*>& lines,
                                const Declarations* declared) {
  ReadKeeps read{context, declared, {}, {}};
  for (const ast::Statement* line : lines) read.read(*line);
  return sorted_unique(context, std::move(read));
}

}  // namespace zr

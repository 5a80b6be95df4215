#include "lang/compile_tests.h"

#include <fmt/format.h>

#include <algorithm>

#include "lang/body.h"
#include "lang/orbit.h"
#include "lang/reader.h"
#include "lang/references.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::uint64_t max_count = 1'000'000'000;
constexpr std::int64_t max_snapshots = 1'000'000;  // taken for one expectation

class TestCompiler {
 public:
  TestCompiler(Context& context, const Declarations& declared, Policy& policy)
      : context_(context),
        declared_(declared),
        policy_(policy),
        subjects_(policy.subjects()),
        may_lack_jobs_(declared.lost_job || context.errors() > 0) {
    for (const Prune& prune : policy.prunes) prunes_.emplace(prune.id.str(), &prune);
  }

  void compile(const DeclaredJob& test) {
    context_.enter(*test.scope);
    Body body(context_, *test.statement, {{"expect", Key::Use::often}});
    body.require("expect", "expect pull.offsite maps tank/db -> backup/db");
    SiteTest compiled{test.full_name, context_.span(*test.statement), {}};
    for (const ast::Statement* line : body.all("expect")) {
      if (auto expectation = read(*line)) compiled.expectations.push_back(std::move(*expectation));
    }
    policy_.tests.push_back(std::move(compiled));
  }

 private:
  std::optional<Expectation> read(const ast::Statement& line) {
    Reader reader(context_, line);
    const Span span = reader.here();
    const auto word = reader.word("a job or a retention, such as `pull.offsite`");
    if (!word) return std::nullopt;
    const std::string subject(*word);
    const auto verb = reader.choice({"maps", "every"});
    if (!verb) return std::nullopt;
    return *verb == "maps" ? read_maps(reader, subject, span) : read_holds(reader, subject, span);
  }

  // In a template a job's own name will do: "pull.offsite" for "pull.nightly.offsite".
  template <class T>
  std::optional<std::string> full_name(const std::map<std::string, T, std::less<>>& known,
                                       const std::string& written) const {
    const std::size_t dot = written.find('.');
    if (dot != std::string::npos) {
      std::string own =
          written.substr(0, dot + 1) + context_.scope().prefix + written.substr(dot + 1);
      if (known.count(own) > 0) return own;
    }
    return known.count(written) > 0 ? std::optional(written) : std::nullopt;
  }

  std::optional<Expectation> read_maps(Reader& reader, const std::string& subject, Span span) {
    const auto name = full_name(subjects_, subject);
    if (!name) {
      unknown_job(reader, subject, span);
      return std::nullopt;
    }
    auto dataset = reader.dataset();
    if (!dataset) return std::nullopt;
    if (!reader.at(ast::TokenKind::arrow)) {
      if (reader.ok()) {
        reader.fail(Code::bad_expectation, reader.here(), "expected `->`", "",
                    {advice("write `expect " + *name + " maps " + dataset->str() + " -> …`")});
      }
      return std::nullopt;
    }
    reader.next();
    const Span result_span = reader.here();
    auto result = reader.result();
    if (!reader.end() || !result) return std::nullopt;
    const Rules& rules = *subjects_.find(*name)->second;
    const bool is_filter = !rules.has_targets();
    const bool is_target = std::holds_alternative<DatasetName>(*result);
    if (std::holds_alternative<Omit>(*result) || is_target != is_filter || rules.empty()) {
      return Expectation{*name, ExpectedMapping{std::move(*dataset), std::move(*result)},
                         context_.span(reader.statement())};
    }
    context_.error(Code::bad_expectation, result_span,
                   "`" + *name + "` " +
                       (is_filter ? "filters: it says `ok` or `omit`"
                                  : "maps: it says a target dataset or `omit`"));
    return std::nullopt;
  }

  void unknown_job(Reader& reader, const std::string& written, Span span) {
    if (may_lack_jobs_) return;  // it may be one of those
    std::vector<Help> help = context_.suggestion(span, written, subjects_);
    if (help.empty()) {
      help.push_back(
          advice("write KIND.NAME: `pull.offsite`, `autosnap.production`, `sink.office`"));
    }
    reader.fail(Code::unknown_job, span, "unknown job `" + printable(written) + "`", "",
                std::move(help));
  }

  std::optional<Expectation> read_holds(Reader& reader, const std::string& subject, Span span) {
    const auto keeps = keeps_of(reader, subject, span);
    const Span every_span = reader.here();
    const auto every = reader.duration();
    if (!every || reader.choice({"for"}) != "for") return std::nullopt;
    const Span duration_span = reader.here();
    const auto duration = reader.duration();
    if (!duration || reader.choice({"holds"}) != "holds") return std::nullopt;
    const auto most = reader.number(max_count);
    if (!reader.end() || !most) return std::nullopt;
    if (*every > *duration) {
      reader.fail(Code::bad_expectation, every_span, "`every` is longer than `for`",
                  "the second snapshot would come after the end", {},
                  {{duration_span, "this is the end"}});
    } else if ((*duration - std::chrono::seconds(1)) / *every + 1 > max_snapshots) {
      reader.fail(Code::bad_expectation, duration_span,
                  fmt::format("these are more than {} snapshots", max_snapshots), "",
                  {advice("write a shorter `for`, or a longer `every`: the most are there as soon "
                          "as every keep has what it wants")});
    }
    if (!keeps || !reader.ok()) return std::nullopt;
    return Expectation{subject, ExpectedCount{*keeps, *every, *duration, *most},
                       context_.span(reader.statement())};
  }

  // Of a prune, or else of a retention, which is found as a `keep` there would find it.
  std::optional<std::size_t> keeps_of(Reader& reader, const std::string& written, Span span) {
    const auto prune = full_name(prunes_, written);
    const NamedRetention* retention = retention_of(written);
    if (prune && retention != nullptr) {
      reader.fail(
          Code::bad_expectation, span, "`" + written + "` is both a job and a retention", "",
          {advice("give the retention another name: `let NAME = " + written + "`")},
          {{prunes_.find(*prune)->second->span, "the job"}, {retention->name, "the retention"}});
    } else if (prune) {
      const Prune& found = *prunes_.find(*prune)->second;
      return add(reader, written, span, &found, found.keeps);
    } else if (retention != nullptr) {
      return add(reader, written, span, retention, retention->keeps);
    } else {
      nothing_kept(reader, written, span);
    }
    return std::nullopt;
  }

  // A test alone is no use of a retention.
  const NamedRetention* retention_of(std::string_view name) const {
    const Value* constant = context_.scope().constant(name);
    if (constant == nullptr) return context_.scope().find(&Scope::retentions, name);
    return constant->type == Type::retention ? constant->retention
           : constant->type == Type::word
               ? context_.scope().find(&Scope::retentions, constant->text)
               : nullptr;
  }

  std::optional<std::size_t> add(Reader& reader, const std::string& written, Span span,
                                 const void* owner, const std::vector<Keep>& keeps) {
    const auto other = std::find_if_not(keeps.begin(), keeps.end(), Orbit::looks_at_time_only);
    if (other != keeps.end()) {
      const std::string keep = "`keep " + printable(other->str()) + "`";
      reader.fail(Code::bad_expectation, span,
                  "how many `" + written + "` holds is not a matter of time alone", "",
                  {advice("speak of a `retention` that has the other keeps only")},
                  {{other->span, keep + " looks at more"}});
      return std::nullopt;
    }
    const auto [at, is_new] = places_.emplace(owner, policy_.tested_keeps.size());
    if (is_new) policy_.tested_keeps.push_back(keeps);
    return at->second;
  }

  void nothing_kept(Reader& reader, const std::string& written, Span span) {
    const std::string shown = "`" + printable(written) + "`";
    const std::string_view kind = std::string_view(written).substr(0, written.find('.'));
    const bool names_another_job = kind.size() < written.size() && kind != "prune" &&
                                   (parse_job_kind(kind) || kind == "sink" || kind == "pull_acl");
    if (names_another_job || full_name(subjects_, written)) {
      reader.fail(Code::bad_expectation, span, shown + " keeps nothing",
                  "neither a prune nor a retention");
      return;
    }
    const bool names_a_prune = written.rfind("prune.", 0) == 0;
    if ((names_a_prune && may_lack_jobs_) || may_be_lost(declared_, written)) return;
    if (const Value* constant = context_.scope().constant(written)) {
      report_wrong_type(reader, span, written, *constant, "a retention");
      return;
    }
    std::vector<Help> help;
    const auto retentions = context_.scope().visible(&Scope::retentions);
    if (context_.may_suggest(retentions.size() + prunes_.size())) {
      std::vector<std::string> names = retentions;
      for (const auto& [name, prune] : prunes_) names.push_back(name);
      help = context_.suggestion(span, written, names);
    }
    const std::size_t dot = written.find('.');
    if (help.empty() && dot != std::string::npos && !names_a_prune) {
      const std::string file = printable(written.substr(0, dot));
      help.push_back(advice("what another file declares needs `use`: `use \"std/" + file + "\"`"));
    } else if (help.empty()) {
      help.push_back(advice("write the name of a `retention`, or `prune.NAME`"));
    }
    reader.fail(names_a_prune ? Code::unknown_job : Code::unknown_retention, span,
                (names_a_prune ? "unknown job " : "unknown retention ") + shown, "",
                std::move(help));
  }

  Context& context_;
  const Declarations& declared_;
  Policy& policy_;
  std::map<std::string, const Rules*, std::less<>> subjects_;
  std::map<std::string, const Prune*, std::less<>> prunes_;
  std::map<const void*, std::size_t> places_;  // in tested_keeps, of prunes and retentions
  bool may_lack_jobs_;                         // a job with an error is not in the policy
};

}  // namespace

void compile_tests(Context& context, const Declarations& declared, Policy& policy) {
  if (declared.tests.empty()) return;
  TestCompiler compiler(context, declared, policy);
  for (const DeclaredJob& test : declared.tests) compiler.compile(test);
}

}  // namespace zr

#include "lang/compile_tests.h"

#include "lang/body.h"
#include "lang/reader.h"
#include "lang/utf8.h"

namespace zr {
namespace {

class TestCompiler {
 public:
  TestCompiler(Context& context, const Declarations& declared, Policy& policy)
      : context_(context),
        policy_(policy),
        subjects_(policy.subjects()),
        may_lack_jobs_(declared.lost_job || context.errors() > 0) {}

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
  // In a template a job's own name will do: "pull.offsite" for "pull.nightly.offsite".
  std::optional<std::string> subject(Reader& reader) {
    const Span span = reader.here();
    const auto word = reader.word("a job, such as `pull.offsite`");
    if (!word) return std::nullopt;
    const std::string written(*word);
    const std::size_t dot = written.find('.');
    if (dot != std::string::npos) {
      std::string own =
          written.substr(0, dot + 1) + context_.scope().prefix + written.substr(dot + 1);
      if (policy_.find_rules(own) != nullptr) return own;
    }
    if (policy_.find_rules(written) != nullptr) return written;
    if (may_lack_jobs_) return std::nullopt;  // it may be one of those
    std::vector<Help> help = context_.suggestion(span, written, subjects_);
    if (help.empty()) {
      help.push_back(
          advice("write KIND.NAME: `pull.offsite`, `autosnap.production`, `sink.office`"));
    }
    reader.fail(Code::unknown_job, span, "unknown job `" + printable(written) + "`", "",
                std::move(help));
    return std::nullopt;
  }

  std::optional<Expectation> read(const ast::Statement& line) {
    Reader reader(context_, line);
    const auto name = subject(reader);
    if (!name || reader.choice({"maps"}) != "maps") return std::nullopt;
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
    const bool is_filter = !policy_.find_rules(*name)->has_targets();
    const bool is_target = std::holds_alternative<DatasetName>(*result);
    if (std::holds_alternative<Omit>(*result) || is_target != is_filter ||
        policy_.find_rules(*name)->empty()) {
      return Expectation{*name, std::move(*dataset), std::move(*result), context_.span(line)};
    }
    context_.error(Code::bad_expectation, result_span,
                   "`" + *name + "` " +
                       (is_filter ? "filters: it says `ok` or `omit`"
                                  : "maps: it says a target dataset or `omit`"));
    return std::nullopt;
  }

  Context& context_;
  Policy& policy_;
  std::vector<std::string> subjects_;
  bool may_lack_jobs_;  // a job with an error is not in the policy
};

}  // namespace

void compile_tests(Context& context, const Declarations& declared, Policy& policy) {
  if (declared.tests.empty()) return;
  TestCompiler compiler(context, declared, policy);
  for (const DeclaredJob& test : declared.tests) compiler.compile(test);
}

}  // namespace zr

#include "lang/unused_policies.h"

#include <algorithm>
#include <array>

#include "lang/collect.h"
#include "lang/compile_declared.h"
#include "lang/compile_tests.h"

namespace zr {
namespace {

// Wrong whatever the parameters stand for.
constexpr std::array about_the_text{
    Code::unknown_declaration, Code::unknown_statement, Code::missing_statement,
    Code::missing_block,       Code::unwanted_block,    Code::missing_value,
    Code::unwanted_value,      Code::declared_twice,    Code::bad_name,
    Code::unknown_host,        Code::unknown_rules,     Code::unknown_retention,
    Code::wrong_type,          Code::unknown_parameter, Code::bad_parameter,
    Code::missing_argument,    Code::unknown_policy,    Code::not_here};

// Of these not even that is known where an element of a `for` stands: its list is empty.
constexpr std::array about_elements{Code::unknown_host, Code::unknown_rules,
                                    Code::unknown_retention, Code::wrong_type};

bool is_one_of(const auto& codes, std::string_view code) {
  return std::any_of(codes.begin(), codes.end(), [&](Code c) { return to_string(c) == code; });
}

// Whether an error is about a value, and so perhaps about what stands in for one. Those of neither
// kind are about the site around the policy.
bool is_about_a_value(std::string_view code) {
  return code == to_string(Code::repeated_statement) || code == to_string(Code::bad_expectation) ||
         code.substr(0, 4) == "ZR13" || code.substr(0, 4) == "ZR14" || code.substr(0, 4) == "ZR15";
}

std::string_view stand_in_text(const Parameter& parameter) {
  switch (parameter.type) {
    case Type::duration:
      return "1h";
    case Type::size:
      return "1GiB";
    case Type::rate:
      return "1MiB/s";
    case Type::integer:
      return "1";
    case Type::boolean:
      return "on";
    default:
      return parameter.name;
  }
}

// Where in a text the statements are that name a parameter.
class ParameterPlaces {
 public:
  void add(const Context& context, const Template& policy, const ast::Statement& s) {
    for (const ast::Statement& inner : s.body) {
      if (names_one(context, policy, inner)) {
        const Span span = context.span(inner);
        ends_[{span.source, span.begin}] = span.end;
      }
      add(context, policy, inner);
    }
  }

  bool hold(Span span) const {
    auto at = ends_.upper_bound({span.source, span.begin});
    if (at == ends_.begin()) return false;
    --at;
    return at->first.first == span.source && span.begin <= at->second;
  }

 private:
  static bool names_one(const Context& context, const Template& policy, const ast::Statement& s) {
    return std::any_of(context.begin(s), context.end(s), [&](const ast::Token& token) {
      const std::string_view text = context.raw_text(token);
      return text.find('{') != std::string_view::npos ||
             (&token != context.begin(s) &&
              std::any_of(policy.parameters.begin(), policy.parameters.end(),
                          [&](const Parameter& p) { return p.name == text; }));
    });
  }

  std::map<std::pair<SourceId, std::uint32_t>, std::uint32_t> ends_;  // by their beginnings
};

class Rehearsal {
 public:
  Rehearsal(Sources& sources, Modules& modules, const Declarations& declared)
      : context_(sources, found_), collector_(context_, modules, made_, policy_) {
    made_.lost_names = declared.lost_names;
    // What stands around the policy is not looked at, nor what other policies make in it.
    made_.lost_host = made_.lost_job = true;
    host_.full_name = HostName("host");
  }

  void collect(const Template& policy) {
    Scope& scope = scopes_.emplace_back();
    scope.file = policy.scope->file;
    scope.outer = policy.scope;
    scope.user = &scope;
    scope.made_by = policy.statement;
    // As if it were used under its own name: other policies may make jobs of the same names, and so
    // may one of that name in another file.
    scope.prefix = policy.own_name + ".";
    if (!names_.insert(policy.own_name).second)
      scope.prefix += std::to_string(scopes_.size()) + ".";
    for (const Parameter& p : policy.parameters) {
      Value value{p.type, std::string(stand_in_text(p)), p.name_span};
      value.host = &host_;
      value.rules = &rules_;
      value.retention = &retention_;
      scope.parameters.emplace(p.name, std::move(value));
    }
    context_.enter(scope);
    places_.add(context_, policy, *policy.statement);
    const bool is_loop = context_.key(*policy.statement) == "for";
    if (is_loop) elements_.add(context_, policy, *policy.statement);
    collector_.collect_body(scope, policy);
  }

  void compile() {
    compile_declared(context_, made_, policy_);
    compile_tests(context_, made_, policy_);
  }

  void report(Diagnostics& diagnostics) const {
    for (Diagnostic& d : found_.sorted()) {
      if (is_certain(d)) diagnostics.add(std::move(d));
    }
  }

 private:
  bool is_certain(const Diagnostic& d) const {
    if (is_one_of(about_elements, d.code) && elements_.hold(d.span)) return false;
    if (is_one_of(about_the_text, d.code)) return true;
    return is_about_a_value(d.code) && !places_.hold(d.span) &&
           std::none_of(d.secondary.begin(), d.secondary.end(),
                        [&](const Label& label) { return places_.hold(label.span); });
  }

  Diagnostics found_;
  Context context_;
  Declarations made_;
  Policy policy_;
  Collector collector_;
  std::deque<Scope> scopes_;
  std::set<std::string> names_;
  ParameterPlaces places_;
  ParameterPlaces elements_;  // those of them that are about a loop's
  NamedHost host_;
  NamedRules rules_;
  NamedRetention retention_;
};

}  // namespace

void check_unused_policies(Sources& sources, Modules& modules, const Declarations& declared,
                           Diagnostics& diagnostics) {
  Rehearsal rehearsal(sources, modules, declared);
  for (const Template& policy : declared.policies) {
    if (policy.usable && !policy.expanded) rehearsal.collect(policy);
  }
  for (const Template& loop : declared.idle_loops) rehearsal.collect(loop);
  rehearsal.compile();
  rehearsal.report(diagnostics);
}

}  // namespace zr

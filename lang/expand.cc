#include <algorithm>

#include "lang/collect.h"
#include "lang/parameters.h"
#include "lang/reader.h"
#include "lang/utf8.h"

// The part of Collector that makes what templates make.

namespace zr {
namespace {

std::size_t count_statements(const ast::Statement& s) {
  std::size_t count = s.body.size();
  for (const ast::Statement& inner : s.body) count += count_statements(inner);
  return count;
}

std::vector<std::string> names_of(const std::vector<Parameter>& parameters) {
  std::vector<std::string> names;
  names.reserve(parameters.size());
  for (const Parameter& p : parameters) names.push_back(p.name);
  return names;
}

}  // namespace

void Collector::read_lets() {
  for (Scope& scope : modules_.scopes()) {
    context_.enter(scope);
    for (const auto& [name, let] : scope.lets) {
      const auto clash = [&, at = let->name, name = name](const auto& names) {
        const auto same = names.find(name);
        if (same != names.end()) twice(at, same->second->name, "`" + name + "` is declared twice");
        return same != names.end();
      };
      if (clash(scope.hosts) || clash(scope.rules) || clash(scope.retentions)) continue;
      let->value = read_let(context_, declared_, *let->statement);
      if (!let->value) declared_.lost_names.emplace(name);
    }
  }
  // The heads of policies need the constants, for their defaults.
  for (Template& policy : declared_.policies) {
    context_.enter(*policy.scope);
    auto parameters = read_parameters(context_, declared_, *policy.statement);
    if (!parameters) continue;
    policy.parameters = std::move(*parameters);
    policy.usable = check_braces(context_, *policy.statement, names_of(policy.parameters));
  }
}

bool Collector::within_limits(const ast::Statement& body, const Pending& pending,
                              const std::string& name) {
  if (gave_up_) return false;
  const Span use = context_.span(*pending.statement);
  if (pending.scope->prefix.size() + name.size() > max_made_name_bytes) {
    lose(*pending.statement, true, true);
    context_.error(Code::too_much_expansion, use,
                   "what this makes has names of more than 255 bytes",
                   "each template within a template adds a name",
                   {advice("use policies less deep, or give their uses shorter names")});
    return false;
  }
  blocks_ += std::max<std::size_t>(body.body.size(), 1);  // of nothing, too, there may be too much
  statements_ += count_statements(body);
  if (blocks_ <= max_expanded_blocks && statements_ <= max_expanded_statements) return true;
  gave_up_ = true;
  declared_.lost_host = declared_.lost_job = true;
  const bool too_long = blocks_ <= max_expanded_blocks;
  context_.error(Code::too_much_expansion, use,
                 too_long ? "the templates of this site make more than 2000000 statements"
                          : "the templates of this site make more than 100000 blocks",
                 "with this there are too many", {advice("split the site")});
  return false;
}

Scope& Collector::new_scope(const Pending& pending, const Scope& outer,
                            const ast::Statement& made_by, std::string what,
                            const std::string& name) {
  Scope& scope = expansions_.emplace_back();
  scope.file = outer.file;
  scope.outer = &outer;
  scope.user = pending.scope;
  scope.made_by = &made_by;
  scope.prefix = pending.scope->prefix + name + ".";
  scope.expansion = context_.sources().add({std::move(what), context_.span(*pending.statement)});
  return scope;
}

void Collector::expand_body(Scope& scope, const ast::Statement& made_by) {
  declare_all(scope, made_by.body);
}

void Collector::expand_loop(const Pending& pending) {
  context_.enter(*pending.scope);
  const ast::Statement& s = *pending.statement;
  const auto loop = read_loop(context_, s);
  if (!loop || !check_braces(context_, s, {loop->name})) {
    lose(s, true, true);
    return;
  }
  if (loop->elements.empty()) {
    const Span name = name_span(s);
    declared_.idle_loops.push_back(
        {{&s, pending.scope}, name, loop->name, {{loop->name, name, Type::word, {}}}, true});
  }
  for (const Value& element : loop->elements) {
    context_.enter(*pending.scope);
    if (!within_limits(s, pending, element.text)) return;
    Scope& scope = new_scope(pending, *pending.scope, s,
                             "`for " + loop->name + "` with `" + element.text + "`", element.text);
    // The place of the element tells which of the expansions it is.
    scope.parameters.emplace(loop->name, element);
    expand_body(scope, s);
  }
}

const Template* Collector::find_policy(const Pending& pending, Span span, const std::string& name) {
  const Template* policy = pending.scope->find(&Scope::policies, name);
  const std::size_t dot = name.find('.');
  if (policy != nullptr || declared_.lost_names.count(name.substr(0, dot)) > 0) return policy;
  std::vector<Help> help =
      context_.suggestion(span, name, pending.scope->visible(&Scope::policies));
  if (help.empty() && dot != std::string::npos) {
    help.push_back(advice("its file has to be used: `use \"…/" + name.substr(0, dot) + "\"`"));
  } else if (help.empty()) {
    help.push_back(advice("declare it: `policy " + printable(name) + "(…) { … }`"));
  }
  context_.error(Code::unknown_policy, span, "unknown policy `" + printable(name) + "`", "",
                 std::move(help));
  return nullptr;
}

std::optional<Collector::Call> Collector::read_use(const Pending& pending) {
  context_.enter(*pending.scope);
  const ast::Statement& s = *pending.statement;
  Reader reader(context_, s, 0);
  const Span span = reader.here();
  const auto name = reader.reference("the name of a policy");
  const Span instance_span = reader.here();
  const auto instance = reader.identifier("the name of this use");
  const Template* policy = name && instance ? find_policy(pending, span, *name) : nullptr;
  if (policy == nullptr) {
    lose(s, true, true);
    return std::nullopt;
  }
  policy->used = true;
  const auto [at, added] =
      jobs_.emplace("instance of " + pending.scope->prefix + *instance, instance_span);
  if (!added) {
    twice(instance_span, at->second, "two uses are called `" + *instance + "`");
    return std::nullopt;
  }
  std::optional<std::map<std::string, Value, std::less<>>> values;
  if (policy->usable) values = read_arguments(context_, declared_, s, *policy);
  if (!values) {
    lose(s, true, true);
    return std::nullopt;
  }
  return Call{policy, *name, *instance, std::move(*values)};
}

void Collector::expand_use(const Pending& pending) {
  auto call = read_use(pending);
  if (!call) return;
  const Template& policy = *call->policy;
  if (!within_limits(*policy.statement, pending, call->instance)) return;
  Scope& scope = new_scope(pending, *policy.scope, *policy.statement,
                           "`" + call->name + " " + call->instance + "`", call->instance);
  scope.parameters = std::move(call->arguments);
  policy.expanded = true;
  expand_body(scope, *policy.statement);
}

}  // namespace zr

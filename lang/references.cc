#include "lang/references.h"

#include "lang/utf8.h"

namespace zr {
namespace {

// What a name refers to, of one kind: by a constant of that type, or by being declared.
template <class T>
struct Found {
  const T* what = nullptr;
  const Value* wrong = nullptr;  // a constant of another type
};

template <class T>
Found<T> look_up(const Scope& scope, Names<T> Scope::*names, Type type, const T* Value::*held,
                 std::string_view name) {
  if (const Value* constant = scope.constant(name)) {
    if (constant->type == type) return {constant->*held, nullptr};
    if (constant->type == Type::word) return {scope.find(names, constant->text), nullptr};
    return {nullptr, constant};
  }
  return {scope.find(names, name), nullptr};
}

std::string shown_name(std::string_view name) { return "`" + printable(name) + "`"; }

}  // namespace

bool may_be_lost(const Declarations& declared, std::string_view name) {
  if (declared.lost_names.count(name) > 0) return true;
  const std::size_t dot = name.find('.');
  return dot != std::string_view::npos && declared.lost_names.count(name.substr(0, dot)) > 0;
}

void report_wrong_type(Reader& reader, Span span, std::string_view name, const Value& value,
                       const std::string& wanted) {
  const std::string what =
      value.type == Type::word ? "an element of a `for`" : describe(value.type);
  reader.fail(Code::wrong_type, span,
              shown_name(name) + " is " + what + ", and " + wanted + " is expected here", "", {},
              {{value.span, "what it stands for"}});
}

const NamedHost* host_reference(Context& context, const Declarations& declared, Reader& reader) {
  const Span span = reader.here();
  const auto name = reader.reference("the name of a host");
  if (!name) return nullptr;
  const auto found =
      look_up<NamedHost>(context.scope(), &Scope::hosts, Type::host, &Value::host, *name);
  if (found.wrong != nullptr) {
    report_wrong_type(reader, span, *name, *found.wrong, "a host");
  } else if (found.what == nullptr && !may_be_lost(declared, *name)) {
    std::vector<Help> help =
        context.suggestion(span, *name, context.scope().visible(&Scope::hosts));
    if (help.empty()) help.push_back(advice("declare it: `host " + *name + " { … }`"));
    reader.fail(Code::unknown_host, span, "unknown host " + shown_name(*name),
                "no host has this name", std::move(help));
  }
  if (found.what != nullptr) found.what->used = true;
  return found.what;
}

const NamedRules* rules_reference(Context& context, const Declarations& declared, Reader& reader,
                                  const std::string& key) {
  const Span span = reader.here();
  const auto name = reader.reference("the name of a `rules` block");
  if (!name) return nullptr;
  const auto found =
      look_up<NamedRules>(context.scope(), &Scope::rules, Type::rules, &Value::rules, *name);
  if (found.wrong != nullptr) {
    report_wrong_type(reader, span, *name, *found.wrong, "a block of rules");
  } else if (found.what == nullptr && !may_be_lost(declared, *name)) {
    std::vector<Help> help =
        context.suggestion(span, *name, context.scope().visible(&Scope::rules));
    if (help.empty() && !key.empty()) {
      const std::string rule = *name + "< -> " + (key == "map" ? "TARGET" : "ok");
      help.push_back(advice("for the dataset of that name write `" + key + " { " + rule + " }`"));
    }
    reader.fail(Code::unknown_rules, span, "unknown rules " + shown_name(*name),
                "no `rules` block has this name", std::move(help));
  }
  if (found.what != nullptr) found.what->used = true;
  return found.what;
}

const NamedRetention* find_retention(const Context& context, std::string_view word) {
  const NamedRetention* found = look_up<NamedRetention>(context.scope(), &Scope::retentions,
                                                        Type::retention, &Value::retention, word)
                                    .what;
  if (found != nullptr) found->used = true;
  return found;
}

}  // namespace zr

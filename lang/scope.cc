#include "lang/scope.h"

namespace zr {

const Scope& Scope::of_file() const {
  const Scope* scope = this;
  while (scope->outer != nullptr) scope = scope->outer;
  return *scope;
}

const Value* Scope::constant(std::string_view name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->outer) {
    const auto parameter = scope->parameters.find(name);
    if (parameter != scope->parameters.end()) return &parameter->second;
  }
  const Let* let = find(&Scope::lets, name);
  if (let == nullptr || !let->value) return nullptr;
  let->used = true;
  return &*let->value;
}

std::vector<std::string> Scope::constants_of(Type type) const {
  std::vector<std::string> names;
  for (const Scope* scope = this; scope != nullptr; scope = scope->outer) {
    for (const auto& [name, value] : scope->parameters) {
      if (value.type == type) names.push_back(name);
    }
  }
  std::vector<std::string> all = visible(&Scope::lets);
  for (std::string& name : all) {
    const Let* let = find(&Scope::lets, name);
    if (let->value && let->value->type == type) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace zr

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lang/ast.h"
#include "lang/source.h"
#include "lang/values.h"

namespace zr {

struct Template;

struct Let {
  Span name;
  std::string own_name;
  const ast::Statement* statement = nullptr;
  std::optional<Value> value;  // none: it has an error, or was not read yet
  mutable bool used = false;
};

template <class T>
using Names = std::map<std::string, T*, std::less<>>;

struct Scope;

// Every name of one kind that may be written in a scope, for suggestions. Gathered only when asked
// for: there may be very many, and as many errors that would like to have them.
template <class T>
class VisibleNames {
 public:
  VisibleNames(const Scope& scope, Names<T> Scope::*names) : scope_(scope), names_(names) {}
  std::size_t size() const;
  operator std::vector<std::string>() const;  // NOLINT(google-explicit-constructor)

 private:
  const Scope& scope_;
  Names<T> Scope::*names_;
};

// Where a statement stands: the file that its tokens are in, and what names mean there. A file has
// a scope, and so has each expansion of a `policy` or a `for`; a name that an expansion does not
// have is looked up around its template, never around its use.
struct Scope {
  const ast::File* file = nullptr;
  const Scope* outer = nullptr;  // none: a file's
  Scope* user = nullptr;         // of an expansion: the scope that it was used in
  ExpansionId expansion = ExpansionId::none;
  std::string prefix;                       // before the names of what is made here: "nightly."
  const ast::Statement* made_by = nullptr;  // of an expansion: the template

  std::map<std::string, Value, std::less<>> parameters;
  Names<NamedHost> hosts;
  Names<NamedRules> rules;
  Names<NamedRetention> retentions;
  Names<Template> policies;
  Names<Let> lets;
  Names<const Scope> uses;  // the files that `use` names, by their stems

  bool is_template() const { return made_by != nullptr; }
  // The scope of the whole file.
  const Scope& of_file() const;
  // What a name stands for here, of one kind; null when there is none. `file.name` is what that
  // file declares.
  template <class T>
  T* find(Names<T> Scope::*names, std::string_view name) const;
  // The parameter or the constant of that name.
  const Value* constant(std::string_view name) const;
  // The names of parameters and constants of one type, for suggestions.
  std::vector<std::string> constants_of(Type) const;
  template <class T>
  VisibleNames<T> visible(Names<T> Scope::*names) const {
    return {*this, names};
  }
};

template <class T>
T* Scope::find(Names<T> Scope::*names, std::string_view name) const {
  const std::size_t dot = name.find('.');
  if (dot != std::string_view::npos) {
    const auto& used = of_file().uses;
    const auto home = used.find(name.substr(0, dot));
    if (home == used.end()) return nullptr;
    const auto found = (home->second->*names).find(name.substr(dot + 1));
    return found == (home->second->*names).end() ? nullptr : found->second;
  }
  for (const Scope* scope = this; scope != nullptr; scope = scope->outer) {
    const auto found = (scope->*names).find(name);
    if (found != (scope->*names).end()) return found->second;
  }
  return nullptr;
}

template <class T>
std::size_t VisibleNames<T>::size() const {
  std::size_t count = 0;
  for (const Scope* scope = &scope_; scope != nullptr; scope = scope->outer) {
    count += (scope->*names_).size();
  }
  for (const auto& [stem, used] : scope_.of_file().uses) count += (used->*names_).size();
  return count;
}

template <class T>
VisibleNames<T>::operator std::vector<std::string>() const {
  std::vector<std::string> all;
  for (const Scope* scope = &scope_; scope != nullptr; scope = scope->outer) {
    for (const auto& [name, what] : scope->*names_) all.push_back(name);
  }
  for (const auto& [stem, used] : scope_.of_file().uses) {
    for (const auto& [name, what] : used->*names_) all.push_back(stem + "." + name);
  }
  return all;
}

}  // namespace zr

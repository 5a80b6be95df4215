#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "lang/compile.h"
#include "lang/context.h"
#include "lang/declarations.h"
#include "lang/scope.h"

namespace zr {

// What a site reads besides its own file.
inline constexpr std::size_t max_files = 1000;
inline constexpr std::size_t max_used_bytes = std::size_t{64} << 20;

// The files of a site: the one that it is named by, first, and those that `use` names, each once,
// whoever uses it. Owns their trees and their scopes; addresses stay as they are.
class Modules {
 public:
  Modules(Context&, Diagnostics&, const Import&);
  // Not copied: scopes point into it.
  Modules(const Modules&) = delete;
  Modules& operator=(const Modules&) = delete;

  // Reads every file that is used, over however many steps, and fills the `uses` of their scopes.
  void load(const ast::File& root);

  std::deque<Scope>& scopes() { return scopes_; }
  // Their trees, the site's own first, without those of the built-in library.
  std::vector<const ast::File*> files() const;
  // What these files use.
  const std::vector<Use>& uses() const { return uses_; }
  // The stems of files that could not be read: what is behind their names is not known.
  const std::set<std::string>& lost() const { return lost_; }

 private:
  struct Loading {  // a file whose `use` statements are being followed
    std::string path;
    Span use;
  };
  void follow(Scope&, const std::string& path);
  void use(Scope&, const std::string& from, const ast::Statement&);
  Scope* open(const std::string& path, const ast::Statement&, Span span);
  std::optional<SourceId> read(const std::string& path, Span span);
  void cycle(const std::string& path, Span span);

  Context& context_;
  Diagnostics& diagnostics_;
  const Import& import_;
  std::deque<ast::File> files_;
  std::deque<Scope> scopes_;
  std::map<std::string, Scope*> by_path_;
  std::vector<Use> uses_;
  std::set<std::string> lost_;
  std::vector<Loading> loading_;
  std::size_t used_bytes_ = 0;
};

}  // namespace zr

#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lang/context.h"

namespace zr {

struct Key {
  enum class Use { once, often };
  std::string_view name;
  Use use = Use::once;
};

// The statements of a block, by the word that each begins with. Reports those that have no place,
// and the second of those that may be there once.
class Body {
 public:
  // `owner` names the block in messages: "`autosnap production`".
  Body(Context&, const ast::Statement& owner, std::vector<Key> keys);

  // The statement, or null; also null when it is there and broken.
  const ast::Statement* find(std::string_view key) const;
  std::vector<const ast::Statement*> all(std::string_view key) const;
  // As find(); reports when nothing of that key is there, with an example of what to write.
  const ast::Statement* require(std::string_view key, std::string_view example);
  bool has(std::string_view key) const;  // broken ones too

 private:
  void sort_in(const ast::Statement&, const std::vector<Key>&);
  void unknown(const ast::Statement&, const std::vector<Key>&);
  std::vector<Help> foreign(const ast::Statement&, const std::vector<std::string>& names);

  Context& context_;
  const ast::Statement& owner_;
  std::map<std::string_view, std::vector<const ast::Statement*>, std::less<>> found_;
  std::set<std::string, std::less<>> meant_;  // keys that an unknown statement probably means
};

// "`autosnap production`": the beginning of a statement, for a message.
std::string heading(const Context&, const ast::Statement&);

}  // namespace zr

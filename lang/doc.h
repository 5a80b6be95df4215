#pragma once

#include <string>
#include <vector>

#include "lang/ast.h"
#include "lang/source.h"

namespace zr {

// What the `##` comments of a file say: about the file, when they stand above all else, and about
// each declaration, when they stand directly above it.
struct DocEntry {
  std::string heading;  // "retention long_term", "policy mirror(from: host, every: duration = 1h)"
  std::string text;     // without the `##`; empty when the declaration has none
};
struct Documentation {
  std::string about;
  std::vector<DocEntry> entries;  // what another file can use, in the order of the text
};

Documentation documentation(const ast::File&, const Sources&);

}  // namespace zr

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lang/ast.h"
#include "lang/diagnostic.h"
#include "lang/source.h"

namespace zr {

// The comments that answer a finding: `# zr:allow ZR2003 the two never exist at once`, on a line of
// its own directly above a statement or at the end of its line. They hold for the statement and
// everything in its block.
class Allows {
 public:
  Allows(const std::vector<const ast::File*>&, const Sources&);

  // The reason why what begins in this span may be so. Remembers that it was asked for.
  const std::string* reason(const std::string& code, Span);

  // The comments that can't be understood, and those that allowed nothing.
  void report(Diagnostics&) const;

 private:
  struct Range {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  struct Allow {
    Range range;
    Span comment;  // from `zr:allow` on
    std::string code;
    std::string reason;
    bool used = false;
    std::optional<std::size_t> around;  // the next wider one of the same code, in the same list
  };
  // By their beginning. Statements contain each other or are disjoint, and so are the ranges.
  using List = std::vector<Allow>;

  void read(const ast::File&, const Sources&);
  void read(const ast::File&, const ast::Comment&, const Sources&);
  std::optional<Allow> parse(const ast::File&, const ast::Comment&, const Sources&);
  static void nest(List&);

  std::map<std::pair<SourceId, std::string>, List> lists_;
  std::vector<Diagnostic> malformed_;
  // The statements of the file that is being read, by their beginning and by their end.
  std::vector<Range> statements_, by_end_;
};

}  // namespace zr

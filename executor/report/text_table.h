#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace zr {

// Rows of cells, the columns as wide as they have to be, the last as it comes.
class TextTable {
 public:
  using Row = std::vector<std::string>;

  // A character for each column: `<` to the left, `>` to the right.
  explicit TextTable(std::string_view alignment)
      : alignment_(alignment), widths_(alignment.size()) {}

  // As many cells as there are columns; lines of their own, indented, below.
  void add(Row row, std::vector<std::string> below = {});
  std::string text() const;

 private:
  struct Entry {
    Row row;
    std::vector<std::string> below;
  };
  std::string alignment_;
  std::vector<std::size_t> widths_;
  std::vector<Entry> entries_;
};

}  // namespace zr

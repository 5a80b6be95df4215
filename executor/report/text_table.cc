#include "executor/report/text_table.h"

#include <algorithm>
#include <utility>

namespace zr {

void TextTable::add(Row row, std::vector<std::string> below) {
  for (std::size_t i = 0; i < widths_.size(); ++i) widths_[i] = std::max(widths_[i], row[i].size());
  entries_.push_back({std::move(row), std::move(below)});
}

std::string TextTable::text() const {
  std::string out;
  for (const auto& [row, below] : entries_) {
    std::string line;
    for (std::size_t i = 0; i < widths_.size(); ++i) {
      const std::string blanks(widths_[i] - row[i].size(), ' ');
      line += (i == 0 ? "" : "  ") + (alignment_[i] == '>' ? blanks + row[i] : row[i] + blanks);
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    for (const std::string& one : below) out += "    " + one + "\n";
  }
  return out;
}

}  // namespace zr

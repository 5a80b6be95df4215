#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace zr {

// Lines of one text that take the place of lines of another. Half-open ranges; one of them may be
// empty.
struct Edit {
  std::size_t before_begin = 0;
  std::size_t before_end = 0;
  std::size_t after_begin = 0;
  std::size_t after_end = 0;
};

// In order, and with something unchanged between any two. Lines are numbers here: the same number
// for the same line.
std::vector<Edit> line_edits(const std::vector<std::uint32_t>& before,
                             const std::vector<std::uint32_t>& after);

}  // namespace zr

#pragma once

namespace zr {

// A program that was started without them would otherwise take the next file that it opens for its
// standard output.
void open_missing_standard_streams();

// A terminal, and nobody said that there should be none (NO_COLOR, TERM=dumb).
bool wants_color(int fd);

}  // namespace zr

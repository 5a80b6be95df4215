#pragma once

#include <array>
#include <cstddef>
#include <streambuf>

namespace zr {

// What an ostream over a descriptor writes to; the descriptor is not owned. Remembers the first
// error; when the reader has gone away (EPIPE: `zrepl plan … | head`) the rest is dropped, and that
// is no error. SIGPIPE has to be ignored by the process.
class FdBuffer : public std::streambuf {
 public:
  explicit FdBuffer(int fd);
  ~FdBuffer() override;

  // errno of the first write that failed; 0 when all went well or the reader went away. Flushes.
  int error();

 private:
  int_type overflow(int_type) override;
  int sync() override;
  void drain();

  int fd_;
  int error_ = 0;
  bool reader_gone_ = false;
  std::array<char, std::size_t{16} * 1024> buffer_;
};

}  // namespace zr

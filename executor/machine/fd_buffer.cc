#include "executor/machine/fd_buffer.h"

#include <unistd.h>

#include <cerrno>

namespace zr {

FdBuffer::FdBuffer(int fd) : fd_(fd) { setp(buffer_.data(), buffer_.data() + buffer_.size()); }

FdBuffer::~FdBuffer() { drain(); }

int FdBuffer::error() {
  drain();
  return error_;
}

FdBuffer::int_type FdBuffer::overflow(int_type c) {
  drain();
  if (!traits_type::eq_int_type(c, traits_type::eof())) {
    *pptr() = traits_type::to_char_type(c);
    pbump(1);
  }
  return traits_type::not_eof(c);
}

int FdBuffer::sync() {
  drain();
  return 0;
}

// Always leaves an empty buffer, so that a failing descriptor never makes the program fail or grow:
// who wants to know asks error().
void FdBuffer::drain() {
  const char* from = pbase();
  while (from < pptr() && error_ == 0 && !reader_gone_) {
    const ssize_t n = ::write(fd_, from, static_cast<std::size_t>(pptr() - from));
    if (n >= 0) {
      from += n;
    } else if (errno == EPIPE) {
      reader_gone_ = true;
    } else if (errno != EINTR) {
      error_ = errno;
    }
  }
  setp(buffer_.data(), buffer_.data() + buffer_.size());
}

}  // namespace zr

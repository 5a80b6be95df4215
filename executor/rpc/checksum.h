#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace zr {

// XXH3, 64 bits, of bytes that come in pieces. Not against an attacker: against what is lost or
// changed on the way.
class Checksum {
 public:
  Checksum();
  Checksum(Checksum&&) noexcept;
  Checksum& operator=(Checksum&&) noexcept;
  ~Checksum();

  void add(std::span<const std::byte>);
  std::uint64_t value() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace zr

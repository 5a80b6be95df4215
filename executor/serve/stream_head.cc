#include "executor/serve/stream_head.h"

#include <cstdint>

namespace zr {
namespace {

constexpr std::size_t magic_at = 8, version_at = 16, flags_at = 36;
constexpr std::uint64_t magic = 0x2F5bacbac;
constexpr std::uint64_t kind_bits = 3, one_snapshot = 1;
constexpr std::uint64_t clone_flag = 1;

std::uint64_t number(std::span<const std::byte> bytes, bool big_endian) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::size_t at = big_endian ? i : bytes.size() - 1 - i;
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[at]);
  }
  return value;
}

}  // namespace

const char* refused_stream(std::span<const std::byte> head, bool has_origin) {
  if (head.size() < stream_head_bytes) return nullptr;
  const bool big_endian = number(head.subspan(magic_at, 8), true) == magic;
  if (!big_endian && number(head.subspan(magic_at, 8), false) != magic) return nullptr;
  const auto kind = number(head.subspan(version_at, 8), big_endian) & kind_bits;
  if (kind != one_snapshot) return "a sink takes one snapshot in a stream, and no properties";
  const auto flags = number(head.subspan(flags_at, 4), big_endian);
  if ((flags & clone_flag) != 0 && !has_origin) return "a clone needs an origin in the sink";
  return nullptr;
}

}  // namespace zr

#include "executor/rpc/frame.h"

namespace zr {
namespace {

template <class Unsigned>
void put(Unsigned value, std::byte* at) {
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    at[i] = static_cast<std::byte>((value >> (8 * i)) & 0xff);
  }
}

template <class Unsigned>
Unsigned get(const std::byte* at) {
  Unsigned value = 0;
  for (std::size_t i = 0; i < sizeof(Unsigned); ++i) {
    value |= static_cast<Unsigned>(static_cast<Unsigned>(at[i]) << (8 * i));
  }
  return value;
}

const std::byte* bytes_of(std::string_view text) {
  return reinterpret_cast<const std::byte*>(text.data());
}
std::byte* bytes_of(std::string& text) { return reinterpret_cast<std::byte*>(text.data()); }

// What one type of frame may be.
struct Shape {
  std::uint8_t flags = 0;
  bool of_connection = false;
  std::size_t least = 0;
  std::size_t most = 0;
};

std::optional<Shape> shape_of(std::uint8_t type) {
  constexpr std::uint8_t header_flags = flag_more | flag_body;
  switch (static_cast<FrameType>(type)) {
    case FrameType::hello:
      return Shape{0, true, 0, max_text_bytes};
    case FrameType::call:
    case FrameType::reply:
      return Shape{header_flags, false, 1, max_text_bytes};
    case FrameType::data:
      return Shape{0, false, 1, max_data_bytes};
    case FrameType::end:
      return Shape{flag_failed | flag_checksum, false, trailer_bytes, max_text_bytes};
    case FrameType::credit:
      return Shape{0, false, 4, 4};
    case FrameType::cancel:
      return Shape{0, false, 0, 0};
    case FrameType::ping:
      return Shape{0, true, 0, 0};
    case FrameType::goodbye:
      return Shape{0, true, 0, max_text_bytes};
  }
  return {};
}

}  // namespace

FrameHeaderBytes encode(const FrameHeader& header) {
  FrameHeaderBytes out{};
  out[0] = static_cast<std::byte>(header.type);
  out[1] = static_cast<std::byte>(header.flags);
  put(header.channel, out.data() + 4);
  put(header.length, out.data() + 8);
  return out;
}

std::optional<FrameHeader> decode(std::span<const std::byte, frame_header_bytes> in) {
  const auto type = std::to_integer<std::uint8_t>(in[0]);
  const auto shape = shape_of(type);
  if (!shape || in[2] != std::byte{} || in[3] != std::byte{}) return {};
  const FrameHeader header{static_cast<FrameType>(type), std::to_integer<std::uint8_t>(in[1]),
                           get<std::uint32_t>(in.data() + 4), get<std::uint32_t>(in.data() + 8)};
  if ((header.flags & ~shape->flags) != 0) return {};
  if ((header.channel == 0) != shape->of_connection) return {};
  if (header.length < shape->least || header.length > shape->most) return {};
  return header;
}

std::string encode(const Trailer& trailer) {
  std::string out(trailer_bytes, '\0');
  put(trailer.bytes, bytes_of(out));
  put(trailer.checksum.value_or(0), bytes_of(out) + 8);
  if (trailer.failed) out += trailer.why;
  return out;
}

std::uint8_t flags_of(const Trailer& trailer) {
  return static_cast<std::uint8_t>((trailer.failed ? flag_failed : 0) |
                                   (trailer.checksum ? flag_checksum : 0));
}

std::optional<Trailer> decode_trailer(std::uint8_t flags, std::string_view payload) {
  if (payload.size() < trailer_bytes) return {};
  Trailer trailer;
  trailer.bytes = get<std::uint64_t>(bytes_of(payload));
  const auto checksum = get<std::uint64_t>(bytes_of(payload) + 8);
  if ((flags & flag_checksum) != 0) trailer.checksum = checksum;
  if ((flags & flag_checksum) == 0 && checksum != 0) return {};
  trailer.failed = (flags & flag_failed) != 0;
  trailer.why = payload.substr(trailer_bytes);
  if (!trailer.failed && !trailer.why.empty()) return {};
  return trailer;
}

std::string encode_credit(std::uint32_t bytes) {
  std::string out(4, '\0');
  put(bytes, bytes_of(out));
  return out;
}

std::optional<std::uint32_t> decode_credit(std::string_view payload) {
  if (payload.size() != 4) return {};
  const auto bytes = get<std::uint32_t>(bytes_of(payload));
  if (bytes == 0) return {};
  return bytes;
}

}  // namespace zr

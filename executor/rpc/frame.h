#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace zr {

// The pieces that everything on a connection is made of. README.md is the protocol; these are its
// numbers.

enum class FrameType : std::uint8_t {
  hello = 1,    // JSON: who speaks
  call = 2,     // JSON: a piece of a call's header; opens a channel
  reply = 3,    // JSON: a piece of a reply's header
  data = 4,     // a piece of a body
  end = 5,      // a body's trailer
  credit = 6,   // so many bytes more of a body may come
  cancel = 7,   // whoever called is no longer interested
  ping = 8,     // nothing to say
  goodbye = 9,  // text: why nothing comes after this
};

// Of a call or a reply.
inline constexpr std::uint8_t flag_more = 1;  // the next frame of this type goes on with the header
inline constexpr std::uint8_t flag_body = 2;  // a body follows the header
// Of an end.
inline constexpr std::uint8_t flag_failed = 1;    // the body is not all of it; JSON says why
inline constexpr std::uint8_t flag_checksum = 2;  // the trailer's checksum counts

struct FrameHeader {
  FrameType type = FrameType::ping;
  std::uint8_t flags = 0;
  std::uint32_t channel = 0;  // 0: of the connection
  std::uint32_t length = 0;   // of the payload that follows

  bool operator==(const FrameHeader&) const = default;
};

inline constexpr std::size_t frame_header_bytes = 12;
inline constexpr std::size_t max_data_bytes = std::size_t{1} << 20;      // of one data frame
inline constexpr std::size_t max_text_bytes = std::size_t{64} << 10;     // of any other frame
inline constexpr std::size_t max_message_bytes = std::size_t{16} << 20;  // a header, put together
// What may come of a body before its reader has given any credit.
inline constexpr std::size_t first_credit_bytes = std::size_t{256} << 10;
inline constexpr std::size_t max_channels = 64;  // calls at once

// Said by both ends before anything else, so that a shell's greeting is not taken for frames.
inline constexpr std::string_view preface = "zrepl-rpc 1\n";

using FrameHeaderBytes = std::array<std::byte, frame_header_bytes>;
FrameHeaderBytes encode(const FrameHeader&);
// None for a type, a flag, a size or a channel that the protocol does not have.
std::optional<FrameHeader> decode(std::span<const std::byte, frame_header_bytes>);

// What follows a body's last byte.
struct Trailer {
  std::uint64_t bytes = 0;                // of the whole body
  std::optional<std::uint64_t> checksum;  // XXH3 (64 bits, no seed) of it
  bool failed = false;
  std::string why;  // JSON, as of a reply; only when failed
};
inline constexpr std::size_t trailer_bytes = 16;  // without `why`

std::string encode(const Trailer&);
std::uint8_t flags_of(const Trailer&);
// Takes a payload that decode() let through; none when it is too short or has what it should not.
std::optional<Trailer> decode_trailer(std::uint8_t flags, std::string_view payload);

std::string encode_credit(std::uint32_t bytes);
std::optional<std::uint32_t> decode_credit(std::string_view payload);

}  // namespace zr

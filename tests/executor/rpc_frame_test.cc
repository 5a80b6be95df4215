// What is on the wire: every frame that the protocol has comes through, and no other.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "executor/rpc/frame.h"
#include "executor/rpc/hello.h"

namespace zr {
namespace {

using Bytes = std::span<const std::byte, frame_header_bytes>;

std::optional<FrameHeader> read_back(const FrameHeader& header) {
  const auto bytes = encode(header);
  return decode(Bytes(bytes));
}

// One type of frame, as README.md has it.
struct Kind {
  FrameType type;
  std::uint8_t flags;  // all that it may have
  bool of_connection;
  std::uint32_t least, most;  // of its payload
};

constexpr std::uint32_t text = max_text_bytes;
constexpr std::array<Kind, 9> kinds{{{FrameType::hello, 0, true, 0, text},
                                     {FrameType::call, 3, false, 1, text},
                                     {FrameType::reply, 3, false, 1, text},
                                     {FrameType::data, 0, false, 1, max_data_bytes},
                                     {FrameType::end, 3, false, 16, text},
                                     {FrameType::credit, 0, false, 4, 4},
                                     {FrameType::cancel, 0, false, 0, 0},
                                     {FrameType::ping, 0, true, 0, 0},
                                     {FrameType::goodbye, 0, true, 0, text}}};

FrameHeader random_header(const Kind& kind) {
  const auto flags = static_cast<std::uint8_t>(*rc::gen::arbitrary<std::uint8_t>() & kind.flags);
  const auto channel = kind.of_connection
                           ? 0
                           : *rc::gen::oneOf(rc::gen::just(1u), rc::gen::just(UINT32_MAX),
                                             rc::gen::positive<std::uint32_t>());
  const auto length = *rc::gen::oneOf(rc::gen::just(kind.least), rc::gen::just(kind.most),
                                      rc::gen::inRange(kind.least, kind.most + 1));
  return {kind.type, flags, channel, length};
}

TEST_CASE("every header of a frame comes through") {
  rc::check([] {
    const FrameHeader header = random_header(*rc::gen::elementOf(kinds));
    const auto back = read_back(header);
    RC_ASSERT(back.has_value());
    RC_ASSERT(*back == header);
  });
}

TEST_CASE("a header is twelve bytes, least significant first") {
  const auto bytes = encode(FrameHeader{FrameType::data, 0, 0x01020304, 0x00050607});
  const std::array<int, 12> expected{4, 0, 0, 0, 4, 3, 2, 1, 7, 6, 5, 0};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    CHECK(std::to_integer<int>(bytes[i]) == expected[i]);
  }
}

TEST_CASE("any bytes are a header that is written in the same way, or none") {
  rc::check([] {
    auto bytes = encode(random_header(*rc::gen::elementOf(kinds)));
    for (int changes = *rc::gen::inRange(0, 3); changes > 0; --changes) {
      bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] =
          static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
    }
    if (const auto header = decode(Bytes(bytes))) RC_ASSERT(encode(*header) == bytes);
  });
}

TEST_CASE("types that the protocol does not have are refused") {
  for (unsigned type = 0; type < 256; ++type) {
    CAPTURE(type);
    bool known = false;
    // With whatever channel and length a type could ask for.
    for (const std::uint32_t channel : {0u, 1u}) {
      for (const std::uint32_t length : {0u, 4u, 16u}) {
        known = known || read_back({static_cast<FrameType>(type), 0, channel, length});
      }
    }
    CHECK(known == (type >= 1 && type <= 9));
  }
}

TEST_CASE("a frame has only the flags, the channel and the sizes of its type") {
  for (const Kind& kind : kinds) {
    CAPTURE(static_cast<int>(kind.type));
    const std::uint32_t channel = kind.of_connection ? 0 : 7;
    for (unsigned flags = 0; flags < 256; ++flags) {
      CHECK(read_back({kind.type, static_cast<std::uint8_t>(flags), channel, kind.least})
                .has_value() == ((flags & ~unsigned{kind.flags}) == 0));
    }
    CHECK_FALSE(read_back({kind.type, 0, kind.of_connection ? 1u : 0u, kind.least}));
    CHECK(read_back({kind.type, 0, channel, kind.most}));
    for (const std::uint32_t length : {kind.least - 1, kind.most + 1, UINT32_MAX, 1u << 31}) {
      CHECK_FALSE(read_back({kind.type, 0, channel, length}));
    }
    for (const std::size_t reserved : {2u, 3u}) {
      auto bytes = encode(FrameHeader{kind.type, 0, channel, kind.least});
      bytes[reserved] = std::byte{0x80};
      CHECK_FALSE(decode(Bytes(bytes)));
    }
  }
}

TEST_CASE("every trailer comes through") {
  rc::check([] {
    Trailer trailer;
    trailer.bytes = *rc::gen::arbitrary<std::uint64_t>();
    if (*rc::gen::arbitrary<bool>()) trailer.checksum = *rc::gen::arbitrary<std::uint64_t>();
    trailer.failed = *rc::gen::arbitrary<bool>();
    if (trailer.failed) trailer.why = *rc::gen::arbitrary<std::string>();
    const std::string payload = encode(trailer);
    const auto back = decode_trailer(flags_of(trailer), payload);
    RC_ASSERT(back.has_value());
    RC_ASSERT(back->bytes == trailer.bytes);
    RC_ASSERT(back->checksum == trailer.checksum);
    RC_ASSERT(back->failed == trailer.failed);
    RC_ASSERT(back->why == trailer.why);
    for (std::size_t n = 0; n < trailer_bytes; ++n) {
      RC_ASSERT(!decode_trailer(flags_of(trailer), std::string_view(payload).substr(0, n)));
    }
  });
}

TEST_CASE("a trailer has no more than it says") {
  const std::string without(trailer_bytes, '\0');
  CHECK(decode_trailer(0, without));
  CHECK_MESSAGE(!decode_trailer(0, without + "why"), "why, of one that did not fail");
  CHECK(decode_trailer(flag_failed, without + "why")->why == "why");
  std::string summed = without;
  summed[15] = '\x01';
  CHECK_MESSAGE(!decode_trailer(0, summed), "a checksum that does not count");
  CHECK(decode_trailer(flag_checksum, summed)->checksum == std::uint64_t{1} << 56);
}

TEST_CASE("credit is a number of bytes, and not none") {
  rc::check([] {
    const auto bytes = *rc::gen::positive<std::uint32_t>();
    RC_ASSERT(decode_credit(encode_credit(bytes)) == bytes);
  });
  CHECK(decode_credit(encode_credit(UINT32_MAX)) == UINT32_MAX);
  CHECK_FALSE(decode_credit(encode_credit(0)));
  CHECK_FALSE(decode_credit("abc"));
  CHECK_FALSE(decode_credit("abcde"));
  CHECK_FALSE(decode_credit(""));
}

TEST_CASE("a hello comes through, and one of a later minor version that says more") {
  for (const bool checksum : {false, true}) {
    const auto back = hello_from_json(to_json(Hello{"1.2 \"x\"\n", 7, checksum}));
    REQUIRE(std::holds_alternative<Hello>(back));
    CHECK(std::get<Hello>(back).zrepl == "1.2 \"x\"\n");
    CHECK(std::get<Hello>(back).minor == 7);
    CHECK(std::get<Hello>(back).checksum == checksum);
  }
  const auto later =
      hello_from_json(R"({"zrepl":"9","minor":99,"checksum":true,"zstd":{"level":[3]}})");
  CHECK(std::holds_alternative<Hello>(later));
}

TEST_CASE("what is no hello is refused") {
  const std::vector<std::string> none = {
      "",
      "{}",
      "[]",
      "null",
      "\"hello\"",
      R"({"zrepl":1,"minor":0,"checksum":true})",
      R"({"zrepl":"1","minor":-1,"checksum":true})",
      R"({"zrepl":"1","minor":1e99,"checksum":true})",
      R"({"zrepl":"1","minor":0,"checksum":"yes"})",
      R"({"zrepl":"1","minor":0,"checksum":true)",
      R"({"zrepl":"1","minor":0,"minor":0,"checksum":true})",
      "{\"zrepl\":\"\xff\",\"minor\":0,\"checksum\":true}",
      std::string(10'000, '['),
  };
  for (const std::string& text_of_it : none) {
    CAPTURE(text_of_it);
    CHECK(std::holds_alternative<JsonError>(hello_from_json(text_of_it)));
  }
}

}  // namespace
}  // namespace zr

#include "planner/resume_token.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <fstream>

using namespace zr;

namespace {

// A token that ZFS made.
ResumeToken real_token(const std::string& name) {
  std::ifstream file(std::string(ZREPL_SOURCE_DIR) + "/tests/cases/resume_token/" + name);
  std::string text;
  std::getline(file, text);
  return ResumeToken(text);
}

// The third field: how long the nvlist is.
std::string unpacked_size(const ResumeToken& token) {
  const auto first = token.value.find('-', 2);
  const auto second = token.value.find('-', first + 1);
  return token.value.substr(first + 1, second - first - 1);
}

DecodedToken random_token() {
  DecodedToken t;
  t.toname = *rc::gen::container<std::string>(rc::gen::inRange<char>(' ', '~'));
  t.toguid = Guid(*rc::gen::arbitrary<std::uint64_t>());
  if (*rc::gen::arbitrary<bool>()) t.fromguid = Guid(*rc::gen::positive<std::uint64_t>());
  t.object = *rc::gen::arbitrary<std::uint64_t>();
  t.offset = *rc::gen::arbitrary<std::uint64_t>();
  t.received_bytes = *rc::gen::arbitrary<std::uint64_t>();
  t.large_blocks = *rc::gen::arbitrary<bool>();
  t.embedded = *rc::gen::arbitrary<bool>();
  t.compressed = *rc::gen::arbitrary<bool>();
  t.raw = *rc::gen::arbitrary<bool>();
  return t;
}

}  // namespace

TEST_CASE("a token that ZFS made for a full stream says what `zfs send -nvt` says") {
  const auto token = decode(real_token("full_2.1.txt"));
  REQUIRE(token);
  CHECK(token->toname == "tank/data@one");
  CHECK(token->toguid == Guid(0xdf6396d846495a62));
  CHECK(!token->fromguid);
  CHECK(token->object == 2);
  CHECK(token->offset == 0x20000);
  CHECK(token->received_bytes == 0x40c70);
  CHECK(!token->raw);
}

TEST_CASE("a token that ZFS made for an incremental stream names its base") {
  const auto token = decode(real_token("incremental_2.1.txt"));
  REQUIRE(token);
  CHECK(token->toname == "tank/data@three");
  CHECK(token->toguid == Guid(0x53871d697c3a2879));
  CHECK(token->fromguid == Guid(0x214fb8df076112e2));
}

TEST_CASE("tokens of ZFS 2.3 are as those of 2.1") {
  const auto full = decode(real_token("full_2.3.txt"));
  REQUIRE(full);
  CHECK(full->toguid == Guid(0x5ccc1f74efb99692));
  CHECK(full->offset == 0x20000);
  const auto incremental = decode(real_token("incremental_2.3.txt"));
  REQUIRE(incremental);
  CHECK(incremental->toname == "tank/data@three");
  CHECK(incremental->fromguid == Guid(0x9901678134cb29fa));
  CHECK(incremental->received_bytes == 0x42218);
}

TEST_CASE("tokens of our own are as long as those of ZFS") {
  for (const char* name :
       {"full_2.1.txt", "incremental_2.1.txt", "full_2.3.txt", "incremental_2.3.txt"}) {
    const ResumeToken real = real_token(name);
    REQUIRE(decode(real));
    const ResumeToken ours = encode(*decode(real));
    CHECK(unpacked_size(ours) == unpacked_size(real));
    CHECK(decode(ours) == decode(real));
  }
}

TEST_CASE("what is no token is not decoded") {
  const std::string good = encode(DecodedToken{"a@b", Guid(1), {}, 0, 0, 0}).value;
  REQUIRE(decode(ResumeToken(good)));
  for (const std::string& bad :
       {std::string(), std::string("1"), std::string("1-2-3-4"), "2" + good.substr(1), good + "0",
        good + "00", good.substr(0, good.size() - 2), " " + good, std::string(1 << 20, '1')}) {
    CHECK(!decode(ResumeToken(bad)));
  }
}

TEST_CASE("a token that unpacks to more than it says, or to very much, is not decoded") {
  const std::string big = encode(DecodedToken{std::string(70000, 'x'), Guid(1), {}, 0, 0, 0}).value;
  CHECK(!decode(ResumeToken(big)));
  std::string lying = encode(DecodedToken{std::string(900, 'x'), Guid(1), {}, 0, 0, 0}).value;
  const std::string size = unpacked_size(ResumeToken(lying));
  lying.replace(lying.find("-" + size + "-"), size.size() + 2, "-100-");
  CHECK(!decode(ResumeToken(lying)));
}

TEST_CASE("every token comes back from its text") {
  CHECK(rc::check("round trip", [] {
    const DecodedToken token = random_token();
    const auto again = decode(encode(token));
    RC_ASSERT(again.has_value());
    RC_ASSERT(*again == token);
  }));
}

TEST_CASE("a damaged token never comes out as a different one") {
  CHECK(rc::check("one character is changed", [] {
    const ResumeToken good = encode(random_token());
    ResumeToken bad = good;
    const auto at = *rc::gen::inRange<std::size_t>(0, bad.value.size());
    bad.value[at] = *rc::gen::elementOf(std::string("0123456789abcdef-x"));
    const auto result = decode(bad);
    if (result) RC_ASSERT(*result == *decode(good));
  }));
}

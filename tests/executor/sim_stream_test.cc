#include "executor/sim/sim_stream.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>

namespace zr {
namespace {

using Bytes = std::vector<std::byte>;

void append(Bytes& to, const Bytes& more) { to.insert(to.end(), more.begin(), more.end()); }

SimSnapshotRecord record(std::uint64_t guid, std::uint64_t filler, std::uint64_t from = 0) {
  SimSnapshotRecord r;
  r.toname = "tank/with a blank@s " + std::to_string(guid);
  r.toguid = Guid(guid);
  r.creation = Seconds(std::chrono::seconds(-5));
  r.bytes = 10 * filler;
  r.filler_bytes = filler;
  r.filler_from = from;
  r.resumed = from != 0;
  return r;
}

Bytes stream_of(const std::vector<SimSnapshotRecord>& records) {
  Bytes all = stream_header();
  for (const SimSnapshotRecord& r : records) {
    append(all, encode(r));
    Bytes filler(static_cast<std::size_t>(r.filler_bytes - r.filler_from));
    fill(filler, r.toguid, r.filler_from);
    append(all, filler);
    append(all, snapshot_end(r.toguid));
  }
  append(all, stream_end());
  return all;
}

// What a parser makes of it, fed in pieces of these sizes by turns.
std::string parse(const Bytes& stream, const std::vector<std::size_t>& pieces) {
  SimStreamParser parser;
  std::string seen;
  std::uint64_t filler = 0;
  std::size_t turn = 0;
  for (std::size_t at = 0; at < stream.size();) {
    const auto n = std::min(pieces[turn++ % pieces.size()], stream.size() - at);
    auto input = std::span(stream).subspan(at, n);
    at += n;
    for (;;) {
      const auto item = parser.next(input);
      if (!item) return seen + "error: " + item.error().message;
      if (std::holds_alternative<SimNeedMore>(*item)) break;
      if (const auto* f = std::get_if<SimFiller>(&*item)) filler += f->bytes;
      if (const auto* r = std::get_if<SimSnapshotRecord>(&*item)) {
        seen += fmt::format("{}#{}@{} ", r->toname, r->toguid.value, r->filler_from);
      }
      if (std::holds_alternative<SimSnapshotEnd>(*item)) {
        seen += fmt::format("{} bytes, ", std::exchange(filler, 0));
      }
      if (std::holds_alternative<SimStreamEnd>(*item)) seen += "end";
    }
  }
  return seen;
}

TEST_CASE("a stream reads the same in pieces of any size") {
  const Bytes stream = stream_of({record(1, 700), record(2, 0), record(3, 9000, 123)});
  const std::string whole =
      "tank/with a blank@s 1#1@0 700 bytes, tank/with a blank@s 2#2@0 0 bytes, "
      "tank/with a blank@s 3#3@123 8877 bytes, end";
  CHECK(parse(stream, {stream.size()}) == whole);
  CHECK(parse(stream, {1}) == whole);
  CHECK(rc::check("pieces", [&](const std::vector<std::uint8_t>& sizes) {
    std::vector<std::size_t> pieces = {1};
    for (const std::uint8_t s : sizes) pieces.push_back(std::size_t{s} + 1);
    RC_ASSERT(parse(stream, pieces) == whole);
  }));
}

TEST_CASE("a record survives the way through a stream") {
  SimSnapshotRecord r = record(99, 600);
  r.fromguid = Guid(98);
  r.type = DatasetType::volume;
  r.raw = r.compressed = true;
  const Bytes stream = stream_of({r});
  SimStreamParser parser;
  std::span<const std::byte> input = stream;
  const auto item = parser.next(input);
  REQUIRE(item);
  CHECK(std::get<SimSnapshotRecord>(*item) == r);
  CHECK(r.snapshot_name() == "s 99");
}

TEST_CASE("a stream that lost, doubled or changed a byte of its data is refused") {
  const Bytes stream = stream_of({record(1, 700), record(2, 800)});
  const auto refused = [](const Bytes& damaged) {
    return parse(damaged, {4096}).find("error: ") != std::string::npos;
  };
  CHECK_FALSE(refused(stream));
  for (const std::ptrdiff_t at : {0, 7, 200, 500, 1200}) {
    const auto here = static_cast<std::size_t>(at);
    REQUIRE(stream[here] != stream[here + 1]);
    Bytes lost = stream, doubled = stream, changed = stream;
    lost.erase(lost.begin() + at);
    doubled.insert(doubled.begin() + at, doubled[here]);
    changed[here] ^= std::byte{1};
    CHECK_MESSAGE(refused(lost), at);
    CHECK_MESSAGE(refused(doubled), at);
    CHECK_MESSAGE(refused(changed), at);
  }
}

TEST_CASE("bytes of any kind are no danger") {
  CHECK(rc::check("noise", [](const std::vector<std::uint8_t>& noise) {
    Bytes stream = stream_header();
    for (const std::uint8_t b : noise) stream.push_back(std::byte{b});
    parse(stream, {3, 50});
  }));
  CHECK(rc::check("damage", [](std::uint16_t at, std::uint8_t flip) {
    Bytes stream = stream_of({record(5, 600)});
    stream[at % stream.size()] ^= std::byte{flip};
    parse(stream, {3, 50});
  }));
}

TEST_CASE("what follows the end of a stream is refused") {
  Bytes stream = stream_of({record(1, 10)});
  stream.push_back(std::byte{0});
  CHECK(parse(stream, {4096}).find("after its end") != std::string::npos);
}

TEST_CASE("a record that claims to be huge is refused before it is read") {
  Bytes stream = stream_header();
  for (const int b : {1, 0xff, 0xff, 0xff, 0x7f}) stream.push_back(static_cast<std::byte>(b));
  CHECK(parse(stream, {1}).find("too long") != std::string::npos);
}

}  // namespace
}  // namespace zr

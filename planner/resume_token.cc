#include "planner/resume_token.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <span>
#include <vector>

namespace zr {
namespace {

using Bytes = std::vector<unsigned char>;

constexpr std::size_t max_unpacked_bytes = std::size_t{64} * 1024;
constexpr std::size_t max_token_bytes = 4 * max_unpacked_bytes;

// data_type_t of <sys/nvpair.h>, as far as tokens use it.
constexpr std::uint32_t type_boolean = 1;
constexpr std::uint32_t type_uint64 = 8;
constexpr std::uint32_t type_string = 9;

// An nvpair_t begins with its size (4 bytes), the name's size with its final zero (2), 2 unused,
// the number of values (4) and their type (4); then the name and the values, each padded to 8.
constexpr std::size_t pair_header_bytes = 16;

constexpr std::size_t padded(std::size_t n) { return (n + 7) / 8 * 8; }

// The first word of Fletcher-4: the sum of the 32-bit words, low byte first; an incomplete last
// word does not count.
std::uint64_t checksum(std::span<const unsigned char> data) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i + 4 <= data.size(); i += 4) {
    sum += std::uint64_t{data[i]} | std::uint64_t{data[i + 1]} << 8 |
           std::uint64_t{data[i + 2]} << 16 | std::uint64_t{data[i + 3]} << 24;
  }
  return sum;
}

// Reads little-endian numbers and texts. After the first read past the end `ok` stays false and all
// values are zero.
class Reader {
 public:
  explicit Reader(std::span<const unsigned char> data) : data_(data) {}

  bool ok() const { return ok_; }

  std::span<const unsigned char> take(std::size_t n) {
    if (n > data_.size()) ok_ = false;
    if (!ok_) return {};
    const auto taken = data_.first(n);
    data_ = data_.subspan(n);
    return taken;
  }
  std::uint64_t number(std::size_t n) {
    const auto bytes = take(n);
    std::uint64_t value = 0;
    for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) value = value << 8 | *byte;
    return value;
  }
  // Up to a zero, which must be there.
  std::string text() {
    const auto zero = std::find(data_.begin(), data_.end(), 0);
    if (zero == data_.end()) ok_ = false;
    const auto bytes = take(static_cast<std::size_t>(zero - data_.begin()));
    return {bytes.begin(), bytes.end()};
  }

 private:
  std::span<const unsigned char> data_;
  bool ok_ = true;
};

struct Writer {
  Bytes out;

  void number(std::uint64_t v, int bytes) {
    for (int i = 0; i < bytes; ++i) {
      out.push_back(static_cast<unsigned char>(v & 0xff));
      v >>= 8;
    }
  }
  void pair(std::string_view name, std::uint32_t type, std::span<const unsigned char> value) {
    const std::size_t begin = out.size();
    const std::size_t value_at = padded(pair_header_bytes + name.size() + 1);
    const std::size_t size = value_at + padded(value.size());
    number(size, 4);
    number(name.size() + 1, 2);
    number(0, 2);
    number(type == type_boolean ? 0 : 1, 4);
    number(type, 4);
    out.insert(out.end(), name.begin(), name.end());
    out.resize(begin + value_at);
    out.insert(out.end(), value.begin(), value.end());
    out.resize(begin + size);
  }
  void pair_u64(std::string_view name, std::uint64_t v) {
    Writer value;
    value.number(v, 8);
    pair(name, type_uint64, value.out);
  }
  void pair_text(std::string_view name, std::string_view v) {
    Bytes value(v.begin(), v.end());
    value.push_back(0);
    pair(name, type_string, value);
  }
  void pair_flag(std::string_view name, bool set) {
    if (set) pair(name, type_boolean, {});
  }
};

// What a payload holds before it is known to be complete.
struct Payload {
  DecodedToken token;
  bool has_toguid = false;
  bool has_toname = false;
};

void read_u64(Payload& p, std::string_view name, std::uint64_t v) {
  if (name == "fromguid" && v != 0) p.token.fromguid = Guid(v);
  if (name == "object") p.token.object = v;
  if (name == "offset") p.token.offset = v;
  if (name == "bytes") p.token.received_bytes = v;
  if (name == "toguid") {
    p.token.toguid = Guid(v);
    p.has_toguid = true;
  }
}

void read_flag(Payload& p, std::string_view name) {
  if (name == "largeblockok") p.token.large_blocks = true;
  if (name == "embedok") p.token.embedded = true;
  if (name == "compressok") p.token.compressed = true;
  if (name == "rawok") p.token.raw = true;
}

// `bytes` is a whole nvpair_t but for its size.
bool read_pair(Payload& p, std::span<const unsigned char> bytes) {
  Reader in(bytes);
  const std::size_t name_bytes = in.number(2);
  in.take(2);
  in.number(4);  // the number of values; 1 for all that are read here
  const std::uint64_t type = in.number(4);
  Reader name_in(in.take(name_bytes));
  const std::string name = name_in.text();
  in.take(padded(pair_header_bytes + name_bytes) - (pair_header_bytes + name_bytes));
  if (!in.ok() || !name_in.ok()) return false;
  if (type == type_boolean) read_flag(p, name);
  if (type == type_uint64) read_u64(p, name, in.number(8));
  if (type == type_string && name == "toname") {
    p.token.toname = in.text();
    p.has_toname = true;
  }
  return in.ok();
}

std::optional<DecodedToken> decode_nvlist(std::span<const unsigned char> bytes) {
  Reader in(bytes);
  const auto header = in.take(4);
  constexpr unsigned char native = 0, little_endian = 1;
  if (!in.ok() || header[0] != native || header[1] != little_endian) return {};
  in.number(4);  // nvlist version
  in.number(4);  // flags
  Payload p;
  while (true) {
    const std::size_t size = in.number(4);
    if (!in.ok()) return {};
    if (size == 0) break;
    if (size < pair_header_bytes) return {};
    const auto pair = in.take(size - 4);
    if (!in.ok() || !read_pair(p, pair)) return {};
  }
  if (!p.has_toguid || !p.has_toname) return {};
  return p.token;
}

std::optional<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) return {};
  Bytes bytes(text.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char* digits = text.data() + 2 * i;
    if (std::from_chars(digits, digits + 2, bytes[i], 16).ptr != digits + 2) return {};
  }
  return bytes;
}

// The hexadecimal number up to the next '-', which is taken off the text too.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  const auto dash = text.find('-');
  if (dash == text.npos) return {};
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + dash, value, 16);
  if (error != std::errc() || end != text.data() + dash) return {};
  text.remove_prefix(dash + 1);
  return value;
}

// Exactly `size` bytes, from all of the compressed ones.
std::optional<Bytes> unpack(const Bytes& compressed, std::size_t size) {
  Bytes out(size);
  uLongf got = size;
  uLong used = static_cast<uLong>(compressed.size());
  const int rc = ::uncompress2(out.data(), &got, compressed.data(), &used);
  if (rc != Z_OK || got != size || used != compressed.size()) return {};
  return out;
}

Bytes pack(const Bytes& plain) {
  uLongf size = ::compressBound(static_cast<uLong>(plain.size()));
  Bytes out(size);
  // Fails only for lack of memory or of room, and there is room.
  ::compress2(out.data(), &size, plain.data(), static_cast<uLong>(plain.size()), 6);
  out.resize(size);
  return out;
}

}  // namespace

std::optional<DecodedToken> decode(const ResumeToken& token) {
  std::string_view text = token.value;
  if (text.size() > max_token_bytes) return {};
  const auto version = take_number(text);
  if (version != 1u) return {};
  const auto sum = take_number(text);
  if (!sum) return {};
  const auto size = take_number(text);
  if (!size || *size == 0 || *size > max_unpacked_bytes) return {};
  const auto compressed = from_hex(text);
  if (!compressed || checksum(*compressed) != *sum) return {};
  const auto plain = unpack(*compressed, static_cast<std::size_t>(*size));
  if (!plain) return {};
  return decode_nvlist(*plain);
}

ResumeToken encode(const DecodedToken& t) {
  Writer out;
  out.out = {0, 1, 0, 0};  // native, little-endian
  out.number(0, 4);        // nvlist version
  out.number(1, 4);        // NV_UNIQUE_NAME
  if (t.fromguid) out.pair_u64("fromguid", t.fromguid->value);
  out.pair_u64("object", t.object);
  out.pair_u64("offset", t.offset);
  out.pair_u64("bytes", t.received_bytes);
  out.pair_u64("toguid", t.toguid.value);
  out.pair_text("toname", t.toname);
  out.pair_flag("largeblockok", t.large_blocks);
  out.pair_flag("embedok", t.embedded);
  out.pair_flag("compressok", t.compressed);
  out.pair_flag("rawok", t.raw);
  out.number(0, 4);

  const Bytes compressed = pack(out.out);
  std::string text = fmt::format("1-{:x}-{:x}-", checksum(compressed), out.out.size());
  for (const unsigned char b : compressed) text += fmt::format("{:02x}", b);
  return ResumeToken(std::move(text));
}

bool is_resume_token(std::string_view text) {
  return !text.empty() && text.size() <= max_token_bytes && text.front() != '-' &&
         text.find_first_not_of("0123456789abcdefABCDEF-") == text.npos;
}

}  // namespace zr

#include "executor/sim/sim_stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "lang/names.h"

namespace zr {
namespace {

constexpr std::string_view magic = "zrsim\n";
constexpr std::uint16_t format_version = 1;
constexpr std::size_t header_bytes = 8;  // the magic and the version
constexpr std::size_t frame_bytes = 5;   // a record's type and length
constexpr std::size_t fixed_bytes = 49;  // of a snapshot record, before its toname
constexpr std::size_t max_toname_bytes = 8192;

enum Type : std::uint8_t { type_snapshot = 1, type_snapshot_end = 2, type_stream_end = 3 };
enum Flag : std::uint8_t {
  flag_incremental = 1,
  flag_volume = 2,
  flag_raw = 4,
  flag_compressed = 8,
  flag_resumed = 16,
  flag_clone = 32,
  all_flags = 63
};

using Bytes = std::vector<std::byte>;

void put(Bytes& out, std::uint64_t v, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::byte>(v >> (8 * i) & 0xff));
}

std::uint64_t get(std::span<const std::byte> in, std::size_t at, std::size_t bytes) {
  std::uint64_t v = 0;
  for (std::size_t i = bytes; i-- > 0;) v = v << 8 | std::to_integer<std::uint64_t>(in[at + i]);
  return v;
}

Bytes frame(Type type, const Bytes& payload) {
  Bytes out;
  put(out, type, 1);
  put(out, payload.size(), 4);
  out.insert(out.end(), payload.begin(), payload.end());
  return out;
}

std::uint8_t flags_of(const SimSnapshotRecord& r) {
  unsigned flags = 0;
  if (r.fromguid) flags |= flag_incremental;
  if (r.type == DatasetType::volume) flags |= flag_volume;
  if (r.raw) flags |= flag_raw;
  if (r.compressed) flags |= flag_compressed;
  if (r.resumed) flags |= flag_resumed;
  if (r.clone) flags |= flag_clone;
  return static_cast<std::uint8_t>(flags);
}

Error invalid(std::string_view why) {
  return {Remedy::give_up, "cannot receive: invalid stream (" + std::string(why) + ")"};
}

bool is_snapshot_name(std::string_view name) {
  const auto at = name.find('@');
  return at != name.npos && DatasetName::parse(name.substr(0, at)) &&
         is_version_name(name.substr(at + 1));
}

std::optional<SimSnapshotRecord> parse_snapshot(std::span<const std::byte> in) {
  if (in.size() < fixed_bytes) return {};
  const auto flags = get(in, 48, 1);
  if (flags > all_flags) return {};
  SimSnapshotRecord r;
  r.toguid = Guid(get(in, 0, 8));
  if ((flags & flag_incremental) != 0) r.fromguid = Guid(get(in, 8, 8));
  const auto creation = static_cast<std::int64_t>(get(in, 16, 8));
  r.creation = Seconds(std::chrono::seconds(creation));
  r.bytes = get(in, 24, 8);
  r.filler_bytes = get(in, 32, 8);
  r.filler_from = get(in, 40, 8);
  r.type = (flags & flag_volume) != 0 ? DatasetType::volume : DatasetType::filesystem;
  r.raw = (flags & flag_raw) != 0;
  r.compressed = (flags & flag_compressed) != 0;
  r.resumed = (flags & flag_resumed) != 0;
  r.clone = (flags & flag_clone) != 0;
  r.toname.assign(reinterpret_cast<const char*>(in.data()) + fixed_bytes, in.size() - fixed_bytes);
  const bool starts_right = r.resumed || r.filler_from == 0;
  const bool sound = r.toguid != Guid() && r.filler_from <= r.filler_bytes && starts_right &&
                     (r.fromguid || !r.clone);
  if (!sound || !is_snapshot_name(r.toname)) return {};
  return r;
}

std::uint64_t word(std::uint64_t guid, std::uint64_t index) {
  std::uint64_t x = guid + index * 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9;
  return x ^ (x >> 32);
}

bool is_filler(std::span<const std::byte> in, Guid guid, std::uint64_t position) {
  std::array<std::byte, 4096> expected;
  while (!in.empty()) {
    const auto n = std::min(in.size(), expected.size());
    fill(std::span(expected).first(n), guid, position);
    if (std::memcmp(expected.data(), in.data(), n) != 0) return false;
    in = in.subspan(n);
    position += n;
  }
  return true;
}

}  // namespace

std::string SimSnapshotRecord::snapshot_name() const { return toname.substr(toname.find('@') + 1); }

Bytes stream_header() {
  Bytes out;
  for (const char c : magic) out.push_back(static_cast<std::byte>(c));
  put(out, format_version, 2);
  return out;
}

Bytes encode(const SimSnapshotRecord& r) {
  Bytes payload;
  put(payload, r.toguid.value, 8);
  put(payload, r.fromguid.value_or(Guid()).value, 8);
  put(payload, static_cast<std::uint64_t>(r.creation.time_since_epoch().count()), 8);
  put(payload, r.bytes, 8);
  put(payload, r.filler_bytes, 8);
  put(payload, r.filler_from, 8);
  put(payload, flags_of(r), 1);
  for (const char c : r.toname) payload.push_back(static_cast<std::byte>(c));
  return frame(type_snapshot, payload);
}

Bytes snapshot_end(Guid guid) {
  Bytes payload;
  put(payload, guid.value, 8);
  return frame(type_snapshot_end, payload);
}

Bytes stream_end() { return frame(type_stream_end, {}); }

void fill(std::span<std::byte> out, Guid guid, std::uint64_t position) {
  std::uint64_t value = word(guid.value, position / 8);
  for (std::byte& b : out) {
    if (position % 8 == 0) value = word(guid.value, position / 8);
    b = static_cast<std::byte>(value >> (8 * (position % 8)) & 0xff);
    ++position;
  }
}

bool SimStreamParser::gather(std::span<const std::byte>& input, std::size_t until) {
  const auto n = std::min(input.size(), until - std::min(until, pending_.size()));
  pending_.insert(pending_.end(), input.begin(), input.begin() + static_cast<std::ptrdiff_t>(n));
  input = input.subspan(n);
  return pending_.size() >= until;
}

Result<SimStreamItem> SimStreamParser::filler(std::span<const std::byte>& input) {
  const auto n =
      static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), filler_end_ - position_));
  if (!is_filler(input.first(n), guid_, position_)) {
    state_ = State::ended;
    return invalid("checksum mismatch");
  }
  input = input.subspan(n);
  position_ += n;
  return SimStreamItem(SimFiller{n});
}

Result<SimStreamItem> SimStreamParser::record() {
  const auto type = get(pending_, 0, 1);
  const Bytes payload(pending_.begin() + frame_bytes, pending_.end());
  pending_.clear();
  const bool inside = state_ == State::in_snapshot;
  state_ = State::ended;  // unless it is a record that belongs here
  if (type == type_snapshot && !inside) {
    auto r = parse_snapshot(payload);
    if (!r) return invalid("bad snapshot record");
    guid_ = r->toguid;
    position_ = r->filler_from;
    filler_end_ = r->filler_bytes;
    state_ = State::in_snapshot;
    return SimStreamItem(*std::move(r));
  }
  if (type == type_snapshot_end && inside && payload.size() == 8 &&
      get(payload, 0, 8) == guid_.value) {
    state_ = State::between;
    return SimStreamItem(SimSnapshotEnd{});
  }
  if (type == type_stream_end && !inside && payload.empty()) return SimStreamItem(SimStreamEnd{});
  return invalid("unexpected record");
}

Result<SimStreamItem> SimStreamParser::next(std::span<const std::byte>& input) {
  if (state_ == State::header) {
    if (!gather(input, header_bytes)) return SimStreamItem(SimNeedMore{});
    if (!std::ranges::equal(pending_, stream_header())) {
      state_ = State::ended;
      return invalid("bad magic number");
    }
    pending_.clear();
    state_ = State::between;
  }
  if (input.empty()) return SimStreamItem(SimNeedMore{});
  if (state_ == State::ended) return invalid("data after its end");
  if (state_ == State::in_snapshot && position_ < filler_end_) return filler(input);
  if (!gather(input, frame_bytes)) return SimStreamItem(SimNeedMore{});
  const auto length = get(pending_, 1, 4);
  if (length > fixed_bytes + max_toname_bytes) {
    state_ = State::ended;
    return invalid("a record is too long");
  }
  if (!gather(input, frame_bytes + length)) return SimStreamItem(SimNeedMore{});
  return record();
}

}  // namespace zr

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "executor/result.h"
#include "planner/world.h"

namespace zr {

// Send streams of the simulator; the format is written down in README.md beside this. Pure.

struct SimSnapshotRecord {
  std::string toname;  // "pool/dataset@snapshot" on the sending side
  Guid toguid;
  std::optional<Guid> fromguid;  // none: a full stream
  Seconds creation;
  std::uint64_t bytes = 0;         // what the snapshot adds, as versions say it
  std::uint64_t filler_bytes = 0;  // how much stands for that in the whole stream
  std::uint64_t filler_from = 0;   // where this stream begins; not 0 in a resumed one
  DatasetType type = DatasetType::filesystem;
  bool raw = false;
  bool compressed = false;
  bool resumed = false;
  bool clone = false;  // fromguid is another dataset's: its origin

  std::string snapshot_name() const;  // the part after the '@'
  bool operator==(const SimSnapshotRecord&) const = default;
};

std::vector<std::byte> stream_header();
std::vector<std::byte> encode(const SimSnapshotRecord&);
std::vector<std::byte> snapshot_end(Guid);
std::vector<std::byte> stream_end();
// The filler of a snapshot from a position on; a receiver checks it.
void fill(std::span<std::byte>, Guid toguid, std::uint64_t position);

struct SimFiller {
  std::uint64_t bytes;
};
struct SimSnapshotEnd {};
struct SimStreamEnd {};
struct SimNeedMore {};  // all input is used up
using SimStreamItem =
    std::variant<SimNeedMore, SimSnapshotRecord, SimFiller, SimSnapshotEnd, SimStreamEnd>;

// Reads a stream in pieces of any size with bounded memory. Safe on hostile bytes.
class SimStreamParser {
 public:
  // Takes the next item off the front of `input`. After an error or the end, every call is an
  // error.
  Result<SimStreamItem> next(std::span<const std::byte>& input);

 private:
  Result<SimStreamItem> filler(std::span<const std::byte>& input);
  Result<SimStreamItem> record();
  bool gather(std::span<const std::byte>& input, std::size_t until);

  enum class State { header, between, in_snapshot, ended } state_ = State::header;
  std::vector<std::byte> pending_;  // of the header or record that is being read
  Guid guid_;                       // the snapshot that is being read
  std::uint64_t position_ = 0, filler_end_ = 0;
};

}  // namespace zr

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace zr {

// The hash of a path, one component after the other, so that a walk down a path has those of all
// its parents. It differs from process to process: nobody can write names that meet in it.
class PathHash {
 public:
  void descend(std::string_view component);
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

// From paths to places in a list that its owner has: a flat table of hashes, so that what is not
// there costs one look. The owner says whether a place really is the path's.
class PathIndex {
 public:
  // The place, or null. `same` is asked about places whose path has this hash.
  template <class Same>
  const std::uint32_t* find(std::uint64_t hash, Same same) const {
    if (slots_.empty()) return nullptr;
    for (std::size_t at = home(hash); slots_[at].place != free; at = (at + 1) & mask()) {
      if (slots_[at].hash == hash && same(slots_[at].place)) return &slots_[at].place;
    }
    return nullptr;
  }
  // For a path that is not there yet.
  void add(std::uint64_t hash, std::uint32_t place);
  // Something was put into the list at `place`: those from there on stand one further.
  void make_room(std::uint32_t place);

 private:
  static constexpr std::uint32_t free = UINT32_MAX;
  struct Slot {
    std::uint64_t hash = 0;
    std::uint32_t place = free;
  };

  std::size_t mask() const { return slots_.size() - 1; }
  std::size_t home(std::uint64_t hash) const { return static_cast<std::size_t>(hash) & mask(); }
  void grow();

  std::vector<Slot> slots_;  // a power of two, at most half of them taken
  std::size_t taken_ = 0;
};

}  // namespace zr

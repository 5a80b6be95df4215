#include "lang/path_index.h"

#include <cstring>
#include <utility>

namespace zr {
namespace {

// Where the system put the program this time.
std::uint64_t seed() {
  static const char somewhere = 0;
  return reinterpret_cast<std::uintptr_t>(&somewhere) * 0x9E3779B97F4A7C15U;
}

// Multiplies and folds the upper half of the product back (as wyhash does).
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

}  // namespace

void PathHash::descend(std::string_view component) {
  static const std::uint64_t secret = seed();
  // The length makes a difference between components that are cut at other places.
  value_ = mix(value_ ^ secret, 0xA0761D6478BD642FU ^ component.size());
  while (!component.empty()) {
    std::uint64_t chunk = 0;
    const std::size_t size = component.size() < sizeof chunk ? component.size() : sizeof chunk;
    std::memcpy(&chunk, component.data(), size);
    value_ = mix(value_ ^ chunk ^ secret, 0xE7037ED1A0B428DBU);
    component.remove_prefix(size);
  }
}

void PathIndex::add(std::uint64_t hash, std::uint32_t place) {
  if ((taken_ + 1) * 2 > slots_.size()) grow();
  std::size_t at = home(hash);
  while (slots_[at].place != free) at = (at + 1) & mask();
  slots_[at] = {hash, place};
  ++taken_;
}

void PathIndex::make_room(std::uint32_t place) {
  for (Slot& slot : slots_) {
    if (slot.place != free && slot.place >= place) ++slot.place;
  }
}

void PathIndex::grow() {
  std::vector<Slot> before(slots_.empty() ? 8 : slots_.size() * 2);
  std::swap(before, slots_);
  taken_ = 0;
  for (const Slot& slot : before) {
    if (slot.place != free) add(slot.hash, slot.place);
  }
}

}  // namespace zr

#include "executor/serve/stream_properties.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "lang/granting.h"

namespace zr {
namespace {

constexpr std::string_view marks = "zrepl:";
constexpr std::size_t max_name_bytes = 255;

// Refused to be set, but not excluded: ZFS takes no word about keys beside a raw stream, not even
// that they be left out, and the others are no properties that a stream has.
constexpr std::array<std::string_view, 8> not_settable{
    "encryption",   // stored in the clear, or under a key of the client's choice
    "jailed",       // FreeBSD's `zoned`
    "keyformat",    //
    "keylocation",  // a file or an address that this host would read when keys are loaded
    "mlslabel",     // who may see it, where labels say that
    "origin",       // not a property: makes the target a clone of any snapshot of the pool
    "pbkdf2iters",  //
    "snapdir",      // old versions with setuid files become reachable where it is mounted
};

}  // namespace

bool is_property_name(std::string_view name) {
  if (name.empty() || name.size() > max_name_bytes || name.front() == '-') return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
           std::string_view(":._-+").find(c) != std::string_view::npos;
  });
}

bool settable_by_client(std::string_view property) {
  const auto& kept_out = kept_out_of_streams();
  return is_property_name(property) && !property.starts_with(marks) &&
         !std::binary_search(kept_out.begin(), kept_out.end(), property) &&
         std::find(not_settable.begin(), not_settable.end(), property) == not_settable.end();
}

}  // namespace zr

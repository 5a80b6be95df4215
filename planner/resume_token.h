#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "planner/world.h"

namespace zr {

// What a receive_resume_token says. The token is `1-<checksum>-<bytes>-<payload>` in hexadecimal:
// the payload is a zlib-compressed nvlist in its native encoding (little-endian), `bytes` the size
// of that nvlist, the checksum the first word of Fletcher-4 over the compressed bytes (OpenZFS,
// libzfs_sendrecv.c, zfs_send_resume_token_to_nvlist; dsl_dataset.c, get_receive_resume_token_impl,
// which packs with fnvlist_pack; nvpair.c, nvs_native).
struct DecodedToken {
  std::string toname;  // "pool/dataset@snapshot" as the sending side called it
  Guid toguid;
  std::optional<Guid> fromguid;  // none: a full stream
  std::uint64_t object = 0;
  std::uint64_t offset = 0;
  std::uint64_t received_bytes = 0;
  bool large_blocks = false;
  bool embedded = false;
  bool compressed = false;
  bool raw = false;

  bool operator==(const DecodedToken&) const = default;
};

// None for anything that is not a token of version 1 with a fitting checksum, or whose payload
// unpacks to more than 64 KiB. Safe on hostile bytes.
std::optional<DecodedToken> decode(const ResumeToken&);
// Whether a text has a token's characters and size, so that it may be given to zfs as one. What it
// means is not looked at.
bool is_resume_token(std::string_view);
// The same format, for the simulator.
ResumeToken encode(const DecodedToken&);

}  // namespace zr

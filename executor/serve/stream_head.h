#pragma once

#include <cstddef>
#include <span>

namespace zr {

// How a stream of ZFS begins: dmu_replay_record_t and drr_begin of OpenZFS's zfs_ioctl.h, in the
// byte order of the machine that sent it.
inline constexpr std::size_t stream_head_bytes = 40;

// Why a client's stream may not be received, from its first stream_head_bytes; null where it may,
// or where it is no stream of ZFS, which zfs finds out by itself.
//
// A package (`zfs send -I`, `-p`, `-R`) is never taken: it brings properties, of which `-x` does
// not keep out all (openzfs/zfs#17240), makes datasets below the target, finds others of the pool
// by guid, and with `-F` destroys what the sender does not have. A clone is taken only as that of a
// given origin, since otherwise zfs looks for one in all of the pool.
const char* refused_stream(std::span<const std::byte> head, bool has_origin);

}  // namespace zr

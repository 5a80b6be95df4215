#include "executor/sim/sim_properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace zr {
namespace {

// zfsprops(7) of ZFS 2.1 to 2.3, with the short names that it takes too; sorted.
constexpr std::array<std::string_view, 71> native = {"aclinherit",
                                                     "aclmode",
                                                     "acltype",
                                                     "atime",
                                                     "canmount",
                                                     "casesensitivity",
                                                     "checksum",
                                                     "compress",
                                                     "compression",
                                                     "context",
                                                     "copies",
                                                     "dedup",
                                                     "defaultgroupobjquota",
                                                     "defaultgroupquota",
                                                     "defaultprojectobjquota",
                                                     "defaultprojectquota",
                                                     "defaultuserobjquota",
                                                     "defaultuserquota",
                                                     "defcontext",
                                                     "devices",
                                                     "direct",
                                                     "dnodesize",
                                                     "dnsize",
                                                     "encryption",
                                                     "exec",
                                                     "filesystem_limit",
                                                     "fscontext",
                                                     "keyformat",
                                                     "keylocation",
                                                     "logbias",
                                                     "longname",
                                                     "mlslabel",
                                                     "mountpoint",
                                                     "nbmand",
                                                     "normalization",
                                                     "overlay",
                                                     "pbkdf2iters",
                                                     "prefetch",
                                                     "primarycache",
                                                     "quota",
                                                     "rdonly",
                                                     "readonly",
                                                     "recordsize",
                                                     "recsize",
                                                     "redundant_metadata",
                                                     "refquota",
                                                     "refreserv",
                                                     "refreservation",
                                                     "relatime",
                                                     "reserv",
                                                     "reservation",
                                                     "rootcontext",
                                                     "secondarycache",
                                                     "setuid",
                                                     "sharenfs",
                                                     "sharesmb",
                                                     "snapdev",
                                                     "snapdir",
                                                     "snapshot_limit",
                                                     "special_small_blocks",
                                                     "sync",
                                                     "utf8only",
                                                     "version",
                                                     "volblock",
                                                     "volblocksize",
                                                     "volmode",
                                                     "volsize",
                                                     "volthreading",
                                                     "vscan",
                                                     "xattr",
                                                     "zoned"};

}  // namespace

bool is_settable_property(std::string_view name) {
  if (name.find(':') != name.npos) return name.size() < 256;
  return std::binary_search(native.begin(), native.end(), name);
}

Error invalid_property(std::string_view dataset, std::string_view property) {
  return {Remedy::give_up,
          fmt::format("cannot receive into '{}': invalid property '{}'", dataset, property)};
}

}  // namespace zr

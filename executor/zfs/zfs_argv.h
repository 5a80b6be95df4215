#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "executor/machine/machine.h"
#include "executor/zfs.h"
#include "planner/change.h"

namespace zr {

// What is asked of zfs(8), as its arguments, the program itself left out. Pure. Long lists are
// split into several commands; each of those is atomic by itself at best.

struct ArgvLimits {
  std::size_t total_bytes;                 // all arguments, each with its NUL and a pointer
  std::size_t one_bytes = 128 * 1024 - 1;  // one argument (Linux: MAX_ARG_STRLEN)
};

// `head` once for as many `items` as fit, and again for the rest. None for no items.
std::vector<Argv> batches(const Argv& head, std::span<const std::string> items, const ArgvLimits&);

// zfs get -Hp -t filesystem,volume -o name,property,value,source [-r] <dataset_properties> NAME…
// No names: every pool.
std::vector<Argv> get_datasets(std::span<const std::string> names, bool with_descendants,
                               const ArgvLimits&);
// zfs list -Hp -t snapshot,bookmark -o <version_columns> [-r | -d 1] NAME…
// No names, with descendants: every pool.
std::vector<Argv> list_versions(std::span<const std::string> names, bool with_descendants,
                                const ArgvLimits&);
// zfs holds -H SNAPSHOT…
std::vector<Argv> list_holds(std::span<const std::string> snapshots, const ArgvLimits&);
// zfs get -Hp -o name,property,value guid,userrefs VERSION…
std::vector<Argv> get_guids(std::span<const std::string> versions, const ArgvLimits&);
// zfs get -Hp -d 1 -t filesystem,volume,snapshot -o name,property,value,source zrepl:placeholder
// NAME
Argv get_placeholder(const DatasetName&);
// zfs get -Hp -o name,property,value receive_resume_token NAME
Argv get_resume_token(const DatasetName&);

Argv create_placeholder(const CreatePlaceholder&);
// One command a pool. A command can't take two snapshots of one dataset: the second of them is in
// another.
std::vector<Argv> take_snapshots(std::span<const TakeSnapshot>, const ArgvLimits&);
Argv create_bookmark(const CreateBookmark&);
// One command a tag.
std::vector<Argv> place_holds(std::span<const PlaceHold>, const ArgvLimits&);
std::vector<Argv> release_holds(std::span<const ReleaseHold>, const ArgvLimits&);
Argv roll_back(const Rollback&);
// One command for the snapshots of a dataset (`dataset@a,b,c`), one for each bookmark.
std::vector<Argv> destroy_versions(std::span<const DestroyVersion>, const ArgvLimits&);
// zfs get -Hp -o name,property,value guid,type NAME…
std::vector<Argv> get_dataset_guids(std::span<const std::string> names, const ArgvLimits&);
// Nothing is forced (-f) or created (-p). A filesystem is not remounted (-u, which zfs refuses for
// a volume).
Argv rename_dataset(const RenameDataset&, DatasetType);
Argv abort_receive(const DatasetName&);

// Always with large blocks (`-L`, or `-w`, which implies it): since OpenZFS 2.0 an incremental with
// them fits whatever came before, and one without them is refused where there are large blocks.
// Never `-e`: what it saves is small, and old receivers differ in it.
Argv send_stream(const SendRequest&);
// Always resumable (-s) and never mounted (-u).
Argv receive_stream(const ReceiveRequest&);

std::string full_name(const DatasetName&, const VersionRef&);

}  // namespace zr

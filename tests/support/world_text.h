#pragma once

#include <string>
#include <string_view>

#include "planner/world.h"

namespace zr {

// Worlds as text to read in a test. A line is a dataset and its versions, oldest first:
//
//   nas: tank/db @1 @2 @3!keep #1 placeholder written=5
//   vault: fast/db @1 @2=99
//   vault:                          (a host that was reached and has nothing more)
//   unreachable cloud: no route     (anything after the colon: why)
//   observed 1795327200             (seconds since the epoch; 0 unless told)
//   # a comment
//
// A version is `@name` (snapshot) or `#name` (bookmark), directly followed by any of
//   =GUID    default: version_guid(name), the same wherever the name is used, so that the two lines
//            above share @1 but have diverged at @2
//   ^TXG     createtxg; default: that of a version before it in the line with the same guid (so
//            `@1 #1` is a snapshot and its bookmark), else one more than the largest before it
//   ~SECONDS creation since the epoch; default: that same version's, else 3600 * createtxg
//   +BYTES   what it adds; default 0
//   !TAG     a hold, any number of times
//   &DATASET a clone of it, any number of times
// Words about the dataset, anywhere after its name:
//   volume  placeholder  compresses  guid=N  written=N  origin=DATASET@SNAPSHOT
//   encrypted  encrypted=ROOT  (with the key loaded; ROOT is the dataset itself unless told)
//   key=unavailable
//   token=TEXT                 a receive_resume_token as it is
//   partial=A>B, partial=B     a token made for a stream from the version A (or in full) to @B
// What holds blanks or one of `=^~+!&>` is written in quotes, with \" and \\ inside:
//   nas: "tank/with a blank" @"two words"!"a tag"
// The same dataset on a second line adds to it.

// Throws std::invalid_argument, naming the line, for what is not like this.
World world_from_text(std::string_view);

// The same text in one canonical spelling: world_from_text(world_to_text(w)) == w for every sorted
// world whose encrypted datasets have a key status. What is as the defaults have it is left out.
std::string world_to_text(const World&);

// What a version's guid is unless told: the number itself for names like "3", the guid that a
// cursor's name carries, otherwise a hash of the name.
Guid version_guid(std::string_view name);

}  // namespace zr

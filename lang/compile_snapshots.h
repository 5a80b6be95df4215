#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lang/context.h"
#include "lang/declarations.h"

namespace zr {

// A `snapshots` statement. What is wrong is reported.
SnapshotFilter compile_snapshots(Context&, const ast::Statement&);

// The value of a `prefix` statement: not empty, and some snapshot can begin with it. `reserve`
// bytes of the name are kept for what follows.
std::optional<std::string> compile_prefix(Context&, const ast::Statement&, std::size_t reserve);

// The `keep` statements of a block. With declarations a `keep NAME` is replaced by what that
// retention says; without, which is in a retention, it is an error. Sorted and without repetitions,
// so that the order of lines has no influence.
std::vector<Keep> compile_keeps(Context&, const std::vector<const ast::Statement*>&,
                                const Declarations*);

// Whether `keep last …` and the like begin with this word, which then can't name a retention.
bool is_keep_kind(std::string_view);

}  // namespace zr

#pragma once

#include <cstddef>
#include <optional>

#include "lang/ast.h"
#include "lang/diagnostic.h"
#include "lang/source.h"

namespace zr {

// A caller that reads a file need not read more than this: parse() refuses it.
inline constexpr std::size_t max_source_bytes = std::size_t{64} << 20;
inline constexpr std::size_t max_statements = 1'000'000;
inline constexpr std::size_t max_nesting = 64;

// Total: any bytes give a tree of what could be understood, in linear time, and a diagnostic for
// everything that could not. None only when the source is larger than max_source_bytes.
std::optional<ast::File> parse(const Sources&, SourceId, Diagnostics&);

// For a test: how many places of the grammar could loop without progress. Must be 0.
std::size_t grammar_problems();

}  // namespace zr

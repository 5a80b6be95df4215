#pragma once

#include "lang/diagnostic.h"
#include "lang/source.h"

namespace zr {

// Reports bytes that are not UTF-8 and characters that hide what a text says, wherever they stand,
// comments and strings included; once a line. A byte order mark at the very beginning is skipped.
void check_characters(const Sources&, SourceId, Diagnostics&);

// Whether check_characters() has reported this character, or would.
bool is_refused_character(std::string_view rest);

// The length of a byte order mark at the beginning.
std::size_t byte_order_mark(std::string_view text);

}  // namespace zr

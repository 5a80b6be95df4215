#pragma once

#include <string>

#include "lang/context.h"
#include "lang/declarations.h"
#include "lang/reader.h"

namespace zr {

// Names that stand for what is declared somewhere: a name of this scope or one around it,
// `file.name` for what a used file declares, or a parameter or constant that stands for such a
// name. Null when there is none, which is reported unless the name may be one of those that could
// not be read.

const NamedHost* host_reference(Context&, const Declarations&, Reader&);
// `example` says what to write for the dataset of that name, which is what a wrong name mostly
// means.
const NamedRules* rules_reference(Context&, const Declarations&, Reader&, const std::string& key);
// Of a word that was read already; quiet, and null, when nothing has this name.
const NamedRetention* find_retention(const Context&, std::string_view word);

// Whether the name may have been declared by a header or a file that could not be read.
bool may_be_lost(const Declarations&, std::string_view name);

// That a constant is of the wrong type; `wanted` as in "a host".
void report_wrong_type(Reader&, Span, std::string_view name, const Value&,
                       const std::string& wanted);

}  // namespace zr

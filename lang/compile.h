#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lang/ast.h"
#include "lang/diagnostic.h"
#include "lang/policy.h"
#include "lang/source.h"

namespace zr {

// Finds the text that a `use` names and adds it to the sources, under that path: relative to where
// the site's file is named from, as that file's own name is. Parts of the built-in library are not
// asked for.
struct Imported {
  std::optional<SourceId> source;  // none: there is no such file, or it can't be read
  std::string why;                 // then: "cannot read x.zr: Is a directory"; empty: there is none
};
using Import = std::function<Imported(std::string_view path)>;

// Types, names, templates and proofs: from the shape of a text to what it wants. None when anything
// is wrong, here or already in the parse. The policy is called after its source's name, and so is
// the site when the text does not name it.
std::optional<Policy> compile(const ast::File&, const Import&, Sources&, Diagnostics&);

// The name of a site whose file does not say one: the file's stem, with what a name can't hold
// replaced by `_`, and `site_` before it when it does not begin with a letter.
SiteName default_site_name(std::string_view file);

}  // namespace zr

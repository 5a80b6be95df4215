#pragma once

#include <filesystem>
#include <string>

#include "lang/diagnostic.h"
#include "lang/source.h"

namespace zr {

// Diagnostics for programs; the text for people is lang/diagnostic.h's render(). All of them are
// pure. `folder` is the current one, absolute: code hosts want the files' paths from there.

enum class ReportFormat { text, json, sarif, github };

// One document as in executor/report/diagnostics.schema.json: format_version "1.x", of which a
// minor version only adds keys. What is allowed is only counted unless it is to be shown.
std::string diagnostics_to_json(const Diagnostics&, const Sources&, bool show_allowed);

// SARIF 2.1.0, within the limits of GitHub's code scanning, where what is allowed is suppressed in
// source. A result's fingerprint stays when lines
// move: it is made of the code, the text of the range, the declaration around it, and a count.
std::string diagnostics_to_sarif(const Diagnostics&, const Sources&,
                                 const std::filesystem::path& folder);

// Workflow commands of GitHub Actions. GitHub shows ten annotations of a kind and drops the others,
// so each severity has at most nine, and a notice counts the rest. What is allowed is left out.
std::string annotations(const Diagnostics&, const Sources&, const std::filesystem::path& folder);

// A source's name as a path from `folder`, with `/`; absolute where it is outside.
std::string path_from(const std::filesystem::path& folder, const std::string& name);

}  // namespace zr

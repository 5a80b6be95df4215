#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "executor/commands/site.h"
#include "executor/exit_status.h"
#include "planner/plan.h"

namespace zr {

// Whether a file's text is a saved plan rather than a site file: JSON objects begin with a brace,
// no site file does. The file's name says nothing.
bool is_saved_plan(std::string_view text);

// `name` is the file's, for messages. A plan that could not be carried out (a cycle, half a stream)
// is a failure too: anyone may have written the file.
std::variant<Plan, Failure> read_saved_plan(std::string_view text, const std::string& name);

// The site that a plan was made for: `given` if there is one, else its file as it was named, from
// here and from beside the plan. The policy has to be the plan's (otherwise: stale).
std::variant<Site, Failure> find_site(const Plan&, const std::string& plan_file,
                                      const std::optional<std::string>& given,
                                      const DiagnosticStyle&);

// What a fresh plan does otherwise than the saved one: the first difference, in words. None when
// their steps are the same apart from reasons, estimated bytes and origins.
std::optional<std::string> first_difference(const Plan& saved, const Plan& fresh);

}  // namespace zr

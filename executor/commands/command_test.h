#pragma once

#include "executor/commands/command.h"

namespace zr {

// Carries the `test` blocks of a site file out: a line each, what fails with its place, a count.
Outcome test_site(const TestCommand&, const Console&);

}  // namespace zr

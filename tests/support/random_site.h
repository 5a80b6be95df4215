#pragma once

#include <string>

#include "planner/world.h"

namespace zr {

// A policy and a world for property tests, drawn from rapidcheck inside a running property (so that
// it can shrink them): three simulated hosts, nas -> vault and sometimes vault -> cold, with
// snapshots that are there, missing, foreign, held, cloned, diverged, partially received, made by
// clocks that jump, and marks of this site, of gone jobs and of others.
struct RandomSite {
  std::string policy;
  World world;
};

RandomSite random_site();

}  // namespace zr

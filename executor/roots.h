#pragma once

#include <vector>

#include "planner/world.h"

namespace zr {

// What to list of a host. A root that does not exist is simply not in the answer.
struct Roots {
  bool everything = false;         // all pools; the rest is then ignored
  std::vector<DatasetName> trees;  // these and everything below, with versions
  std::vector<DatasetName> alone;  // just these, with versions
  // Nothing but versions, without the tags of holds, is wanted: of `alone`, in one command. What
  // else there is may be in the answer or not; a dataset without versions is not.
  bool versions_only = false;
  // Of these, without their versions, those below which a tree or a lone dataset is missing, or was
  // partially received, and may go: the way to where it would be made. What is above a dataset that
  // is there and stays need not be looked at.
  std::vector<DatasetName> above = {};
};

bool is_empty(const Roots&);

// The fewest roots that cover the same: no tree within another, nothing else within a tree, nothing
// twice, sorted.
Roots minimal(const Roots&);

// Those of `above` that are wanted where this is what was found of the trees and the lone datasets.
// Sorted where `above` is.
std::vector<DatasetName> way_to_missing(const Roots&, const Inventory& found);

}  // namespace zr

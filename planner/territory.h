#pragma once

#include <map>
#include <set>
#include <vector>

#include "lang/policy.h"

namespace zr {

// Where jobs may change something, by their rules alone: datasets with all that is below them, and
// some alone. For who wants to run jobs beside each other: those whose territories do not meet
// touch no dataset both.
class Territory {
 public:
  Territory() = default;
  Territory(const Policy&, const std::vector<JobId>&);

  void add(const Territory&);
  bool meets(const Territory&) const;

 private:
  struct Ground {
    bool everything = false;
    std::set<DatasetName> trees;  // these and what is below them
    std::set<DatasetName> all;    // the trees, and those that are meant alone
  };
  static bool reaches(const Ground& trees_of, const Ground& other);
  void add(const HostName&, const Rules& patterns);

  std::map<HostName, Ground> hosts_;
};

}  // namespace zr

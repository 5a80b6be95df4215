#pragma once

#include <string>

#include "lang/policy.h"

namespace zr {

// Components that no pattern and no target of the policy has. A dataset named by one stands for
// every dataset that no rule mentions.
struct Fresh {
  explicit Fresh(const Policy&);

  DatasetName pool;
  DatasetName other_pool;
  const std::string& component() const { return pool.str(); }
};

}  // namespace zr

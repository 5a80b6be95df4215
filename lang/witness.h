#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "lang/policy.h"

namespace zr {

// Rules know infinitely many datasets, but tell few of them apart: what a pattern names, and what
// is below it and named by no pattern. One of each, a witness, stands for them all, so a question
// about every dataset is answered by trying the witnesses.
class Witnesses {
 public:
  explicit Witnesses(const Policy&);

  // For a rule: the dataset of its pattern, and for a subtree also something below.
  std::vector<DatasetName> of(const Rule&) const;

 private:
  std::string fresh_;  // a component that no pattern has
};

// Bounds the proofs on texts made to be hard. What is not proven is not reported.
class Effort {
 public:
  bool spend(std::uint64_t steps = 1) {
    left_ -= left_ < steps ? left_ : steps;
    return left_ > 0;
  }
  bool is_spent() const { return left_ == 0; }

 private:
  std::uint64_t left_ = 5'000'000;
};

// The replications of a policy by the host they send from.
class Routes {
 public:
  explicit Routes(const Policy&);

  struct Hop {
    const Replication* job = nullptr;
    const Rule* rule = nullptr;  // of the job's map: the one that decides
    DatasetName target;
  };
  // Where the jobs from a host send a dataset. Nothing when the effort is used up, or when the name
  // is far too long to exist.
  std::vector<Hop> from(const HostName&, const DatasetName&, Effort&) const;

 private:
  struct Index {
    std::unordered_map<std::string, std::vector<const Replication*>> by_dataset;
    std::vector<const Replication*> by_everything;
  };
  std::unordered_map<HostName, Index> hosts_;
};

}  // namespace zr

#include "planner/change.h"

namespace zr {

const DatasetName& dataset_of(const Change& change) {
  return std::visit([](const auto& c) -> const DatasetName& { return c.dataset; }, change);
}

}  // namespace zr

#include "executor/sim/sim_error.h"

#include <fmt/format.h>

namespace zr {

Error refused(Remedy remedy, std::string_view doing, std::string_view what, std::string_view why) {
  return {remedy, fmt::format("cannot {} '{}': {}", doing, what, why)};
}

Error dataset_gone(std::string_view doing, const DatasetName& dataset) {
  return refused(Remedy::replan, doing, dataset.str(), "dataset does not exist; plan again");
}

Result<Version*> resolve(std::string_view doing, Dataset& dataset, const VersionRef& ref) {
  auto* found = const_cast<Version*>(dataset.find(ref.kind, ref.name));
  if (found == nullptr || found->guid == ref.guid) return found;
  const std::string wanted = ref.guid ? std::to_string(ref.guid->value) : "one that is not known";
  return refused(Remedy::replan, doing, full_name(dataset.name, ref),
                 fmt::format("its guid is {} and not {}: it is another version than the one that "
                             "was planned for; plan again",
                             found->guid.value, wanted));
}

Result<Version*> resolve_present(std::string_view doing, Dataset& dataset, const VersionRef& ref) {
  auto found = resolve(doing, dataset, ref);
  if (!found || *found != nullptr) return found;
  return refused(Remedy::replan, doing, full_name(dataset.name, ref),
                 "dataset does not exist; plan again");
}

}  // namespace zr

// Any bytes as a world and as a plan: either an error, or a value that its own text gives again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "planner/json.h"
#include "planner/render.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto world = zr::world_from_json(text);
  if (const auto* w = std::get_if<zr::World>(&world)) {
    const auto again = zr::world_from_json(zr::world_to_json(*w));
    if (!std::holds_alternative<zr::World>(again) || std::get<zr::World>(again) != *w) std::abort();
  }
  const auto plan = zr::plan_from_json(text);
  if (const auto* p = std::get_if<zr::Plan>(&plan)) {
    const auto again = zr::plan_from_json(zr::plan_to_json(*p));
    if (!std::holds_alternative<zr::Plan>(again) || std::get<zr::Plan>(again) != *p) std::abort();
    zr::render(*p, {});
  }
  return 0;
}

#include "planner/slots.h"

#include <fmt/format.h>

namespace zr {

using namespace std::chrono;

std::int64_t Slots::of(Seconds t) const {
  const auto since = t.time_since_epoch() - offset;
  const auto number = since / every;
  return since % every < seconds(0) ? number - 1 : number;
}

Seconds Slots::begin(std::int64_t slot) const { return Seconds(slot * every + offset); }

Slots slots_of(const Autosnap& job) { return {job.every, job.delay.offset}; }

std::optional<std::size_t> newest_with_prefix(const FutureDataset& dataset,
                                              const std::string& prefix) {
  std::optional<std::size_t> newest;
  for (std::size_t i = 0; i < dataset.size(); ++i) {
    const Version& version = dataset.version(i);
    if (version.is_snapshot() && dataset.alive(i) && version.name.starts_with(prefix)) newest = i;
  }
  return newest;
}

std::string snapshot_name(const std::string& prefix, Millis now) {
  const auto day = floor<days>(now);
  const year_month_day date(day);
  const hh_mm_ss time(now - day);
  return fmt::format("{}{:04}{:02}{:02}_{:02}{:02}{:02}_{:03}", prefix,
                     static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

}  // namespace zr

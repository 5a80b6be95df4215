#include "planner/calendar.h"

#include <fmt/format.h>

namespace zr {
namespace {

using namespace std::chrono;

year_month_day date_of(Seconds t) { return year_month_day(floor<days>(t)); }

// Weeks since the epoch's, which began on Monday, 29 December 1969.
std::int64_t week_number(Seconds t) {
  const auto monday_based = floor<days>(t).time_since_epoch() + days(3);
  return floor<weeks>(monday_based).count();
}

// ISO 8601: a week belongs to the year that its Thursday is in.
std::string week_name(Seconds t) {
  const sys_days thursday(days(week_number(t) * 7));
  const year_month_day date(thursday);
  const auto day_of_year = (thursday - sys_days(date.year() / January / 1)).count();
  return fmt::format("{:04}-W{:02}", static_cast<int>(date.year()), day_of_year / 7 + 1);
}

}  // namespace

std::int64_t period_number(Period period, Seconds t) {
  const auto date = date_of(t);
  switch (period) {
    case Period::hourly:
      return floor<hours>(t).time_since_epoch().count();
    case Period::daily:
      return floor<days>(t).time_since_epoch().count();
    case Period::weekly:
      return week_number(t);
    case Period::monthly:
      return std::int64_t{static_cast<int>(date.year())} * 12 +
             (static_cast<unsigned>(date.month()) - 1);
    case Period::yearly:
      return static_cast<int>(date.year());
  }
  return 0;
}

std::string period_name(Period period, Seconds t) {
  const auto date = date_of(t);
  const int y = static_cast<int>(date.year());
  const unsigned m = static_cast<unsigned>(date.month());
  const unsigned d = static_cast<unsigned>(date.day());
  switch (period) {
    case Period::hourly:
      return fmt::format("{:04}-{:02}-{:02} {:02}h", y, m, d,
                         duration_cast<hours>(t - floor<days>(t)).count());
    case Period::daily:
      return fmt::format("{:04}-{:02}-{:02}", y, m, d);
    case Period::weekly:
      return week_name(t);
    case Period::monthly:
      return fmt::format("{:04}-{:02}", y, m);
    case Period::yearly:
      return fmt::format("{:04}", y);
  }
  return "";
}

}  // namespace zr

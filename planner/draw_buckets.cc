#include "planner/draw_buckets.h"

#include <fmt/format.h>

#include <algorithm>

#include "planner/calendar.h"
#include "planner/render.h"

namespace zr {
namespace {

constexpr std::size_t cells_in_a_row = 80;
constexpr std::uint64_t most_dots = 12;  // beyond, their number is said
constexpr std::size_t most_winners = 4;  // named in one line

std::string empty_ones(std::uint64_t count) {
  if (count > most_dots) return fmt::format(".({})", count);
  return std::string(static_cast<std::size_t>(count), '.');
}

class Drawing {
 public:
  Drawing(const Buckets& buckets, std::span<const Version* const> snapshots)
      : buckets_(buckets),
        snapshots_(snapshots),
        grid_(std::get_if<KeepGrid>(&buckets.keep->what)),
        calendar_(std::get_if<KeepCalendar>(&buckets.keep->what)) {}

  std::string text() {
    std::string out = "    " + buckets_.keep->str();
    if (grid_ != nullptr) out += ", back from " + format_time(buckets_.from);
    out += "\n";
    for (const std::string& row : rows()) out += "      " + row + "\n";
    std::size_t group_width = 0;
    std::size_t number_width = 0;
    for (const Bucket& bucket : buckets_.occupied) {
      group_width = std::max(group_width, group_of(bucket).size());
      number_width = std::max(number_width, fmt::formatted_size("{}", bucket.number + 1));
    }
    for (const Bucket& bucket : buckets_.occupied) {
      out += fmt::format("      {:{}}{}  {}\n", group_of(bucket), group_width,
                         period_of(bucket, number_width), stays(bucket));
    }
    if (buckets_.older > 0) out += fmt::format("      older: {}\n", buckets_.older);
    return out;
  }

 private:
  // The line, cut into rows where it is a long one.
  std::vector<std::string> rows() const {
    std::vector<std::string> rows(1);
    const auto add = [&](const std::string& cells) {
      if (rows.back().size() + cells.size() > cells_in_a_row) rows.emplace_back();
      rows.back() += cells;
    };
    std::size_t at = 0;
    const std::size_t groups = grid_ != nullptr ? grid_->groups.size() : 1;
    for (std::size_t group = 0; group < groups; ++group) {
      if (group > 0) add("|");
      std::uint64_t next = 0;
      for (; at < buckets_.occupied.size() && buckets_.occupied[at].group == group; ++at) {
        const Bucket& bucket = buckets_.occupied[at];
        add(empty_ones(bucket.number - next));
        add(bucket.others.empty() ? "#" : "+");
        next = bucket.number + 1;
      }
      if (grid_ != nullptr) add(empty_ones(grid_->groups[group].count - next));
    }
    return rows;
  }

  std::string group_of(const Bucket& bucket) const {
    if (grid_ == nullptr) return {};
    const GridGroup& group = grid_->groups[bucket.group];
    return fmt::format("{}x{}", group.count, format_duration(group.length));
  }

  std::string period_of(const Bucket& bucket, std::size_t width) const {
    if (calendar_ != nullptr) return period_name(calendar_->period, bucket.begin);
    return fmt::format("  {:{}}  from {}", bucket.number + 1, width, format_time(bucket.begin));
  }

  std::string stays(const Bucket& bucket) const {
    std::vector<std::string> names;
    for (const std::size_t i : bucket.winners) {
      if (names.size() == most_winners) break;
      names.push_back(snapshots_[i]->str());
    }
    std::string out = fmt::format("{}", fmt::join(names, ", "));
    if (names.size() < bucket.winners.size()) {
      out += fmt::format(" and {} more", bucket.winners.size() - names.size());
    }
    if (!bucket.others.empty()) {
      out += fmt::format(", of {}", bucket.winners.size() + bucket.others.size());
    }
    return out;
  }

  const Buckets& buckets_;
  const std::span<const Version* const> snapshots_;
  const KeepGrid* const grid_;
  const KeepCalendar* const calendar_;
};

}  // namespace

std::string draw(const Buckets& buckets, std::span<const Version* const> snapshots) {
  return Drawing(buckets, snapshots).text();
}

}  // namespace zr

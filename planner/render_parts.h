#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "planner/plan.h"
#include "planner/render.h"

namespace zr {

// The parts of which render() makes a page. Internal to rendering.

// The signs of the legend. The value is what is printed.
enum class Sign : char {
  snapshot = '+',
  full = '*',
  incremental = '>',
  resume = '%',
  mark = '~',
  rollback = '<',
  rename = '=',
  destroy = '-',
  stop = '!',
};
Sign sign_of(const Action&);
std::string_view meaning_of(Sign);

// What a step does, without where and why: "@1 to @2", "hold @2 (a tag)". A stream `to` its end
// carries just that, one `through` all between as well. Empty where the kind says it all.
std::string describe(const Action&);

enum class Paint { none, heading, faint, good, info, warning, danger };
Paint paint_of(Sign);

// A text in the making, with colour or without.
class Page {
 public:
  explicit Page(bool color) : color_(color) {}

  Page& add(std::string_view text, Paint = Paint::none);
  Page& sign(Sign s) { return add(std::string(1, static_cast<char>(s)), paint_of(s)); }
  void end_line() { out_ += '\n'; }
  void blank_line();  // one, whatever was before; none at the top
  std::string take() && { return std::move(out_); }

 private:
  std::string out_;
  bool color_;
};

// The receiving ends, by the id of the step that sends to them.
class Receivers {
 public:
  explicit Receivers(const Plan&);
  // Null where a plan lacks the other end.
  const Step* of(StepId sender) const;

 private:
  std::vector<const Step*> by_sender_;
};

// A paragraph for each dataset of the plan.
void render_paragraphs(Page&, const Plan&, const Receivers&);
// "2 snapshots, 1 full stream (212 GiB), 3 destroyed; 1 blocked".
std::string totals(const Plan&);
// Everything that destroys, sends in full, is blocked or in conflict.
void render_attention(Page&, const Plan&, const Receivers&);
// What goes beyond the site's limits, and what is to be typed if it is meant.
void render_budget(Page&, const Plan&);

}  // namespace zr

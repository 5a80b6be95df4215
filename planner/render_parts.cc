#include "planner/render_parts.h"

#include <fmt/format.h>

#include "lang/overloaded.h"
#include "planner/render_text.h"

namespace zr {
namespace {

std::string stream_text(const std::optional<VersionRef>& from, const VersionRef& to,
                        bool intermediates) {
  if (!from) return shown(to);
  return fmt::format("{} {} {}", shown(*from), intermediates ? "through" : "to", shown(to));
}

std::string send_text(const Send& a) {
  if (!a.clone_of || !a.from) return stream_text(a.from, a.to, a.intermediates);
  return fmt::format("{}{} to {}", escaped(a.clone_of->str()), shown(*a.from), shown(a.to));
}

// While its guid is not known it can only be a cursor: those carry the guid in their name.
std::string bookmark_text(const CreateBookmark& a) {
  const std::string name =
      a.bookmark.empty() ? "its cursor" : shown(VersionKind::bookmark, a.bookmark);
  return fmt::format("bookmark {} ({})", shown(a.of), name);
}

std::string rollback_text(const Rollback& a) {
  std::string out = "back to " + shown(a.to);
  for (std::size_t i = 0; i < a.destroys.size(); ++i) {
    out += (i == 0 ? ", destroying " : ", ") + shown(a.destroys[i]);
  }
  return out;
}

std::string_view escape_code(Paint paint) {
  switch (paint) {
    case Paint::none:
      return "";
    case Paint::heading:
      return "\x1b[1m";
    case Paint::faint:
      return "\x1b[2m";
    case Paint::good:
      return "\x1b[32m";
    case Paint::info:
      return "\x1b[36m";
    case Paint::warning:
      return "\x1b[1;33m";
    case Paint::danger:
      return "\x1b[31m";
  }
  return "";
}

}  // namespace

Sign sign_of(const Action& action) {
  return std::visit(overloaded{
                        [](const CreatePlaceholder&) { return Sign::mark; },
                        [](const TakeSnapshot&) { return Sign::snapshot; },
                        [](const Send& a) { return a.from ? Sign::incremental : Sign::full; },
                        [](const Recv&) { return Sign::incremental; },
                        [](const Resume&) { return Sign::resume; },
                        [](const AbortReceive&) { return Sign::destroy; },
                        [](const CreateBookmark&) { return Sign::mark; },
                        [](const PlaceHold&) { return Sign::mark; },
                        [](const ReleaseHold&) { return Sign::mark; },
                        [](const Rollback&) { return Sign::rollback; },
                        [](const DestroyVersion&) { return Sign::destroy; },
                        [](const RenameDataset&) { return Sign::rename; },
                    },
                    action);
}

std::string_view meaning_of(Sign sign) {
  switch (sign) {
    case Sign::snapshot:
      return "snapshot";
    case Sign::full:
      return "full send";
    case Sign::incremental:
      return "incremental";
    case Sign::resume:
      return "resume";
    case Sign::mark:
      return "bookmark, hold, release, placeholder";
    case Sign::rollback:
      return "rollback";
    case Sign::rename:
      return "rename";
    case Sign::destroy:
      return "destroy";
    case Sign::stop:
      return "blocked or in conflict";
  }
  return "";
}

std::string describe(const Action& action) {
  return std::visit(
      overloaded{
          [](const CreatePlaceholder& a) -> std::string {
            return a.plain ? "placeholder, not encrypted" : "placeholder";
          },
          [](const TakeSnapshot& a) { return shown(VersionKind::snapshot, a.name); },
          [](const Send& a) { return send_text(a); },
          [](const Recv& a) -> std::string {
            return a.over_placeholder ? "in place of a placeholder" : "";
          },
          [](const Resume& a) { return stream_text(a.from, a.to, false); },
          [](const AbortReceive&) -> std::string { return "partially received state"; },
          [](const CreateBookmark& a) { return bookmark_text(a); },
          [](const PlaceHold& a) {
            return fmt::format("hold {} ({})", shown(a.snapshot), escaped(a.tag));
          },
          [](const ReleaseHold& a) {
            return fmt::format("release {} ({})", shown(a.snapshot), escaped(a.tag));
          },
          [](const Rollback& a) { return rollback_text(a); },
          [](const DestroyVersion& a) { return shown(a.version); },
          [](const RenameDataset& a) { return "to " + escaped(a.to.str()); },
      },
      action);
}

Paint paint_of(Sign sign) {
  switch (sign) {
    case Sign::snapshot:
      return Paint::good;
    case Sign::full:
      return Paint::warning;
    case Sign::incremental:
    case Sign::resume:
    case Sign::rename:
      return Paint::info;
    case Sign::mark:
      return Paint::faint;
    case Sign::rollback:
    case Sign::destroy:
      return Paint::danger;
    case Sign::stop:
      return Paint::warning;
  }
  return Paint::none;
}

Page& Page::add(std::string_view text, Paint paint) {
  const bool painted = color_ && paint != Paint::none && !text.empty();
  if (painted) out_ += escape_code(paint);
  out_ += text;
  if (painted) out_ += "\x1b[0m";
  return *this;
}

void Page::blank_line() {
  const bool at_top = out_.empty();
  const bool is_blank = out_.size() > 1 && out_.substr(out_.size() - 2) == "\n\n";
  if (!at_top && !is_blank) out_ += '\n';
}

Receivers::Receivers(const Plan& plan) : by_sender_(plan.steps.size() + 1, nullptr) {
  for (const Step& step : plan.steps) {
    const auto* recv = std::get_if<Recv>(&step.action);
    if (recv && recv->stream_of < by_sender_.size()) by_sender_[recv->stream_of] = &step;
  }
}

const Step* Receivers::of(StepId sender) const {
  return sender < by_sender_.size() ? by_sender_[sender] : nullptr;
}

}  // namespace zr

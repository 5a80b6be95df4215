#include "planner/plan.h"

#include <array>
#include <utility>

#include "lang/overloaded.h"

namespace zr {
namespace {

constexpr std::array<std::pair<ConflictKind, std::string_view>, 13> conflict_names{{
    {ConflictKind::no_common_snapshot, "no_common_snapshot"},
    {ConflictKind::diverged, "diverged"},
    {ConflictKind::target_modified, "target_modified"},
    {ConflictKind::target_exists, "target_exists"},
    {ConflictKind::target_collision, "target_collision"},
    {ConflictKind::target_pool_missing, "target_pool_missing"},
    {ConflictKind::not_permitted, "not_permitted"},
    {ConflictKind::initial_refused, "initial_refused"},
    {ConflictKind::name_taken, "name_taken"},
    {ConflictKind::name_too_long, "name_too_long"},
    {ConflictKind::encryption, "encryption"},
    {ConflictKind::renamed, "renamed"},
    {ConflictKind::host_unreachable, "host_unreachable"},
}};

void count(const Action& action, Summary& s) {
  std::visit(overloaded{
                 [&](const CreatePlaceholder&) { ++s.create; },
                 [&](const TakeSnapshot&) { ++s.snapshot; },
                 [&](const Send& send) {
                   ++(send.from ? s.send : s.full_send);
                   s.bytes += send.stream_bytes;
                 },
                 [&](const Recv&) {},  // counted as its other end
                 [&](const Resume& resume) {
                   ++s.resume;
                   s.bytes += resume.stream_bytes;
                 },
                 [&](const AbortReceive&) { ++s.abort; },
                 [&](const CreateBookmark&) { ++s.bookmark; },
                 [&](const PlaceHold&) { ++s.hold; },
                 [&](const ReleaseHold&) { ++s.release; },
                 [&](const Rollback&) { ++s.rollback; },
                 [&](const DestroyVersion&) { ++s.destroy; },
                 [&](const RenameDataset&) { ++s.rename; },
             },
             action);
}

}  // namespace

const DatasetName& Step::dataset() const {
  return std::visit([](const auto& a) -> const DatasetName& { return a.dataset; }, action);
}

std::string_view kind_of(const Action& action) {
  using View = std::string_view;
  return std::visit(overloaded{
                        [](const CreatePlaceholder&) -> View { return "create"; },
                        [](const TakeSnapshot&) -> View { return "snapshot"; },
                        [](const Send&) -> View { return "send"; },
                        [](const Recv&) -> View { return "recv"; },
                        [](const Resume&) -> View { return "resume"; },
                        [](const AbortReceive&) -> View { return "abort"; },
                        [](const CreateBookmark&) -> View { return "bookmark"; },
                        [](const PlaceHold&) -> View { return "hold"; },
                        [](const ReleaseHold&) -> View { return "release"; },
                        [](const Rollback&) -> View { return "rollback"; },
                        [](const DestroyVersion&) -> View { return "destroy"; },
                        [](const RenameDataset&) -> View { return "rename"; },
                    },
                    action);
}

std::string_view to_string(ConflictKind kind) {
  for (const auto& [k, name] : conflict_names) {
    if (k == kind) return name;
  }
  return {};
}

std::optional<ConflictKind> parse_conflict_kind(std::string_view text) {
  for (const auto& [kind, name] : conflict_names) {
    if (name == text) return kind;
  }
  return {};
}

Summary Plan::summary() const {
  Summary s;
  for (const Step& step : steps) count(step.action, s);
  s.blocked = blocked.size();
  s.conflict = conflicts.size();
  return s;
}

}  // namespace zr

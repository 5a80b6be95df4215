#pragma once

#include <optional>
#include <sstream>
#include <stdexcept>
#include <string>

#include "planner/plan.h"

namespace zr {

// Plans as text to read in a test: a line per step, numbered from 1.
//
//   nas snapshot tank/db@a
//   nas send tank/db@a..@b after 1     (`send tank/db@b`: in full)
//   vault recv fast/db of 2
//   nas destroy tank/db@old=17         (`=` the guid; without one it is made by this plan)
//
// Kinds as kind_of() says them; a bookmark is of the version given and without a name (a cursor) or
// named by `as NAME`; a hold's tag is "tag", a resume's token "token". The job is pull.offsite.
// Dots in versions' names are not for these tests.

inline VersionRef version_from_text(const std::string& text) {
  VersionRef ref;
  ref.kind = text.at(0) == '#' ? VersionKind::bookmark : VersionKind::snapshot;
  const auto equals = text.find('=');
  ref.name = text.substr(1, equals == text.npos ? text.npos : equals - 1);
  if (equals != text.npos) ref.guid = Guid(std::stoull(text.substr(equals + 1)));
  return ref;
}

class PlanText {
 public:
  static Plan read(const std::string& text) {
    Plan plan;
    plan.site = SiteName("office");
    plan.site_file = "site.zr";
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.find_first_not_of(' ') == line.npos) continue;
      PlanText reader(line);
      plan.steps.push_back(reader.step(static_cast<StepId>(plan.steps.size() + 1)));
    }
    return plan;
  }

 private:
  explicit PlanText(const std::string& line) {
    std::istringstream words(line);
    words >> host_ >> kind_ >> object_;
    std::string word;
    for (std::string clause; words >> word;) {
      if (word == "after" || word == "of" || word == "as") {
        clause = word;
      } else if (clause == "after") {
        after_.push_back(static_cast<StepId>(std::stoul(word)));
      } else if (clause == "of") {
        of_ = static_cast<StepId>(std::stoul(word));
      } else {
        as_ = word;
      }
    }
  }

  Step step(StepId id) const {
    return {id, HostName(host_), action(), JobId{JobKind::pull, "offsite"}, after_, "", {}};
  }

  Action action() const {
    const auto mark = object_.find_first_of("@#");
    const DatasetName dataset = DatasetName::parse(object_.substr(0, mark)).value();
    const std::string versions = mark == object_.npos ? "" : object_.substr(mark);
    const auto dots = versions.find("..");
    std::optional<VersionRef> from;
    if (dots != versions.npos) from = version_from_text(versions.substr(0, dots));
    VersionRef to;
    if (!versions.empty()) {
      to = version_from_text(dots == versions.npos ? versions : versions.substr(dots + 2));
    }
    if (kind_ == "create") return CreatePlaceholder{dataset};
    if (kind_ == "snapshot") return TakeSnapshot{dataset, to.name};
    if (kind_ == "send") return Send{dataset, from, to, false, 1000};
    if (kind_ == "recv") return Recv{dataset, of_, false, {}, {}, {}};
    if (kind_ == "resume") return Resume{dataset, ResumeToken("token"), from, to, 1000};
    if (kind_ == "abort") return AbortReceive{dataset, ResumeToken("token")};
    if (kind_ == "bookmark") return CreateBookmark{dataset, to, as_};
    if (kind_ == "hold") return PlaceHold{dataset, to, "tag"};
    if (kind_ == "release") return ReleaseHold{dataset, to, "tag"};
    if (kind_ == "rollback") return Rollback{dataset, to, {}};
    if (kind_ == "rename") {
      return RenameDataset{dataset, DatasetName::parse(as_).value(), Guid(7)};
    }
    if (kind_ == "destroy") return DestroyVersion{dataset, to};
    throw std::invalid_argument("no such kind: " + kind_);
  }

  std::string host_, kind_, object_, as_;
  std::vector<StepId> after_;
  StepId of_ = 0;
};

inline Plan plan_from_text(const std::string& text) { return PlanText::read(text); }

}  // namespace zr

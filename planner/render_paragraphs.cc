#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "lang/overloaded.h"
#include "planner/render_parts.h"
#include "planner/render_text.h"

namespace zr {
namespace {

// One line of a paragraph: `+ @name  because`.
struct Line {
  Sign sign;
  std::string what;
  std::string detail;
};

// The lines that one job wants, in the order in which they are carried out.
struct Group {
  std::string heading;  // "pull.offsite (site.zr:41)"
  std::vector<Line> lines;
};

bool is_stream(Sign sign) {
  return sign == Sign::full || sign == Sign::incremental || sign == Sign::resume;
}

struct Paragraph {
  std::string heading;  // "nas:tank/db"
  std::vector<Group> groups;

  void add(const std::string& group, Line line) {
    const auto it = std::find_if(groups.begin(), groups.end(),
                                 [&](const Group& g) { return g.heading == group; });
    Group& into = it == groups.end() ? groups.emplace_back(Group{group, {}}) : *it;
    into.lines.push_back(std::move(line));
  }
};

std::string group_heading(const std::optional<JobId>& job, const Origin& origin) {
  std::string out = job ? escaped(job->str()) : "tidying up";
  if (origin != Origin{}) out += fmt::format(" ({}:{})", escaped(origin.file), origin.line);
  return out;
}

std::string joined(const std::vector<std::string>& parts) {
  return fmt::format("{}", fmt::join(parts, ", "));
}

// "-> vault:fast/db  1.2 MiB, raw".
std::string stream_detail(const Step* receiver, std::vector<std::string> facts) {
  std::string target = "-> nowhere";
  if (receiver) {
    target = "-> " + shown(receiver->host, receiver->dataset().str());
    if (std::get<Recv>(receiver->action).over_placeholder) {
      facts.push_back("in place of a placeholder");
    }
    if (const auto& origin = std::get<Recv>(receiver->action).clone_of) {
      facts.push_back("as a clone of " +
                      shown(receiver->host, origin->dataset.str() + origin->snapshot.str()));
    }
  }
  return facts.empty() ? target : target + "  " + joined(facts);
}

std::string send_detail(const Step& step, const Send& send, const Step* receiver) {
  std::vector<std::string> facts;
  if (send.stream_bytes != 0) facts.push_back(format_bytes(send.stream_bytes));
  if (send.raw) facts.push_back("raw");
  if (send.compressed) facts.push_back("compressed");
  if (!send.from) facts.push_back("in full: " + escaped(step.reason));
  return stream_detail(receiver, std::move(facts));
}

std::string resume_detail(const Step& step, const Resume& resume, const Step* receiver) {
  std::vector<std::string> facts;
  if (resume.stream_bytes != 0) facts.push_back(format_bytes(resume.stream_bytes) + " left");
  if (!resume.from) facts.push_back("a full stream: " + escaped(step.reason));
  return stream_detail(receiver, std::move(facts));
}

// Only what a reader could not guess: why something is lost, sent in full, or wanted by no job.
std::string detail_of(const Step& step, const Receivers& receivers) {
  const auto because = [&] { return escaped(step.reason); };
  const auto unless_routine = [&] { return step.job ? std::string() : escaped(step.reason); };
  return std::visit(
      overloaded{
          [&](const CreatePlaceholder&) { return unless_routine(); },
          [&](const TakeSnapshot&) { return std::string(); },
          [&](const Send& a) { return send_detail(step, a, receivers.of(step.id)); },
          [&](const Recv&) { return std::string(); },
          [&](const Resume& a) { return resume_detail(step, a, receivers.of(step.id)); },
          [&](const AbortReceive&) { return because(); },
          [&](const CreateBookmark&) { return unless_routine(); },
          [&](const PlaceHold&) { return unless_routine(); },
          [&](const ReleaseHold&) { return unless_routine(); },
          [&](const Rollback&) { return because(); },
          [&](const DestroyVersion&) { return because(); },
          [&](const RenameDataset&) { return because(); },
      },
      step.action);
}

bool begins_at_source(const Action& action) {
  return std::holds_alternative<TakeSnapshot>(action) || std::holds_alternative<Send>(action) ||
         std::holds_alternative<Resume>(action);
}

// Gathers the lines of each dataset. Hosts come as the plan first mentions them, those that are
// snapshotted or sent from before those that only receive; the datasets of one by name, each before
// what is below it.
class Paragraphs {
 public:
  explicit Paragraphs(const Plan& plan) {
    for (const Step& step : plan.steps) {
      if (begins_at_source(step.action)) ranks_.try_emplace(step.host, ranks_.size());
    }
  }

  Paragraph& at(const HostName& host, const std::string& dataset) {
    const auto rank = ranks_.try_emplace(host, ranks_.size()).first->second;
    std::string sorted_name = dataset;
    std::replace(sorted_name.begin(), sorted_name.end(), '/', '\x01');
    Paragraph& p = all_[{rank, std::move(sorted_name)}];
    if (p.heading.empty()) {
      p.heading = dataset.empty() ? escaped(host.value) : shown(host, dataset);
    }
    return p;
  }

  const auto& sorted() const { return all_; }

 private:
  std::map<HostName, std::size_t> ranks_;
  std::map<std::pair<std::size_t, std::string>, Paragraph> all_;
};

Paragraphs gather(const Plan& plan, const Receivers& receivers) {
  Paragraphs all(plan);
  for (const Step& step : plan.steps) {
    if (std::holds_alternative<Recv>(step.action)) continue;  // shown at its source
    all.at(step.host, step.dataset().str())
        .add(group_heading(step.job, step.origin),
             {sign_of(step.action), describe(step.action), detail_of(step, receivers)});
  }
  for (const Blocked& b : plan.blocked) {
    all.at(b.host, b.dataset.str())
        .add(group_heading(b.job, b.origin),
             {Sign::stop, shown(b.version), "stays: " + escaped(b.reason)});
  }
  for (const Conflict& c : plan.conflicts) {
    all.at(c.host, c.dataset.value_or(""))
        .add(group_heading(c.job, c.origin),
             {Sign::stop, std::string(to_string(c.kind)), escaped(c.message)});
  }
  return all;
}

// So wide that the second column of most lines begins at one place. Streams are too long for that
// and say their target first anyway.
std::size_t first_column(const Group& group) {
  constexpr std::size_t widest = 64;
  std::size_t width = 0;
  for (const Line& line : group.lines) {
    const bool counts = !line.detail.empty() && !is_stream(line.sign);
    if (counts && line.what.size() <= widest) width = std::max(width, line.what.size());
  }
  return width;
}

void render_line(Page& page, const Line& line, std::size_t width) {
  page.add("    ").sign(line.sign).add(" ").add(line.what);
  if (!line.detail.empty()) {
    const bool pad = !is_stream(line.sign) && width > line.what.size();
    page.add(std::string(pad ? width - line.what.size() : 0, ' '));
    page.add("  ").add(line.detail, line.sign == Sign::destroy ? Paint::faint : Paint::none);
  }
  page.end_line();
}

void render_paragraph(Page& page, const Paragraph& paragraph) {
  const bool one_group = paragraph.groups.size() == 1;
  page.blank_line();
  page.add(paragraph.heading, Paint::heading);
  if (one_group) page.add("  ").add(paragraph.groups.front().heading, Paint::faint);
  page.end_line();
  for (const Group& group : paragraph.groups) {
    if (!one_group) page.add("  ").add(group.heading, Paint::faint).end_line();
    const std::size_t width = first_column(group);
    for (const Line& line : group.lines) render_line(page, line, width);
  }
}

}  // namespace

void render_paragraphs(Page& page, const Plan& plan, const Receivers& receivers) {
  const Paragraphs all = gather(plan, receivers);
  for (const auto& [place, paragraph] : all.sorted()) render_paragraph(page, paragraph);
}

}  // namespace zr

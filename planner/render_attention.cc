#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "planner/marks.h"
#include "planner/render_parts.h"
#include "planner/render_text.h"

namespace zr {
namespace {

struct Entry {
  Sign sign;
  std::string where;
  std::string what;
  std::string help;
};

std::string place_of(const Step& step) { return shown(step.host, step.dataset().str()); }

std::string snapshots_and_bookmarks(std::uint64_t snapshots, std::uint64_t bookmarks) {
  std::vector<std::string> parts;
  if (snapshots > 0) parts.push_back(count_of(snapshots, "snapshot"));
  if (bookmarks > 0) parts.push_back(count_of(bookmarks, "bookmark"));
  return fmt::format("{}", fmt::join(parts, " and "));
}

std::string count_versions(const std::vector<VersionRef>& versions) {
  std::uint64_t snapshots = 0;
  for (const VersionRef& v : versions) snapshots += v.kind == VersionKind::snapshot ? 1 : 0;
  return snapshots_and_bookmarks(snapshots, versions.size() - snapshots);
}

// The list, in the order in which a person would want to look: what is lost, what is sent in full,
// what does not happen.
class Attention {
 public:
  Attention(const Plan& plan, const Receivers& receivers) : plan_(plan), receivers_(receivers) {}

  std::vector<Entry> entries() {
    add_rollbacks();
    add_dropped();
    add_destroys();
    add_full();
    add_blocked();
    add_conflicts();
    return std::move(entries_);
  }

 private:
  void add_rollbacks() {
    for (const Step& step : plan_.steps) {
      const auto* rollback = std::get_if<Rollback>(&step.action);
      if (!rollback) continue;
      std::string what = "back to " + shown(rollback->to);
      what += rollback->destroys.empty() ? ", losing what was written since"
                                         : ", destroying " + count_versions(rollback->destroys);
      add(Sign::rollback, place_of(step), what);
    }
  }

  void add_dropped() {
    for (const Step& step : plan_.steps) {
      if (!std::holds_alternative<AbortReceive>(step.action)) continue;
      add(Sign::destroy, place_of(step), describe(step.action));
    }
  }

  // Cursors come and go with every stream: they are counted by host, the rest by dataset.
  void add_destroys() {
    struct Count {
      std::uint64_t snapshots = 0, bookmarks = 0, cursors = 0;
    };
    std::map<std::string, Count> counts;
    std::vector<std::string> order;
    for (const Step& step : plan_.steps) {
      const auto* destroy = std::get_if<DestroyVersion>(&step.action);
      if (!destroy) continue;
      const VersionRef& v = destroy->version;
      const bool is_bookmark = v.kind == VersionKind::bookmark;
      const bool is_cursor = is_bookmark && Cursor::parse(v.name);
      const std::string where = is_cursor ? escaped(step.host.value) : place_of(step);
      const auto [it, is_new] = counts.try_emplace(where);
      if (is_new) order.push_back(where);
      ++(is_cursor     ? it->second.cursors
         : is_bookmark ? it->second.bookmarks
                       : it->second.snapshots);
    }
    for (const std::string& where : order) {
      const Count& c = counts.at(where);
      add(Sign::destroy, where,
          c.cursors > 0 ? count_of(c.cursors, "cursor bookmark")
                        : snapshots_and_bookmarks(c.snapshots, c.bookmarks));
    }
  }

  void add_full() {
    for (const Step& step : plan_.steps) {
      const auto* send = std::get_if<Send>(&step.action);
      const auto* resume = std::get_if<Resume>(&step.action);
      if (send && !send->from) add_full(step, Sign::full, send->to, send->stream_bytes);
      if (resume && !resume->from) add_full(step, Sign::resume, resume->to, resume->stream_bytes);
    }
  }

  void add_full(const Step& step, Sign sign, const VersionRef& to, std::uint64_t bytes) {
    std::string what = shown(to);
    if (const Step* receiver = receivers_.of(step.id)) what += " -> " + place_of(*receiver);
    if (bytes != 0) what += "  " + format_bytes(bytes);
    if (sign == Sign::resume) what += " left of a full stream";
    add(sign, place_of(step), what);
  }

  void add_blocked() {
    using Key = std::pair<std::string, std::string>;  // where, why
    std::map<Key, std::vector<VersionRef>> versions;
    std::vector<Key> order;
    for (const Blocked& b : plan_.blocked) {
      Key key{shown(b.host, b.dataset.str()), escaped(b.reason)};
      const auto [it, is_new] = versions.try_emplace(key);
      if (is_new) order.push_back(std::move(key));
      it->second.push_back(b.version);
    }
    for (const Key& key : order) {
      const auto& all = versions.at(key);
      const std::string what = all.size() == 1 ? shown(all.front()) : count_versions(all);
      add(Sign::stop, key.first,
          fmt::format("{} {}: {}", what, all.size() == 1 ? "stays" : "stay", key.second));
    }
  }

  void add_conflicts() {
    for (const Conflict& c : plan_.conflicts) {
      const std::string where = c.dataset ? shown(c.host, *c.dataset) : escaped(c.host.value);
      std::string job = c.job ? fmt::format(" ({})", escaped(c.job->str())) : "";
      add(Sign::stop, where, fmt::format("{}{}: {}", to_string(c.kind), job, escaped(c.message)),
          escaped(c.help));
    }
  }

  void add(Sign sign, std::string where, std::string what, std::string help = {}) {
    entries_.push_back({sign, std::move(where), std::move(what), std::move(help)});
  }

  const Plan& plan_;
  const Receivers& receivers_;
  std::vector<Entry> entries_;
};

// "1 full stream (212 GiB)".
std::string streams(std::uint64_t n, std::string_view kind, std::uint64_t bytes) {
  std::string out = count_of(n, fmt::format("{} stream", kind));
  return bytes == 0 ? out : fmt::format("{} ({})", out, format_bytes(bytes));
}

}  // namespace

std::string totals(const Plan& plan) {
  const Summary s = plan.summary();
  std::uint64_t incremental = 0, full = 0, resumed = 0;
  for (const Step& step : plan.steps) {
    if (const auto* send = std::get_if<Send>(&step.action)) {
      (send->from ? incremental : full) += send->stream_bytes;
    } else if (const auto* resume = std::get_if<Resume>(&step.action)) {
      resumed += resume->stream_bytes;
    }
  }
  std::vector<std::string> parts;
  const auto add = [&](std::uint64_t n, std::string text) {
    if (n > 0) parts.push_back(std::move(text));
  };
  add(s.create, count_of(s.create, "placeholder"));
  add(s.snapshot, count_of(s.snapshot, "snapshot"));
  add(s.send, streams(s.send, "incremental", incremental));
  add(s.full_send, streams(s.full_send, "full", full));
  add(s.resume, streams(s.resume, "resumed", resumed));
  add(s.bookmark, count_of(s.bookmark, "bookmark"));
  add(s.hold, count_of(s.hold, "hold"));
  add(s.release, count_of(s.release, "release"));
  add(s.rollback, count_of(s.rollback, "rollback"));
  add(s.rename, count_of(s.rename, "rename"));
  add(s.abort, count_of(s.abort, "partial receive dropped", "partial receives dropped"));
  add(s.destroy, fmt::format("{} destroyed", s.destroy));
  add(s.blocked, fmt::format("{} blocked", s.blocked));
  add(s.conflict, count_of(s.conflict, "conflict"));
  return fmt::format("{}", fmt::join(parts, ", "));
}

void render_attention(Page& page, const Plan& plan, const Receivers& receivers) {
  const auto entries = Attention(plan, receivers).entries();
  if (entries.empty()) return;
  page.blank_line();
  page.add("Attention", Paint::heading).end_line();
  constexpr std::size_t widest = 40;
  std::size_t width = 0;
  for (const Entry& e : entries) {
    if (e.where.size() <= widest) width = std::max(width, e.where.size());
  }
  for (const Entry& e : entries) {
    page.add("  ").sign(e.sign).add(" ").add(e.where);
    page.add(std::string(width > e.where.size() ? width - e.where.size() : 0, ' '));
    page.add("  ").add(e.what).end_line();
    if (!e.help.empty()) page.add("      help: ").add(e.help).end_line();
  }
}

}  // namespace zr

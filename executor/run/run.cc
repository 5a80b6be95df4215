#include "executor/run/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "executor/run/run_work.h"
#include "executor/run/schedule.h"

namespace zr {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t max_workers = 256;
constexpr std::size_t events_a_record = 1000;

// One run: the schedule, the journal, the progress and the report, under one mutex; and the workers
// that take units from it.
class Runner {
 public:
  Runner(const Plan& plan, const Connect& connect, Journal& journal, Progress& progress,
         const RunOptions& options, std::stop_token stop)
      : plan_(plan),
        journal_(journal),
        progress_(progress),
        stop_(std::move(stop)),
        connections_(connect),
        guids_(plan),
        patience_{options.retry_for, options.retry_pause, stop_,
                  [this](const event::StepRetried& retried) {
                    const std::lock_guard lock(mutex_);
                    tell({retried});
                  }},
        rates_(plan, options.rates, std::chrono::steady_clock::now()),
        schedule_(plan, options.slots) {}

  RunReport run(const RunOptions& options) {
    report_.entries.resize(plan_.steps.size());
    {
      const std::lock_guard lock(mutex_);
      tell({event::RunStarted{&plan_}});
    }
    work_in_parallel(workers(options));
    end();
    return std::move(report_);
  }

 private:
  // As many as there can be units at once.
  std::size_t workers(const RunOptions& options) const {
    std::map<HostName, std::size_t> slots;
    for (const Step& step : plan_.steps) {
      const auto named = options.slots.find(step.host);
      slots[step.host] = named == options.slots.end() ? 1 : std::max(named->second, 1U);
    }
    std::size_t n = 0;
    for (const auto& [host, count] : slots) n += count;
    return std::min({n, plan_.steps.size(), max_workers});
  }

  // The caller's thread is one of them, so that a system that has no threads left is only slower.
  void work_in_parallel(std::size_t count) {
    std::vector<std::jthread> others;
    try {
      while (others.size() + 1 < count) others.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
    }
    work();
  }

  bool may_start() const { return !stop_.stop_requested() && report_.trouble.empty(); }

  void work() {
    std::unique_lock lock(mutex_);
    while (may_start()) {
      if (auto unit = schedule_.next(Clock::now())) {
        changed_.notify_all();  // there may be another one for another worker
        carry_out(*unit, lock);
        changed_.notify_all();
      } else if (schedule_.running() == 0) {
        return;
      } else if (const auto at = schedule_.ask_again_at()) {
        changed_.wait_until(lock, *at);
      } else {
        changed_.wait(lock);
      }
    }
  }

  // Called with the lock held, and not held while the unit runs.
  void carry_out(const Unit& unit, std::unique_lock<std::mutex>& lock) {
    std::vector<Event> starts;
    if (unit.kind != Unit::Kind::landings) {
      for (const StepId step : unit.steps) starts.emplace_back(event::StepStarted{step});
    }
    tell(starts);
    std::optional<std::vector<event::StepEnded>> ends;
    if (may_start()) {
      lock.unlock();
      ends = do_unit(unit);
      lock.lock();
    } else {
      const bool sent = unit.kind == Unit::Kind::landings;
      ends.emplace();
      for (const StepId step : unit.steps)
        ends->push_back(sent ? not_seen(step) : not_started(step));
    }
    if (!ends) {
      tell({event::StreamSent{unit.steps.front()}});
      return schedule_.sent(unit, Clock::now());
    }
    ended(*ends);
    ended(schedule_.finish(unit, *ends, Clock::now()));
  }

  // None of a stream that was sent.
  std::optional<std::vector<event::StepEnded>> do_unit(const Unit& unit) {
    const RunContext context{plan_, connections_, guids_, patience_, rates_};
    switch (unit.kind) {
      case Unit::Kind::stream:
        return run_stream(context, unit, [&](std::uint64_t bytes) {
          const std::lock_guard lock(mutex_);
          progress_.on(event::StreamMoved{unit.steps.front(), bytes});
        });
      case Unit::Kind::landings:
        return run_landings(context, unit);
      case Unit::Kind::changes:
        break;
    }
    const bool snapshots =
        std::holds_alternative<TakeSnapshot>(plan_.step(unit.steps.front()).action);
    return snapshots ? run_snapshots(context, unit) : run_changes(context, unit);
  }

  event::StepEnded not_started(StepId step) const {
    const std::string why = report_.trouble.empty() ? "the run was interrupted" : report_.trouble;
    return {step, event::Outcome::interrupted, "not started: " + why};
  }

  event::StepEnded not_seen(StepId step) const {
    return {step, event::Outcome::interrupted,
            "the stream was sent; whether it landed is for the next plan to see"};
  }

  void ended(const std::vector<event::StepEnded>& ends) {
    std::vector<Event> events;
    for (const event::StepEnded& end : ends) {
      report_.entries[end.step - 1] = {end.step, end.outcome, end.message, end.remedy};
      events.emplace_back(end);
    }
    tell(events);
  }

  // To the journal first. Its failure ends the run, but never hides an event from who looks on.
  void tell(const std::vector<Event>& events) {
    for (std::size_t i = 0; i < events.size() && report_.trouble.empty(); i += events_a_record) {
      const std::size_t n = std::min(events_a_record, events.size() - i);
      const auto recorded = journal_.record_all(std::span(events).subspan(i, n));
      if (!recorded) report_.trouble = recorded.error().message;
    }
    for (const Event& event : events) progress_.on(event);
  }

  // After the last worker. What was never started is in the report and the totals; the journal has
  // no use for a line about each.
  void end() {
    const std::lock_guard lock(mutex_);
    const Schedule::Rest rest = schedule_.abandon();
    std::vector<event::StepEnded> ends;
    for (const StepId step : rest.not_seen) ends.push_back(not_seen(step));
    ended(ends);
    for (const StepId step : rest.not_started) {
      const event::StepEnded end = not_started(step);
      report_.entries[step - 1] = {step, end.outcome, end.message};
      progress_.on(end);
    }
    report_.interrupted = stop_.stop_requested() && report_.count(event::Outcome::interrupted) > 0;
    tell({event::RunEnded{
        report_.count(event::Outcome::done), report_.count(event::Outcome::failed),
        report_.count(event::Outcome::skipped), report_.count(event::Outcome::interrupted)}});
  }

  const Plan& plan_;
  Journal& journal_;
  Progress& progress_;
  const std::stop_token stop_;
  Connections connections_;
  Guids guids_;
  const Patience patience_;
  const RateLimits rates_;

  std::mutex mutex_;  // guards what follows, journal_ and progress_
  std::condition_variable changed_;
  Schedule schedule_;
  RunReport report_;
};

RunReport refuse(const Plan& plan, std::string problem) {
  RunReport report;
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    report.entries.push_back(
        {static_cast<StepId>(i + 1), event::Outcome::failed, problem, Remedy::give_up});
  }
  report.trouble = std::move(problem);
  return report;
}

}  // namespace

std::size_t RunReport::count(event::Outcome outcome) const {
  return static_cast<std::size_t>(
      std::count_if(entries.begin(), entries.end(),
                    [&](const Entry& entry) { return entry.outcome == outcome; }));
}

RunReport run(const Plan& plan, const Connect& connect, Journal& journal, Progress& progress,
              const RunOptions& options, std::stop_token stop) {
  if (auto problem = problem_with(plan); !problem.empty()) return refuse(plan, std::move(problem));
  return Runner(plan, connect, journal, progress, options, std::move(stop)).run(options);
}

}  // namespace zr

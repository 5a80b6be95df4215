#include "executor/progress/progress.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <thread>
#include <utility>

#include "executor/progress/progress_text.h"
#include "tests/executor/plan_text.h"

using namespace zr;

namespace {

using event::Outcome;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A printer, the time it sees, and what it printed.
class Screen {
 public:
  SteadyClock clock() {
    return [this] { return std::chrono::steady_clock::time_point(now_); };
  }
  WriteText sink() {
    return [this](std::string_view text) { raw.append(text); };
  }
  void wait(milliseconds time) { now_ += time; }
  std::string take() { return std::exchange(raw, {}); }

  std::string raw;

 private:
  milliseconds now_{1000000};
};

// Just enough of a terminal: what stands on it after `output`, its last lines being the newest.
class Terminal {
 public:
  explicit Terminal(unsigned columns) : columns_(columns), lines_(1) {}

  void print(const std::string& output) {
    for (std::size_t i = 0; i < output.size(); ++i) {
      if (output[i] == '\x1b') {
        i = escape(output, i + 2);
      } else if (output[i] == '\n') {
        if (++row_ == lines_.size()) lines_.emplace_back();
        column_ = 0;
      } else if (output[i] == '\r') {
        column_ = 0;
      } else {
        put(output[i]);
      }
    }
  }
  std::string text() const {
    std::string all;
    for (const std::string& line : lines_)
      all += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    return all;
  }
  bool wrapped = false;

 private:
  std::size_t escape(const std::string& output, std::size_t at) {
    std::size_t number = 0;
    while (std::isdigit(static_cast<unsigned char>(output[at]))) {
      number = number * 10 + static_cast<std::size_t>(output[at++] - '0');
    }
    if (output[at] == 'A') row_ -= std::min(row_, number);
    if (output[at] == 'K') lines_[row_].resize(column_);
    if (output[at] == 'J') {
      lines_[row_].resize(column_);
      lines_.resize(row_ + 1);
    }
    return at;
  }
  void put(char c) {
    std::string& line = lines_[row_];
    if (line.size() <= column_) line.resize(column_ + 1, ' ');
    line[column_++] = c;
    wrapped = wrapped || column_ > columns_;
  }

  std::size_t columns_;
  std::vector<std::string> lines_;
  std::size_t row_ = 0, column_ = 0;
};

Plan example() {
  return plan_from_text(R"(
    nas snapshot tank/db@new
    nas send tank/db@old=5..@new after 1
    vault recv back/db of 2
    nas destroy tank/db@old=5 after 3
  )");
}

}  // namespace

TEST_CASE("without a terminal there is a line per step that ended") {
  Screen screen;
  const Plan plan = example();
  const auto progress = plain_progress(screen.sink(), screen.clock());
  progress->on(event::RunStarted{&plan});
  progress->on(event::StepStarted{1});
  progress->on(event::StepEnded{1, Outcome::done, ""});
  progress->on(event::StepStarted{2});
  progress->on(event::StepStarted{3});
  progress->on(event::StreamMoved{2, 500});
  screen.wait(seconds(75));
  CHECK(screen.take() == "done        snapshot nas:tank/db@new\n");

  progress->on(event::StreamMoved{2, 900});
  progress->on(event::StreamMoved{2, 950});
  CHECK(screen.take() ==
        "running     send nas:tank/db@old..@new: 900 B of 1000 B, 5 B/s, 0:19 left\n");

  progress->on(event::StreamSent{2});
  screen.wait(seconds(5));  // until it is seen what it has become
  CHECK(screen.take() == "");
  progress->on(event::StepEnded{2, Outcome::done, ""});
  progress->on(event::StepEnded{3, Outcome::done, ""});
  CHECK(screen.take() == "done        send nas:tank/db@old..@new (950 B in 1:15)\n");

  progress->on(event::StepEnded{4, Outcome::failed, "no such\nthing \x1b[2J"});
  CHECK(screen.take() == "failed      destroy nas:tank/db@old: no such; thing \\u{1b}[2J\n");
}

TEST_CASE("what is tried again has a line, with the reason and when") {
  const Plan plan = example();
  const event::StepRetried retried{4, 1, "busy", milliseconds(1250)};
  const std::string line = "retrying    destroy nas:tank/db@old in 1.2 s: busy";
  Screen screen;
  const auto plain = plain_progress(screen.sink(), screen.clock());
  plain->on(event::RunStarted{&plan});
  plain->on(event::StepStarted{4});
  plain->on(retried);
  CHECK(screen.take() == line + "\n");
  const auto terminal = terminal_progress(
      screen.sink(),
      [] {
        return TerminalSize{80, 24};
      },
      screen.clock());
  terminal->on(event::RunStarted{&plan});
  screen.take();
  terminal->on(retried);
  CHECK(screen.take().find(line) != std::string::npos);
}

TEST_CASE("without a terminal, what was cut off has a line, and what was never started has none") {
  Screen screen;
  const Plan plan = example();
  const auto progress = plain_progress(screen.sink(), screen.clock());
  progress->on(event::RunStarted{&plan});
  progress->on(event::StepStarted{1});
  progress->on(event::StepEnded{1, Outcome::interrupted, "stopped"});
  for (StepId id = 2; id <= 4; ++id) {
    progress->on(event::StepEnded{id, Outcome::interrupted, "not started"});
  }
  progress->on(event::RunEnded{0, 0, 0, 4});
  CHECK(screen.take() == "interrupted snapshot nas:tank/db@new: stopped\n");
}

TEST_CASE("on a terminal the lines of ended steps stay above the bars of running streams") {
  Screen screen;
  Terminal terminal(100);
  const Plan plan = example();
  const auto progress = terminal_progress(
      screen.sink(),
      [] {
        return TerminalSize{100, 24};
      },
      screen.clock());
  const auto shown = [&] {
    terminal.print(screen.take());
    CHECK_FALSE(terminal.wrapped);
    return terminal.text();
  };
  progress->on(event::RunStarted{&plan});
  CHECK(shown() == "0 of 4 steps, 0 B of 1000 B\n\n");

  progress->on(event::StepStarted{1});
  progress->on(event::StepEnded{1, Outcome::done, ""});
  progress->on(event::StepStarted{2});
  progress->on(event::StepStarted{3});
  screen.wait(seconds(10));
  progress->on(event::StreamMoved{2, 250});
  CHECK(shown() ==
        "done        snapshot nas:tank/db@new\n"
        "send nas:tank/db@old..@new [=====>              ] 250 B of 1000 B, 25 B/s, 0:30 left\n"
        "1 of 4 steps, 250 B of 1000 B, 25 B/s, 0:30 left\n\n");

  SUBCASE("too often to see is not drawn") {
    screen.wait(milliseconds(10));
    progress->on(event::StreamMoved{2, 260});
    CHECK(screen.take() == "");
  }
  SUBCASE("more than was estimated fills the bar and no more") {
    screen.wait(seconds(1));
    progress->on(event::StreamMoved{2, 5000});
    CHECK(shown().find("[====================] 4.88 KiB of 1000 B, ") != std::string::npos);
  }
  SUBCASE("what was sent and not seen yet takes no line, and counts") {
    progress->on(event::StreamMoved{2, 1000});
    screen.wait(seconds(1));
    progress->on(event::StreamSent{2});
    CHECK(shown() ==
          "done        snapshot nas:tank/db@new\n"
          "1 of 4 steps, 1000 B of 1000 B\n\n");
  }
  progress->on(event::StepEnded{2, Outcome::done, ""});
  progress->on(event::StepEnded{3, Outcome::done, ""});
  progress->on(event::StepEnded{4, Outcome::failed, "held"});
  CHECK(shown() ==
        "done        snapshot nas:tank/db@new\n"
        "done        send nas:tank/db@old..@new\n"
        "failed      destroy nas:tank/db@old: held\n"
        "4 of 4 steps, 1000 B of 1000 B\n\n");

  progress->on(event::RunEnded{3, 1, 0, 0});
  CHECK(shown() ==
        "done        snapshot nas:tank/db@new\n"
        "done        send nas:tank/db@old..@new\n"
        "failed      destroy nas:tank/db@old: held\n\n");
}

TEST_CASE("on a small terminal nothing wraps and not every stream is shown") {
  for (const unsigned columns : {1U, 10U, 40U, 80U}) {
    CAPTURE(columns);
    Screen screen;
    Terminal terminal(std::max(columns, 2U) - 1);
    std::string text;
    for (int i = 0; i < 20; ++i) {
      text += "nas send tank/a-very-long-name/and-its-child/number" + std::to_string(i) + "@1=1\n";
      text += "vault recv back/n" + std::to_string(i) + " of " + std::to_string(2 * i + 1) + "\n";
    }
    const Plan plan = plan_from_text(text);
    const auto progress = terminal_progress(
        screen.sink(),
        [&] {
          return TerminalSize{columns, 6};
        },
        screen.clock());
    progress->on(event::RunStarted{&plan});
    for (const Step& step : plan.steps) progress->on(event::StepStarted{step.id});
    for (int i = 0; i < 20; ++i) {
      screen.wait(seconds(1));
      progress->on(event::StreamMoved{1, 10 * static_cast<std::uint64_t>(i)});
    }
    terminal.print(screen.take());
    CHECK_FALSE(terminal.wrapped);
    const std::string shown = terminal.text();
    CHECK(std::count(shown.begin(), shown.end(), '\n') == 6);
    if (columns == 80) {
      CHECK(shown ==
            "send nas:tank/a-ve... [===>                ] 190 B of 1000 B, 10 B/s, 1:23 left\n"
            "send nas:tank/a-very-long-name/and-its-... [>                   ] 0 B of 1000 B\n"
            "send nas:tank/a-very-long-name/and-its-... [>                   ] 0 B of 1000 B\n"
            "  and 17 more\n"
            "0 of 40 steps, 190 B of 19.5 KiB, 10 B/s, 33:46 left\n\n");
    }
  }
}

TEST_CASE("as JSON there is an object a line, with the version first") {
  Screen screen;
  const Plan plan = example();
  const auto progress =
      json_progress(screen.sink(), [] { return Millis(milliseconds(1795329000500)); });
  CHECK(screen.take() == "{\"type\":\"version\",\"format_version\":\"1.1\",\"zrepl\":\"0.1.0\"}\n");
  progress->on(event::RunStarted{&plan});
  screen.take();
  progress->on(event::StepStarted{4});
  progress->on(event::StreamMoved{2, 500});
  progress->on(event::StreamSent{2});
  progress->on(event::StepRetried{4, 1, "busy", milliseconds(250)});
  progress->on(event::StepEnded{2, Outcome::interrupted, "cut off"});
  progress->on(event::RunEnded{1, 2, 3, 4});
  CHECK(
      screen.take() ==
      R"({"type":"step_started","time":"2026-11-22T06:30:00.500Z","step":4,"kind":"destroy","host":"nas","dataset":"tank/db","version":"@old","guid":"5","job":"pull.offsite"}
{"type":"stream_moved","time":"2026-11-22T06:30:00.500Z","step":2,"bytes":500,"of_bytes":1000}
{"type":"stream_sent","time":"2026-11-22T06:30:00.500Z","step":2}
{"type":"step_retried","time":"2026-11-22T06:30:00.500Z","step":4,"kind":"destroy","host":"nas","dataset":"tank/db","version":"@old","guid":"5","job":"pull.offsite","attempt":1,"message":"busy","pause_ms":250}
{"type":"step_ended","time":"2026-11-22T06:30:00.500Z","step":2,"kind":"send","host":"nas","dataset":"tank/db","version":"@new","guid":null,"job":"pull.offsite","outcome":"interrupted","message":"cut off"}
{"type":"run_ended","time":"2026-11-22T06:30:00.500Z","done":1,"failed":2,"skipped":3,"interrupted":4}
)");
}

TEST_CASE("steps are called by kind, place and version") {
  const Plan plan = plan_from_text(R"(
    nas create tank
    nas resume tank/db@a
    vault recv back/db of 2
    nas abort tank/db
    nas bookmark tank/db@a
    nas bookmark tank/db@a as kept
    nas rollback tank/db@a
    nas release tank/db@a
  )");
  std::string text;
  for (const Step& step : plan.steps) text += describe(step) + "\n";
  CHECK(text ==
        "create nas:tank\nresume nas:tank/db@a\nrecv vault:back/db\nabort nas:tank/db\n"
        "bookmark nas:tank/db of @a\nbookmark nas:tank/db#kept\nrollback nas:tank/db@a\n"
        "release nas:tank/db@a\n");
}

TEST_CASE("a reader that went away does not stop what it watched") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  ::close(ends[0]);
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  fd_sink(ends[1])("nobody reads this");
  std::signal(SIGPIPE, before);
  ::close(ends[1]);
}

TEST_CASE("a sink writes everything to a reader that is slow") {
  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  REQUIRE(::fcntl(ends[1], F_SETFL, O_NONBLOCK) == 0);
  const std::string text(300000, 'x');
  std::size_t got = 0;
  std::jthread reader([&] {
    char buffer[4096];
    for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;) {
      got += static_cast<std::size_t>(n);
    }
  });
  fd_sink(ends[1])(text);
  ::close(ends[1]);
  reader.join();
  ::close(ends[0]);
  CHECK(got == text.size());
}

// What findings cost on sites of 100,000 rules: many small jobs, few large ones, and texts made to
// be hard. Prints the CPU time of the compilation, and that of the findings alone.
#include <fmt/format.h>

#include <functional>
#include <string>

#include "lang/compile.h"
#include "lang/findings.h"
#include "lang/parse.h"
#include "tests/bench/cpu_time.h"

using namespace zr;

namespace {

using ToResult = std::function<std::string(int)>;

std::string rules(int count, const std::string& root, const ToResult& result) {
  std::string text = "{\n";
  for (int i = 0; i < count; ++i) {
    text += fmt::format("{}/group{}/d{}< -> {}\n", root, i % 97, i, result(i));
  }
  return text + "}\n";
}

std::string ok(int) { return "ok"; }

// A hundred hosts of ten jobs each, which take a hundred rules each.
std::string many_jobs() {
  std::string text = "host vault { transport local }\n";
  for (int h = 0; h < 100; ++h) {
    text += fmt::format("host h{0} {{ transport sim \"w\" }}\n", h);
    for (int j = 0; j < 3; ++j) {
      const std::string root = fmt::format("tank{}", j);
      text += fmt::format("autosnap a{0}-{1} {{ on h{0}; prefix \"zrepl_\"; every 15m; datasets ",
                          h, j) +
              rules(100, root, ok) + "}\n";
      text +=
          fmt::format("pull p{0}-{1} {{ from h{0}; map ", h, j) +
          rules(100, root, [&](int i) { return fmt::format("backup/h{}/{}/d{}", h, root, i); }) +
          "}\n";
      text += fmt::format(
                  "prune q{0}-{1} {{ on h{0}; snapshots {{ prefix \"zrepl_\" }}; "
                  "keep grid 4x15m | 24x1h | {2}x1d; datasets ",
                  h, j, 1 + (h * 3 + j) % 30) +
              rules(100, root, ok) + "}\n";
    }
    text += fmt::format(
                "prune v{0} {{ on vault; snapshots {{ prefix \"zrepl_\" }}; keep daily 30; "
                "datasets ",
                h) +
            rules(100, fmt::format("backup/h{}", h), ok) + "}\n";
  }
  return text;
}

// One block of 100,000 rules, which three jobs use.
std::string large_block() {
  return "host nas { transport local }\nhost vault { transport sim \"w\" }\nrules all " +
         rules(100'000, "tank", ok) +
         "autosnap a { on nas; datasets all; prefix \"zrepl_\"; every 15m }\n"
         "prune p { on nas; datasets all; snapshots { prefix \"zrepl_\" }; keep last 5 }\n"
         "push o { to vault; map " +
         rules(100'000, "tank", [](int i) { return fmt::format("backup/d{}", i); }) + "}\n";
}

// Every rule has something wrong with it.
std::string all_wrong() {
  return "host nas { transport local }\nhost vault { transport sim \"w\" }\n"
         "protect { on nas; datasets { tank< -> ok\n" +
         rules(50'000, "tank", ok).substr(2) + "}\npush o { to vault; map " +
         rules(50'000, "tank", [](int) { return std::string("backup"); }) + "}\n";
}

// A thousand jobs on one dataset, with different retentions that take long to repeat themselves.
std::string one_place() {
  std::string text = "host nas { transport local }\n";
  for (int i = 0; i < 300; ++i) {
    text += fmt::format("autosnap a{0} {{ on nas; datasets {{ tank< -> ok; d{0}< -> ok }}; ", i) +
            fmt::format("prefix \"p{}_\"; every {}m }}\n", i, 7 + i % 50);
    text +=
        fmt::format("prune q{0} {{ on nas; datasets {{ tank< -> ok; d{0}< -> ok }}; ", i) +
        fmt::format("snapshots {{ prefix \"p{0}_\" }}; keep grid 24x1h | {1}x1d }}\n", i, 14 + i);
    text += fmt::format("prune x{0} {{ on nas; datasets {{ tank< -> ok }}; snapshots any; ", i) +
            fmt::format("keep last {} }}\n", i + 1);
    text += fmt::format("protect {{ on nas; datasets {{ tank/x{}< -> ok }} }}\n", i);
  }
  return text;
}

bool measure(const char* name, const std::string& text) {
  Sources sources;
  Diagnostics diagnostics;
  const SourceId id = sources.add("site.zr", text);
  const auto file = parse(sources, id, diagnostics);
  const auto nothing = [](std::string_view) { return Imported{}; };
  const double begin = cpu_seconds();
  const auto policy = compile(*file, nothing, sources, diagnostics);
  const double compiled = cpu_seconds();
  if (!policy) {
    fmt::print("{}", render(diagnostics, sources, {}));
    return false;
  }
  Diagnostics again;
  report_findings(*policy, {}, {&*file}, sources, again);
  fmt::print(
      "{:<12} {:>4} jobs: CPU: compile {:.2f} s, of which findings {:.2f} s; {} warnings, {} "
      "notes\n",
      name, policy->jobs().size(), compiled - begin, cpu_seconds() - compiled,
      diagnostics.count(Severity::warning), diagnostics.count(Severity::note));
  return true;
}

}  // namespace

int main() {
  const bool fine = measure("many jobs", many_jobs()) && measure("large block", large_block()) &&
                    measure("all wrong", all_wrong()) && measure("one place", one_place());
  return fine ? 0 : 1;
}

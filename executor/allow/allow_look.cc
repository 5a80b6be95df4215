#include "executor/allow/allow_look.h"

#include <fmt/format.h>

#include <utility>

#include "executor/progress/progress_text.h"
#include "executor/zfs/zfs_command.h"
#include "executor/zfs/zfs_error.h"

namespace zr {
namespace {

class GrantsLook {
 public:
  GrantsLook(Machine& machine, const Host& host, const LookLimits& limits)
      : zfs_(machine, host.zfs_argv, limits.timeout, limits.stop) {}

  // Every pool, and what holds on it.
  Result<void> pools() {
    LineReader lines("zfs list", [this, &lines](std::string_view line) -> Result<void> {
      const auto pool = DatasetName::parse(line);
      if (!pool || pool->parent()) return lines.bad_line(line, "no name of a pool");
      seen_.pools.push_back(*pool);
      return {};
    });
    auto done = zfs_.read({{"list", "-Hp", "-o", "name", "-d", "0"}},
                          [&](std::string_view text) { return lines.feed(text); });
    if (done) done = lines.finish();
    for (std::size_t i = 0; done && i < seen_.pools.size(); ++i) done = grants_on(seen_.pools[i]);
    return done;
  }

  // What holds on the dataset or, where it is not there, on the nearest above it that is.
  Result<void> grants_on(const DatasetName& dataset) {
    std::optional<DatasetName> at = dataset;
    for (; at; at = at->parent()) {
      if (seen_.grants.contains(*at)) break;
      const auto found = ask(*at);
      if (!found) return found.error();
      if (*found) break;
    }
    if (at != dataset) seen_.missing[dataset] = at;
    return {};
  }

  SeenGrants take() && { return std::move(seen_); }

 private:
  // Whether the dataset is there.
  Result<bool> ask(const DatasetName& dataset) {
    const Argv command = {"allow", dataset.str()};
    GrantReader reader;
    const auto output =
        zfs_.try_run(command, [&](std::string_view text) { return reader.feed(text); });
    if (!output) return output.error();
    if (output->status != 0 && only_missing(output->err)) return false;
    if (output->status != 0) return zfs_failure(zfs_.full(command), output->status, output->err);
    auto grants = reader.finish();
    if (!grants) return grants.error();
    seen_.grants.merge(*grants);
    seen_.grants[dataset];  // where nothing is delegated nothing is printed
    return true;
  }

  ZfsCommand zfs_;
  SeenGrants seen_;
};

Result<Output> run(Machine& machine, const Argv& command, const LookLimits& limits) {
  return run_command(machine, command,
                     {std::chrono::steady_clock::now() + limits.timeout, limits.stop});
}

// "a b c\n"
std::set<std::string> words_in(std::string_view text) {
  std::set<std::string> words;
  while (true) {
    const std::size_t begin = text.find_first_not_of(" \n");
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(" \n"));
    words.emplace(word);
    text.remove_prefix(word.size());
  }
}

}  // namespace

Result<SeenHost> look_at_grants(Machine& machine, const Host& host, const HostDelegations& needs,
                                const std::string& user, const LookLimits& limits) {
  GrantsLook look(machine, host, limits);
  for (const Delegation& need : needs.delegations) {
    const auto looked = need.dataset ? look.grants_on(*need.dataset) : look.pools();
    if (!looked) return looked.error();
  }
  SeenHost seen{std::move(look).take(), {}};
  seen.grants.user = user;
  const auto groups = run(machine, {"id", "-Gn", "--", user}, limits);
  if (!groups) return groups.error();
  if (groups->status == 0) {
    seen.grants.groups = words_in(groups->out);
  } else {
    seen.user_problem = one_line(groups->err.substr(0, 200));
  }
  return seen;
}

Result<std::vector<std::string>> look_at_sudo(Machine& machine,
                                              const std::vector<SudoQuestion>& questions,
                                              const LookLimits& limits) {
  std::vector<std::string> refused;
  for (const SudoQuestion& question : questions) {
    const auto output = run(machine, question.ask, limits);
    if (!output) return output.error();
    if (output->status != 0) refused.push_back(question.line);
  }
  return refused;
}

}  // namespace zr

#include "executor/zfs/cli_zfs.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "executor/zfs/cli_zfs_apply.h"
#include "executor/zfs/cli_zfs_list.h"
#include "executor/zfs/cli_zfs_probe.h"
#include "executor/zfs/cli_zfs_stream.h"
#include "fmt/format.h"

namespace zr {

CliZfs::CliZfs(std::shared_ptr<Machine> machine, Argv zfs, CliZfsOptions options,
               std::stop_token stop)
    : machine_(std::move(machine)),
      zfs_(*machine_, std::move(zfs), options.command_timeout, std::move(stop)) {}

Result<Inventory> CliZfs::list(const Roots& roots) { return list_inventory(zfs_, roots); }

Result<void> CliZfs::apply(std::span<const Change> changes) { return apply_changes(zfs_, changes); }

Result<void> CliZfs::require(std::initializer_list<Needed> all) const {
  std::vector<std::string> names;
  names.reserve(all.size());
  for (const Needed& needed : all) names.push_back(full_name(needed.dataset, needed.version));
  const auto facts = VersionFacts::look_up(zfs_, names);
  if (!facts) return facts.error();
  for (const Needed& needed : all) {
    if (auto ok = facts->require(needed.dataset, needed.version); !ok) return ok;
  }
  return {};
}

Result<void> CliZfs::check(const Send& send) const {
  const Needed to{send.dataset, send.to};
  if (!send.from) return require({to});
  return require({to, {send.clone_of ? *send.clone_of : send.dataset, *send.from}});
}

// What it goes on from is told by the token, which zfs checks by guid.
Result<void> CliZfs::check(const Resume& resume) const {
  return require({{resume.dataset, resume.to}});
}

Result<std::unique_ptr<SendStream>> CliZfs::send(const SendRequest& request) {
  const auto checked = std::visit([&](const auto& r) { return check(r); }, request);
  if (!checked) return checked.error();
  return open_send(zfs_, request);
}

Result<std::unique_ptr<ReceiveStream>> CliZfs::receive(const ReceiveRequest& request) {
  if (request.over_placeholder) {
    const auto facts = look_up_placeholder(zfs_, request.target);
    if (!facts) return facts.error();
    if (!facts->marked || facts->has_snapshots) {
      return Error{Remedy::replan,
                   fmt::format("'{}' is not an empty placeholder any more: it is not overwritten, "
                               "plan again",
                               request.target.str())};
    }
  }
  if (request.clone_of) {
    const CloneOrigin& origin = *request.clone_of;
    if (auto ok = require({{origin.dataset, origin.snapshot}}); !ok) return ok.error();
  }
  return open_receive(zfs_, request);
}

}  // namespace zr

#include "executor/cli_zfs.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "executor/cli_zfs_apply.h"
#include "executor/cli_zfs_list.h"
#include "executor/cli_zfs_probe.h"
#include "executor/cli_zfs_stream.h"
#include "fmt/format.h"
#include "lang/overloaded.h"

namespace zr {

CliZfs::CliZfs(std::shared_ptr<Machine> machine, Argv zfs, CliZfsOptions options,
               std::stop_token stop)
    : machine_(std::move(machine)),
      zfs_(*machine_, std::move(zfs), options.command_timeout, std::move(stop)) {}

Result<Inventory> CliZfs::list(const Roots& roots) { return list_inventory(zfs_, roots); }

Result<void> CliZfs::apply(std::span<const Change> changes) { return apply_changes(zfs_, changes); }

Result<void> CliZfs::check(const DatasetName& dataset, const std::optional<VersionRef>& from,
                           const VersionRef& to) const {
  std::vector<std::string> names{full_name(dataset, to)};
  if (from) names.push_back(full_name(dataset, *from));
  const auto facts = VersionFacts::look_up(zfs_, names);
  if (!facts) return facts.error();
  if (auto ok = facts->require(dataset, to); !ok) return ok;
  return from ? facts->require(dataset, *from) : Result<void>();
}

Result<std::unique_ptr<SendStream>> CliZfs::send(const SendRequest& request) {
  const auto checked = std::visit(
      overloaded{
          [&](const Send& send) { return check(send.dataset, send.from, send.to); },
          // What it goes on from is told by the token, which zfs checks by guid.
          [&](const Resume& resume) { return check(resume.dataset, std::nullopt, resume.to); },
      },
      request);
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
  return open_receive(zfs_, request);
}

}  // namespace zr

#include "executor/ssh/ssh_zfs.h"

#include <optional>
#include <utility>

#include "executor/ssh/ssh_login.h"
#include "executor/ssh/ssh_machine.h"

namespace zr {
namespace {

class SshZfs final : public Zfs {
 public:
  SshZfs(std::unique_ptr<Machine> machine, Argv zfs, CliZfsOptions options, std::stop_token stop)
      : machine_(std::move(machine)), zfs_(*machine_, std::move(zfs), options, std::move(stop)) {}

  Result<Inventory> list(const Roots& roots) override { return zfs_.list(roots); }
  Result<void> apply(std::span<const Change> changes) override { return zfs_.apply(changes); }
  Result<std::unique_ptr<SendStream>> send(const SendRequest& request) override {
    return zfs_.send(request);
  }
  Result<std::unique_ptr<ReceiveStream>> receive(const ReceiveRequest& request) override {
    return zfs_.receive(request);
  }

 private:
  std::unique_ptr<Machine> machine_;
  CliZfs zfs_;
};

}  // namespace

Result<std::unique_ptr<Zfs>> connect_ssh_zfs(const Host& host, const SshTransport& transport,
                                             const std::filesystem::path& folder,
                                             CliZfsOptions options, std::stop_token stop) {
  auto session = ssh_login(transport, folder, stop);
  if (!session) return session.error();
  const auto in_folder = [&](const std::optional<std::string>& file) {
    return file ? std::optional(folder / *file) : std::nullopt;
  };
  auto machine = make_ssh_machine(std::move(*session),
                                  {in_folder(transport.log_read), in_folder(transport.log_write)});
  if (!machine) return machine.error();
  return std::unique_ptr<Zfs>(
      std::make_unique<SshZfs>(std::move(*machine), host.zfs_argv, options, std::move(stop)));
}

}  // namespace zr

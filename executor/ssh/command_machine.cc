#include "executor/ssh/command_machine.h"

#include <algorithm>
#include <utility>

#include "executor/ssh/remote_command.h"

namespace zr {
namespace {

class CommandMachine final : public Machine {
 public:
  CommandMachine(std::shared_ptr<Machine> here, Argv program)
      : here_(std::move(here)), program_(std::move(program)) {}

  Result<std::unique_ptr<Process>> spawn(const Argv& argv) override {
    auto command = remote_shell_command(argv);
    if (!command) return command.error();
    Argv all = program_;
    all.push_back(std::move(*command));
    return here_->spawn(all);
  }

  std::size_t max_argv_bytes() const override {
    // It is one argument here, of which the kernel takes 128 KiB, and quoting makes it longer.
    return std::min(Machine::max_argv_bytes(), here_->max_argv_bytes() / 2);
  }

 private:
  std::shared_ptr<Machine> here_;
  Argv program_;
};

}  // namespace

std::unique_ptr<Machine> machine_by_command(std::shared_ptr<Machine> here, Argv program) {
  return std::make_unique<CommandMachine>(std::move(here), std::move(program));
}

}  // namespace zr

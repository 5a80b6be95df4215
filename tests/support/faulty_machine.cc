#include "tests/support/faulty_machine.h"

#include <fmt/format.h>

#include <utility>

namespace zr {
namespace {

using Kind = ProgramFault::Kind;

Error connection_lost() { return {Remedy::reconnect, "the connection is gone (by a test)"}; }

// A program whose end is not learned.
class Unknown final : public Process {
 public:
  explicit Unknown(std::unique_ptr<Process> inner) : inner_(std::move(inner)) {}

  int stdin_fd() const override { return inner_->stdin_fd(); }
  int stdout_fd() const override { return inner_->stdout_fd(); }
  int stderr_fd() const override { return inner_->stderr_fd(); }
  void close_stdin() override { inner_->close_stdin(); }
  void terminate() override { inner_->terminate(); }
  Result<int> wait(std::chrono::steady_clock::time_point deadline, std::stop_token stop) override {
    const auto status = inner_->wait(deadline, std::move(stop));
    if (!status) return status.error();
    return connection_lost();
  }

 private:
  std::unique_ptr<Process> inner_;
};

class FaultyMachine final : public Machine {
 public:
  FaultyMachine(std::shared_ptr<Machine> inner, std::shared_ptr<ProgramFaults> faults)
      : inner_(std::move(inner)), faults_(std::move(faults)) {}

  Result<std::unique_ptr<Process>> spawn(const Argv& argv) override {
    const ProgramFault& fault = faults_->fault;
    const std::uint64_t number = ++faults_->started;
    if (fault.kind == Kind::we_are_gone && fault.at != 0 && number >= fault.at) {
      return Error{Remedy::give_up, "the process was killed (by a test)"};
    }
    if (number != fault.at) return inner_->spawn(argv);
    switch (fault.kind) {
      case Kind::not_started:
        return connection_lost();
      case Kind::cut_input:
        return unknown(within(R"(head -c "$0" | "$@")", argv));
      case Kind::cut_output:
        return unknown(within(R"("$@" | head -c "$0")", argv));
      case Kind::end_lost:
        return unknown(argv);
      case Kind::fails:
        return inner_->spawn({"sh", "-c", "exit 255"});
      case Kind::none:
      case Kind::we_are_gone:
        break;
    }
    return inner_->spawn(argv);
  }
  std::size_t max_argv_bytes() const override { return inner_->max_argv_bytes(); }

 private:
  Argv within(const std::string& script, const Argv& argv) const {
    Argv all{"sh", "-c", script, std::to_string(faults_->fault.bytes)};
    all.insert(all.end(), argv.begin(), argv.end());
    return all;
  }
  Result<std::unique_ptr<Process>> unknown(const Argv& argv) {
    auto process = inner_->spawn(argv);
    if (!process) return process;
    return std::unique_ptr<Process>(std::make_unique<Unknown>(*std::move(process)));
  }

  std::shared_ptr<Machine> inner_;
  std::shared_ptr<ProgramFaults> faults_;
};

}  // namespace

std::string ProgramFault::str() const {
  static const char* const names[] = {"no fault", "not started", "input cut",  "output cut",
                                      "end lost", "fails",       "we are gone"};
  return fmt::format("{} at program {} (bytes {})", names[static_cast<int>(kind)], at, bytes);
}

std::shared_ptr<Machine> faulty_machine(std::shared_ptr<Machine> inner,
                                        std::shared_ptr<ProgramFaults> faults) {
  return std::make_shared<FaultyMachine>(std::move(inner), std::move(faults));
}

}  // namespace zr

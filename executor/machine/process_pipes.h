#pragma once

#include <utility>

#include "executor/machine/descriptor.h"
#include "executor/machine/machine.h"

namespace zr {

// The pipes of a program's three streams, both ends of each.
struct ProcessPipes {
  Pipe in, out, err;
};
inline Result<ProcessPipes> make_process_pipes() {
  ProcessPipes pipes;
  for (Pipe* each : {&pipes.in, &pipes.out, &pipes.err}) {
    auto made = make_pipe();
    if (!made) return made.error();
    *each = std::move(*made);
  }
  return pipes;
}

// A process whose streams are our ends of such pipes.
class PipedProcess : public Process {
 public:
  int stdin_fd() const override { return in_.get(); }
  int stdout_fd() const override { return out_.get(); }
  int stderr_fd() const override { return err_.get(); }
  void close_stdin() override { in_.reset(); }

 protected:
  explicit PipedProcess(ProcessPipes& pipes)
      : in_(std::move(pipes.in.write)),
        out_(std::move(pipes.out.read)),
        err_(std::move(pipes.err.read)) {}
  void close_all() {
    in_.reset();
    out_.reset();
    err_.reset();
  }

 private:
  Descriptor in_, out_, err_;
};

}  // namespace zr

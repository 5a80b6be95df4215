#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "executor/machine/machine.h"

namespace zr {

// What is to go wrong with one of the programs that are run on all machines of a site together, the
// nth from 1.
struct ProgramFault {
  enum class Kind {
    none,
    not_started,  // no connection
    cut_input,    // it gets no more than `bytes`, and its end is not learned
    cut_output,   // no more than `bytes` of what it says get here, and its end is not learned
    end_lost,     // it does all that it is to do, and nobody learns of it
    fails,        // it does nothing, and ends with a status and no word
    we_are_gone,  // not_started, and so is all that follows
  };
  Kind kind = Kind::none;
  std::uint64_t at = 0;
  std::uint64_t bytes = 0;

  std::string str() const;
};

// Shared by the machines; safe from several threads.
struct ProgramFaults {
  ProgramFault fault;
  std::atomic<std::uint64_t> started{0};
};

// A machine with that fault. It needs a `sh` and a `head`.
std::shared_ptr<Machine> faulty_machine(std::shared_ptr<Machine>, std::shared_ptr<ProgramFaults>);

}  // namespace zr

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "executor/zfs.h"

namespace zr {

// What every implementation of Zfs has to do, as one set of cases.

enum class End { source, target };

// Two pools to try it on, and what an administrator does to them behind the implementation's back.
// Whatever of it does not work throws std::runtime_error.
class ZfsFixture {
 public:
  virtual ~ZfsFixture() = default;

  virtual std::unique_ptr<Zfs> open(End) = 0;
  // An empty filesystem, for this fixture alone.
  virtual DatasetName root(End) const = 0;
  // How much a snapshot should add, about how long its stream is then, and where to cut it.
  virtual std::uint64_t data_bytes() const = 0;
  virtual std::uint64_t stream_bytes() const = 0;
  virtual std::uint64_t cut_bytes() const = 0;

  virtual void create(End, const DatasetName&) = 0;
  virtual void create_volume(End, const DatasetName&) = 0;
  virtual void create_encrypted(End, const DatasetName&) = 0;  // an encryption root, its key loaded
  virtual void unload_key(End, const DatasetName&) = 0;
  virtual void write(End, const DatasetName&, std::uint64_t bytes) = 0;
  virtual void snapshot(End, const DatasetName&, const std::string& name) = 0;
  virtual void clone(End, const DatasetName&, const std::string& snapshot,
                     const DatasetName& to) = 0;
  virtual void destroy(End, const DatasetName&, const std::string& snapshot) = 0;
};

struct ContractCase {
  std::string name;
  void (*run)(ZfsFixture&);
};

// Each in the file of its name.
std::vector<ContractCase> change_contract();
std::vector<ContractCase> stream_contract();
std::vector<ContractCase> resume_contract();

}  // namespace zr

#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "executor/result.h"
#include "executor/sim/sim_state.h"

namespace zr {

// Where simulated pools live: a world (planner/json.h) in a file, or in memory only. Shared by all
// SimZfs on it; any thread may call. Other processes may use the file at the same time: changes
// exclude each other by flock(2) on its folder, and what another one wrote is read again before
// each operation. The file is replaced as a whole, so a crash leaves it as it was before or after a
// change.
class SimFile {
 public:
  static std::shared_ptr<SimFile> in_memory(World = {});
  // An existing file. Errors: it is missing, unreadable, too large, no world, of another version.
  static Result<std::shared_ptr<SimFile>> open(const std::filesystem::path&);
  ~SimFile();

  using Look = std::function<Result<void>(const SimState&)>;
  using Work = std::function<Result<void>(SimState&)>;
  Result<void> look(const Look&);
  // One transaction group: what `work` touched is written when it returns, even if it then failed.
  // When it can't be written, the world is what the file still says.
  Result<void> change(const Work&);

  // What streams use, which is of this process and in no file.
  void use(const std::function<void(SimUse&)>&);

  // The whole world, to look at and to arrange; tests and examples do.
  Result<World> world();
  Result<void> edit(const std::function<void(World&)>&);

  std::string label() const;  // the path, for messages

 private:
  struct Loaded;
  SimFile(std::filesystem::path, World);
  Result<void> reload();
  Result<void> save();

  const std::filesystem::path path_;  // empty: in memory
  std::mutex mutex_;
  SimState state_;
  std::unique_ptr<Loaded> loaded_;  // null: the state is no file's
};

// The open files of a process, one SimFile for each, by whatever path they are named.
class SimFiles {
 public:
  Result<std::shared_ptr<SimFile>> open(const std::filesystem::path&);

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<SimFile>> files_;
};

}  // namespace zr

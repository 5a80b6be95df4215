#include "executor/sim/sim_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <variant>

#include "executor/machine/descriptor.h"
#include "executor/text_file.h"
#include "lang/overloaded.h"
#include "planner/json.h"

namespace zr {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_file_bytes = std::size_t{1} << 30;

Error cannot(std::string_view what, const fs::path& path, int error) {
  return {Remedy::give_up, fmt::format("cannot {} the sim file {}: {}", what, path.string(),
                                       std::generic_category().message(error))};
}

// The modes too: root may write anything, but a file that is marked read-only is meant to stay.
bool is_writable(const fs::path& path) {
  struct stat s {};
  return ::stat(path.c_str(), &s) == 0 && (s.st_mode & 0222) != 0 &&
         ::access(path.c_str(), W_OK) == 0;
}

// Held while a change is made. It is the folder that is locked: the file is replaced by each
// change, and whoever locks the new one must not come in before this one knows what it has written.
Result<Descriptor> lock_folder_of(const fs::path& path) {
  const fs::path folder = path.parent_path();
  Descriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return cannot("lock the folder of", path, errno);
  while (::flock(fd.get(), LOCK_EX) != 0) {
    if (errno != EINTR) return cannot("lock the folder of", path, errno);
  }
  return fd;
}

Result<World> parse(const fs::path& path, std::string_view text) {
  using Answer = Result<World>;
  return std::visit(overloaded{[](World&& w) -> Answer { return std::move(w); },
                               [&](JsonError&& e) -> Answer {
                                 return Error{Remedy::give_up,
                                              fmt::format("{} is not a world that can be used: {}",
                                                          path.string(), e.message)};
                               }},
                    world_from_json(text));
}

}  // namespace

// Which file the state is. It is kept open, so that no other can come to have its inode's number.
struct SimFile::Loaded {
  struct Stamp {
    dev_t device{};
    ino_t inode{};
    off_t size{};
    std::int64_t modified_s = 0, modified_ns = 0;
    bool operator==(const Stamp&) const = default;
  };
  Stamp stamp;
  Descriptor file;

  static Stamp stamp_of(const struct stat& s) {
    return {s.st_dev, s.st_ino, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec};
  }
  bool is_still(const fs::path& path) const {
    struct stat s {};
    return ::stat(path.c_str(), &s) == 0 && stamp_of(s) == stamp;
  }
  static Result<std::unique_ptr<Loaded>> of(const fs::path& path) {
    auto loaded = std::make_unique<Loaded>();
    loaded->file = Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat s {};
    if (loaded->file.get() < 0 || ::fstat(loaded->file.get(), &s) != 0) {
      return cannot("read", path, errno);
    }
    if (!S_ISREG(s.st_mode)) return cannot("read", path, S_ISDIR(s.st_mode) ? EISDIR : EINVAL);
    loaded->stamp = stamp_of(s);
    return loaded;
  }
};

SimFile::SimFile(fs::path path, World world) : path_(std::move(path)) {
  state_.world = std::move(world);
}
SimFile::~SimFile() = default;

std::shared_ptr<SimFile> SimFile::in_memory(World world) {
  return std::shared_ptr<SimFile>(new SimFile({}, std::move(world)));
}

Result<std::shared_ptr<SimFile>> SimFile::open(const fs::path& path) {
  std::error_code error;
  fs::path resolved = fs::canonical(path, error);
  if (error) return cannot("read", path, error.value());
  std::shared_ptr<SimFile> file(new SimFile(std::move(resolved), {}));
  if (auto loaded = file->reload(); !loaded) return loaded.error();
  return file;
}

std::string SimFile::label() const { return path_.empty() ? "memory" : path_.string(); }

Result<void> SimFile::reload() {
  if (path_.empty()) return {};
  if (loaded_ && loaded_->is_still(path_)) return {};
  loaded_.reset();
  auto loaded = Loaded::of(path_);
  if (!loaded) return loaded.error();
  const auto text = read_text_file(path_, max_file_bytes);
  if (!text) return text.error();
  auto world = parse(path_, *text);
  if (!world) return world.error();
  state_.world = *std::move(world);
  state_.numbers.world_changed();
  loaded_ = *std::move(loaded);
  return {};
}

Result<void> SimFile::save() {
  state_.touched = false;
  if (path_.empty()) return {};
  loaded_.reset();  // until it is written, the file says what is so
  if (!is_writable(path_)) {
    return Error{Remedy::give_up, fmt::format("the sim file {} is read-only, and this would change "
                                              "it; make it writable, or copy it",
                                              path_.string())};
  }
  if (auto written = write_text_file(path_, world_to_json(state_.world)); !written) {
    return written.error();
  }
  auto loaded = Loaded::of(path_);
  if (!loaded) return loaded.error();
  loaded_ = *std::move(loaded);
  return {};
}

Result<void> SimFile::look(const Look& look) {
  const std::lock_guard lock(mutex_);
  if (auto loaded = reload(); !loaded) return loaded;
  return look(state_);
}

Result<void> SimFile::change(const Work& work) {
  const std::lock_guard lock(mutex_);
  Descriptor folder_lock;
  if (!path_.empty()) {
    auto got = lock_folder_of(path_);
    if (!got) return got.error();
    folder_lock = *std::move(got);
  }
  if (auto loaded = reload(); !loaded) return loaded;
  auto worked = work(state_);
  if (state_.touched) {
    if (auto saved = save(); !saved) return saved;
  }
  return worked;
}

void SimFile::use(const std::function<void(SimUse&)>& use) {
  const std::lock_guard lock(mutex_);
  use(state_.use);
}

Result<World> SimFile::world() {
  World world;
  const auto looked = look([&](const SimState& state) -> Result<void> {
    world = state.world;
    return {};
  });
  if (!looked) return looked.error();
  return world;
}

Result<void> SimFile::edit(const std::function<void(World&)>& edit) {
  return change([&](SimState& state) -> Result<void> {
    edit(state.world);
    for (auto& [name, host] : state.world.hosts) host.sort();
    state.numbers.world_changed();
    state.touched = true;
    return {};
  });
}

Result<std::shared_ptr<SimFile>> SimFiles::open(const fs::path& path) {
  std::error_code error;
  const fs::path resolved = fs::canonical(path, error);
  if (error) return cannot("read", path, error.value());
  const std::lock_guard lock(mutex_);
  auto& file = files_[resolved.string()];
  if (!file) {
    auto opened = SimFile::open(resolved);
    if (!opened) {
      files_.erase(resolved.string());
      return opened;
    }
    file = *opened;
  }
  return file;
}

}  // namespace zr

#include "executor/text_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "planner/render.h"

namespace zr {
namespace {

namespace fs = std::filesystem;

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

Error failed(std::string_view doing, const fs::path& path, int error) {
  return {Remedy::give_up, fmt::format("cannot {} {}: {}", doing, path.string(),
                                       std::generic_category().message(error))};
}

Error too_large(const fs::path& path, std::size_t limit) {
  return {Remedy::give_up, fmt::format("{} is larger than {}, which is the most that is read",
                                       path.string(), format_bytes(limit))};
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

Result<void> write_in_place(const fs::path& path, std::string_view text) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0 || !write_all(file.get(), text)) return failed("write", path, errno);
  return {};
}

// So that the new name survives a loss of power too. Not every file system can; that is no failure.
void sync_folder(const fs::path& folder) {
  Fd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() >= 0) ::fsync(fd.get());
}

mode_t usual_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

// The mode and the owner of the file that `fd` is to replace. Only root may give a file away; a
// group may be one of the user's own.
bool take_after(int fd, const fs::path& replaced) {
  struct stat old {};
  if (::stat(replaced.c_str(), &old) != 0) return ::fchmod(fd, usual_mode()) == 0;
  struct stat made {};
  if (::fstat(fd, &made) != 0) return false;
  if ((made.st_uid != old.st_uid || made.st_gid != old.st_gid) &&
      ::fchown(fd, old.st_uid, old.st_gid) != 0 && ::fchown(fd, made.st_uid, old.st_gid) != 0 &&
      errno != EPERM)
    return false;
  return ::fchmod(fd, old.st_mode & 0777) == 0;
}

Result<std::string> read_all(int fd, const fs::path& path, std::size_t limit_bytes) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return failed("read", path, errno);
  if (S_ISREG(status.st_mode) && static_cast<std::size_t>(status.st_size) > limit_bytes)
    return too_large(path, limit_bytes);
  std::string text;
  constexpr std::size_t least_room = 65536;
  std::size_t used = 0;
  for (;;) {
    if (text.size() - used < least_room) text.resize(std::max(used * 2, 2 * least_room));
    const ssize_t n = ::read(fd, text.data() + used, text.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("read", path, errno);
    if (n == 0) break;
    used += static_cast<std::size_t>(n);
    if (used > limit_bytes) return too_large(path, limit_bytes);
  }
  text.resize(used);
  return text;
}

}  // namespace

Result<std::string> read_text_file(const fs::path& path, std::size_t limit_bytes) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return failed("read", path, errno);
  return read_all(file.get(), path, limit_bytes);
}

Result<std::string> read_regular_file(const fs::path& path, std::size_t limit_bytes) {
  // Without waiting for whoever writes into a pipe.
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0) return failed("read", path, errno);
  if (S_ISDIR(status.st_mode)) return failed("read", path, EISDIR);
  if (!S_ISREG(status.st_mode))
    return Error{Remedy::give_up, fmt::format("cannot read {}: not a regular file", path.string())};
  return read_all(file.get(), path, limit_bytes);
}

Result<std::string> read_standard_input(std::size_t limit_bytes) {
  return read_all(STDIN_FILENO, "standard input", limit_bytes);
}

Result<void> write_text_file(const fs::path& path, std::string_view text) {
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::is_directory(status)) return failed("write", path, EISDIR);
  if (fs::exists(status) && !fs::is_regular_file(status)) return write_in_place(path, text);

  if (fs::exists(status) && ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0)
    return failed("write", path, errno);
  // A link keeps pointing where it points: its file is replaced, not the link.
  fs::path target = fs::is_symlink(path, ignored) ? fs::canonical(path, ignored) : path;
  if (target.empty()) target = path;
  std::string temporary = target.string() + ".XXXXXX";
  Fd file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return failed("write", path, errno);
  const bool written = write_all(file.get(), text) && take_after(file.get(), path) &&
                       ::fsync(file.get()) == 0 && file.close() &&
                       ::rename(temporary.c_str(), target.c_str()) == 0;
  if (!written) {
    const int error = errno;
    ::unlink(temporary.c_str());
    return failed("write", path, error);
  }
  sync_folder(target.has_parent_path() ? target.parent_path() : fs::path("."));
  return {};
}

}  // namespace zr

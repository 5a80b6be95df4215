#include "executor/run/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <utility>

#include "executor/machine/descriptor.h"
#include "executor/run/journal_json.h"
#include "executor/run/lock.h"

namespace zr {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t tail_chunk_bytes = std::size_t{64} * 1024;

Error failed(std::string_view doing, const fs::path& path, int error) {
  return {Remedy::give_up,
          fmt::format("cannot {} the journal {}: {}; nothing is done that is not recorded", doing,
                      path.string(), std::generic_category().message(error))};
}

// A new name is only safe once its folder is. Not every file system can; that is no failure.
void sync_folder_of(const fs::path& path) {
  const auto parent = path.parent_path();
  const Descriptor folder(
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() >= 0) ::fsync(folder.get());
}

ssize_t read_at(int fd, char* to, std::size_t bytes, off_t at) {
  for (;;) {
    const ssize_t n = ::pread(fd, to, bytes, at);
    if (n >= 0 || errno != EINTR) return n;
  }
}

// Where the last whole line ends: read from the end, since a journal is long. -1: see errno.
off_t end_of_whole_lines(int fd, off_t size) {
  std::array<char, tail_chunk_bytes> chunk;
  for (off_t end = size; end > 0;) {
    const auto want = static_cast<std::size_t>(std::min<off_t>(end, chunk.size()));
    const off_t begin = end - static_cast<off_t>(want);
    const ssize_t got = read_at(fd, chunk.data(), want, begin);
    if (got < 0) return -1;
    for (ssize_t i = got; i > 0; --i) {
      if (chunk[static_cast<std::size_t>(i - 1)] == '\n') return begin + i;
    }
    end = begin;
  }
  return 0;
}

// The file, for as many runs as there are.
class JournalFile {
 public:
  JournalFile(fs::path path, JournalOptions options)
      : path_(std::move(path)), options_(std::move(options)) {}

  Result<void> open() {
    file_ = Descriptor(
        ::open(path_.c_str(),
               O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600));
    if (file_.get() < 0) return failed("open", path_, errno);
    struct stat status {};
    if (::fstat(file_.get(), &status) != 0) return failed("open", path_, errno);
    if (!S_ISREG(status.st_mode)) {
      return Error{Remedy::give_up,
                   fmt::format("the journal {} is no regular file", path_.string())};
    }
    const off_t whole = end_of_whole_lines(file_.get(), status.st_size);
    if (whole < 0) return failed("read", path_, errno);
    if (whole < status.st_size && ::ftruncate(file_.get(), whole) != 0) {
      return failed("mend", path_, errno);
    }
    size_ = static_cast<std::uint64_t>(whole);
    sync_folder_of(path_);
    return {};
  }

  Millis now() const { return options_.now(); }

  // Two runs may start in one millisecond.
  std::string name_of_a_run(Millis now) {
    const std::lock_guard lock(mutex_);
    const unsigned number = ++runs_;
    std::string name = fmt::format("{:x}-{}", now.time_since_epoch().count(), ::getpid());
    return number == 1 ? name : name + "-" + std::to_string(number);
  }

  Result<void> append(std::string_view lines) {
    const std::lock_guard lock(mutex_);
    if (!is_in_place()) {
      if (auto opened = open(); !opened) return opened;
    }
    if (size_ > 0 && size_ + lines.size() > options_.rotate_bytes) {
      if (auto rotated = rotate(); !rotated) return rotated;
    }
    return write(lines);
  }

 private:
  // Somebody may have moved it away: what is written must be where it is looked for.
  bool is_in_place() const {
    struct stat ours {};
    struct stat there {};
    return ::fstat(file_.get(), &ours) == 0 && ::lstat(path_.c_str(), &there) == 0 &&
           ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
  }

  Result<void> rotate() {
    fs::path old = path_;
    old += ".1";
    if (::rename(path_.c_str(), old.c_str()) != 0) return failed("rotate", path_, errno);
    return open();
  }

  // On an error the torn line goes at once, so that what is there stays readable.
  Result<void> write(std::string_view lines) {
    for (std::string_view rest = lines; !rest.empty();) {
      const ssize_t n = ::write(file_.get(), rest.data(), rest.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return take_back(failed("write", path_, errno));
      rest.remove_prefix(static_cast<std::size_t>(n));
    }
    if (::fsync(file_.get()) != 0) return failed("write", path_, errno);
    size_ += lines.size();
    return {};
  }

  Error take_back(Error error) {
    if (::ftruncate(file_.get(), static_cast<off_t>(size_)) != 0) {
      error.message += " (its last line is torn, which is mended when it is opened again)";
    }
    return error;
  }

  const fs::path path_;
  const JournalOptions options_;
  std::mutex mutex_;  // guards what follows
  Descriptor file_;
  std::uint64_t size_ = 0;
  unsigned runs_ = 0;
};

class FileJournal final : public Journal {
 public:
  explicit FileJournal(std::shared_ptr<JournalFile> file) : file_(std::move(file)) {}

  Result<void> record(const Event& event) override { return record_all({&event, 1}); }

  Result<void> record_all(std::span<const Event> events) override {
    std::string lines;
    for (const Event& event : events) append_line(event, lines);
    return lines.empty() ? Result<void>() : file_->append(lines);
  }

 private:
  void append_line(const Event& event, std::string& lines) {
    const Millis now = file_->now();
    if (const auto* start = std::get_if<event::RunStarted>(&event)) {
      plan_ = start->plan;
      run_ = file_->name_of_a_run(now);
    }
    const bool passing = std::holds_alternative<event::StreamMoved>(event) ||
                         std::holds_alternative<event::StreamSent>(event);
    if (!plan_ || passing) return;
    lines += event_line(event, *plan_, {now, run_});
    lines += '\n';
  }

  const std::shared_ptr<JournalFile> file_;
  const Plan* plan_ = nullptr;
  std::string run_;
};

class NoJournal final : public Journal {
 public:
  Result<void> record(const Event&) override { return {}; }
};

}  // namespace

Result<void> Journal::record_all(std::span<const Event> events) {
  for (const Event& event : events) {
    if (auto recorded = record(event); !recorded) return recorded;
  }
  return {};
}

OpenJournal journal_for_runs(fs::path path, JournalOptions options) {
  struct Shared {
    std::mutex mutex;
    std::shared_ptr<JournalFile> file;
  };
  return [path = std::move(path), options = std::move(options),
          shared = std::make_shared<Shared>()]() -> Result<std::unique_ptr<Journal>> {
    const std::lock_guard lock(shared->mutex);
    if (!shared->file) {
      if (path.has_parent_path()) {
        if (auto made = make_state_dir(path.parent_path()); !made) return made.error();
      }
      auto file = std::make_shared<JournalFile>(path, options);
      if (auto opened = file->open(); !opened) return opened.error();
      shared->file = std::move(file);
    }
    return std::unique_ptr<Journal>(std::make_unique<FileJournal>(shared->file));
  };
}

Result<std::unique_ptr<Journal>> open_journal(const fs::path& path, JournalOptions options) {
  return journal_for_runs(path, std::move(options))();
}

std::unique_ptr<Journal> no_journal() { return std::make_unique<NoJournal>(); }

}  // namespace zr

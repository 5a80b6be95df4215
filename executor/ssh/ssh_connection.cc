#include "executor/ssh/ssh_connection.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>

#include "executor/machine/descriptor.h"
#include "executor/progress/progress_text.h"

namespace zr {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t piece_bytes = std::size_t{128} * 1024;
constexpr std::chrono::seconds ask_after{8};
constexpr std::chrono::seconds dead_after{25};

struct FreeChannel {
  void operator()(ssh_channel channel) const { ssh_channel_free(channel); }
};

// Bytes on their way to a pipe.
struct Outlet {
  Descriptor pipe;
  std::string pending;
  bool remote_ended = false;

  bool is_open() const { return pipe.get() >= 0; }
};

// One program, as the serving thread has it.
struct Remote {
  enum class State { opening, requesting, running };

  explicit Remote(std::shared_ptr<SshProgram> its_program)
      : program(std::move(its_program)),
        in(std::move(program->in)),
        out{std::move(program->out), {}, false},
        err{std::move(program->err), {}, false} {}

  std::shared_ptr<SshProgram> program;
  Descriptor in;
  std::string unsent;  // of what was read from it, what the connection did not take yet
  Outlet out, err;
  std::unique_ptr<ssh_channel_struct, FreeChannel> channel;
  ssh_channel_callbacks_struct callbacks{};
  State state = State::opening;
  std::optional<int> status;
  bool wants_end = false;  // it is to be ended
  bool is_done = false;

  // By the serving thread, the only one that may touch the channel.
  void end(Result<int> how) {
    in.reset();
    out.pipe.reset();
    err.pipe.reset();
    // libssh keeps a channel until the other end has closed it, too.
    if (channel) ssh_remove_channel_callbacks(channel.get(), &callbacks);
    channel.reset();
    program->ending.end(std::move(how));
    is_done = true;
  }
};

class Log {
 public:
  Result<void> open(const std::optional<std::filesystem::path>& path) {
    if (!path) return {};
    file_ = Descriptor(::open(path->c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    if (file_.get() >= 0) return {};
    return Error{Remedy::give_up, fmt::format("cannot write to the log '{}': {}",
                                              one_line(path->string()), std::strerror(errno))};
  }
  void add(std::string_view bytes) const {
    while (file_.get() >= 0 && !bytes.empty()) {
      const ssize_t n = ::write(file_.get(), bytes.data(), bytes.size());
      if (n <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
  }

 private:
  Descriptor file_;
};

// The connection, and the thread that alone touches it from now on.
class Connection final : public SshConnection {
 public:
  explicit Connection(SshSession session)
      : session_(std::move(session)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    wake();
    if (thread_.joinable()) thread_.join();
  }

  Result<void> start(const SshLogs& logs) {
    if (wake_.get() < 0) return Error{Remedy::retry, "no more files can be opened"};
    if (auto opened = read_log_.open(logs.read); !opened) return opened;
    if (auto opened = write_log_.open(logs.write); !opened) return opened;
    thread_ = std::thread([this] { serve(); });
    return {};
  }

  bool add(std::shared_ptr<SshProgram> program) override {
    {
      const std::scoped_lock lock(mutex_);
      if (gone_) return false;
      arriving_.push_back(std::move(program));
    }
    wake();
    return true;
  }
  void end(const SshProgram& program) override {
    {
      const std::scoped_lock lock(mutex_);
      ending_.push_back(&program);
    }
    wake();
  }
  bool is_sound() const override {
    const std::scoped_lock lock(mutex_);
    return !gone_ && sound_;
  }
  std::string why_gone() const override {
    const std::scoped_lock lock(mutex_);
    return why_;
  }

 private:
  void wake() const {
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);
  }

  void serve() {
    const SigpipeGuard guard;
    ssh_set_counters(session_.get(), &received_, nullptr);
    heard_at_ = steady_clock::now();
    std::uint64_t bytes_before = 0;
    while (true) {
      // What was received while one program was looked after may be for one that was before it.
      const bool heard = received_.in_bytes != bytes_before;
      bytes_before = received_.in_bytes;
      if (heard) heard_at_ = steady_clock::now();
      wait(heard);
      if (!take_requests()) return lose("it was closed");
      if (const std::string problem = keep_alive(); !problem.empty()) return lose(problem);
      pump();
      for (const auto& remote : remotes_) step(*remote);
      remotes_.erase(std::remove_if(remotes_.begin(), remotes_.end(),
                                    [](const auto& remote) { return remote->is_done; }),
                     remotes_.end());
      if (!ssh_is_connected(session_.get())) return lose(one_line(ssh_get_error(session_.get())));
    }
  }

  bool take_requests() {
    const std::scoped_lock lock(mutex_);
    for (auto& program : arriving_)
      remotes_.push_back(std::make_unique<Remote>(std::move(program)));
    arriving_.clear();
    for (const auto& remote : remotes_) {
      if (std::find(ending_.begin(), ending_.end(), remote->program.get()) != ending_.end())
        remote->wants_end = true;
    }
    ending_.clear();
    return !stopping_;
  }

  void lose(const std::string& why) {
    {
      const std::scoped_lock lock(mutex_);
      gone_ = true;
      why_ = why.empty() ? "the connection broke" : why;
      for (auto& program : arriving_)
        remotes_.push_back(std::make_unique<Remote>(std::move(program)));
      arriving_.clear();
    }
    for (const auto& remote : remotes_) {
      // The connection may end with a program's status still on its way to us.
      remote->end(remote->status
                      ? Result<int>(*remote->status)
                      : Error{Remedy::reconnect, "the ssh connection is gone: " + why_gone()});
    }
    remotes_.clear();
    pump_.reset();
    session_.reset();
  }

  void wait(bool only_look) {
    std::vector<pollfd> fds;
    const bool writes = (ssh_get_poll_flags(session_.get()) & SSH_WRITE_PENDING) != 0;
    fds.push_back(
        {ssh_get_fd(session_.get()), static_cast<short>(POLLIN | (writes ? POLLOUT : 0)), 0});
    fds.push_back({wake_.get(), POLLIN, 0});
    for (const auto& remote : remotes_) {
      if (remote->state != Remote::State::running) continue;
      if (may_read_input(*remote)) fds.push_back({remote->in.get(), POLLIN, 0});
      for (const Outlet* outlet : {&remote->out, &remote->err}) {
        if (outlet->is_open())
          fds.push_back(
              {outlet->pipe.get(), static_cast<short>(outlet->pending.empty() ? 0 : POLLOUT), 0});
      }
    }
    ::poll(fds.data(), fds.size(),
           only_look ? 0 : poll_timeout(steady_clock::now() + ask_after / 2));
    drop_unread(fds);
    std::uint64_t ignored = 0;
    (void)!::read(wake_.get(), &ignored, sizeof ignored);
  }

  // libssh receives, and sends what is left over, only within calls about a channel. One that is
  // never opened stands for those that there are none of, or that wait: what comes in meanwhile, or
  // is still to go out, would wake us again and again.
  void pump() {
    if (!pump_) pump_.reset(ssh_channel_new(session_.get()));
    if (pump_) ssh_channel_poll(pump_.get(), 0);
  }

  // Pipes whose reader is gone would wake us again and again.
  void drop_unread(const std::vector<pollfd>& fds) {
    for (const auto& remote : remotes_) {
      for (Outlet* outlet : {&remote->out, &remote->err}) {
        const bool gone = std::any_of(fds.begin() + 2, fds.end(), [&](const pollfd& fd) {
          return fd.fd == outlet->pipe.get() && (fd.revents & POLLERR) != 0;
        });
        if (gone) outlet->pipe.reset();
      }
    }
  }

  // What is wrong, if the peer is dead.
  std::string keep_alive() {
    const auto now = steady_clock::now();
    if (now - heard_at_ > dead_after)
      return fmt::format("the other end has said nothing for {} s", dead_after.count());
    if (now - heard_at_ > ask_after && now - asked_at_ > ask_after / 2) {
      asked_at_ = now;
      ssh_send_keepalive(session_.get());
    }
    return {};
  }

  bool may_write(const Remote& remote) const {
    return ssh_channel_window_size(remote.channel.get()) > 0 &&
           (ssh_get_poll_flags(session_.get()) & SSH_WRITE_PENDING) == 0;
  }
  bool may_read_input(const Remote& remote) const {
    return remote.in.get() >= 0 && remote.unsent.empty() && may_write(remote);
  }

  void fail(Remote& remote, Remedy remedy, std::string_view what) {
    if (!ssh_is_connected(session_.get())) return;  // which is all that there is to say: lose()
    remote.end(
        Error{remedy, fmt::format("ssh: {}: {}", what, one_line(ssh_get_error(session_.get())))});
  }

  void step(Remote& remote) {
    if (remote.state != Remote::State::running && !begin(remote)) return;
    if (remote.wants_end) {
      remote.wants_end = false;
      ssh_channel_request_send_signal(remote.channel.get(), "TERM");
      ssh_channel_close(remote.channel.get());
      remote.end(Error{Remedy::retry, "the program was ended"});
      return;
    }
    send_input(remote);
    const bool more = take_output(remote, remote.out, 0);
    const bool more_err = take_output(remote, remote.err, 1);
    if (!more && !more_err) finish(remote);
  }

  // Whether it runs now.
  bool begin(Remote& remote) {
    if (remote.state == Remote::State::opening) {
      if (!remote.channel && !make_channel(remote)) return false;
      const int rc = ssh_channel_open_session(remote.channel.get());
      if (rc == SSH_ERROR)
        fail(remote, Remedy::retry,
             "the host opens no further session on this connection (`MaxSessions` of its sshd)");
      if (rc != SSH_OK) return false;
      remote.state = Remote::State::requesting;
    }
    const int rc = ssh_channel_request_exec(remote.channel.get(), remote.program->command.c_str());
    if (rc == SSH_ERROR) fail(remote, Remedy::give_up, "the host runs no command for us");
    if (rc != SSH_OK) return false;
    remote.state = Remote::State::running;
    return true;
  }

  bool make_channel(Remote& remote) {
    remote.channel.reset(ssh_channel_new(session_.get()));
    if (!remote.channel) {
      fail(remote, Remedy::retry, "no channel");
      return false;
    }
    remote.callbacks.userdata = &remote;
    remote.callbacks.channel_exit_status_function = [](ssh_session, ssh_channel, int status,
                                                       void* of) {
      static_cast<Remote*>(of)->status = status;
    };
    remote.callbacks.channel_exit_signal_function = [](ssh_session, ssh_channel, const char*, int,
                                                       const char*, const char*, void* of) {
      constexpr int by_signal = 128 + 15;
      static_cast<Remote*>(of)->status = by_signal;
    };
    ssh_callbacks_init(&remote.callbacks);
    ssh_set_channel_callbacks(remote.channel.get(), &remote.callbacks);
    return true;
  }

  void send_input(Remote& remote) {
    while (true) {
      if (!remote.unsent.empty() && (!may_write(remote) || !send(remote))) return;
      if (!may_read_input(remote)) return;
      const ssize_t n = ::read(remote.in.get(), buffer_.data(), buffer_.size());
      if (n < 0) return;
      if (n == 0) {
        ssh_channel_send_eof(remote.channel.get());
        remote.in.reset();
        return;
      }
      remote.unsent.assign(buffer_.data(), static_cast<std::size_t>(n));
      write_log_.add(remote.unsent);
    }
  }

  // As much as the window allows, and nothing while keys are exchanged. Whether all of it is gone.
  bool send(Remote& remote) const {
    const int n = ssh_channel_write(remote.channel.get(), remote.unsent.data(),
                                    static_cast<std::uint32_t>(remote.unsent.size()));
    if (n < 0) {
      // The program there ended, or the connection did; either is noticed where it is read from.
      remote.unsent.clear();
      remote.in.reset();
      return false;
    }
    remote.unsent.erase(0, static_cast<std::size_t>(n));
    return remote.unsent.empty();
  }

  // Whether there is or may be more.
  bool take_output(Remote& remote, Outlet& outlet, int is_err) {
    while (true) {
      if (!deliver(outlet)) return true;
      if (outlet.remote_ended) break;
      const int n = ssh_channel_read_nonblocking(
          remote.channel.get(), buffer_.data(), static_cast<std::uint32_t>(buffer_.size()), is_err);
      if (n == 0 && !ssh_channel_is_eof(remote.channel.get()) &&
          !ssh_channel_is_closed(remote.channel.get()))
        return true;
      if (n == SSH_AGAIN) return true;
      if (n <= 0) {
        outlet.remote_ended = true;
        break;
      }
      read_log_.add(std::string_view(buffer_.data(), static_cast<std::size_t>(n)));
      if (outlet.is_open()) outlet.pending.assign(buffer_.data(), static_cast<std::size_t>(n));
    }
    outlet.pipe.reset();
    return false;
  }

  // False while some of it has to wait for whoever reads.
  static bool deliver(Outlet& outlet) {
    std::size_t done = 0;
    while (outlet.is_open() && done < outlet.pending.size()) {
      const ssize_t n =
          ::write(outlet.pipe.get(), outlet.pending.data() + done, outlet.pending.size() - done);
      if (n >= 0) {
        done += static_cast<std::size_t>(n);
      } else if (errno == EAGAIN) {
        outlet.pending.erase(0, done);
        return false;
      } else if (errno != EINTR) {
        outlet.pipe.reset();  // nobody reads any more
      }
    }
    outlet.pending.clear();
    return true;
  }

  // Both outputs have ended: what is missing is how the program did.
  void finish(Remote& remote) {
    // This call also receives what has come, which nothing else does once there is no more to read.
    ssh_channel_get_exit_status(remote.channel.get());
    if (!remote.status && !ssh_channel_is_closed(remote.channel.get())) return;
    if (remote.status) return remote.end(*remote.status);
    {
      const std::scoped_lock lock(mutex_);
      sound_ = false;
    }
    remote.end(
        Error{Remedy::reconnect, "the host closed the program's channel and did not say why"});
  }

  SshSession session_;
  std::unique_ptr<ssh_channel_struct, FreeChannel> pump_;
  Descriptor wake_;
  Log read_log_, write_log_;
  std::string buffer_ = std::string(piece_bytes, '\0');
  std::vector<std::unique_ptr<Remote>> remotes_;
  ssh_counter_struct received_{};
  steady_clock::time_point heard_at_{};
  steady_clock::time_point asked_at_{};
  std::thread thread_;

  mutable std::mutex mutex_;  // of what follows
  std::vector<std::shared_ptr<SshProgram>> arriving_;
  std::vector<const SshProgram*> ending_;
  std::string why_;
  bool gone_ = false;
  bool sound_ = true;
  bool stopping_ = false;
};

}  // namespace

Result<std::shared_ptr<SshConnection>> serve_connection(SshSession session, const SshLogs& logs) {
  auto connection = std::make_shared<Connection>(std::move(session));
  if (auto started = connection->start(logs); !started) return started.error();
  return std::shared_ptr<SshConnection>(std::move(connection));
}

}  // namespace zr

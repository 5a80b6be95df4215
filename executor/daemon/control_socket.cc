#include "executor/daemon/control_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace zr {
namespace {

namespace fs = std::filesystem;

Error failed(std::string_view doing, const fs::path& path, int error) {
  return {Remedy::give_up, fmt::format("cannot {} the daemon's socket {}: {}", doing, path.string(),
                                       std::generic_category().message(error))};
}

// A socket's address has 108 bytes, a path more: it is reached by way of its folder's descriptor.
struct Address {
  Descriptor folder;
  sockaddr_un address{};
};
Result<Address> address_of(const fs::path& path) {
  Address result;
  const fs::path parent = path.parent_path();
  result.folder =
      Descriptor(::open(parent.empty() ? "." : parent.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (result.folder.get() < 0) return failed("reach", path, errno);
  const std::string text =
      fmt::format("/proc/self/fd/{}/{}", result.folder.get(), path.filename().string());
  result.address.sun_family = AF_UNIX;
  if (text.size() >= sizeof result.address.sun_path) return failed("reach", path, ENAMETOOLONG);
  std::memcpy(result.address.sun_path, text.c_str(), text.size() + 1);
  return result;
}

Descriptor new_socket() {
  return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

const sockaddr* generic(const sockaddr_un& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// False: the other end is gone, or takes no more than it has.
bool send_all(int fd, std::string_view text) {
  return ::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT) ==
         static_cast<ssize_t>(text.size());
}

}  // namespace

Result<ControlSocket> ControlSocket::listen(const fs::path& path) {
  auto address = address_of(path);
  if (!address) return address.error();
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0) {
    if (!S_ISSOCK(status.st_mode)) return failed("make", path, EEXIST);
    if (::unlink(path.c_str()) != 0) return failed("replace", path, errno);
  }
  Descriptor fd = new_socket();
  if (fd.get() < 0) return failed("make", path, errno);
  // The mode of what is bound is that of the descriptor, so nobody else can open it for a moment.
  if (::fchmod(fd.get(), 0600) != 0) return failed("make", path, errno);
  if (::bind(fd.get(), generic(address->address), sizeof address->address) != 0)
    return failed("make", path, errno);
  if (::chmod(path.c_str(), 0600) != 0 || ::listen(fd.get(), SOMAXCONN) != 0)
    return failed("make", path, errno);
  ControlSocket socket(std::move(fd));
  socket.path_ = path;
  return socket;
}

ControlSocket::~ControlSocket() {
  if (listener_.get() >= 0 && !path_.empty()) ::unlink(path_.c_str());
}

void ControlSocket::add_to(std::vector<pollfd>& fds) const {
  fds.push_back({listener_.get(), POLLIN, 0});
  for (const auto& [client, talk] : talks_) {
    // Of one that waits for its answer only that it went away matters.
    int events = talk.is_asked ? POLLRDHUP : POLLIN;
    if (!talk.answer.empty()) events |= POLLOUT;
    fds.push_back({talk.fd.get(), static_cast<short>(events), 0});
  }
}

void ControlSocket::accept_clients() {
  for (;;) {
    Descriptor fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (fd.get() < 0) return;
    if (talks_.size() >= most_clients) {
      send_all(fd.get(), line_of(ControlReply{"too many are asking at once", {}}));
      continue;
    }
    talks_[++clients_].fd = std::move(fd);
  }
}

bool ControlSocket::read_from(Talk& talk) {
  std::array<char, 1024> piece;
  for (;;) {
    const ssize_t n = ::recv(talk.fd.get(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
    // Nor is there anything more to say for one that waits for its answer.
    if (n == 0 || talk.is_asked) return false;
    talk.text.append(piece.data(), static_cast<std::size_t>(n));
    if (talk.text.size() > most_control_bytes || talk.text.find('\n') != talk.text.npos)
      return true;
  }
}

void ControlSocket::serve(const std::function<void(Client, const ControlRequest&)>& take) {
  accept_clients();
  for (auto at = talks_.begin(); at != talks_.end();)
    at = read_from(at->second) && write_to(at->second) ? std::next(at) : talks_.erase(at);
  std::vector<std::pair<Client, std::variant<ControlRequest, std::string>>> asked;
  for (auto& [client, talk] : talks_) {
    const auto end = talk.text.find('\n');
    if (talk.is_asked || (end == talk.text.npos && talk.text.size() <= most_control_bytes))
      continue;
    talk.is_asked = true;
    if (end == talk.text.npos) {
      asked.emplace_back(client, std::string("the request is too long"));
    } else {
      asked.emplace_back(client, request_from(std::string_view(talk.text).substr(0, end)));
    }
  }
  for (const auto& [client, request] : asked) {
    if (const auto* error = std::get_if<std::string>(&request)) {
      answer(client, {*error, {}});
    } else {
      take(client, std::get<ControlRequest>(request));
    }
  }
}

bool ControlSocket::write_to(Talk& talk) {
  if (talk.answer.empty()) return true;
  const ssize_t n =
      ::send(talk.fd.get(), talk.answer.data(), talk.answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
  talk.answer.erase(0, static_cast<std::size_t>(n));
  return !talk.answer.empty();
}

void ControlSocket::answer(Client client, const ControlReply& reply) {
  const auto talk = talks_.find(client);
  if (talk == talks_.end()) return;
  talk->second.answer = line_of(reply);
  if (!write_to(talk->second)) talks_.erase(talk);
}

Result<ControlReply> ask_daemon(const fs::path& path, const ControlRequest& request,
                                const std::stop_token& stop) {
  const auto nobody = [&](int error) {
    return Error{Remedy::give_up,
                 fmt::format("no daemon of this site listens at {}: {}", path.string(),
                             std::generic_category().message(error))};
  };
  auto address = address_of(path);
  if (!address) return nobody(errno);
  const Descriptor fd = new_socket();
  if (fd.get() < 0) return failed("make", path, errno);
  if (::connect(fd.get(), generic(address->address), sizeof address->address) != 0)
    return nobody(errno);
  if (!send_all(fd.get(), line_of(request))) return failed("write to", path, errno);
  const StopWake stopped(stop);
  std::string text;
  for (;;) {
    std::array<pollfd, 2> fds{{{fd.get(), POLLIN, 0}, {stopped.fd(), POLLIN, 0}}};
    if (::poll(fds.data(), fds.size(), -1) < 0 && errno != EINTR)
      return failed("read from", path, errno);
    if (stop.stop_requested())
      return Error{Remedy::give_up, "interrupted; what was asked for goes on"};
    std::array<char, std::size_t{16} * 1024> piece;
    const ssize_t n = ::recv(fd.get(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return Error{Remedy::give_up, "the daemon ended before it answered"};
    text.append(piece.data(), static_cast<std::size_t>(n));
    const auto end = text.find('\n');
    if (end == text.npos && text.size() <= most_reply_bytes) continue;
    auto reply = reply_from(std::string_view(text).substr(0, end));
    if (const auto* error = std::get_if<std::string>(&reply))
      return Error{Remedy::give_up, "the daemon's answer makes no sense: " + *error};
    return std::get<ControlReply>(std::move(reply));
  }
}

}  // namespace zr

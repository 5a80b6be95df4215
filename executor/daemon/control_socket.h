#pragma once

#include <poll.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "executor/daemon/control.h"
#include "executor/machine/descriptor.h"
#include "executor/result.h"

namespace zr {

// The daemon's end: a socket that only its owner can open. Never waits; driven by one poll(2) loop.
class ControlSocket {
 public:
  using Client = std::uint64_t;

  // Replaces what a daemon before left there; the caller holds the site's lock.
  static Result<ControlSocket> listen(const std::filesystem::path&);
  // One that is listened on already, by whoever started this program.
  explicit ControlSocket(Descriptor listener) : listener_(std::move(listener)) {}
  ControlSocket(ControlSocket&&) = default;
  ControlSocket& operator=(ControlSocket&&) = delete;
  ~ControlSocket();

  // What to wait for, appended.
  void add_to(std::vector<pollfd>&) const;
  // After that wait. Every request is told once; what is none is answered here.
  void serve(const std::function<void(Client, const ControlRequest&)>& take);
  // Ends the conversation. A client that went away meanwhile is no error.
  void answer(Client, const ControlReply&);

 private:
  struct Talk {
    Descriptor fd;
    std::string text;         // so far
    bool is_asked = false;    // waits for its answer
    std::string answer = {};  // what of it did not go yet
  };
  static constexpr std::size_t most_clients = 64;

  void accept_clients();
  bool read_from(Talk&);        // false: it went away
  static bool write_to(Talk&);  // false: it went away, or has its answer

  Descriptor listener_;
  std::filesystem::path path_;  // to remove at the end; empty: somebody else's
  std::map<Client, Talk> talks_;
  Client clients_ = 0;
};

// A client's end: asks, and waits for the answer or the stop. An error where no daemon listens.
Result<ControlReply> ask_daemon(const std::filesystem::path&, const ControlRequest&,
                                const std::stop_token&);

}  // namespace zr

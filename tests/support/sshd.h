#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "lang/host.h"

namespace zr {

// A real sshd on the loopback, for one test: with throw-away keys and its files in `folder`, which
// has to outlive it. It lets in the user who runs the test, by the key in `folder/user`.
class Sshd {
 public:
  // `extra` is more of sshd_config(5). Throws when there is no sshd, or it does not start.
  // Nobody's profile is read there.
  explicit Sshd(std::filesystem::path folder, const std::string& extra = {});
  Sshd(const Sshd&) = delete;
  Sshd& operator=(const Sshd&) = delete;
  ~Sshd() { stop(); }

  // How it is reached: known_hosts has its key.
  SshTransport transport() const;
  unsigned port() const { return port_; }

  void stop();              // with all of its connections
  void cut();               // its connections and what runs behind them; new ones are welcome
  void freeze();            // it and its connections are there, and do nothing any more
  void change_host_key();   // and starts again on the same port
  std::string log() const;  // what it said
  // As known_hosts has it.
  std::string known_host() const;

 private:
  void start();
  std::vector<pid_t> processes() const;  // itself first

  std::filesystem::path folder_;
  std::string extra_;
  unsigned port_ = 0;
  pid_t pid_ = -1;
};

}  // namespace zr

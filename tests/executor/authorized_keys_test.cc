#include "executor/ssh/authorized_keys.h"

#include <doctest/doctest.h>

#include <string>

namespace zr {
namespace {

const std::string key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHx9yzE7z0mJm1Q2hP0m0b0eQ3v1mYk5Jm1Q2hP0m0b0 root@office";

std::string line(const Argv& command, const std::optional<std::string>& public_key = {}) {
  const auto made = authorized_keys_line(command, public_key);
  return made ? *made : "refused: " + made.error().message;
}

TEST_CASE("a key gets one command and no more") {
  CHECK(line({"/usr/bin/zrepl", "serve", "/etc/zrepl/site.zr", "office"}, key) ==
        "restrict,command=\"/usr/bin/zrepl serve /etc/zrepl/site.zr office\" " + key);
  CHECK(line({"/usr/bin/zrepl", "serve", "/etc/zrepl/site.zr", "office"}) ==
        "restrict,command=\"/usr/bin/zrepl serve /etc/zrepl/site.zr office\"");
}

TEST_CASE("a name can't end the command before its end") {
  CHECK(line({"zrepl", "serve", "/etc/my site.zr", "office"}) ==
        "restrict,command=\"zrepl serve '/etc/my site.zr' office\"");
  CHECK(line({"zrepl", "serve", "/etc/$(reboot).zr", "office"}) ==
        "restrict,command=\"zrepl serve '/etc/$(reboot).zr' office\"");
  CHECK(line({"zrepl", "serve", "/etc/a\" b.zr", "office"}) ==
        "restrict,command=\"zrepl serve '/etc/a\\\" b.zr' office\"");
  CHECK(line({"zrepl", "serve", "/etc/a\nssh-ed25519 AAAA"}).rfind("refused: ", 0) == 0);
}

TEST_CASE("what is no public key is not taken for one") {
  const Argv command{"zrepl", "serve", "site.zr", "office"};
  for (const char* wrong : {"", "ssh-ed25519", "ssh-ed25519 ", "command=\"sh\" ssh-ed25519 AAAA",
                            "no-pty ssh-rsa AAAA", "ssh-ed25519 AAAA\nssh-ed25519 BBBB",
                            "ssh-ed25519 AA\"AA", "-----BEGIN OPENSSH PRIVATE KEY-----"}) {
    CAPTURE(wrong);
    CHECK(line(command, wrong).rfind("refused: ", 0) == 0);
  }
  CHECK(line(command, "sk-ssh-ed25519@openssh.com AAAA+/==").rfind("restrict,", 0) == 0);
}

}  // namespace
}  // namespace zr

#include "executor/ssh/authorized_keys.h"

#include <fmt/format.h>

#include "executor/ssh/remote_command.h"
#include "planner/render_text.h"

namespace zr {
namespace {

constexpr std::size_t max_key_bytes = std::size_t{16} * 1024;

// A public key's line, as ssh-keygen(1) writes it: a type, base64, perhaps a comment. Nothing else,
// or a key could bring options of its own.
bool is_public_key(std::string_view line) {
  const auto blank = line.find(' ');
  if (line.size() > max_key_bytes || blank == line.npos) return false;
  const std::string_view type = line.substr(0, blank);
  const std::string_view rest = line.substr(blank + 1);
  const std::string_view key = rest.substr(0, rest.find(' '));
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
  if (type.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-@.") != type.npos) return false;
  if (type.rfind("ssh-", 0) != 0 && type.rfind("ecdsa-", 0) != 0 && type.rfind("sk-", 0) != 0) {
    return false;
  }
  if (key.empty() || key.find_first_not_of(letters) != key.npos) return false;
  for (const char c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  }
  return true;
}

// For double quotes, in which sshd(8) knows one escape.
std::string in_quotes(std::string_view command) {
  std::string out;
  for (const char c : command) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out;
}

}  // namespace

Result<std::string> authorized_keys_line(const Argv& command,
                                         const std::optional<std::string>& key) {
  const auto text = remote_command(command);
  if (!text) return text.error();
  // `\"` is the only escape, so a backslash before a quote could not be told from it.
  if (text->find("\\\"") != text->npos || text->back() == '\\') {
    return Error{Remedy::give_up,
                 "a name with a backslash before a quote can't stand in "
                 "authorized_keys"};
  }
  std::string line = fmt::format("restrict,command=\"{}\"", in_quotes(*text));
  if (!key) return line;
  if (!is_public_key(*key)) {
    return Error{Remedy::give_up, fmt::format("{} is no public key: it should be one line, like "
                                              "that of ~/.ssh/id_ed25519.pub",
                                              shown(key->substr(0, 80)))};
  }
  return line + " " + *key;
}

}  // namespace zr

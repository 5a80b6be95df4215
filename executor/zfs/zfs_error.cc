#include "executor/zfs/zfs_error.h"

#include <algorithm>
#include <cctype>

#include "fmt/format.h"
#include "lang/utf8.h"

namespace zr {
namespace {

constexpr std::size_t shown_command_characters = 160;
constexpr std::size_t shown_err_characters = 600;

struct Known {
  std::string_view text;  // lower case, a blank for a line break
  Remedy remedy;
  std::string_view help;
};

constexpr std::string_view permission_help =
    R"(run as root, delegate the permission with `zfs allow` (`zrepl allow` prints the lines), or )"
    R"(say `zfs ["sudo", "-n", "zfs"]` in the host's block)";
constexpr std::string_view missing_program_help =
    "install ZFS's programs (Debian: zfsutils-linux), or name the program with `zfs "
    "[\"/path/to/zfs\"]` in the host's block";
constexpr std::string_view ssh_help =
    "try the command by hand: what it can't do zrepl can't either";
constexpr std::string_view space_help = "free space or raise the quota, then apply again";
constexpr std::string_view key_help =
    "load the key with `zfs load-key`, or send raw (`send { raw on }`)";
constexpr std::string_view changed_help = "it has changed since the plan was made: plan again";

// What zfs(8) of OpenZFS 2.1 to 2.3 says, the more telling first: the first that is found counts.
constexpr Known known[] = {
    {"a password is required", Remedy::give_up,
     "let sudo run zfs without a password (NOPASSWD in sudoers)"},
    // What ssh(1) says, where it is the host's `transport command`.
    {"host key verification failed", Remedy::give_up, ssh_help},
    {"permission denied (publickey", Remedy::give_up, ssh_help},
    {"too many authentication failures", Remedy::give_up, ssh_help},
    {"could not resolve hostname", Remedy::give_up, ssh_help},
    {"connection refused", Remedy::retry, ssh_help},
    {"connection timed out", Remedy::retry, ssh_help},
    {"connection reset", Remedy::retry, ssh_help},
    {"connection closed by", Remedy::retry, ssh_help},
    {"no route to host", Remedy::retry, ssh_help},
    {"network is unreachable", Remedy::retry, ssh_help},
    {"client_loop: send disconnect", Remedy::retry, ssh_help},
    {"command not found", Remedy::give_up, missing_program_help},
    {"zfs modules", Remedy::give_up, "load the kernel module with `modprobe zfs`"},
    {"/dev/zfs", Remedy::give_up, "load the kernel module with `modprobe zfs`, and run as root"},
    {"key must be loaded", Remedy::give_up, key_help},
    {"key not loaded", Remedy::give_up, key_help},
    {"key is not loaded", Remedy::give_up, key_help},
    {"must be superuser", Remedy::give_up, permission_help},
    {"permission denied", Remedy::give_up, permission_help},
    {"insufficient privileges", Remedy::give_up, permission_help},
    {"delegated administration is disabled", Remedy::give_up, permission_help},
    {"operation not permitted", Remedy::give_up, permission_help},
    {"out of space", Remedy::give_up, space_help},
    {"no space left", Remedy::give_up, space_help},
    {"quota exceeded", Remedy::give_up, space_help},
    {"i/o is currently suspended", Remedy::give_up, "see `zpool status`, then `zpool clear`"},
    {"i/o error", Remedy::give_up, "see `zpool status`"},
    {"cannot receive resume stream", Remedy::replan, "plan again: it may be complete by now"},
    {"does not apply to datasets of this type", Remedy::give_up,
     "volumes and filesystems need different properties: give them jobs of their own"},
    {"kernel modules must be upgraded", Remedy::give_up,
     "the target's ZFS is too old, or the stream is a plain one below an encrypted dataset"},
    {"encrypted filesystem or overwrite an unencrypted one", Remedy::give_up,
     "destroy the placeholder by hand, or replicate to another dataset"},
    {"requires -l (--large-block)", Remedy::give_up, "the earlier stream had large blocks"},
    {"pool must be upgraded", Remedy::give_up, "see `zpool upgrade` on the target"},
    {"unsupported", Remedy::give_up, "the two ZFS versions or their pools' features don't fit"},
    {"not supported", Remedy::give_up, "the two ZFS versions or their pools' features don't fit"},
    {"read only", Remedy::give_up, "the pool or dataset can't be written to"},
    {"read-only", Remedy::give_up, "the pool or dataset can't be written to"},
    {"does not match incremental source", Remedy::replan, changed_help},
    {"has been modified since most recent snapshot", Remedy::replan, changed_help},
    {"partially-complete state", Remedy::replan, "plan again: it is resumed or dropped then"},
    {"partially received snapshot is saved", Remedy::replan,
     "apply again: it goes on where it was cut"},
    {"must specify -f to overwrite", Remedy::replan, changed_help},
    {"must destroy them to overwrite", Remedy::replan, changed_help},
    {"resume token is corrupt", Remedy::replan, "plan again"},
    {"used in the initial send no longer exists", Remedy::replan, changed_help},
    {"does not exist", Remedy::replan, changed_help},
    {"no such pool", Remedy::replan, changed_help},
    {"no such tag", Remedy::replan, changed_help},
    {"tag already exists", Remedy::replan, changed_help},
    {"bookmark exists", Remedy::replan, changed_help},
    {"already exists", Remedy::replan, changed_help},
    {"could not find any snapshots", Remedy::replan, changed_help},
    {"not an earlier snapshot", Remedy::replan, changed_help},
    {"it's being held", Remedy::replan, "see `zfs holds`; plan again"},
    {"clones of previous snapshots exist", Remedy::replan, changed_help},
    {"dependent clones", Remedy::replan, changed_help},
    {"has children", Remedy::replan, changed_help},
    {"more recent snapshots or bookmarks exist", Remedy::replan, changed_help},
    {"dataset is busy", Remedy::retry, "it may be held, mounted or being received; try again"},
    {"is busy", Remedy::retry, "try again"},
    {"checksum mismatch or incomplete stream", Remedy::replan, "plan again"},
    {"failed to read from stream", Remedy::retry, "the sending end broke off"},
    {"signal received", Remedy::retry, "try again"},
    {"temporarily unavailable", Remedy::retry, "try again"},
    {"out of memory", Remedy::retry, "try again"},
};

// Names in zfs's messages are mostly in quotes, and may consist of the very words looked for.
std::string without_quoted(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t open = text.starts_with('\'') ? 0 : text.find(" '");
    if (open == std::string_view::npos) break;
    const std::size_t quote = text.find('\'', open);
    const std::size_t close = text.find('\'', quote + 1);
    if (close == std::string_view::npos) break;
    result += text.substr(0, quote + 1);
    result += '\'';
    text.remove_prefix(close + 1);
  }
  return result += text;
}

// Lower case, every run of blanks and line breaks one blank, what is in quotes left out.
std::string folded(std::string_view raw) {
  const std::string text = without_quoted(raw);
  std::string result;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!blank) {
      result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  return result;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

// Without what zfs receive says about each `-x` of a property that the dataset does not have, which
// is no failure.
std::string without_inapplicable(std::string_view err) {
  std::string result;
  while (!err.empty()) {
    const std::size_t end = std::min(err.find('\n'), err.size() - 1) + 1;
    const std::string_view line = err.substr(0, end);
    err.remove_prefix(end);
    const bool inapplicable = line.starts_with("Warning: ") &&
                              line.find("' does not apply to datasets of this type") != line.npos;
    if (!inapplicable) result += line;
  }
  return result;
}

std::string on_one_line(std::string_view text) {
  std::string result(text.substr(0, 4 * shown_err_characters));  // no more than that is shown
  std::replace_if(
      result.begin(), result.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return result;
}

const Known* find_known(std::string_view err) {
  const std::string text = folded(err);
  const auto* const found = std::find_if(std::begin(known), std::end(known), [&](const Known& k) {
    return text.find(k.text) != std::string::npos;
  });
  return found == std::end(known) ? nullptr : found;
}

std::string outcome(int status) {
  constexpr int last_signal = 64;  // zfs(8) itself ends with 255 now and then
  if (status > 128 && status <= 128 + last_signal)
    return fmt::format("was ended by signal {}", status - 128);
  return fmt::format("failed with status {}", status);
}

bool needs_quotes(std::string_view argument) {
  return argument.empty() ||
         argument.find_first_of(" \t\n'\"\\$`*?;&|<>(){}[]#~!") != std::string_view::npos;
}

}  // namespace

std::string shown(const Argv& command) {
  std::string result;
  for (const std::string& argument : command) {
    if (!result.empty()) result += ' ';
    if (!needs_quotes(argument)) {
      result += argument;
      continue;
    }
    result += '\'';
    for (const char c : argument) {
      if (c == '\'') {
        result += "'\\''";
      } else {
        result += c;
      }
    }
    result += '\'';
    if (result.size() > shown_command_characters) break;
  }
  return printable(result, shown_command_characters);
}

Error zfs_failure(const Argv& command, int status, std::string_view err) {
  std::string message = fmt::format("`{}` {}", shown(command), outcome(status));
  const std::string text = without_inapplicable(err.substr(0, err.find("\nusage:")));
  const std::string_view said = trimmed(text);
  if (!said.empty()) message += ": " + printable(on_one_line(said), shown_err_characters);
  const bool lacks_property = says_property_not_set(said);
  const Known* meaning = find_known(said);
  if (meaning == nullptr) {
    return {status > 128 ? Remedy::retry : Remedy::give_up, std::move(message), lacks_property};
  }
  return {meaning->remedy, message + "; " + std::string(meaning->help), lacks_property};
}

bool only_missing(std::string_view err) {
  bool any = false;
  while (!err.empty()) {
    const std::size_t end = std::min(err.find('\n'), err.size());
    const std::string line = folded(err.substr(0, end));
    err.remove_prefix(std::min(end + 1, err.size()));
    if (line.empty() || line.starts_with("no datasets available") ||
        line.starts_with("failed to open dataset: "))
      continue;
    const bool missing =
        line.starts_with("cannot open '") &&
        (line.ends_with("does not exist") || line.find("no such pool") != std::string::npos);
    if (!missing) return false;
    any = true;
  }
  return any;
}

bool says_property_not_set(std::string_view err) {
  const std::string text = folded(err);
  return text.find("cannot receive ") != std::string::npos &&
         text.find(" property on ") != std::string::npos;
}

bool says_exists(std::string_view err) {
  return folded(err).find("already exists") != std::string::npos;
}

}  // namespace zr

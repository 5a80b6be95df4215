#include "executor/allow/elevation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace zr {
namespace {

// The arguments of a command of zfs(8) as a pattern of sudoers(5), and an example of them. `%` is
// how marks begin. A pool begins with a letter, so what is there instead of a blank and a letter
// can't be an option such as the -r of destroy.
struct Form {
  std::string_view command;
  std::string_view pattern;
  std::string_view example;  // words with a blank between them
};

constexpr std::array forms = {
    Form{"get", "get -Hp *", "get -Hp name tank"},
    Form{"list", "list -Hp *", "list -Hp tank"},
    Form{"holds", "holds -H *", "holds -H tank@a"},
    Form{"snapshot", "snapshot [A-Za-z]*@*", "snapshot tank@a"},
    Form{"bookmark", R"(bookmark [A-Za-z]*\#%*)", "bookmark tank@a tank#%a"},
    Form{"hold", "hold %* [A-Za-z]*@*", "hold %a tank@a"},
    Form{"release", "release %* [A-Za-z]*@*", "release %a tank@a"},
    Form{"destroy", "destroy [A-Za-z]*@*", "destroy tank@a"},
    Form{"destroy", R"(destroy [A-Za-z]*\#*)", "destroy tank#a"},
    Form{"rollback", "rollback -r [A-Za-z]*@*", "rollback -r tank@a"},
    Form{"rename", "rename -u [A-Za-z]*", "rename -u tank/a tank/b"},
    Form{"rename", "rename [A-Za-z]*", "rename tank/a tank/b"},
    Form{"send", "send -[Ltw] *", "send -w tank@a"},
    Form{"receive", "receive -s -u *", "receive -s -u tank/a"},
    Form{"receive", "receive -A [A-Za-z]*", "receive -A tank/a"},
    Form{"create", R"(create -o zrepl\:placeholder\=on -o mountpoint\=none -o canmount\=off *)",
         "create -o zrepl:placeholder=on -o mountpoint=none -o canmount=off tank/a"},
};

bool is_wanted(const Form& form, const Permissions& commands) {
  const bool looks = form.command == "get" || form.command == "list" || form.command == "holds";
  return looks || commands.contains(form.command);
}

// Marks carry the site of the job that makes them; a client's site is not known here.
bool marks_for_clients(const Form& form, const Permissions& commands) {
  const auto found = commands.find(form.command);
  return found != commands.end() &&
         std::any_of(found->second.begin(), found->second.end(), [](const Purpose& purpose) {
           return std::holds_alternative<ClientGrant>(purpose);
         });
}

std::string with_mark(std::string_view text, const std::string& mark) {
  std::string result;
  for (const char c : text) {
    if (c == '%') {
      result += mark;
    } else {
      result += c;
    }
  }
  return result;
}

Argv words_of(std::string_view text) {
  Argv words;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

// sudo wants to be told where a program is. This is where Debian, and most others, have it.
std::string place_of(const std::string& program) {
  return program.find('/') == std::string::npos ? "/usr/sbin/" + program : program;
}

}  // namespace

std::optional<Elevation> elevation_of(const Argv& zfs) {
  if (zfs.size() < 2) return std::nullopt;
  const std::string_view by = name_of(zfs.front());
  if (by != "sudo" && by != "doas") return std::nullopt;
  return Elevation{by == "sudo", Argv(zfs.begin(), zfs.end() - 1), zfs.back()};
}

std::vector<std::string> elevation_lines(const Elevation& elevation, const std::string& user,
                                         const SiteName& site, const Permissions& commands) {
  if (!elevation.is_sudo)
    return {fmt::format("permit nopass {} as root cmd {}", user, elevation.program)};
  std::vector<std::string> lines;
  for (SudoQuestion& question : sudo_questions(elevation, user, site, commands))
    lines.push_back(std::move(question.line));
  return lines;
}

std::vector<SudoQuestion> sudo_questions(const Elevation& elevation, const std::string& user,
                                         const SiteName& site, const Permissions& commands) {
  std::vector<SudoQuestion> questions;
  for (const Form& form : forms) {
    if (!is_wanted(form, commands)) continue;
    const bool any_site = marks_for_clients(form, commands);
    const std::string mark = any_site ? "zrepl:" : fmt::format("zrepl:{}:", site.value);
    const std::string pattern = any_site ? R"(zrepl\:)" : fmt::format(R"(zrepl\:{}\:)", site.value);
    Argv ask = elevation.before;
    ask.insert(ask.end(), {"-l", elevation.program});
    for (std::string& word : words_of(with_mark(form.example, mark)))
      ask.push_back(std::move(word));
    questions.push_back({fmt::format("{} ALL=(root) NOPASSWD: {} {}", user,
                                     place_of(elevation.program), with_mark(form.pattern, pattern)),
                         std::move(ask)});
  }
  return questions;
}

}  // namespace zr

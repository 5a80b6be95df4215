#include "executor/commands/complete.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "executor/commands/command_help.h"
#include "executor/commands/command_options.h"
#include "lang/codes.h"
#include "lang/stdlib.h"

namespace zr {
namespace {

constexpr std::string_view site_ending = ".zr";
constexpr std::array shells = {"bash", "zsh", "fish"};

// The command line so far.
struct Line {
  const CommandHelp& command;
  std::vector<Argument> arguments;
  std::vector<std::string> in_place;  // the values that have a place
  std::vector<std::string> options;   // the names of those that were given
  const Argument* waiting = nullptr;  // the option whose value comes next
  bool options_ended = false;         // by a --

  const Argument* option(std::string_view name) const {
    const auto found = std::find_if(
        arguments.begin(), arguments.end(),
        [&](const Argument& argument) { return argument.is_option && argument.name == name; });
    return found == arguments.end() ? nullptr : &*found;
  }

  // What a value without an option is, if one may come.
  const Argument* next_in_place() const {
    std::size_t place = 0;
    for (const Argument& argument : arguments) {
      if (argument.is_option) continue;
      if (place == in_place.size() || argument.repeated) return &argument;
      ++place;
    }
    return nullptr;
  }
};

bool is_option(std::string_view word) { return word.size() > 1 && word.front() == '-'; }

void take(Line& line, const std::string& word) {
  if (line.waiting) {
    line.waiting = nullptr;
  } else if (line.options_ended || !is_option(word)) {
    line.in_place.push_back(word);
  } else if (word == "--") {
    line.options_ended = true;
  } else {
    const std::size_t equals = word.find('=');
    line.options.push_back(word.substr(0, equals));
    const Argument* option = line.option(line.options.back());
    if (option && !option->value.empty() && equals == std::string::npos) line.waiting = option;
  }
}

// The proposals for one word, of which `begin` was typed.
class Offer {
 public:
  Offer(std::string before, std::string begin, const ReadPolicy& read)
      : before_(std::move(before)), begin_(std::move(begin)), read_(read) {}

  Completion completion;

  void add(std::string_view word, std::string_view text = {}) {
    if (word.substr(0, begin_.size()) != begin_) return;
    completion.proposals.push_back({before_ + std::string(word), std::string(text)});
  }

  void commands() {
    for (const CommandHelp& command : all_commands()) add(command.name, command.summary);
  }

  void options(const Line& line) {
    for (const Argument& argument : line.arguments) {
      const bool given =
          std::find(line.options.begin(), line.options.end(), argument.name) != line.options.end();
      if (argument.is_option && (!given || argument.repeated)) add(argument.name, argument.text);
    }
    add("--help", "Explain the command");
  }

  // What an argument's value is called says what it can be.
  void values(const Line& line, const Argument& argument) {
    const std::string& value = argument.value;
    if (value == "SITE") return files(site_ending);
    if (value == "TARGET" || value == "PLAN" || value == "FILE" || value == "FOLDER")
      return files("");
    if (value == "KIND.NAME" || value == "JOB" || value == "NAME") return jobs(line, value);
    if (value == "OBJECT" || value == "HOST:DATASET") return hosts(line);
    if (value == "COMMAND") return commands();
    if (value == "CODE") return codes();
    if (value == "MODULE") return modules();
    if (value == "SHELL") return words(shells);
    if (value.find('|') != std::string::npos) choices(value);
  }

 private:
  void files(std::string_view ending) { completion.files_ending = std::string(ending); }

  template <class Words>
  void words(const Words& all) {
    for (const auto& word : all) add(word);
  }

  void choices(std::string_view all) {
    while (!all.empty()) {
      const std::string_view word = all.substr(0, all.find('|'));
      add(word);
      all.remove_prefix(std::min(word.size() + 1, all.size()));
    }
  }

  void codes() {
    for (const CodeInfo& info : all_codes) add(to_string(info.code), info.title);
  }

  void modules() {
    words(stdlib_names());
    files(site_ending);
  }

  std::optional<Policy> policy_of(const Line& line) const {
    if (line.in_place.empty()) return std::nullopt;
    return read_(line.in_place.front());
  }

  // `map` also looks into sinks and pull_acls; `autosnap SITE NAME` takes the bare name.
  void jobs(const Line& line, std::string_view value) {
    const auto policy = policy_of(line);
    if (!policy) return;
    const std::string kind = std::string(line.command.name) + ".";
    for (const auto& [subject, rules] : policy->subjects()) {
      const bool is_job = JobId::parse(subject).has_value();
      if (value == "NAME") {
        if (subject.rfind(kind, 0) == 0) add(subject.substr(kind.size()));
      } else if (is_job || value == "JOB") {
        add(subject);
      }
    }
  }

  void hosts(const Line& line) {
    const auto policy = policy_of(line);
    if (!policy) return;
    for (const Host& host : policy->hosts) add(host.name.value + ":", "a host of the site");
    completion.open = true;
  }

  std::string before_;
  std::string begin_;
  const ReadPolicy& read_;
};

}  // namespace

Completion complete(std::span<const std::string> words, const ReadPolicy& read) {
  const std::string last = words.empty() ? std::string() : words.back();
  if (words.size() < 2) {
    Offer offer("", last, read);
    offer.commands();
    if (is_option(last) || last == "-") {
      offer.add("--help", "List the commands");
      offer.add("--version", "Say which version this is");
    }
    return offer.completion;
  }
  const CommandHelp* command = find_command(words.front());
  if (!command) return {};
  Line line{*command, arguments_of(*command), {}, {}};
  for (const std::string& word : words.subspan(1, words.size() - 2)) take(line, word);

  const std::size_t equals = last.find('=');
  if (!line.waiting && !line.options_ended && is_option(last) && equals != std::string::npos) {
    Offer offer(last.substr(0, equals + 1), last.substr(equals + 1), read);
    if (const Argument* option = line.option(last.substr(0, equals))) offer.values(line, *option);
    return offer.completion;
  }
  Offer offer("", last, read);
  if (line.waiting) {
    offer.values(line, *line.waiting);
  } else if (!line.options_ended && !last.empty() && last.front() == '-') {
    offer.options(line);
  } else if (const Argument* next = line.next_in_place()) {
    offer.values(line, *next);
  }
  return offer.completion;
}

}  // namespace zr

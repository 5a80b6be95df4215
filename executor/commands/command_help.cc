#include "executor/commands/command_help.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "lang/diagnostic.h"

namespace zr {
namespace {

constexpr std::string_view job_details =
    "Like `zrepl apply SITE --job KIND.NAME`. The other jobs are still known: what they need is\n"
    "not destroyed. A plan over the budget of the site's `limits` wants --allow-budget HASH.";

constexpr std::array commands = {
    CommandHelp{
        "check", "Is the site file right? No host is contacted.",
        "Reads and compiles the site file. Prints what it declares, or every error in it\n"
        "with its place and a way out (exit status 3). `zrepl explain CODE` says more about\n"
        "an error. The formats for programs go to stdout: `sarif` is for code scanning, and\n"
        "`github` makes annotations in a workflow.\n"
        "Warnings and notes are about a file that is right and may not do what is meant; they\n"
        "change no exit status unless --deny says so. A comment `# zr:allow CODE REASON` above a\n"
        "statement or at the end of its line answers one.",
        "  zrepl check site.zr\n"
        "  zrepl check site.zr && git commit site.zr\n"
        "  zrepl check site.zr --deny warning           before a merge\n"
        "  zrepl check site.zr --format sarif > zrepl.sarif\n"},
    CommandHelp{
        "fmt", "The one layout of a site file.",
        "Rewrites site files in the layout that all site files have, and prints the names of\n"
        "those that changed. There is nothing to choose. Comments stay, nothing is\n"
        "reordered, and what a file means is compared before it is written. A file with\n"
        "syntax errors is left alone (exit status 3); the others are formatted all the same.",
        "  zrepl fmt site.zr                            rewrite it\n"
        "  zrepl fmt --check *.zr                       in a script: exit status 1 if any is\n"
        "                                               not formatted\n"
        "  zrepl fmt --diff site.zr                     what would change?\n"
        "  zrepl fmt - <site.zr                         from an editor: to standard output\n"},
    CommandHelp{
        "test", "Do the site file's tests hold?",
        "Carries out the `test` blocks of a site file and of the files that it uses. One that\n"
        "fails is shown with the rule that decides otherwise (exit status 1). No host is\n"
        "contacted. `zrepl check` does the same, among other things.",
        "  zrepl test site.zr\n"
        "  zrepl test site.zr --coverage                which rules does no test touch?\n"},
    CommandHelp{
        "doc", "What a file, or the built-in library, has to offer.",
        "Shows the `##` comments of a .zr file: about the file, and above the hosts, rules,\n"
        "retentions, constants and policies that others can use. Without a file it lists the\n"
        "built-in library.",
        "  zrepl doc std/retention\n"
        "  zrepl doc                                    the built-in library\n"
        "  zrepl doc hosts.zr\n"},
    CommandHelp{"plan", "What would be done? Nothing is changed, anywhere.",
                "Observes the hosts, compares them with the site file, and shows the steps that\n"
                "`zrepl apply` would take, each with its reason.",
                "  zrepl plan site.zr                           what is there to do?\n"
                "  zrepl plan site.zr --job pull.offsite        what would this job do?\n"
                "  zrepl plan site.zr --out plan.json           to review, then `zrepl apply "
                "plan.json`\n"
                "  zrepl plan site.zr --detailed-exitcode       in a script: 0 no, 2 yes, 4 "
                "look at it\n"
                "  zrepl plan site.zr --world world.json --now 2026-11-22T06:30:00Z\n"
                "                                               with no host reachable\n"},
    CommandHelp{
        "apply", "Do it: a fresh plan, or one that was saved.",
        "Makes a plan, shows it, and carries it out. A saved plan is carried out only if\n"
        "its site file means the same and the hosts still call for exactly its steps\n"
        "(otherwise: exit status 5, and nothing was done). What is interrupted or fails is\n"
        "taken up again by the next apply, from what the hosts hold then.\n"
        "A plan that destroys or creates more on a host than the site's `limits` let one run do\n"
        "is shown and refused (exit status 4, and nothing was done), unless --allow-budget gives\n"
        "the hash that it shows. That stands for what is destroyed, so a plan that does the same\n"
        "later has the same hash, and one that destroys anything else has not. When a run plans\n"
        "again, what it did before counts.",
        "  zrepl apply site.zr\n"
        "  zrepl apply site.zr --job autosnap.production --job pull.offsite\n"
        "  zrepl apply site.zr --dry-run                show the plan, do nothing\n"
        "  zrepl apply plan.json                        exactly what was reviewed\n"
        "  zrepl apply site.zr --allow-budget 3f9a0c1b2d4e\n"
        "                                               though so much is destroyed\n"
        "  zrepl apply site.zr --json                   for programs: a line per event\n"},
    CommandHelp{
        "show", "A saved plan, or all that a site file sets.",
        "Reads a plan that `zrepl plan --out` wrote, and shows it as `zrepl plan` did. With\n"
        "--effective it shows what a site file comes to, templates and defaults included, with\n"
        "the places where it was written; for one dataset only what applies to it.",
        "  zrepl show plan.json\n"
        "  zrepl show plan.json --json\n"
        "  zrepl show --effective site.zr\n"
        "  zrepl show --effective site.zr nas:tank/db\n"},
    CommandHelp{"graph", "The plan's steps and what waits for what, to look at.",
                "The graph of a fresh plan or a saved one, as text for Graphviz or Mermaid.",
                "  zrepl graph site.zr | dot -Tsvg > plan.svg\n"
                "  zrepl graph plan.json --format mermaid\n"},
    CommandHelp{"observe", "What the hosts hold now, as JSON.",
                "Writes down what the site file's jobs touch: datasets, snapshots, bookmarks and\n"
                "holds. `plan --world` plans from it, and a sim host can be one.",
                "  zrepl observe site.zr --out world.json\n"
                "  zrepl observe site.zr | python3 -m json.tool | less\n"},
    CommandHelp{"map", "Where does a job put this dataset, and which rule says so?",
                "Shows the target, the rule that decides with its place, and the rules that it\n"
                "beats. No host is contacted.",
                "  zrepl map site.zr pull.offsite tank/db/wal\n"
                "  zrepl map site.zr prune.nas 'tank/odd name'\n"},
    CommandHelp{
        "why", "Why is this dataset or snapshot treated as it is?",
        "Shows the rules and jobs that touch it, which keeps want a snapshot, and what\n"
        "becomes of it. Of a dataset it draws the intervals of each grid and the periods of\n"
        "each calendar keep, and names what stays for which.",
        "  zrepl why site.zr nas:tank/db\n"
        "  zrepl why site.zr nas:tank/db@zrepl_20261122_063000_000\n"
        "  zrepl why site.zr nas:tank/db --world world.json --now 2026-11-22T06:30:00Z\n"},
    CommandHelp{
        "health", "Is everything as fresh, and as tidy, as the site file promises?",
        "Looks at the hosts and judges them by the site file's own intervals and retention: does\n"
        "each autosnap keep its slots, is the newest copy on each target young enough, has what\n"
        "prunes let go of been destroyed, is an incremental base at risk, would a plan have\n"
        "conflicts? Prints what is not as promised (exit status 4), each with a way out. A host\n"
        "that can't be reached is a finding, and the others are judged all the same.\n"
        "`--format nagios` is a check for Nagios and Icinga, with their exit statuses: 0 ok, 1\n"
        "warning, 2 critical, 3 unknown. `--format openmetrics` is for Prometheus, or with --out,\n"
        "which replaces the file at once, for node-exporter's textfile collector.",
        "  zrepl health site.zr\n"
        "  zrepl health site.zr --format nagios\n"
        "  zrepl health site.zr --format openmetrics --out /var/lib/node_exporter/zrepl.prom\n"
        "  zrepl health site.zr --world world.json --now 2026-11-22T06:30:00Z\n"},
    CommandHelp{
        "history", "What became of the runs so far?",
        "Reads the site's journal: when each run that had something to do began, how long it\n"
        "took, what its streams were estimated to carry, what became of its steps, and what\n"
        "failed. Below that, how long the newest runs took and what they carried beside those\n"
        "before them. No host is contacted, and nothing decides by it.",
        "  zrepl history site.zr\n"
        "  zrepl history site.zr --limit 0              all that the journal still has\n"
        "  zrepl history site.zr --json                 for programs\n"},
    CommandHelp{
        "daemon", "Run every job at its times, for as long as the machine does",
        "Stays, and runs each job by itself: as often as its `every` says, `offset` and `jitter`\n"
        "later; one without `every` with what makes snapshots of its datasets. A run is an apply "
        "of\n"
        "those jobs. A job never runs beside itself nor beside another that touches its datasets;\n"
        "the others run at the same time. What was missed runs once, late.\n"
        "Says on stderr what it does, for systemd's journal where it writes there. SIGHUP reads\n"
        "the site file again, and goes on with what it had where that is wrong. SIGTERM ends it,\n"
        "once what runs can be resumed. It holds the site's lock: meanwhile `apply` is refused,\n"
        "and `wake` is there.",
        "  zrepl daemon site.zr\n"
        "  zrepl wake site.zr push.offsite --wait\n"
        "  kill -HUP $(pidof zrepl)                     the site file has changed\n"},
    CommandHelp{
        "status", "What goes on: jobs, streams, and what is not as promised",
        "Asks the site's daemon what each job does, when it is next, how its last run ended, and\n"
        "how far the streams are; where none runs, says what the journal knows of the last run.\n"
        "Then looks at the hosts as `health` does, for what is late or in conflict, and what to\n"
        "do about it. Exit status 4 when there is any of that.",
        "  zrepl status site.zr\n"
        "  zrepl status site.zr --watch                 drawn again every second\n"
        "  zrepl status site.zr --json --no-hosts       for programs, and at once\n"},
    CommandHelp{"wake", "Have the daemon run a job now",
                "Of a job that others follow with those. Whether it is due or paused does not "
                "matter. Where\n"
                "it runs already, it runs once more after that; asking twice for one that has not "
                "begun is\n"
                "asking once. Without --wait nothing is known yet of how it goes.",
                "  zrepl wake site.zr push.offsite\n"
                "  zrepl wake site.zr push.offsite --wait && echo done\n"},
    CommandHelp{"pause", "Have the daemon leave a job out until it is resumed",
                "Also after a restart. What runs already goes on, and `wake` runs it all the same.",
                "  zrepl pause site.zr push.offsite\n"},
    CommandHelp{"resume", "Have the daemon run a paused job again",
                "It runs at once if it was due meanwhile, once for all that was missed.",
                "  zrepl resume site.zr push.offsite\n"},
    CommandHelp{
        "allow", "What has to be allowed on the hosts so that nothing runs as root?",
        "Prints for each host what an administrator pastes there: the `zfs allow` lines that the\n"
        "jobs need, and serving a `sink` or a `pull_acl` to clients, and no more; or lines for\n"
        "sudoers or doas.conf where the host's zfs is run by sudo or doas. Comments say what for.\n"
        "What a host with `agent on` needs is for the site file there to say: run it on that.\n"
        "No host is contacted.\n"
        "It is for the user who logs in there (`user` of ssh); where the site file names none,\n"
        "for the user who runs this, and for `zrepl` where that is root. --user names another:\n"
        "who serves clients is the user in whose authorized_keys the line for them is.\n"
        "With --verify it looks at the hosts, and prints the lines that are missing, which is\n"
        "exit status 1 (a host that can't be looked at, too), and the `zfs unallow` lines for\n"
        "what that user has and does not need, which alone is exit status 4. What it has by its\n"
        "groups, as everyone, by sets, and from datasets above counts as allowed.",
        "  zrepl allow site.zr\n"
        "  zrepl allow site.zr --user backup\n"
        "  zrepl allow site.zr --verify\n"},
    CommandHelp{
        "serve", "Let a client push to this host or pull from it, and nothing else.",
        "Speaks on stdin and stdout with a client whose site file has this host with `agent on`.\n"
        "sshd starts it: a line in authorized_keys gives the holder of a key this one command.\n"
        "What the client may do is what the `sink IDENTITY` and the `pull_acl IDENTITY` of the\n"
        "site file say. It never gets a shell, destroys or rolls back nothing, and sees nothing\n"
        "else. The system's log has who was served and what was denied.\n"
        "\n"
        "Before it listens it gives up what it does not need: new privileges, other files than\n"
        "those of zfs, other system calls. A wrapper that the site file has as `zfs` needs more,\n"
        "which --may-read and --may-write give it; one that gains privileges (sudo, doas) leaves\n"
        "only the closed descriptors and the empty environment. The log says what is active.",
        "  zrepl serve /etc/zrepl/site.zr office --print-authorized-keys --key office.pub \\\n"
        "    >> ~zrepl/.ssh/authorized_keys\n"},
    CommandHelp{"explain", "What does a code such as ZR1203 mean, and what is to be done?",
                "Shows the page of an error's or a warning's code: what is wrong, why it matters,\n"
                "an example of it, and the same example mended. Without a code: all of them.",
                "  zrepl explain ZR1203\n"
                "  zrepl explain 1203\n"
                "  zrepl explain\n"},
    CommandHelp{"autosnap", "Plan and apply one autosnap job.", job_details,
                "  zrepl autosnap site.zr production\n"
                "  zrepl autosnap site.zr production --dry-run\n"},
    CommandHelp{"push", "Plan and apply one push job.", job_details,
                "  zrepl push site.zr mirror\n"},
    CommandHelp{"pull", "Plan and apply one pull job.", job_details,
                "  zrepl pull site.zr offsite\n"},
    CommandHelp{"prune", "Plan and apply one prune job.", job_details,
                "  zrepl prune site.zr nas --dry-run\n"
                "  zrepl prune site.zr nas\n"},
    CommandHelp{
        "completion", "Completion of commands, options and job names, for a shell.",
        "Prints what makes the shell complete zrepl's command line: commands, options, the jobs\n"
        "and hosts of the site file that was typed, codes, and parts of the built-in library.\n"
        "`cmake --install` puts it where the shells look; without that, one of the examples does.",
        "  zrepl completion fish | source               in ~/.config/fish/config.fish\n"
        "  source <(zrepl completion bash)              in ~/.bashrc\n"
        "  source <(zrepl completion zsh)               in ~/.zshrc, after compinit\n"},
    CommandHelp{
        "complete", "What can come next on a command line; for `completion`.",
        "Prints the words that can stand in the place of the last one, a line each, with a tab\n"
        "and what they mean. Lines that begin with a colon are about what cannot be listed:\n"
        "`:files` (files, with a tab and the ending that they should have) and `:open` (more\n"
        "follows the word, so no blank comes after it).",
        "  zrepl complete -- plan site.zr --j\n"
        "  zrepl complete -- map site.zr ''\n"},
    CommandHelp{
        "man", "The manual pages: zrepl(1), and one for each command.",
        "Prints a page as source text for man(1). `cmake --install` puts all of them where\n"
        "man looks.",
        "  zrepl man plan | man -l -\n"
        "  zrepl man --out ~/.local/share/man/man1\n"},
};

constexpr std::array exit_statuses = {
    Meaning{"0", "done, or nothing to do"},
    Meaning{"1", "could not do it, or was interrupted; `fmt --check`: a file is not formatted"},
    Meaning{"2", "there is something to do (only with --detailed-exitcode)"},
    Meaning{"3", "the policy, the command line or a file given on it is wrong"},
    Meaning{
        "4",
        "finished, but with conflicts, unreachable hosts among them; or refused, since the plan "
        "is over the budget of the site's `limits` (`plan`: only with --detailed-exitcode); "
        "`allow --verify`: more is allowed than needed; `health`: something is not as promised"},
    Meaning{"5", "the saved plan no longer fits the world; nothing was done"},
    Meaning{"6", "another run holds the lock"},
    Meaning{"7", "some steps failed"},
};

constexpr std::array environment_variables = {
    Meaning{"NO_COLOR", "if not empty, nothing is coloured"},
    Meaning{"PATH", "where zfs is looked for on this machine"},
    Meaning{"XDG_STATE_HOME",
            "users other than root: the lock and the journal are in `zrepl` there"},
};

constexpr std::size_t max_width = 88;

// A line for each, longer ones broken.
std::string list_of(std::span<const Meaning> meanings, std::size_t width) {
  std::string text;
  for (const Meaning& meaning : meanings) {
    std::string line = fmt::format("  {:<{}}", meaning.subject, width);
    for (std::string_view rest = meaning.text; !rest.empty();) {
      const std::string_view word = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(word.size() + 1, rest.size()));
      if (line.size() + word.size() > max_width) {
        text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
        line = std::string(width + 2, ' ');
      }
      line.append(word).append(" ");
    }
    line.back() = '\n';
    text += line;
  }
  return text;
}

std::string exit_status_list() { return "Exit status:\n" + list_of(exit_meanings(), 3); }

}  // namespace

std::span<const CommandHelp> all_commands() { return commands; }

const CommandHelp* find_command(std::string_view name) {
  const auto* found = std::find_if(commands.begin(), commands.end(),
                                   [&](const CommandHelp& help) { return help.name == name; });
  return found == commands.end() ? nullptr : found;
}

std::string meant_command(const std::string& name) {
  std::vector<std::string> names;
  names.reserve(commands.size());
  for (const CommandHelp& help : commands) names.emplace_back(help.name);
  const auto meant = nearest_name(name, names);
  return meant ? fmt::format("; did you mean '{}'?", *meant) : std::string();
}

std::span<const Meaning> exit_meanings() { return exit_statuses; }
std::span<const Meaning> environment() { return environment_variables; }

std::string_view introduction() {
  return "zrepl brings ZFS hosts to the state that a site file describes: snapshots, replication,\n"
         "retention. It shows the plan, and does what the plan shows.";
}

std::string_view first_session() {
  return "  zrepl check site.zr        is the file right?\n"
         "  zrepl plan site.zr         what would be done?\n"
         "  zrepl apply site.zr        do it\n";
}

std::string overview() {
  std::string text = fmt::format("{}\n\nUsage: zrepl COMMAND …\n\nCommands:\n", introduction());
  for (const CommandHelp& entry : commands)
    text += fmt::format("  {:<12}{}\n", entry.name, entry.summary);
  text +=
      "\n`zrepl COMMAND --help` explains a command, with examples. `zrepl --version` is this "
      "one's\n"
      "version.\n\nA first session:\n";
  text.append(first_session()).append("\n");
  return text + exit_status_list() + "\nEnvironment:\n" + list_of(environment(), 16);
}

std::string help_of(const CommandHelp& entry, std::string_view usage) {
  return fmt::format("{}\n\n{}\n\n{}\nExamples:\n{}\n{}", entry.summary, entry.details, usage,
                     entry.examples, exit_status_list());
}

}  // namespace zr

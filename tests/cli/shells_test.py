"""Completion in the real shells, and the manual pages as man(1) would read them."""

import os
import pty
import re
import select
import subprocess
import time

from support import SITE, SiteCase, ZREPL

SHELLS = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}


# What a shell runs as zrepl: it answers the completion, and otherwise says how it was called.
RECORDER = f"""\
#!/bin/sh
case $1 in complete | completion) exec '{ZREPL}' "$@" ;; esac
printf '%s\\n' "$@" >called.new
mv called.new called
"""


class Terminal:
    """A shell that someone types into, with zrepl's completion."""

    def __init__(self, shell, folder):
        self.folder = folder
        env = {"PATH": f"{folder}/bin:/usr/bin:/bin", "TERM": "dumb", "HOME": str(folder),
               "LC_ALL": "C.UTF-8"}
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execvpe(SHELLS[shell][0], SHELLS[shell], env)
        if shell == "zsh":
            self.write("autoload -U compinit; compinit -u -D\n")
        self.write(f"source <(zrepl completion {shell}); echo rea''dy\n")
        self.read_until(lambda seen: "ready\r\n" in seen)

    def write(self, text):
        os.write(self.terminal, text.encode())

    def read_until(self, done):
        seen, deadline = "", time.monotonic() + 30
        while not done(seen) and time.monotonic() < deadline:
            if select.select([self.terminal], [], [], 0.02)[0]:
                seen += os.read(self.terminal, 65536).decode(errors="replace")

    def completed(self, line):
        """The words that zrepl gets when the line is typed, then a tab, then return."""
        called = self.folder / "called"
        called.unlink(missing_ok=True)
        self.write(line + "\t\n")
        self.read_until(lambda seen: called.exists())
        return called.read_text().splitlines()

    def close(self):
        os.close(self.terminal)
        os.waitpid(self.pid, 0)


class Completion(SiteCase):
    def setUp(self):
        super().setUp()
        self.make_site()
        self.write("my site.zr", SITE)
        self.write("bin/zrepl", RECORDER).chmod(0o755)

    def terminal(self, shell):
        terminal = Terminal(shell, self.folder)
        self.addCleanup(terminal.close)
        return terminal

    def test_bash_and_zsh_complete_commands_options_files_jobs_and_hosts(self):
        cases = {
            "zrepl expl": ["explain"],
            "zrepl plan --det": ["plan", "--detailed-exitcode"],
            "zrepl check site": ["check", "site.zr"],
            "zrepl check my": ["check", "my site.zr"],
            "zrepl plan site.zr --job pu": ["plan", "site.zr", "--job", "pull.offsite"],
            "zrepl plan site.zr --job=pu": ["plan", "site.zr", "--job=pull.offsite"],
            "zrepl map 'my site.zr' pu": ["map", "my site.zr", "pull.offsite"],
            "zrepl why site.zr va": ["why", "site.zr", "vault:"],
            "zrepl check --format sa": ["check", "--format", "sarif"],
            "zrepl doc std/topo": ["doc", "std/topology"],
            "zrepl plan site.zr --out=pl": ["plan", "site.zr", "--out=plan.json"],
            "zrepl plan it\\'s.zr --job pu": ["plan", "it's.zr", "--job", "pull.offsite"],
            'zrepl plan "it\'s.zr" --job pu': ["plan", "it's.zr", "--job", "pull.offsite"],
            "zrepl plan a\\\"b.zr --job pu": ["plan", 'a"b.zr', "--job", "pull.offsite"],
            "zrepl plan back\\\\slash.zr --job pu": ["plan", "back\\slash.zr", "--job",
                                                     "pull.offsite"],
            "zrepl plan ~/site.zr --job pu": ["plan", f"{self.folder}/site.zr", "--job",
                                              "pull.offsite"],
            "~/bin/zrepl expl": ["explain"],
            "bin/zrepl expl": ["explain"],
            "zrepl check e:": ["check", "e:f.zr"],
            "zrepl check e:f": ["check", "e:f.zr"],
            "zrepl check g=h": ["check", "g=h.zr"],
            "zrepl plan site.zr --out=e:": ["plan", "site.zr", "--out=e:f.zr"],
        }
        for name in ("it's.zr", 'a"b.zr', "back\\slash.zr", "e:f.zr", "g=h.zr", "plan.json"):
            self.write(name, SITE)
        for shell in SHELLS:
            terminal = self.terminal(shell)
            for line, words in cases.items():
                with self.subTest(shell=shell, line=line):
                    self.assertEqual(words, terminal.completed(line))

    def fish(self, line):
        script = f"source (zrepl completion fish | psub); complete -C {line!r}"
        env = dict(os.environ, PATH=f"{self.folder}/bin:/usr/bin:/bin", HOME=str(self.folder))
        done = subprocess.run(["fish", "--no-config", "-c", script], cwd=self.folder, env=env,
                              capture_output=True, text=True, check=True, timeout=60)
        return [found.split("\t")[0] for found in done.stdout.splitlines()]

    def test_fish_completes_them_too(self):
        cases = {
            "zrepl expl": ["explain"],
            "zrepl plan --det": ["--detailed-exitcode"],
            "zrepl check si": ["site.zr"],
            "zrepl plan site.zr --job pu": ["pull.offsite"],
            "zrepl plan site.zr --job=pu": ["--job=pull.offsite"],
            "zrepl map my\\ site.zr pu": ["pull.offsite"],
            "zrepl why site.zr va": ["vault:"],
            "zrepl check --format sa": ["sarif"],
            "zrepl doc std/topo": ["std/topology"],
            "zrepl plan site.zr --job 'pu": ["pull.offsite"],
            "zrepl plan ~/site.zr --job pu": ["pull.offsite"],
            "zrepl plan it\\'s.zr --job pu": ["pull.offsite"],
            "~/bin/zrepl expl": ["explain"],
            "zrepl plan site.zr --out=pl": ["--out=plan.json"],
        }
        self.write("it's.zr", SITE)
        self.write("plan.json", "")
        for line, words in cases.items():
            with self.subTest(line=line):
                self.assertEqual(words, self.fish(line))

    def test_a_pipe_does_not_keep_the_shell_waiting(self):
        os.mkfifo(self.path("pipe.zr"))
        self.assertEqual("", self.expect(0, "complete", "--", "plan", "pipe.zr", "--job", "").out)

    def test_what_stands_on_the_line_is_not_carried_out(self):
        for shell in SHELLS:
            terminal = self.terminal(shell)
            for word in ("$(touch broken)", "`touch broken`"):
                with self.subTest(shell=shell, word=word):
                    # ^U takes the line away before it is run.
                    terminal.write(f"zrepl plan {word} --job p\t\x15")
                    terminal.completed("zrepl expl")
                    self.assertFalse(self.path("broken").exists())


class Manual(SiteCase):
    def test_every_page_is_right_for_groff(self):
        self.expect(0, "man", "--out", "pages")
        pages = sorted(self.path("pages").iterdir())
        self.assertIn("zrepl.1", [page.name for page in pages])
        for page in pages:
            with self.subTest(page=page.name):
                done = subprocess.run(["groff", "-k", "-man", "-Tutf8", "-ww", "-z", str(page)],
                                      capture_output=True, text=True, check=True)
                self.assertEqual("", done.stderr)

    def test_a_page_says_what_help_says(self):
        shown = subprocess.run(["groff", "-k", "-man", "-Tascii", "-P-c"],
                               input=self.expect(0, "man", "plan").out,
                               capture_output=True, text=True, check=True).stdout
        shown = re.sub(".\x08", "", shown)
        for said in ("--detailed-exitcode", "--job KIND.NAME", "EXIT STATUS", "zrepl plan site.zr"):
            self.assertIn(said, shown)

    def test_every_command_has_a_page(self):
        commands = re.findall(r"^  (\w+) +[A-Z]", self.expect(0, "--help").out.split("Commands:")[1]
                              .split("\n\n")[0], re.MULTILINE)
        self.assertGreater(len(commands), 10)
        overview = self.expect(0, "man").out
        for command in commands:
            self.assertIn(f"zrepl\\-{command}", overview)
            self.expect(0, "man", command)

    def test_what_is_no_command_has_none(self):
        self.assert_error(self.zrepl("man", "plam"), 3, "there is no command 'plam'", "plan")
        self.assert_error(self.zrepl("completion", "csh"), 3, "csh", "bash")

"""The README is true: its transcript and its tour are what the commands print, its site file works, its
examples of commands are commands, and its links lead somewhere. ZREPL_ACCEPT=1 rewrites what was
printed, and the test fails all the same when that changed it."""

import os
import re
import shutil
import subprocess
import unittest

from support import EXAMPLES, LIMIT_SECONDS, ROOT, ZREPL, SiteCase

README = ROOT / "README.md"


class Readme(SiteCase):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.text = README.read_text()
        tools = self.path("tools")
        tools.mkdir()
        os.symlink(ZREPL, tools / "zrepl")
        self.tools = f"{tools}:{os.environ['PATH']}"

    def shell(self, command, stderr=subprocess.DEVNULL):
        return subprocess.run(["bash", "-c", command], cwd=self.folder, text=True,
                              env=self.environment(PATH=self.tools), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=stderr, timeout=LIMIT_SECONDS).stdout

    def assert_told(self, told, played):
        if os.environ.get("ZREPL_ACCEPT") == "1":
            README.write_text(README.read_text().replace(told, played))
        self.assertEqual(played, told, "README.md tells another story (ZREPL_ACCEPT=1 rewrites it)")

    def tour(self):
        return self.text[self.text.index("## A tour of the language"):]

    def test_the_transcript_is_what_the_commands_print(self):
        blocks = re.findall(r"```console\n(.*?)```", self.text.replace(self.tour(), ""), re.DOTALL)
        self.assertEqual(1, len(blocks))
        for name in ("site.zr", "world.json"):
            shutil.copy(EXAMPLES / "quickstart" / name, self.folder)
        commands = [line[2:] for line in blocks[0].splitlines() if line.startswith("$ ")]
        self.assertEqual(3, len(commands))
        played = "".join(f"$ {command}\n{self.shell(command)}" for command in commands)
        self.assert_told(blocks[0], played)

    def test_the_tour_can_be_typed_along(self):
        os.symlink(EXAMPLES, self.path("examples"))
        played = 0
        for kind, name, block in re.findall(r"```(zr|console) ?(\S*)\n(.*?)```", self.tour(),
                                            re.DOTALL):
            if kind == "zr":
                with open(self.path(name.removeprefix(">>")),
                          "a" if name.startswith(">>") else "w", encoding="utf-8") as file:
                    file.write(block)
                continue
            commands = [line[2:] for line in block.splitlines() if line.startswith("$ ")]
            told = "".join(f"$ {command}\n{self.shell(command, subprocess.STDOUT)}"
                           for command in commands)
            self.assert_told(block, told)
            played += len(commands)
        self.assertGreater(played, 5)

    def test_the_first_site_file_works_as_it_is(self):
        sites = re.findall(r"```zr\n(.*?)```", self.text.replace(self.tour(), ""), re.DOTALL)
        self.assertEqual(1, len(sites))
        self.write("site.zr", sites[0])
        self.assertIn("ok: site home", self.expect(0, "check", "site.zr").out)
        rehearsal = sites[0].replace("transport local", 'transport sim "world.json"\n  '
                                     'state "state"')
        self.write("site.zr", rehearsal)
        self.write("world.json", '{"format_version": "1.0", "hosts": {"here": {"datasets": ['
                   '{"name": "tank"}, {"name": "tank/data"}, {"name": "tank/data/x"}, '
                   '{"name": "tank/data/scratch"}, {"name": "backup"}]}}}')
        now = "2026-11-22T06:30:00Z"
        self.expect(0, "apply", "site.zr", "--now", now)
        self.expect(0, "plan", "site.zr", "--now", now, "--detailed-exitcode")
        names = [d["name"] for d in self.host_world()["here"]["datasets"]]
        self.assertIn("backup/data/x", names)
        self.assertNotIn("backup/data/scratch", names)

    def test_its_links_lead_somewhere(self):
        for link in re.findall(r"\]\(([^)]+)\)", self.text):
            self.assertTrue((ROOT / link).exists(), link)

    def test_its_commands_and_options_exist(self):
        prose = re.sub(r"```console\n.*?```", "", self.text, flags=re.DOTALL)
        uses = set(re.findall(r"zrepl (check|plan|apply|show|graph|observe|map|why|[a-z]+) "
                              r"(?:site|plan)\.(?:zr|json)((?: --[a-z-]+)*)", prose))
        self.assertGreater(len(uses), 6)
        for command, options in uses:
            help_text = self.expect(0, command, "--help").out
            for option in options.split():
                self.assertIn(option, help_text, f"zrepl {command} {option}")


class Quickstart(SiteCase):
    def test_it_plays_to_its_end(self):
        done = subprocess.run([EXAMPLES / "quickstart" / "run"], cwd="/", text=True,
                              env=self.environment(ZREPL=ZREPL, TMPDIR=str(self.folder)),
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=LIMIT_SECONDS)
        self.assertEqual(0, done.returncode, done.stdout)
        self.assertIn("Nothing to do", done.stdout)
        self.assertEqual([], list(self.folder.iterdir()), "something is left behind")

    def test_its_exit_status_is_honest(self):
        # A zrepl that says that there is still something to do must not look like a success.
        fake = self.write("zrepl", f'#!/bin/sh\n{ZREPL} "$@"; status=$?\n'
                          'case "$*" in *--detailed-exitcode*) exit 2;; esac\nexit $status\n')
        os.chmod(fake, 0o755)
        done = subprocess.run([EXAMPLES / "quickstart" / "run"], text=True,
                              env=self.environment(ZREPL=str(fake)), stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              timeout=LIMIT_SECONDS)
        self.assertEqual(2, done.returncode)


if __name__ == "__main__":
    unittest.main()

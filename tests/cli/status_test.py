"""`zrepl status`: what goes on, from the daemon and from the journal, printed and drawn."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
import unittest

from support import NOW, ROOT, SITE, ZREPL, SiteCase


class Status(SiteCase):
    def setUp(self):
        super().setUp()
        self.make_site(SITE.replace("every 1h", "every 1d"))

    def begin(self):
        """Its log has a reader, or it would wait for one."""
        log = open(self.path("log"), "ab")
        self.addCleanup(log.close)
        process = subprocess.Popen([ZREPL, "daemon", "site.zr"], cwd=self.folder,
                                   env=self.environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=log)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.wait_for(self.path("state/office.socket"))
        return process

    def daemon(self):
        process = self.begin()
        self.expect(0, "wake", "site.zr", "prune.nas", "--wait")
        return process

    def fits_schema(self, out):
        self.write("status.json", out)
        fits = subprocess.run([sys.executable, ROOT / "tests" / "schema_test.py", "--strict",
                               self.path("status.json")], capture_output=True, text=True)
        self.assertEqual(0, fits.returncode, fits.stdout + fits.stderr)
        return json.loads(out)

    def test_without_a_daemon_the_journal_and_the_hosts_are_asked(self):
        out = self.expect(0, "status", "site.zr", "--no-hosts").out
        self.assertEqual("site office (site.zr): no daemon runs\n"
                         "its journal tells of no run that has ended\n", out)
        self.expect(0, "apply", "site.zr", "--now", NOW)
        out = self.expect(4, "status", "site.zr").out
        self.assertRegex(out, r"the last run that had something to do ended 0:0\d ago: \d+ done\n")
        self.assertIn("critical: site office", out)
        self.assertIn("help: ", out)
        told = self.fits_schema(self.expect(4, "status", "site.zr", "--json").out)
        self.assertIsNone(told["daemon"])
        self.assertGreater(told["last_run"]["outcomes"]["done"], 0)
        self.assertEqual("critical", told["health"]["status"])
        self.assertTrue(told["health"]["findings"][0]["message"])

    def test_a_daemon_says_what_it_does(self):
        process = self.daemon()
        self.expect(0, "pause", "site.zr", "pull.offsite")
        out = self.expect(0, "status", "site.zr").out
        self.assertRegex(out, rf"a daemon runs for 0:\d\d, pid {process.pid}\n")
        self.assertRegex(out, r"autosnap.production +waiting +in \S+ +0:\d\d ago +0:0\d +done\n")
        self.assertRegex(out, r"pull.offsite +paused +- ")
        self.assertIn("ok: site office", out)
        told = self.fits_schema(self.expect(0, "status", "site.zr", "--json").out)
        self.assertEqual(process.pid, told["daemon"]["pid"])
        self.assertEqual(["autosnap.production", "prune.nas", "pull.offsite"],
                         sorted(j["job"] for j in told["daemon"]["jobs"]))
        self.write("site.zr", SITE)
        out = self.expect(0, "status", "site.zr", "--no-hosts").out
        self.assertIn(f"kill -HUP {process.pid}\n", out)

    def test_many_jobs_are_told_of_whole(self):
        jobs = "".join(f'prune extra{n} {{ on nas; datasets {{ tank/db -> ok }}; every 52w; '
                       f'snapshots {{ prefix "none{n}_" }}; keep last 1 }}\n' for n in range(1500))
        self.write("site.zr", SITE + jobs)
        self.begin()
        told = json.loads(self.expect(0, "status", "site.zr", "--json", "--no-hosts").out)
        self.assertEqual(1503, len(told["daemon"]["jobs"]))

    def test_it_is_drawn_on_a_terminal_and_follows_its_size(self):
        self.daemon()
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        self.resize(ours, 24, 80)
        process = subprocess.Popen([ZREPL, "status", "site.zr", "--watch"], cwd=self.folder,
                                   env=self.environment(), stdin=theirs, stdout=theirs,
                                   stderr=subprocess.DEVNULL)
        os.close(theirs)
        drawn = self.drawn(ours, "ok: site office")
        self.assertLessEqual(max(map(len, drawn)), 80)
        self.assertIn("autosnap.production", "\n".join(drawn))
        self.resize(ours, 4, 30)
        drawn = self.drawn(ours, "more lines")
        self.assertEqual(4, len(drawn))
        self.assertLessEqual(max(map(len, drawn)), 30)
        process.send_signal(signal.SIGINT)
        self.assertEqual(0, process.wait(20))
        self.assertIn("\x1b[?25h\x1b[?1049l", self.read(ours))

    @staticmethod
    def resize(terminal, rows, columns):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    @staticmethod
    def read(terminal):
        if not select.select([terminal], [], [], 0.1)[0]:
            return ""
        try:
            return os.read(terminal, 1 << 16).decode()
        except OSError:
            return ""

    def drawn(self, terminal, text):
        """The lines of a screen that has this text on it."""
        seen, end = "", time.monotonic() + 20
        while time.monotonic() < end:
            seen += self.read(terminal)
            for screen in seen.split("\x1b[H")[1:]:
                if text in screen and "\x1b[J" in screen:
                    return re.sub(r"\x1b\[[KJ]", "", screen.split("\x1b[J")[0]).splitlines()
        self.fail(f"'{text}' was not drawn: {seen!r}")

    def test_what_is_wrong_is_said(self):
        self.assert_error(self.zrepl("status"), 3, "SITE", "zrepl status --help")
        self.assert_error(self.zrepl("status", "none.zr"), 3, "none.zr")
        self.assert_error(self.zrepl("status", "site.zr", "--watch"), 3, "terminal")
        self.assert_error(self.zrepl("status", "site.zr", "--watch", "--json"), 3, "--watch")


if __name__ == "__main__":
    unittest.main()

"""Input of every bad kind: a clear error that names the thing, the status of the page, no crash."""

import json
import os
import signal
import subprocess
import time
import unittest

from support import NOW, ZREPL, SiteCase, world


class SiteFiles(SiteCase):
    def test_missing_unreadable_and_not_a_file(self):
        self.assert_error(self.zrepl("check", "gone.zr"), 3, "gone.zr", "No such file")
        self.path("folder").mkdir()
        self.assert_error(self.zrepl("check", "folder"), 3, "folder", "directory")
        self.assert_error(self.zrepl("check", ""), 3, "cannot read")
        os.chmod(self.write("secret.zr", ""), 0)
        os.chmod(self.folder, 0o755)
        self.assert_error(self.zrepl_unprivileged("check", "secret.zr"), 3, "secret.zr",
                          "Permission denied")

    def test_binary(self):
        for name, data in (("zeros.zr", bytes(1000)), ("random.zr", bytes(range(256)) * 64),
                           ("utf16.zr", "site office\n".encode("utf-16")),
                           ("elf.zr", b"\x7fELF\x02\x01\x01" + bytes(64))):
            self.write(name, data)
            result = self.zrepl("check", name)
            self.assert_error(result, 3, name + ":1:")
            self.assertLess(len(result.err), 1 << 20)
            self.assertFalse(set("\x00\x1b\x7f") & set(result.err), "control characters in errors")

    def test_enormous(self):
        with open(self.path("huge.zr"), "wb") as huge:
            huge.truncate((64 << 20) + 1)
        for command in ("check", "plan", "apply", "graph"):
            self.assert_error(self.zrepl(command, "huge.zr"), 3, "huge.zr", "64")

    def test_endless(self):
        self.assert_error(self.zrepl("check", "/dev/zero"), 3, "/dev/zero", "64")

    def test_waiting_for_a_pipe_ends_with_the_first_signal(self):
        os.mkfifo(self.path("pipe.zr"))
        waiting = subprocess.Popen([ZREPL, "check", "pipe.zr"], cwd=self.folder)
        time.sleep(0.2)
        waiting.terminate()
        self.assertEqual(-signal.SIGTERM, waiting.wait(timeout=60))

    def test_deeply_nested(self):
        for text in ("rules a " + "{ " * 100_000, "let x = " + "[" * 100_000,
                     "host h { " * 50_000 + "} " * 50_000, "(" * 1_000_000):
            self.write("deep.zr", text)
            self.assert_error(self.zrepl("check", "deep.zr"), 3, "deep.zr")

    def test_deeply_nested_json(self):
        self.make_site()
        self.write("deep.json", '{"format_version": "1.0", "hosts": ' + "[" * 1_000_000)
        self.assert_error(self.zrepl("plan", "site.zr", "--world", "deep.json"), 3, "deep.json")
        self.assert_error(self.zrepl("show", "deep.json"), 3, "deep.json")
        self.assert_error(self.zrepl("apply", "deep.json"), 3, "deep.json")


class SimFiles(SiteCase):
    def conflict(self, *pieces):
        """A sim file that is no good is a host that can't be reached."""
        plan = self.plan_json("site.zr", "--now", NOW)
        messages = "\n".join(c["message"] + c["help"] for c in plan["conflicts"])
        self.assertIn("host_unreachable", [c["kind"] for c in plan["conflicts"]])
        for piece in pieces:
            self.assertIn(piece, messages)
        self.assertEqual([], plan["steps"])
        self.expect(4, "apply", "site.zr", "--now", NOW)

    def test_missing(self):
        self.make_site()
        self.path("world.json").unlink()
        self.conflict("world.json")
        self.assertFalse(self.path("world.json").exists())

    def test_broken(self):
        self.make_site()
        for text in ("", "{", "[]", "\x00", '{"format_version": "1.0", "hosts": 7}'):
            self.write("world.json", text)
            self.conflict("world.json")
            self.assertEqual(text, self.path("world.json").read_text(), "a broken file was changed")

    def test_of_another_version(self):
        self.make_site()
        self.write("world.json", json.dumps({**world(), "format_version": "2.0"}))
        self.conflict("world.json", "2.0")

    def test_without_the_host(self):
        document = world()
        del document["hosts"]["vault"]
        self.make_site(made_of=document)
        plan = self.plan_json("site.zr", "--now", NOW)
        self.assertEqual({"host_unreachable"}, {c["kind"] for c in plan["conflicts"]})

    def test_a_folder(self):
        self.make_site()
        self.path("world.json").unlink()
        self.path("world.json").mkdir()
        self.conflict("world.json")


if __name__ == "__main__":
    unittest.main()

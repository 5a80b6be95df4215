"""A local host whose zfs is a script: absent, failing, talking nonsense, hanging."""

import os
import signal
import time
import unittest

from support import SiteCase

LOCAL = """\
site here

host box {
  transport local
  zfs [%s]
  state "state"
}

autosnap all {
  on box
  datasets { tank< -> ok }
  prefix "zrepl_"
  every 1h
}
"""


class BadZfs(SiteCase):
    def use(self, *argv):
        self.write("site.zr", LOCAL % ", ".join(f'"{a}"' for a in argv))

    def use_script(self, text):
        script = self.write("zfs", "#!/bin/sh\n" + text)
        os.chmod(script, 0o755)
        self.use(str(script))

    def unreachable(self, *pieces, options=()):
        plan = self.plan_json("site.zr", *options)
        self.assertEqual(["host_unreachable"], [c["kind"] for c in plan["conflicts"]])
        said = plan["conflicts"][0]["message"] + plan["conflicts"][0]["help"]
        for piece in pieces:
            self.assertIn(piece, said)
        self.expect(4, "apply", "site.zr", *options)
        result = self.expect(4, "observe", "site.zr", *options)
        self.assertIn("box", result.err)

    def test_absent(self):
        self.use("/no/such/zfs")
        self.unreachable("/no/such/zfs")

    def test_failing(self):
        self.use_script("echo 'cannot open /dev/zfs: Permission denied' >&2; exit 1\n")
        self.unreachable("Permission denied")

    def test_nonsense(self):
        for text in ("echo hello\n", "printf '\\001\\377\\000\\n'\n", "printf 'a\\tb\\tc\\n'\n",
                     "head -c 3000000 /dev/urandom\n", "kill -SEGV $$\n"):
            self.use_script(text)
            self.unreachable()

    def test_hanging(self):
        self.use_script("echo $$ >>pids; exec sleep 1000\n")
        begun = time.monotonic()
        self.unreachable("did not end in time", options=("--zfs-timeout", "1s"))
        self.assertLess(time.monotonic() - begun, 30)
        self.no_process_left()

    def test_interrupted_while_it_hangs(self):
        for sign in (signal.SIGINT, signal.SIGTERM):
            self.use_script("echo $$ >>pids; exec sleep 1000\n")
            process = self.start("apply", "site.zr")
            self.wait_for(self.path("pids"))
            process.send_signal(sign)
            out, err = process.communicate(timeout=30)
            self.assertEqual(1, process.returncode, err)
            self.assertIn("nothing was done", err)
            self.no_process_left()
            self.assertEqual("", (self.path("state") / "here.lock").read_text())
            self.path("pids").unlink()

    def no_process_left(self):
        for pid in self.path("pids").read_text().split():
            self.assertFalse(os.path.exists(f"/proc/{pid}"), f"zfs is left running as {pid}")


if __name__ == "__main__":
    unittest.main()

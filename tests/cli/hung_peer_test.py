"""A machine that stops to answer in the middle of a stream, while its connections stay open."""

import os
import signal
import unittest

from sshd import SshCase


class HungPeer(SshCase):
    def test_it_is_noticed_in_half_a_minute_and_the_same_apply_comes_to_its_end(self):
        first = self.path("first")
        self.write_zfs("vault", f"if [ $1 = receive ] && [ ! -e {first} ]; then touch {first}; sleep 1000; fi\n")
        self.use_transports("transport local", self.sshd.transport())
        process = self.start("apply", "site.zr")
        self.wait_for(first)
        for pid in self.sshd.descendants():
            os.kill(pid, signal.SIGSTOP)
        out, err = process.communicate(timeout=120)
        self.assertEqual(0, process.returncode, out + err)
        self.assertIn("the other end has said nothing for 25 s", out + err)
        self.assertTrue(self.plan_json("site.zr")["noop"])


if __name__ == "__main__":
    unittest.main()

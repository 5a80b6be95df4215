"""Hosts that are reached by ssh: a real sshd on the loopback, and behind it a zfs over simulated pools."""

import time
import unittest

from sshd import SshCase


class Ssh(SshCase):
    def test_from_here_to_a_host_and_back_and_between_two_hosts(self):
        by_ssh = self.sshd.transport()
        for nas, vault in (("transport local", by_ssh), (by_ssh, "transport local"),
                           (by_ssh, by_ssh)):
            with self.subTest(nas=nas, vault=vault):
                self.make_site()
                self.use_transports(nas, vault)
                self.assert_converges()

    def test_a_host_that_only_a_command_reaches(self):
        by_command = self.sshd.command()
        for nas, vault in (("transport local", by_command), (by_command, "transport local"),
                           (by_command, by_command)):
            with self.subTest(nas=nas, vault=vault):
                self.make_site()
                self.use_transports(nas, vault)
                self.assert_converges()
        self.sshd.stop()
        plan = self.plan_json("site.zr")
        self.assertIn("Connection refused", plan["conflicts"][0]["message"])

    def test_an_apply_logs_in_once_for_each_slot_that_it_uses(self):
        self.use_transports("transport local", self.sshd.transport() + "\n  slots 1")
        self.expect(0, "apply", "site.zr")
        self.assertEqual(1, self.sshd.logins())

    def test_what_is_cut_goes_on_where_it_was(self):
        by_ssh = self.sshd.transport()
        for pause in (0.05, 0.15, 0.25, 0.35, 0.5):
            with self.subTest(pause=pause):
                self.make_site()
                self.use_transports(by_ssh, by_ssh)
                process = self.start("apply", "site.zr")
                time.sleep(pause)
                self.sshd.cut()
                process.communicate(timeout=60)
                self.assert_converges()

    def test_a_host_whose_key_is_not_known_is_a_conflict_with_the_way_out(self):
        self.path("sshd/known_hosts").write_text("")
        self.use_transports("transport local", self.sshd.transport())
        plan = self.plan_json("site.zr")
        self.assertEqual(["host_unreachable"], [c["kind"] for c in plan["conflicts"]])
        said = plan["conflicts"][0]["message"] + plan["conflicts"][0]["help"]
        for piece in ("known_hosts", "SHA256:", "ssh-keygen -lf"):
            self.assertIn(piece, said)
        self.expect(4, "apply", "site.zr")
        self.assertEqual("", self.path("sshd/known_hosts").read_text())

    def test_a_host_that_is_down_does_not_stop_the_others(self):
        self.sshd.stop()
        self.use_transports("transport local", self.sshd.transport())
        result = self.expect(4, "apply", "site.zr")
        self.assertIn("Connection refused", result.out)
        names = [v["name"] for d in self.host_world()["nas"]["datasets"] if d["name"] == "tank/db"
                 for v in d["versions"]]
        self.assertTrue(len(names) > 3)


if __name__ == "__main__":
    unittest.main()

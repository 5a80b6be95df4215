"""Hosts that are reached by ssh: a real sshd on the loopback, and behind it a zfs over simulated pools."""

import getpass
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import unittest

from support import SITE, SiteCase, ZREPL

SIM_ZFS = os.environ.get("ZREPL_SIM_ZFS", str(pathlib.Path(ZREPL).parent / "tests/sim_zfs/zfs"))


class Sshd:
    """With throw-away keys in its folder; lets in the user who runs the tests."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        for key in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key],
                           check=True)
        shutil.copy(folder / "user.pub", folder / "authorized_keys")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        key = (folder / "host.pub").read_text()
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {key}")
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        # Nobody's profile is read: HOME is another.
        (folder / "sshd_config").write_text(
            f"ListenAddress 127.0.0.1:{self.port}\nHostKey {folder}/host\n"
            f"AuthorizedKeysFile {folder}/authorized_keys\nPidFile none\nStrictModes no\nUsePAM no\n"
            f"PrintMotd no\nSetEnv HOME={folder}\n")
        with open(folder / "log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                ["/usr/sbin/sshd", "-D", "-e", "-f", folder / "sshd_config"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        raise RuntimeError((folder / "log").read_text())

    def transport(self):
        return (f'transport ssh {{ address "127.0.0.1"; port {self.port}; user "{getpass.getuser()}"; '
                'identity_file "sshd/user"; known_hosts "sshd/known_hosts" }')

    def command(self):
        """The same by ssh(1)."""
        argv = ["ssh", "-F", "none", "-p", str(self.port), "-i", f"{self.folder}/user",
                "-o", f"UserKnownHostsFile={self.folder}/known_hosts", "-o", "BatchMode=yes",
                "-l", getpass.getuser(), "127.0.0.1"]
        return "transport command [" + ", ".join(f'"{word}"' for word in argv) + "]"

    def logins(self):
        return (self.folder / "log").read_text().count("Accepted publickey")

    def descendants(self):
        found = [self.process.pid]
        for pid in found:
            try:
                children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text()
            except OSError:
                continue
            found += [int(child) for child in children.split()]
        return found[1:]

    def cut(self):
        """Every connection, and what runs behind it; new ones are welcome."""
        for pid in self.descendants():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def stop(self):
        self.cut()
        self.process.kill()
        self.process.wait()


class Ssh(SiteCase):
    def setUp(self):
        super().setUp()
        self.make_site()
        self.sshd = Sshd(self.path("sshd"))
        self.addCleanup(self.sshd.stop)
        for host in ("nas", "vault"):
            self.write(f"zfs-{host}", "#!/bin/sh\n"
                       f"export ZREPL_SIM_FILE={self.path('world.json')} ZREPL_SIM_HOST={host}\n"
                       f"exec {SIM_ZFS} \"$@\"\n").chmod(0o755)

    def use(self, nas, vault):
        """The site of all tests, with these transports, and a zfs for those that run one."""
        # The clock is the real one, which must not come to the next slot meanwhile.
        site = SITE.replace("every 1h", "every 7d")
        for host, transport in (("nas", nas), ("vault", vault)):
            site = site.replace(f'host {host} {{\n  transport sim "world.json"',
                                f'host {host} {{\n  {transport}\n  zfs ["{self.path("zfs-" + host)}"]')
        self.write("site.zr", site)

    def assert_converges(self):
        self.expect(0, "apply", "site.zr")
        self.assertTrue(self.plan_json("site.zr")["noop"])
        vault = {d["name"] for d in self.host_world()["vault"]["datasets"]}
        self.assertIn("backup/db", vault)

    def test_from_here_to_a_host_and_back_and_between_two_hosts(self):
        by_ssh = self.sshd.transport()
        for nas, vault in (("transport local", by_ssh), (by_ssh, "transport local"),
                           (by_ssh, by_ssh)):
            with self.subTest(nas=nas, vault=vault):
                self.make_site()
                self.use(nas, vault)
                self.assert_converges()

    def test_a_host_that_only_a_command_reaches(self):
        by_command = self.sshd.command()
        for nas, vault in (("transport local", by_command), (by_command, "transport local"),
                           (by_command, by_command)):
            with self.subTest(nas=nas, vault=vault):
                self.make_site()
                self.use(nas, vault)
                self.assert_converges()
        self.sshd.stop()
        plan = self.plan_json("site.zr")
        self.assertIn("Connection refused", plan["conflicts"][0]["message"])

    def test_an_apply_logs_in_once_for_each_slot_that_it_uses(self):
        self.use("transport local", self.sshd.transport() + "\n  slots 1")
        self.expect(0, "apply", "site.zr")
        self.assertEqual(1, self.sshd.logins())

    def test_what_is_cut_goes_on_where_it_was(self):
        by_ssh = self.sshd.transport()
        for pause in (0.05, 0.15, 0.25, 0.35, 0.5):
            with self.subTest(pause=pause):
                self.make_site()
                self.use(by_ssh, by_ssh)
                process = self.start("apply", "site.zr")
                time.sleep(pause)
                self.sshd.cut()
                process.communicate(timeout=60)
                self.assert_converges()

    def test_a_host_whose_key_is_not_known_is_a_conflict_with_the_way_out(self):
        self.path("sshd/known_hosts").write_text("")
        self.use("transport local", self.sshd.transport())
        plan = self.plan_json("site.zr")
        self.assertEqual(["host_unreachable"], [c["kind"] for c in plan["conflicts"]])
        said = plan["conflicts"][0]["message"] + plan["conflicts"][0]["help"]
        for piece in ("known_hosts", "SHA256:", "ssh-keygen -lf"):
            self.assertIn(piece, said)
        self.expect(4, "apply", "site.zr")
        self.assertEqual("", self.path("sshd/known_hosts").read_text())

    def test_a_host_that_is_down_does_not_stop_the_others(self):
        self.sshd.stop()
        self.use("transport local", self.sshd.transport())
        result = self.expect(4, "apply", "site.zr")
        self.assertIn("Connection refused", result.out)
        names = [v["name"] for d in self.host_world()["nas"]["datasets"] if d["name"] == "tank/db"
                 for v in d["versions"]]
        self.assertTrue(len(names) > 3)


if __name__ == "__main__":
    unittest.main()

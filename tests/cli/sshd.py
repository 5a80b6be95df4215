"""A real sshd for the tests, and sites whose hosts are reached through it."""

import getpass
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time

from support import SiteCase


class Sshd:
    """With throw-away keys in its folder; lets in the user who runs the tests."""

    def __init__(self, folder, address="127.0.0.1", inside=()):
        """`inside`: the command that runs others where the address is."""
        self.folder = folder
        self.address = address
        folder.mkdir()
        for key in ("host", "user"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / key],
                           check=True)
        shutil.copy(folder / "user.pub", folder / "authorized_keys")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        key = (folder / "host.pub").read_text()
        (folder / "known_hosts").write_text(f"[{address}]:{self.port} {key}")
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        # Nobody's profile is read: HOME is another.
        (folder / "sshd_config").write_text(
            f"ListenAddress {address}:{self.port}\nHostKey {folder}/host\n"
            f"AuthorizedKeysFile {folder}/authorized_keys\nPidFile none\nStrictModes no\nUsePAM no\n"
            f"PrintMotd no\nSetEnv HOME={folder}\n")
        with open(folder / "log", "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                [*inside, "/usr/sbin/sshd", "-D", "-e", "-f", folder / "sshd_config"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex((address, self.port)) == 0:
                    return
            time.sleep(0.01)
        raise RuntimeError((folder / "log").read_text())

    def transport(self, port=None):
        """By way of another port, perhaps, at which something hands everything on."""
        if port:
            key = (self.folder / "host.pub").read_text()
            with open(self.folder / "known_hosts", "a", encoding="utf-8") as known:
                known.write(f"[{self.address}]:{port} {key}")
        return (f'transport ssh {{ address "{self.address}"; port {port or self.port}; user "{getpass.getuser()}"; '
                'identity_file "sshd/user"; known_hosts "sshd/known_hosts" }')

    def command(self):
        """The same by ssh(1)."""
        argv = ["ssh", "-F", "none", "-p", str(self.port), "-i", f"{self.folder}/user",
                "-o", f"UserKnownHostsFile={self.folder}/known_hosts", "-o", "BatchMode=yes",
                "-l", getpass.getuser(), self.address]
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


class SshCase(SiteCase):
    def setUp(self):
        super().setUp()
        self.make_site()
        self.sshd = self.start_sshd()
        self.addCleanup(self.sshd.stop)
        for host in ("nas", "vault"):
            self.write_zfs(host)

    def start_sshd(self):
        return Sshd(self.path("sshd"))

    def assert_converges(self):
        self.expect(0, "apply", "site.zr")
        self.assertTrue(self.plan_json("site.zr")["noop"])
        vault = {d["name"] for d in self.host_world()["vault"]["datasets"]}
        self.assertIn("backup/db", vault)

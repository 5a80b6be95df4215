"""Networks that fail: cut at any byte, slow, silent."""

import os
import random
import socket
import subprocess
import threading
import unittest

from sshd import Sshd, SshCase


class Forwarder:
    """Hands everything on to a port. Its first connections are cut after so many bytes each."""

    def __init__(self, port, cuts):
        self.port_behind = port
        self.cuts = list(cuts)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.port_behind))
            left = [self.cuts.pop(0) if self.cuts else None]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self.hand_on, args=(one, other, left), daemon=True).start()

    def hand_on(self, one, other, left):
        try:
            while data := one.recv(4096):
                if left[0] is not None:
                    data = data[:max(left[0], 0)]
                    left[0] -= len(data)
                other.sendall(data)
                if left[0] is not None and left[0] <= 0:
                    break
        except OSError:
            pass
        for end in (one, other):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.server.close()


class Cut(SshCase):
    def test_cut_at_any_byte_the_same_apply_comes_to_its_end(self):
        seed = int(os.environ.get("ZREPL_SEED", "20261127"))
        chance = random.Random(seed)
        for turn in range(8):
            # Of an apply: logging in takes some 6,000 bytes, looking 2,000, the stream 70,000.
            cuts = [chance.randrange(9000, 90_000) for _ in range(chance.randrange(1, 4))]
            with self.subTest(seed=seed, turn=turn, cuts=cuts):
                self.make_site()
                forwarder = Forwarder(self.sshd.port, cuts)
                self.addCleanup(forwarder.stop)
                self.use_transports("transport local", self.sshd.transport(forwarder.port) + "\n  slots 1")
                # Cut while it only looks, the host is one that can't be reached.
                status = self.zrepl("apply", "site.zr").status
                self.assertIn(status, (0, 4))
                if status == 4:
                    self.assertLess(min(cuts), 20_000)
                self.assert_converges()


class SlowLink(SshCase):
    """A network namespace behind a link of 4 Mbit/s."""

    NAME = f"zrepl-{os.getpid()}"
    NEAR, FAR = "198.51.100.1", "198.51.100.2"

    def run_all(self, *commands):
        for command in commands:
            done = subprocess.run(command.split(), capture_output=True, text=True)
            if done.returncode != 0:
                self.skipTest(f"{command}: {done.stderr.strip()}")

    def start_sshd(self):
        name = self.NAME
        link = f"zr{os.getpid()}"[:13]
        self.addCleanup(subprocess.run, ["ip", "netns", "del", name], capture_output=True)
        self.run_all(f"ip netns add {name}",
                     f"ip link add {link}a type veth peer name {link}b netns {name}",
                     f"ip addr add {self.NEAR}/30 dev {link}a",
                     f"ip link set {link}a up",
                     f"ip netns exec {name} ip addr add {self.FAR}/30 dev {link}b",
                     f"ip netns exec {name} ip link set {link}b up",
                     f"ip netns exec {name} ip link set lo up")
        for where in (f"tc qdisc add dev {link}a", f"ip netns exec {name} tc qdisc add dev {link}b"):
            self.run_all(where + " root tbf rate 4mbit burst 16kbit latency 400ms")
        return Sshd(self.path("sshd"), self.FAR, ("ip", "netns", "exec", name))

    def test_both_ways_over_a_slow_link(self):
        for nas, vault in (("transport local", self.sshd.transport()),
                           (self.sshd.transport(), "transport local")):
            with self.subTest(nas=nas):
                self.make_site()
                self.use_transports(nas, vault)
                self.assert_converges()


if __name__ == "__main__":
    unittest.main()

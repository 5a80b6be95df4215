"""`zrepl daemon`, `wake`, `pause` and `resume`: jobs over time, on simulated hosts and the real clock."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import unittest

from support import SITE, ZREPL, SiteCase

# Once a day at a second that is not near: what runs in a test runs because it never did.
DAILY = SITE.replace("every 1h", "every 1d")


class Daemon(SiteCase):
    def setUp(self):
        super().setUp()
        self.make_site(DAILY)

    def begin(self, site="site.zr", command=None, **more):
        log = open(self.path("log"), "ab")
        self.addCleanup(log.close)
        environment = {**self.environment(), **more.pop("env", {})}
        process = subprocess.Popen(command or [ZREPL, "daemon", site], cwd=self.folder,
                                   env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=log, **more)

        def end():
            if process.poll() is None:
                process.kill()
            process.wait()
        self.addCleanup(end)
        return process

    def log(self):
        return self.path("log").read_text()

    def until(self, true, what):
        end = time.monotonic() + 20
        while not true():
            self.assertLess(time.monotonic(), end, f"{what}; the log:\n{self.log()}")
            time.sleep(0.02)

    def until_logged(self, text, times=1):
        self.until(lambda: self.log().count(text) >= times, f"no '{text}' in time")

    def end(self, process):
        process.send_signal(signal.SIGTERM)
        self.assertEqual(0, process.wait(20), self.log())

    def ran(self):
        """Begins a daemon, and waits for the run that a site has in its first moment."""
        process = self.begin()
        self.until_logged("steps done")
        return process

    def newest(self, host, dataset):
        for each in self.host_world()[host]["datasets"]:
            if each["name"] == dataset:
                return each["versions"][-1]["name"] if each.get("versions") else None
        return None

    def talk(self, data):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(20)
            client.connect(str(self.path("state/office.socket")))
            client.sendall(data)
            return client.makefile().readline()

    def test_every_job_runs_with_what_follows_it(self):
        process = self.ran()
        self.assertIn("autosnap.production: every 1d, then pull.offsite, prune.nas\n", self.log())
        self.assertIn("steps done, 0 failed", self.log())
        self.assertEqual(self.newest("nas", "tank/db"), self.newest("vault", "backup/db"))
        names = [v["name"] for v in self.host_world()["nas"]["datasets"][1]["versions"]
                 if v["type"] == "snapshot"]
        self.assertEqual(2, len(names))
        self.assertEqual(0o600, self.path("state/office.socket").stat().st_mode & 0o777)
        self.end(process)
        self.assertFalse(self.path("state/office.socket").exists())
        self.assertIn("1 run\n", self.expect(0, "history", "site.zr").out)

    def test_meanwhile_nobody_else_applies_the_site(self):
        process = self.ran()
        self.assert_error(self.zrepl("apply", "site.zr"), 6, "zrepl daemon site.zr", "zrepl wake")
        self.assert_error(self.zrepl("daemon", "site.zr"), 6, "locked")
        self.expect(0, "plan", "site.zr")
        self.end(process)
        self.expect(0, "apply", "site.zr")

    def test_what_ran_is_not_run_again_by_a_restart(self):
        self.end(self.ran())
        process = self.begin()
        self.until_logged("autosnap.production: every 1d", 2)
        self.expect(0, "wake", "site.zr", "prune.nas", "--wait")
        self.assertEqual(1, self.log().count("steps done"), self.log())
        self.end(process)

    def test_wake_waits_for_the_status_of_the_run(self):
        process = self.ran()
        self.expect(0, "wake", "site.zr", "autosnap.production", "--wait")
        world = json.loads(self.path("world.json").read_text())
        del world["hosts"]["vault"]
        self.write("world.json", json.dumps(world))
        self.expect(4, "wake", "site.zr", "pull.offsite", "--wait")
        self.assertIn("pull.offsite: vault: ", self.log())
        self.expect(0, "wake", "site.zr", "pull.offsite")
        self.assert_error(self.zrepl("wake", "site.zr", "pull.ofsite"), 3, "pull.offsite")
        self.end(process)
        self.assert_error(self.zrepl("wake", "site.zr", "pull.offsite"), 1, "no daemon")

    def test_what_is_over_budget_waits_for_somebody(self):
        self.write("site.zr", DAILY + "limits {\n  create none\n}\n")
        process = self.begin()
        self.until_logged("over budget")
        allow = re.search(r"if all of it is meant: zrepl (wake site.zr autosnap.production "
                          r"--allow-budget [0-9a-f]+)", self.log())
        self.assertTrue(allow, self.log())
        self.expect(4, "wake", "site.zr", "autosnap.production", "--wait")
        self.expect(4, "wake", "site.zr", "autosnap.production", "--wait", "--allow-budget", "cafe")
        self.expect(0, *allow.group(1).split(), "--wait")
        self.assertEqual(self.newest("nas", "tank/db"), self.newest("vault", "backup/db"))
        self.end(process)

    def test_a_pause_outlives_the_daemon(self):
        self.write("site.zr", SITE.replace("every 1h", "every 1s"))
        process = self.begin()
        self.until_logged("steps done", 2)
        self.expect(0, "pause", "site.zr", "autosnap.production")
        self.end(process)
        before = self.newest("nas", "tank/db")
        process = self.begin()
        self.expect_listening()
        self.expect(0, "wake", "site.zr", "prune.nas", "--wait")
        time.sleep(1.5)
        self.assertEqual(before, self.newest("nas", "tank/db"))
        self.expect(0, "resume", "site.zr", "autosnap.production")
        self.until(lambda: self.newest("nas", "tank/db") != before, "nothing new")
        self.end(process)

    def expect_listening(self):
        self.until(lambda: self.path("state/office.socket").exists(), "no socket")

    def test_the_policy_is_read_again_where_it_is_right(self):
        process = self.ran()
        self.write("site.zr", DAILY.replace("every 1d", "every nonsense"))
        process.send_signal(signal.SIGHUP)
        self.until_logged("the policy stays as it was")
        self.assertIn("site.zr:16:9", self.log())
        self.write("site.zr", DAILY.replace("site office", "site other"))
        process.send_signal(signal.SIGHUP)
        self.until_logged("called other now")
        self.write("site.zr", DAILY.replace('"state"', '"elsewhere"'))
        process.send_signal(signal.SIGHUP)
        self.until_logged("restart is needed")
        self.write("site.zr", DAILY.replace("autosnap production", "autosnap renamed"))
        process.send_signal(signal.SIGHUP)
        self.until_logged("autosnap.renamed: every 1d")
        self.until_logged("autosnap.renamed")
        self.write("site.zr", DAILY)
        process.send_signal(signal.SIGHUP)
        self.until_logged("autosnap.production: every 1d", 2)
        self.end(process)

    def test_a_killed_daemon_leaves_nothing_in_the_way(self):
        process = self.ran()
        process.kill()
        process.wait()
        self.assertTrue(self.path("state/office.socket").exists())
        process = self.begin()
        self.until_logged("autosnap.production: every 1d", 2)
        self.until(lambda: self.zrepl("wake", "site.zr", "prune.nas", "--wait").status == 0, "no")
        self.end(process)

    def test_systemd_is_told_and_watches(self):
        told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(told.close)
        told.bind(str(self.path("notify")))
        told.settimeout(20)
        process = self.begin(env={"NOTIFY_SOCKET": str(self.path("notify")),
                                  "WATCHDOG_USEC": "200000"})
        self.assertIn("READY=1", told.recv(4096).decode())
        for _ in range(3):
            while told.recv(4096) != b"WATCHDOG=1":
                pass
        process.send_signal(signal.SIGHUP)
        while "RELOADING=1\nMONOTONIC_USEC=" not in told.recv(4096).decode():
            pass
        while "READY=1" not in told.recv(4096).decode():
            pass
        self.end(process)
        rest = b""
        while b"STOPPING=1" not in rest:
            rest = told.recv(4096)

    def test_a_log_for_the_journal_has_levels_instead_of_times(self):
        log = self.write("log", "")
        status = log.stat()
        process = self.begin(env={"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"})
        self.until_logged("steps done")
        self.end(process)
        for line in self.log().splitlines():
            self.assertRegex(line, r"^<[3467]>\S")

    def test_a_socket_that_was_made_for_it_is_used(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
            made.bind(str(self.path("made")))
            made.listen()
            process = self.begin(
                command=["sh", "-c", f'exec 3<&{made.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$; '
                         f'export LISTEN_FDS LISTEN_PID; exec "{ZREPL}" daemon site.zr'],
                pass_fds=[made.fileno()])
            self.until_logged("steps done")
            self.assertFalse(self.path("state/office.socket").exists())
            os.symlink(self.path("made"), self.path("state/office.socket"))
            self.expect(0, "wake", "site.zr", "prune.nas", "--wait")
            self.end(process)
        self.assertTrue(self.path("made").exists())

    def test_what_is_no_request_does_no_harm(self):
        process = self.ran()
        for data in (b"\n", b"wake\n", b"{}\n", b'{"call":"stop","job":"prune.nas"}\n',
                     b"x" * 5000, b"\xff\x00\n", b"[" * 4000 + b"\n"):
            answer = json.loads(self.talk(data))
            self.assertFalse(answer["ok"])
            self.assertTrue(answer["message"])
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as endless:
            endless.connect(str(self.path("state/office.socket")))
            endless.sendall(b'{"call":"pause","job":"pull.offsite"}\n')
            with self.assertRaises(OSError):
                for _ in range(1000):
                    endless.sendall(b"x" * 65536)
        idle = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(80)]
        for client in idle:
            client.connect(str(self.path("state/office.socket")))
        self.assert_error(self.zrepl("wake", "site.zr", "prune.nas"), 1)
        for client in idle:
            client.close()
        self.until(lambda: self.zrepl("wake", "site.zr", "prune.nas", "--wait").status == 0, "no")
        self.end(process)

    def test_who_went_away_is_not_waited_for(self):
        process = self.ran()
        waiting = [threading.Thread(target=self.talk, args=(
            b'{"call":"wake","job":"prune.nas","wait":true}\n',)) for _ in range(20)]
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as gone:
            gone.connect(str(self.path("state/office.socket")))
            gone.sendall(b'{"call":"wake","job":"pull.offsite","wait":true}\n')
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join()
        self.end(process)

    def test_nothing_is_destroyed_while_the_clock_is_behind(self):
        made = json.loads(self.path("world.json").read_text())
        ahead = int(time.time()) + 3600
        versions = made["hosts"]["nas"]["datasets"][1]["versions"]
        versions.append({**versions[-1], "name": "zrepl_ahead", "guid": "177", "createtxg": 77,
                         "creation": ahead})
        self.write("world.json", json.dumps(made))
        process = self.begin()
        self.until_logged("steps done")
        self.expect(0, "wake", "site.zr", "prune.nas", "--wait")
        self.assertIn("stay: the clock is behind @zrepl_ahead", self.log())
        self.assertNotIn("destroy nas:tank/db@", self.log())
        self.end(process)

    def test_what_is_wrong_is_said_at_once(self):
        self.assert_error(self.zrepl("daemon"), 3, "SITE", "zrepl daemon --help")
        self.assert_error(self.zrepl("daemon", "none.zr"), 3, "none.zr")
        self.write("empty.zr", 'host nas { transport sim "w"; state "state" }\n')
        self.assert_error(self.zrepl("daemon", "empty.zr"), 3, "no job")
        self.path("state").mkdir()
        self.write("state/office.socket", "mine")
        self.assert_error(self.zrepl("daemon", "site.zr"), 1, "office.socket")
        self.assertEqual("mine", self.path("state/office.socket").read_text())
        self.assert_error(self.zrepl("pause", "site.zr"), 3, "JOB")


if __name__ == "__main__":
    unittest.main()

"""A client and a host that do not trust each other, with nothing between them but a line in authorized_keys."""

import json
import os
import pathlib
import tempfile
import time
import unittest

from rpc_peer import CALL, DATA, Gone, Peer
from sshd import SshCase
from support import SIM_ZFS, SITE, ZREPL

VAULT = """\
site vault

host vault {
  transport local
  zfs ["{folder}/zfs-vault"]
}

sink office {
  on vault
  map { tank/db< -> backup/office/db }
}
"""

OFFICE = """\
site office

host nas {
  transport local
  zfs ["{folder}/zfs-nas"]
}

pull_acl vault {
  on nas
  datasets {
    tank/db< -> ok
    tank/db/secret< -> omit
  }
}
"""

PUSH = """\
push offsite {
  from nas
  to vault
  datasets { tank/db< -> ok }
}
"""


class ServeCase(SshCase):
    def for_wrapper(self):
        """What write_zfs()'s scripts need, which no plain zfs does."""
        return ("--may-read", os.path.dirname(SIM_ZFS), "--may-read", self.folder,
                "--may-write", self.folder)


class Serve(ServeCase):
    def setUp(self):
        super().setUp()
        made = json.loads(self.path("world.json").read_text())
        made["hosts"]["nas"]["datasets"] += [
            {"name": "tank/db/secret", "guid": "12", "written": 4096},
            {"name": "tank/other", "guid": "13", "written": 4096}]
        made["hosts"]["vault"]["datasets"] += [
            {"name": "backup/office", "guid": "14"}, {"name": "backup/home", "guid": "15"}]
        self.write("world.json", json.dumps(made))
        self.write("vault.zr", VAULT.replace("{folder}", str(self.folder)))
        self.write("office.zr", OFFICE.replace("{folder}", str(self.folder)))

    def give_key(self, site, identity):
        """The user's key is good for this and nothing else from now on."""
        line = self.expect(0, "serve", site, identity, "--log", "denied.log", *self.for_wrapper(),
                           "--print-authorized-keys", "--key", "sshd/user.pub").out
        self.path("sshd/authorized_keys").write_text(line)

    def push_site(self, transport):
        pull = SITE[SITE.index("pull offsite"):SITE.index("prune nas")]
        site = SITE.replace("every 1h", "every 7d").replace(pull, PUSH)
        site = site.replace('host nas {\n  transport sim "world.json"',
                            f'host nas {{\n  transport local\n  zfs ["{self.path("zfs-nas")}"]')
        site = site.replace('host vault {\n  transport sim "world.json"',
                            f"host vault {{\n  {transport}\n  agent on")
        self.write("site.zr", site)

    def pull_site(self, transport):
        site = """\
site vault
host nas {
  %s
  agent on
}
host vault {
  transport local
  zfs ["%s"]
}
pull offsite {
  from nas
  to vault
  map { tank< -> backup/office }
}
""" % (transport, self.path("zfs-vault"))
        self.write("site.zr", site)

    def on_vault(self):
        return {d["name"]: d for d in self.host_world()["vault"]["datasets"]}

    def assert_pushed(self):
        self.expect(0, "apply", "site.zr")
        self.assertTrue(self.plan_json("site.zr")["noop"])
        there = self.on_vault()
        self.assertTrue(there["backup/office/db"]["versions"])
        self.assertTrue(there["backup/office/db/secret"]["versions"])
        self.assertEqual({"backup", "backup/home", "backup/office", "backup/office/db",
                          "backup/office/db/secret"}, set(there))

    def test_a_push_lands_where_the_sink_says(self):
        self.give_key("vault.zr", "office")
        self.push_site(self.sshd.transport())
        self.assert_pushed()
        self.assertNotIn("denied", self.path("denied.log").read_text())

    def test_a_push_by_a_command_that_reaches_the_other_end(self):
        self.give_key("vault.zr", "office")
        self.push_site(self.sshd.command())
        self.assert_pushed()

    def test_a_pull_gets_what_the_acl_lets_it_see(self):
        made = json.loads(self.path("world.json").read_text())
        self.write("world.json", json.dumps(made))
        for dataset in ("tank/db/secret", "tank/other"):
            self.zfs("nas", "snapshot", f"{dataset}@mine")
        self.give_key("office.zr", "vault")
        self.pull_site(self.sshd.transport())
        self.expect(0, "apply", "site.zr")
        self.assertTrue(self.plan_json("site.zr")["noop"])
        there = self.on_vault()
        self.assertTrue(there["backup/office/db"]["versions"])
        self.assertEqual({"backup", "backup/home", "backup/office", "backup/office/db"}, set(there))

    def zfs(self, host, *arguments):
        import subprocess
        subprocess.run([self.path(f"zfs-{host}"), *arguments], check=True, capture_output=True)

    def test_what_is_cut_goes_on_where_it_was(self):
        self.give_key("vault.zr", "office")
        self.push_site(self.sshd.transport())
        for pause in (0.05, 0.1, 0.2, 0.3):
            with self.subTest(pause=pause):
                process = self.start("apply", "site.zr")
                time.sleep(pause)
                self.sshd.cut()
                process.communicate(timeout=60)
        self.assert_pushed()

    def test_a_key_gives_no_shell(self):
        self.give_key("vault.zr", "office")
        self.use_transports("transport local", self.sshd.transport())
        plan = self.plan_json("site.zr")
        self.assertEqual(["host_unreachable"], [c["kind"] for c in plan["conflicts"]])

    def test_a_client_without_rights_is_told_so(self):
        self.path("sshd/authorized_keys").write_text(
            f'restrict,command="{ZREPL} serve {self.path("vault.zr")} nobody" '
            + self.path("sshd/user.pub").read_text())
        self.push_site(self.sshd.transport())
        plan = self.plan_json("site.zr")
        self.assertEqual(["host_unreachable"], [c["kind"] for c in plan["conflicts"]])
        self.assertIn("lets 'nobody' do nothing", plan["conflicts"][0]["message"])

    def test_another_program_at_the_other_end_is_not_taken_for_zrepl(self):
        self.push_site('transport command ["echo", "Welcome to vault!"]')
        plan = self.plan_json("site.zr")
        self.assertIn("Welcome to vault!", plan["conflicts"][0]["message"])

    def test_a_sink_in_the_same_file_is_rehearsed_on_simulated_hosts(self):
        site = SITE.replace("every 1h", "every 7d")
        site = site.replace(SITE[SITE.index("pull offsite"):SITE.index("prune nas")], PUSH)
        site = site.replace('host vault {\n  transport sim "world.json"',
                            'host vault {\n  transport sim "world.json"\n  agent on')
        site += "\nsink office {\n  on vault\n  map { tank/db< -> backup/office/db }\n}\n"
        self.write("site.zr", site)
        self.assert_pushed()


class Denied(ServeCase):
    """Spoken to directly, as somebody would who is up to no good."""

    def setUp(self):
        super().setUp()
        made = json.loads(self.path("world.json").read_text())
        made["hosts"]["vault"]["datasets"] += [
            {"name": "backup/office", "guid": "14"},
            {"name": "backup/office/db", "guid": "16", "versions": [
                {"type": "snapshot", "name": "a", "guid": "161", "createtxg": 5,
                 "creation": 1795132800, "holds": ["mine"]}]},
            {"name": "backup/home", "guid": "15"}]
        self.write("world.json", json.dumps(made))
        self.write("vault.zr", VAULT.replace("{folder}", str(self.folder)))
        self.peer = Peer("vault.zr", "office", "--log", "denied.log", *self.for_wrapper(), cwd=self.folder,
                         env=self.environment())
        self.addCleanup(self.peer.close)

    def assert_denied(self, reply, *pieces):
        self.assertFalse(reply["ok"])
        self.assertEqual("give_up", reply["remedy"])
        log = self.path("denied.log").read_text()
        for piece in ("office", "denied", *pieces):
            self.assertIn(piece, log)

    def test_it_sees_its_own_part_under_its_own_names(self):
        self.assertEqual({"tank", "tank/db"}, set(self.peer.list(everything=True)) | {"tank"})
        self.assertEqual(["a"], [v["name"] for v in self.peer.list("tank/db")["tank/db"]["versions"]])
        self.assertEqual({}, self.peer.list("backup"))

    def test_who_is_served_and_what_was_given_up_for_it_is_written_down(self):
        self.peer.list()
        log = self.path("denied.log").read_text()
        self.assertRegex(log, r"office: is served vault; protections: .*no_new_privs.*3 descriptors")
        status = pathlib.Path(f"/proc/{self.peer.process.pid}/status").read_text()
        self.assertRegex(status, r"NoNewPrivs:\s*1")
        if "seccomp" in log.split("not active")[0]:
            self.assertRegex(status, r"Seccomp:\s*2")

    def test_what_runs_as_zfs_reads_nothing_that_it_was_not_given(self):
        if "landlock" not in self.path("denied.log").read_text().split("not active")[0]:
            self.skipTest("no Landlock here")
        with tempfile.TemporaryDirectory() as elsewhere:
            secret = pathlib.Path(elsewhere, "secret")
            secret.write_text("xyzzy")
            self.write_zfs("vault", first=f"cat {secret} >&2; echo >{elsewhere}/new; ")
            self.assertIn("tank/db", self.peer.list("tank/db"))
            self.write_zfs("vault", first=f"exec cat {secret}; ")
            reply, _ = self.peer.list_reply("tank/db")
            self.assertFalse(reply["ok"])
            self.assertNotIn("xyzzy", json.dumps(reply))
            self.assertEqual(["secret"], os.listdir(elsewhere))

    def test_nothing_is_destroyed_or_rolled_back_or_renamed_or_released(self):
        before = self.host_world()["vault"]
        version = {"snapshot": "a", "guid": "161"}
        self.assert_denied(self.peer.apply("destroy", "tank/db", **version), "destroy")
        self.assert_denied(self.peer.apply("rollback", "tank/db", destroys=[], **version), "rollback")
        self.assert_denied(self.peer.apply("rename", "tank/db", to="tank/x", guid="16"), "rename")
        self.assert_denied(self.peer.apply("snapshot", "tank/db", snapshot="b"), "snapshot")
        self.assert_denied(self.peer.apply("release", "tank/db", tag="mine", **version), "release")
        self.assertEqual(before, self.host_world()["vault"])

    def test_names_beside_above_and_elsewhere_are_all_the_same_to_it(self):
        before = self.host_world()["vault"]
        said = set()
        for name in ("backup", "backup/home", "backup/office", "tank", "tank/dbx", "nowhere/at/all"):
            reply = self.peer.apply("create", name)
            self.assert_denied(reply, name)
            said.add(reply["message"].replace(name, "NAME"))
        self.assertEqual(1, len(said), said)
        self.assertEqual(before, self.host_world()["vault"])

    def test_what_is_no_name_is_no_call(self):
        for name in ("tank/db/../home", "tank/db\0/x", "/tank/db", "tank/db/", "tank//db", "a" * 5000):
            reply = self.peer.apply("create", name)
            self.assertFalse(reply["ok"], name)

    def test_a_stream_that_nobody_granted_is_not_read(self):
        with self.assertRaises(Gone):
            self.peer.frame(DATA, 0, 77, b"x")
            while True:
                self.peer.next()

    def test_nonsense_ends_the_connection_and_says_why(self):
        with self.assertRaises(Gone) as gone:
            self.peer.frame(CALL, 64, 1, b"x")
            while True:
                self.peer.next()
        self.assertIn("protocol", str(gone.exception))


if __name__ == "__main__":
    unittest.main()

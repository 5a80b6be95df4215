"""`zrepl allow`: lines to paste, and a look at hosts whose zfs is one over simulated pools."""

import getpass
import json
import os
import subprocess
import sys
import unittest

from support import ROOT, SiteCase, world

ME = getpass.getuser()

SITE = """\
site office

host nas {
  transport local
  zfs [%s]
}

host copy {
  transport sim "world.json"
}

autosnap production {
  on nas
  datasets { tank/db< -> ok }
  prefix "zrepl_"
  every 1h
}

pull offsite {
  from nas
  to copy
  map { tank/db< -> backup/db }
}
"""

SERVED = """\
site vault

host vault {
  transport local
  zfs ["%s"]
}

sink office {
  on vault
  map { tank/db< -> backup/db }
  quota 10GiB
}

pull_acl lab {
  on vault
  datasets { tank/db -> ok }
}
"""

AGENT = """\
site office

host copy {
  transport sim "world.json"
}

host vault {
  transport ssh { address "vault.invalid"; user "zrepl" }
  agent on
}

push offsite {
  from copy
  to vault
  datasets { tank< -> ok }
}

pull back {
  from vault
  to copy
  map { tank< -> backup }
}
"""

GRANTS = """\
---- Permissions on tank/db ------
Descendent permissions:
	user %(user)s send
Local+Descendent permissions:
	user %(user)s bookmark,destroy,hold,snapshot
"""


class Allow(SiteCase):
    def setUp(self):
        super().setUp()
        self.write("world.json", json.dumps(world()))
        self.user = ME if ME != "root" else "nobody"
        self.use(self.write_zfs("nas", f"export ZREPL_SIM_GRANTS={self.path('grants')}\n"))

    def use(self, script, *before):
        os.chmod(script, 0o755)
        self.write("site.zr", SITE % ", ".join(f'"{word}"' for word in (*before, script)))

    def verify(self, status, grants, *options):
        self.write("grants", grants % {"user": self.user})
        return self.expect(status, "allow", "site.zr", "--verify", "--user", self.user, *options).out

    def lines(self, out):
        return [line.replace(str(self.path("zfs-nas")), "zfs") for line in out.splitlines()
                if line and not line.startswith("#")]

    def test_prints_what_is_needed_and_looks_nowhere(self):
        os.chmod(self.path("zfs-nas"), 0)
        out = self.expect(0, "allow", "site.zr", "--user", "zed").out
        self.assertEqual(["zfs allow -u zed bookmark,destroy,hold,snapshot tank/db",
                          "zfs allow -d -u zed send tank/db"], self.lines(out))
        self.assertIn("# host copy: simulated; there is nothing to allow\n", out)
        self.assertIn("#   snapshot: autosnap.production\n", out)

    def test_what_serving_clients_needs(self):
        self.write("site.zr", SERVED % self.path("zfs-nas"))
        out = self.expect(0, "allow", "site.zr", "--user", "zed").out
        lines = self.lines(out)
        for line in ("zfs allow -u zed create,devices,exec,hold,mount,mountpoint,overlay,receive,release,"
                     "setuid,sharenfs,sharesmb,snapdev,userprop,volmode,zoned backup/db",
                     "zfs allow -l -u zed quota backup/db",
                     "zfs allow -l -u zed bookmark,destroy,hold tank/db",
                     "zfs allow -d -u zed send tank/db"):
            self.assertIn(line, lines)
        self.assertIn("#   quota: sink.office\n", out)
        self.assertIn("#   send: pull_acl.lab\n", out)
        self.write("grants", "")
        out = self.expect(1, "allow", "site.zr", "--verify", "--user", self.user).out
        missing = self.lines(out)
        self.assertIn(f"zfs allow -l -u {self.user} bookmark,destroy,hold tank/db", missing)
        self.assertIn(f"zfs allow -l -u {self.user} quota backup/db", missing)
        needs = json.loads(self.expect(0, "allow", "site.zr", "--json").out)["allowances"][0]
        send = {"permission": "send", "jobs": [], "grants": ["pull_acl.lab"]}
        self.assertIn(send, [one for need in needs["needs"] for one in need["permissions"]])

    def test_a_host_with_an_agent_is_left_to_the_site_file_there(self):
        self.write("site.zr", AGENT)
        heading = ("# host vault: ssh zrepl@vault.invalid; its agent goes by the site file there: "
                   "`zrepl allow` on that says what is needed\n")
        for options in ((), ("--verify",)):
            out = self.expect(0, "allow", "site.zr", *options).out
            self.assertIn(heading, out)
            self.assertEqual([], self.lines(out))
        vault = json.loads(self.expect(0, "allow", "site.zr", "--json").out)["allowances"][1]
        self.assertEqual(("vault", "none"), (vault["host"], vault["means"]))
        for empty in ("needs", "commands", "placeholders", "lines"):
            self.assertEqual([], vault[empty])

    def test_without_jobs_there_is_nothing(self):
        self.write("site.zr", "site a\nhost b { transport local }\n")
        self.assertIn("nothing to allow", self.expect(0, "allow", "site.zr").out)

    def test_wrong_sites_and_users(self):
        self.assert_error(self.zrepl("allow", "site.zr", "--user", "a b"), 3, "'a b'")
        self.write("site.zr", "host { }\n")
        self.assert_error(self.zrepl("allow", "site.zr"), 3)

    def test_nothing_missing_and_nothing_more(self):
        out = self.verify(0, GRANTS)
        self.assertEqual([], self.lines(out))
        self.assertIn(f"# {self.user} is allowed what is needed, and no more\n", out)

    def test_what_is_missing(self):
        self.assertEqual([f"zfs allow -u {self.user} bookmark,destroy,hold,snapshot tank/db",
                          f"zfs allow -d -u {self.user} send tank/db"],
                         self.lines(self.verify(1, "")))
        out = self.verify(1, GRANTS.replace("send", "send,rename").replace(",snapshot", ""))
        self.assertEqual([f"zfs allow -u {self.user} snapshot tank/db",
                          f"zfs unallow -d -u {self.user} rename tank/db"], self.lines(out))

    def test_what_is_more_than_needed(self):
        wide = GRANTS.replace("tank/db", "tank")
        self.assertEqual([f"zfs allow -u {self.user} bookmark,destroy,hold,snapshot tank/db",
                          f"zfs allow -d -u {self.user} send tank/db",
                          f"zfs unallow -u {self.user} bookmark,destroy,hold,snapshot tank",
                          f"zfs unallow -d -u {self.user} send tank"],
                         self.lines(self.verify(4, wide)))

    def test_what_is_not_there(self):
        here = world()
        here["hosts"]["nas"]["datasets"].pop()
        self.write("world.json", json.dumps(here))
        self.assertIn("# tank/db is not there\n", self.verify(1, ""))

    def test_a_user_whom_the_host_does_not_know(self):
        self.write("grants", "")
        out = self.expect(1, "allow", "site.zr", "--verify", "--user", "no-such-user").out
        self.assertIn("no-such-user", out.splitlines()[-4])

    def test_hosts_that_cannot_be_looked_at(self):
        for text in ("exit 1\n", "echo hello\n", "echo 'permission denied' >&2; exit 1\n",
                     "sleep 100\n"):
            with self.subTest(text=text):
                self.use(self.write("zfs-bad", "#!/bin/sh\n" + text))
                out = self.verify(1, "", "--zfs-timeout", "1s")
                self.assertIn("# it was not looked at: ", out)
                self.assertEqual([], self.lines(out))

    def test_sudo_is_asked_for_each_command(self):
        sudo = self.write("sudo", "#!/bin/sh\n"
                          f'echo "$*" >>{self.path("asked")}\n'
                          'case "$*" in *" bookmark "*) exit 1 ;; esac\n')
        os.chmod(sudo, 0o755)
        self.use(self.path("zfs-nas"), sudo, "-n")
        out = self.verify(1, "")
        self.assertEqual(["zfs bookmark [A-Za-z]*\\#zrepl\\:office\\:*"],
                         [line.split("NOPASSWD: ")[1] for line in self.lines(out)])
        self.assertIn("whether it permits more can't be told", out)
        asked = self.path("asked").read_text().splitlines()
        self.assertTrue(all(line.startswith("-n -l ") for line in asked), asked)

    def test_json_is_what_its_schema_says(self):
        self.write("grants", GRANTS.replace("send", "rename") % {"user": self.user})
        self.write("served.zr", SERVED % self.path("zfs-nas"))
        for name, site, status, options in (("needs", "site.zr", 0, ()),
                                            ("seen", "site.zr", 1, ("--verify",)),
                                            ("served", "served.zr", 1, ("--verify",))):
            out = self.expect(status, "allow", site, "--user", self.user, "--json", *options).out
            self.write(f"{name}.json", out)
        done = subprocess.run([sys.executable, ROOT / "tests" / "schema_test.py", "--strict",
                               "needs.json", "seen.json", "served.json"], cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        self.assertEqual(0, done.returncode, done.stdout)
        needs, seen = (json.loads(self.path(f"{name}.json").read_text())["allowances"]
                       for name in ("needs", "seen"))
        self.assertEqual(["copy", "nas"], [one["host"] for one in needs])
        self.assertEqual(("none", "zfs_allow"), tuple(one["means"] for one in needs))
        self.assertEqual(2, len(needs[1]["lines"]))
        self.assertIsNone(needs[1]["verdict"])
        verdict = seen[1]["verdict"]
        self.assertEqual("not_enough", verdict["found"])
        self.assertEqual([{"dataset": "tank/db", "scope": "below", "permissions": ["send"]}],
                         verdict["missing"])
        self.assertEqual([{"dataset": "tank/db", "scope": "below", "permissions": ["rename"]}],
                         verdict["superfluous"])

    def test_doas_cannot_be_asked(self):
        self.use(self.path("zfs-nas"), "doas")
        self.assertIn("doas can't be asked", self.verify(1, ""))


if __name__ == "__main__":
    unittest.main()

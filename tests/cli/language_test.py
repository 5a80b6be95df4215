import os
import unittest

from support import SiteCase

HOSTS = """## The machines of the office.

## Under the desk.
host nas {
  transport local
}

let often = 15m
"""

FLEET = """site fleet

use "conf/hosts.zr"
use "std/topology"

topology.local_mirror nightly(on: hosts.nas, data: tank, copy: backup/tank, every: hosts.often)

test "it lands in the backup" {
  expect push.nightly.copy maps tank/x -> backup/tank/x
}
"""


class Files(SiteCase):
    def setUp(self):
        super().setUp()
        self.write("conf/hosts.zr", HOSTS)
        self.write("fleet.zr", FLEET)

    def test_a_site_of_several_files_compiles_from_anywhere(self):
        summary = self.expect(0, "check", "fleet.zr").out
        self.assertEqual("ok: site fleet: 1 host, 1 autosnap, 1 push, 2 prunes, 1 test\n", summary)
        self.assertEqual(summary, self.expect(0, "check", self.path("fleet.zr"), cwd="/").out)

    def test_an_error_in_a_used_file_is_shown_there(self):
        self.write("conf/hosts.zr", HOSTS.replace("local", "lokal"))
        self.assert_error(self.zrepl("check", "fleet.zr"), 3, "conf/hosts.zr:5:13", "lokal")

    def test_a_file_that_is_not_there_is_named(self):
        self.write("fleet.zr", FLEET.replace("hosts.zr", "host.zr"))
        self.assert_error(self.zrepl("check", "fleet.zr"), 3, "conf/host.zr", "ZR1207")

    def test_what_is_there_and_can_t_be_used_says_why(self):
        self.path("folder.zr").mkdir()
        os.mkfifo(self.path("pipe.zr"))
        os.symlink("loop.zr", self.path("loop.zr"))
        for name, why in (("folder", "Is a directory"), ("pipe", "not a regular file"),
                          ("loop", "Too many levels of symbolic links")):
            self.write("site.zr", f'use "{name}.zr"\n')
            self.assert_error(self.zrepl("check", "site.zr"), 3, f"cannot read {name}.zr", why,
                              "ZR1207")

    def test_tests_are_counted_and_what_no_test_touches_is_listed(self):
        result = self.expect(0, "test", "fleet.zr", "--coverage")
        self.assertIn("ok   it lands in the backup\n", result.out)
        self.assertIn("1 of 4 rules decide some expectation; no test touches\n", result.out)
        self.assertTrue(result.out.endswith("1 passed, 0 failed\n"), result.out)

    def test_a_test_that_fails_shows_the_rule_that_decides(self):
        self.write("fleet.zr", FLEET.replace("-> backup/tank/x", "-> omit"))
        result = self.expect(1, "test", "fleet.zr")
        self.assertIn("FAIL it lands in the backup\n", result.out)
        self.assertIn("this rule decides", result.err)
        self.assert_error(self.zrepl("check", "fleet.zr"), 3, "ZR1701")

    def test_what_applies_to_a_dataset_is_shown_with_its_places(self):
        out = self.expect(0, "show", "--effective", "fleet.zr", "nas:tank/x").out
        self.assertIn("autosnap.nightly.data  fleet.zr:6\n", out)
        self.assertIn("  every 15m\n", out)
        self.assertIn("tank< -> backup/tank", out)
        self.assertNotIn("prune.nightly.copy", out)
        whole = self.expect(0, "show", "--effective", "fleet.zr").out
        self.assertIn("host nas  conf/hosts.zr:4\n", whole)
        self.assertNotIn("sink", whole)
        self.assertIn("prune.nightly.copy", whole)

    def test_the_bounds_of_a_sink_are_shown(self):
        self.write("vault.zr", """host vault { transport local }
sink office {
  on vault
  quota 1GiB
  map { tank< -> backup/office }
  keep_at_least 7
  properties compression atime
}
""")
        self.assertIn("sink.office  vault.zr:2\n  on vault\n  quota 1073741824\n"
                      "  properties atime compression\n  keep_at_least 7\n  tank< -> backup/office",
                      self.expect(0, "show", "--effective", "vault.zr").out)


class Documentation(SiteCase):
    def test_the_library_is_listed_and_each_part_printed(self):
        listed = self.expect(0, "doc").out
        for name in ("std/retention", "std/topology", "std/sanoid", "std/zrepl"):
            self.assertIn(name, listed)
            self.assertIn("\n    ", self.expect(0, "doc", name).out)
            self.expect(0, "check", name)
        self.assertIn("\nretention long_term\n", self.expect(0, "doc", "std/retention").out)
        self.assert_error(self.zrepl("doc", "std/nothing"), 3, "std/retention")

    def test_the_comments_of_a_file_are_printed_with_what_they_are_about(self):
        self.write("hosts.zr", HOSTS)
        self.assertEqual("hosts.zr\n\nThe machines of the office.\n\nhost nas\n    Under the desk.\n"
                         "\nlet often = 15m\n", self.expect(0, "doc", "hosts.zr").out)


if __name__ == "__main__":
    unittest.main()

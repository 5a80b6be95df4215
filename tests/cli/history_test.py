"""`zrepl history`: what became of the runs so far, from the journal."""

import json
import subprocess
import sys
import unittest

from support import NOW, ROOT, SiteCase


class History(SiteCase):
    def setUp(self):
        super().setUp()
        self.make_site()

    def test_before_the_first_run_there_is_none(self):
        out = self.expect(0, "history", "site.zr").out
        self.assertEqual("site office (site.zr): its journal tells of no run\n", out)

    def test_a_run_is_told_of_and_one_with_nothing_to_do_is_not(self):
        self.expect(0, "apply", "site.zr", "--now", NOW)
        self.expect(0, "apply", "site.zr", "--now", NOW)
        out = self.expect(0, "history", "site.zr").out
        self.assertIn("site office (site.zr): 1 run\n", out)
        self.assertRegex(out, r"\n\d{4}-\d\d-\d\dT[\d:]+Z +0:\d\d +[\d.]+ \w+ +\d+ done\n")

    def test_json_is_as_its_schema_says(self):
        self.expect(0, "apply", "site.zr", "--now", NOW)
        out = self.expect(0, "history", "site.zr", "--json").out
        told = json.loads(out)
        self.assertEqual(1, told["known_runs"])
        self.assertGreater(told["history"][0]["outcomes"]["done"], 0)
        self.assertGreater(told["history"][0]["bytes"], 0)
        self.write("history.json", out)
        fits = subprocess.run([sys.executable, ROOT / "tests" / "schema_test.py", "--strict",
                               self.path("history.json")], capture_output=True, text=True)
        self.assertEqual(0, fits.returncode, fits.stdout + fits.stderr)

    def test_what_is_wrong_is_said(self):
        self.assert_error(self.zrepl("history"), 3, "SITE", "zrepl history --help")
        self.assert_error(self.zrepl("history", "none.zr"), 3, "none.zr")
        self.assert_error(self.zrepl("history", "site.zr", "--limit", "-1"), 3, "limit")


if __name__ == "__main__":
    unittest.main()

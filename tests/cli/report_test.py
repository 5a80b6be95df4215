"""Diagnostics for programs, `zrepl check --format …`, and `zrepl explain`."""

import json
import subprocess
import sys
import unittest

from support import ROOT, SITE, SiteCase

FAIL = ROOT / "tests" / "cases" / "lang" / "fail"
BROKEN = SITE.replace("on nas\n", "on nass\n") + "\n\nhost nas {\n  transport local\n}\n"


class Formats(SiteCase):
    def assert_fits_its_schema(self, *files):
        done = subprocess.run([sys.executable, ROOT / "tests" / "schema_test.py", "--strict", *files],
                              capture_output=True, text=True)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)

    def save(self, name, text):
        self.write(name, text)
        return self.path(name)

    def test_every_broken_case_fits_the_schemas(self):
        files = []
        for case in sorted(FAIL.glob("*.zr"))[::6]:
            for kind in ("json", "sarif"):
                out = self.expect(3, "check", case, "--format", kind).out
                files.append(self.save(f"{case.stem}.{kind}", out))
        self.assert_fits_its_schema(*files)

    def test_a_site_that_is_right_has_an_empty_report(self):
        self.make_site()
        report = json.loads(self.expect(0, "check", "site.zr", "--format", "json").out)
        self.assertEqual([], report["diagnostics"])
        self.assertEqual({"errors": 0, "warnings": 0, "notes": 0, "allowed": 0}, report["summary"])
        log = json.loads(self.expect(0, "check", "site.zr", "--format", "sarif").out)
        self.assertEqual([], log["runs"][0]["results"])
        self.assertEqual("", self.expect(0, "check", "site.zr", "--format", "github").out)

    def test_what_is_allowed_is_suppressed_in_every_format(self):
        self.make_site(SITE + "\n# zr:allow ZR2014 for next week\nrules unused {\n  tank -> ok\n}\n")
        shown = self.expect(0, "check", "site.zr", "--format", "json", "--show-allowed").out
        quiet = self.expect(0, "check", "site.zr", "--format", "json").out
        sarif = self.expect(0, "check", "site.zr", "--format", "sarif", "--deny", "note").out
        self.assert_fits_its_schema(self.save("shown.json", shown), self.save("quiet.json", quiet),
                                    self.save("log.sarif", sarif))
        self.assertEqual([], json.loads(quiet)["diagnostics"])
        self.assertEqual(["for next week"],
                         [found["allowed"] for found in json.loads(shown)["diagnostics"]])
        self.assertEqual([[{"kind": "inSource", "justification": "for next week"}]],
                         [r["suppressions"] for r in json.loads(sarif)["runs"][0]["results"]])
        self.assertEqual("", self.expect(0, "check", "site.zr", "--format", "github").out)

    def test_json_says_what_the_text_says(self):
        self.make_site(BROKEN)
        text = self.expect(3, "check", "site.zr").err
        report = json.loads(self.expect(3, "check", "site.zr", "--format", "json").out)
        self.assertEqual(3, report["summary"]["errors"])
        for found in report["diagnostics"]:
            self.assertIn(f"error[{found['code']}]: {found['message']}\n", text)
            start = found["range"]["start"]
            self.assertIn(f" site.zr:{start['line']}:{start['column']}\n", text)

    def test_an_edit_mends_the_file(self):
        self.make_site(SITE.replace("on nas\n", "on nass\n"))
        report = json.loads(self.expect(3, "check", "site.zr", "--format", "json").out)
        text = self.path("site.zr").read_bytes()
        for found in reversed(report["diagnostics"]):
            edit = found["help"][0]["edit"]
            begin, end = (edit["range"][side]["offset"] for side in ("start", "end"))
            text = text[:begin] + edit["replacement"].encode() + text[end:]
        self.assertEqual(SITE.encode(), text)

    def test_fingerprints_stay_when_lines_move(self):
        def prints(text):
            self.make_site(text)
            log = json.loads(self.expect(3, "check", "site.zr", "--format", "sarif").out)
            return [r["partialFingerprints"] for r in log["runs"][0]["results"]]
        before = prints(BROKEN)
        self.assertEqual(len(before), len({str(p) for p in before}))
        self.assertEqual(before, prints("# One more line.\n\n" + BROKEN))

    def test_paths_are_told_from_the_current_folder(self):
        self.write("sites/my site.zr", "hots x\n")
        for name in ("sites/my site.zr", "./sites/my site.zr", self.path("sites/my site.zr")):
            log = json.loads(self.expect(3, "check", name, "--format", "sarif").out)
            place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
            self.assertEqual("sites/my%20site.zr", place["artifactLocation"]["uri"])
            out = self.expect(3, "check", name, "--format", "github").out
            self.assertTrue(out.startswith("::error file=sites/my site.zr,line=1,"), out)

    def test_a_file_that_cannot_be_read_is_no_report(self):
        for kind in ("json", "sarif", "github"):
            self.assert_error(self.zrepl("check", "gone.zr", "--format", kind), 3, "gone.zr")

    def test_an_unknown_format(self):
        self.assert_error(self.zrepl("check", "site.zr", "--format", "xml"), 3, "text, json, sarif")


class Explain(SiteCase):
    def test_a_page_shows_the_error_and_the_mend(self):
        out = self.expect(0, "explain", "ZR1203").out
        self.assertTrue(out.startswith("ZR1203: unknown host\n\n"), out)
        self.assertIn("    error[ZR1203]: unknown host `nass`\n", out)
        self.assertLess(out.index("\nWrong:\n"), out.index("\nRight:\n"))
        for other in ("zr1203", "1203"):
            self.assertEqual(out, self.expect(0, "explain", other).out)

    def test_every_page_fits_a_terminal(self):
        listed = self.expect(0, "explain").out.split("\n\n")[0].splitlines()
        for line in listed:
            code, title = line.split("  ", 1)
            out = self.expect(0, "explain", code).out
            self.assertTrue(out.startswith(f"{code}: {title}\n"), out)
            prose = [text for text in out.splitlines() if not text.startswith("    ")]
            self.assertLessEqual(max(map(len, prose)), 100, out)

    def test_a_code_that_is_none(self):
        self.assert_error(self.zrepl("explain", "ZR12O3"), 3, "did you mean 'ZR1203'?")
        self.assert_error(self.zrepl("explain", "1230"), 3, "did you mean '1203'?")
        self.assert_error(self.zrepl("explain", "everything"), 3, "'everything'", "zrepl explain")

    def test_check_says_where_to_read_on(self):
        self.write("site.zr", "hots x\n")
        self.assertIn("zrepl explain ZR1101", self.expect(3, "check", "site.zr").err)


if __name__ == "__main__":
    unittest.main()

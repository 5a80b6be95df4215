import re
import unittest

from support import ROOT, SiteCase

LIBRARY = ROOT / "stdlib"


class TheLibrary(SiteCase):
    """Each part of the built-in library has a file in stdlib/tests that holds it to what it says."""

    def file_about(self, part):
        return LIBRARY / "tests" / part.name

    def test_every_part_has_tests_and_all_of_them_hold(self):
        parts = sorted(LIBRARY.glob("*.zr"))
        self.assertEqual([p.name for p in parts],
                         sorted(p.name for p in (LIBRARY / "tests").iterdir()))
        for part in parts:
            with self.subTest(part.name):
                out = self.expect(0, "test", "--coverage", self.file_about(part)).out
                passed = re.search(r"^(\d+) passed, 0 failed$", out, re.MULTILINE)
                self.assertTrue(passed and int(passed[1]) > 0, out)
                covered = re.search(r"^(\d+) of (\d+) rules decide some expectation$", out,
                                    re.MULTILINE)
                self.assertTrue(covered and covered[1] == covered[2], out)

    def test_everything_that_a_part_declares_is_in_its_tests(self):
        for part in LIBRARY.glob("*.zr"):
            declared = re.findall(r"^(?:policy|retention|rules) (\w+)", part.read_text(),
                                  re.MULTILINE)
            self.assertTrue(declared, part.name)
            tests = self.file_about(part).read_text()
            for name in declared:
                self.assertRegex(tests, rf"\b{part.stem}\.{name}\b")

    def test_the_tests_have_the_layout_and_no_findings(self):
        for tests in (LIBRARY / "tests").iterdir():
            with self.subTest(tests.name):
                self.expect(0, "fmt", "--check", tests)
                self.expect(0, "check", "--deny", "note", tests)

    def test_they_are_not_part_of_the_library(self):
        self.assertNotIn("tests", self.expect(0, "doc").out)


if __name__ == "__main__":
    unittest.main()

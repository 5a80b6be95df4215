#!/usr/bin/env python3
"""Holds FAILURES.md to its word: every test that it names exists, and every row names one. Run it
from anywhere; it needs no build."""

import pathlib
import re
import unittest

TESTS = pathlib.Path(__file__).resolve().parent
PAGE = TESTS / "FAILURES.md"


def rows(text):
    """The cells of each table's rows, without its head."""
    tables = re.findall(r"^\|(?: ---[^\n]*\n)((?:\|[^\n]*\n)+)", text, re.MULTILINE)
    for table in tables:
        for line in table.splitlines():
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def in_quotes(text):
    return re.findall(r"`([^`]+)`", text)


def exists(name):
    if ": " in name:
        file, test = name.split(": ", 1)
        path = TESTS / file
        # A long name is written over two lines of a source file.
        text = re.sub(r'"\s*\n\s*"', "", path.read_text()) if path.is_file() else ""
        return f'"{test}' in text or f"def {test}(" in text
    folder, _, case = name.partition("/")
    place = {
        "plan": TESTS / "cases" / "plan" / f"{case}.zr",
        "lang": TESTS / "cases" / "lang" / f"{case}.zr",
        "lab": TESTS / "lab" / "scenarios" / f"{case}.sh",
    }.get(folder)
    return place is not None and place.is_file()


class Failures(unittest.TestCase):
    text = PAGE.read_text()

    def test_every_row_names_a_test(self):
        all_rows = list(rows(self.text))
        self.assertGreater(len(all_rows), 60)
        for row in all_rows:
            with self.subTest(row[0]):
                self.assertEqual(len(row), 3)
                self.assertTrue(in_quotes(row[2]))

    def test_every_test_that_is_named_exists(self):
        names = {name for row in rows(self.text) for name in in_quotes(row[-1])}
        self.assertGreater(len(names), 80)
        for name in sorted(names):
            with self.subTest(name):
                self.assertTrue(exists(name), name)

    def test_a_name_that_is_none_is_found_out(self):
        for name in ("plan/no_such_case", "lab/no_such_scenario", "elsewhere/noop",
                     "planner/lineage_test.cc: no such test", "planner/no_such_test.cc: x"):
            self.assertFalse(exists(name), name)


if __name__ == "__main__":
    unittest.main()

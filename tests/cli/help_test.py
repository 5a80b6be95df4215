import unittest

from support import SiteCase

COMMANDS = ["check", "fmt", "test", "doc", "plan", "apply", "show", "graph", "observe", "map", "why",
            "health", "history", "daemon", "status", "wake", "pause", "resume", "allow", "serve", "explain",
            "autosnap", "push", "pull", "prune", "completion", "complete", "man"]


class Help(SiteCase):
    def test_help_lists_the_commands_there_are_and_no_others(self):
        result = self.expect(0, "--help")
        listed = result.out.split("Commands:")[1].split("\n\n")[0]
        self.assertEqual(COMMANDS, [line.split()[0] for line in listed.strip().splitlines()])
        self.assertEqual(result.out, self.expect(0, "-h").out)

    def test_every_command_explains_itself_with_examples(self):
        for command in COMMANDS:
            out = self.expect(0, command, "--help").out
            self.assertIn(f"Usage: zrepl {command}", out)
            self.assertIn(f"\nExamples:\n  zrepl {command} ", out)
            self.assertIn("Exit status:", out)
            self.assertLessEqual(max(map(len, out.splitlines())), 110, out)

    def test_version(self):
        self.assertRegex(self.expect(0, "--version").out, r"^zrepl \d+\.\d+\.\d+\n$")

    def test_no_command_is_wrong_and_shows_the_overview(self):
        result = self.expect(3)
        self.assertIn("Commands:", result.err)
        self.assertEqual("", result.out)

    def test_a_slip_is_answered_with_what_was_meant(self):
        self.assert_error(self.zrepl("plam", "site.zr"), 3, "did you mean 'plan'?")
        self.assert_error(self.zrepl("plan", "site.zr", "--jbo", "x"), 3, "did you mean '--job'?")
        self.assert_error(self.zrepl("plan"), 3, "SITE", "zrepl plan --help")
        self.assert_error(self.zrepl("show", "a", "b"), 3, "requires --effective")
        self.assert_error(self.zrepl("graph", "site.zr", "--format", "svg"), 3, "dot or mermaid")
        self.assert_error(self.zrepl("apply", "site.zr", "--zfs-timeout", "soon"), 3, "30s")
        self.assert_error(self.zrepl("--verbose", "plan", "site.zr"), 3, "--verbose")


if __name__ == "__main__":
    unittest.main()

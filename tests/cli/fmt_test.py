"""`zrepl fmt`: what is written, what is left alone, and that its diffs are what patch(1) takes."""

import os
import re
import shutil
import stat
import subprocess
import unittest

from support import EXAMPLES, LIMIT_SECONDS, ROOT, SITE, ZREPL, SiteCase

UGLY = SITE.replace("  on nas\n", "\ton   nas\r\n").replace("every 1h\n}", "every 1h }")
BROKEN = SITE.replace("host vault {", "host vault")


class FormatCase(SiteCase):
    def fmt_stdin(self, text, *arguments):
        text = text if isinstance(text, bytes) else text.encode()
        return subprocess.run([ZREPL, "fmt", *arguments], cwd=self.folder, input=text,
                              env=self.environment(), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=LIMIT_SECONDS)

    def diff(self, status, *arguments):
        """Byte by byte, where SiteCase.zrepl() takes CRLF for a line feed."""
        done = subprocess.run([ZREPL, "fmt", "--diff", *map(str, arguments)], cwd=self.folder,
                              env=self.environment(), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=LIMIT_SECONDS)
        self.assertEqual((status, b""), (done.returncode, done.stderr))
        return done.stdout

    def read(self, name):
        return self.path(name).read_bytes().decode()


class Rewriting(FormatCase):
    def test_only_what_changes_is_written_and_named(self):
        self.write("ugly.zr", UGLY.encode())
        right = self.write("right.zr", SITE)
        before = right.stat()
        self.assertEqual("ugly.zr\n", self.expect(0, "fmt", "right.zr", "ugly.zr").out)
        self.assertEqual(SITE, self.read("ugly.zr"))
        self.assertEqual((before.st_mtime_ns, before.st_ino),
                         (right.stat().st_mtime_ns, right.stat().st_ino))
        self.assertEqual("", self.expect(0, "fmt", "right.zr", "ugly.zr").out)
        self.assertEqual({"ugly.zr", "right.zr"}, set(os.listdir(self.folder)))

    def test_an_empty_file_stays_empty(self):
        self.write("empty.zr", "")
        self.write("blank.zr", "\n \n;\n")
        self.assertEqual("blank.zr\n", self.expect(0, "fmt", "empty.zr", "blank.zr").out)
        self.assertEqual("", self.read("blank.zr"))

    def test_the_mode_the_owner_and_a_link_are_kept(self):
        site = self.write("site.zr", UGLY.encode())
        os.symlink("site.zr", self.path("link.zr"))
        for mode in (0o600, 0o664, 0o755):
            site.write_bytes(UGLY.encode())
            os.chmod(site, mode)
            if os.geteuid() == 0:
                os.chown(site, 1234, 4321)
            owner = (site.stat().st_uid, site.stat().st_gid)
            self.assertEqual("link.zr\n", self.expect(0, "fmt", "link.zr").out)
            self.assertTrue(self.path("link.zr").is_symlink())
            self.assertEqual(SITE, self.read("site.zr"))
            self.assertEqual(mode, stat.S_IMODE(site.stat().st_mode))
            self.assertEqual(owner, (site.stat().st_uid, site.stat().st_gid))

    def test_a_read_only_file_or_folder_is_left_alone(self):
        site = self.write("site.zr", UGLY.encode())
        os.chmod(site, 0o444)
        os.chmod(self.folder, 0o777)
        self.assert_error(self.zrepl_unprivileged("fmt", "site.zr"), 1, "site.zr",
                          "Permission denied")
        os.chmod(site, 0o666)
        os.chmod(self.folder, 0o555)
        self.assert_error(self.zrepl_unprivileged("fmt", "site.zr"), 1, "site.zr",
                          "Permission denied")
        os.chmod(self.folder, 0o755)
        self.assertEqual(UGLY, self.read("site.zr"))
        self.assertEqual("site.zr\n", self.expect(1, "fmt", "--check", "site.zr").out)

    def test_what_is_no_file_is_not_written(self):
        os.mkfifo(self.path("pipe.zr"))
        process = self.start("fmt", "pipe.zr")
        self.path("pipe.zr").write_text("site   a")
        out, err = process.communicate(timeout=LIMIT_SECONDS)
        self.assertEqual((3, ""), (process.returncode, out))
        self.assertIn("zrepl fmt -", err)

    def test_files_that_this_version_can_not_compile_are_formatted(self):
        self.write("uses.zr", 'use   "std/retention"\npolicy p ( from:host ){}\nhost nas{}\n')
        self.expect(0, "fmt", "uses.zr")
        self.assertEqual('use "std/retention"\npolicy p(from:host) { }\nhost nas { }\n',
                         self.read("uses.zr"))


class Refusing(FormatCase):
    def test_a_file_with_syntax_errors_and_the_others(self):
        self.write("broken.zr", BROKEN)
        self.write("ugly.zr", UGLY.encode())
        for options in ((), ("--diff",), ("--check",), ("--check", "--diff")):
            result = self.zrepl("fmt", *options, "broken.zr", "gone.zr", "ugly.zr")
            self.assertEqual(3, result.status, f"\n{result}")
            for piece in ("error[ZR", "broken.zr:8:", "gone.zr", "No such file"):
                self.assertIn(piece, result.err)
            self.assertIn("ugly.zr", result.out)
            self.assertNotIn("broken.zr", result.out)
            self.assertEqual(BROKEN, self.read("broken.zr"))
            self.path("ugly.zr").write_bytes(UGLY.encode())

    def test_input_of_every_bad_kind(self):
        self.path("folder").mkdir()
        for name, data, word in (("deep.zr", b"{" * (10 << 20), "ZR1014"),
                                 ("bytes.zr", bytes(range(256)), "ZR1"),
                                 ("bidi.zr", "site a # \u202e".encode(), "ZR1003"),
                                 ("string.zr", b'a "b\nc', "ZR1"),
                                 ("cr.zr", b"site a\rhost b", "ZR1")):
            self.write(name, data)
            self.assert_error(self.zrepl("fmt", name), 3, name, word)
            self.assertEqual(data, self.path(name).read_bytes())
        self.assert_error(self.zrepl("fmt", "folder"), 3, "Is a directory")
        self.assert_error(self.zrepl("fmt", "/dev/zero"), 3, "64 MiB")
        self.assert_error(self.zrepl("fmt"), 3, "SITE", "zrepl fmt --help")

    def test_a_layout_that_would_be_too_large(self):
        deep = "a {\n" * 60 + "a\n" * 900_000 + "}\n" * 60
        self.write("deep.zr", deep)
        self.assert_error(self.zrepl("fmt", "deep.zr"), 3, "deep.zr", "larger than 64 MiB")
        self.assertEqual(deep, self.read("deep.zr"))


class StandardInput(FormatCase):
    def test_goes_to_standard_output_changed_or_not(self):
        for text in (UGLY, SITE, ""):
            done = self.fmt_stdin(text, "-")
            self.assertEqual((0, SITE if text else "", ""),
                             (done.returncode, done.stdout.decode(), done.stderr.decode()))

    def test_check_and_diff(self):
        self.assertEqual((0, b""), (lambda d: (d.returncode, d.stdout))(
            self.fmt_stdin(SITE, "--check", "--diff", "-")))
        done = self.fmt_stdin(UGLY, "--check", "-")
        self.assertEqual((1, b"<stdin>\n"), (done.returncode, done.stdout))
        done = self.fmt_stdin(UGLY, "--diff", "-")
        self.assertEqual(0, done.returncode)
        self.assertTrue(done.stdout.startswith(b"--- a/<stdin>\n+++ b/<stdin>\n@@ -1"))

    def test_errors(self):
        done = self.fmt_stdin(BROKEN, "-")
        self.assertEqual((3, b""), (done.returncode, done.stdout))
        self.assertIn(b"<stdin>:8:", done.stderr)
        self.write("site.zr", SITE)
        self.assert_error(self.zrepl("fmt", "-", "site.zr"), 3, "standard input")


@unittest.skipUnless(shutil.which("patch"), "patch is not installed")
class Diffs(FormatCase):
    def patched(self, diff, *options):
        done = subprocess.run(["patch", "--force", *options], cwd=self.folder, input=diff,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=LIMIT_SECONDS)
        output = done.stdout.decode()
        self.assertEqual(0, done.returncode, output)
        self.assertNotRegex(output, "fuzz|offset")

    def test_patch_applies_them(self):
        texts = {"site.zr": UGLY, "sub/My Site.zr": UGLY.rstrip(), "many.zr": UGLY * 300,
                 "one.zr": "site   a", "begin.zr": "\n\n" + SITE, "end.zr": SITE + "\n\n# x",
                 "crlf.zr": SITE.replace("\n", "\r\n"), "blank.zr": "\n"}
        for name, text in texts.items():
            self.write(name, text.encode())
        diff = self.diff(0, *texts)
        self.assertEqual(texts["site.zr"], self.read("site.zr"), "--diff wrote")
        self.patched(diff, "-p1")
        self.assertEqual("", self.expect(0, "fmt", "--check", *texts).out)
        self.assertEqual(SITE, self.read("site.zr"))
        self.assertEqual("", self.read("blank.zr") if self.path("blank.zr").exists() else "")

    def test_all_cases(self):
        names = []
        for case in sorted((ROOT / "tests" / "cases").rglob("*.zr")):
            if self.zrepl("fmt", "--check", case).status == 1:
                names.append(f"{case.parent.name}-{case.name}")
                shutil.copy(case, self.path(names[-1]))
        self.assertGreater(len(names), 30)
        self.patched(self.diff(0, *names), "-p1")
        self.expect(0, "fmt", "--check", *names)

    def test_with_check_both(self):
        self.write("a.zr", UGLY.encode())
        self.write("b.zr", SITE)
        diff = self.diff(1, "--check", "a.zr", "b.zr")
        self.assertTrue(diff.startswith(b"a.zr\n--- a/a.zr\n+++ b/a.zr\n@@ "), diff)
        self.assertNotIn(b"b.zr", diff)
        self.patched(diff, "-p1")
        self.assertEqual(b"", self.diff(0, "--check", "a.zr", "b.zr"))
        self.write("a.zr", UGLY.encode())
        self.patched(diff.replace(b"--- a/", b"--- ").replace(b"+++ b/", b"+++ "), "-p0")
        self.assertEqual(SITE, self.read("a.zr"))


class Checked(FormatCase):
    """What users read first is formatted."""

    def test_the_examples(self):
        examples = sorted(EXAMPLES.glob("*/*.zr"))
        self.assertGreater(len(examples), 3)
        self.assertEqual("", self.expect(0, "fmt", "--check", "--diff", *examples).out)

    def test_the_pages(self):
        pages = {ROOT / "README.md": r"```zr\n(.*?)```", ROOT / "lang" / "README.md":
                 r"## A tour\s+```\n(.*?)```"}
        for page, pattern in pages.items():
            snippets = re.findall(pattern, page.read_text(), re.DOTALL)
            self.assertGreater(len(snippets), 0, page)
            for snippet in snippets:
                done = self.fmt_stdin(snippet, "--check", "--diff", "-")
                self.assertEqual("", done.stdout.decode() + done.stderr.decode(), page)


if __name__ == "__main__":
    unittest.main()

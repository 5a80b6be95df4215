#!/usr/bin/env python3
"""Holds the tree to the architecture: who may include whom, which libraries stay where, what lang
and planner may not do, and how large files get. Run it from anywhere; it needs no build."""

import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROOMS = ["lang", "planner", "executor"]
TOP_LEVEL = ROOMS + ["stdlib", "examples", "tests"]

# Which files may include a library: a pattern for its headers, the files, and how many of them.
LIBRARIES = {
    "PEGTL": (r"tao/", r"lang/.*\.cc", 1),
    "RE2": (r"re2/", r"lang/.*\.cc", 1),
    "OpenSSL": (r"openssl/", r"lang/.*\.cc", 1),
    "Boost": (r"boost/", r"planner/graph\.cc", 1),
    "zlib": (r"zlib\.h", r"planner/resume_token\.cc", 1),
    "nlohmann/json in planner": (r"nlohmann/", r"(planner|executor)/.*\.cc", 4),
    "CLI11": (r"CLI/", r"executor/commands/(command_options|option_table)\.cc", 2),
    "libsystemd": (r"systemd/", r"executor/daemon/systemd\.cc", 1),
    "libssh": (r"libssh/", r"executor/ssh/.*\.cc", 2),
    "fmt": (r"fmt/", r".*\.cc", None),
}

# lang and planner compute and do nothing else.
IMPURE = re.compile(
    r"#include <(iostream|fstream|cstdio|filesystem|thread|mutex|atomic|condition_variable|future"
    r"|csignal|unistd\.h|fcntl\.h|random|sys/.*)>"
    r"|_clock::now|\bgetenv\b|\bstd::(cout|cerr|clog)\b|\bfopen\b|\bprintf\(|\bsystem\(|::time\(")

MOST_LINES = {".cc": 450, ".h": 200}
MOST_LINES_OF_TESTS = {".cc": 600, ".h": 300}  # a list of cases is read case by case
VAGUE = re.compile(r"(util|utils|common|helper|helpers|manager|misc)$")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|not implemented", re.IGNORECASE)


def includes(text):
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', text, re.MULTILINE)


def direction_problems(path, text):
    """An include of a room to the right, or one that is not written from the root."""
    problems = []
    room = path.split("/")[0]
    for quoted in re.findall(r'^\s*#\s*include\s*"([^"]+)"', text, re.MULTILINE):
        target = quoted.split("/")[0]
        if target not in TOP_LEVEL and not (ROOT / "build").joinpath(quoted).exists():
            if target != "generated" and "/" not in quoted:
                problems.append(f'{path}: "{quoted}" is not written from the repository\'s root')
        if room in ROOMS and target in TOP_LEVEL:
            if target not in ROOMS or ROOMS.index(target) > ROOMS.index(room):
                problems.append(f'{path}: {room} may not include "{quoted}"')
    return problems


def library_problems(files):
    problems = []
    for name, (header, allowed, most) in LIBRARIES.items():
        users = [p for p, text in files.items()
                 if p.split("/")[0] in ROOMS and any(re.match(header, i) for i in includes(text))]
        problems += [f"{p}: {name} may not be included here" for p in users
                     if not re.fullmatch(allowed, p)]
        if most is not None and len(users) > most:
            problems.append(f"{name} is included by {len(users)} files, more than {most}: {users}")
    return problems


def purity_problems(path, text):
    if path.split("/")[0] not in ("lang", "planner"):
        return []
    without_comments = re.sub(r"//[^\n]*", "", text)
    return [f"{path}: {found.group(0).strip()} has no place in {path.split('/')[0]}"
            for found in IMPURE.finditer(without_comments)]


def shape_problems(path, text):
    problems = []
    suffix = pathlib.PurePath(path).suffix
    lines = text.count("\n")
    limits = MOST_LINES_OF_TESTS if path.startswith("tests/") else MOST_LINES
    most = 149 if path == "executor/main.cc" else limits[suffix]
    if lines > most:
        problems.append(f"{path}: {lines} lines, more than {most}; split it by concept")
    if suffix == ".h" and not text.startswith("#pragma once\n"):
        problems.append(f"{path}: does not begin with #pragma once")
    own = path[:-3] + ".h"
    if suffix == ".cc" and (ROOT / own).exists() and includes(text)[:1] != [own]:
        problems.append(f"{path}: its own header is not the first that it includes")
    if VAGUE.search(pathlib.PurePath(path).stem):
        problems.append(f"{path}: the name says nothing; name it after its concept")
    if UNFINISHED.search(text):
        problems.append(f"{path}: unfinished: {UNFINISHED.search(text).group(0)}")
    if re.search(r"[ \t]+$", text, re.MULTILINE) or "\t" in text:
        problems.append(f"{path}: trailing blanks or tabs")
    return problems


# Within the executor: who may not know what.
HIDDEN = [
    (r"executor/(?!commands/|main\.cc).*", r"executor/commands/.*"),
    (r"executor/(run|progress)/.*", r"executor/(rpc|ssh|sim|zfs)/.*"),
    (r"executor/rpc/.*", r"executor/(allow|progress|report|serve|sim|ssh|zfs)/.*"),
    (r"executor/(machine|ssh|report)/.*", r"executor/(zfs\.h|zfs/.*|sim/.*|run/.*)"),
    (r"executor/(zfs|sim)/.*", r"executor/(ssh|run)/.*"),
    (r"executor/(allow|machine|progress|report|run|sim|ssh|zfs)/.*", r"executor/serve/.*"),
    (r"executor/serve/.*", r"executor/(allow|progress|report|run|sim|ssh|zfs)/.*"),
]


def looks_back(path, quoted):
    return any(re.fullmatch(who, path) and re.fullmatch(what, quoted) for who, what in HIDDEN)


def sources():
    found = {}
    for room in ROOMS + ["tests"]:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in (".h", ".cc"):
                found[path.relative_to(ROOT).as_posix()] = path.read_text()
    return found


class Architecture(unittest.TestCase):
    def assert_none(self, problems):
        self.assertEqual([], problems, "\n" + "\n".join(problems))

    def test_nothing_includes_to_the_right(self):
        self.assert_none([p for f, t in sources().items() for p in direction_problems(f, t)])

    def test_libraries_stay_where_they_belong(self):
        self.assert_none(library_problems(sources()))

    def test_lang_and_planner_are_pure(self):
        self.assert_none([p for f, t in sources().items() for p in purity_problems(f, t)])

    def test_files_are_small_and_named_after_a_concept(self):
        self.assert_none([p for f, t in sources().items() for p in shape_problems(f, t)])

    def test_only_main_names_the_implementations(self):
        concrete = re.compile(r"\b(CliZfs|LocalHost|SimZfs|SimFiles?)\b")
        own = re.compile(r"executor/(sim/.*|zfs/.*|machine/local_host.*|main)\.(cc|h)")
        self.assert_none([f"{f}: names {concrete.search(code).group(0)}; only main.cc may"
                          for f, t in sources().items()
                          if f.startswith("executor/") and not own.fullmatch(f)
                          for code in [re.sub(r"//[^\n]*", "", t)] if concrete.search(code)])

    def test_the_folders_of_the_executor_look_one_way(self):
        self.assert_none([f"{f}: may not include {quoted}" for f, t in sources().items()
                          for quoted in includes(t) if looks_back(f, quoted)])

    def test_every_folder_says_what_it_is(self):
        folders = [ROOT] + [ROOT / name for name in TOP_LEVEL]
        folders += [p for name in ("executor", "examples", "tests")
                    for p in (ROOT / name).iterdir() if p.is_dir() and p.name != "__pycache__"]
        self.assert_none([f"{f.relative_to(ROOT)}: no README.md" for f in folders
                          if not (f / "README.md").exists()])

    def test_the_top_level_is_the_architecture(self):
        allowed = set(TOP_LEVEL) | {"build"}
        self.assert_none([f"{p.name}/ is not in the architecture" for p in ROOT.iterdir()
                          if p.is_dir() and not p.name.startswith(".") and p.name not in allowed])


class TheChecksCanFail(unittest.TestCase):
    def test_direction(self):
        self.assertTrue(direction_problems("lang/a.cc", '#include "planner/plan.h"\n'))
        self.assertTrue(direction_problems("planner/a.cc", '#include "executor/run.h"\n'))
        self.assertTrue(direction_problems("planner/a.cc", '#include "plan.h"\n'))
        self.assertTrue(direction_problems("executor/a.cc", '#include "tests/support/x.h"\n'))
        self.assertFalse(direction_problems("executor/a.cc", '#include "lang/policy.h"\n'))

    def test_libraries(self):
        self.assertTrue(library_problems({"planner/json.h": "#include <nlohmann/json.hpp>\n"}))
        self.assertTrue(library_problems({"planner/plan.cc": "#include <boost/graph/x.hpp>\n"}))
        self.assertTrue(library_problems({"lang/a.cc": "#include <tao/pegtl.hpp>\n",
                                          "lang/b.cc": "#include <tao/pegtl.hpp>\n"}))
        self.assertFalse(library_problems({"planner/graph.cc": "#include <boost/graph/x.hpp>\n"}))

    def test_folders(self):
        self.assertTrue(looks_back("executor/run/a.cc", "executor/commands/site.h"))
        self.assertTrue(looks_back("executor/run/a.cc", "executor/zfs/cli_zfs.h"))
        self.assertTrue(looks_back("executor/run/a.cc", "executor/serve/client_zfs.h"))
        self.assertFalse(looks_back("executor/run/a.cc", "executor/zfs.h"))
        self.assertFalse(looks_back("executor/main.cc", "executor/commands/command.h"))

    def test_purity(self):
        self.assertTrue(purity_problems("lang/a.cc", "#include <fstream>\n"))
        self.assertTrue(purity_problems("planner/a.cc", "auto t = system_clock::now();\n"))
        self.assertFalse(purity_problems("planner/a.cc", "// no getenv here\n"))

    def test_shape(self):
        self.assertTrue(shape_problems("lang/long.cc", "x\n" * 451))
        self.assertTrue(shape_problems("lang/a.h", "#include <string>\n"))
        self.assertTrue(shape_problems("lang/util.cc", "\n"))
        self.assertTrue(shape_problems("lang/a.cc", "// TO" "DO: more\n"))


if __name__ == "__main__":
    sys.exit(unittest.main())

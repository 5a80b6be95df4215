"""A site in a scratch folder, and the built zrepl run in it."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "examples"
NOW = "2026-11-22T06:30:00Z"
LIMIT_SECONDS = 60


def binary():
    path = os.environ.get("ZREPL", str(ROOT / "build" / "dev" / "zrepl"))
    if not os.access(path, os.X_OK):
        raise SystemExit(f"{path} is not there; build it, or name the binary with ZREPL=PATH")
    return os.path.abspath(path)


ZREPL = binary()
SIM_ZFS = os.environ.get("ZREPL_SIM_ZFS", str(pathlib.Path(ZREPL).parent / "tests/sim_zfs/zfs"))

# A site that has something of everything to do, and whose state stays in the scratch folder.
SITE = """\
site office

host nas {
  transport sim "world.json"
  state "state"
}

host vault {
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
  to vault
  map {
    tank/db< -> backup/db
    tank/db/tmp< -> omit
  }
}

prune nas {
  on nas
  datasets { tank/db< -> ok }
  snapshots { prefix "zrepl_" }
  keep last 2
}
"""


def snapshot(name, guid, createtxg, creation, **more):
    return {"type": "snapshot", "name": name, "guid": str(guid), "createtxg": createtxg,
            "creation": creation, **more}


def world():
    return {
        "format_version": "1.0",
        "observed_at": NOW,
        "hosts": {
            "nas": {"datasets": [
                {"name": "tank", "guid": "1"},
                {"name": "tank/db", "guid": "2", "written": 4096, "versions": [
                    snapshot(f"zrepl_2026112{d}_000000_000", 100 + d, 10 + d,
                             1795132800 + d * 86400, bytes=1 << 20)
                    for d in range(0, 3)]},
            ]},
            "vault": {"datasets": [{"name": "backup", "guid": "3"}]},
        },
    }


class Result:
    def __init__(self, done, arguments):
        self.status = done.returncode
        self.out = done.stdout
        self.err = done.stderr
        self.arguments = arguments

    def __str__(self):
        return (f"zrepl {' '.join(self.arguments)}\nstatus {self.status}\n"
                f"--- stdout\n{self.out}--- stderr\n{self.err}---")


class SiteCase(unittest.TestCase):
    """Each test has a scratch folder of its own, which is also the working directory."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="zrepl-cli."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def make_site(self, site=SITE, made_of=None):
        self.write("site.zr", site)
        self.write("world.json", json.dumps(made_of or world(), indent=1))

    def path(self, name):
        return self.folder / name

    def write(self, name, text):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, bytes):
            path.write_bytes(text)
        else:
            path.write_text(text)
        return path

    def write_zfs(self, host, first=""):
        """A zfs over the pools that the host has in world.json; the shell does something first."""
        script = self.write(f"zfs-{host}", "#!/bin/sh\n"
                            f"export ZREPL_SIM_FILE={self.path('world.json')} ZREPL_SIM_HOST={host}\n"
                            f"{first}exec {SIM_ZFS} \"$@\"\n")
        script.chmod(0o755)
        return script

    def use_transports(self, nas, vault):
        """The site of all tests, with these transports, and write_zfs() as zfs."""
        # The clock is the real one, which must not come to the next slot meanwhile.
        site = SITE.replace("every 1h", "every 7d")
        for host, transport in (("nas", nas), ("vault", vault)):
            site = site.replace(f'host {host} {{\n  transport sim "world.json"',
                                f'host {host} {{\n  {transport}\n  zfs ["{self.path("zfs-" + host)}"]')
        self.write("site.zr", site)

    def environment(self, **more):
        kept = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LD_LIBRARY_PATH") or
                k.startswith(("ASAN_", "UBSAN_", "TSAN_", "LLVM_"))}
        return {**kept, "LC_ALL": "C.UTF-8", "XDG_STATE_HOME": str(self.path("xdg")), **more}

    def zrepl(self, *arguments, cwd=None, env=None, stdout=subprocess.PIPE):
        arguments = [str(a) for a in arguments]
        done = subprocess.run([ZREPL, *arguments], cwd=cwd or self.folder,
                              env=self.environment(**(env or {})), stdin=subprocess.DEVNULL,
                              stdout=stdout, stderr=subprocess.PIPE, text=True,
                              timeout=LIMIT_SECONDS)
        return Result(done, arguments)

    def zrepl_unprivileged(self, *arguments):
        """As a user whom file modes bind, with a copy of the binary that this user can reach."""
        if os.geteuid() != 0:
            return self.zrepl(*arguments)
        copy = self.path("zrepl-copy")
        if not copy.exists():
            shutil.copy(ZREPL, copy)
        done = subprocess.run([copy, *map(str, arguments)], cwd=self.folder,
                              env=self.environment(), user=65534, group=65534, extra_groups=[],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=LIMIT_SECONDS)
        return Result(done, [str(a) for a in arguments])

    def start(self, *arguments, **more):
        process = subprocess.Popen([ZREPL, *map(str, arguments)], cwd=self.folder,
                                   env=self.environment(), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   **more)

        def end():
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.addCleanup(end)
        return process

    def wait_for(self, path):
        end = time.monotonic() + 20
        while not path.exists():
            self.assertLess(time.monotonic(), end, f"{path} did not appear")
            time.sleep(0.01)

    def expect(self, status, *arguments, **more):
        result = self.zrepl(*arguments, **more)
        self.assertEqual(status, result.status, f"\n{result}")
        return result

    def plan_json(self, *arguments):
        return json.loads(self.expect(0, "plan", *arguments, "--json").out)

    def host_world(self):
        return json.loads(self.path("world.json").read_text())["hosts"]

    def assert_error(self, result, status, *pieces):
        """A clear error: the status, `error:` on stderr, nothing on stdout, and these words."""
        self.assertEqual(status, result.status, f"\n{result}")
        self.assertIn("error", result.err, f"\n{result}")
        self.assertEqual("", result.out, f"\n{result}")
        for piece in pieces:
            self.assertIn(piece, result.err, f"\n{result}")

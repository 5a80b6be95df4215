"""`zrepl plan` of ten jobs on a small simulated world, as a whole process, beside `true`."""

import json
import pathlib
import statistics
import subprocess
import sys
import time

RUNS = 21


def site():
    hosts = "".join(
        f'host {name} {{\n  transport sim "world.json"\n}}\n' for name in ("nas", "vault")
    )
    jobs = ""
    for i in range(4):
        jobs += (
            f'autosnap a{i} {{\n  on nas\n  datasets {{ tank/group{i}< -> ok }}\n'
            f'  prefix "z_"\n  every 1h\n}}\n'
        )
    for i in range(4):
        jobs += (
            f"push p{i} {{\n  from nas\n  to vault\n"
            f"  map {{ tank/group{i}< -> backup/group{i} }}\n}}\n"
        )
    for host, root in (("nas", "tank"), ("vault", "backup")):
        jobs += (
            f'prune {host} {{\n  on {host}\n  datasets {{ {root}< -> ok }}\n'
            f'  snapshots {{ prefix "z_" }}\n  keep daily 7\n  keep last 4\n}}\n'
        )
    return "site small\n" + hosts + jobs


def world():
    def dataset(name, guid, versions):
        return {"name": name, "guid": str(guid), "versions": versions}

    def versions(guid):
        return [
            {
                "type": "snapshot",
                "name": f"z_{n}",
                "guid": str(guid * 1000 + n),
                "createtxg": 100 + n,
                "creation": 1795000000 + n * 3600,
            }
            for n in range(1, 11)
        ]

    nas = [dataset("tank", 1, [])]
    vault = [dataset("backup", 2, [])]
    for group in range(4):
        for child in range(5):
            guid = 10 + group * 10 + child
            path = f"group{group}" + (f"/d{child}" if child else "")
            nas.append(dataset("tank/" + path, guid, versions(guid)))
            vault.append(dataset("backup/" + path, guid + 500, versions(guid)[:-1]))
    return {
        "format_version": "1.0",
        "observed_at": "2026-11-22T06:30:00Z",
        "hosts": {"nas": {"datasets": nas}, "vault": {"datasets": vault}},
    }


def median_ms(command):
    times = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append((time.perf_counter() - begin) * 1000)
    return statistics.median(times)


def main():
    scratch, zrepl = pathlib.Path(sys.argv[1]), sys.argv[2]
    (scratch / "site.zr").write_text(site())
    (scratch / "world.json").write_text(json.dumps(world()))
    plan = [zrepl, "plan", str(scratch / "site.zr"), "--now", "2026-11-22T06:30:00Z"]
    steps = len(json.loads(subprocess.check_output(plan + ["--json"]))["steps"])
    print(
        f"zrepl plan (10 jobs, 42 datasets, {steps} steps): {median_ms(plan):.1f} ms; "
        f"`true`: {median_ms(['true']):.1f} ms; medians of {RUNS} runs"
    )


main()

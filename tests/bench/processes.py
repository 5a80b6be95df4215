"""How many zfs processes an apply with nothing to do starts, by the number of datasets."""

import json
import os
import pathlib
import subprocess
import sys

SITE = """site counted
host nas {{
  transport local
  zfs ["{zfs}"]
  state "{state}"
}}
autosnap often {{
  on nas
  datasets {{ tank< -> ok }}
  prefix "z_"
  every 52w
}}
push mirror {{
  to nas
  map {{ tank< -> backup/nas }}
}}
prune nas {{
  on nas
  datasets {{ tank< -> ok; backup< -> ok }}
  snapshots {{ prefix "z_" }}
  keep last 4
}}
limits {{
  create unlimited
}}
"""


def world(datasets):
    names = ["tank"] + [f"tank/home{n}" for n in range(datasets - 1)]
    listed = [{"name": name, "guid": str(100 + n)} for n, name in enumerate(names)]
    return {
        "format_version": "1.0",
        "observed_at": "2026-11-22T06:30:00Z",
        "hosts": {"nas": {"datasets": listed + [{"name": "backup", "guid": "1"}]}},
    }


def main():
    scratch, zrepl, zfs = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    site, pools, log = scratch / "counted.zr", scratch / "pools.json", scratch / "calls.jsonl"
    site.write_text(SITE.format(zfs=zfs, state=scratch / "state"))
    environment = dict(
        os.environ, ZREPL_SIM_FILE=str(pools), ZREPL_SIM_HOST="nas", ZREPL_SIM_LOG=str(log)
    )
    for datasets in map(int, sys.argv[4:]):
        pools.write_text(json.dumps(world(datasets)))
        counts = []
        for _ in range(2):
            log.write_text("")
            subprocess.run(
                [zrepl, "apply", str(site)],
                check=True,
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            counts.append(len(log.read_text().splitlines()))
        print(
            f"{datasets:>5} datasets: {counts[1]} zfs processes with nothing to do "
            f"({counts[0]} for the first full copy of each)"
        )


main()

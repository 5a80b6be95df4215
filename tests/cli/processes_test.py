"""How many zfs processes an apply starts: what it costs with a thousand datasets, or over a slow line."""

import collections
import json
import time
import unittest

from support import SiteCase, snapshot, world

DATASETS = 30


class Processes(SiteCase):
    def setUp(self):
        super().setUp()
        made_of = world()
        made_of["hosts"]["nas"]["datasets"] += [
            {"name": f"tank/db/d{n}", "guid": str(1000 + n), "written": 0, "versions": []}
            for n in range(DATASETS)]
        self.make_site(made_of=made_of)
        for host in ("nas", "vault"):
            self.write_zfs(host, f"export ZREPL_SIM_LOG={self.path('calls-' + host)}\n")
        self.use_transports("transport local\n  slots 4", "transport local\n  slots 4")
        site = self.path("site.zr").read_text()
        self.write("site.zr", site.replace("keep last 2", "keep last 100"))
        self.add_snapshots(1)
        self.apply()

    def add_snapshots(self, *numbers):
        changed = json.loads(self.path("world.json").read_text())
        for dataset in changed["hosts"]["nas"]["datasets"]:
            if not dataset["name"].startswith("tank/db/d"):
                continue
            for number in numbers:
                own = int(dataset["guid"]) * 100 + number
                dataset["versions"].append(
                    snapshot(f"zrepl_{number}", own, 10_000 + number, int(time.time()) - 100 + number))
        self.write("world.json", json.dumps(changed))

    def apply(self):
        """How often each host was asked for what."""
        for host in ("nas", "vault"):
            self.write(f"calls-{host}", "")
        self.expect(0, "apply", "site.zr")
        counts = {}
        for host in ("nas", "vault"):
            lines = self.path(f"calls-{host}").read_text().splitlines()
            counts[host] = collections.Counter(json.loads(line)[0] for line in lines)
        self.assertTrue(self.plan_json("site.zr")["noop"])
        return counts

    def test_nothing_to_do_is_three_on_each_side_at_most(self):
        for counts in self.apply().values():
            self.assertLessEqual(sum(counts.values()), 3)

    def test_a_dataset_with_work_is_send_recv_and_three_more_however_many_snapshots_are_new(self):
        few = 40  # whatever the number of datasets
        for numbers in ((2,), range(3, 8)):
            with self.subTest(snapshots=len(numbers)):
                self.add_snapshots(*numbers)
                counts = self.apply()
                self.assertEqual(DATASETS, counts["nas"]["send"])
                self.assertEqual(DATASETS, counts["vault"]["receive"])
                total = sum(counts["nas"].values()) + sum(counts["vault"].values())
                self.assertLessEqual(total, 5 * DATASETS + few, counts)
                self.assertLessEqual(counts["vault"]["hold"] + counts["vault"]["release"], 6)
                looks = sum(counts["vault"][verb] for verb in ("get", "list", "holds"))
                self.assertLessEqual(looks, few / 2, counts)


if __name__ == "__main__":
    unittest.main()

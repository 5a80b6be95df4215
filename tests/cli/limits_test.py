"""A plan that does more than the site's `limits` let one run do."""

import json
import unittest

from support import NOW, SITE, SIM_ZFS, SiteCase, snapshot, world

LATER = "2026-11-22T06:31:00Z"


def limited(limits, site=SITE):
    return site + f"\nlimits {{\n  {limits}\n}}\n"


class Limits(SiteCase):
    """The site of all tests destroys two of the three snapshots on its nas."""

    def setUp(self):
        super().setUp()
        self.make_site(limited("destroy 1"))

    def hash(self, *arguments):
        return self.plan_json(*(arguments or ("site.zr", "--now", NOW)))["over_budget"]["hash"]

    def refused(self, *arguments):
        """Refused, and nothing was done; the way out is shown."""
        before = self.path("world.json").read_bytes()
        result = self.expect(4, *arguments)
        self.assertIn("over budget: on nas it destroys 2 of 3 snapshots", result.err)
        self.assertIn("allow 1 in a run. Nothing was done", result.err)
        self.assertEqual(before, self.path("world.json").read_bytes())
        self.assertEqual([], list(self.folder.glob("**/*.journal")))
        return result

    def names_on_nas(self):
        return [v["name"] for d in self.host_world()["nas"]["datasets"] if d["name"] == "tank/db"
                for v in d["versions"] if v["type"] == "snapshot"]

    def test_it_is_refused_and_shown_whole(self):
        plan = self.expect(0, "plan", "site.zr", "--now", NOW).out
        result = self.refused("apply", "site.zr", "--now", NOW)
        self.assertEqual(plan, result.out)
        self.assertIn("Over budget\n  nas destroys 2 of 3 snapshots, where the site's limits allow 1 "
                      "in a run\n", plan)
        command = f"zrepl apply site.zr --allow-budget {self.hash()}\n"
        self.assertTrue(plan.endswith(command), plan)
        self.assertTrue(result.err.endswith(command), result.err)

    def test_its_hash_lets_it_through_and_the_next_run_is_quiet(self):
        allow = ("--allow-budget", self.hash())
        self.expect(0, "apply", "site.zr", "--now", NOW, *allow)
        self.assertEqual(["zrepl_20261122_000000_000", "zrepl_20261122_063000_000"],
                         self.names_on_nas())
        for more in ((), allow):
            result = self.expect(0, "apply", "site.zr", "--now", LATER, *more)
            self.assertEqual("", result.err)
            self.assertTrue(result.out.startswith("Nothing to do"), result.out)
            self.assertEqual(1, result.out.count("\n"))

    def test_the_hash_still_holds_a_minute_later(self):
        self.expect(0, "apply", "site.zr", "--now", LATER, "--allow-budget", self.hash())

    def test_another_hash_is_refused_with_the_right_one(self):
        for wrong in ("000000000000", "", self.hash()[:-1], "yes"):
            result = self.refused("apply", "site.zr", "--now", NOW, "--allow-budget", wrong)
            self.assertIn(f"--allow-budget {wrong} does not name this plan", result.err)
            self.assertIn(f"--allow-budget {self.hash()}\n", result.err)

    def test_a_hash_is_of_no_use_for_a_plan_that_destroys_one_more(self):
        allowed = self.hash()
        more = world()
        more["hosts"]["nas"]["datasets"][1]["versions"].insert(
            0, snapshot("zrepl_20261101_000000_000", 99, 9, 1793491200))
        self.make_site(limited("destroy 1"), more)
        result = self.expect(4, "apply", "site.zr", "--now", NOW, "--allow-budget", allowed)
        self.assertIn("destroys 3 of 4 snapshots", result.err)
        self.assertEqual(more["hosts"], self.host_world())

    def test_a_dry_run_ends_likewise(self):
        result = self.refused("apply", "site.zr", "--now", NOW, "--dry-run")
        self.assertEqual(self.expect(0, "plan", "site.zr", "--now", NOW).out, result.out)
        document = json.loads(self.refused("apply", "site.zr", "--now", NOW, "--dry-run",
                                           "--json").out)
        self.expect(0, "apply", "site.zr", "--now", NOW, "--dry-run", "--allow-budget",
                    document["over_budget"]["hash"])
        self.assertEqual(3, len(self.names_on_nas()))

    def test_for_programs_there_is_no_event_then(self):
        self.assertEqual("", self.refused("apply", "site.zr", "--now", NOW, "--json").out)

    def test_the_command_of_one_job(self):
        self.expect(0, "autosnap", "site.zr", "production", "--now", NOW)
        self.expect(0, "pull", "site.zr", "offsite", "--now", NOW)
        result = self.expect(4, "prune", "site.zr", "nas", "--now", NOW)
        self.assertIn("destroys 2 of 4 snapshots", result.err)
        allowed = self.hash("site.zr", "--now", NOW, "--job", "prune.nas")
        self.assertTrue(result.err.endswith(f": zrepl prune site.zr nas --allow-budget {allowed}\n"),
                        result.err)
        self.assertIn(f"zrepl apply site.zr --job prune.nas --allow-budget {allowed}\n", result.out)
        self.expect(0, "prune", "site.zr", "nas", "--now", NOW, "--allow-budget", allowed)
        self.assertEqual(2, len(self.names_on_nas()))

    def test_a_saved_plan(self):
        self.expect(0, "plan", "site.zr", "--now", NOW, "--out", "p.zrplan")
        self.assertIn("Over budget", self.expect(0, "show", "p.zrplan").out)
        result = self.refused("apply", "p.zrplan")
        command = f"zrepl apply p.zrplan --allow-budget {self.hash()}\n"
        self.assertTrue(result.err.endswith(command), result.err)
        self.expect(0, "apply", "p.zrplan", "--allow-budget", self.hash())
        self.assertEqual(2, len(self.names_on_nas()))

    def test_plan_says_so_by_its_status_only_where_asked(self):
        self.expect(0, "plan", "site.zr", "--now", NOW)
        self.expect(4, "plan", "site.zr", "--now", NOW, "--detailed-exitcode")
        self.make_site(limited("destroy 2"))
        self.expect(2, "plan", "site.zr", "--now", NOW, "--detailed-exitcode")
        self.assertNotIn("over_budget", self.plan_json("site.zr", "--now", NOW))

    def test_json_has_the_numbers(self):
        over = self.plan_json("site.zr", "--now", NOW)["over_budget"]
        self.assertEqual([{"host": "nas", "what": "destroy", "count": 2, "before": 0, "limit": 1,
                           "snapshots": 3}], over["limits"])
        self.assertRegex(over["hash"], "^[0-9a-f]{12}$")

    def test_what_is_created_counts_too(self):
        self.make_site(limited("destroy unlimited; create none"))
        result = self.expect(4, "apply", "site.zr", "--now", NOW)
        self.assertIn("on nas it creates 1 snapshot or dataset", result.err)
        self.assertIn("on vault it creates 1 snapshot or dataset", result.err)
        # Its snapshot is called otherwise a minute later.
        self.expect(0, "apply", "site.zr", "--now", LATER, "--allow-budget", self.hash())

    def test_limits_that_are_not_written(self):
        many = world()
        many["hosts"]["nas"]["datasets"][1]["versions"] = [
            snapshot(f"zrepl_{i}", 1000 + i, 10 + i, 1794000000 + i) for i in range(103)]
        self.make_site(SITE, many)
        self.assertIn("destroys 102 of 103 snapshots, where the site's limits allow 100 in a run",
                      self.expect(4, "apply", "site.zr", "--now", NOW).err)
        many["hosts"]["nas"]["datasets"][1]["versions"] = [
            snapshot(f"zrepl_{i}", 1000 + i, 10 + i, 1794000000 + i) for i in range(101)]
        self.make_site(SITE, many)
        self.expect(0, "apply", "site.zr", "--now", NOW)

    def test_help_teaches_it(self):
        for command in ("apply", "prune"):
            text = self.expect(0, command, "--help").out
            self.assertIn("--allow-budget HASH", text)
            self.assertIn("limits", text)
        self.assertIn("budget", self.expect(0, "--help").out)
        self.assertIn("--allow-budget",
                      self.expect(0, "complete", "--", "apply", "site.zr", "--a").out)

    def test_effective_shows_them(self):
        self.assertIn("limits  site.zr:", self.expect(0, "show", "--effective", "site.zr").out)
        self.make_site(SITE)
        self.assertIn("\nlimits  \n  destroy 20% or 100\n  create 1000\n",
                      self.expect(0, "show", "--effective", "site.zr").out)


class PlannedAgain(SiteCase):
    """A stream is cut, and meanwhile somebody takes snapshots, so that the new plan has more
    to destroy, though the run has destroyed four already."""

    def disturb(self, limits):
        made_of = world()
        datasets = made_of["hosts"]["nas"]["datasets"]
        datasets.append({"name": "tank/db/tmp", "guid": "9", "written": 4096, "versions": [
            snapshot(f"zrepl_2026112{d}_000000_000", 200 + d, 20 + d, 1795132800 + d * 86400)
            for d in range(0, 3)]})
        self.make_site(made_of=made_of)
        self.write_zfs("nas")
        nas = self.path("zfs-nas")
        taken = "; ".join(f"{nas} snapshot tank/db@zrepl_x{i}" for i in range(3))
        counter = self.path("count")
        self.write_zfs("vault", f'if [ "$1" = receive ] && [ ! -e {counter} ]; then\n'
                       f'  touch {counter}; {taken}\n'
                       f'  head -c 20000 | {SIM_ZFS} "$@"; exit $?\nfi\n')
        self.use_transports("transport local", "transport local")
        self.write("site.zr", limited(limits, self.path("site.zr").read_text()))

    def names(self, dataset):
        return [v["name"] for d in self.host_world()["nas"]["datasets"] if d["name"] == dataset
                for v in d["versions"] if v["type"] == "snapshot"]

    def test_all_plans_of_a_run_have_one_budget(self):
        self.disturb("destroy 4")
        result = self.expect(7, "apply", "site.zr")
        self.assertIn("planning again", result.err)
        self.assertIn("the new plan is over budget: on nas it destroys", result.err)
        self.assertIn("4 of them before in this run", result.err)
        self.assertIn("allow 4 in a run. Nothing more was done", result.err)
        self.assertIn("zrepl_20261122_000000_000", self.names("tank/db"))
        # The next run has a budget of its own, which is enough for what is left.
        self.expect(0, "apply", "site.zr")
        self.assertNotIn("zrepl_20261122_000000_000", self.names("tank/db"))

    def test_a_word_for_one_plan_is_none_for_what_comes_to_it(self):
        self.disturb("destroy 1")
        allowed = self.plan_json("site.zr")["over_budget"]["hash"]
        result = self.expect(7, "apply", "site.zr", "--allow-budget", allowed)
        self.assertIn("the new plan is over budget", result.err)
        self.assertIn("zrepl_20261122_000000_000", self.names("tank/db"))

    def test_a_run_within_its_budget_plans_again_as_ever(self):
        self.disturb("destroy 9")
        self.expect(0, "apply", "site.zr")
        self.assertNotIn("zrepl_20261122_000000_000", self.names("tank/db"))


if __name__ == "__main__":
    unittest.main()

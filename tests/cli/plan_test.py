import json
import os
import stat
import subprocess
import unittest

from support import NOW, SITE, ZREPL, SiteCase, world


class Plan(SiteCase):
    def setUp(self):
        super().setUp()
        self.make_site()

    def test_plan_shows_what_there_is_to_do_and_changes_nothing(self):
        before = self.path("world.json").read_bytes()
        result = self.expect(0, "plan", "site.zr", "--now", NOW)
        self.assertIn("zrepl_20261122_063000_000", result.out)
        self.assertIn("backup/db", result.out)
        self.assertEqual(before, self.path("world.json").read_bytes())
        self.assertFalse(self.path("state").exists(), "plan made a state folder")
        self.assertNotIn("\x1b", result.out)

    def test_detailed_exit_status_tells_changes_conflicts_and_nothing_to_do(self):
        self.expect(2, "plan", "site.zr", "--now", NOW, "--detailed-exitcode")
        self.expect(0, "apply", "site.zr", "--now", NOW)
        self.expect(0, "plan", "site.zr", "--now", NOW, "--detailed-exitcode")
        conflicted = world()
        conflicted["hosts"]["vault"]["datasets"].append(
            {"name": "backup/db", "guid": "77"})
        self.make_site(made_of=conflicted)
        self.expect(4, "plan", "site.zr", "--now", NOW, "--detailed-exitcode")
        self.expect(0, "plan", "site.zr", "--now", NOW)

    def test_a_job_alone_is_planned_alone(self):
        plan = self.plan_json("site.zr", "--now", NOW, "--job", "autosnap.production")
        self.assertEqual({"autosnap.production"}, {s["job"] for s in plan["steps"]})
        plan = self.plan_json("site.zr", "--now", NOW, "--job", "autosnap.production",
                              "--job", "prune.nas")
        self.assertEqual({"autosnap.production", "prune.nas"}, {s["job"] for s in plan["steps"]})

    def test_an_unknown_job_is_refused_with_the_one_that_was_meant(self):
        self.assert_error(self.zrepl("plan", "site.zr", "--job", "pull.ofsite"), 3,
                          "pull.ofsite", "did you mean 'pull.offsite'?")
        self.assert_error(self.zrepl("plan", "site.zr", "--job", "offsite"), 3, "offsite")

    def test_a_sim_file_is_found_beside_the_site(self):
        summary = self.expect(0, "plan", "site.zr", "--now", NOW).out
        elsewhere = self.expect(0, "plan", self.path("site.zr"), "--now", NOW, cwd="/").out
        self.assertIn("backup/db", elsewhere)
        self.assertEqual(summary, elsewhere.replace(f"{self.folder}/", ""))

    def test_a_world_file_is_planned_from_with_no_host_contacted(self):
        self.path("world.json").rename(self.path("recorded.json"))
        plan = self.plan_json("site.zr", "--now", NOW, "--world", "recorded.json")
        self.assertFalse(plan["noop"])
        self.assertEqual([], plan["conflicts"])

    def test_the_same_inputs_give_the_same_bytes(self):
        first = self.expect(0, "plan", "site.zr", "--now", NOW, "--json").out
        document = world()
        for host in document["hosts"].values():
            host["datasets"].reverse()
            for dataset in host["datasets"]:
                dataset.get("versions", []).reverse()
        self.write("world.json", json.dumps(document))
        self.assertEqual(first, self.expect(0, "plan", "site.zr", "--now", NOW, "--json").out)

    def test_times_are_rfc_3339_and_nothing_else(self):
        utc = self.plan_json("site.zr", "--now", NOW)
        self.assertEqual(NOW, utc["now"])
        self.assertEqual(utc["now"], self.plan_json("site.zr", "--now",
                                                    "2026-11-22T08:30:00+02:00")["now"])
        for wrong in ("now", "2026-11-22", "2026-11-22T06:30:00", "2026-13-22T06:30:00Z",
                      "2026-11-22 06:30:00Z", "1795329000", "2026-02-30T00:00:00Z"):
            self.assert_error(self.zrepl("plan", "site.zr", "--now", wrong), 3, wrong, "RFC 3339")

    def test_an_unreachable_host_is_a_conflict_and_the_others_go_on(self):
        self.write("site.zr", SITE.replace('host vault {\n  transport sim "world.json"',
                                           'host vault {\n  transport sim "gone.json"'))
        plan = self.plan_json("site.zr", "--now", NOW)
        self.assertEqual(["host_unreachable"], [c["kind"] for c in plan["conflicts"]])
        self.assertEqual(1, plan["summary"]["snapshot"])
        self.expect(4, "apply", "site.zr", "--now", NOW)
        self.assertEqual(4, self.zrepl("observe", "site.zr").status)

    def test_no_color_without_a_terminal_and_none_with_no_color(self):
        script = ["script", "-qec", f"{ZREPL} plan site.zr --now {NOW}", "/dev/null"]
        if subprocess.run(["sh", "-c", "command -v script"], stdout=subprocess.DEVNULL).returncode:
            self.skipTest("there is no script(1) to make a terminal")

        def on_terminal(**env):
            return subprocess.run(script, cwd=self.folder, stdin=subprocess.DEVNULL,
                                  env=self.environment(TERM="xterm", **env),
                                  stdout=subprocess.PIPE, text=True, timeout=60).stdout
        self.assertIn("\x1b[", on_terminal())
        self.assertNotIn("\x1b[", on_terminal(NO_COLOR="1"))


class Out(SiteCase):
    def setUp(self):
        super().setUp()
        self.make_site()

    def test_the_saved_plan_is_the_json_of_the_plan(self):
        self.expect(0, "plan", "site.zr", "--now", NOW, "--out", "p.json")
        saved = self.path("p.json").read_text()
        self.assertEqual(self.expect(0, "plan", "site.zr", "--now", NOW, "--json").out, saved)
        self.assertEqual(saved, self.expect(0, "show", "p.json", "--json").out)
        self.assertEqual(self.expect(0, "plan", "site.zr", "--now", NOW).out,
                         self.expect(0, "show", "p.json").out)

    def test_a_file_that_cannot_be_written_is_an_error_and_nothing_is_left(self):
        for out in ("no/such/folder/p.json", "."):
            result = self.zrepl("plan", "site.zr", "--now", NOW, "--out", out)
            self.assertEqual(1, result.status, f"\n{result}")
            self.assertIn(out, result.err)
        self.assertEqual({"site.zr", "world.json"}, {p.name for p in self.folder.iterdir()})

    def test_an_old_plan_is_replaced_whole_and_keeps_its_mode(self):
        out = self.write("p.json", "old")
        os.chmod(out, 0o600)
        self.expect(0, "plan", "site.zr", "--now", NOW, "--out", "p.json")
        self.assertEqual(0o600, stat.S_IMODE(out.stat().st_mode))
        json.loads(out.read_text())

    def test_a_full_disk_is_an_error(self):
        result = self.zrepl("plan", "site.zr", "--now", NOW, "--out", "/dev/full")
        self.assertEqual(1, result.status, f"\n{result}")
        self.assertIn("/dev/full", result.err)
        with open("/dev/full", "w") as full:
            result = self.zrepl("plan", "site.zr", "--now", NOW, stdout=full)
        self.assertEqual(1, result.status)
        self.assertIn("stdout", result.err)

    def test_a_reader_that_goes_away_is_no_error(self):
        process = self.start("plan", "site.zr", "--now", NOW)
        process.stdout.close()
        process.stdout = None
        _, err = process.communicate(timeout=60)
        self.assertEqual((0, ""), (process.returncode, err))


if __name__ == "__main__":
    unittest.main()

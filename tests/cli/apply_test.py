import fcntl
import json
import os
import re
import signal
import time
import unittest

from support import NOW, SITE, SiteCase, world


class Apply(SiteCase):
    def setUp(self):
        super().setUp()
        self.make_site()

    def test_apply_shows_the_plan_does_it_and_says_so(self):
        plan = self.expect(0, "plan", "site.zr", "--now", NOW).out
        result = self.expect(0, "apply", "site.zr", "--now", NOW)
        self.assertTrue(result.out.startswith(plan), f"\n{result}")
        self.assertRegex(result.out, r"done: \d+ steps\n$")
        self.assertIn("done", result.err)
        vault = {d["name"]: d for d in self.host_world()["vault"]["datasets"]}
        self.assertIn("zrepl_20261122_063000_000",
                      [v["name"] for v in vault["backup/db"]["versions"]])

    def test_a_second_apply_has_nothing_to_do(self):
        self.expect(0, "apply", "site.zr", "--now", NOW)
        world_before = self.path("world.json").read_bytes()
        self.assertTrue(self.plan_json("site.zr", "--now", NOW)["noop"])
        result = self.expect(0, "apply", "site.zr", "--now", NOW)
        self.assertEqual(1, result.out.count("\n"), f"\n{result}")
        self.assertEqual(world_before, self.path("world.json").read_bytes())

    def test_dry_run_does_nothing_and_says_so(self):
        before = self.path("world.json").read_bytes()
        result = self.expect(0, "apply", "site.zr", "--now", NOW, "--dry-run")
        self.assertEqual(self.expect(0, "plan", "site.zr", "--now", NOW).out, result.out)
        self.assertIn("nothing was done", result.err)
        self.assertEqual(before, self.path("world.json").read_bytes())
        self.assertFalse(self.path("state").exists())

    def test_json_is_a_line_an_event_and_nothing_else(self):
        result = self.expect(0, "apply", "site.zr", "--now", NOW, "--json")
        events = [json.loads(line) for line in result.out.splitlines()]
        self.assertGreater(len(events), 4)
        self.assertTrue(all(isinstance(e, dict) for e in events))
        self.assertEqual("", result.err)

    def test_one_job_by_its_command(self):
        self.expect(0, "autosnap", "site.zr", "production", "--now", NOW)
        hosts = self.host_world()
        names = [v["name"] for d in hosts["nas"]["datasets"] if d["name"] == "tank/db"
                 for v in d["versions"]]
        self.assertIn("zrepl_20261122_063000_000", names)
        self.assertEqual(["backup"], [d["name"] for d in hosts["vault"]["datasets"]])
        self.expect(0, "pull", "site.zr", "offsite", "--now", NOW)
        self.assertIn("backup/db", [d["name"] for d in self.host_world()["vault"]["datasets"]])
        self.expect(0, "prune", "site.zr", "nas", "--now", NOW)
        self.assert_error(self.zrepl("push", "site.zr", "offsite"), 3, "push.offsite",
                          "did you mean 'pull.offsite'?")

    def test_a_job_may_be_named_like_a_command(self):
        self.write("site.zr", SITE.replace("prune nas {", "prune check {"))
        self.expect(0, "prune", "site.zr", "check", "--now", NOW)

    def test_now_is_only_for_sim_hosts(self):
        self.write("site.zr", SITE.replace('host vault {\n  transport sim "world.json"',
                                           "host vault {\n  transport local"))
        self.assert_error(self.zrepl("apply", "site.zr", "--now", NOW), 3, "--now", "sim hosts")

    def test_conflicts_are_reported_by_the_status_and_the_rest_is_done(self):
        conflicted = world()
        conflicted["hosts"]["vault"]["datasets"].append({"name": "backup/db", "guid": "77"})
        self.make_site(made_of=conflicted)
        result = self.expect(4, "apply", "site.zr", "--now", NOW)
        self.assertIn("next: 1 conflict", result.out)
        self.assertIn("zrepl_20261122_063000_000", self.path("world.json").read_text())

    def test_a_read_only_sim_file_is_looked_at_but_not_changed(self):
        self.path("state").mkdir()
        os.chmod(self.path("state"), 0o777)
        os.chmod(self.path("world.json"), 0o444)
        os.chmod(self.folder, 0o755)
        before = self.path("world.json").read_bytes()
        planned = self.zrepl_unprivileged("plan", "site.zr", "--now", NOW)
        os.chmod(self.folder, 0o555)
        self.addCleanup(os.chmod, self.folder, 0o755)
        self.assertEqual(0, planned.status, f"\n{planned}")
        result = self.zrepl_unprivileged("apply", "site.zr", "--now", NOW)
        self.assertEqual(7, result.status, f"\n{result}")
        self.assertIn("world.json", result.out)
        self.assertIn("failed:", result.out)
        self.assertIn("next: mend what failed", result.out)
        self.assertEqual(before, self.path("world.json").read_bytes())


class SavedPlan(SiteCase):
    def setUp(self):
        super().setUp()
        self.make_site()
        self.expect(0, "plan", "site.zr", "--now", NOW, "--out", "p.json")

    def test_a_saved_plan_is_applied_and_then_stale(self):
        self.expect(0, "apply", "p.json")
        done = self.path("world.json").read_bytes()
        self.assert_error(self.zrepl("apply", "p.json"), 5, "no longer fits", "nothing was done",
                          "step 1")
        self.assertEqual(done, self.path("world.json").read_bytes())

    def test_it_is_known_by_what_is_in_it_not_by_its_name(self):
        self.path("p.json").rename(self.path("p.zr"))
        self.expect(0, "apply", "p.zr", "--dry-run")
        self.path("site.zr").rename(self.path("site.json"))
        self.expect(0, "plan", "site.json", "--now", NOW)

    def test_the_first_difference_is_named_when_the_world_moved_on(self):
        document = json.loads(self.path("world.json").read_text())
        del document["hosts"]["nas"]["datasets"][1]["versions"][0]
        self.write("world.json", json.dumps(document))
        before = self.path("world.json").read_bytes()
        self.assert_error(self.zrepl("apply", "p.json"), 5, "step ", "nothing was done",
                          "zrepl plan site.zr --out PLAN")
        self.assertEqual(before, self.path("world.json").read_bytes())

    def test_another_policy_is_refused_but_comments_do_not_matter(self):
        self.write("site.zr", "# more about it\n" + SITE)
        self.expect(0, "apply", "p.json", "--dry-run")
        self.write("site.zr", SITE.replace("keep last 2", "keep last 3"))
        self.assert_error(self.zrepl("apply", "p.json"), 5, "site.zr", "policy",
                          "nothing was done")

    def test_the_site_file_is_found_from_here_from_beside_the_plan_or_as_told(self):
        elsewhere = self.path("elsewhere")
        elsewhere.mkdir()
        self.expect(0, "apply", "../p.json", "--dry-run", cwd=elsewhere)
        moved = elsewhere / "p.json"
        self.path("p.json").rename(moved)
        self.expect(0, "apply", "elsewhere/p.json", "--dry-run")
        self.path("site.zr").rename(self.path("renamed.zr"))
        self.assert_error(self.zrepl("apply", moved, cwd="/"), 3, "site.zr", "--site FILE")
        self.expect(0, "apply", moved, "--site", self.path("renamed.zr"), "--dry-run", cwd="/")

    def test_a_plan_of_some_jobs_stays_one(self):
        self.expect(0, "plan", "site.zr", "--now", NOW, "--job", "autosnap.production", "--out",
                    "snap.json")
        result = self.expect(0, "apply", "snap.json")
        self.assertIn("done: 1 step\n", result.out)
        self.assertNotIn("backup/db", self.path("world.json").read_text())

    def test_what_was_decided_is_not_decided_again(self):
        self.assert_error(self.zrepl("apply", "p.json", "--job", "prune.nas"), 3, "--job")
        self.assert_error(self.zrepl("apply", "p.json", "--now", NOW), 3, "--now")
        self.assert_error(self.zrepl("apply", "site.zr", "--site", "site.zr"), 3, "--site")
        self.assert_error(self.zrepl("prune", "p.json", "nas"), 3, "saved plan")

    def test_files_that_are_no_plans(self):
        self.write("array.json", "[1, 2]")
        self.write("half.json", self.path("p.json").read_text()[:200])
        self.write("next.json", self.path("p.json").read_text().replace('"format_version": "1.2"',
                                                                       '"format_version": "2.0"'))
        self.assert_error(self.zrepl("show", "array.json"), 3, "array.json", "not a plan")
        self.assert_error(self.zrepl("apply", "half.json"), 3, "half.json", "not a plan")
        self.assert_error(self.zrepl("apply", "next.json"), 3, "next.json", "2.0")
        self.assert_error(self.zrepl("show", "world.json"), 3, "world.json", "it is a world")
        self.assert_error(self.zrepl("show", "site.zr"), 3, "site.zr", "not JSON")
        self.assert_error(self.zrepl("show", "gone.json"), 3, "gone.json", "No such file")

    def test_a_plan_with_a_cycle_is_refused(self):
        document = json.loads(self.path("p.json").read_text())
        document["steps"][0]["after"] = [len(document["steps"])]
        self.write("cycle.json", json.dumps(document))
        self.assert_error(self.zrepl("show", "cycle.json"), 3, "cycle.json")


class Interrupted(SiteCase):
    """A stream of 64 KiB at 1 KiB/s leaves time for a signal."""

    def setUp(self):
        super().setUp()
        self.make_site(SITE.replace("  map {", "  rate 1KiB/s\n  map {"))

    def apply_until_it_streams(self):
        process = self.start("apply", "site.zr", "--now", NOW)
        journal = self.path("state") / "office.journal"
        end = time.monotonic() + 30
        while not (journal.exists() and re.search("send|resume", journal.read_text())):
            self.assertLess(time.monotonic(), end, "the stream did not begin")
            time.sleep(0.02)
        time.sleep(0.3)
        return process

    def test_it_ends_soon_says_what_remains_and_the_next_apply_goes_on(self):
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            process = self.apply_until_it_streams()
            process.send_signal(sign)
            out, err = process.communicate(timeout=20)
            self.assertEqual(1, process.returncode, out + err)
            self.assertIn("interrupted; done: ", out)
            self.assertIn("cut off or not started:", out)
            self.assertIn("next: zrepl apply site.zr", out)
            self.assertEqual("", (self.path("state") / "office.lock").read_text())
            (self.path("state") / "office.journal").unlink()
        self.assertEqual(1, self.plan_json("site.zr", "--now", NOW)["summary"]["resume"])
        self.write("site.zr", SITE)
        self.expect(0, "apply", "site.zr", "--now", NOW)
        self.assertTrue(self.plan_json("site.zr", "--now", NOW)["noop"])

    def test_an_ignored_signal_stays_ignored(self):
        self.write("site.zr", SITE.replace("  map {", "  rate 40KiB/s\n  map {"))
        process = self.start("apply", "site.zr", "--now", NOW,
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        while process.poll() is None:
            process.send_signal(signal.SIGHUP)
            time.sleep(0.05)
        self.assertEqual(0, process.returncode, process.communicate())

    def test_killed_outright_it_leaves_no_lock_that_matters(self):
        process = self.apply_until_it_streams()
        process.kill()
        process.wait()
        self.write("site.zr", SITE)
        self.expect(0, "apply", "site.zr", "--now", NOW)
        self.assertTrue(self.plan_json("site.zr", "--now", NOW)["noop"])


class Lock(SiteCase):
    def setUp(self):
        super().setUp()
        self.make_site()

    def test_a_second_apply_is_refused_and_plans_are_free(self):
        self.path("state").mkdir()
        with open(self.path("state") / "office.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            before = self.path("world.json").read_bytes()
            self.assert_error(self.zrepl("apply", "site.zr", "--now", NOW), 6, "office", "locked")
            self.assertEqual(before, self.path("world.json").read_bytes())
            self.expect(0, "plan", "site.zr", "--now", NOW)
            self.expect(0, "apply", "site.zr", "--now", NOW, "--dry-run")
        self.expect(0, "apply", "site.zr", "--now", NOW)

    def test_no_lock_is_left_behind(self):
        self.expect(0, "apply", "site.zr", "--now", NOW)
        self.assertEqual("", (self.path("state") / "office.lock").read_text())

    def test_a_journal_that_cannot_be_written_stops_before_the_first_step(self):
        self.path("state").mkdir()
        self.path("state").joinpath("office.journal").mkdir()
        before = self.path("world.json").read_bytes()
        result = self.zrepl("apply", "site.zr", "--now", NOW)
        self.assertEqual(1, result.status, f"\n{result}")
        self.assertIn("office.journal", result.err)
        self.assertIn("nothing was done", result.err)
        self.assertEqual(before, self.path("world.json").read_bytes())

    def test_a_full_disk_for_the_journal_stops_the_run(self):
        self.path("state").mkdir()
        os.symlink("/dev/full", self.path("state") / "office.journal")
        before = self.path("world.json").read_bytes()
        result = self.zrepl("apply", "site.zr", "--now", NOW)
        self.assertEqual(1, result.status, f"\n{result}")
        self.assertIn("office.journal", result.err)
        self.assertEqual(before, self.path("world.json").read_bytes())

    def test_a_state_folder_that_cannot_be_made(self):
        self.write("state", "a file is in the way")
        result = self.zrepl("apply", "site.zr", "--now", NOW)
        self.assertEqual(1, result.status, f"\n{result}")
        self.assertIn("state", result.err)


if __name__ == "__main__":
    unittest.main()

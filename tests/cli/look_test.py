import json
import subprocess
import sys
import unittest

from support import EXAMPLES, LIMIT_SECONDS, NOW, ROOT, SITE, SiteCase


class Check(SiteCase):
    def test_a_right_file_is_summed_up(self):
        self.make_site()
        self.assertEqual("ok: site office: 2 hosts, 1 autosnap, 1 pull, 1 prune\n",
                         self.expect(0, "check", "site.zr").out)

    def test_every_error_is_shown_with_its_place(self):
        self.write("site.zr", SITE.replace("on nas", "on naas").replace("to vault", "to valut"))
        result = self.zrepl("check", "site.zr")
        self.assert_error(result, 3, "site.zr:13:", "naas", "valut", "help:")
        self.assertGreaterEqual(result.err.count("error["), 3)
        for command in ("plan", "apply", "observe", "graph"):
            self.assert_error(self.zrepl(command, "site.zr"), 3, "naas")

    def test_an_empty_file_is_a_site_that_wants_nothing(self):
        self.write("empty.zr", "")
        self.assertEqual("ok: site empty: 0 hosts\n", self.expect(0, "check", "empty.zr").out)
        self.expect(0, "plan", "empty.zr", "--detailed-exitcode")


class Findings(SiteCase):
    # A warning and a note about a file that is right.
    FOUND = SITE + """
rules unused {
  tank -> ok
}

protect {
  on nas
  datasets {
    tank/db< -> ok
    tank/db/x -> ok
  }
  snapshots { prefix "manual_" }
}
"""

    def test_they_are_shown_and_counted_and_change_no_status(self):
        self.make_site(self.FOUND)
        result = self.expect(0, "check", "site.zr")
        self.assertEqual("ok: site office: 2 hosts, 1 autosnap, 1 pull, 1 prune, 1 protect; "
                         "1 warning, 1 note\n", result.out)
        self.assertIn("warning[ZR2014]", result.err)
        self.assertIn("note[ZR2001]", result.err)

    def test_other_commands_show_warnings_and_go_on(self):
        self.make_site(self.FOUND)
        for arguments in (("plan", "site.zr"), ("apply", "site.zr", "--dry-run"),
                          ("map", "site.zr", "pull.offsite", "tank/db")):
            result = self.expect(0, *arguments)
            self.assertIn("warning[ZR2014]", result.err)
            self.assertNotIn("note[", result.err)

    def test_denied_they_are_as_good_as_errors(self):
        self.make_site(self.FOUND)
        for deny in ("warning", "note"):
            result = self.expect(3, "check", "site.zr", "--deny", deny)
            self.assertRegex(result.out, r"^denied: site office: .*; 1 warning, 1 note\n$")
        self.write("site.zr", self.FOUND.replace("rules unused {\n  tank -> ok\n}\n", ""))
        self.expect(0, "check", "site.zr", "--deny", "warning")
        self.expect(3, "check", "site.zr", "--deny", "note")
        self.make_site()
        self.expect(0, "check", "site.zr", "--deny", "note")
        self.assert_error(self.zrepl("check", "site.zr", "--deny", "error"), 3, "warning or note")

    def test_what_is_allowed_is_counted_and_shown_on_demand(self):
        allowed = self.FOUND.replace("rules unused {", "# zr:allow ZR2014 for next week\n"
                                     "rules unused {")
        allowed = allowed.replace("tank/db/x -> ok", "tank/db/x -> ok # zr:allow ZR2001 stressed")
        self.make_site(allowed)
        result = self.expect(0, "check", "site.zr", "--deny", "note")
        self.assertTrue(result.out.endswith("1 protect; 2 allowed\n"), result.out)
        self.assertEqual("", result.err)
        shown = self.expect(0, "check", "site.zr", "--show-allowed").err
        self.assertIn("= allowed: for next week\n", shown)
        self.assertIn("= allowed: stressed\n", shown)


class Observe(SiteCase):
    def setUp(self):
        super().setUp()
        self.make_site()

    def test_what_was_observed_can_be_planned_from(self):
        self.expect(0, "observe", "site.zr", "--out", "seen.json")
        seen = json.loads(self.path("seen.json").read_text())
        self.assertEqual(["nas", "vault"], sorted(seen["hosts"]))
        self.assertEqual(self.expect(0, "plan", "site.zr", "--now", NOW).out,
                         self.expect(0, "plan", "site.zr", "--now", NOW, "--world",
                                     "seen.json").out)
        self.assertEqual(seen["hosts"],
                         json.loads(self.expect(0, "observe", "site.zr").out)["hosts"])

    def test_a_world_that_is_none(self):
        for name, text, words in (("broken.json", "{", "broken.json"),
                                  ("v2.json", '{"format_version": "2.0", "hosts": {}}', "2.0"),
                                  ("guid.json", '{"format_version": "1.0", "hosts": {"nas": '
                                   '{"datasets": [{"name": "tank", "guid": "x"}]}}}', "guid")):
            self.write(name, text)
            self.assert_error(self.zrepl("plan", "site.zr", "--world", name), 3, name, words)
        self.assert_error(self.zrepl("plan", "site.zr", "--world", "gone.json"), 3, "gone.json")


class Map(SiteCase):
    def setUp(self):
        super().setUp()
        self.make_site()

    def test_the_deciding_rule_and_those_it_beats(self):
        out = self.expect(0, "map", "site.zr", "pull.offsite", "tank/db/tmp/x").out
        lines = out.splitlines()
        self.assertEqual("tank/db/tmp/x -> omit", lines[0])
        self.assertRegex(lines[1], r"decided by +tank/db/tmp< -> omit +site\.zr:24")
        self.assertRegex(lines[2], r"beats +tank/db< -> backup/db +site\.zr:23")
        self.assertEqual("tank/db/wal -> backup/db/wal",
                         self.expect(0, "map", "site.zr", "pull.offsite",
                                     "tank/db/wal").out.splitlines()[0])

    def test_filters_and_datasets_that_no_rule_takes(self):
        self.assertTrue(self.expect(0, "map", "site.zr", "prune.nas", "tank/db").out
                        .startswith("tank/db -> ok\n"))
        self.assertIn("no rule takes it",
                      self.expect(0, "map", "site.zr", "prune.nas", "tank/else").out)

    def test_names_that_are_none(self):
        self.assert_error(self.zrepl("map", "site.zr", "pull.offsite", "tank//db"), 3, "tank//db")
        self.assert_error(self.zrepl("map", "site.zr", "offsite", "tank/db"), 3, "offsite",
                          "pull.offsite")


class Why(SiteCase):
    def setUp(self):
        super().setUp()
        self.make_site()

    def test_the_floor_of_a_sink_is_told(self):
        snapshot = "nas:tank/db@zrepl_20261120_000000_000"
        self.assertIn("  so it goes", self.expect(0, "why", "site.zr", snapshot, "--now", NOW).out)
        sink = "\nsink lab { on nas; map { < -> tank }; keep_at_least 100 }\n"
        self.write("site.zr", self.path("site.zr").read_text() + sink)
        out = self.expect(0, "why", "site.zr", snapshot, "--now", NOW).out
        self.assertIn("  prune.nas lets it go", out)
        self.assertIn("  sink.lab keeps it: keep_at_least 100  (site.zr:", out)
        self.assertIn("  so it stays: keep_at_least 100 of sink.lab\n", out)

    def test_a_snapshot_is_explained(self):
        out = self.expect(0, "why", "site.zr", "nas:tank/db@zrepl_20261120_000000_000", "--now",
                          NOW).out
        self.assertIn("prune.nas", out)
        self.assertIn("prune.nas", self.expect(0, "why", "site.zr", "nas:tank/db").out)
        self.path("world.json").rename(self.path("seen.json"))
        self.assertEqual(out, self.expect(0, "why", "site.zr",
                                          "nas:tank/db@zrepl_20261120_000000_000", "--now", NOW,
                                          "--world", "seen.json").out)

    def test_a_renamed_dataset_is_explained_under_both_names(self):
        site = SITE.replace("tank/db< -> backup/db\n", "tank< -> backup/nas\n")
        self.make_site(site)
        self.expect(0, "apply", "site.zr", "--now", NOW)
        world = json.loads(self.path("world.json").read_text())
        for dataset in world["hosts"]["nas"]["datasets"]:
            dataset["name"] = dataset["name"].replace("tank/db", "tank/new")
        self.write("world.json", json.dumps(world))
        self.write("site.zr", site.replace("  to vault\n", "  to vault\n  on_rename follow\n"))
        plan = json.loads(self.expect(0, "plan", "site.zr", "--now", NOW, "--json").out)
        renames = [step for step in plan["steps"] if step["kind"] == "rename"]
        self.assertEqual(1, len(renames), plan)
        old, new = renames[0]["dataset"], renames[0]["to"]
        self.assertIn(f"will be called {new}",
                      self.expect(0, "why", "site.zr", f"vault:{old}", "--now", NOW).out)
        self.assertIn(f"is called {old} now",
                      self.expect(0, "why", "site.zr", f"vault:{new}", "--now", NOW).out)

    def test_names_that_are_none(self):
        self.assert_error(self.zrepl("why", "site.zr", "tank/db"), 3, "HOST:DATASET")
        self.assert_error(self.zrepl("why", "site.zr", "nsa:tank/db"), 3, "did you mean 'nas'?")
        self.assert_error(self.zrepl("why", "site.zr", "nas:tank//db"), 3, "tank//db")
        self.assert_error(self.zrepl("why", "site.zr", "nas:tank/db@zrepl_20261120_000000_001"),
                          1, "did you mean 'zrepl_20261120_000000_000'?")
        self.path("world.json").unlink()
        self.assert_error(self.zrepl("why", "site.zr", "nas:tank/db"), 1, "nas", "world.json")


class Documents(SiteCase):
    def test_what_is_written_is_what_the_schemas_say(self):
        self.make_site()
        self.expect(0, "observe", "site.zr", "--out", "a.world.json")
        self.expect(0, "plan", "site.zr", "--now", NOW, "--out", "a.plan.json")
        self.expect(0, "plan", "site.zr", "--now", NOW, "--job", "prune.nas", "--out",
                    "b.plan.json")
        documents = [*self.folder.glob("*.world.json"), *self.folder.glob("*.plan.json")]
        self.assertEqual(3, len(documents))
        done = subprocess.run([sys.executable, ROOT / "tests" / "schema_test.py", "--strict",
                               *documents, *EXAMPLES.glob("*/world.json")],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=LIMIT_SECONDS)
        self.assertEqual(0, done.returncode, done.stdout)


class Graph(SiteCase):
    def test_of_a_site_and_of_a_plan(self):
        self.make_site()
        dot = self.expect(0, "graph", "site.zr", "--now", NOW).out
        self.assertTrue(dot.startswith("digraph"), dot)
        self.expect(0, "plan", "site.zr", "--now", NOW, "--out", "p.json")
        self.assertEqual(dot, self.expect(0, "graph", "p.json", "--format", "dot").out)
        mermaid = self.expect(0, "graph", "p.json", "--format", "mermaid").out
        self.assertRegex(mermaid, r"^(flowchart|graph) ")
        self.assert_error(self.zrepl("graph", "p.json", "--now", NOW), 3, "saved plan")


if __name__ == "__main__":
    unittest.main()

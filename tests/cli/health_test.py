"""`zrepl health`: what is not as promised, in words, for Nagios, and for Prometheus."""

import json
import re
import subprocess
import sys
import unittest

from support import NOW, ROOT, SITE, SiteCase, snapshot, world

NOW_SECONDS = 1795329000  # NOW; a slot of an hour begins half an hour before it
HOUR = 3600


def named(hours_ago, guid, **more):
    at = NOW_SECONDS - 1800 - hours_ago * HOUR
    return snapshot(f"zrepl_h{hours_ago}", guid, 1000 - hours_ago, at, **more)


def healthy(on_nas=(1, 0), on_vault=(1, 0)):
    """The newest snapshot is in this slot, and both hosts have it."""
    made_of = world()
    nas = made_of["hosts"]["nas"]["datasets"][1]
    nas["written"] = 0
    nas["versions"] = [named(h, 500 - h) for h in on_nas]
    newest = 500 - min(on_vault)
    nas["versions"].append({**named(min(on_vault), newest), "type": "bookmark",
                            "name": f"zrepl:office:pull.offsite:{newest:016x}"})
    made_of["hosts"]["vault"]["datasets"].append(
        {"name": "backup/db", "guid": "9",
         "versions": [named(h, 500 - h, **({"holds": ["zrepl:office:pull.offsite"]}
                                           if h == min(on_vault) else {})) for h in on_vault]})
    return made_of


# What `'label'=value[UOM];warn;crit;min` is made of.
PERFDATA = re.compile(r"(?:'([^'=|]+)'|([a-z]+))=(\d+)(s?);(\d*);(\d*);0")


def perfdata(out):
    first = out.splitlines()[0]
    rest, found = first.split(" | ")[1], {}
    for piece in re.split(r" (?=')| (?=[a-z]+=)", rest):
        match = PERFDATA.fullmatch(piece)
        assert match, piece
        found[match[1] or match[2]] = (int(match[3]), match[4], match[5], match[6])
    return found


# A strict reader of what OpenMetrics allows for gauges.
LABELS = re.compile(r'([a-z_]+)="((?:[^"\\\n]|\\["\\n])*)"')
SAMPLE = re.compile(r'([a-z_]+)\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\} (-?\d+(?:\.\d+)?)')


def metrics(text):
    assert text.endswith("\n# EOF\n"), text[-20:]
    family, families, samples = None, {}, {}
    for line in text.split("\n")[:-2]:
        comment = re.fullmatch(r"# (HELP|TYPE|UNIT) ([a-z_]+) (.+)", line)
        if comment:
            kind, name, value = comment.groups()
            if kind == "HELP":
                assert name not in families, f"{name} twice"
                family, families[name] = name, {}
            assert name == family and kind not in families[name], line
            families[name][kind] = value
            if kind == "TYPE":
                assert value == "gauge", line
            if kind == "UNIT":
                assert name.endswith("_" + value), line
            continue
        sample = SAMPLE.fullmatch(line)
        assert sample and sample[1] == family and "TYPE" in families[family], line
        labels = LABELS.findall(sample[2])
        assert len(dict(labels)) == len(labels), line
        key = (sample[1], frozenset(labels))
        assert key not in samples, f"twice: {line}"
        samples[key] = float(sample[3])
    return samples


class Health(SiteCase):
    def health(self, status, *options, now=NOW):
        return self.expect(status, "health", "site.zr", "--now", now, *options).out

    def metric(self, samples, name, **labels):
        found = [v for (n, l), v in samples.items()
                 if n == name and set(labels.items()) <= set(l)]
        self.assertEqual(1, len(found), f"{name} {labels} in {samples}")
        return found[0]

    def test_healthy_is_one_line(self):
        self.make_site(made_of=healthy())
        out = self.health(0)
        self.assertRegex(out, r"^ok: site office \(site\.zr\) at 2026-11-22T06:30:00Z: \d+ ok\n$")
        out = self.health(0, "--format", "nagios")
        self.assertRegex(out, r"^ZREPL OK - site office is as promised: \d+ ok \| ")
        self.assertEqual(1, out.count("\n"))
        self.assertEqual((1800, "s", "7200", "10800"),
                         perfdata(out)["nas:tank/db autosnap.production age"])
        self.assertEqual((0, "", "", ""), perfdata(out)["vault:backup/db pull.offsite lag"])
        self.assertEqual({"backup", "backup/db"}, {d["name"] for d in self.host_world()["vault"]
                                                   ["datasets"]}, "nothing is changed")

    def test_an_apply_makes_it_healthy(self):
        self.make_site()
        self.health(4)
        self.assertNotIn("zrepl_last_run", self.health(4, "--format", "openmetrics"))
        self.expect(0, "apply", "site.zr", "--now", NOW)
        self.health(0)
        samples = metrics(self.health(0, "--format", "openmetrics"))
        self.assertGreater(self.metric(samples, "zrepl_last_run_end_timestamp_seconds"), 0)
        self.assertGreater(self.metric(samples, "zrepl_last_run_bytes"), 0)
        self.assertGreaterEqual(self.metric(samples, "zrepl_last_run_duration_seconds"), 0)
        self.assertGreater(self.metric(samples, "zrepl_last_run_steps", outcome="done"), 0)
        self.assertEqual(0, self.metric(samples, "zrepl_last_run_failed_steps", kind="send"))
        self.assertNotIn("zrepl_last_run", self.health(0, "--format", "openmetrics", "--world",
                                                       "world.json"))

    def test_a_journal_that_cannot_be_read_is_no_reason_to_say_nothing(self):
        self.make_site(made_of=healthy())
        self.path("state/office.journal").mkdir(parents=True)
        result = self.expect(0, "health", "site.zr", "--now", NOW, "--format", "openmetrics")
        self.assertIn("warning: nothing is known of the last run: ", result.err)
        self.assertEqual(0, self.metric(metrics(result.out), "zrepl_health"))

    def test_a_stopped_autosnap(self):
        self.make_site(made_of=healthy())
        # Two slots without a snapshot end at 08:00, and three at 09:00.
        self.health(0, now="2026-11-22T08:00:00Z")
        out = self.health(4, now="2026-11-22T08:00:01Z")
        self.assertIn("warning   nas:tank/db autosnap.production (site.zr:12)\n", out)
        self.assertIn("the newest, @zrepl_h0, is 2h old; one is due every 1h\n", out)
        self.assertNotIn("pull.offsite", out)
        out = self.health(1, "--format", "nagios", now="2026-11-22T08:00:01Z")
        self.assertRegex(out, r"^ZREPL WARNING - nas:tank/db autosnap\.production: the newest")
        out = self.health(2, "--format", "nagios", now="2026-11-22T09:00:01Z")
        self.assertRegex(out, r"^ZREPL CRITICAL - nas:tank/db autosnap\.production: the newest")
        self.assertEqual((3 * HOUR + 1, "s", "7200", "10800"),
                         perfdata(out)["nas:tank/db autosnap.production age"])

    def test_a_target_that_is_behind(self):
        self.make_site(made_of=healthy(on_nas=(5, 4, 3, 2, 1, 0), on_vault=(5,)))
        out = self.health(4, "--job", "pull.offsite")
        self.assertIn("critical  vault:backup/db pull.offsite (site.zr:19)\n", out)
        self.assertIn("5h30m old, with 5 snapshots of nas:tank/db yet to be sent; 2h is promised",
                      out)
        out = self.health(2, "--format", "nagios", "--job", "pull.offsite")
        self.assertEqual((5, "", "", ""), perfdata(out)["vault:backup/db pull.offsite lag"])
        samples = metrics(self.health(4, "--format", "openmetrics"))
        self.assertEqual(5, self.metric(samples, "zrepl_lag_snapshots", dataset="backup/db"))
        self.assertEqual(5.5 * HOUR, self.metric(samples, "zrepl_newest_copy_age_seconds",
                                                 host="vault", job="pull.offsite"))

    def test_a_prune_that_is_stuck(self):
        self.make_site(made_of=healthy(on_nas=range(9, -1, -1)))
        out = self.health(4)
        self.assertIn("critical  nas:tank/db prune.nas (site.zr:28)\n", out)
        self.assertRegex(out, r"6 snapshots should have been gone for at least 2h; the oldest, "
                              r"@zrepl_h9, is 9h30m old and nothing keeps it: ")
        out = self.health(2, "--format", "nagios")
        self.assertEqual((6, "", "0", ""), perfdata(out)["nas:tank/db prune.nas overdue"])

    def test_a_prune_that_a_hold_keeps_from_it(self):
        made_of = healthy(on_nas=(9, 3, 2, 1, 0))
        made_of["hosts"]["nas"]["datasets"][1]["versions"][0]["holds"] = ["lawyers"]
        self.make_site(made_of=made_of)
        self.assertIn("stays: held by lawyers\n", self.health(4))
        self.assertRegex(self.health(1, "--format", "nagios"), "^ZREPL WARNING - nas:tank/db")

    def test_a_host_out_of_reach_is_unknown_and_the_others_are_judged(self):
        self.make_site(SITE.replace('host vault {\n  transport sim "world.json"',
                                    'host vault {\n  transport sim "none.json"'), healthy())
        out = self.health(4)
        self.assertRegex(out, r"unknown   vault \(site\.zr:19\)\n    is out of reach, so nothing is "
                              r"known of pull\.offsite: .*none\.json")
        out = self.health(3, "--format", "nagios")
        self.assertRegex(out, "^ZREPL UNKNOWN - vault: is out of reach")
        self.assertIn("nas:tank/db autosnap.production age", perfdata(out))
        out = self.health(2, "--format", "nagios", now="2026-11-23T06:30:00Z")
        self.assertRegex(out, "^ZREPL CRITICAL - nas:tank/db autosnap.production")
        samples = metrics(self.health(4, "--format", "openmetrics"))
        self.assertEqual(0, self.metric(samples, "zrepl_host_reachable", host="vault"))
        self.assertEqual(3, self.metric(samples, "zrepl_health"))

    def test_a_conflict_says_what_to_do(self):
        made_of = healthy()
        made_of["hosts"]["vault"]["datasets"][1]["versions"].append(
            snapshot("mine", 7, 2000, NOW_SECONDS - 60))
        made_of["hosts"]["nas"]["datasets"][1]["versions"].insert(
            2, snapshot("zrepl_more", 8, 2000, NOW_SECONDS - 60))
        self.make_site(made_of=made_of)
        out = self.health(4)
        self.assertIn("critical  vault:backup/db pull.offsite (site.zr:19)\n    diverged: ", out)
        self.assertIn("    help: set `on_diverged rollback`", out)
        samples = metrics(self.health(4, "--format", "openmetrics"))
        self.assertEqual(1, self.metric(samples, "zrepl_conflicts", kind="diverged"))
        self.assertEqual(0, self.metric(samples, "zrepl_conflicts", kind="encryption"))

    def test_metrics_replace_a_file_at_once(self):
        self.make_site(made_of=healthy())
        self.assertEqual("", self.health(0, "--format", "openmetrics", "--out", "zrepl.prom"))
        text = self.path("zrepl.prom").read_text()
        samples = metrics(text)
        self.assertEqual(text, self.health(0, "--format", "openmetrics"))
        self.assertEqual(0, self.metric(samples, "zrepl_health", site="office"))
        self.assertEqual(NOW_SECONDS, self.metric(samples, "zrepl_observed_timestamp_seconds"))
        self.assertEqual(2, self.metric(samples, "zrepl_snapshots", host="nas"))
        self.assertEqual(1, self.metric(samples, "zrepl_build_info"))
        self.assertEqual(0, self.metric(samples, "zrepl_plan_steps", kind="destroy"))
        self.assert_error(self.zrepl("health", "site.zr", "--now", NOW, "--out", "no/such/file"), 1,
                          "no/such/file")

    def test_json_fits_its_schema(self):
        self.make_site(made_of=healthy(on_nas=range(9, -1, -1)))
        for name, options in (("a.json", []), ("b.json", ["--job", "pull.offsite"])):
            self.write(name, self.health(4 if name == "a.json" else 0, "--format", "json", *options))
        done = subprocess.run([sys.executable, ROOT / "tests" / "schema_test.py", "--strict",
                               self.path("a.json"), self.path("b.json")], capture_output=True,
                              text=True)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        document = json.loads(self.path("a.json").read_text())
        self.assertEqual("critical", document["status"])
        stuck = [v for v in document["verdicts"] if v["aspect"] == "retention"]
        self.assertEqual([("nas", "tank/db", "prune.nas", 6, 34200)],
                         [(v["host"], v["dataset"], v["job"], v["snapshots"], v["age_seconds"])
                          for v in stuck])
        self.assertEqual({"file": "site.zr", "line": 28}, stuck[0]["origin"])

    def test_a_recorded_world_needs_no_host(self):
        self.make_site(made_of=healthy())
        self.path("world.json").rename(self.path("recorded.json"))
        self.health(0, "--world", "recorded.json")
        self.health(4)

    def test_a_check_that_cannot_judge_is_unknown(self):
        self.write("site.zr", "site a |\nhost {\n")
        result = self.zrepl("health", "site.zr", "--format", "nagios")
        self.assertEqual(3, result.status)
        self.assertRegex(result.out, r"^ZREPL UNKNOWN - error\[ZR\d+\]: [^|\n]*\n$")
        self.assertIn("site.zr:", result.err)
        result = self.zrepl("health", "none.zr", "--format", "nagios")
        self.assertEqual(3, result.status)
        self.assertRegex(result.out, r"^ZREPL UNKNOWN - error: .*none\.zr")
        self.assert_error(self.zrepl("health", "none.zr"), 3, "none.zr")
        self.assert_error(self.zrepl("health", "none.zr", "--format", "xml"), 3, "openmetrics")


if __name__ == "__main__":
    unittest.main()

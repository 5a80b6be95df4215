"""What does not work the first time: tried again, or planned again."""

import json
import time
import unittest

from support import SIM_ZFS, SiteCase


class Again(SiteCase):
    def disturb(self, fault):
        """The vault's zfs does this first."""
        self.make_site()
        self.write_zfs("nas")
        self.write_zfs("vault", fault)
        self.use_transports("transport local", "transport local")

    def times(self, command, count, what):
        """The first so many times that zfs is to do this, something else happens."""
        counter = self.path("count")
        return (f'if [ "$1" = {command} ]; then\n  echo x >>{counter}\n'
                f'  if [ $(wc -l <{counter}) -le {count} ]; then\n    {what}\n  fi\nfi\n')

    def events(self, status, *arguments):
        out = self.expect(status, "apply", "site.zr", "--json", *arguments).out
        return [json.loads(line) for line in out.splitlines()]

    def at_rest(self):
        self.assertTrue(self.plan_json("site.zr")["noop"])

    def test_a_stream_that_was_cut_goes_on_in_the_same_apply(self):
        self.disturb(self.times("receive", 1, f'head -c 20000 | {SIM_ZFS} "$@"; exit $?'))
        events = self.events(0)
        self.assertEqual(["version"], [e["type"] for e in events if e["type"] == "version"])
        self.assertEqual(2, len([e for e in events if e["type"] == "run_started"]))
        self.assertIn("resume", [e["kind"] for e in events if e["type"] == "step_ended"])
        self.at_rest()

    def test_the_new_plan_is_shown(self):
        self.disturb(self.times("receive", 1, f'head -c 20000 | {SIM_ZFS} "$@"; exit $?'))
        result = self.expect(0, "apply", "site.zr")
        self.assertIn("planning again", result.err)
        self.assertIn("% resume", result.out)

    def test_a_saved_plan_is_carried_out_once(self):
        self.disturb(self.times("receive", 1, f'head -c 20000 | {SIM_ZFS} "$@"; exit $?'))
        self.expect(0, "plan", "site.zr", "--out", "plan.json")
        self.assertNotIn("planning again", self.expect(7, "apply", "plan.json").err)
        self.expect(0, "apply", "site.zr")
        self.at_rest()

    def test_what_passes_is_tried_again(self):
        self.disturb(self.times("hold", 2, "echo 'cannot hold: dataset is busy' >&2; exit 1"))
        events = self.events(0)
        retried = [e for e in events if e["type"] == "step_retried"]
        self.assertEqual([1, 2][:len(retried)], [e["attempt"] for e in retried])
        self.assertTrue(retried)
        for event in retried:
            self.assertIn("busy", event["message"])
            self.assertGreater(event["pause_ms"], 0)
        self.at_rest()

    def test_but_not_for_ever(self):
        self.disturb(self.times("hold", 1000, "echo 'cannot hold: dataset is busy' >&2; exit 1"))
        begun = time.monotonic()
        events = self.events(7, "--retry-for", "2s")
        self.assertLess(time.monotonic() - begun, 60)
        self.assertEqual(1, len([e for e in events if e["type"] == "run_started"]))

    def test_what_a_person_has_to_mend_is_not_tried_again(self):
        self.disturb(self.times("receive", 1000, "echo 'cannot receive: out of space' >&2; exit 1"))
        events = self.events(7)
        self.assertFalse([e for e in events if e["type"] == "step_retried"])
        self.assertEqual(1, len([e for e in events if e["type"] == "run_started"]))


if __name__ == "__main__":
    unittest.main()

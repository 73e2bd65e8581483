# SPDX-License-Identifier: GPL-3.0-or-later
"""What a state directory is for: the second check knows what the first one knew.

Random histories, played on two servers: one loses records (logs cleared, wrapped), and is
checked with a state directory; the other one never does, and is read in full each time.
The verdicts must be equal. A history's seed is in its failure; IMC_SEED=N plays N and on.
"""
import re
import time
import unittest

import lab
from histories import SEED, Case, History, essence, iso

HISTORIES = 16
STEPS = 14
# What a log that was cleared changes, in the check that sees it.
ALARM = ("status", "exit_code", "text")
# What is claimed where the log is short, and where it is not.
CLAIM = re.compile("in (7d|the [^ ]+( [^ ]+)? that the log holds)")


class Histories(unittest.TestCase):
    maxDiff = None

    def play(self, history, credentials, state):
        for _ in range(STEPS):
            for _ in range(history.random.randint(1, 3)):
                history.step()
            history.pass_time(1)
            known = history.check(history.lossy, credentials, "--state-dir", state)
            full = history.check(history.whole, credentials)
            story = "\n".join(history.log)
            self.assertEqual(known["log_cleared"], bool(history.cleared), story)
            self.assertEqual("log-cleared" in known["keys"], bool(history.cleared), story)
            but = (ALARM if history.cleared else ()) + (
                ("log-short",) if history.has_gap else ())
            history.cleared.clear()
            if history.has_gap:
                for one in (known, full):
                    one["text"] = CLAIM.sub("in all that is known", one["text"])
            but += ("clock_skew",)      # measured twice: a second may pass in between
            self.assertLessEqual(abs(known["clock_skew"] - full["clock_skew"]), 1, story)
            self.assertEqual(essence(known, but), essence(full, but), story)
            if not history.has_lost:
                self.assertEqual(known["attempts"], full["attempts"], story)
                self.assertEqual(known["events_4071"], full["events_4071"], story)
                self.assertEqual(known["status"], full["status"], story)
            if history.random.random() < 0.3:
                history.lose()

    def test_a_check_that_remembers_says_what_a_full_reading_says(self):
        with lab.Folder() as folder:
            credentials = folder.credentials()
            for seed in range(SEED, SEED + HISTORIES):
                with self.subTest(seed=seed), History(seed) as history:
                    self.play(history, credentials, folder.state())

    def test_histories_are_worth_it(self):
        """They reach most conditions: one that only ever says one thing tests nothing."""
        seen = set()
        with lab.Folder() as folder:
            credentials = folder.credentials()
            with History(7) as history:
                for _ in range(60):
                    history.step()
                    seen.add(history.check(history.whole, credentials)["condition"])
        self.assertLessEqual({"active", "recovered", "past", "cleared"}, seen)


class Losses(Case):
    def test_a_cleared_log_is_said_once_and_nothing_is_essence(self):
        for name, condition in (("active-automatic", "active"),
                                ("recovered-automatic", "recovered"),
                                ("past-other-failure", "past"), ("cleared", "cleared")):
            for log in ("application", "system"):
                with self.subTest(name, log=log):
                    self.state = self.private.state()
                    server = self.serve(name)
                    first = self.check(server)
                    server.clear_log(log)
                    second, third = self.check(server), self.check(server)
                    self.assertEqual(first["condition"], condition)
                    self.assertNotIn("log-cleared", first["keys"])
                    self.assertIn("log-cleared", second["keys"])
                    self.assertIn(second["status"], ("warning", "critical"))
                    self.assertNotIn("log-cleared", third["keys"])
                    for after in (second, third):
                        self.assertEqual(essence(after)["events_4071"],
                                         essence(first)["events_4071"])
                        for part in ("condition", "trigger", "boot_time", "attempts"):
                            self.assertEqual(after[part], first[part])

    def test_a_cleared_log_is_noticed_whatever_came_since(self):
        for since in (0, 1, 2, 3, 50):
            with self.subTest(since=since):
                self.state = self.private.state()
                server = self.serve("running")
                self.check(server)
                server.clear_log("application")
                if since:
                    server.append_event("application", {"id": 1, "source": "x",
                                                        "repeat": since})
                self.assertIn("log-cleared", self.check(server)["keys"])

    def test_new_records_are_no_clearing(self):
        server = self.serve("running")
        self.check(server)
        for count in (1, 2, 300, 5000):
            with self.subTest(count=count):
                server.append_event("application",
                                    {"id": 1, "source": "x", "repeat": count})
                self.assertEqual(self.check(server)["keys"], ["running"])

    def test_an_event_between_two_checks_is_found(self):
        server = self.serve("running")
        self.assertEqual(self.check(server)["events_4071"]["count"], 0)
        server.append_event("application", {"id": "0xC0000FE7", "type": "error"})
        server.set_service(state="stopped", win32_exit=1066, specific_exit=2140)
        found = self.check(server)
        self.assertEqual((found["condition"], found["events_4071"]["count"]),
                         ("active", 1))

    def test_a_log_that_is_denied_once_costs_one_verdict(self):
        server = self.serve("recovered-automatic")
        first = self.check(server)
        server.set_faults([{"at": "call", "pipe": "eventlog", "opnum": 10,
                            "log": "application", "do": "deny"}])
        second = self.check(server)
        self.assertIn("log-unreadable", second["keys"])
        self.assertEqual(second["condition"], "recovered")
        server.set_faults([])
        third = self.check(server)
        self.assertEqual((third["keys"], third["attempts"]),
                         (first["keys"], first["attempts"]))

    def test_the_second_reading_is_a_short_one(self):
        server = self.serve("running")
        server.append_event("application", {"id": 1, "source": "x", "repeat": 20000,
                                            "at": "-1h"})
        costs = []
        for _ in range(2):
            before = len(server.calls)
            self.check(server)
            costs.append(sum(call["detail"].get("bytes", 0)
                             for call in server.calls[before:]
                             if call["name"].startswith("Read")))
        self.assertGreater(costs[0], 1000000)
        self.assertLess(costs[1], 50000)


class Pending(Case):
    AGES = ("--pending", "1s,2s")

    def at(self, server, moment, *options, **more):
        server.set_clock_skew(moment + 0.2 - time.time())
        return self.check(server, "--at", iso(moment), *self.AGES, *options, **more)

    def test_a_pending_state_ages_from_check_to_check(self):
        now = int(time.time())
        server = self.serve(lab.scenario("running"))
        server.set_service(state="start-pending")
        for age, status in ((0, "ok"), (1, "warning"), (2, "critical"),
                            (7000, "critical")):
            with self.subTest(age=age):
                found = self.at(server, now + age)
                self.assertEqual((found["keys"], found["status"]), (["pending"], status))
        server.set_service(state="running")
        self.assertEqual(self.at(server, now + 7001)["status"], "ok")
        server.set_service(state="stop-pending")
        self.assertEqual(self.at(server, now + 7002)["status"], "ok")

    def test_without_memory_its_age_is_not_known(self):
        server = self.serve(lab.scenario("running"))
        server.set_service(state="start-pending")
        for _ in range(2):
            found = self.check(server, *self.AGES, state=False)
            self.assertEqual((found["keys"], found["status"]), (["pending"], "warning"))


if __name__ == "__main__":
    unittest.main()

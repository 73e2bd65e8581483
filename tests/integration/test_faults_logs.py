# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs that change, are cleared, grow, cannot be sought in, or are very large."""
import dataclasses
import unittest

import lab
import places

TIMEOUT = 4
SLACK = 1 if not lab.SANITIZED else 5
GIGABYTE = 1 << 30
LARGE = 500_000
LONGEST = 60_000        # bytes of a string, near the most that a record holds
MOST_STRINGS = 256      # [MS-EVEN] 3.1.4.6: NumStrings

READ = {"at": "call", "pipe": "eventlog", "opnum": 10}
FAILED_START = {"at": "-1h", "source": "MSExchangeIMC", "id": "0xC0000FE7",
                "type": "error"}
BOOT = {"at": "-70m", "source": "EventLog", "id": "0x80001775", "type": "information"}
NOISE = {"at": "-50m", "source": "MSExchangeIS Private", "id": "0x400003F8",
         "type": "information", "strings": ["EXCHDOM\\user"]}


def stopped(application, faults=(), **changes):
    """A stopped service whose only boot is 70 minutes old."""
    return lab.scenario("stopped-clean", application_log=application, system_log=[BOOT],
                        faults=list(faults), **changes)


@dataclasses.dataclass
class Row:
    name: str
    scenario: dict
    keys: list
    status: str
    count: int = None       # of events 4071


MANY = {**NOISE, "repeat": 4000, "every": 0.5}     # more than two answers hold
ACTIVE = [FAILED_START, MANY]
LONG = "x" * (LONGEST // 2 - 1)     # and its zero
ROWS = [
    Row("the log changed before the first read", stopped(
        ACTIVE, [{**READ, "do": "log-changed", "log": "application", "nth": 1}]),
        ["active"], "critical", 1),
    Row("it changed before the third", stopped(
        ACTIVE, [{**READ, "do": "log-changed", "log": "application", "nth": 3}]),
        ["active"], "critical", 1),
    Row("it changes with each read", stopped(
        ACTIVE, [{**READ, "do": "log-changed", "log": "application"}]),
        ["stopped", "log-unreadable"], "critical"),
    Row("it was cleared, and a new failure came", stopped(
        ACTIVE, [{**READ, "do": "log-cleared", "log": "application", "nth": 2,
                  "events": [{**FAILED_START, "at": "-0s"}]}]),
        ["active"], "critical", 1),
    Row("it was cleared under a handle that reads on", stopped(
        ACTIVE, [{**READ, "do": "log-cleared", "log": "application", "nth": 2,
                  "old_handles": "continue", "events": [{**FAILED_START, "at": "-0s"}]}]),
        ["active"], "critical", 1),
    Row("it was cleared and is empty", stopped(
        ACTIVE, [{**READ, "do": "log-cleared", "log": "application", "nth": 2}]),
        ["stopped"], "critical", 0),
    Row("records come during the reading", stopped(
        ACTIVE, [{**READ, "do": "append", "log": "application", "events": [
            {**NOISE, "at": "-0s", "repeat": 5, "every": 0}]}]),
        ["active"], "critical", 1),
    Row("the failure comes during the reading", stopped(
        [MANY],
        [{**READ, "do": "append", "log": "application", "nth": 2, "events": [
            {**FAILED_START, "at": "-0s"}]},
         {**READ, "do": "log-changed", "log": "application", "nth": 3}]),
        ["active"], "critical", 1),
    Row("no record can be sought", stopped(
        ACTIVE, [{**READ, "do": "seek-error-87"}]), ["active"], "critical", 1),
    Row("none can be sought, and records come", stopped(
        ACTIVE, [{**READ, "do": "seek-error-87"},
                 {**READ, "do": "append", "log": "application", "times": 3, "events": [
                     {**NOISE, "at": "-0s"}]}]),
        ["active"], "critical", 1),
    Row("none can be sought, and it changed", stopped(
        ACTIVE, [{**READ, "do": "seek-error-87"},
                 {**READ, "do": "log-changed", "log": "application", "nth": 3}]),
        ["active"], "critical", 1),
    Row("both logs are empty", stopped([], []), ["stopped"], "critical", 0),
    Row("strings of 60 KB", stopped(
        [{**FAILED_START, "strings": [LONG]},
         {**NOISE, "strings": [LONG], "repeat": 40}]),
        ["active"], "critical", 1),
    Row("60 KB in many strings", stopped(
        [{**FAILED_START, "strings": ["y" * 116] * MOST_STRINGS}, NOISE]),
        ["active"], "critical", 1),
    Row("data of 60 KB", stopped(
        [{**FAILED_START, "data": "4071" * (LONGEST // 2)},
         {**NOISE, "data": "00" * LONGEST, "repeat": 10}]), ["active"], "critical", 1),
    Row("records larger than the first buffer", stopped(
        [FAILED_START, {**NOISE, "strings": ["z" * 5000], "repeat": 3}]),
        ["active"], "critical", 1),
    Row("a record larger than any buffer", stopped(
        [FAILED_START, {**NOISE, "data": "00" * 0x80000}]),
        ["stopped", "log-unreadable"], "critical"),
    Row("the numbers come to their end", stopped(
        ACTIVE, first_record={"application": 0xFFFFFFFF - 4000, "system": 1}),
        ["active", "log-short"], "critical", 1),
    Row("a hundred failures", stopped(
        [{**FAILED_START, "repeat": 100, "every": "30s"}, NOISE]), ["active"], "critical",
        100),
]


class Logs(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        with lab.Folder() as folder:
            credentials = folder.credentials()
            cls.found = lab.in_parallel(
                lambda row: lab.check_scenario(row.scenario, credentials, "--json", "-t",
                                               TIMEOUT, address_space=GIGABYTE), ROWS)

    def test_logs_that_move_or_are_large_are_read_or_said_to_be_unread(self):
        for row, (done, server) in zip(ROWS, self.found):
            with self.subTest(row.name):
                self.assertEqual(server.faults.happened() > 0,
                                 bool(row.scenario["faults"]))
                self.assertEqual(done.err, "", done)
                self.assertEqual(done.code, lab.EXIT_CODES[row.status], done)
                self.assertEqual(done.json["keys"], row.keys, done)
                self.assertEqual(done.json["events_4071"]["count"], row.count, done)
                self.assertLess(done.seconds, TIMEOUT + SLACK, done)


class Large(unittest.TestCase):
    """Half a million records inside the horizon: read in time, or said to be unread."""

    def check(self, faults=()):
        events = [FAILED_START, {**NOISE, "repeat": LARGE, "every": 0.005}]
        with lab.Folder() as folder:
            done, _ = lab.check_scenario(
                stopped(events, faults), folder.credentials(), "--json", "-t", TIMEOUT,
                address_space=GIGABYTE)
        return done

    def test_half_a_million_records(self):
        for name, faults in (("sought", []), ("in sequence",
                                              [{**READ, "do": "seek-error-87"}])):
            with self.subTest(name):
                done = self.check(faults)
                self.assertLess(done.seconds, TIMEOUT + SLACK, done)
                self.assertEqual((done.code, done.err), (2, ""), done)
                if places.APPLICATION in done.parts():
                    told = done.parts()[places.APPLICATION]
                    self.assertEqual((told["kind"], told["stage"]),
                                     ("timeout", "application-log"))
                    self.assertEqual(done.json["keys"], ["stopped", "log-unreadable"])
                else:
                    self.assertEqual(done.json["keys"], ["active"])


class Remembered(unittest.TestCase):
    """With a state directory: the second run reads on from the bookmark."""

    def setUp(self):
        folder = lab.Folder()
        self.addCleanup(folder.remove)
        self.credentials, self.state = folder.credentials(), folder.state()

    def check(self, server):
        return lab.check(server.port, self.credentials, "--json", "--state-dir",
                         self.state)

    def bytes_read(self, server):
        return sum(call["detail"]["bytes"] for call in server.calls
                   if (call["pipe"], call["opnum"]) == ("eventlog", 10))

    def test_second_run_reads_less_and_says_the_same(self):
        with lab.NTServer(stopped(ACTIVE)) as server:
            first, before = self.check(server), self.bytes_read(server)
            second, both = self.check(server), self.bytes_read(server)
        for key in ("keys", "condition", "trigger", "cause", "events_4071", "attempts"):
            self.assertEqual(first.json[key], second.json[key])
        self.assertLess(both - before, before / 4)
        self.assertEqual(sum(call["opnum"] == 28 for call in server.calls), 1)

    def test_what_came_since_is_added(self):
        with lab.NTServer(stopped(ACTIVE)) as server:
            self.check(server)
            server.append_event("application", {**FAILED_START, "at": "-0s"})
            second = self.check(server)
        self.assertEqual(second.json["events_4071"]["count"], 2, second)

    def test_cleared_log_is_said_once(self):
        with lab.NTServer(stopped(ACTIVE)) as server:
            self.check(server)
            server.clear_log("application")
            server.append_event("application", {**NOISE, "at": "-0s"})
            second, third = self.check(server), self.check(server)
        self.assertEqual(second.json["keys"], ["active", "log-cleared", "log-short"],
                         second)
        self.assertTrue(second.json["log_cleared"])
        self.assertEqual(third.json["keys"], ["active", "log-short"], third)

    def test_refused_account_is_left_alone(self):
        with lab.NTServer(stopped(ACTIVE)) as server:
            server.set_user(lab.USER, "Another-1")
            first, second = self.check(server), self.check(server)
            self.assertEqual(server.logon_attempts(lab.USER), 1)
        for done, kind in ((first, "logon"), (second, "denied")):
            told = done.parts()[places.STATE]
            self.assertEqual((done.code, told["stage"], told["kind"]), (3, "logon", kind))


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Broken, refused and absurd answers, at every place, alone and in pairs: no crash, no
hang, and never the exit code 0 where a part that counts was not learned."""
import dataclasses
import itertools
import unittest

import lab
import places
from places import APPLICATION, CONFIG, EVERYTHING, LOGS, NOTHING, STATE, SYSTEM

GIGABYTE = 1 << 30
WRONG = "Not-the-Secret-4071"
TIMEOUT = 5
SLACK = 1 if not lab.SANITIZED else 5
WORKERS = 3 * lab.CORES

BREAKING = ("close", "reset", "reset-mid-reply", "garbage")
OF_SMB = [(action, {}) for action in (*BREAKING, "deny", "missing")]
OF_BIND = [(action, {}) for action in (*BREAKING, "deny", "reject", "fault")]
OF_BIND += [("short", {"bytes": size}) for size in (0, 10, 30)]
OF_CALL = [(action, {}) for action in BREAKING[:3]]
OF_CALL += [("garbage", {"bytes": size}) for size in (20, 28, 64, 4000)]
OF_CALL += [("short", {"bytes": size}) for size in (0, 3, 7)]
OF_CALL += [("deny", {}), ("fault", {}), ("fault", {"code": 0x1C010003}),
            ("error", {"code": 0xC0000001})]
ACTIONS = {"accept": [("close", {}), ("reset", {}), ("garbage", {})], "bind": OF_BIND,
           "call": OF_CALL}


@dataclasses.dataclass
class Row:
    name: str
    state: str
    faults: list
    hits: frozenset         # parts that cannot be learned
    protocol: str = "smb1"
    done: lab.Done = None

    def play(self, credentials):
        scenario = places.server_of(self.state, *self.faults, protocol=self.protocol)
        self.done, _ = lab.check_scenario(scenario, credentials, "--json", "-t", TIMEOUT,
                                          address_space=GIGABYTE)


def is_end(place, action):
    """Is there no connection any more? Garbage in a call's answer costs that call, and in
    a bind Samba waits for the rest of it: where the clock is asked for, not for ever."""
    if action == "garbage" and (place.at == "call" or place in places.CLOCK):
        return False
    return action in BREAKING


def play_all(rows):
    with lab.Folder() as folder:
        credentials = folder.credentials()
        lab.in_parallel(lambda row: row.play(credentials), rows, WORKERS)


class Honest(unittest.TestCase):
    """What the tests of this module share; it has none of its own."""

    def assert_honest(self, row):
        """What it says fits what it learned, and it learned nothing it could not."""
        self.assertIn(row.done.code, range(4), row.done)
        self.assertEqual(row.done.err, "", row.done)
        self.assertEqual(row.done.left, [], row.done)
        self.assertLess(row.done.seconds, TIMEOUT + SLACK, row.done)
        told = row.done.json
        self.assertEqual(told["exit_code"], row.done.code, row.done)
        lost = set(row.done.parts()) - places.HARMLESS
        if row.hits or lost:
            self.assertNotEqual(row.done.code, 0, row.done)
        if STATE not in lost and row.state == "stopped":
            self.assertEqual(row.done.code, lab.EXIT_CODES["critical"], row.done)

    def assert_all(self, rows):
        play_all(rows)
        for row in rows:
            with self.subTest(row.name, state=row.state, protocol=row.protocol):
                self.assert_honest(row)


class Places(Honest):
    def test_broken_answers_at_every_place(self):
        rows = []
        for place in places.OF_A_STOPPED:
            for action, arguments in ACTIONS.get(place.at, OF_SMB):
                state = "stopped" if place in places.DEPENDENCIES else "running"
                rows.append(Row(f"{place.name}: {action} {arguments}", state,
                                [place.fault(action, **arguments)],
                                place.loses if is_end(place, action) else place.hits,
                                ("smb1", "smb2")[len(rows) % 2]))
        self.assert_all(rows)

    def test_success_with_nothing_in_it(self):
        numbers = {"svcctl": (15, 16, 6), "eventlog": (7, 5, 4, 10)}
        # Without the number of the oldest record all of them can be read nevertheless.
        rows = [Row(place.name, "running", [place.fault("error", code=0)],
                    NOTHING if place.where["opnum"] == 5 else place.hits)
                for place in places.SERVICE + places.EVENTS
                if place.where.get("opnum") in numbers[place.where["pipe"]]]
        self.assert_all(rows)


def _fault(hits, at, do, **where):
    return frozenset(hits), {"at": at, "do": do, **where}


# One fault of every kind for each part.
FAULTS = {
    "no svcctl": _fault({STATE, CONFIG}, "open-pipe", "missing", pipe="svcctl"),
    "svcctl rejected": _fault({STATE, CONFIG}, "bind", "reject", pipe="svcctl"),
    "manager denied": _fault({STATE, CONFIG}, "call", "deny", pipe="svcctl", opnum=15),
    "service denied": _fault({STATE, CONFIG}, "call", "deny", pipe="svcctl", opnum=16),
    "state denied": _fault({STATE}, "call", "deny", pipe="svcctl", opnum=6),
    "state absurd": _fault({STATE}, "call", "absurd", pipe="svcctl", opnum=6),
    "config masked": _fault({CONFIG}, "call", "deny-access-mask", pipe="svcctl",
                            opnum=16),
    "config denied": _fault({CONFIG}, "call", "deny", pipe="svcctl", opnum=17),
    "config short": _fault({CONFIG}, "call", "short", pipe="svcctl", opnum=17, bytes=7),
    "no eventlog": _fault(LOGS, "open-pipe", "missing", pipe="eventlog"),
    "Application denied": _fault({APPLICATION}, "call", "deny", pipe="eventlog", opnum=7,
                                 log="application"),
    "Application corrupt": _fault({APPLICATION}, "call", "log-corrupt", pipe="eventlog",
                                  opnum=10, log="application"),
    "Application changes": _fault({APPLICATION}, "call", "log-changed", pipe="eventlog",
                                  opnum=10, log="application"),
    "Application uncounted": _fault({APPLICATION}, "call", "fault", pipe="eventlog",
                                    opnum=4, log="application"),
    "Application reset": _fault({APPLICATION}, "call", "reset", pipe="eventlog", opnum=10,
                                log="application"),
    "System denied": _fault({SYSTEM}, "call", "deny", pipe="eventlog", opnum=7,
                            log="system"),
    "System is Application": _fault({SYSTEM}, "call", "open-log-is-application",
                                    pipe="eventlog", opnum=7, log="system"),
    "System garbage": _fault({SYSTEM}, "call", "garbage", pipe="eventlog", opnum=10,
                             log="system"),
    "no srvsvc": _fault(NOTHING, "open-pipe", "missing", pipe="srvsvc"),
    "clock denied": _fault(NOTHING, "call", "deny", pipe="srvsvc", opnum=28),
    "clock absurd": _fault(NOTHING, "call", "absurd", pipe="srvsvc", opnum=28),
    "dependency denied": _fault(NOTHING, "call", "deny", pipe="svcctl", opnum=16,
                                service=places.NEEDED),
}


class Pairs(Honest):
    """Each fault, and each two of them, for each state of the service."""

    def test_every_fault_and_every_pair_of_faults(self):
        chosen = [(name,) for name in FAULTS] + list(itertools.combinations(FAULTS, 2))
        rows = [Row(" and ".join(names), state, [FAULTS[name][1] for name in names],
                    frozenset().union(*(FAULTS[name][0] for name in names)))
                for state in places.HEALTHY for names in chosen]
        self.assert_all(rows)

    def test_a_fault_of_clock_or_dependencies_alone_is_never_fatal(self):
        names = [name for name, (hits, _) in FAULTS.items() if not hits]
        rows = [Row(name, state, [FAULTS[name][1]], NOTHING)
                for state in places.HEALTHY for name in names]
        play_all(rows)
        for row in rows:
            with self.subTest(row.name, state=row.state):
                self.assertEqual(row.done.code, places.HEALTHY[row.state], row.done)


# Answers that no server means.
CONFIGS = ("needed", "needed-always", "string-count", "string-offset", "unterminated")
RECORDS = ("length-zero", "length-tiny", "length-huge", "length-odd", "length-over",
           "signature", "record-number-zero", "record-number-huge", "time-huge",
           "num-strings", "string-offset", "string-offset-low", "sid-length",
           "sid-offset", "data-length", "data-offset", "unterminated", "trailer")
# What tells nothing wrong: a time is as good as any other, and where something has no
# length it does not matter where it lies (no record has a SID or data; those of System no
# strings).
HARMLESS_IN = {
    "application": ("time-huge", "sid-offset", "data-offset"),
    "system": ("time-huge", "sid-offset", "data-offset", "string-offset",
               "string-offset-low"),
}


def absurd_rows():
    for what in CONFIGS:
        yield Row(f"config {what}", "running", [
            {"at": "call", "do": "absurd", "pipe": "svcctl", "opnum": 17, "what": what}],
            frozenset() if what == "unterminated" else frozenset({CONFIG}))
    yield Row("state", "running", [FAULTS["state absurd"][1]], frozenset({STATE}))
    yield Row("clock", "running", [FAULTS["clock absurd"][1]], NOTHING)
    for log, part in (("application", APPLICATION), ("system", SYSTEM)):
        where = {"at": "call", "do": "absurd", "pipe": "eventlog", "log": log}
        for opnum, value in itertools.product((4, 5), (0xFFFFFFFF, 0x7FFFFFFF, 1 << 20)):
            yield Row(f"{log} opnum {opnum} {value:#x}", "running",
                      [{**where, "opnum": opnum, "value": value}], frozenset({part}))
        for what in ("sent-size", "real-size"):
            for value in (0xFFFFFFF0, 0x80000, 1 << 20):
                yield Row(f"{log} {what} {value:#x}", "running",
                          [{**where, "opnum": 10, "what": what, "value": value}],
                          frozenset({part}))
        for what in ("nothing", *RECORDS):
            hits = NOTHING if what in HARMLESS_IN[log] else frozenset({part})
            yield Row(f"{log} {what}", "running", [{**where, "opnum": 10, "what": what}],
                      hits)


class Absurd(Honest):
    """In a gigabyte of address space (but not under ASan)."""

    def test_no_absurd_answer_is_believed(self):
        self.assert_all(list(absurd_rows()))


class Logon(unittest.TestCase):
    def test_wrong_password_is_told_and_tried_once(self):
        for protocol in ("smb1", "smb2"):
            scenario = places.server_of("running", protocol=protocol)
            with self.subTest(protocol), lab.Folder() as folder:
                done, server = lab.check_scenario(
                    scenario, folder.credentials(password=WRONG), "--json")
                self.assertEqual(done.code, 3, done)
                self.assertEqual({(one["stage"], one["kind"])
                                  for one in done.parts().values()}, {("logon", "logon")})
                self.assertEqual(set(done.parts()) - places.HARMLESS, EVERYTHING)
                self.assertEqual(server.logon_attempts(lab.USER), 1)
                self.assertNotIn(WRONG, done.out)
                self.assertEqual(server.calls, [])


if __name__ == "__main__":
    unittest.main()

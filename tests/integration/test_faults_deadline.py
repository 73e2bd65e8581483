# SPDX-License-Identifier: GPL-3.0-or-later
"""A server that falls silent costs the deadline and no more, wherever that happens; and
SIGTERM ends the wait at once."""
import contextlib
import dataclasses
import os
import pathlib
import signal
import time
import unittest

import lab
import places

TIMEOUT = 3
SLACK = 1 if not lab.SANITIZED else 4
WAITING = 24        # checks at once: they sleep
STALLED_MS = 60000
LATE_MS = 2500      # more than a third of twice TIMEOUT
TERM_SLACK = 0.1 if not lab.SANITIZED else 1.0
SYN_SENT = "02"


@dataclasses.dataclass
class Row:
    place: places.Place
    state: str
    protocol: str
    action: str
    is_json: bool = True
    done: lab.Done = None

    @property
    def lost(self):
        """What may be missing. The clock is asked for with patience for other things:
        it is never fatal."""
        return places.NOTHING if self.place in places.CLOCK else self.place.loses

    def labels(self):
        return {"state": self.state, "protocol": self.protocol, "action": self.action,
                "json": self.is_json}

    def play(self, credentials):
        arguments = {"ms": STALLED_MS} if self.action == "slow" else {}
        fault = self.place.fault(self.action, **arguments)
        scenario = places.server_of(self.state, fault, protocol=self.protocol)
        options = ["-t", TIMEOUT] + ["--json"] * self.is_json
        self.done, _ = lab.check_scenario(scenario, credentials, *options)


def rows():
    yield Row(places.BLACKHOLE, "running", "smb1", "blackhole")
    yield Row(places.BLACKHOLE, "running", "smb1", "blackhole", is_json=False)
    for place in places.OF_EACH_CHECK:
        yield Row(place, "running", "smb1", "hang")
        yield Row(place, "running", "smb1", "hang", is_json=False)
        if place not in places.CLOCK:   # what comes after is as slow
            yield Row(place, "running", "smb1", "slow")
    for place in places.OF_A_STOPPED:
        yield Row(place, "stopped", "smb2", "hang")


class Hanging(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = list(rows())
        with lab.Folder() as folder:
            credentials = folder.credentials()
            lab.in_parallel(lambda row: row.play(credentials), cls.rows, WAITING)

    def test_check_ends_at_its_deadline_and_leaves_no_process(self):
        for row in self.rows:
            with self.subTest(row.place.name, **row.labels()):
                self.assertLess(row.done.seconds, TIMEOUT + SLACK, row.done)
                self.assertEqual(row.done.left, [], row.done)
                self.assertEqual(row.done.err, "", row.done)

    def test_what_was_learned_before_counts(self):
        for row in self.rows:
            with self.subTest(row.place.name, **row.labels()):
                self.assertEqual(row.done.code,
                                 places.exit_code_without(row.state, row.lost), row.done)
                if row.is_json:
                    self.assertEqual(set(row.done.parts()) - places.HARMLESS, row.lost,
                                     row.done)

    def test_stage_is_named(self):
        for row in self.rows:
            if not row.lost:
                continue
            stage = row.place.stage
            with self.subTest(row.place.name, **row.labels()):
                if not row.is_json:
                    self.assertIn("no answer", row.done.line)
                    continue
                for part in row.lost:
                    told = row.done.parts()[part]
                    self.assertEqual((told["stage"], told["kind"]), (stage, "timeout"))
                    self.assertRegex(told["text"], places.PHRASES[stage])
                self.assertRegex(row.done.json["text"], places.PHRASES[stage])


class AnsweredLate(unittest.TestCase):
    """The clock's pipe gets a third of the time: its answers come while logs are read."""

    def test_late_answer_for_the_clock_costs_nothing_else(self):
        rows = [(place, state, protocol) for place in places.CLOCK
                for state, protocol in (("running", "smb1"), ("stopped", "smb2"))]

        def play(row):
            place, state, protocol = row
            scenario = places.server_of(state, place.fault("delay", ms=LATE_MS),
                                        protocol=protocol)
            return lab.check_scenario(scenario, credentials, "-t", 2 * TIMEOUT,
                                      "--json")[0]

        with lab.Folder() as folder:
            credentials = folder.credentials()
            found = lab.in_parallel(play, rows, WAITING)
        for (place, state, protocol), done in zip(rows, found):
            with self.subTest(place.name, state=state, protocol=protocol):
                self.assertEqual(done.code,
                                 places.exit_code_without(state, places.NOTHING), done)
                self.assertEqual(set(done.parts()) - places.HARMLESS, set(), done)
                self.assertEqual(done.err, "", done)


class StateOfTimeout(unittest.TestCase):
    def test_it_applies_only_where_nothing_was_learned_in_time(self):
        reading = places.EVENTS[5]
        rows = [
            # action at a place, state, -t, exit code
            (places.ON_THE_WAY[1].fault("hang"), "running", "1:CRITICAL", 2),
            (places.ON_THE_WAY[1].fault("hang"), "stopped", "1:WARNING", 1),
            (places.BLACKHOLE.fault("blackhole"), "running", "1:CRITICAL", 2),
            (places.SERVICE[4].fault("hang"), "stopped", "1:WARNING", 1),
            (places.SERVICE[5].fault("hang"), "running", "1:CRITICAL", 3),
            (reading.fault("hang"), "running", "1:CRITICAL", 3),
            (reading.fault("hang"), "stopped", "1:WARNING", 2),
            (places.ON_THE_WAY[1].fault("close"), "running", "1:CRITICAL", 3),
            (places.BLACKHOLE.fault("refuse"), "running", "1:CRITICAL", 3),
        ]

        def play(row):
            fault, state, timeout, _ = row
            return lab.check_scenario(places.server_of(state, fault), credentials, "-t",
                                      timeout)[0]

        with lab.Folder() as folder:
            credentials = folder.credentials()
            found = lab.in_parallel(play, rows, WAITING)
        for (fault, state, timeout, code), done in zip(rows, found):
            with self.subTest(fault=fault, state=state, timeout=timeout):
                self.assertEqual(done.code, code, done)


def sockets_of(process):
    """Their inodes; of one that has ended, none."""
    found = set()
    for path in pathlib.Path(f"/proc/{process.pid}/fd").glob("*"):
        with contextlib.suppress(OSError):
            found.add(os.readlink(path).removeprefix("socket:[").removesuffix("]"))
    return found


def is_connecting_to(port, process):
    """The process itself: what fills a black hole's queue connects to it, too."""
    text = pathlib.Path("/proc/net/tcp").read_text(encoding="utf-8")
    lines = [line.split() for line in text.splitlines()[1:]]
    waiting = {line[9] for line in lines
               if line[2].endswith(f":{port:04X}") and line[3] == SYN_SENT}
    return bool(waiting and waiting & sockets_of(process))


class Terminated(unittest.TestCase):
    """SIGTERM, sent once the server is known to hang."""

    def end(self, place, action, credentials):
        """(exit code, output, seconds from the signal to the end)"""
        state = "stopped" if place in places.DEPENDENCIES else "running"
        scenario = places.server_of(state, place.fault(action))
        with lab.NTServer(scenario) as server:
            process = lab.start(*lab.target(server.port, credentials), "-t", 30)
            with process:
                limit = time.monotonic() + 10
                while not (server.faults.happened()
                           or is_connecting_to(server.port, process)):
                    if time.monotonic() > limit or process.poll() is not None:
                        break
                    time.sleep(0.002)
                begin = time.monotonic()
                process.send_signal(signal.SIGTERM)
                process.wait()
                seconds = time.monotonic() - begin
                return process.returncode, process.stdout.read().decode(), seconds

    def test_sigterm_ends_a_wait_at_once_with_one_line(self):
        rows = [(places.BLACKHOLE, "blackhole")]
        rows += [(place, "hang") for place in places.OF_A_STOPPED]
        with lab.Folder() as folder:
            credentials = folder.credentials()
            found = lab.in_parallel(lambda row: self.end(*row, credentials), rows)
        for (place, _), (code, text, seconds) in zip(rows, found):
            with self.subTest(place.name):
                self.assertEqual(code, 3, text)
                self.assertEqual(text, "IMC UNKNOWN - ended by SIGTERM\n")
                self.assertLess(seconds, TERM_SLACK)


if __name__ == "__main__":
    unittest.main()

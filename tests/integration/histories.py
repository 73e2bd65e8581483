# SPDX-License-Identifier: GPL-3.0-or-later
"""Histories of an Exchange server; what of two verdicts on one of them must be equal."""
import datetime
import os
import random
import time
import unittest

import lab
from lab import NTServer

BEGIN = 1795000000
MINUTE, HOUR, DAY = 60, 3600, 86400
SERVICE_NAME = "Microsoft Exchange Internet Mail Service"
SEED = int(os.environ.get("IMC_SEED", time.time()))
# What is measured, or is about the reading itself, is not the verdict.
MEASURED = ("probe_ms", "observed_at", "log_reaches_back_to", "log_cleared")


def iso(moment):
    return datetime.datetime.fromtimestamp(moment, datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


def essence(verdict, but=()):
    """A verdict without what a lossy server may answer differently, and without `but`."""
    found = {name: value for name, value in verdict.items()
             if name not in (*MEASURED, *but)}
    found["keys"] = [key for key in found["keys"] if key not in ("log-cleared", *but)]
    found["events_4071"] = {**found["events_4071"], "last_record": None}
    found["attempts"] = [{**one, "record": None} for one in found["attempts"]]
    return found


class History:
    """Two servers with one past; time is that of --at, and costs nothing."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.now = BEGIN
        self.ahead = self.random.choice((0, 0, 2 * HOUR, -HOUR))    # the servers' clocks
        self.log = []
        empty = lab.scenario("running", application_log=[], system_log=[])
        self.lossy, self.whole = NTServer(empty), NTServer(empty)
        self.has_lost = False
        self.has_gap = False    # what was logged just before a clear may have gone unread
        self.cleared = set()    # logs that were, since the last check with a state

    def __enter__(self):
        self.lossy.start(), self.whole.start()
        self.boot(), self.start(True)
        return self

    def __exit__(self, *_):
        self.lossy.stop(), self.whole.stop()

    def both(self):
        for server in (self.lossy, self.whole):
            server.set_clock_skew(self.now + self.ahead + 0.3 - time.time())
            yield server

    def pass_time(self, seconds):
        self.now += seconds

    def append(self, log, event, **more):
        for server in self.both():
            server.append_event(log, {"id": event, **more})

    def set_service(self, **fields):
        for server in self.both():
            server.set_service(**fields)

    def check(self, server, credentials, *options):
        list(self.both())
        done = lab.check(server.port, credentials, "--json", "--at", iso(self.now),
                         *options)
        if done.err or done.code not in (0, 1, 2, 3):
            raise AssertionError(str(done))
        return done.json

    # -- what happens ---------------------------------------------------------------

    def start(self, is_good=None, event=0xC0000FE7):
        is_good = self.random.random() < 0.4 if is_good is None else is_good
        self.append("application", 0x400003E8 if is_good else event)
        self.set_service(state="running" if is_good else "stopped",
                         win32_exit=0 if is_good else 1066,
                         specific_exit=0 if is_good else 2140)

    def other_failure(self):
        self.start(False, self.random.choice((0xC0000FF6, 0xC0000FD7, 0xC0000FAA)))

    def stop(self):
        self.append("application", 0x400003E9)
        self.set_service(state="stopped", win32_exit=0, specific_exit=0)

    def boot(self):
        self.append("system", 0x80001776, source="EventLog")
        self.pass_time(self.random.randint(20, 90))
        self.append("system", 0x80001775, source="EventLog")
        self.set_service(state="stopped", win32_exit=1077, specific_exit=0)

    def reboot(self):
        self.boot()
        self.pass_time(self.random.choice((30, 45, 200, 20 * MINUTE)))
        self.start()

    def die(self):
        self.append("system", 0xC0001B77, source="Service Control Manager",
                    strings=[SERVICE_NAME, "1"])
        self.set_service(state="stopped", win32_exit=1067)

    def noise(self):
        log = self.random.choice(("application", "system"))
        self.append(log, self.random.randint(1, 60000), source="Norton AntiVirus",
                    repeat=self.random.choice((1, 5, 300)),
                    strings=["4071", "MSExchangeIMC"])

    def change_start_type(self):
        self.set_service(start_type=self.random.choice(("automatic", "automatic",
                                                        "manual")))

    def clear(self):
        log = self.random.choice(("application", "system"))
        if self.lossy.logs[log].count > 0:
            self.cleared.add(log)
        self.lossy.clear_log(log)
        self.has_lost = self.has_gap = True

    def wrap(self):
        log = self.random.choice(("application", "system"))
        count = self.lossy.logs[log].count
        if count > 1:
            self.lossy.forget_records(log, self.random.randint(1, count - 1))
            self.has_lost = True

    def idle(self):
        pass

    EVENTS = (start, start, start, other_failure, stop, reboot, reboot, die, noise, noise,
              change_start_type, idle)
    LOSSES = (clear, wrap)

    def step(self):
        self.pass_time(self.random.choice((1, 30, 130, 10 * MINUTE, HOUR, 5 * HOUR, DAY)))
        what = self.random.choice(self.EVENTS)
        what(self)
        self.log.append(f"{iso(self.now)} {what.__name__}")

    def lose(self):
        what = self.random.choice(self.LOSSES)
        what(self)
        self.log.append(f"{iso(self.now)} {what.__name__}")


class Case(unittest.TestCase):
    def setUp(self):
        self.private = lab.Folder()
        self.addCleanup(self.private.remove)
        self.credentials = self.private.credentials()
        self.state = self.private.state()

    def serve(self, scenario):
        server = NTServer(lab.scenario(scenario)
                          if isinstance(scenario, str) else scenario)
        server.start()
        self.addCleanup(server.stop)
        return server

    def check(self, server, *options, state=True):
        state_dir = ["--state-dir", self.state] if state else []
        done = lab.check(server.port, self.credentials, "--json", *state_dir, *options)
        self.assertEqual(done.err, "")
        return done.json

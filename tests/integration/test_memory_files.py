# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of a state directory: whole after a kill, shared by checks, one a server."""
import json
import os
import random
import signal
import time
import unittest

import lab
import sandbox
import evt_writer as writer     # sandbox makes tests/data importable
from histories import SEED, Case, essence

KILLS = 30
HOUR = 3600
SOURCE = "MSExchangeIMC"


# Two checks follow each other by the real clock here: an age in words may have gone on
# by a second or a minute between them. The times themselves are compared.
# What differs from one moment to the next: ages in words, a skew that is rounded anew.
AGES = ("text", "clock_skew")


class Files(Case):
    def assert_same(self, found, full):
        """But for what differs from one moment to the next; a skew by its rounding."""
        self.assertEqual(essence(found, AGES), essence(full, AGES))
        self.assertLessEqual(abs(found["clock_skew"] - full["clock_skew"]), 1)

    def files(self):
        found = {}
        for name in sorted(os.listdir(self.state)):
            with open(os.path.join(self.state, name), "rb") as file:
                found[name] = file.read()
        return found

    def test_a_killed_check_leaves_a_whole_file(self):
        chance = random.Random(SEED)
        server = self.serve("active-automatic")
        begin = time.monotonic()
        before = self.check(server)
        usual = time.monotonic() - begin
        for i in range(KILLS):
            moment = chance.uniform(0, 1.2 * usual)
            with self.subTest(seed=SEED, kill=i, moment=moment):
                server.append_event("application", {"id": "0xC0000FE7", "type": "error"})
                process = lab.start(*lab.target(server.port, self.credentials),
                                    "--state-dir", self.state)
                time.sleep(moment)
                process.send_signal(signal.SIGKILL)
                process.communicate()
                for name, content in self.files().items():
                    if name.endswith(".state"):
                        self.assertTrue(sandbox.is_whole(content), content)
        known, full = self.check(server), self.check(server, state=False)
        self.assert_same(known, full)
        self.assertGreater(known["events_4071"]["count"], before["events_4071"]["count"])
        self.assertFalse([name for name in self.files() if name.endswith(".tmp")])

    def state_file(self, server):
        return os.path.join(self.state, f"127.0.0.1%3A{server.port}.state")

    def test_tunnels_behind_one_address_do_not_share_a_memory(self):
        down, up = self.serve("active-automatic"), self.serve("running")
        for server, status in ((down, "critical"), (up, "ok"), (down, "critical")):
            told = self.check(server)
            self.assertEqual((told["status"], told["log_cleared"]), (status, False))
        for server in (down, up):
            self.assertTrue(os.path.exists(self.state_file(server)))

    def test_what_a_killed_check_left_breaks_no_other(self):
        server = self.serve("active-automatic")
        first = self.check(server)
        for content in (b"", b"half a st", b"\0" * 5000):
            with self.subTest(content[:10]):
                path = self.state_file(server) + ".tmp"
                with open(path, "wb") as file:
                    file.write(content)
                self.assertEqual(self.check(server)["keys"], first["keys"])
                self.assertFalse(os.path.exists(path))

    def test_checks_at_the_same_time_do_not_disturb_each_other(self):
        server = self.serve("active-automatic")
        full = self.check(server, state=False)
        for _ in range(3):
            running = [lab.start(*lab.target(server.port, self.credentials), "--json",
                                 "--state-dir", self.state) for _ in range(8)]
            for process in running:
                out, err = process.communicate(timeout=lab.HANG)
                self.assertEqual((process.returncode, err), (2, b""), out)
                self.assertEqual(essence(json.loads(out))["keys"],
                                 essence(full)["keys"])
        self.assert_same(self.check(server), full)
        name = os.path.basename(self.state_file(server))
        self.assertTrue(sandbox.is_whole(self.files()[name]))

    def test_servers_have_files_of_their_own(self):
        down, up = self.serve("active-automatic"), self.serve("running")
        rows = (("EXCH01", down), ("EXCH02", up), ("exch01", up))
        config = os.path.join(self.private.path, "imc.conf")
        with open(config, "w", encoding="utf-8") as file:
            for name, server in rows:
                file.write(f"[server {name}]\naddress = 127.0.0.1\nport = {server.port}\n"
                           f"credentials = {self.credentials}\n")
        for _ in range(2):
            for name, server in rows:
                done = lab.run("--config", config, "--server", name, "--state-dir",
                               self.state)
                self.assertEqual(done.code, 2 if server is down else 0, str(done))
        self.assertEqual(sum(name.endswith(".state") for name in self.files()), 3)

    def test_files_are_for_their_owner_only(self):
        self.check(self.serve("active-automatic"))
        before = os.umask(0)
        try:
            self.check(self.serve("logon-wrong-password"))
        finally:
            os.umask(before)
        for name in self.files():
            with self.subTest(name):
                mode = os.stat(os.path.join(self.state, name)).st_mode & 0o777
                self.assertEqual(mode, 0o600)


class Copies(unittest.TestCase):
    """Logs that are copied: not always in order."""

    BOOT = (5 * HOUR, 0x80001775, "EventLog")
    OLD = [(4.9 * HOUR, 1000, SOURCE)]
    NEW = [*OLD, (4 * HOUR, 1001, SOURCE), (3.8 * HOUR, 0xC0000FE7, SOURCE),
           (HOUR, 1, "other")]

    def setUp(self):
        self.private = lab.Folder()
        self.addCleanup(self.private.remove)
        self.state, self.now = self.private.state(), int(time.time())
        self.put("system", [self.BOOT, (HOUR, 1, "other")])

    def put(self, name, events):
        records = [writer.record(number, int(self.now - age), event, source)
                   for number, (age, event, source) in enumerate(events, 1)]
        (self.private.path / name).write_bytes(writer.log(writer.CLEAN, records))

    def check(self, events):
        self.put("application", events)
        done = lab.run("--evt", self.private.path / "application", "--system-evt",
                       self.private.path / "system", "-H", "EXCH01", "--state-dir",
                       self.state, "--json")
        return done.code, done.json

    def test_an_older_copy_brings_no_older_verdict(self):
        for number, events in enumerate((self.NEW, self.OLD, self.OLD, self.NEW)):
            with self.subTest(check=number):
                code, found = self.check(events)
                self.assertEqual((code, found["condition"]), (2, "active"), found)
                why = [one["text"] for one in found["failures"]]
                self.assertEqual(any("older copy" in one for one in why),
                                 events is self.OLD, why)
        self.assertEqual(found["events_4071"]["count"], 1)

    def test_a_log_that_was_cleared_is_another_one(self):
        self.check(self.NEW)
        code, found = self.check([(0.5 * HOUR, 1000, SOURCE)])
        self.assertEqual((code, found["condition"]), (1, "recovered"))
        self.assertIn("log-cleared", found["keys"])


if __name__ == "__main__":
    unittest.main()

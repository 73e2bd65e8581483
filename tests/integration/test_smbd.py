# SPDX-License-Identifier: GPL-3.0-or-later
"""Against Samba's smbd, whose server side is nobody's guess of ours: its service Spooler
stands for the watched one, and eventlogadm writes the events."""
import os
import pathlib
import shutil
import sys
import tempfile
import time
import unittest

import lab

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lab"))

from smbd import Smbd  # noqa: E402  (the path comes first)

BOOTED, FAILED = 0x80001775, 0xC0000FE7     # 6005, 4071
DIALECTS = (("NT1", "NT1"), ("SMB3", "SMB3"))
NEEDED = ("smbd", "smbpasswd", "eventlogadm", "rpcclient")


def missing():
    """Why there can be no smbd here; empty: nothing is missing."""
    if os.geteuid() != 0:
        return "smbd has to run as root"
    absent = [name for name in NEEDED if not shutil.which(name)]
    return f"{', '.join(absent)} not installed" if absent else ""


@unittest.skipIf(missing(), missing())
class Samba(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = lab.Folder()
        cls.addClassCleanup(cls.folder.remove)
        cls.server = Smbd()
        cls.addClassCleanup(cls.server.stop)
        cls.server.start()
        now = time.time()
        cls.server.write_event("System", "EventLog", BOOTED, now - 3600, type=4)
        cls.server.write_event("Application", "MSExchangeIMC", FAILED, now - 3540)
        cls.credentials = cls.folder.credentials(cls.server.user, cls.server.password,
                                                 cls.server.workgroup)

    def check(self, *options, credentials=None, service="Spooler"):
        return lab.check(self.server.port, credentials or self.credentials, "--json",
                         "--service", service, *options)

    def assert_verdict(self, done, status, keys, state, condition, trigger):
        told = done.json
        self.assertEqual(
            (told["status"], told["keys"], told["service"]["state"], told["condition"],
             told["trigger"]), (status, keys, state, condition, trigger), done)
        self.assertEqual(done.code, lab.EXIT_CODES[status], done)
        self.assertEqual(told["events_4071"]["count"], 1, done)

    def test_failed_start_and_stopped_service_are_critical_over_both_dialects(self):
        self.server.set_spooler(False)
        for dialect in DIALECTS:
            with self.subTest(dialect=dialect[0]):
                done = self.check("--smb-protocol", ":".join(dialect))
                self.assert_verdict(done, "critical", ["active"], "stopped", "active",
                                    done.json["trigger"])
                self.assertEqual(done.json["cause"]["event_id"], 4071, done)

    def test_failed_start_and_running_service_are_recovered_over_both_dialects(self):
        self.server.set_spooler(True)
        for dialect in DIALECTS:
            with self.subTest(dialect=dialect[0]):
                done = self.check("--smb-protocol", ":".join(dialect))
                self.assertEqual(done.json["condition"], "recovered", done)
                self.assertEqual(done.json["service"]["state"], "running", done)
                self.assertEqual(done.json["events_4071"]["count"], 1, done)
                self.assertNotEqual(done.code, 0, done)

    def test_every_signing_setting_works(self):
        for dialect in DIALECTS:
            for signing in ("auto", "off", "required"):
                if (dialect[0], signing) == ("SMB3", "off"):
                    continue        # SMB 3.1.1 always signs its session setup
                with self.subTest(dialect=dialect[0], signing=signing):
                    done = self.check("--smb-protocol", ":".join(dialect),
                                      "--smb-signing", signing)
                    self.assertEqual(done.json["failures"], [], done)

    def test_absent_service_is_told(self):
        done = self.check(service="MSExchangeIMC")
        self.assertEqual((done.code, done.json["keys"]), (3, ["absent"]), done)

    def test_wrong_password_is_told(self):
        wrong = self.folder.credentials(self.server.user, "Not-It-4071",
                                        self.server.workgroup)
        for dialect in DIALECTS:
            with self.subTest(dialect=dialect[0]):
                done = self.check("--smb-protocol", ":".join(dialect), credentials=wrong)
                self.assertEqual((done.code, done.json["keys"]), (3, ["unreachable"]),
                                 done)
                self.assertEqual({(one["kind"], one["stage"])
                                  for one in done.json["failures"]}, {("logon", "logon")})
                self.assertNotIn("Not-It", done.out + done.err)

    def test_dialect_that_the_server_does_not_speak_is_not_replaced(self):
        with Smbd(protocol=("SMB2", "SMB3")) as server:
            account = self.folder.credentials(server.user, server.password,
                                              server.workgroup)
            done = lab.check(server.port, account, "--json", "--smb-protocol", "NT1:NT1",
                             "--service", "Spooler")
        self.assertEqual(done.code, 3, done)
        self.assertEqual({one["stage"] for one in done.json["failures"]}, {"negotiate"})

    def test_server_that_requires_signing(self):
        with Smbd(signing="mandatory") as server:
            account = self.folder.credentials(server.user, server.password,
                                              server.workgroup)
            for dialect in DIALECTS:
                with self.subTest(dialect=dialect[0]):
                    done = lab.check(server.port, account, "--json", "--smb-protocol",
                                     ":".join(dialect), "--service", "Spooler")
                    self.assertEqual(done.json["failures"], [], done)

    def test_second_run_remembers_and_says_the_same(self):
        with Smbd(spooler=False) as server, tempfile.TemporaryDirectory() as state:
            account = self.folder.credentials(server.user, server.password,
                                              server.workgroup)

            def run():
                return lab.check(server.port, account, "--json", "--service", "Spooler",
                                 "--state-dir", state).json

            server.write_event("System", "EventLog", BOOTED, time.time() - 900, type=4)
            server.write_event("Application", "MSExchangeIMC", FAILED, time.time() - 600)
            first, second = run(), run()
            server.write_event("Application", "MSExchangeIMC", FAILED, time.time())
            third = run()
        for key in ("status", "keys", "condition", "trigger", "events_4071", "attempts"):
            self.assertEqual(first[key], second[key])
        self.assertEqual(first["events_4071"]["count"], 1, first)
        self.assertEqual(third["events_4071"]["count"], 2, third)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of bad input share: good input, what is no file, and what a refusal is.

A refusal is one clear line and exit code 3, at once, and no file is changed. The line
names the file that is at fault and, where it is a text file, the line in it.
"""
import os
import socket

import sandbox
from sandbox import QUICK, snapshot

import evt_writer as writer     # sandbox makes tests/data importable

NOW = 1795000000
AT = "2026-11-18T11:06:40Z"     # NOW
SECRET = "Zx9-never-shown"
HOSTILE = "%n%s|`$(id)`;\x1b[31m<script>\u202e'\"&"
HEALTHY = ["--evt", "App.Evt", "--system-evt", "Sys.Evt", "--at", AT]


def healthy_logs():
    """A System and an Application log of a service that runs."""
    app = [writer.record(1, NOW - 9000, 1, "Norton AntiVirus"),
           writer.record(2, NOW - 3540, 0x400003E8)]
    system = [writer.record(3, NOW - 3600, 0x80001775, "EventLog")]
    return writer.log(writer.CLEAN, app), writer.log(writer.CLEAN, system)


class Case(sandbox.Case):
    """A folder with good logs and a good credentials file."""

    def setUp(self):
        super().setUp()
        app, system = healthy_logs()
        self.write("App.Evt", app)
        self.write("Sys.Evt", system)
        self.write("cred", f"username = monitor\npassword = {SECRET}\n", 0o600)

    def assert_one_line(self, text):
        """One line; one that is too long is cut, and its text stands below, whole."""
        self.assertTrue(text.endswith("\n") and text.startswith("IMC UNKNOWN - "), text)
        is_cut = text.split("\n")[0].split(" | ")[0].endswith("...")
        self.assertEqual(text.count("\n"), 2 if is_cut else 1, text)

    def refused(self, arguments, *said, code=3, **more):
        """Runs it, and checks all that holds for every refusal."""
        before = snapshot(self.folder)
        done = self.run_here(arguments, **more)
        text = done.stdout.decode("utf-8")
        self.assertEqual(done.returncode, code, text)
        self.assertEqual(done.stderr, b"")
        self.assert_one_line(text)
        self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e<>`$]")
        self.assertNotIn(SECRET, text)
        self.assertLessEqual(len(done.stdout), 1000)
        self.assertLess(done.seconds, QUICK)
        self.assertEqual(snapshot(self.folder), before, "a file was changed")
        for words in said:
            self.assertIn(words, text)
        return text


class OddFiles:
    """What a path can lead to that is no file to read: (name, what is said of it)."""

    def __init__(self, case):
        self.case = case

    def make(self):
        case = self.case
        os.mkdir(case.path("folder"))
        os.mkfifo(case.path("fifo"))
        unix = socket.socket(socket.AF_UNIX)
        before = os.getcwd()
        os.chdir(case.folder)   # a socket's path must be short
        unix.bind("socket")
        os.chdir(before)
        case.addCleanup(unix.close)
        os.symlink("gone", case.path("dangling"))
        os.symlink("loop", case.path("loop"))
        rows = [("folder", ""), ("fifo", ""), ("socket", ""), ("dangling", ""),
                ("loop", ""),
                ("absent", "No such file"), ("cred/below", "Not a directory"),
                ("/dev/zero", ""), ("/dev/null", ""), ("/dev/tty", "")]
        return rows

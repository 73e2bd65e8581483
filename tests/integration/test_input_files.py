# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad logs and bad state files.

What a bad state file costs is said beside the verdict, and worst counts.
"""
import fcntl
import os
import unittest

from inputs import AT, HEALTHY, NOW, Case, OddFiles, healthy_logs
from sandbox import IS_ROOT, NOBODY, QUICK, fnv, snapshot

import evt_writer as writer


class Logs(Case):
    def bad_logs(self):
        app, _ = healthy_logs()
        return (
            ("empty file", b""), ("a text file", b"Log Name,Source\n" * 50),
            ("a picture", b"\x89PNG\r\n\x1a\n" + bytes(200)), ("zero bytes", bytes(4096)),
            ("a new log", b"ElfFile\0" + bytes(4088)), ("half a header", app[:20]),
            ("ones", b"\xff" * 4096),
        )

    def test_a_log_with_a_broken_header_is_read_and_called_damaged(self):
        app, _ = healthy_logs()
        for name, content in (("signature", app[:4] + b"xxxx" + app[8:]),
                              ("length", b"\x31" + app[1:])):
            with self.subTest(name):
                self.write("Bad.Evt", content)
                done = self.run_here(["--evt", "Bad.Evt", "--system-evt", "Sys.Evt",
                                      "--at", AT])
                self.assertEqual((done.returncode, done.stderr), (3, b""), done.stdout)
                self.assertRegex(done.stdout, b"damaged|Bad.Evt.* is no ")

    def test_what_is_no_log_is_refused_by_name(self):
        for name, content in self.bad_logs():
            self.write("Bad.Evt", content)
            for arguments in (["--evt", "Bad.Evt"],
                              ["--evt", "Bad.Evt", "--system-evt", "Sys.Evt"],
                              ["--evt", "App.Evt", "--system-evt", "Bad.Evt"]):
                with self.subTest(name, arguments=arguments):
                    self.said_of("Bad.Evt", arguments)

    def test_what_is_no_file_is_refused_by_name(self):
        for name, _ in OddFiles(self).make():
            for arguments in (["--evt", name], ["--evt", name, "--system-evt", "Sys.Evt"],
                              ["--evt", "App.Evt", "--system-evt", name]):
                with self.subTest(name, arguments=arguments):
                    self.said_of(name, arguments)

    def test_a_sparse_file_of_four_gigabytes_takes_no_time(self):
        with open(self.path("Huge.Evt"), "wb") as file:
            file.truncate(1 << 32)
        self.said_of("Huge.Evt", ["--evt", "Huge.Evt"])
        with open(self.path("Large.Evt"), "wb") as file:
            file.truncate(256 << 20)
        self.said_of("Large.Evt", ["--evt", "Large.Evt"])

    def test_a_cut_log_is_never_healthy(self):
        app, _ = healthy_logs()
        for length in range(0, len(app), 3):
            with self.subTest(length=length):
                self.write("Cut.Evt", app[:length])
                done = self.run_here(["--evt", "Cut.Evt", "--system-evt", "Sys.Evt",
                                      "--at", AT])
                self.assertEqual(done.returncode, 3, done.stdout)

    @unittest.skipUnless(IS_ROOT, "needs root, to become somebody else")
    def test_an_unreadable_log_is_refused(self):
        os.chmod(self.path("App.Evt"), 0o600)
        self.said_of("App.Evt", ["--evt", "App.Evt"], self.as_nobody())

    def said_of(self, name, arguments, program=None):
        """Evidence is there beside what failed: there is perfdata, but one line."""
        before = snapshot(self.folder)
        done = self.run_here(arguments + ["--at", AT, "--max-age", "0"], program=program)
        text = done.stdout.decode("utf-8")
        self.assertEqual((done.returncode, done.stderr), (3, b""), text)
        self.assertLess(done.seconds, QUICK)
        self.assert_one_line(text)
        self.assertIn(name, text.split(": ", 1)[1])     # the server is named by its log
        self.assertEqual(snapshot(self.folder), before)


class State(Case):
    """--state-dir, for a healthy service in copied logs, and for one that is down."""
    NAME = "state/EXCH01%7Eevt.state"

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("state"), 0o700)
        self.arguments = HEALTHY + ["-H", "EXCH01", "--max-age", "0", "--state-dir",
                                    "state"]
        self.assertEqual(self.run_here(self.arguments).returncode, 0)
        with open(self.path(self.NAME), "rb") as file:
            self.good = file.read()

    def troubled(self, name, *said, program=None, arguments=None, may_change=()):
        """The verdict stands, the trouble is said, and nothing is changed."""
        self.write("App.Evt", healthy_logs()[0])
        down = writer.log(writer.CLEAN, [writer.record(1, NOW - 9000, 1,
                                                       "Norton AntiVirus"),
                                         writer.record(2, NOW - 3540, 0xC0000FE7)])
        for log, code, words in ((healthy_logs()[0], 3, "service running"),
                                 (down, 2, "event 4071")):
            self.write("App.Evt", log)
            before = snapshot(self.folder)
            done = self.run_here(arguments or self.arguments, program=program)
            text = done.stdout.decode("utf-8")
            line = text.split(" | ")[0]
            self.assertEqual((done.returncode, done.stderr), (code, b""), text)
            self.assertLess(done.seconds, QUICK)
            self.assertIn(words, line)
            for words in (name,) + said:
                self.assertIn(words, text)
            after = snapshot(self.folder)
            for path in may_change:
                before.pop(self.path(path), None), after.pop(self.path(path), None)
            self.assertEqual(after, before, "a file was changed")

    def test_a_bad_file_is_said_and_kept(self):
        end = self.good.rindex(b"end ")
        lines = self.good.splitlines(keepends=True)
        rows = (
            ("empty", b"", ""), ("foreign", b"hello\n", "line 1"),
            ("an old plugin's", b"1700000000 5 12\n", "line 1"),
            ("newer", self.good.replace(b"state 1", b"state 2", 1), "version 2"),
            ("much newer", b"imc-monitor state 77\nwhatever\n", "version 77"),
            ("cut at a line", b"".join(lines[:3]), "cut"),
            ("cut in a line", self.good[:end - 5], "cut"),
            ("cut by a byte", self.good[:-1], "cut"),
            ("without its end", self.good[:end], "cut"),
            ("longer", self.good + b"event\n", "cut"),
            ("a bit flipped", self.good.replace(b"running", b"runnin\x67"[:6] + b"f", 1)
             if b"running" in self.good else self.good[:40] + b"9" + self.good[41:],
             "cut"),
            ("zero bytes", bytes(300), "line 1"), ("binary", b"\xff\xfe" * 200, "line 1"),
            ("another server's", self.good.replace(b"server EXCH01", b"server EXCH02",
                                                   1), "cut"),
        )
        for name, content, said in rows:
            with self.subTest(name):
                self.write(self.NAME, content, 0o600)
                self.troubled(self.NAME, said)
        self.write(self.NAME, self.good, 0o600)
        self.write("App.Evt", healthy_logs()[0])
        self.assertEqual(self.run_here(self.arguments).returncode, 0)

    def test_a_good_frame_around_bad_lines_is_named_with_the_line(self):
        lines = self.good.splitlines(keepends=True)[:-1]
        rows = (("log Application", "log Nonsense"), ("server EXCH01", "server EXCH02"))
        for old, new in rows:
            with self.subTest(new):
                body = b"".join(lines).replace(old.encode(), new.encode(), 1)
                number = body[:body.index(new.encode())].count(b"\n") + 1
                self.write(self.NAME, body + b"end %016x\n" % fnv(body), 0o600)
                self.troubled(self.NAME, f"line {number} ")

    def test_a_file_that_is_none_is_said_and_kept(self):
        path = self.path(self.NAME)
        os.remove(path)
        for kind, make in (("fifo", os.mkfifo), ("folder", os.mkdir),
                           ("link", lambda name: os.symlink("../cred", name)),
                           ("dangling", lambda name: os.symlink("gone", name))):
            for suffix in ("", ".lock"):
                with self.subTest(kind, suffix=suffix):
                    self.write(self.NAME + ".lock", "", 0o600)
                    if suffix:
                        os.remove(path + suffix)
                    make(path + suffix)
                    try:
                        self.troubled(self.NAME + suffix, "not a regular file")
                    finally:
                        (os.rmdir if kind == "folder" else os.remove)(path + suffix)

    def test_what_others_can_write_is_refused_with_the_remedy(self):
        for name, mode in (("state", 0o770), ("state", 0o702), ("state", 0o1777),
                           (self.NAME, 0o620), (self.NAME, 0o602),
                           (self.NAME + ".lock", 0o622)):
            with self.subTest(name, mode=oct(mode)):
                before = os.stat(self.path(name)).st_mode & 0o7777
                os.chmod(self.path(name), mode)
                self.troubled(name, f"chmod go-w {name}")
                os.chmod(self.path(name), before)

    def test_a_directory_that_is_none_is_said(self):
        os.symlink("gone", self.path("dangling"))
        os.mkfifo(self.path("fifo"))
        for name, said in (("absent", "install -d -m 0700"), ("cred", "Not a directory"),
                           ("dangling", ""), ("fifo", "Not a directory"),
                           ("/dev/null", "")):
            with self.subTest(name):
                self.troubled(name, said, arguments=self.arguments[:-1] + [name])

    @unittest.skipUnless(IS_ROOT, "needs root, to give files away")
    def test_a_foreign_owner_is_refused(self):
        for name in ("state", self.NAME, self.NAME + ".lock"):
            with self.subTest(name):
                os.chown(self.path(name), NOBODY, NOBODY)
                self.troubled(name, "belongs to user 65534")
                os.chown(self.path(name), 0, 0)

    @unittest.skipUnless(IS_ROOT, "needs root, to become somebody else")
    def test_an_unwritable_directory_is_said(self):
        os.chmod(self.path("state"), 0o755)
        self.troubled(self.NAME, "Permission denied", program=self.as_nobody())
        os.remove(self.path(self.NAME + ".lock"))
        os.remove(self.path(self.NAME))
        self.troubled(self.NAME, "Permission denied", program=self.as_nobody())

    def test_a_lock_that_never_comes_free_is_said_in_time(self):
        with open(self.path(self.NAME + ".lock"), "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            self.troubled(self.NAME, "in use by another process",
                          arguments=["-t", "2"] + self.arguments)

    def test_an_overlong_file_is_not_even_read(self):
        with open(self.path(self.NAME), "r+b") as file:
            file.truncate(1 << 33)
        self.troubled(self.NAME, "remove it")

    def test_the_environment_names_a_directory_too(self):
        arguments = HEALTHY + ["-H", "EXCH01", "--max-age", "0"]
        for name in ("NAGIOS_PLUGIN_STATE_DIRECTORY", "MP_STATE_PATH"):
            done = self.run_here(arguments, env={name: "absent"})
            self.assertEqual(done.returncode, 3)
            self.assertIn(b"no state directory absent", done.stdout)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad command lines and descriptors: refused in one line (see inputs)."""
import json
import os
import subprocess
import time
import unittest

import lab
from inputs import HEALTHY, HOSTILE, SECRET, Case
from sandbox import QUICK, snapshot


class Options(Case):
    ROWS = (
        ([], "no server"),
        (["--no-such-thing"], "unknown option --no-such-thing"),
        (["--timeuot", "5"], "did you mean --timeout"),
        (["--p", "5"], "ambiguous"),
        (["-x"], "unknown option -x"),
        (["-H"], "--hostname needs a value"),
        (["--hostname"], "--hostname needs a value"),
        (["--json=yes"], "takes no value"),
        (["stray"], "without an option"),
        (["-H", "h", "-A", "cred", "stray"], "without an option"),
        (["--", "stray"], "without an option"),
        (["-"], "without an option"),
        (["-H", "h"], "needs an account"),
        (["-A", "cred"], "no server"),
        (["--system-evt", "Sys.Evt", "-H", "h"], "add --evt"),
        (["--source", "evt", "-H", "h"], "--evt FILE"),
        (["--evt", "App.Evt", "--source", "rpc"], "exclude each other"),
        (["--source", "bogus"], "--source: must be"),
        (["--explain", "abc"], "--explain: must be a whole number"),
        (["--explain", "-1"], "--explain: must be a whole number"),
        (["--explain", ""], "--explain: must be a whole number"),
    )
    VALUES = {
        "hostname": ("", "a b", "host[1]", "-x", "a,b", "u@h", "$(id)", "h" * 256, "h\nh",
                     "\\\\EXCH01", "h/x", "\xff"),
        "port": ("", "0", "65536", "-1", "1e3", "0x10", "abc", "1.0", " 445", "4 45",
                 "99999999999999999999"),
        "timeout": ("", "0", "3601", "-1", "1.5", "abc", " 5", "10:OK", "10:ok", "10:0",
                    "10:",
                    "10:BOGUS", "10:UNKNOWN ", "5x", "9" * 40),
        "max-output": ("", "0", "1", "199", "-1", "1e4", "99999999"),
        "lookback": ("", "0", "59", "-7d", "7x", "1.5h", "7 d", " 7d", "d", "367d",
                     "9999999999999999999d", "1,5h", "7dd", "\u0667d"),
        "boot-window": ("", "0", "-1", "2d", "x"),
        "max-age": ("", "-1", "1y", "99999999d"),
        "pending": ("", "5m", "15m,5m", ",", "5m,", ",5m", "5m,15m,20m", "a,b", "5m;15m"),
        "at": ("", "now", "yesterday", "2026-13-01", "2026-02-29", "2026-11-22T25:00:00Z",
               "2026-11-22T09:00:00", "2026-11-22 09:00:00Z", "2026-11-22T09:00:00Zx",
               "2026-11-22T09:00:60Z", "0000-00-00", "1969-12-31", "99999-01-01",
               "1700000000",
               "2026-11-22T09:00:00+25:00", "2026-11-22T09:00:00.5Z"),
        "fixed-since": ("", "never", "2026-00-10", "22.11.2026"),
        "warning": ("", ":", "@", "~", "2:1", "1e5", "0x10", "1,5", "nan", "inf", "1:2:3",
                    "10%", "1 ", " 1", "@2:1", "~:~", "1:~", "--1", "1:2x", "9" * 400),
        "critical": ("", "5:1", "@:", "one"),
        "severity": ("", "active", "active=", "=ok", "active=fine", "active=ok,",
                     "bogus=ok",
                     "active=ok,,paused=ok", "active ok", "active=ok;paused=ok",
                     "active=4"),
        "smb-protocol": ("", "NT1", "SMB3:NT1", "nt1:smb3", "SMB1:SMB3", "NT1:SMB4", ":"),
        "smb-signing": ("", "on", "AUTO", "yes"),
        "service": ("", "a/b", "a\\b", "s" * 257, "a\tb", "a\x1bb"),
        "display-name": ("", "d" * 257, "a\nb"),
        "server": ("", "a b", "n" * 33, "../etc", "a|b", "[x]"),
        "state-dir": ("", "a\nb", "x" * 5000),
        "evt": ("", "a\nb", "x" * 5000),
        "system-evt": ("", "x" * 5000),
        "credentials": ("", "a\x7fb", "x" * 5000),
        "config": ("", "a\rb", "x" * 5000),
    }

    def test_a_wrong_command_line_is_refused_with_what_is_wrong(self):
        for arguments, said in self.ROWS:
            with self.subTest(arguments):
                text = self.refused(arguments, *([] if "explain" in said else [said]))
                self.assertIn(said, text)

    def test_a_wrong_value_is_refused_with_its_option(self):
        for name, values in self.VALUES.items():
            for value in values:
                with self.subTest(option=name, value=value[:40]):
                    others = [] if name == "evt" else HEALTHY
                    self.refused(others + [f"--{name}={value}"], f"--{name}: ")

    def test_a_comma_is_no_decimal_point_in_any_locale(self):
        for locale in ("de_DE.UTF-8", "C", "tr_TR.UTF-8", "no_SUCH"):
            with self.subTest(locale):
                self.refused(HEALTHY + ["-w", "1,5"], "--warning: ",
                             env={"LC_ALL": locale})
                done = self.run_here(HEALTHY + ["-w", "1.5"], env={"LC_ALL": locale})
                self.assertIn(b"events_4071=0;1.5;", done.stdout)

    def test_hostile_and_endless_values_stay_in_one_line(self):
        for name in self.VALUES:
            if name in ("evt", "system-evt", "display-name"):
                continue    # any text is a good name there: test_output
            for value in (HOSTILE, "A" * 131000, "\xc3\x28\xff".encode("latin-1")):
                with self.subTest(option=name, value=value[:20]):
                    value = value if isinstance(value, bytes) else value.encode()
                    done = self.run_here([b"--" + name.encode() + b"=" + value] + HEALTHY)
                    self.assertEqual(done.stderr, b"")
                    self.assertLess(done.seconds, QUICK)
                    first = done.stdout.decode("utf-8").split(" | ")[0]
                    self.assertNotRegex(first,
                                        "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e<>`$&'\"]")
        self.refused([HOSTILE])
        self.refused(["--" + HOSTILE])
        self.refused(["A" * 131000])
        self.refused([b"-\xff"])

    def test_a_secret_on_the_command_line_is_refused_and_not_repeated(self):
        for arguments in (["--password", SECRET], [f"--password={SECRET}"],
                          ["-P", SECRET],
                          ["-P" + SECRET], ["-U", f"monitor%{SECRET}"], ["-a", SECRET],
                          [f"--pass={SECRET}"], [f"--user=monitor%{SECRET}"],
                          ["--username", SECRET]):
            with self.subTest(arguments[0][:8]):
                self.refused(["-H", "h"] + arguments, "-A FILE")

    def test_json_stays_json(self):
        for arguments in (["--bogus"], ["-H", "h"], ["-H", "h", "-A", "absent"],
                          ["--config", "absent"]):
            with self.subTest(arguments):
                done = self.run_here(arguments + ["--json"])
                self.assertEqual((done.returncode, done.stderr), (3, b""))
                self.assertEqual(done.stdout.count(b"\n"), 1)
                self.assertEqual(json.loads(done.stdout)["exit_code"], 3)


class Descriptors(Case):
    """What is wrong with stdin, stdout and stderr; the exit code is all that is left."""
    COMMANDS = (HEALTHY, HEALTHY + ["--json"], HEALTHY + ["-vvv"], ["--help"],
                ["--version"],
                ["--explain", "4071"], ["--bogus"],
                ["-H", "127.0.0.1", "-p", "9", "-A", "cred"])

    def through_shell(self, redirection, arguments):
        began = time.monotonic()
        done = subprocess.run(["/bin/sh", "-c", '"$0" "$@" ' + redirection, lab.PROGRAM]
                              + arguments, cwd=self.folder, capture_output=True,
                              timeout=20)
        self.assertLess(time.monotonic() - began, QUICK)
        return done

    def test_output_that_cannot_be_written_is_unknown(self):
        for redirection in (">&-", ">/dev/full", "</dev/null >&- 2>&-", "<&- >&- 2>&-",
                            "1</dev/null"):
            for arguments in self.COMMANDS:
                with self.subTest(redirection, arguments=arguments):
                    before = snapshot(self.folder)
                    done = self.through_shell(redirection, arguments)
                    self.assertEqual((done.returncode, done.stdout), (3, b""))
                    self.assertEqual(done.stderr, b"")
                    self.assertEqual(snapshot(self.folder), before)

    def test_closed_stdin_and_stderr_do_not_matter(self):
        for redirection in ("<&-", "2>&-", "<&- 2>&-", "</dev/zero"):
            with self.subTest(redirection):
                done = self.through_shell(redirection, HEALTHY + ["--max-age", "0"])
                self.assertEqual((done.returncode, done.stderr), (0, b""))
                self.assertTrue(done.stdout.startswith(b"IMC OK"))

    def test_a_reader_that_left_is_unknown(self):
        for arguments in self.COMMANDS:
            with self.subTest(arguments):
                read, write = os.pipe()
                os.close(read)
                done = subprocess.run([lab.PROGRAM] + arguments, cwd=self.folder,
                                      stdout=write, stderr=subprocess.PIPE, timeout=20)
                os.close(write)
                self.assertEqual((done.returncode, done.stderr), (3, b""))

    def test_a_full_pipe_that_does_not_block_is_unknown_and_does_not_hang(self):
        read, write = os.pipe()
        os.set_blocking(write, False)
        try:
            while True:
                os.write(write, bytes(4096))
        except BlockingIOError:
            pass
        began = time.monotonic()
        done = subprocess.run([lab.PROGRAM] + HEALTHY, cwd=self.folder, stdout=write,
                              stderr=subprocess.PIPE, timeout=20)
        self.assertEqual((done.returncode, done.stderr), (3, b""))
        self.assertLess(time.monotonic() - began, QUICK)
        os.close(read), os.close(write)


if __name__ == "__main__":
    unittest.main()

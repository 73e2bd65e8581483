# SPDX-License-Identifier: GPL-3.0-or-later
"""What imc-start writes down: no start where that is not possible; and an account that is
left alone after a refused logon."""
import os
import shutil
import unittest

import lab
import sandbox
import start
from start import (FAILS_AGAIN, SLOW, STARTER, Host, call, nothing, tried, wait_for)

SHORT = ("-t", "18s")
UNTIL = r"left alone until \d{4}-\d\d-\d\dT"
TMPFS = 'mount -t tmpfs -o size=64k,mode=700{} none "$3"'
# What a state folder may be like that nothing can be written to.
FULL = [
    ("full", TMPFS.format("") + '; head -c 1M /dev/zero >"$3/fill" 2>/dev/null || :'),
    ("without a file to spare", TMPFS.format(",nr_inodes=1")),
    ("read-only", TMPFS.format("") + '; mount -o remount,ro "$3"'),
]


class Unusable(start.OnServers):
    """A state folder, or a diary, that it cannot rely on."""

    def refused(self, change, *words, **more):
        server = self.serve()
        host = self.host(server)
        change(host)
        run = host.run(*SHORT, **more)
        self.assert_run(run, nothing(1, *words))
        self.assert_starts(server, 0)
        return server, host

    def test_a_folder_that_is_not_there(self):
        server, _ = self.refused(lambda host: host.state.rmdir(), "state")
        self.assertEqual(server.connections, [])

    def test_a_folder_that_others_can_write_to(self):
        for mode in (0o777, 0o770):
            with self.subTest(f"{mode:o}"):
                self.refused(lambda host: host.state.chmod(mode), "state")

    @unittest.skipUnless(sandbox.IS_ROOT, "needs root, for a folder of somebody else")
    def test_a_folder_of_somebody_else(self):
        self.refused(lambda host: os.chown(host.state, sandbox.NOBODY, -1), "state")

    def test_a_damaged_diary(self):
        whole = "imc-monitor starts 1\nstart 3 1700000000 1700000000\nend\n"
        for name, text in (("empty", ""), ("garbage", "\x00\x01garbage\n"),
                           ("cut", whole[:-4]), ("another version",
                                                 whole.replace(" 1\n", " 9\n", 1)),
                           ("more than is read", whole + "x\n"),
                           ("long", whole + "x" * 200000)):
            with self.subTest(name):
                _, host = self.refused(lambda host: host.diary.write_text(text),
                                       r"EXCH01\.starts")
                self.assertEqual(host.diary.read_text(), text)

    def test_a_diary_that_is_no_file(self):
        self.refused(lambda host: host.diary.mkdir(), r"EXCH01\.starts")

        def link(host):
            (host.folder / "elsewhere").write_text("")
            host.diary.symlink_to(host.folder / "elsewhere")
        _, host = self.refused(link, r"EXCH01\.starts")
        self.assertEqual((host.folder / "elsewhere").read_text(), "")

    @unittest.skipUnless(Host.can_mount, "needs mounts of its own")
    def test_a_folder_that_nothing_can_be_written_to(self):
        for name, script in FULL:
            with self.subTest(name):
                self.refused(lambda host: None, "state|written|EXCH01.starts",
                             mounts=script)


class Folders(start.OnServers):
    def test_the_folder_may_come_from_the_environment(self):
        for name in ("NAGIOS_PLUGIN_STATE_DIRECTORY", "MP_STATE_PATH"):
            with self.subTest(name):
                server = self.serve(start=FAILS_AGAIN)
                host = self.host(server)
                run = host.run(*SHORT, state="", env={name: str(host.state)})
                self.assert_run(run, tried(2, "4071"))
                self.assert_starts(server, 1, host)

    def test_an_attempt_is_written_before_it_is_made(self):
        server = self.serve(call(6, nth=2, **SLOW), start=FAILS_AGAIN)
        host = self.host(server)
        begun = host.begin(*SHORT)
        wait_for("the attempt is written", lambda: host.attempts() == 1)
        self.assert_starts(server, 0)
        self.assert_run(host.end(begun), tried(2, "4071"))
        self.assert_starts(server, 1, host)
        self.assertEqual(host.diary.stat().st_mode & 0o777, 0o600)


class Account(start.OnServers):
    """A starter does not lock its account: after a refused logon it is left alone."""

    def refusing(self, **keys):
        users = {STARTER: "another one", lab.USER: lab.PASSWORD}
        server = self.serve(users=users, start=FAILS_AGAIN)
        return server, self.host(server, **keys)

    def test_a_wrong_password_is_tried_once(self):
        server, host = self.refusing()
        first = host.run(*SHORT)
        self.assert_run(first, nothing(3, STARTER))
        for options in (SHORT, ("--dry-run",), start.HARD):
            run = host.run(*options)
            self.assertEqual(run.code, 3, run)
            self.assertRegex(run.line, UNTIL)
        self.assertEqual(server.logon_attempts(STARTER), 1)
        self.assertEqual(len(server.connections), 1)
        self.assertEqual(len(list(host.state.glob("account-*.backoff"))), 1)
        self.assert_starts(server, 0, host)

    def test_a_changed_file_ends_it(self):
        server, host = self.refusing()
        host.run(*SHORT)
        server.set_user(STARTER, "a new one")
        host.write("start-cred", f"username = {STARTER}\npassword = a new one\n", 0o600)
        self.assert_run(host.run(*SHORT), tried(2, "4071"))

    def test_check_imc_and_imc_start_share_it(self):
        server, host = self.refusing()
        check = [*lab.target(server.port, host.credentials), "--state-dir", host.state]
        done = lab.run(*check)
        self.assertEqual(done.code, 3, done)
        run = host.run(*SHORT)
        self.assertEqual(run.code, 3, run)
        self.assertRegex(run.line, UNTIL)
        self.assertEqual(server.logon_attempts(STARTER), 1)
        shutil.rmtree(host.state)
        host.state.mkdir(0o700)
        host.run(*SHORT)
        self.assertRegex(lab.run(*check).line, UNTIL)
        self.assertEqual(server.logon_attempts(STARTER), 2)

    def test_the_account_of_checks_is_another(self):
        server, host = self.refusing()
        host.run(*SHORT)
        done = lab.run("--config", host.config, "--server", start.SERVER, "--state-dir",
                       host.state)
        self.assertEqual(done.code, 2, done)

    def test_a_credentials_file_that_others_can_read_is_not_used(self):
        server = self.serve()
        host = self.host(server)
        host.credentials.chmod(0o644)
        run = host.run(*SHORT)
        self.assertIn(run.code, (1, 3), run)
        self.assertRegex(run.out + run.err, "chmod")
        self.assertEqual(server.connections, [])


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""A poller does not lock its own account: after a refused logon it is left alone."""
import calendar
import os
import re
import time
import unittest

import lab
import sandbox
from lab import NTServer

UNTIL = re.compile(r"left alone until (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)")


class BackOff(sandbox.Case):
    KINDS = ("logon-wrong-password", "logon-locked", "logon-expired", "logon-disabled",
             "logon-must-change")

    def setUp(self):
        super().setUp()
        os.mkdir(self.path("state"), 0o700)

    def credentials(self, password="a wrong one", name="cred", user=lab.USER):
        text = f"username = {user}\npassword = {password}\n"
        return self.write(name, text, 0o600)

    def check(self, server, *options):
        done = self.run_here(map(str, lab.target(server.port, "cred") + [
            "--state-dir", "state", *options]))
        self.assertEqual(done.stderr, b"")
        return done.returncode, done.stdout.decode("utf-8")

    def refused(self, **changes):
        return NTServer(lab.scenario("logon-wrong-password",
                                     users={lab.USER: "the right one"},
                                     **changes))

    def test_three_checks_reach_the_server_once(self):
        for changes in ({}, {"protocol": "smb2"}, {"security": "challenge"},
                        {"signing": "required"}):
            with self.subTest(changes), self.refused(**changes) as server:
                self.credentials(name="cred")
                for _ in range(3):
                    code, text = self.check(server)
                    self.assertEqual(code, 3, text)
                self.assertEqual(server.logon_attempts(lab.USER), 1)
                self.assertEqual(len(server.connections), 1 + ("security" in changes))

    def test_every_refusal_counts(self):
        for name in self.KINDS:
            with self.subTest(name), NTServer(lab.scenario(name)) as server:
                self.credentials("wrong"
                                 if name == "logon-wrong-password" else lab.PASSWORD)
                texts = [self.check(server)[1] for _ in range(3)]
                self.assertEqual(server.logon_attempts(lab.USER), 1, texts)
                self.assertNotRegex(texts[0], UNTIL)
                self.assertRegex(texts[2], UNTIL)

    def test_the_message_says_until_when_and_what_ends_it(self):
        with self.refused() as server:
            self.credentials()
            began = time.time()
            self.check(server)
            code, text = self.check(server)
            self.assertEqual(code, 3)
            until = UNTIL.search(text)
            self.assertIsNotNone(until, text)
            end = calendar.timegm(time.strptime(until.group(1), "%Y-%m-%dT%H:%M:%SZ"))
            # time(2) has whole seconds, of a clock that is some milliseconds behind.
            self.assertTrue(298 < end - began <= 302, end - began)
            self.assertIn("credentials file", text)

    def test_a_changed_file_ends_it_at_once(self):
        with self.refused() as server:
            self.credentials()
            self.check(server), self.check(server)
            self.credentials("wrong as well")
            self.check(server), self.check(server)
            self.assertEqual(server.logon_attempts(lab.USER), 2)
            self.credentials("the right one")
            code, text = self.check(server)
            self.assertNotRegex(text, "nothing could be learned")
            self.assertEqual(server.logon_attempts(lab.USER), 3)
            self.check(server)
            self.assertEqual(server.logon_attempts(lab.USER), 4)

    def test_servers_with_one_account_share_it(self):
        with self.refused() as first, self.refused() as second:
            self.credentials()
            self.check(first)
            _, text = self.check(second, "--service", "Other")
            self.assertRegex(text, UNTIL)
            self.write("shared.conf", "[server A]\naddress = 127.0.0.1\n"
                       f"port = {second.port}\ncredentials = {self.path('cred')}\n")
            done = self.run_here(["--config", "shared.conf", "--server", "A",
                                  "--state-dir",
                                  "state"])
            self.assertRegex(done.stdout.decode(), UNTIL)
            self.assertEqual(second.logon_attempts(lab.USER), 0)
            self.assertEqual(first.logon_attempts(lab.USER), 1)

    def test_the_case_of_the_name_makes_no_other_account(self):
        with self.refused() as server:
            self.credentials()
            self.check(server)
            os.utime(self.credentials(user="MONITOR"), (1, 1))
            self.check(server), self.check(server)
            self.assertEqual(len(server.logons), 2)     # the file changed, once

    def test_another_account_is_not_left_alone(self):
        with self.refused() as server:
            self.credentials()
            self.check(server), self.check(server)
            self.credentials(user="another")
            self.check(server)
            self.assertEqual(server.logon_attempts("another"), 1)

    def test_a_server_that_is_down_refuses_no_account(self):
        with NTServer(lab.scenario("unreachable-reset")) as server:
            self.credentials()
            for _ in range(3):
                self.assertNotRegex(self.check(server)[1], UNTIL)

    def test_without_a_state_directory_each_check_tries(self):
        """Nothing is remembered then; said in the manual, so that nobody relies on it."""
        with self.refused() as server:
            self.credentials()
            for _ in range(2):
                self.run_here(map(str, lab.target(server.port, "cred")))
            self.assertEqual(server.logon_attempts(lab.USER), 2)


if __name__ == "__main__":
    unittest.main()

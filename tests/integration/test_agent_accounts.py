# SPDX-License-Identifier: GPL-3.0-or-later
"""An account that is refused is tried once for all of its servers, until its time or
until its file changes."""
import calendar
import re
import time
import unittest

import agentd
import lab

SERVERS = 500
WELL_AGAIN = 100    # of them, to see that they go on: each costs the lab a logon
SOON = 8            # s, to which the end of a back-off is brought forward
FIRST, SECOND = 300, 600
NEW = "Secret-2"


class Accounts(agentd.Case):
    def setUp(self):
        super().setUp()
        self.host = self.lab_servers()
        self.expired = {lab.USER: {"password": lab.PASSWORD, "status": "expired"}}
        self.port = self.host.start("a", lab.scenario("running", users=self.expired))
        self.credentials()

    def sections(self, count=SERVERS):
        return {f"S{number:03}": {"address": lab.HOST, "port": self.port,
                                  "credentials": self.folder / "credentials"}
                for number in range(count)}

    def logons(self):
        return [status for _, status, _ in self.host.logons("a")]

    def until(self):
        """{server: when its account may be tried again}"""
        return self.column("BackoffUntil")

    def wait_for_back_off(self, count=SERVERS):
        return self.wait_for("all rows have it", lambda: len(self.until()) == count)

    def backoff_file(self):
        path, = self.state.glob("account-*.backoff")
        return path

    def test_an_expired_password_is_tried_once_over_all_servers(self):
        self.configure(self.sections(), defaults={"interval": 20})
        self.agent.start()
        self.wait_for_back_off()
        self.assertEqual(len(self.logons()), 1, self.logons())
        self.assert_rows_say_why()
        self.assert_left_alone_by_check_imc()
        self.assert_one_probes_for_all()
        self.assert_new_file_ends_it()

    def assert_rows_say_why(self):
        until = set(self.until().values())
        self.assertEqual(len(until), 1)
        self.assertLess(abs(until.pop() - time.time() - FIRST), agentd.PATIENCE)
        for server, text in self.column("FailureText").items():
            self.assertRegex(text, r"left alone|expired|refused", server)
        self.assertTrue(set(self.column("FailureKind").values()) <= {4, 5})

    def assert_left_alone_by_check_imc(self):
        """They share one file: neither locks the account for the other."""
        done = lab.run("--config", self.path, "--server", "S001", "--state-dir",
                       self.state)
        self.assertIn("left alone until", done.out, done)
        self.assertEqual(len(self.logons()), 1)

    def assert_one_probes_for_all(self):
        """Its time ends: one server is asked, and the next time is longer."""
        self.agent.stop()
        path = self.backoff_file()
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + SOON))
        path.write_text(re.sub(r"until \S+", f"until {soon}", path.read_text()))
        self.agent.start()
        end = calendar.timegm(time.strptime(soon, "%Y-%m-%dT%H:%M:%SZ"))
        self.wait_for("one probes", lambda: len(self.logons()) > 1, 2 * agentd.PATIENCE)
        self.assertGreaterEqual(self.host.logons("a")[1][2], end)
        self.wait_for("all rows have the new time", lambda: len(self.until()) == SERVERS
                      and min(self.until().values()) > end + FIRST, 2 * agentd.PATIENCE)
        self.assertEqual(len(self.logons()), 2)
        self.assertLess(abs(min(self.until().values()) - time.time() - SECOND),
                        2 * agentd.PATIENCE)

    def assert_new_file_ends_it(self):
        self.host.user("a", lab.USER, NEW)
        changed = time.time()
        self.credentials(password=NEW)
        self.wait_for("somebody logs on", lambda: self.logons()[-1] == 0)
        print(f"accounts: {time.time() - changed:.1f} s after the new file")
        self.wait_for("many are well", lambda: sum(
            status == 0 for status in self.column("Status").values()) >= WELL_AGAIN)
        self.assertEqual([one for one in self.logons()[2:] if one], [])
        self.wait_for("no row says that it rests",
                      lambda: not self.column("BackoffUntil"))

    def test_a_wrong_file_that_changes_is_tried_once_more_only(self):
        self.configure(self.sections(5), defaults={"interval": 10})
        self.agent.start()
        self.wait_for_back_off(5)
        self.assertEqual(len(self.logons()), 1)
        self.credentials(password="wrong as well")
        self.wait_for("it is tried", lambda: len(self.logons()) == 2)
        self.wait_for("all rows say so", lambda: len(set(self.until().values())) == 1
                      and len(self.until()) == 5 and min(self.until().values())
                      > time.time() + FIRST)
        self.wait_for("each was to be polled again", lambda: min(
            self.column("NextPollTime").values()) > time.time() + 1)
        self.assertEqual(len(self.logons()), 2)

    def test_another_account_is_not_left_alone(self):
        other = lab.scenario("running", users={"other": NEW})
        servers = self.sections(3)
        servers["OTHER"] = {"address": lab.HOST, "port": self.host.start("b", other),
                            "credentials": self.credentials("other", "other", NEW)}
        self.configure(servers, defaults={"interval": 10})
        self.agent.start()
        self.wait_for_back_off(3)
        self.wait_for("OTHER is well", lambda: self.column("Status")["OTHER"] == 0)

    def test_a_file_that_others_can_read_is_refused_in_words(self):
        (self.folder / "credentials").chmod(0o644)
        self.configure(self.sections(2), defaults={"interval": 10})
        self.agent.start()
        self.wait_for("the rows say so", lambda: len(
            [text for text in self.column("FailureText").values()
             if "chmod" in text]) == 2)
        self.assertEqual(self.host.connections("a"), [])
        (self.folder / "credentials").chmod(0o600)
        self.wait_for("somebody logs on", self.logons)


load_tests = agentd.concurrently

if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration: looked at by -n, read anew at SIGHUP, kept where the new one is
wrong; and how imc-agentd starts and ends."""
import os
import re
import signal
import socket
import subprocess
import time
import unittest

import agentd
import lab
from sandbox import IS_ROOT

STOP = 2            # s
ERRORS = (
    # what becomes of the file, the line that is wrong
    ("an unknown key", lambda text: text + "colour = red\n", -1),
    ("no such section", lambda text: text + "[somewhere]\n", -1),
    ("a name twice", lambda text: text + "[server A]\n", -1),
    ("an interval that is too short", lambda text: text + "interval = 1s\n", -1),
    ("a wrong line in the middle",
     lambda text: text.replace("[defaults]", "[defaults]\nnonsense"), None),
)


class Reload(agentd.Case):
    def setUp(self):
        super().setUp()
        self.one, self.two = self.logs("one"), self.logs("two")
        self.one.fail()

    def start(self):
        self.serve({"A": self.one.section(), "B": self.two.section()})

    def reload(self):
        """Until it says that it did, or what is wrong."""
        before = self.scalar("LastReloadTime")
        error = self.scalar("LastReloadError")
        self.agent.reload()
        self.wait_for("it was reloaded", lambda: (
            self.scalar("LastReloadTime"), self.scalar("LastReloadError")) !=
            (before, error))

    def servers(self):
        return set(self.column("Source"))

    def test_servers_are_added_removed_and_renamed(self):
        self.start()
        before, events = self.row("A"), self.events()["A"]
        self.wait_for("A is told of", lambda: len(self.told()) == 2)
        self.configure({"A": self.one.section(), "NEW": self.two.section(),
                        "B2": self.two.section()})
        self.reload()
        self.wait_for("the new ones are there and polled", lambda: set(self.column(
            "LastPollTime")) == {"A", "NEW", "B2"})
        self.assertEqual(self.servers(), {"A", "NEW", "B2"})
        self.assertEqual(self.scalar("ServerCount"), 3)
        self.assertEqual(self.scalar("LastReloadError"), b"")
        self.assert_history_is_kept(before, events)
        self.assertEqual(self.scalar("NotificationsSent"), 2)
        self.configure({"A": self.one.section()})
        self.agent.reload()
        self.wait_for("the others are gone", lambda: self.servers() == {"A"})
        self.assertEqual(self.scalar("ServersOk"), 0)
        self.assert_history_is_kept(before, events)

    def assert_history_is_kept(self, before, events):
        row = self.row("A")
        for name in ("DiscontinuityTime", "Total4071", "StateSince", "ConditionSince",
                     "Status", "Keys"):
            self.assertEqual(row.get(name), before.get(name), name)
        self.assertLessEqual(abs(row["NextPollTime"] - before["NextPollTime"]), 1)
        self.assertEqual(self.events()["A"], events)

    def test_what_a_server_is_judged_by_changes(self):
        self.start()
        self.configure({"A": self.one.section(maintenance="yes"),
                        "B": self.two.section(interval="2h")})
        self.agent.reload()
        self.wait_for("the interval is the new one",
                      lambda: self.cell("B", "Interval") == 7200)
        self.wait_for("A is under maintenance",
                      lambda: self.cell("A", "Maintenance") == 1)

    def test_a_reload_is_judged_at_once(self):
        """Nobody waits for the day's next poll to see what is configured now."""
        self.start()
        self.wait_for("A is down", lambda: self.cell("A", "Status") == 2)
        self.wait_for("B is well", lambda: self.cell("B", "Status") == 0)
        gone = {"evt": self.folder / "gone.Evt", "system_evt": self.folder / "gone.Evt"}
        self.configure({"A": self.one.section(maintenance="yes"), "B": gone})
        self.agent.reload()
        self.wait_for("A is under maintenance", lambda: self.cell("A", "Status") == 0)
        self.wait_for("B's logs are gone", lambda: (
            self.cell("B", "Status"), self.cell("B", "Keys")) == (3, "unreachable"))
        self.configure({"A": self.one.section(), "B": self.two.section()})
        self.agent.reload()
        self.wait_for("A is down again", lambda: self.cell("A", "Status") == 2)
        self.wait_for("B is well again", lambda: self.cell("B", "Status") == 0)

    def test_another_machine_is_not_polled_yet(self):
        """What is known of one says nothing of the next."""
        self.serve({"B": self.two.section()})
        self.assertEqual(self.cell("B", "Status"), 0)
        with socket.socket() as listener:   # which answers nothing
            listener.bind((lab.HOST, 0))
            listener.listen()
            self.configure({"B": {"address": lab.HOST, "port": listener.getsockname()[1],
                                  "credentials": self.credentials()}})
            self.reload()
            self.assertEqual(self.cell("B", "Status"), 3)
        self.wait_for("it cannot be reached",
                      lambda: self.cell("B", "Keys") == "unreachable")

    def test_an_error_leaves_the_old_one_in_force(self):
        self.start()
        right = self.path.read_text()
        for what, change, line in ERRORS:
            with self.subTest(what):
                wrong = change(right)
                self.path.write_text(wrong)
                count = wrong.count("\n")
                number = count if line == -1 else \
                    wrong.split("\n").index("nonsense") + 1
                self.agent.reload()
                where = f"{self.path}:{number}:"
                self.wait_for("the MIB says where", lambda: self.scalar(
                    "LastReloadError").decode().startswith(where))
                self.wait_for("the log says where", lambda: where in self.agent.log())
                self.assertEqual(self.servers(), {"A", "B"})
                done = check(self.path)
                self.assertEqual(done.returncode, 1, done)
                self.assertIn(where, done.stderr, done)
                self.assertEqual(done.stderr.count("\n"), 1, done)
                self.assertEqual(done.stdout, "", done)
        self.path.write_text(right)
        self.agent.reload()
        self.wait_for("the error is gone", lambda: self.scalar("LastReloadError") == b"")

    def test_a_file_that_is_gone_leaves_the_old_one_in_force(self):
        self.start()
        os.unlink(self.path)
        self.agent.reload()
        self.wait_for("the MIB says so", lambda: str(self.path) in self.scalar(
            "LastReloadError").decode())
        self.assertEqual(self.servers(), {"A", "B"})

    @unittest.skipUnless(IS_ROOT, "needs root, to count descriptors")
    def test_many_reloads_at_once(self):
        self.start()
        before = agentd.descriptors(self.agent.pid)
        for _ in range(50):
            self.agent.reload()
        self.configure({"A": self.one.section(), "C": self.two.section()})
        self.agent.reload()
        self.wait_for("the last one counts", lambda: self.servers() == {"A", "C"})
        self.wait_for("nothing is left open", lambda: agentd.descriptors(
            self.agent.pid) <= before)
        self.wait_for("all are polled", lambda: len(self.column("LastPollTime")) == 2)


def check(path, *more):
    return subprocess.run([agentd.PROGRAM, "-n", "-c", path, *more], cwd="/",
                          env=lab.environment(), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=agentd.PATIENCE)


class Life(agentd.Case):
    def test_n_checks_and_ends(self):
        self.configure({"A": self.logs().section(), "B": self.logs("b").section()})
        done = check(self.path)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        self.assertEqual(done.stdout.count("\n"), 1, done)
        self.assertRegex(done.stdout, r"\b2\b")
        self.assertEqual(list(self.state.iterdir()), [])

    def test_n_says_what_is_wrong_before_any_server_is_asked(self):
        self.path.write_text("[server A]\nsource = rpc\n")      # no credentials
        done = check(self.path)
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual(done.stderr.count("\n"), 1, done)
        done = check(self.folder / "none")
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(str(self.folder / "none"), done.stderr)

    def test_version_and_help(self):
        for option, wanted in (("-V", r"imc-agentd.*\d\.\d"), ("-h", r"--config")):
            done = subprocess.run([agentd.PROGRAM, option], capture_output=True,
                                  text=True, env=lab.environment())
            self.assertEqual(done.returncode, 0, done)
            self.assertRegex(done.stdout, wanted)
        for wrong in (["-x"], ["something"], ["-c"]):
            done = subprocess.run([agentd.PROGRAM, *wrong], capture_output=True,
                                  text=True, env=lab.environment())
            self.assertNotIn(done.returncode, (0, None), done)
            self.assertTrue(done.stderr, done)

    def test_sigterm_ends_it_in_good_order(self):
        host = self.lab_servers()
        fault = {"at": "call", "pipe": "eventlog", "opnum": 10, "do": "hang"}
        hung = host.start("hung", lab.scenario("running", faults=[fault]))
        self.configure({"HUNG": {"address": lab.HOST, "port": hung,
                                 "credentials": self.credentials()},
                        "A": self.logs().section()})
        self.agent.start()
        self.wait_for("A is there", lambda: "A" in self.column("LastPollTime"))
        self.wait_for("HUNG is being polled", lambda: host.connections("hung"))
        family = agentd.descendants(self.agent.pid)
        self.assertGreaterEqual(len(family), 2)
        took = self.agent.stop()
        print(f"reload: ended after {took:.2f} s")
        self.assertLess(took, STOP)
        self.assertEqual(self.agent.process.returncode, 0)
        self.wait_for("its children are gone, too",
                      lambda: not any(map(agentd.is_alive, family)), STOP)
        self.assertEqual(self.column("Status"), {})

    def test_sigint_ends_it_too_and_two_sigterms_do_not_hurt(self):
        for signals in ((signal.SIGINT,), (signal.SIGTERM, signal.SIGTERM)):
            with self.subTest(signals):
                self.serve({"A": self.logs().section()})
                for one in signals:
                    self.agent.process.send_signal(one)
                self.assertEqual(self.agent.process.wait(agentd.PATIENCE), 0)

    def test_systemd_is_told_that_it_is_ready(self):
        path = self.folder / "notify"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.bind(str(path))
            sock.settimeout(agentd.PATIENCE)
            self.configure({"A": self.logs().section()})
            self.agent.start(environment={"NOTIFY_SOCKET": str(path),
                                          "WATCHDOG_USEC": "2000000"})
            words = []
            while not {"READY=1", "WATCHDOG=1"} <= set(words):
                words += sock.recv(4096).decode().split("\n")
            begin = time.monotonic()
            while "WATCHDOG=1" not in sock.recv(4096).decode():
                pass
            self.assertLess(time.monotonic() - begin, 2)
            self.agent.process.terminate()
            while "STOPPING=1" not in sock.recv(4096).decode():
                pass


load_tests = agentd.concurrently

if __name__ == "__main__":
    unittest.main()

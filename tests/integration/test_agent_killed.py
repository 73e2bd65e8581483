# SPDX-License-Identifier: GPL-3.0-or-later
"""imc-agentd, its keeper and its workers killed at any moment, its state folder full or
read-only: files stay whole, what is raised is told again, and marked."""
import os
import random
import signal
import subprocess
import time
import unittest

import agentd
import lab
from agentd import BACK, CHANGE, RESENT, children, is_alive

SEED = int(os.environ.get("IMC_SEED", time.time()))
KILLS = 12
INTERVAL = 10
WELL = 8            # servers that are well


class Killed(agentd.Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)

    def fleet(self):
        """BAD is down with 4071; the others are well."""
        self.bad = self.logs("bad")
        self.bad.fail()
        well = self.logs("well")
        return {"BAD": self.bad.section(),
                **{f"OK{i}": well.section() for i in range(WELL)}}

    def wait_for_verdicts(self, seconds=BACK):
        return self.wait_for("tables are back", lambda: len(self.column("Keys")) >=
                             WELL + 1 and self.cell("BAD", "Condition") == 2, seconds)

    def wait_for_raised(self, since, *reasons):
        for kind in ("down", "raised"):
            self.wait_for(f"{kind} is told", lambda: self.told(kind, since=since))
            first = self.told(kind, since=since)[0]
            self.assertEqual(first.server, "BAD")
            self.assertIn(first.reason, reasons, first)


class Parent(Killed):
    def test_killed_at_any_moment(self):
        self.serve(self.fleet(), defaults={"interval": INTERVAL})
        self.wait_for_verdicts()
        self.wait_for_raised(0, CHANGE)
        for _ in range(KILLS):
            family = agentd.descendants(self.agent.pid)
            self.agent.kill()
            self.wait_for("its children end with it",
                          lambda: not any(map(is_alive, family)))
            agentd.assert_whole(self, self.state)
            self.agent.start()
            time.sleep(self.random.uniform(0, 1.5))     # the moment is the test
        since = time.time()
        self.agent.kill()
        agentd.assert_whole(self, self.state)
        self.agent.start()
        self.wait_for_verdicts()
        self.wait_for_raised(since, RESENT)
        for one in self.told():
            self.assertEqual(one.server, "BAD", "well servers are not told of")
            self.assertIn(one.reason, (CHANGE, RESENT))

    def test_what_ends_while_it_is_away_is_told(self):
        self.serve(self.fleet(), defaults={"interval": INTERVAL})
        self.wait_for_raised(0, CHANGE)
        self.agent.kill()
        self.bad.recover()
        since = time.time()
        self.agent.start()
        for kind in ("up", "cleared"):
            self.wait_for(f"{kind} is told", lambda: self.told(kind, since=since))
        self.assertEqual(self.told("down", "raised", since=since), [])

    def test_numbers_of_events_and_notifications_go_on(self):
        self.serve(self.fleet(), defaults={"interval": INTERVAL})
        self.wait_for_raised(0, CHANGE)
        before = self.events()["BAD"]
        self.agent.stop()
        since = time.time()
        self.agent.start()
        self.wait_for_verdicts()
        self.wait_for_raised(since, RESENT)
        self.assertEqual(self.events()["BAD"], before)


class Children(Killed):
    def start_with_lab(self):
        """A server that is well, and one at which workers hang."""
        host = self.lab_servers()
        self.credentials()
        fault = {"at": "call", "pipe": "eventlog", "opnum": 10, "do": "hang"}
        section = {"address": lab.HOST, "credentials": self.folder / "credentials"}
        well = host.start("well", lab.scenario("running"))
        hung = host.start("hung", lab.scenario("running", faults=[fault]))
        self.configure({"WELL": {**section, "port": well},
                        "HUNG": {**section, "port": hung}},
                       defaults={"interval": INTERVAL})
        self.agent.start()
        self.wait_for("WELL is polled", lambda: "WELL" in self.column("LastPollTime"))
        self.host = host

    def polls_go_on(self):
        last = self.cell("WELL", "LastPollTime")
        self.wait_for("WELL is polled again",
                      lambda: self.cell("WELL", "LastPollTime") > last, 2 * BACK)

    def test_a_killed_worker_costs_its_poll(self):
        self.start_with_lab()
        for _ in range(3):
            found = self.wait_for("a worker", self.agent.workers)
            os.kill(self.random.choice(found), signal.SIGKILL)
            self.polls_go_on()
        self.assertEqual(self.cell("WELL", "Status"), 0)
        self.assertTrue(is_alive(self.agent.pid))
        keeper = self.agent.keeper()
        self.assertTrue(is_alive(keeper))

    def test_all_workers_killed_again_and_again(self):
        self.start_with_lab()
        end = time.monotonic() + 5
        while time.monotonic() < end:
            for pid in self.agent.workers():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            time.sleep(0.1)
        self.polls_go_on()
        self.wait_for("WELL is well", lambda: self.cell("WELL", "Status") == 0)
        self.assertGreater(self.scalar("WorkersKilled"), 0)

    def test_a_killed_keeper_is_replaced(self):
        self.start_with_lab()
        parent = self.agent.pid
        for _ in range(3):
            keeper = self.wait_for("a keeper", self.agent.keeper)
            family = children(keeper)
            os.kill(keeper, signal.SIGKILL)
            self.wait_for("its workers end with it", lambda: not any(
                map(is_alive, [keeper, *family])))
            self.assertEqual(self.cell("WELL", "Status"), 0)    # answers all the while
            self.polls_go_on()
        self.assertTrue(is_alive(parent))
        self.assertEqual(self.scalar("AgentxReconnects"), 0)

    def test_a_frozen_worker_is_ended(self):
        """It holds a slot until its deadline, and no longer."""
        self.start_with_lab()
        frozen = self.wait_for("a worker", self.agent.workers)[0]
        os.kill(frozen, signal.SIGSTOP)
        self.polls_go_on()
        self.wait_for("it is ended", lambda: not is_alive(frozen) or
                      self.wake_if_idle(frozen))

    def wake_if_idle(self, pid):
        """A worker that had nothing to do has no deadline that it could miss."""
        if pid in self.agent.workers() and self.scalar("WorkersKilled") == 0 and \
                time.time() - self.began() > 30:
            os.kill(pid, signal.SIGCONT)
            return True
        return False

    def began(self):
        return agentd.moment(self.scalar("AgentStartTime"))


def mounted(path, options):
    """Is there a tmpfs now? Only root may, and not everywhere."""
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "imc-test", path],
                          capture_output=True)
    return done.returncode == 0


class StateFolder(Killed):
    def unmount(self):
        subprocess.run(["umount", "-l", self.state], check=True)

    def fill(self):
        with open(self.state / "ballast", "wb", buffering=0) as file:
            for size in (1 << 16, 1 << 12, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    pass

    def assert_rows_say_so(self, is_bad):
        """That what is new of a server cannot be kept; or no row any more."""
        def is_so():
            said = {server for server, keys in self.column("Keys").items()
                    if "state-file" in keys.split(",")}
            return "BAD" in said if is_bad else not said
        self.wait_for(f"rows with state-file: {is_bad}", is_so)

    def assert_nothing_is_lost(self):
        """It is told, served, and told again by the next one."""
        self.wait_for_verdicts()
        self.wait_for_raised(0, CHANGE, RESENT)
        agentd.assert_whole(self, self.state)
        since = time.time()
        self.agent.kill()
        agentd.assert_whole(self, self.state)
        self.agent.start()
        self.wait_for_verdicts()
        self.wait_for_raised(since, CHANGE, RESENT)

    def test_a_full_folder(self):
        if not mounted(self.state, "size=128k,mode=0700"):
            self.skipTest("no tmpfs can be mounted here")
        self.addCleanup(self.unmount)
        servers = self.fleet()
        self.bad.recover()
        self.serve(servers, defaults={"interval": INTERVAL})
        self.wait_for("all are polled", lambda: len(self.column("Keys")) == WELL + 1)
        self.fill()
        self.bad.fail()
        self.assert_nothing_is_lost()
        self.assert_rows_say_so(True)
        os.unlink(self.state / "ballast")
        self.assert_rows_say_so(False)
        agentd.assert_whole(self, self.state)

    def test_files_that_may_not_grow(self):
        """Where no tmpfs can be mounted, this is what a full disk looks like."""
        self.configure(self.fleet(), defaults={"interval": INTERVAL})
        self.agent.start(before=["prlimit", "--fsize=64"], has_pipe=True)
        self.wait_for_verdicts()
        self.wait_for_raised(0, CHANGE, RESENT)
        self.assert_rows_say_so(True)
        agentd.assert_whole(self, self.state)
        self.assertTrue(is_alive(self.agent.pid))

    def test_a_folder_that_is_read_only(self):
        if not mounted(self.state, "size=128k,mode=0700"):
            self.skipTest("no tmpfs can be mounted here")
        self.addCleanup(self.unmount)
        servers = self.fleet()
        self.bad.recover()
        self.serve(servers, defaults={"interval": INTERVAL})
        self.agent.stop()           # its lock would keep the folder writable
        subprocess.run(["mount", "-o", "remount,ro", self.state], check=True)
        self.bad.fail()
        self.agent.start()
        self.assert_nothing_is_lost()
        self.assert_rows_say_so(True)
        subprocess.run(["mount", "-o", "remount,rw", self.state], check=True)
        self.assert_rows_say_so(False)


print(f"killed: IMC_SEED={SEED}")
load_tests = agentd.concurrently

if __name__ == "__main__":
    unittest.main()

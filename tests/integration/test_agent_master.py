# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever becomes of snmpd: the tables come back, nothing raised is lost, no poll
waits."""
import os
import re
import subprocess
import threading
import time
import unittest

import agentd
import lab
from agentd import BACK, CHANGE, RESENT, is_alive
from sandbox import IS_ROOT

FROZEN = 25         # s
STALL = 1.1         # s, that the loop may stand still
RESTARTS, WARM_UP = 50, 5
WAITS = 10          # of the restarts
GROWTH_KB = 1024    # over all restarts
TICK = 0.01
INTERVAL, LATE = 10, 5


class Jitter(threading.Thread):
    """How long this machine keeps somebody waiting who wants to run now and then."""

    def __init__(self):
        super().__init__(daemon=True)
        self.worst, self._ended = 0.0, threading.Event()

    def run(self):
        while not self._ended.is_set():
            begin = time.monotonic()
            time.sleep(TICK)
            self.worst = max(self.worst, time.monotonic() - begin - TICK)

    def end(self):
        self._ended.set()
        self.join()
        return self.worst


class Trace:
    """When a process is in its loop's wait, seen by strace."""

    WAITS = "epoll_wait,epoll_pwait,epoll_pwait2,poll,ppoll,select,pselect6"

    def __init__(self, pid, path):
        self._path = path
        self._process = subprocess.Popen(
            ["strace", "-ttt", "-T", "-p", str(pid), "-o", path, "-e",
             f"trace={self.WAITS}"], stderr=subprocess.PIPE, text=True)
        self._process.stderr.readline()     # attached

    def end(self):
        agentd.end(self._process)
        self._process.stderr.close()

    def stalls(self):
        """Seconds outside of the waits of its loop, the longest first. Waits for the
        master alone, in poll or select, are not of the loop."""
        found, left = [], None
        text = self._path.read_text()
        for when, call, took in re.findall(r"^([\d.]+) (\w+)\(.*<([\d.]+)>$", text,
                                           re.MULTILINE):
            if not call.startswith("epoll"):
                continue
            if left is not None:
                found.append(float(when) - left)
            left = float(when) + float(took)
        return sorted(found, reverse=True)


class Master(agentd.Case):
    def back(self):
        """Is the table there, and as it was?"""
        return self.column("Status").keys() == {"A", "B"}

    def start(self, is_served=True, **defaults):
        """Two servers of copied logs that are polled often."""
        self.one = self.logs("one")
        servers = {"A": self.one.section(), "B": self.logs("two").section()}
        defaults = {"interval": INTERVAL, **defaults}
        if is_served:
            self.serve(servers, defaults=defaults)
        else:
            self.configure(servers, defaults=defaults)
            self.agent.start()

    def wait_for_table(self):
        begin = time.monotonic()
        self.wait_for("the tables are back", self.back, BACK)
        return time.monotonic() - begin

    def fail_and_wait_for_poll(self):
        """What is new is saved at once."""
        written = self.state_file("A").stat().st_mtime_ns
        self.one.fail()
        self.wait_for("A was polled",
                      lambda: self.state_file("A").stat().st_mtime_ns > written)

    def wait_for_told(self, kind, *reasons, since=0):
        self.wait_for(f"A's {kind} is told", lambda: self.told(kind, server="A",
                                                               since=since))
        first = self.told(kind, server="A", since=since)[0]
        self.assertIn(first.reason, reasons)
        return first

    def assert_state_files_are_whole(self):
        agentd.assert_whole(self, self.state)


class Absent(Master):
    HAS_SNMPD = False

    def test_it_starts_without_snmpd_and_keeps_what_is_raised(self):
        self.start(is_served=False)
        self.wait_for("A was polled", lambda: self.state_file("A"))
        self.fail_and_wait_for_poll()
        self.snmpd.start()
        self.wait_for_table()
        self.wait_for_told("down", CHANGE, RESENT)
        self.wait_for_told("raised", CHANGE, RESENT)
        self.wait_for("the row says so", lambda: self.cell("A", "Condition") == 2)

    def test_sigterm_ends_it_without_snmpd_too(self):
        self.start(is_served=False)
        self.wait_for("A was polled", lambda: self.state_file("A"))
        self.assertLess(self.agent.stop(), 2)
        self.assertEqual(self.agent.process.returncode, 0)


class Gone(Master):
    def raise_while(self, *, away, back):
        """A fails while snmpd is away; it is told when that is back."""
        self.start()
        self.wait_for("A's state is saved", lambda: self.state_file("A"))
        away()
        self.fail_and_wait_for_poll()
        back()
        took = self.wait_for_table()
        down = self.wait_for_told("down", CHANGE, RESENT)
        raised = self.wait_for_told("raised", CHANGE, RESENT)
        print(f"{self.id()}: back after {took:.1f} s; {down}, {raised}")
        self.assertGreaterEqual(self.scalar("AgentxReconnects"), 1)
        self.one.recover()
        self.wait_for_told("up", CHANGE)
        self.wait_for_told("cleared", CHANGE)
        self.assert_state_files_are_whole()

    def test_snmpd_stops_and_starts(self):
        self.raise_while(away=self.snmpd.stop, back=self.snmpd.start)

    def test_snmpd_is_killed(self):
        self.raise_while(away=self.snmpd.kill, back=self.snmpd.start)

    def test_its_socket_is_removed_and_replaced(self):
        """As where the folder of the socket is made anew."""
        def away():
            os.unlink(self.snmpd.socket)
            self.snmpd.kill()
            self.snmpd.socket.write_text("")        # what is there is no socket

        def back():
            os.unlink(self.snmpd.socket)
            self.snmpd.start()
        self.raise_while(away=away, back=back)

    @unittest.skipUnless(IS_ROOT, "needs root, to count descriptors")
    def test_fifty_restarts_leave_nothing_behind(self):
        self.start()
        marks, took = [], self.restart(WARM_UP, 1)
        marks.append(self.measure())
        took += self.restart(RESTARTS, WAITS)
        marks.append(self.measure())
        took.sort()
        print(f"master: back after {took[len(took) // 2]:.2f} s, {took[-1]:.2f} s at"
              f" most; descriptors and kB {marks}")
        (before, kb_before), (after, kb_after) = marks
        self.assertEqual(after, before)
        self.assertLess(kb_after - kb_before, GROWTH_KB)
        self.assertGreaterEqual(self.scalar("AgentxReconnects"), len(took))

    def restart(self, count, waits):
        """So many times; waits for the tables so many times only, which takes longer."""
        took = []
        for number in range(1, count + 1):
            self.snmpd.kill() if number % 2 else self.snmpd.stop()
            self.snmpd.start()
            if number % (count // waits) == 0:
                took.append(self.wait_for_table())
        return took

    def measure(self):
        """Descriptors, once those of the last start-up are gone, and kB."""
        counts = [agentd.descriptors(self.agent.pid)]
        self.wait_for("descriptors settle", lambda: counts.append(agentd.descriptors(
            self.agent.pid)) or len(counts) > 5 and len(set(counts[-5:])) == 1)
        return counts[-1], agentd.memory_kb(self.agent.pid)


@unittest.skipUnless(IS_ROOT, "needs root, to trace another process")
class Frozen(Master):
    def test_a_frozen_snmpd_holds_nothing_up(self):
        host = self.lab_servers()
        port = host.start("a", lab.scenario("running"))
        self.serve({"A": {"address": lab.HOST, "port": port,
                          "credentials": self.credentials()}},
                   defaults={"interval": INTERVAL})
        trace, jitter = Trace(self.agent.pid, self.folder / "trace"), Jitter()
        jitter.start()
        began = time.time()
        self.snmpd.freeze()
        host.service("a", {"state": "stopped", "win32_exit": 0})
        self.wait_for("time passes", lambda: time.time() - began > FROZEN,
                      2 * FROZEN)
        polls = [when for when in host.connections("a") if when >= began]
        thawed = time.time()
        self.snmpd.thaw()
        self.wait_for("the table is back", lambda: self.cell("A", "Status") == 2, BACK)
        trace.end()
        machine = jitter.end()
        self.assert_loop_went_on(trace.stalls(), machine)
        self.assert_polls_went_on([began] + polls + [thawed], machine)
        self.wait_for("that is told", lambda: self.told("down", server="A"))
        self.assertIn(self.told("down", server="A")[0].reason, (CHANGE, RESENT))
        self.assertTrue(is_alive(self.agent.pid))

    def assert_loop_went_on(self, stalls, machine):
        print(f"master: the loop stood still for {stalls[:3]} s; the machine kept others"
              f" waiting for {machine:.3f} s")
        self.assertGreater(len(stalls), 10, "the loop was not seen")
        self.assertLess(stalls[0], STALL + machine)

    def assert_polls_went_on(self, times, machine):
        gaps = [later - earlier for earlier, later in zip(times, times[1:])]
        print(f"master: polls were {[round(gap, 1) for gap in gaps]} s apart")
        self.assertLess(max(gaps), INTERVAL + LATE + machine)


load_tests = agentd.concurrently

if __name__ == "__main__":
    unittest.main()

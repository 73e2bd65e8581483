# SPDX-License-Identifier: GPL-3.0-or-later
"""Notifications: what one change tells, what a flapping service and a storm do not; and
whom an imc-agentd lets alone that is there already."""
import collections
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

import agentd
import lab
from agentd import CHANGE, RESENT, names
from snmp_wire import SYS_UP_TIME, Manager, NoAnswer

FLAPS, FLAP_SECONDS = 100, 60
BETWEEN = 5         # s, between two of one kind of one server
BURST = 20          # of one server in 300 s
SLACK = 0.5         # s, that a notification may be on its way
STORM = 5000
STORM_INTERVAL = 30
STORM_PATIENCE = 150
ANSWER = 5          # s, in which snmpd tells its sysUpTime during a storm


class Notifications(agentd.Case):
    VALUES = ("imcServerNotifyName", "imcServerStatus", "imcServerStatusText",
              "imcServerCondition", "imcServerTrigger", "imcNotifyEventTime",
              "imcNotifyReason", "imcNotifySequence")

    def setUp(self):
        super().setUp()
        self.one = self.logs()
        self.serve({"EXCH01": self.one.section(), "EXCH02": self.logs("two").section()},
                   defaults={"interval": 10})

    def wait_for_told(self, *kinds):
        self.wait_for(f"{kinds} are told", lambda: set(kinds) <= {
            one.kind for one in self.told(server="EXCH01")})

    def test_a_failed_start_and_its_end_are_told_with_what_get_says(self):
        self.one.fail()
        self.wait_for_told("down", "raised")
        self.assert_values_are_those_of_get()
        self.one.recover()
        self.wait_for_told("up", "cleared")
        self.assert_values_are_those_of_get(("up", "cleared"))
        told = self.told()
        self.assertEqual(sorted(one.kind for one in told),
                         ["cleared", "down", "raised", "up"])
        self.assertEqual({one.server for one in told}, {"EXCH01"})
        self.assertEqual({one.reason for one in told}, {CHANGE})
        numbers = [one.sequence for one in told]
        self.assertEqual(numbers, sorted(set(numbers)))
        self.assertEqual(self.scalar("NotificationsSent"), 4)

    def assert_values_are_those_of_get(self, kinds=("down", "raised")):
        row = self.row("EXCH01")
        for one in self.told(*kinds):
            self.assertEqual((one.status, one.condition, one.trigger),
                             (row["Status"], row["Condition"], row["Trigger"]))
            self.assertEqual(re.sub(r"\d+", "#", one.text),
                             re.sub(r"\d+", "#", row["StatusText"]))
            self.assertLess(abs(one.event_time - time.time()), agentd.PATIENCE)
            objects = [name[:len(names()[wanted])] for name, wanted in
                       zip(one.names[2:], self.VALUES)]
            self.assertEqual(objects, [names()[wanted] for wanted in self.VALUES])
            for name in one.names[3:7]:
                self.assertEqual(name[len(names()["imcServerStatus"]):],
                                 agentd.index_of("EXCH01"))

    def test_snmptrapd_shows_it_by_the_names_of_the_mib(self):
        trapd = Trapd(self.folder)
        self.addCleanup(trapd.stop)
        self.one.fail()
        self.wait_for("snmptrapd has it", lambda: "imcConditionRaised" in
                      trapd.relayed(self.sink))
        text = trapd.relayed(self.sink)
        for wanted in ("imcServiceDown", "imcNotifyReason.0 = INTEGER: change(1)",
                       'imcServerStatus."EXCH01" = INTEGER: critical(2)'):
            self.assertIn(wanted, text)

    def test_none_are_sent_where_they_are_switched_off(self):
        self.agent.stop()
        self.serve({"EXCH01": self.one.section()}, agent={"notifications": "no"},
                   defaults={"interval": 10})
        self.one.fail()
        self.wait_for("the row says so", lambda: self.cell("EXCH01", "Condition") == 2)
        self.assertEqual(self.scalar("NotificationsEnabled"), 2)
        self.assertEqual(self.told(), [])


class Trapd:
    """A real snmptrapd, to which the datagrams of the sink are relayed."""

    def __init__(self, folder):
        self._port, self._sent = agentd.free_udp_port(), 0
        self._out = folder / "trapd.log"
        (folder / "trapd.conf").write_text("disableAuthorization yes\n")
        modules = agentd.module_folder().name
        with open(self._out, "wb") as out:
            self._process = subprocess.Popen(
                ["snmptrapd", "-f", "-C", "-c", folder / "trapd.conf", "-Lo",
                 "-M", modules, "-m", "IMC-MONITOR-MIB", f"udp:{lab.HOST}:{self._port}"],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={"PATH": "/usr/sbin:/usr/bin", "SNMP_PERSISTENT_DIR": str(folder)})

    def relayed(self, sink):
        """What it printed. Once it is ready, it gets what it has not got yet."""
        text = self._out.read_text(errors="replace")
        if "NET-SNMP version" in text:
            self._sent = sink.relay(self._port, self._sent)
        return text

    def stop(self):
        agentd.end(self._process)


class Flapping(agentd.Case):
    def test_a_hundred_changes_in_a_minute(self):
        host = self.lab_servers()
        port = host.start("a", lab.scenario("running"))
        self.serve({"FLAP": {"address": lab.HOST, "port": port,
                             "credentials": self.credentials()}},
                   defaults={"interval": 10})
        begin, states = time.monotonic(), ("stopped", "running")
        for number in range(FLAPS + 1):     # the last one is down
            host.service("a", {"state": states[number % 2], "win32_exit": 0})
            due = begin + (number + 1) * FLAP_SECONDS / FLAPS
            time.sleep(max(0, due - time.monotonic()))
        self.wait_for("the row says so", lambda: self.cell("FLAP", "Status") == 2)
        self.wait_for("the last state is told", lambda: self.told(server="FLAP")
                      and self.told(server="FLAP")[-1].kind == "down")
        told = self.told(server="FLAP")
        print(f"storm: {FLAPS} changes told by {len(told)} notifications:"
              f" {[one.kind for one in told]}")
        self.assertLessEqual(len(told), BURST)
        self.assertLessEqual({one.kind for one in told}, {"up", "down"})
        for kind in ("up", "down"):
            times = [one.when for one in told if one.kind == kind]
            gaps = [later - earlier for earlier, later in zip(times, times[1:])]
            self.assertGreater(min(gaps, default=BETWEEN), BETWEEN - SLACK)
        for earlier, later in zip(told, told[1:]):
            self.assertNotEqual(earlier.kind, later.kind)


class Prober(threading.Thread):
    """Asks snmpd for its sysUpTime again and again."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self._manager = Manager(port, patience=ANSWER, tries=1)
        self._ended = threading.Event()
        self.times, self.unanswered = [], 0

    def run(self):
        while not self._ended.is_set():
            try:
                self.times.append(self._manager.seconds_of_get(SYS_UP_TIME))
            except NoAnswer:
                self.unanswered += 1
            self._ended.wait(0.05)

    def end(self):
        self._ended.set()
        self.join()
        self._manager.close()


class Storm(agentd.Case):
    """Thousands of servers whose logs turn at once; snmpd is frozen until all of them
    were polled, so that everything that is to be told is told in one burst."""

    def setUp(self):
        super().setUp()
        if os.access("/dev/shm", os.W_OK):      # the disk is not what is tested
            self.state = pathlib.Path(tempfile.mkdtemp(dir="/dev/shm", prefix="imc-a-"))
            self.addCleanup(shutil.rmtree, self.state)
            # What is cleaned up last was added first: imc-agentd ends before.
            self.addCleanup(self.agent.stop)

    def test_five_thousand_servers_turn_at_once(self):
        self.one = self.logs()
        self.servers = [f"S{number:04}" for number in range(STORM)]
        self.serve({name: self.one.section() for name in self.servers},
                   defaults={"interval": STORM_INTERVAL})
        self.turn(self.one.fail, 2, 2, is_frozen=False)
        self.turn(self.one.recover, 1, 3, is_frozen=True)
        self.assert_all_are_told(self.told())
        self.assertEqual(self.scalar("AgentxReconnects") <= 2, True)

    def turn(self, change, status, condition, is_frozen):
        began = time.time()
        change()
        if is_frozen:
            self.snmpd.freeze()
            self.wait_for("all were polled", lambda: self.polled_since(began) == STORM,
                          STORM_PATIENCE, 1)
            self.snmpd.thaw()
            print(f"storm: frozen for {time.time() - began:.0f} s")
        prober = Prober(self.snmpd.port)
        prober.start()
        try:
            wanted = {"down", "raised"} if status == 2 else {"up", "cleared"}
            self.wait_for("all of it is told", lambda: self.count_told(wanted) == STORM,
                          STORM_PATIENCE, 0.5)
            self.wait_for("all rows say so", lambda: set(
                self.column("Condition").values()) == {condition}, STORM_PATIENCE, 1)
        finally:
            prober.end()
            self.say_how_it_went(prober, began)
        self.assertEqual(prober.unanswered, 0)

    def say_how_it_went(self, prober, began):
        times = sorted(prober.times) or [float("nan")]
        print(f"storm: {len(self.told(since=began))} told in {time.time() - began:.0f} s;"
              f" sysUpTime {len(times)} times within {times[-1]:.3f} s"
              f" (half of them {times[len(times) // 2]:.4f} s),"
              f" {prober.unanswered} times not")

    def polled_since(self, began):
        """State files are written where something is new."""
        return sum(1 for path in self.state.glob("S*.state")
                   if path.stat().st_mtime > began)

    def count_told(self, wanted):
        """Servers of whom all of it was told."""
        found = collections.defaultdict(set)
        for one in self.told(*wanted):
            found[one.server].add(one.kind)
        return sum(1 for kinds in found.values() if kinds == wanted)

    def assert_all_are_told(self, told):
        last = collections.defaultdict(dict)
        for one in told:
            last[one.server]["service" if one.kind in ("up", "down") else "4071"] = one
        self.assertEqual(sorted(last), self.servers)
        for server, kinds in last.items():
            self.assertEqual((kinds["service"].kind, kinds["4071"].kind),
                             ("up", "cleared"), server)
        self.assertEqual({one.reason for one in told} - {CHANGE, RESENT}, set())
        numbers = [one.sequence for one in told]
        self.assertEqual(len(numbers), len(set(numbers)))


class Second(agentd.Case):
    def second(self, state):
        """Another imc-agentd at the same snmpd."""
        path = self.folder / "second.conf"
        path.write_text(agentd.configuration(
            {"EXCH02": self.logs("two").section()},
            {"agentx_socket": self.snmpd.socket, "state_dir": state}, {"interval": "1d"}))
        other = agentd.Agent(self.folder, path, "second")
        self.addCleanup(other.stop)
        other.start()
        return other

    def setUp(self):
        super().setUp()
        self.serve({"EXCH01": self.logs().section()})

    def test_a_second_instance_is_refused_in_words(self):
        other = self.second(self.state)
        self.wait_for("it ends", lambda: other.process.poll() is not None)
        self.assertNotEqual(other.process.returncode, 0)
        self.assertRegex(other.log(), "already runs")
        self.assertEqual(len(other.log().splitlines()), 1, other.log())
        self.assertEqual(self.column("Status"), {"EXCH01": 0})

    def test_an_oid_that_another_subagent_holds_is_noticed_and_said(self):
        state = self.folder / "other"
        state.mkdir(mode=0o700)
        other = self.second(state)
        self.wait_for("it is said", lambda: re.search(
            r"(?i)another subagent|regist|holds", other.log()))
        self.assertIsNone(other.process.poll(), other.log())
        self.assertEqual(self.column("Status"), {"EXCH01": 0})
        print(f"storm: the second one says: {other.log()}")
        self.assertLess(len(other.log()), 4000, "it says so again and again")
        self.agent.stop()
        self.wait_for("the other one serves once they are free",
                      lambda: self.column("Status") == {"EXCH02": 0},
                      2 * agentd.PATIENCE)


load_tests = agentd.concurrently

if __name__ == "__main__":
    unittest.main()

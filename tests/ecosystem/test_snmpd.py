# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's snmpd with Debian's snmpd.conf and the drop-in that is shipped: an imc-agentd
without any rights gets in, and a manager sees what it serves."""
import os
import pathlib
import re
import shutil
import tempfile
import unittest

import agentd
import lab
import rooms
import snmp_wire
from agentd import Logs, wait_for
from rooms import NOBODY, USER, Room

SHIPPED = agentd.ROOT / "packaging" / "snmpd" / "imc-agentd.conf"
SOCKET, OTHERS = "/run/agentx/master", "/var/agentx/master"
MANAGER = "manager.example.com"
VIEW = "view systemonly"
APPL_TABLE = "1.3.6.1.2.1.27.1"
# Where snmpd itself lists the subtrees that subagents register.
OR_TABLE = "1.3.6.1.2.1.1.9"
# What /var/agentx is when snmpd starts. A Debian that had its snmpd before: for root.
BEFORE = {"not there": None, "made by Debian's snmpd": "0700", "made by this one": "0755"}
CONNECTED = "03"        # of /proc/net/unix
CONNECT = ("import socket, sys; "
           "socket.socket(socket.AF_UNIX).connect(sys.argv[1])")


def shipped():
    return SHIPPED.read_text()


def without(*beginnings):
    lines = shipped().splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith(beginnings)]
    if len(lines) - len(kept) != len(beginnings):
        raise AssertionError(f"{SHIPPED}: not one line each of {beginnings}")
    return "".join(kept)


def uncommented(ports):
    """Every setting that is offered in a comment, with managers that are there."""
    text, count = re.subn(r"^#(?=(?:view|trap2sink|informsink) )", "", shipped(),
                          flags=re.MULTILINE)
    if count != 1 + len(ports):
        raise AssertionError(f"{SHIPPED}: {count} settings are offered")
    for setting, port in ports.items():
        text = text.replace(f"{setting} {MANAGER} ", f"{setting} {lab.HOST}:{port} ")
    return text


def accepted(pid):
    """How many connections at SOCKET a process has taken."""
    links = [os.readlink(f"/proc/{pid}/fd/{name}")
             for name in os.listdir(f"/proc/{pid}/fd")]
    lines = pathlib.Path("/proc/net/unix").read_text().splitlines()[1:]
    found = [line.split() for line in lines if line.endswith(f" {SOCKET}")]
    return sum(state == CONNECTED and f"socket:[{inode}]" in links
               for *_, state, inode, _ in found)


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="imc-e-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.folder.chmod(0o755)
        # Where everybody can run it, wherever it was built.
        self.program = shutil.copy(agentd.PROGRAM, self.folder)
        self.agent_log = self.folder / "imc-agentd.log"

    def room(self, drop_in):
        room = Room(self.folder, drop_in)
        self.addCleanup(room.close)
        return room

    def start_agent(self, room, **settings):
        """It watches EXCH01, which did not start after its boot."""
        logs = Logs(self.folder, "one")
        logs.fail()
        path = self.folder / "imc-monitor.conf"
        path.write_text(agentd.configuration(
            {"EXCH01": logs.section()},
            {"agentx_socket": SOCKET, "state_dir": "/var/lib/imc-agentd",
             "trap_socket": "/run/imc-monitor/trap.sock", **settings}, {}))
        with open(self.agent_log, "wb") as log:
            return room.popen([self.program, "-f", "-c", path], user=USER,
                              stdout=log, stderr=log, env=lab.environment())

    def said(self):
        return self.agent_log.read_text(errors="replace")

    def walk(self, room, root="imcMonitorMIB"):
        """What Debian's default community sees, by snmpwalk."""
        return agentd.tool("snmpwalk", "-v2c", "-c", "public", "-t", "2", "-r", "3",
                           "-On", f"{lab.HOST}:{room.port}",
                           snmp_wire.dotted(agentd.names()[root])
                           if root in agentd.names() else root)

    def wait_until_seen(self, room):
        count = snmp_wire.dotted(agentd.names()["imcServerCount"])
        wait_for("the MIB is seen", lambda: f".{count}.0 = Gauge32: 1 " in
                 self.walk(room), detail=lambda: self.said() + room.said())

    def who(self, process, program):
        """(user id, group ids) of what became of a process."""
        name = pathlib.Path(f"/proc/{process.pid}/comm").read_text().strip()
        self.assertEqual(name, program)
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        user, = set(re.search(r"^Uid:(.*)$", status, re.MULTILINE).group(1).split())
        groups = re.search(r"^Groups:(.*)$", status, re.MULTILINE).group(1).split()
        return int(user), groups


class Fresh(Case):
    def test_is_let_in_and_seen(self):
        for before, mode in BEFORE.items():
            with self.subTest(var_agentx=before):
                self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
                self.folder.chmod(0o755)
                room = self.room(shipped())
                if mode:
                    room.run(["mkdir", "-m", mode, "/var/agentx"])
                room.start_snmpd()
                agent = self.start_agent(room)
                self.wait_until_seen(room)
                self.assertEqual(self.who(agent, "imc-agentd"),
                                 (rooms.NUMBER, [str(rooms.NUMBER)]))
                self.assertNotEqual(self.who(room.snmpd, "snmpd")[0], 0)
                # No complaint: a notice of its version, if anything.
                for line in room.said().splitlines():
                    self.assertRegex(line, "^NET-SNMP version ")

    def test_comes_back_after_a_restart(self):
        room = self.room(shipped())
        room.start_snmpd()
        self.start_agent(room)
        self.wait_until_seen(room)
        room.stop_snmpd()
        room.start_snmpd()
        self.wait_until_seen(room)

    def test_who_may_connect(self):
        room = self.room(shipped())
        room.start_snmpd()
        for user, socket, expected in (
                (None, SOCKET, True), (None, OTHERS, True), (USER, SOCKET, True),
                (NOBODY, SOCKET, False), (NOBODY, OTHERS, False)):
            with self.subTest(user=user, socket=socket):
                done = room.run(["/usr/bin/python3", "-c", CONNECT, socket], user)
                self.assertEqual(done.returncode == 0, expected, done.stderr)
                if not expected:
                    self.assertIn("PermissionError", done.stderr)


class View(Case):
    def seen(self, room):
        """All objects that Debian's default community sees."""
        found = re.findall(r"^\.([\d.]+) = ", self.walk(room, ".1"), re.MULTILINE)
        return set(map(snmp_wire.oid, found))

    def test_the_drop_in_opens_nothing_else(self):
        """No community, user or right of its own: what is given to whom is Debian's."""
        names = {line.split()[0] for line in shipped().splitlines()
                 if line and not line.startswith("#")}
        self.assertEqual(names, {"master", "agentXSocket", "agentXPerms", "view"})

    def test_what_the_drop_in_adds(self):
        ours, lists = agentd.names()["imcMonitorMIB"], snmp_wire.oid(OR_TABLE)
        room = self.room(None)
        room.start_snmpd()
        before = self.seen(room)
        self.assertIn(snmp_wire.SYS_UP_TIME, before)
        room.stop_snmpd()
        room.put(shipped())
        room.start_snmpd()
        self.start_agent(room)
        self.wait_until_seen(room)
        added = self.seen(room) - before
        self.assertIn((*agentd.names()["imcServerCount"], 0), added)
        self.assertEqual({one for one in added if one[:len(ours)] != ours
                          and one[:len(lists)] != lists}, set())


class EachLine(Case):
    """What the drop-in says is needed: without it, the test above fails."""

    def test_without_the_view_nothing_is_seen(self):
        room = self.room(without(VIEW))
        room.start_snmpd()
        self.start_agent(room)
        wait_for("imc-agentd is connected", lambda: accepted(room.snmpd.pid),
                 detail=self.said)
        done = self.walk(room)
        self.assertRegex(done, "No Such Object|No more variables left")
        self.assertNotIn("Gauge32", done)
        # The same imc-agentd, for a view that has it.
        room.stop_snmpd()
        room.put(shipped())
        room.start_snmpd()
        self.wait_until_seen(room)

    def test_without_the_socket_it_is_shut_out(self):
        for missing in (("agentXSocket",), ("agentXPerms",)):
            with self.subTest(missing=missing):
                self.folder = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
                self.folder.chmod(0o755)
                room = self.room(without(*missing))
                room.run(["mkdir", "-m", "0700", "/var/agentx"])
                room.start_snmpd()
                self.start_agent(room, agentx_socket=(
                    OTHERS if "agentXSocket" in missing else SOCKET))
                wait_for("it says so", lambda: "snmpd cannot be reached at" in
                         self.said(), detail=self.said)
                self.assertIn("Permission denied", self.said())
                self.assertNotIn("Gauge32", self.walk(room))


class Offered(Case):
    """What stands in comments, to be uncommented."""

    def test_is_understood(self):
        sinks = {"trap2sink": snmp_wire.Sink(), "informsink": snmp_wire.Sink()}
        for sink in sinks.values():
            self.addCleanup(sink.close)
        room = self.room(uncommented({name: sink.port for name, sink in sinks.items()}))
        room.start_snmpd()
        self.start_agent(room, appl_table="yes")
        self.wait_until_seen(room)
        for line in room.said().splitlines():
            self.assertRegex(line, "^NET-SNMP version ")
        self.assertIn(f'.{APPL_TABLE}.1.2.1 = STRING: "MSExchangeIMC on EXCH01"',
                      self.walk(room, APPL_TABLE))
        for name, sink in sinks.items():
            with self.subTest(name):
                wait_for("notifications", lambda: {
                    agentd.names()["imcServiceDown"],
                    agentd.names()["imcConditionRaised"]} <=
                    {one.oid for one in sink.told()})

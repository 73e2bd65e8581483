# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables through a real snmpd and the tools of net-snmp: every column of 1, 3 and
1,000 servers in order, holes skipped, nothing to be set, GETNEXT right from anywhere."""
import bisect
import os
import random
import re
import time
import unittest

import agentd
import snmp_wire
from agentd import columns, names, tool
from snmp_wire import END_OF_VIEW, NO_INSTANCE, NO_OBJECT, dotted, oid

SEED = int(os.environ.get("IMC_SEED", time.time()))
NEXTS = 1500        # random OIDs to go on from
GETS = 400
# The MIB as it is promised: managers, and tables in files, know these numbers.
SERVER_COLUMNS = """
    Name Address Source Status StatusText Keys ServiceState StateInferred StartType
    StartAccount Win32ExitCode SpecificExitCode StateSince Condition Trigger
    ConditionSince Events4071 Total4071 Last4071Time Last4071Record CauseEvent Advice
    BootTime LogReachesBackTo LogClearedAt DamagedRecords ClockSkew SmbLevel Maintenance
    FixedSince Interval LastPollTime LastPollAge LastPollDuration NextPollTime FailureKind
    FailureText FailedPolls BackoffUntil DiscontinuityTime""".split()
EVENT_COLUMNS = "Number Id Time Record Trigger Text".split()
SCALARS = """
    AgentVersion AgentStartTime LastReloadTime LastReloadError ServerCount ServersOk
    ServersWarning ServersCritical ServersUnknown WorstStatus PollsDone PollsFailed
    WorkersKilled NotificationsSent NotificationsSuppressed NotificationsEnabled
    AgentxReconnects UnknownTraps""".split()
# A server that was polled has at least these, whatever it is like.
ALWAYS = {"Source", "Status", "StatusText", "Keys", "ServiceState", "StateInferred",
          "StartType", "Condition", "Trigger", "Maintenance", "Interval", "LastPollTime",
          "LastPollAge", "LastPollDuration", "NextPollTime", "FailureKind", "FailedPolls",
          "DiscontinuityTime"}
# A copied log says nothing of these.
HOLES = {"StartAccount", "Win32ExitCode", "SpecificExitCode", "ClockSkew", "SmbLevel",
         "FixedSince", "BackoffUntil", "LogClearedAt"}


def name_of(number):
    """Names of all lengths and of all characters, most of them of one length."""
    rare = ["A", "b.c", "X" * 32, "a-b_c.D", "0", "z" * 31, "Z.Z", "b-c"]
    return rare[number] if number < len(rare) else f"SRV{number:04}"


class Walk(agentd.Case):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        print(f"walk: IMC_SEED={SEED}")

    def fleet(self, count):
        """Sections of so many servers, over three kinds of logs."""
        well, failed, recovered = map(self.logs, ("well", "failed", "recovered"))
        failed.fail(), recovered.fail(), recovered.recover()
        kinds = (well, failed, recovered)
        return {name_of(i): kinds[i % 3].section() for i in range(count)}

    def listed(self, program, version="2c", *options):
        """[OID] of our tree, and {OID: value as the tool prints it}, in its order."""
        text = tool(program, *options, "-On", "-Oe", "-OU", *self.snmpd.target(version),
                    dotted(names()["imcMonitorMIB"]))
        found = re.findall(r"^\.([\d.]+) = (.*(?:\n(?!\.1\.3\.).*)*)", text, re.MULTILINE)
        return [oid(one) for one, _ in found], {oid(one): value for one, value in found}

    def assert_rows(self, found, servers):
        """Each column of each server, in the order of columns, then of indices."""
        entry = names()["imcServerEntry"]
        cells = [one[len(entry):] for one in found if one[:len(entry)] == entry]
        self.assertEqual(cells, sorted(cells))
        by_index = {agentd.index_of(server): set() for server in servers}
        for number, *index in cells:
            by_index[tuple(index)].add(columns("imcServer")[number])
        for index, has in by_index.items():
            self.assertEqual(ALWAYS - has, set(), index)
            self.assertEqual(HOLES & has, set(), index)
            self.assertNotIn("Name", has)

    def assert_holes(self, found):
        """GET knows what the walk has, and nothing else."""
        entry = names()["imcServerEntry"]
        there = {one for one in found if one[:len(entry)] == entry}
        indices = sorted({one[len(entry) + 1:] for one in there})
        wanted = [entry + (number, *index) for index in indices
                  for number in range(0, 43)]
        for one in self.random.sample(wanted, min(len(wanted), GETS)):
            value, = self.manager.get(one)
            is_there = value not in (NO_INSTANCE, NO_OBJECT)
            self.assertEqual(is_there, one in there, (dotted(one), value))

    def mutated(self, one):
        """An OID that is near to one that is there, or far from all."""
        parts, way = list(one), self.random.randrange(8)
        at = self.random.randrange(len(names()["imcMonitorMIB"]), len(parts))
        if way == 0:
            return tuple(parts)
        if way == 1:
            return tuple(parts[:at])
        if way == 2:
            return tuple(parts + [self.random.choice((0, 1, 2**32 - 1))])
        if way == 3:
            parts[at] += 1
        elif way == 4:
            parts[at] = max(0, parts[at] - 1)
        elif way == 5:
            parts[at] = self.random.choice((0, 127, 128, 255, 256, 2**31, 2**32 - 1))
        elif way == 6:
            parts[at:at] = [self.random.randrange(130)]
        else:
            parts[at:] = [self.random.randrange(45) for _ in range(len(parts) - at)]
        return tuple(parts)

    def assert_next(self, found):
        """From any OID GETNEXT gives the first that is greater."""
        root = names()["imcMonitorMIB"]
        for _ in range(NEXTS):
            start = self.mutated(self.random.choice(found))
            if start[:len(root)] != root:
                start = root
            name, value = self.manager.next(start)
            at = bisect.bisect_right(found, start)
            if at < len(found):
                self.assertEqual(dotted(name), dotted(found[at]), dotted(start))
            else:
                self.assertTrue(name[:len(root)] != root or value == END_OF_VIEW,
                                (dotted(start), dotted(name)))

    def assert_all(self, servers):
        keys = names()["imcServerKeys"]
        walked, values = self.listed("snmpbulkwalk", "2c", "-Cr50")
        self.assertEqual(walked, sorted(set(walked)))
        self.assert_rows(walked, servers)
        for program, version, *options in (("snmpwalk", "2c"),
                                           ("snmpbulkwalk", "3", "-Cr50")):
            again, other = self.listed(program, version, *options)
            self.assertEqual(again, walked, (program, version))
            for one in walked:      # times pass between the two, keys stay
                if one[:len(keys)] == keys:
                    self.assertEqual(other[one], values[one])
        self.assert_holes(walked)
        self.assert_next(walked)

    def test_one_server(self):
        servers = self.fleet(1)
        self.serve(servers)
        self.assert_all(servers)
        self.assert_scalars(1)

    def test_three_servers(self):
        servers = self.fleet(3)
        self.serve(servers)
        self.assert_all(servers)
        self.assert_table(servers)
        self.assert_nothing_can_be_set()
        self.assert_scalars(3)

    def test_a_thousand_servers(self):
        servers = self.fleet(1000)
        self.serve(servers)
        self.assert_all(servers)
        self.assert_table(servers)
        self.assertEqual(self.scalar("ServerCount"), 1000)

    def assert_table(self, servers):
        """snmptable: a line for each server, `?` for a hole."""
        text = tool("snmptable", "-Ci", "-Cf", "|", "-CB", *self.snmpd.target(),
                    "IMC-MONITOR-MIB::imcServerTable")
        _, head, *lines = [line for line in text.splitlines() if line]
        self.assertEqual(len(lines), len(servers))
        titles = head.split("|")
        self.assertEqual([title.strip() for title in titles[1:]],
                         [f"imcServer{name}" for name in SERVER_COLUMNS[1:]])
        for line in lines[:50]:
            cells = dict(zip(titles, line.split("|")))
            self.assertEqual(len(cells), len(titles), line)
            self.assertEqual(cells["imcServerStartAccount"], "?", line)
            self.assertNotEqual(cells["imcServerStatusText"], "?", line)

    def assert_scalars(self, count):
        found = {name: self.scalar(name) for name in SCALARS}
        for name, value in found.items():
            may_lack = name in ("LastReloadTime",)
            self.assertTrue(may_lack or value not in (NO_INSTANCE, NO_OBJECT), name)
        self.assertEqual(found["ServerCount"], count)
        by_status = [found[f"Servers{one}"] for one in ("Ok", "Warning", "Critical",
                                                        "Unknown")]
        self.assertEqual(sum(by_status), count, by_status)
        statuses = self.column("Status").values()
        self.assertEqual(by_status, [sum(1 for one in statuses if one == status)
                                     for status in range(4)])
        self.assertGreaterEqual(found["PollsDone"], count)
        self.assertEqual(found["LastReloadError"], b"")

    def assert_nothing_can_be_set(self):
        """With a community that may write: it is the objects that are read-only."""
        index = agentd.index_of(name_of(0))
        for name, kind, value in [
                (f"imcServer{one}", "i", 1) for one in ("Status", "ServiceState")] + [
                ("imcServerStatusText", "s", "x"), ("imcServerAddress", "s", "x"),
                ("imcServerEvents4071", "u", 1), ("imcServerMaintenance", "i", 1)]:
            with self.subTest(name):
                self.assert_refused(names()[name] + index, kind, value)
        for name, kind, value in (("imcServerCount", "u", 7),
                                  ("imcNotificationsEnabled", "i", 2),
                                  ("imcLastReloadError", "s", "x")):
            with self.subTest(name):
                self.assert_refused(names()[name] + (0,), kind, value)

    def assert_refused(self, one, kind, value):
        before = self.manager.get(one)
        done = tool("snmpset", *self.snmpd.target(), "." + dotted(one), kind, value,
                    check=False)
        self.assertNotEqual(done.returncode, 0, done)
        self.assertRegex(done.stderr, "notWritable|noAccess|noCreation")
        self.assertEqual(self.manager.get(one), before)


class Names(unittest.TestCase):
    def test_the_numbers_are_those_that_were_promised(self):
        root = oid("1.3.6.1.4.1.8072.9999.9999.4071")
        self.assertEqual(names()["imcMonitorMIB"], root)
        for table, wanted in (("imcServer", SERVER_COLUMNS),
                              ("imcEvent", EVENT_COLUMNS)):
            self.assertEqual(columns(table), dict(enumerate(wanted, 1)))
        self.assertEqual([names()[one] for one in agentd.KINDS],
                         [root + (0, number) for number in range(1, 7)])
        for name in SCALARS:
            self.assertEqual(names()[f"imc{name}"][:len(root) + 1], root + (1,), name)

    def test_the_tools_have_nothing_to_say_against_the_module(self):
        self.assertEqual(tool("snmptranslate", "-Tp", check=False).stderr, "")

    def test_snmptranslate_knows_and_describes_each_name(self):
        for name, one in names().items():
            with self.subTest(name):
                text = tool("snmptranslate", "-Td", "-On", f"IMC-MONITOR-MIB::{name}")
                self.assertEqual(text.split("\n")[0], "." + dotted(one))
                back = tool("snmptranslate", "." + dotted(one)).strip()
                self.assertEqual(back, f"IMC-MONITOR-MIB::{name}")


load_tests = agentd.concurrently

if __name__ == "__main__":
    unittest.main()

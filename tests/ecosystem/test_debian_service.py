# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian packages on a machine with systemd: their service runs when dpkg(1) has
installed it, goes on through an upgrade, and is gone after a purge."""
import os
import re
import shutil
import unittest

import agentd
import lab
import machine
from debs import AGENT, CONF, NAMES, PLUGIN, RPC, first, newer

NAME, USER = "imc-agentd.service", "imc-monitor"
STATE, SOCKETS = "/var/lib/imc-agentd", "/run/imc-monitor"
SYSTEMD = "/etc/systemd/system"
MASTER = "/run/agentx/master"       # the shipped configuration has it
TOLD = ("down", "raised")           # of a server that did not start
SOON = 40           # s, of more than three polls
# Polled as often as can be; what is on the input comes last.
EDIT = "sed -i '/^credentials = /ainterval = 10s' $0; cat >>$0"
ACCOUNT = f"username = {lab.USER}\npassword = {lab.PASSWORD}\n"


def setUpModule():
    for built in (first, newer):
        built()         # or all fail at once


class Service(agentd.Case):
    """imc-agentd of the package, and an snmpd of the test's."""

    def setUp(self):
        super().setUp()
        self.machine = machine.Machine(self.folder)
        self.addCleanup(self.machine.stop)
        # Nothing but /etc has units for this systemd.
        self.machine.link(f"{machine.UNITS}/{NAME}", f"/lib/systemd/system/{NAME}")
        self.machine.start()
        self.machine.run("rm", "-f", "/usr/sbin/policy-rc.d")
        self.machine.run("mkdir", os.path.dirname(MASTER))
        self.machine.run("ln", "-s", f"/lab/{self.snmpd.socket.relative_to(self.folder)}",
                         MASTER)
        self.snmpd.socket.chmod(0o666)      # who is let in is test_snmpd's to look at
        self.dpkg("-i", PLUGIN, AGENT)

    def dpkg(self, action, *names, built=first, options=()):
        """On files of `built`, where it installs."""
        if action == "-i":
            names = [f"/lab/{os.path.basename(shutil.copy(path, self.folder))}"
                     for path in map(built().package, names)]
        # What they depend on is there, where the tests run, in some version.
        return self.machine.run("dpkg", "--force-depends", *options, action, *names)

    def tearDown(self):
        self.last_words = self.said()

    def said(self):
        return self.machine.journal(NAME) + self.machine.said()

    def properties(self, *names):
        shown = self.machine.properties(NAME)
        return [shown[name] for name in names]

    def wait_for(self, what, check, seconds=SOON, pause=0.05):
        return agentd.wait_for(what, check, seconds, pause, self.said)

    def watch(self, servers):
        """As an administrator does: the file is edited, the service restarted."""
        text = agentd.configuration(servers, {}, {}).replace(str(self.folder), "/lab")
        self.machine.run("sh", "-ec", EDIT, f"/{CONF}", input=text, stdin=None)
        self.machine.run("install", "-m", "0600", "/dev/stdin",
                         "/etc/imc-monitor/credentials", input=ACCOUNT, stdin=None)
        self.machine.run("systemctl", "restart", NAME)
        self.wait_for_polls(servers)

    def wait_for_polls(self, servers):
        self.wait_for(f"{len(servers)} servers are polled",
                      lambda: self.polled() >= len(servers))

    def kept(self):
        """{name: mode, owner} of what it keeps."""
        found = self.machine.run("find", STATE, "-printf", "%f %m %u\n").stdout
        return dict(line.split(" ", 1) for line in found.splitlines())


class Life(Service):
    def test_life(self):
        for step in (self.runs_at_once, self.serves, self.is_upgraded, self.is_purged):
            with self.subTest(step.__name__):
                step()

    def runs_at_once(self):
        self.assertEqual(self.properties("ActiveState", "NRestarts"), ["active", "0"])
        self.assertEqual(self.machine.run("systemctl", "is-enabled", NAME).stdout,
                         "enabled\n")
        self.wait_for("it is asked", lambda: self.scalar("AgentVersion"))
        self.assertEqual(self.scalar("ServerCount"), 0)
        self.assertIn("watches 0 servers", self.said())

    def serves(self):
        logs = self.logs()
        logs.fail()
        self.watch({"EVT": logs.section()})
        self.assertEqual(self.cell("EVT", "Status"), 2)
        self.wait_for("it is told", lambda: len(self.told(server="EVT")) >= len(TOLD))

    def is_upgraded(self):
        """What was told is remembered: it is sent again, and is no change."""
        main, = self.properties("MainPID")
        kept, edited = self.kept(), self.machine.run("cat", f"/{CONF}").stdout
        self.assertEqual(kept.pop(os.path.basename(STATE)), f"700 {USER}")
        self.assertEqual(set(kept.values()), {f"600 {USER}"})
        self.assertTrue(any(re.fullmatch(r"EVT%\S+\.state", name) for name in kept))
        self.dpkg("-i", PLUGIN, AGENT, built=newer, options=("--force-confold",))
        now, restarts, active = self.properties("MainPID", "NRestarts", "ActiveState")
        self.assertNotEqual(now, main)
        self.assertEqual((restarts, active), ("0", "active"))
        self.wait_for_polls(["EVT"])
        self.assertLessEqual(kept.items(), self.kept().items())
        self.assertEqual(self.cell("EVT", "Status"), 2)
        self.wait_for("it is told", lambda: len(self.told(server="EVT")) >= 2 * len(TOLD))
        self.assertEqual([(one.kind, one.reason) for one in self.told(server="EVT")],
                         [(kind, reason) for reason in (agentd.CHANGE, agentd.RESENT)
                          for kind in TOLD])
        self.assertEqual(self.machine.run("cat", f"/{CONF}").stdout, edited)
        self.assertIn("# Of the next version.",
                      self.machine.run("cat", f"/{CONF}.dpkg-dist").stdout)

    def is_purged(self):
        main, = self.properties("MainPID")
        family = [self.machine.host_pid(main)]
        family += agentd.descendants(family[0])
        self.assertGreater(len(family), 2)
        self.dpkg("--purge", *NAMES)
        self.assertEqual([pid for pid in family if agentd.is_alive(pid)], [])
        found = self.machine.run("pgrep", "-l", "-u", USER, check=False)
        self.assertEqual((found.returncode, found.stdout), (1, ""))
        for folder in (SOCKETS, STATE, "/etc/imc-monitor"):
            done = self.machine.run("ls", "-a", folder, check=False)
            self.assertIn("No such file", done.stderr, done.stdout)
        left = self.machine.run("find", SYSTEMD, "-name", "*imc-*").stdout
        self.assertEqual(left, "")


class WithoutTheModule(Service):
    """A source whose package is installed when its servers are watched already."""

    def setUp(self):
        super().setUp()
        port = self.lab_servers().start("rpc", lab.scenario("running"))
        self.watch({"RPC": {"address": lab.HOST, "port": port}})
        self.assertEqual(self.cell("RPC", "Status"), 3)

    def test_the_package_is_named(self):
        self.assertIn(f"install {RPC}", self.cell("RPC", "FailureText"))

    def test_it_helps_without_a_restart(self):
        main, before = self.properties("MainPID"), self.scalar("PollsDone")
        self.dpkg("-i", RPC)
        self.wait_for("the source is loaded", lambda: self.cell("RPC", "Status") == 0)
        self.assertLessEqual(self.scalar("PollsDone"), before + 2)
        self.assertEqual(self.properties("MainPID"), main)


if __name__ == "__main__":
    unittest.main()

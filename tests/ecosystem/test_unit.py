# SPDX-License-Identifier: GPL-3.0-or-later
"""imc-agentd as its unit starts it: a systemd of its own applies every line, and the
daemon polls through all of its sources, takes a trap, is reloaded, watched and ended."""
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import agentd
import lab
import made_agent
import machine
import snmp_agent
import traps

ROOT = agentd.ROOT
FOLDER = ROOT / "packaging" / "systemd"
SHIPPED = ROOT / "packaging" / "imc-monitor.conf"
NAME = "imc-agentd.service"
UNIT = FOLDER / NAME
PLACE = f"/lib/systemd/system/{NAME}"
CONFIG = "/etc/imc-monitor/imc-monitor.conf"
STATE, SOCKET = "/var/lib/imc-agentd", "/run/imc-monitor/trap.sock"
CREDENTIALS = f"/run/credentials/{NAME}"
USER, TRAPS = "imc-monitor", "Debian-snmp"
ACCOUNT = f"username = {lab.USER}\npassword = {lab.PASSWORD}\n"
COMMUNITY = "community = public\n"
EXPOSURE = 1.5
# What `systemd-analyze security` has against it, and why that stays.
OPEN = {
    "PrivateNetwork=": "the servers are in the network",
    "RestrictAddressFamilies=~AF_(INET|INET6)": "the same",
    "IPAddressDeny=": "where they are is the site's to say, in a drop-in",
    "RestrictAddressFamilies=~AF_UNIX": "snmpd, the trap socket, systemd",
    "PrivateUsers=": "who writes a trap is known by his number: there, all but root are"
                     " nobody, whom imc-agentd refuses",
    "SystemCallFilter=~@privileged": "fchownat(2) gives the trap socket its group",
    "RootDirectory=/RootImage=": "its libraries are the machine's",
    "DeviceAllow=": "systemd's own, by ProtectClock=",
}
# Mounts that it may write to: its folders, a /tmp of its own, what has no files.
WRITABLE = re.compile(rf"{STATE}|/run/imc-monitor|/tmp|/var/tmp|/dev(/.*)?|/proc(/.*)?")
SECCOMP_FILTER = "2"
SOON = 30           # s
SERVICE = "[Service]\n"
ENGLISH = {**os.environ, "LC_ALL": "C.UTF-8"}
SERVES = "Microsoft Exchange Internet Mail Service"
TRAP = ("localhost\nUDP: [192.0.2.1]:1234->[192.0.2.9]:162\n.1.3.6.1.6.3.1.1.4.1.0 "
        f".{traps.dotted(traps.enterprise(traps.NEW)).lstrip('.')}.0.4071\n"
        '.1.3.6.1.4.1.311.1.13.1.9999.3.0 "EVT"\n')


def module_folder():
    """Where the programs of this build look for modules."""
    flags = (lab.BUILD / "flags").read_text()
    return re.search(r"-DIMC_MODULEDIR=\W*?(/[^\"' ]+)", flags).group(1)


def values(key, path=UNIT):
    return re.findall(rf"^{key}=(.*)$", path.read_text(), re.MULTILINE)


class Text(unittest.TestCase):
    """What can be said of the file without starting anything."""

    def test_it_is_shut_as_far_as_can_be(self):
        shown = subprocess.run(
            ["systemd-analyze", "security", "--offline=yes", "--no-pager", UNIT],
            capture_output=True, text=True, check=True, env=ENGLISH).stdout
        exposure = float(re.search(r"level for \S+: ([\d.]+)", shown).group(1))
        self.assertLessEqual(exposure, EXPOSURE, shown)
        found = {line.split()[1] for line in shown.splitlines() if line.startswith("✗")}
        self.assertEqual(found, set(OPEN), shown)

    def test_systemd_knows_every_line(self):
        folder = tempfile.mkdtemp(prefix="imc-unit-")
        self.addCleanup(shutil.rmtree, folder)
        # Its program need not be installed here.
        text = UNIT.read_text().replace("/usr/sbin/imc-agentd", "/bin/true")
        with open(os.path.join(folder, NAME), "w", encoding="utf-8") as file:
            file.write(text)
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no",
             os.path.join(folder, NAME)], capture_output=True, text=True, env=ENGLISH)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_the_shipped_configuration_names_its_folders(self):
        shipped = SHIPPED.read_text()
        for key, path in (("state_dir", f"/var/lib/{values('StateDirectory')[0]}"),
                          ("trap_socket",
                           f"/run/{values('RuntimeDirectory')[0]}/trap.sock")):
            with self.subTest(key):
                self.assertRegex(shipped, rf"(?m)^#?{key} = {path}$")


class Case(agentd.Case):
    """imc-agentd installed on a machine, with servers of each source."""

    def setUp(self):
        super().setUp()
        self.machine = machine.Machine(self.folder)
        self.addCleanup(self.machine.stop)
        self.install()
        self.machine.start()
        self.machine.run("systemd-sysusers")
        group = int(self.machine.run("id", "-g", USER).stdout)
        os.chown(self.snmpd.socket, -1, group)      # as agentXPerms does for its name

    def install(self):
        put = self.machine.put
        for name in ("imc-agentd", "imc-trap"):
            put(lab.BUILD / name, f"/usr/sbin/{name}", 0o755)
        for name in ("imc-rpc.so", "imc-snmp.so"):
            put(lab.BUILD / name, f"{module_folder()}/{name}")
        put(UNIT, PLACE)
        put(FOLDER / "sysusers.conf", "/usr/lib/sysusers.d/imc-monitor.conf")
        self.machine.link(f"{machine.UNITS}/{NAME}", PLACE)
        self.machine.write("/etc/imc-monitor/credentials", ACCOUNT, 0o600)
        self.machine.write("/etc/imc-monitor/snmp", COMMUNITY, 0o600)

    def drop_in(self, name, text):
        self.put_there(f"/etc/systemd/system/{NAME}.d/{name}", text)
        self.machine.run("systemctl", "daemon-reload")

    def put_there(self, path, text, mode="0644"):
        """A file of the machine, while it runs; replaced as a whole."""
        self.machine.run("install", "-D", "-m", mode, "/dev/stdin", path, input=text,
                         stdin=None)

    def sources(self):
        """Servers that are well, by every source."""
        host = self.lab_servers()
        snmp = snmp_agent.Agent(snmp_agent.services({SERVES: 1}))
        self.addCleanup(snmp.close)
        far = made_agent.MadeAgent()
        self.addCleanup(far.close)
        far.serve("FAR", made_agent.WELL)
        account, community = "/etc/imc-monitor/credentials", "/etc/imc-monitor/snmp"
        at = {"address": lab.HOST}
        rpc = host.start("rpc", lab.scenario("running"))
        newer = host.start("newer", lab.scenario("running", protocol="smb2"))
        return {"RPC": {"address": "localhost", "port": rpc, "credentials": account},
                "SMB2": {**at, "port": newer, "credentials": account},
                "SNMP": {**at, "source": "snmp", "port": snmp.port,
                         "credentials": community},
                "FAR": {**at, "source": "agent", "port": far.port,
                        "credentials": community},
                "EVT": self.logs().section()}

    def write(self, servers, agent=None, defaults=None):
        text = agentd.configuration(
            servers, {"agentx_socket": self.snmpd.socket, "state_dir": STATE,
                      "trap_socket": SOCKET, **(agent or {})},
            {"interval": "1d", **(defaults or {})})
        self.put_there(CONFIG, text.replace(str(self.folder), "/lab"))

    def begin(self, servers, agent=None, defaults=None):
        self.write(servers, agent, defaults)
        done = self.machine.run("systemctl", "start", NAME, check=False)
        self.assertEqual(done.returncode, 0, self.said())
        self.wait_for_polls(servers)

    def wait_for_polls(self, servers):
        agentd.wait_for(f"{len(servers)} servers are polled",
                        lambda: self.polled() >= len(servers), SOON, detail=self.said)

    def said(self):
        return self.machine.journal(NAME) + self.machine.said()

    def property(self, name):
        return self.machine.properties(NAME)[name]

    def main_pid(self):
        """As this machine numbers it."""
        return self.machine.host_pid(self.property("MainPID"))


class Works(Case):
    def test_all_sources_a_trap_a_reload_and_an_end(self):
        self.drop_in("traps.conf", (FOLDER / "traps.conf").read_text())
        servers = self.sources()
        self.begin(servers, {"trap_group": TRAPS})
        self.assertEqual(self.property("ActiveState"), "active")
        self.assertEqual(self.column("Status"), dict.fromkeys(servers, 0), self.said())
        self.assertNotIn("seccomp", self.said())    # which it says where it is refused
        self.assert_shut()
        self.assert_takes_traps()
        self.assert_reloads(servers)
        self.assert_refuses_a_wrong_file()
        self.assert_ends(servers)

    def assert_shut(self):
        """Every process of it, whatever it does."""
        main = self.main_pid()
        family = [main, *agentd.descendants(main)]
        self.assertGreaterEqual(len(family), 2)
        for pid in family:
            with self.subTest(pid=pid):
                self.assert_process_is_shut(pid)

    def assert_process_is_shut(self, pid):
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            status = dict(line.rstrip("\n").split(":\t", 1) for line in file
                          if ":\t" in line)
        self.assertEqual(status["NoNewPrivs"], "1")
        self.assertEqual(status["Seccomp"], SECCOMP_FILTER)
        for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[name], 16), 0, name)
        user = self.machine.run("id", "-u", USER).stdout.strip()
        self.assertEqual(set(status["Uid"].split()), {user})
        with open(f"/proc/{pid}/mounts", encoding="utf-8") as file:
            writable = [line.split()[1] for line in file
                        if "rw" in line.split()[3].split(",")]
        self.assertIn(STATE, writable)
        self.assertEqual([one for one in writable if not WRITABLE.fullmatch(one)], [])

    def assert_takes_traps(self):
        """Of snmptrapd's user; another one's are not let in."""
        before = self.scalar("PollsDone")
        for user, is_let_in in ((TRAPS, True), ("nobody", False)):
            group = self.machine.run("id", "-g", user).stdout.strip()
            with self.subTest(user):
                done = self.machine.run(
                    "setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups",
                    "/usr/sbin/imc-trap", input=TRAP, stdin=None, check=False)
                self.assertEqual(done.returncode == 0, is_let_in, done)
        agentd.wait_for("the trap's poll", lambda: self.scalar("PollsDone") > before,
                        SOON, detail=self.said)
        self.assertEqual(self.scalar("PollsDone"), before + 1)

    def assert_reloads(self, servers):
        self.write({**servers, "NEW": servers["EVT"]}, {"trap_group": TRAPS})
        self.machine.run("systemctl", "reload", NAME)
        self.wait_for_polls({**servers, "NEW": None})
        self.assertEqual(self.column("Status")["NEW"], 0)

    def assert_refuses_a_wrong_file(self):
        """`systemctl reload` says so, and all goes on."""
        main = self.property("MainPID")
        self.machine.run("sed", "-i", "$acolour = red", CONFIG)
        done = self.machine.run("systemctl", "reload", NAME, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("colour", self.said())
        self.assertEqual((self.property("ActiveState"), self.property("MainPID")),
                         ("active", main))
        self.assertIn("NEW", self.column("Status"))

    def assert_ends(self, servers):
        begin = time.monotonic()
        self.machine.run("systemctl", "stop", NAME)
        self.assertLess(time.monotonic() - begin, 3)
        shown = self.machine.properties(NAME)
        self.assertEqual((shown["Result"], shown["NRestarts"]), ("success", "0"))
        listed = self.machine.run("ls", "/run").stdout.split()
        self.assertNotIn("imc-monitor", listed)
        files = self.machine.run("find", STATE, "-printf", "%m %u %f\n").stdout
        self.assertIn(f"700 {USER} imc-agentd\n", files)
        kept = re.findall(rf"^600 {USER} (\w+)%\S+\.state$", files, re.MULTILINE)
        self.assertEqual(set(kept), {*servers, "NEW"} - {"FAR"}, files)


class Shipped(Case):
    def test_the_configuration_fits_as_it_is(self):
        self.put_there(CONFIG, SHIPPED.read_text())
        self.machine.run("mkdir", "/run/agentx")
        self.machine.run("ln", "-s", "/lab/snmpd/agentx", "/run/agentx/master")
        self.machine.run("systemctl", "start", NAME)
        agentd.wait_for("it is asked", lambda: self.scalar("AgentVersion"), SOON,
                        detail=self.said)
        self.assertEqual(self.scalar("ServerCount"), 0)
        self.assertIn(f"traps are taken at {SOCKET}", self.said())
        self.assertNotRegex(self.said(), r"(?i)cannot|permission|fail")


class Watched(Case):
    def test_a_frozen_one_is_ended_and_started_again(self):
        self.drop_in("soon.conf", SERVICE + "WatchdogSec=2s\nRestartSec=100ms\n")
        servers = {"EVT": self.logs().section()}
        self.begin(servers)
        first = self.main_pid()
        # Twice its time, and nobody ends it: what it says is what keeps it alive.
        fed = self.property("WatchdogTimestampMonotonic")
        for _ in range(4):
            fed = agentd.wait_for("it is heard", lambda last=fed: (
                self.property("WatchdogTimestampMonotonic") != last
                and self.property("WatchdogTimestampMonotonic")), 5, detail=self.said)
        self.assertEqual(self.main_pid(), first)
        os.kill(first, signal.SIGSTOP)
        agentd.wait_for("it is started again", lambda: (
            self.property("NRestarts") == "1"
            and self.property("ActiveState") == "active"), SOON, detail=self.said)
        self.assertIn("Watchdog timeout", self.said())
        self.wait_for_polls(servers)

    def test_a_killed_one_is_started_again(self):
        self.drop_in("soon.conf", SERVICE + "RestartSec=100ms\n")
        servers = {"EVT": self.logs().section()}
        self.begin(servers)
        family = agentd.descendants(self.main_pid())
        os.kill(self.main_pid(), signal.SIGKILL)
        agentd.wait_for("it is started again", lambda: (
            self.property("NRestarts") == "1"
            and self.property("ActiveState") == "active"), SOON, detail=self.said)
        self.assertFalse(any(map(agentd.is_alive, family)))
        self.wait_for_polls(servers)

    def test_one_that_cannot_start_starts_when_its_file_is_right(self):
        self.drop_in("soon.conf", SERVICE + "RestartSec=100ms\n")
        servers = {"EVT": self.logs().section()}
        self.write({**servers, "WRONG": {"colour": "red"}})
        done = self.machine.run("systemctl", "start", NAME, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(self.said(), rf"{CONFIG}:\d+: .*colour")
        agentd.wait_for("it is tried more often than systemd's own limit", lambda: (
            int(self.property("NRestarts")) > 10), SOON, detail=self.said)
        self.write(servers)
        self.wait_for_polls(servers)


class Secrets(Case):
    """The ways to an account: that of the group, and systemd's."""

    PATH = "/etc/imc-monitor/credentials"

    def serve_rpc(self, path, defaults=None):
        host = self.lab_servers()
        port = host.start("rpc", lab.scenario("running"))
        servers = {"RPC": {"address": lab.HOST, "port": port, "credentials": path}}
        self.begin(servers, defaults=defaults)

    def assert_unknown(self, why):
        self.assertEqual(self.column("Status"), {"RPC": 3}, self.said())
        self.assertIn(why, self.said())

    def test_a_file_of_the_group(self):
        """Which counts, even where another one was handed over."""
        self.machine.run("chown", f"root:{USER}", self.PATH)
        self.machine.run("chmod", "0640", self.PATH)
        self.drop_in("other.conf", f"{SERVICE}LoadCredential=\n"
                     "SetCredential=credentials:username=nobody\n")
        self.serve_rpc(self.PATH)
        self.assertEqual(self.column("Status"), {"RPC": 0}, self.said())

    def test_a_file_of_root_is_handed_over(self):
        """Whatever group may read it as well."""
        self.machine.run("chown", "root:nogroup", self.PATH)
        self.machine.run("chmod", "0640", self.PATH)
        self.serve_rpc(self.PATH)
        self.assertEqual(self.column("Status"), {"RPC": 0}, self.said())

    def test_what_is_wrong_with_a_copy_is_said_of_it(self):
        self.drop_in("other.conf", f"{SERVICE}LoadCredential=\n"
                     "SetCredential=credentials:colour=red\n")
        self.serve_rpc(self.PATH)
        self.assert_unknown(f"/run/credentials/{NAME}/credentials:1: unknown key")

    def test_the_rules_are_for_the_file_itself(self):
        """Its copy would do: that is for the daemon alone."""
        self.machine.run("chown", "root:nogroup", self.PATH)
        self.machine.run("chmod", "0660", self.PATH)
        self.serve_rpc(self.PATH)
        self.assert_unknown("can be written by its group: chmod g-w")

    def test_another_file_of_root_is_not(self):
        self.machine.run("install", "-m", "0600", self.PATH, "/etc/imc-monitor/other")
        self.machine.run("install", "-D", "-m", "0600", self.PATH, "/srv/credentials")
        for path in ("/etc/imc-monitor/other", "/srv/credentials"):
            with self.subTest(path):
                self.serve_rpc(path)
                self.assert_unknown(path)
                self.machine.run("systemctl", "stop", NAME)

    def test_a_changed_file_wants_a_restart(self):
        """Until then its old password is not tried again, nor a refused one after it."""
        self.put_there(self.PATH, ACCOUNT.replace(lab.PASSWORD, "not it"), "0600")
        self.serve_rpc(self.PATH, {"interval": "10s"})
        self.assert_unknown("refused")
        self.put_there(self.PATH, ACCOUNT, "0600")
        agentd.wait_for("it is said", lambda: f"credentials file {self.PATH} is newer"
                        " than what the service was started with: restart it"
                        in self.column("FailureText")["RPC"], SOON, detail=self.said)
        self.machine.run("systemctl", "restart", NAME)
        agentd.wait_for("it is well", lambda: self.column("Status") == {"RPC": 0}, SOON,
                        detail=self.said)

    def test_a_file_that_was_not_there_wants_one(self):
        self.machine.run("mv", self.PATH, "/srv/credentials")
        self.serve_rpc(self.PATH, {"interval": "10s"})
        self.assert_unknown("credentials: No such file or directory")
        self.machine.run("mv", "/srv/credentials", self.PATH)
        agentd.wait_for("it is said", lambda: "restart it" in self.column(
            "FailureText")["RPC"], SOON, detail=self.said)


if __name__ == "__main__":
    unittest.main()

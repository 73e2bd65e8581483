# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of README.md, and all that stands apart in the manual pages, is run as it
is written: on a machine with systemd, Debian's snmpd and snmptrapd, the programs where
packages put them, and a network of its own, in which the servers of the examples have
their names and ports.

What cannot be run so is in the table with what is done in its place.
"""
import ctypes
import dataclasses
import fcntl
import glob
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import unittest

import agentd
import evt_writer as writer
import icinga
import lab
import machine
import nagios
import pages
import snmp_agent
import start
import test_unit
from agentd import wait_for

EXAMPLES_OF = {kind: f"/usr/share/doc/imc-monitor-{kind}/examples"
               for kind in ("plugin", "agent")}
PLUGINS = "/usr/lib/nagios/plugins"
PATH = f"/usr/sbin:/usr/bin:/sbin:/bin:{PLUGINS}"
SPOOL = "/lab"              # where the copied logs are
EXCH01, EXCH04 = "127.0.0.2", "127.0.0.4"
HOSTS = {"127.0.0.1": ("localhost", "gateway", "manager.example.com"),
         EXCH01: ("exch01", "exch01.example.com"),
         EXCH04: ("exch04", "exch04.example.com")}
PASSWORD = "correct horse battery staple"       # as check_imc(1) has it
AGENT = ("[agent]\nagentx_socket = /run/agentx/master\n"
         "state_dir = /var/lib/imc-agentd\ntrap_group = Debian-snmp\n")
DROP_IN = "/etc/snmp/snmpd.conf.d/imc-agentd.conf"
CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8914, 1
MAKE_ONLY = (("make", "make -n"),)      # what it would do
README = pages.README.name


@dataclasses.dataclass(frozen=True)
class Example:
    page: str
    text: str               # as the page has it
    code: int = 0
    says: str = ""          # a pattern that is in the output
    user: str = "root"
    way: str = "run_command"        # the test's method
    replaced: tuple = ()    # (what, by what), of the text
    then: str = None        # the method that comes after it


def of_nagios(page, text, code, says, **more):
    """What the user of the monitoring system does."""
    return Example(page, text, code, says, "nagios", **more)


CRITICAL = "^IMC CRITICAL - EXCH01: service stopped, event 4071 at the automatic start"
BY_HAND = "^IMC CRITICAL - exch01: service stopped, event 4071 at the automatic start"
SNMP = "-A /etc/imc-monitor/snmp"
LONG_SNMP = "--credentials /etc/imc-monitor/snmp"


def display(page, begin):
    """The one that begins so."""
    found, = [one for one in pages.Page(page).displays() if one.startswith(begin)]
    return found


def readme(begin):
    found, = [one for one in pages.readme_examples() if one.startswith(begin)]
    return found


# In the order in which they are run: some need what others did.
EXAMPLES = (
    Example(README, "make demo", says="lab/demo.py", way="plan", replaced=MAKE_ONLY),
    Example(README, "make test", says="integration", way="plan", replaced=MAKE_ONLY),
    Example(README, "make deb", says="make-deb .*/deb", way="plan", replaced=MAKE_ONLY),
    Example(README, "apt install ./build/deb/imc-monitor-{plugin,rpc,agent}_*.deb",
            way="name_packages"),       # other tests of this folder install them
    Example("imc-monitor.conf.5", pages.Page("imc-monitor.conf.5").examples()[0],
            says="3 servers", way="read"),
    *(Example(README, one, way="be_configured") for one in pages.readme_examples()
      if one.startswith("[server EXCH01]")),
    Example(README, f"install -D -m 0640 -g nagios {EXAMPLES_OF['plugin']}/"
            "credentials.example /etc/imc-monitor/credentials", then="edit"),
    *(Example(page, "install -d -m 0700 -o nagios /var/lib/imc-monitor")
      for page in (README, "imc-start.8")),
    Example("check_imc.1", display("check_imc.1", "username"), way="be_the_account"),
    Example("check_imc.1", "community = NAME", way="be_the_community",
            replaced=(("NAME", "public"),)),
    *(of_nagios(page, f"check_imc -H exch01 {option} /etc/imc-monitor/credentials", 2,
                BY_HAND) for page, option in ((README, "--credentials"),
                                              ("check_imc.1", "-A"))),
    of_nagios("check_imc.1", "check_imc -H exch04 -p 139 -A /etc/imc-monitor/credentials",
              0, "^IMC OK - exch04: service running"),
    of_nagios("check_imc.1", "check_imc --server EXCH01", 2, CRITICAL),
    Example(README, f"runuser -u nagios -- {PLUGINS}/check_imc --server EXCH01", 2,
            CRITICAL),
    Example(README, "IMC CRITICAL - EXCH01: service stopped, event 4071 at the automatic"
            " start 2h 59m ago (1 in 7d)", way="be_said"),
    Example(README, f"cp {EXAMPLES_OF['plugin']}/imc-monitor-services.cfg"
            " /etc/nagios4/conf.d/"),
    Example(README, readme("define host"), way="be_watched"),
    Example(README, "nagios4 -v /etc/nagios4/nagios.cfg",
            says="Total Warnings: 0\nTotal Errors:   0"),
    Example(README, "systemctl reload nagios4", then="wait_for_nagios"),
    of_nagios("check_imc.1", "check_imc --server EXCH01 --state-dir /var/lib/imc-monitor",
              2, CRITICAL),
    of_nagios("check_imc.1", "check_imc --server EXCH01 --severity paused=ok --lookback"
              " 14d -w 2", 2, CRITICAL),
    *(of_nagios(page, "check_imc --evt AppEvent.Evt --system-evt SysEvent.Evt --at"
                " 2026-11-22T09:00:00Z", 2, "event 4071 at the automatic start 59m ago")
      for page in (README, "check_imc.1")),
    of_nagios(README, f"check_imc -H exch01 --source snmp {LONG_SNMP}", 0, "^IMC OK"),
    of_nagios("check_imc.1", f"check_imc -H exch01 -S snmp {SNMP}", 0, "^IMC OK"),
    of_nagios("check_imc.1", f"check_imc -H exch01 -S snmp {SNMP} --list-services", 3,
              test_unit.SERVES),
    *(of_nagios(page, "check_imc --explain 4071", 3, "administrator mailbox")
      for page in (README, "check_imc.1")),
    *(Example(page, "runuser -u nagios -- imc-start -s EXCH01 --dry-run", 1,
              "^imc-start: EXCH01: .*would") for page in (README, "imc-start.8")),
    Example("imc-start.8", "imc-start: EXCH01: SENTENCE", way="be_the_form"),
    Example("imc-start.8", display("imc-start.8", "imc-start[PID]"), way="be_the_audit"),
    Example("imc-agentd.8", "d /run/imc-monitor 0755 USER GROUP", way="make_folder",
            replaced=(("USER", "imc-monitor"), ("GROUP", "imc-monitor"))),
    Example("check_imc.1", display("check_imc.1", "security_name"), way="be_the_user"),
    Example(README, f"cp {EXAMPLES_OF['agent']}/snmpd/imc-agentd.conf"
            " /etc/snmp/snmpd.conf.d/"),
    Example(README, "systemctl restart snmpd"),
    Example(README, "imc-agentd -n", says="3 servers"),
    Example(README, "systemctl enable imc-agentd"),
    Example(README, "systemctl restart imc-agentd", then="wait_for_polls"),
    *(of_nagios(page, "check_imc -H gateway -S agent --remote-server EXCH01"
                f" {option}", 2, "event 4071 at the automatic start")
      for page, option in ((README, LONG_SNMP), ("check_imc.1", SNMP))),
    Example(README, "snmpbulkwalk -v2c -c public localhost"
            " .1.3.6.1.4.1.8072.9999.9999.4071", says="event 4071 at the automatic"),
    Example(README, "snmptable -v2c -c public -m +IMC-MONITOR-MIB localhost"
            " imcServerTable", says="critical"),
    Example("imc-agentd.8", "snmptable -v2c -c public -m +IMC-MONITOR-MIB -Ci localhost"
            " imcServerTable", says="EXCH01.*critical"),
    Example("imc-agentd.8", "imc-agentd -n && systemctl reload imc-agentd",
            says="3 servers"),
    Example("imc-agentd.8", display("imc-agentd.8", "master agentx"), way="let_in"),
    Example(README, readme("authCommunity"), way="be_shipped"),
    Example("imc-trap.8", pages.Page("imc-trap.8").examples()[0], way="hand_over"),
    Example("imc-trap.8", pages.Page("imc-trap.8").examples()[1], way="poll_by_trap"),
    Example("imc-start.8", "runuser -u nagios -- imc-start -s EXCH01 --even-manual", 0,
            "^imc-start: EXCH01: "),
    Example("imc-start.8", display("imc-start.8", "subinacl"), way="be_for_windows"),
    Example("imc-start.8", pages.Page("imc-start.8").examples()[2], way="nagios_reads"),
    Example("imc-start.8", pages.Page("imc-start.8").examples()[3], way="icinga_reads"),
)


class PrivateNetwork:
    """For this thread and what it begins: no other interface than its own loopback, every
    port free."""

    def __init__(self):
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        if self._libc.unshare(CLONE_NEWNET):
            os.close(self._before)
            raise unittest.SkipTest("a network of its own is not allowed here")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            fcntl.ioctl(sock, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))

    def close(self):
        if self._libc.setns(self._before, CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
        os.close(self._before)


class Coverage(unittest.TestCase):
    """No example without a row, no row without an example."""

    def test_each_example_is_in_the_table(self):
        listed = [(one.page, one.text) for one in EXAMPLES]
        for page in (README, *pages.ALL):
            with self.subTest(page):
                shown = pages.readme_examples() if page == README else \
                    pages.Page(page).displays()
                self.assertEqual(sorted(set(shown)),
                                 sorted(text for name, text in listed if name == page))


class Examples(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        machine.needed()
        network = PrivateNetwork()
        cls.addClassCleanup(network.close)
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="imc-e-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.folder.chmod(0o755)
        cls.begin_servers()
        cls.write_logs()
        cls.machine = machine.Machine(cls.folder)
        cls.addClassCleanup(cls.machine.stop)
        cls.install()
        cls.machine.start()
        cls.machine.run("systemd-sysusers")
        cls.begin_services()
        cls.said = {}

    # -- the servers -------------------------------------------------------------------

    @classmethod
    def begin_servers(cls):
        users = {"monitor": PASSWORD, start.STARTER: start.SECRET}
        cls.exch01 = lab.NTServer(start.active(users=users), 445, EXCH01)
        nt4 = lab.NTServer(lab.scenario("running-nt4", users=users), 139, EXCH04)
        for one in (cls.exch01, nt4):
            cls.addClassCleanup(one.stop)
            one.start()
        services = snmp_agent.services({test_unit.SERVES: 1})
        cls.addClassCleanup(snmp_agent.Agent(services, place=(EXCH01, 161)).close)

    @classmethod
    def write_logs(cls):
        """A boot an hour before the moment of the example, and 4071 a minute later."""
        boot = 1795334400                   # 2026-11-22T08:00:00Z
        for name, one in (("SysEvent.Evt", writer.record(1, boot, agentd.BOOTED,
                                                         "EventLog")),
                          ("AppEvent.Evt", writer.record(1, boot + 60, agentd.FAILED))):
            (cls.folder / name).write_bytes(writer.log(writer.CLEAN, [one]))

    # -- the machine -------------------------------------------------------------------

    @classmethod
    def configuration(cls):
        """That of imc-monitor.conf(5), with what README.md adds."""
        shown = pages.Page(pages.CONFIG).examples()[0]
        plain, more = sorted((one for one in pages.readme_examples()
                              if one.startswith("[server")), key=len)
        defaults = shown.replace("[defaults]\n", "[defaults]\ninterval = 1d\n")
        if f"{plain}\n" not in defaults:
            raise AssertionError(f"{pages.CONFIG} has no {plain}")
        return AGENT + defaults.replace(f"{plain}\n", f"{more}\n") + "\n"

    @classmethod
    def install(cls):
        put, write = cls.machine.put, cls.machine.write
        put(lab.BUILD / "check_imc", f"{PLUGINS}/check_imc", 0o755)
        for name in ("imc-agentd", "imc-trap", "imc-start"):
            put(lab.BUILD / name, f"/usr/sbin/{name}", 0o755)
        for name in ("imc-rpc.so", "imc-snmp.so"):
            put(lab.BUILD / name, f"{test_unit.module_folder()}/{name}")
        put(test_unit.UNIT, test_unit.PLACE)
        put(test_unit.FOLDER / "sysusers.conf", "/usr/lib/sysusers.d/imc-monitor.conf")
        put(test_unit.FOLDER / "traps.conf",
            f"/etc/systemd/system/{test_unit.NAME}.d/traps.conf")
        put(pages.ROOT / "packaging" / "credentials.example",
            f"{EXAMPLES_OF['plugin']}/credentials.example", 0o600)
        put(pages.ROOT / "packaging" / "nagios" / "imc-monitor.cfg",
            "/etc/nagios-plugins/config/imc-monitor.cfg")
        put(pages.ROOT / "packaging" / "nagios" / "imc-monitor-services.cfg",
            f"{EXAMPLES_OF['plugin']}/imc-monitor-services.cfg")
        put(pages.ROOT / "packaging" / "snmpd" / "imc-agentd.conf",
            f"{EXAMPLES_OF['agent']}/snmpd/imc-agentd.conf")
        put(agentd.module_file(), "/usr/share/snmp/mibs/IMC-MONITOR-MIB")
        # In the place of snmp-mibs-downloader's, which is not free.
        for path in glob.glob(f"{agentd.BASE_MODULES}/*.mib"):
            put(path, f"/usr/share/snmp/mibs/ietf/{pathlib.Path(path).stem}")
        cls.link_units()
        put(test_unit.SHIPPED, test_unit.CONFIG)
        names = {**HOSTS, "127.0.0.3": (socket.gethostname(),)}
        write("/etc/hosts", "".join(f"{address} {' '.join(names[address])}\n"
                                    for address in names))

    @classmethod
    def link_units(cls):
        cls.machine.link(f"{machine.UNITS}/{test_unit.NAME}", test_unit.PLACE)
        for name in ("snmpd.service", "snmptrapd.service", "snmptrapd.socket",
                     "nagios4.service"):
            cls.machine.link(f"{machine.UNITS}/{name}", f"/lib/systemd/system/{name}")

    @classmethod
    def begin_services(cls):
        """What runs before the administrator does anything: packages start it."""
        cls.machine.run("systemctl", "start", test_unit.NAME, "nagios4")
        cls.machine.run("install", "-m", "0644", "/dev/stdin", test_unit.CONFIG,
                        input=cls.configuration(), stdin=None)

    def shell(self, text, user="root"):
        as_user = ["setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups"]
        return self.machine.run(*(as_user if user != "root" else []), "env",
                                f"PATH={PATH}", "bash", "-c",
                                f"cd {SPOOL} && {text}", check=False)

    def told(self):
        return self.machine.journal("imc-agentd") + self.machine.journal("snmpd") + \
            self.machine.journal("snmptrapd") + self.machine.said()

    # -- what is done with an example --------------------------------------------------

    def test_in_their_order(self):
        for one in EXAMPLES:
            with self.subTest(one.page, text=one.text):
                text = one.text
                for what, by_what in one.replaced:
                    self.assertIn(what, text)
                    text = text.replace(what, by_what, 1)
                getattr(self, one.way)(one, text)
                if one.then:
                    getattr(self, one.then)()

    def assert_done(self, one, done):
        self.said[one.text] = done.stdout
        detail = f"{one.text}\n{done.stdout}{done.stderr}"
        self.assertEqual(done.returncode, one.code, f"{detail}{self.told()[-3000:]}")
        self.assertRegex(done.stdout + done.stderr, re.compile(one.says, re.MULTILINE))

    def run_command(self, one, text):
        self.assert_done(one, self.shell(text, one.user))

    def plan(self, one, text):
        """What make would do, in this tree."""
        done = subprocess.run(
            [*text.split(), f"BUILD={lab.BUILD}"], cwd=pages.ROOT, capture_output=True,
            text=True, stdin=subprocess.DEVNULL,
            env={key: value for key, value in os.environ.items() if "MAKE" not in key})
        self.assert_done(one, done)

    def name_packages(self, one, _text):
        control = (pages.ROOT / "packaging" / "debian" / "control").read_text()
        names = re.search(r"\{(.*)\}", one.text).group(1).split(",")
        self.assertEqual(sorted(re.findall("^Package: imc-monitor-(.*)$", control,
                                           re.MULTILINE)), sorted(names))

    def read(self, one, text):
        path = self.folder / "shown.conf"
        path.write_text(f"{text}\n")
        self.assert_done(one, self.shell(f"imc-agentd -n -c {SPOOL}/{path.name}"))

    def be_configured(self, _one, text):
        """The examples below are run with it."""
        self.assertIn(f"{text}\n", self.machine.run("cat", test_unit.CONFIG).stdout)

    def be_said(self, _one, text):
        """But for the numbers."""
        said = self.said[f"runuser -u nagios -- {PLUGINS}/check_imc --server EXCH01"]
        said = said.split(" | ")[0]
        self.assertEqual(*(re.sub(r"\d+", "N", line) for line in (said, text)))

    def be_shipped(self, _one, text):
        """In the example file, and in the manual page, whose lines are tried."""
        shipped = pages.ROOT / "packaging" / "snmptrapd" / "imc-trap.conf"
        self.assertEqual(text, pages.Page("imc-trap.8").examples()[0])
        self.assertLessEqual(set(text.splitlines()),
                             set(shipped.read_text().splitlines()))

    def be_watched(self, _one, text):
        self.machine.run("tee", "/etc/nagios4/conf.d/ours.cfg", input=f"{text}\n",
                         stdin=None)

    def wait_for_nagios(self):
        """Without waiting until it would have checked by itself."""
        shown = re.compile("service_description=Internet Mail Service\n.*?"
                           "\tplugin_output=IMC CRITICAL", re.DOTALL)
        self.shell("now=$(date +%s); echo \"[$now] SCHEDULE_FORCED_SVC_CHECK;exch01;"
                   "Internet Mail Service;$now\" >/var/lib/nagios4/rw/nagios.cmd")
        wait_for("Nagios shows the verdict", lambda: shown.search(self.status()),
                 detail=lambda: self.status() + self.machine.journal("nagios4"))

    def status(self):
        return self.machine.run("cat", "/var/lib/nagios4/status.dat").stdout

    def edit(self):
        """Somebody fills in what the file is for."""
        account = display("check_imc.1", "username")
        other = f"username = {start.STARTER}\npassword = {start.SECRET}"
        for name, text in (("credentials", account), ("start", other)):
            path = f"/etc/imc-monitor/{name}"
            if name != "credentials":
                self.machine.run("install", "-m", "0640", "-g", "nagios", "/dev/null",
                                 path)
            self.machine.run("tee", path, input=f"{text}\n", stdin=None)
        found = self.machine.run("stat", "-c", "%a %U:%G", "/etc/imc-monitor/credentials")
        self.assertEqual(found.stdout, "640 root:nagios\n")

    def be_the_account(self, _one, text):
        """All that is asked over SMB is asked with it."""
        written = self.machine.run("cat", "/etc/imc-monitor/credentials").stdout
        self.assertEqual(written, f"{text}\n")

    def be_the_community(self, _one, text):
        """All that is asked over SNMP is asked with it, where no user is."""
        self.machine.run("install", "-m", "0640", "-g", "nagios", "/dev/null",
                         "/etc/imc-monitor/snmp")
        self.machine.run("tee", "/etc/imc-monitor/snmp", input=f"{text}\n", stdin=None)

    def be_the_user(self, _one, text):
        """Of version 3, at the snmpd that is started later: let_in() asks it."""
        keys = dict(line.split(" = ") for line in text.splitlines())
        self.write("/etc/imc-monitor/version-3", text)
        self.machine.run("chgrp", "nagios", "/etc/imc-monitor/version-3")
        self.write("/etc/snmp/snmpd.conf.d/user.conf", (
            f"createUser {keys['security_name']} {keys['auth_protocol']}"
            f" \"{keys['auth_password']}\" {keys['privacy_protocol']}"
            f" \"{keys['privacy_password']}\"\n"
            f"rouser {keys['security_name']} {keys['security_level'].lower()}"
            " -V systemonly"))

    def let_in(self, _one, text):
        """snmpd with these lines instead of the shipped ones."""
        self.write(DROP_IN, text)
        self.machine.run("systemctl", "restart", "snmpd")
        for name in ("snmp", "version-3"):
            self.wait_for_row(f"/etc/imc-monitor/{name}")

    def wait_for_row(self, credentials):
        """imc-agentd connects anew, and is read with these."""
        command = f"check_imc -H gateway -S agent --remote-server EXCH01 -A {credentials}"
        wait_for("the row can be read", lambda: (
            self.shell(command, "nagios").returncode == 2), pause=0.3,
            detail=lambda: self.shell(command, "nagios").stdout + self.told())

    def make_folder(self, _one, text):
        self.write("/etc/tmpfiles.d/imc-monitor.conf", text)
        self.machine.run("systemd-tmpfiles", "--create", "imc-monitor.conf")
        found = self.machine.run("stat", "-c", "%a %U:%G", "/run/imc-monitor")
        self.assertEqual(found.stdout, "755 imc-monitor:imc-monitor\n")

    def be_the_form(self, _one, text):
        """Of what a dry run said."""
        said = self.said["runuser -u nagios -- imc-start -s EXCH01 --dry-run"]
        self.assertRegex(said, "^" + text.replace("SENTENCE", r"\S.*\n") + "$")

    def be_the_audit(self, _one, text):
        logged = self.machine.run("journalctl", "-o", "cat", "--no-pager", "-t",
                                  "imc-start").stdout.splitlines()[-1]
        self.assertEqual(re.findall(r"(\w+)=", re.sub(r'"[^"]*"', '""', logged)),
                         re.findall(r"(\w+)=", text))

    def be_for_windows(self, _one, text):
        """Nothing here can run it, and the page says that nobody did."""
        behind = pages.Page("imc-start.8").text.split(text.split()[0])[-1]
        self.assertIn("This was not tried on a Windows server", behind)

    def write(self, path, text):
        """A file of the machine, while it runs; replaced as a whole."""
        self.machine.run("install", "-D", "-m", "0640", "/dev/stdin", path,
                         input=f"{text}\n", stdin=None)

    def wait_for_polls(self):
        manager = agentd.Manager(161)
        self.addCleanup(manager.close)
        index = agentd.index_of("EXCH01")
        wait_for("EXCH01 is polled", lambda: (manager.get(
            agentd.names()["imcServerStatus"] + index)[0] == 2), detail=self.told)

    def hand_over(self, _one, text):
        self.machine.run("tee", "-a", "/etc/snmp/snmptrapd.conf", input=f"{text}\n",
                         stdin=None)
        self.machine.run("systemctl", "start", "snmptrapd.socket", "snmptrapd")

    def poll_by_trap(self, one, text):
        before = len(self.exch01.connections)
        self.assert_done(one, self.shell(text))
        wait_for("the trap's poll", lambda: len(self.exch01.connections) > before,
                 detail=self.told)

    def nagios_reads(self, _one, text):
        daemon = nagios.Nagios(self.place("nagios"), {})
        host = ("define host {\nuse generic-host\nhost_name exch01\naddress 127.0.0.2\n"
                "max_check_attempts 1\ncontact_groups admins\n}\n")
        (daemon.folder / "servers.cfg").write_text(f"{host}{text}\n")
        code, said = daemon.verify()
        self.assertEqual(code, 0, said)
        self.assertIn("Checked 1 services", said)
        self.assertIn("Total Warnings: 0", said)

    def icinga_reads(self, _one, text):
        node = icinga.Node(self.place("icinga"), "exch")
        node.write("conf.d/imc-services.conf", icinga.shipped(icinga.SERVICES))
        node.write("conf.d/hosts.conf", f"{text}\n")
        code, said = node.verify()
        self.assertEqual(code, 0, said)
        self.assertIn("Instantiated 1 Service.", said)
        self.assertNotIn("warning", said)

    def place(self, name):
        found = self.folder / name
        found.mkdir()
        return found


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's SNMPTT with the file that is shipped: every notification of imc-agentd becomes
one line, with a severity that fits its status."""
import grp
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile
import unittest

import agentd
import lab
import rooms
import snmp_wire
from agentd import KINDS, STATUSES, wait_for
from traps import Snmptrapd

SHIPPED = agentd.ROOT / "packaging" / "snmptt" / "snmptt.conf.imc"
SNMPTRAPD = agentd.ROOT / "packaging" / "snmptrapd" / "imc-trap.conf"
DEBIAN = pathlib.Path("/etc/snmp/snmptt.ini")
PROGRAM, HANDLER = "/usr/sbin/snmptt", "/usr/sbin/snmptthandler"
USER = "snmptt"
SPOOL = "/var/spool/snmptt"
NUMBERS = "-Ona"
UNIT = pathlib.Path("/lib/systemd/system/snmptrapd.service")
ADDRESSES = "udp:162 udp6:162"
OUR_PROGRAM = "/usr/sbin/imc-trap"
HEAD = "manager\nUDP: [192.0.2.1]:161->[192.0.2.9]:162\n"
# (what it is, by what a status of ok, warning, critical, unknown becomes)
SEVERITIES = {
    "imcServiceDown": ("INFORMATIONAL", "WARNING", "CRITICAL", "WARNING"),
    "imcServiceUp": ("NORMAL", "WARNING", "WARNING", "WARNING"),
    "imcConditionRaised": ("INFORMATIONAL", "WARNING", "CRITICAL", "WARNING"),
    "imcConditionCleared": ("NORMAL", "WARNING", "WARNING", "WARNING"),
    "imcContactLost": ("WARNING", "WARNING", "WARNING", "WARNING"),
    "imcContactRestored": ("NORMAL", "NORMAL", "NORMAL", "NORMAL"),
}
# How snmptrapd prints an enumeration: without its names, and in two ways with them.
FORMS = ("{number}", "{word}({number})", "{word}")
# How this file says that an ok status is none of a server that is well.
CONFIGURED = ("imcServiceDown", "imcConditionRaised")
COMMAND = re.compile(r"(?m)^#   ExecStart=(/.*)$")
EXEC = re.compile(r"(?m)^#(EXEC \S+ (imcServiceDown) .*\n)")
# Its name has letters that are not ASCII's.
DEPENDS_ON = "Verteilerdienst f\u00fcr \u00d6l"
HOSTILE = "$(touch X) `touch X` | ; $1 $x %s <b>"
LINE = re.compile(r"^(?P<when>.*?) (?P<oid>\.[\d.]+) (?P<severity>\w+) "
                  r'"Internet Mail Service" (?P<host>\S+) - (?P<text>.*)$')


def varbinds(name, status, text="2 starts failed", server="EXCH01"):
    """What snmptrapd writes for a traphandle, with numbers for names."""
    names = agentd.names()
    dotted = {key: "." + snmp_wire.dotted(value) for key, value in names.items()}
    index = ".6.69.88.67.72.48.49"
    return HEAD + "\n".join([
        ".1.3.6.1.2.1.1.3.0 0:0:00:08.91",
        f".1.3.6.1.6.3.1.1.4.1.0 {dotted[name]}",
        f"{dotted['imcServerNotifyName']}.0 \"{server}\"",
        f"{dotted['imcServerStatus']}{index} {status}",
        f"{dotted['imcServerStatusText']}{index} \"{text}\"",
        f"{dotted['imcServerCondition']}{index} 2",
        f"{dotted['imcServerTrigger']}{index} 2",
        f"{dotted['imcNotifyEventTime']}.0 \"07 EA 0B 1C 03 04 05 00 2B 00 00 \"",
        f"{dotted['imcNotifyReason']}.0 1",
        f"{dotted['imcNotifySequence']}.0 4711"]) + "\n"


class Case(agentd.Case):
    HAS_SNMPD = False

    def setUp(self):
        super().setUp()
        self.log = self.folder / "snmptt.log"
        self.unknown = self.folder / "unknown.log"
        self.ini = self.folder / "snmptt.ini"
        # Where everybody can read it, wherever the tree is.
        self.shipped = shutil.copy(SHIPPED, self.folder)
        self.ini.write_text(self.settings())

    def settings(self, **more):
        """Debian's snmptt.ini, with our file, and logs in files of the test's."""
        text = DEBIAN.read_text()
        for key, value in {"log_file": self.log, "syslog_enable": 0,
                           "syslog_system_enable": 0, "unknown_trap_log_enable": 1,
                           "unknown_trap_log_file": self.unknown, **more}.items():
            text, count = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
            self.assertEqual(count, 1, key)
        text, count = re.subn(r"(?ms)^(snmptt_conf_files = <<END\n).*?^END$",
                              rf"\g<1>{self.shipped}\nEND", text)
        self.assertEqual(count, 1)
        return text

    def translate(self, text):
        done = subprocess.run([PROGRAM, f"--ini={self.ini}"], input=text, text=True,
                              capture_output=True, cwd=self.folder, timeout=60)
        # What is on stderr is about itself: it runs with the warnings of perl -w.
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def lines(self):
        text = self.log.read_text() if self.log.exists() else ""
        found = [LINE.match(line) for line in text.splitlines()]
        self.assertNotIn(None, found, text)
        return [one.groupdict() for one in found]

    def assert_none_unknown(self):
        self.assertEqual(self.unknown.read_text() if self.unknown.exists() else "", "")


class Table(Case):
    def test_each_notification_is_one_line(self):
        count = 0
        for name, severities in SEVERITIES.items():
            for number, severity in enumerate(severities):
                form = FORMS[(count + number) % len(FORMS)]
                status = form.format(number=number, word=STATUSES[number])
                with self.subTest(name, status=status):
                    self.translate(varbinds(name, status))
                    *before, last = self.lines()
                    self.assertEqual(len(before), count)
                    count += 1
                    self.assertEqual(last["severity"], severity)
                    self.assertEqual(last["oid"], "." + snmp_wire.dotted(
                        agentd.names()[name]))
                    self.assertRegex(last["text"], r"^EXCH01: .*: 2 starts failed \(")
                    self.assertTrue(last["text"].endswith("reason 1, sequence 4711)"))
                    self.assertEqual("as configured" in last["text"],
                                     name in CONFIGURED and number == 0)
                    self.assert_none_unknown()

    def uncomment(self):
        """The EXEC that is offered, below the FORMAT that it is for, with a program that
        writes down what it was given: where that is."""
        program, paged = self.folder / "page", self.folder / "paged"
        program.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" >>{paged}\n")
        program.chmod(0o755)
        (line, name), = EXEC.findall(SHIPPED.read_text())
        line = line.replace("/usr/local/bin/page", str(program))
        text, count = re.subn(rf"(?m)(^EVENT {name} .* CRITICAL\n.*\nFORMAT .*\n)",
                              lambda one: one.group() + line, SHIPPED.read_text())
        self.assertEqual(count, 1)
        pathlib.Path(self.shipped).write_text(text)
        return paged

    def test_what_is_in_a_text_stays_text(self):
        paged = self.uncomment()
        self.translate(varbinds("imcServiceDown", 2, HOSTILE))
        line, = self.lines()
        self.assertRegex(line["text"],
                         r"^EXCH01: the service is down: .*touch X.*touch X.* 1 x %s ")
        self.assertTrue(line["text"].endswith("(reason 1, sequence 4711)"), line)
        self.assertFalse(set("$`|;<") & set(line["text"]), line)
        self.assertEqual(paged.read_text(), "imcServiceDown\nEXCH01\n")

    def test_what_is_in_a_name_is_not_executed(self):
        paged = self.uncomment()
        self.translate(varbinds("imcServiceDown", 2, server=HOSTILE))
        what, server = paged.read_text().splitlines()
        self.assertEqual(what, "imcServiceDown")
        self.assertRegex(server, "touch X.*touch X")
        self.assertFalse((self.folder / "X").exists())


class File(unittest.TestCase):
    def test_it_has_all_that_the_mib_has(self):
        names = agentd.names()
        found = re.findall(r"^EVENT (\w+) (\S+) ", SHIPPED.read_text(), re.MULTILINE)
        self.assertEqual(set(found), {(name, "." + snmp_wire.dotted(names[name]))
                                      for name in KINDS})

    def test_the_variables_are_those_of_the_mib(self):
        text = SHIPPED.read_text()
        told = {int(number): name for number, name in
                re.findall(r"\$(\d) (imc\w+)", text)}
        for name in KINDS:
            with self.subTest(name):
                detail = agentd.tool("snmptranslate", "-Td", f"IMC-MONITOR-MIB::{name}")
                objects = re.search(r"(?:OBJECTS|VARIABLES)\s*\{(.*?)\}", detail,
                                    re.DOTALL).group(1)
                self.assertEqual(
                    told, dict(enumerate(re.findall(r"\w+", objects), 1)))

    def test_the_command_is_that_of_debians_unit(self):
        ours, = COMMAND.findall(SHIPPED.read_text())
        theirs, = re.findall(r"(?m)^ExecStart=(.*)$", UNIT.read_text())
        self.assertEqual(ours.replace(f" {NUMBERS} ", " "), theirs)
        self.assertIn(f" {NUMBERS} ", ours)

    def test_nothing_is_executed(self):
        self.assertEqual(re.findall(r"(?m)^\s*(?:PRE)?EXEC", SHIPPED.read_text()), [])


class Live(Case):
    """From imc-agentd by snmpd and snmptrapd, with the lines that are shipped."""

    HAS_SNMPD = True

    def handler_lines(self, program=PROGRAM):
        """Of both files, with the programs and the community of this test."""
        ours = re.findall(r"(?m)^#   (traphandle \.\S+ /.*|authCommunity .*)$",
                          SHIPPED.read_text())
        theirs = [line for line in SNMPTRAPD.read_text().splitlines()
                  if line and not line.startswith("#")]
        self.assertEqual(len(ours), 2)
        lines = [line.replace("CHANGE-ME", "public") for line in [*ours, *theirs]]
        return [re.sub(rf"{PROGRAM}$", f"{program} --ini={self.ini}",
                       line.replace(OUR_PROGRAM, "/bin/false")) for line in lines]

    def receive(self, daemon):
        """What it has handed over of what was sent, once all is written down."""
        self.sink.relay(daemon.port, 0)
        count = len(self.told())
        wait_for("all are written down", lambda: len(self.lines()) >= count,
                 detail=daemon.said)
        self.assert_none_unknown()
        return self.lines()


class Whole(Live):
    def watch(self):
        """One that has event 4071, and one whose text is not all ASCII."""
        logs, host = self.logs(), self.lab_servers()
        logs.fail()
        scenario = lab.scenario("stopped-dependency")
        scenario["services"] = [{"name": DEPENDS_ON, "state": "stopped"}]
        scenario["service"] = {**scenario["service"], "depends_on": [DEPENDS_ON]}
        self.serve({"EXCH01": logs.section(), "EXCH02": {
            "address": lab.HOST, "port": host.start("EXCH02", scenario),
            "credentials": self.credentials()}})
        self.wait_for("all are told", lambda: sorted(
            (one.server, one.kind) for one in self.told()) == [
                ("EXCH01", "down"), ("EXCH01", "raised"), ("EXCH02", "down")])

    def test_what_imc_agentd_says_arrives(self):
        self.watch()
        text, = (one.text for one in self.told(server="EXCH02"))
        self.assertIn(DEPENDS_ON, text)
        down, raised = ("." + snmp_wire.dotted(agentd.names()[name])
                        for name in ("imcServiceDown", "imcConditionRaised"))
        for has_mibs in (False, True):
            with self.subTest(has_mibs=has_mibs):
                self.log.unlink(missing_ok=True)
                daemon = Snmptrapd(self.folder, self.handler_lines(), ["-n", NUMBERS],
                                   has_mibs)
                self.addCleanup(daemon.stop)
                found = self.receive(daemon)
                self.assertEqual(
                    sorted((one["oid"], one["severity"]) for one in found),
                    [(down, "CRITICAL"), (down, "CRITICAL"), (raised, "CRITICAL")])
                for one in found:
                    self.assertRegex(one["text"], "^EXCH01: .*4071|"
                                     "^EXCH02: .*Verteilerdienst f.{0,2}r .{0,2}l")


class OfDebian(Snmptrapd):
    """As the head of the file says that Debian's unit starts it, and in these groups."""

    USER = rooms.SNMPD_USER

    def __init__(self, folder, lines, groups):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="debian-", dir=folder))
        self.port, self.log = agentd.free_udp_port(), self.folder / "log"
        shutil.chown(self.folder, self.USER)
        conf = self.folder / "snmptrapd.conf"
        conf.write_text("".join(f"{line}\n" for line in lines))
        command, = COMMAND.findall(SHIPPED.read_text())
        command = command.replace(ADDRESSES, f"-C -c {conf} udp:{lab.HOST}:{self.port}")
        environment = {"PATH": "/usr/sbin:/usr/bin:/bin", "MIBS": "",
                       "SNMPCONFPATH": str(self.folder),
                       "SNMP_PERSISTENT_DIR": str(self.folder)}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command.split(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=environment, user=self.USER, group=self.USER, extra_groups=groups)
        wait_for("snmptrapd listens", self._listens, pause=0.01, detail=self.said)


class Debian(Live):
    """Where snmptrapd is one user, and SNMPTT's folders are another's."""

    def setUp(self):
        super().setUp()
        self.spool, logs = self.folder / "spool", self.folder / "log-folder"
        for path in (self.spool, logs):
            path.mkdir(mode=0o755)
            shutil.chown(path, USER, USER)
        self.log, self.unknown = logs / "snmptt.log", logs / "unknown.log"
        self.ini.write_text(self.settings(
            spool_directory=f"{self.spool}/", daemon_fork=0, sleep=1,
            pid_file=self.folder / "pid"))

    def prepare(self):
        """What the head of the file says, for a spool of ours: the groups that snmptrapd
        is in then."""
        (joins, user, group), (changes, mode, path) = re.findall(
            r"(?m)^#   (chmod|adduser) (\S+) (\S+)$", SHIPPED.read_text())
        self.assertEqual((joins, user, changes, path),
                         ("adduser", OfDebian.USER, "chmod", SPOOL))
        self.spool.chmod(int(mode, 8))
        return [grp.getgrnam(group).gr_gid]

    def start_daemon(self):
        """As Debian's unit does, but in the foreground; it becomes its user by itself."""
        said = self.folder / "snmptt.said"
        with open(said, "wb") as log:
            daemon = subprocess.Popen(
                [PROGRAM, "--daemon", f"--ini={self.ini}"], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, cwd=self.folder)
        self.addCleanup(agentd.end, daemon)
        wait_for("SNMPTT is its own user", lambda: f"Uid:\t{pwd.getpwnam(USER).pw_uid}\t"
                 in pathlib.Path(f"/proc/{daemon.pid}/status").read_text(),
                 detail=said.read_text)

    def watch(self):
        logs = self.logs()
        logs.fail()
        self.serve({"EXCH01": logs.section()})
        self.wait_for("both are told", lambda: len(self.told()) == 2)

    def start(self, program, groups):
        daemon = OfDebian(self.folder, self.handler_lines(program), groups)
        self.addCleanup(daemon.stop)
        return daemon

    def test_snmptthandler_and_the_daemon(self):
        self.watch()
        groups = self.prepare()
        self.start_daemon()
        self.assertEqual(len(self.receive(self.start(HANDLER, groups))), 2)
        self.assertEqual(self.log.owner(), USER)

    def test_as_debian_has_them_nothing_arrives(self):
        self.watch()
        for program, complaint in ((PROGRAM, "Can not open log file"),
                                   (HANDLER, "Trap will be lost")):
            with self.subTest(program):
                daemon = self.start(program, [])
                self.sink.relay(daemon.port, 0)
                wait_for("it says so", lambda: complaint in daemon.said(),
                         detail=daemon.said)
                self.assertEqual(self.lines(), [])

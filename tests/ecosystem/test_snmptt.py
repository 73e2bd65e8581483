# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's SNMPTT with the file that is shipped: every notification of imc-agentd becomes
one line, with a severity that fits its status."""
import pathlib
import re
import subprocess
import unittest

import agentd
import snmp_wire
from agentd import KINDS, STATUSES, wait_for
from traps import Snmptrapd

SHIPPED = agentd.ROOT / "packaging" / "snmptt" / "snmptt.conf.imc"
SNMPTRAPD = agentd.ROOT / "packaging" / "snmptrapd" / "imc-trap.conf"
DEBIAN = pathlib.Path("/etc/snmp/snmptt.ini")
PROGRAM = "/usr/sbin/snmptt"
OUR_PROGRAM = "/usr/sbin/imc-trap"
HEAD = "manager\nUDP: [192.0.2.1]:161->[192.0.2.9]:162\n"
# (what it is, by what a status of ok, warning, critical, unknown becomes)
SEVERITIES = {
    "imcServiceDown": ("INFORMATIONAL", "WARNING", "CRITICAL", "WARNING"),
    "imcServiceUp": ("NORMAL", "WARNING", "WARNING", "WARNING"),
    "imcConditionRaised": ("INFORMATIONAL", "CRITICAL", "CRITICAL", "CRITICAL"),
    "imcConditionCleared": ("NORMAL", "WARNING", "WARNING", "WARNING"),
    "imcContactLost": ("WARNING", "WARNING", "WARNING", "WARNING"),
    "imcContactRestored": ("NORMAL", "NORMAL", "NORMAL", "NORMAL"),
}
# How snmptrapd prints an enumeration: without its names, and in two ways with them.
FORMS = ("{number}", "{word}({number})", "{word}")
HOSTILE = "$(touch X) `touch X` | ; $1 $x %s <b>"
LINE = re.compile(r"^(?P<when>.*?) (?P<oid>\.[\d.]+) (?P<severity>\w+) "
                  r'"Internet Mail Service" (?P<host>\S+) - (?P<text>.*)$')


def varbinds(name, status, text="2 starts failed"):
    """What snmptrapd writes for a traphandle, with numbers for names (-On)."""
    names = agentd.names()
    dotted = {key: "." + snmp_wire.dotted(value) for key, value in names.items()}
    index = ".6.69.88.67.72.48.49"
    return HEAD + "\n".join([
        ".1.3.6.1.2.1.1.3.0 0:0:00:08.91",
        f".1.3.6.1.6.3.1.1.4.1.0 {dotted[name]}",
        f"{dotted['imcServerNotifyName']}.0 \"EXCH01\"",
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
        self.ini.write_text(self.settings())

    def settings(self):
        """Debian's snmptt.ini, with our file, and logs in files of the test's."""
        text = DEBIAN.read_text()
        for key, value in (("log_file", self.log), ("syslog_enable", 0),
                           ("syslog_system_enable", 0), ("unknown_trap_log_enable", 1),
                           ("unknown_trap_log_file", self.unknown)):
            text, count = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
            self.assertEqual(count, 1, key)
        text, count = re.subn(r"(?ms)^(snmptt_conf_files = <<END\n).*?^END$",
                              rf"\g<1>{SHIPPED}\nEND", text)
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
                    self.assert_none_unknown()

    def test_what_is_in_a_text_stays_text(self):
        self.translate(varbinds("imcServiceDown", 2, HOSTILE))
        line, = self.lines()
        self.assertRegex(line["text"],
                         r"^EXCH01: the service is down: .*touch X.*touch X.* 1 x %s ")
        self.assertTrue(line["text"].endswith("(reason 1, sequence 4711)"), line)
        self.assertFalse(set("$`|;<") & set(line["text"]), line)
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

    def test_nothing_is_executed(self):
        self.assertEqual(re.findall(r"(?m)^\s*(?:PRE)?EXEC", SHIPPED.read_text()), [])


class Live(Case):
    """From imc-agentd by snmpd and snmptrapd, with the lines that are shipped."""

    HAS_SNMPD = True

    def handler_lines(self):
        """Of both files, with the programs and the community of this test."""
        ours = re.findall(r"(?m)^#\s+(traphandle .*|authCommunity .*)$",
                          SHIPPED.read_text())
        theirs = [line for line in SNMPTRAPD.read_text().splitlines()
                  if line and not line.startswith("#")]
        self.assertEqual(len(ours), 2)
        lines = [line.replace("CHANGE-ME", "public") for line in [*ours, *theirs]]
        return [re.sub(rf"{PROGRAM}$", f"{PROGRAM} --ini={self.ini}",
                       line.replace(OUR_PROGRAM, "/bin/false")) for line in lines]

    def test_what_imc_agentd_says_arrives(self):
        logs = self.logs()
        logs.fail()
        self.serve({"EXCH01": logs.section()})
        self.wait_for("both are told", lambda: {
            one.kind for one in self.told()} == {"down", "raised"})
        for has_mibs in (False, True):
            with self.subTest(has_mibs=has_mibs):
                self.log.unlink(missing_ok=True)
                daemon = Snmptrapd(self.folder, self.handler_lines(), ["-n", "-On"],
                                   has_mibs)
                self.addCleanup(daemon.stop)
                self.sink.relay(daemon.port, 0)
                wait_for("both are written down", lambda: len(self.lines()) >= 2,
                         detail=daemon.said)
                self.assertEqual(
                    {(one["oid"], one["severity"]) for one in self.lines()},
                    {("." + snmp_wire.dotted(agentd.names()[name]), "CRITICAL")
                     for name in ("imcServiceDown", "imcConditionRaised")})
                for one in self.lines():
                    self.assertRegex(one["text"], "^EXCH01: .*4071")
                self.assert_none_unknown()

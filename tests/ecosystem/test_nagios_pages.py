# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Nagios 4 with the objects that are shipped: from HARD CRITICAL to OK, perfdata
as Monitoring::Plugin reads it, and pages that no server's text can harm."""
import json
import re
import signal
import subprocess
import time
import unittest

import lab
import nagios_pages
from agentd import wait_for
from nagios import DEBIAN
from nagios_pages import Pages, Watch, stored

REBOOTED, MENDED = "REBOOTED", "MENDED"
ATTEMPTS = 4                # of imc-service
BOOT = {"at": "-0s", "source": "EventLog", "id": "0x80001775", "type": "information"}
STARTED = {"at": "-0s", "source": "MSExchangeIMC", "id": "0x400003E8",
           "type": "information"}
THRESHOLDS = "--warning 5 --critical 0:9"
PERFDATA = "service-perfdata.out"
LABELS = {"status", "service_state", "events_4071", "last_4071_age", "state_age",
          "evidence_age", "probe_time"}
PARSER = r"""
use strict;
use warnings;
use JSON::PP;
use Monitoring::Plugin::Performance use_die => 1;
my @fields = qw(label value uom warning critical min max);
while (my $line = <STDIN>) {
    chomp $line;
    my @found = Monitoring::Plugin::Performance->parse_perfstring($line);
    print encode_json([map { my $one = $_; [map { $one->$_ } @fields] } @found]), "\n";
}
"""


def debian_command(name, path):
    """Debian's perfdata command, under another name and with another file."""
    text = (DEBIAN / "commands.cfg").read_text(encoding="utf-8")
    found = re.search(r"(?ms)^define command\s*\{\s*command_name\s+"
                      r"process-service-perfdata\s*\n(.*?)^\}", text).group(1)
    return (f"define command{{\n\tcommand_name {name}\n"
            f"{re.sub(r'/var/lib/nagios4/.*', str(path), found)}\t}}\n")


def split_metric(text):
    """[label, value, unit, warning, critical, min, max]: None where there is none."""
    label, _, rest = text.partition("=")
    value, *limits = rest.split(";")
    number, unit = re.fullmatch(r"([0-9.]+)(\D*)", value).groups()
    limits = [one or None for one in limits] + [None] * (4 - len(limits))
    return [label, float(number), unit, *limits]


class FromCriticalToOK(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.watch = cls.enterClassContext(Watch(
            THRESHOLDS, REBOOTED=lab.scenario("active-automatic"),
            MENDED=lab.scenario("active-automatic")))
        cls.perfdata = cls.watch.folder.path / PERFDATA
        cls.watch.extend("servers.cfg", debian_command("perfdata", cls.perfdata))
        cls.watch.extend("nagios.cfg", "process_performance_data=1\n"
                         "service_perfdata_command=perfdata\n")
        cls.watch.daemon.start()
        cls.seen = [cls._all_become("CRITICAL")]
        cls._start_by_hand()
        cls.seen.append(cls._all_become("WARNING"))
        cls._mend()
        cls.seen.append(cls._all_become("OK"))

    @classmethod
    def _all_become(cls, state):
        """{server: its first line in that HARD state}"""
        return {name: cls.watch.wait_for(name, state).output
                for name in cls.watch.servers}

    @classmethod
    def _start_by_hand(cls):
        for server in cls.watch.servers.values():
            server.append_event("application", STARTED)
            server.set_service(state="running", win32_exit=0, specific_exit=0)

    @classmethod
    def _mend(cls):
        """A boot whose start works; and an administrator who says so."""
        cls.watch.servers[REBOOTED].append_event("system", BOOT)
        cls.watch.servers[REBOOTED].append_event("application", STARTED)
        now = time.gmtime(cls.watch.servers[MENDED].clock())
        cls.watch.configure(
            MENDED=f"fixed_since = {time.strftime('%Y-%m-%dT%H:%M:%SZ', now)}")

    def test_states(self):
        for name in self.watch.servers:
            with self.subTest(name):
                self.assertEqual(self.watch.alerts(name), [
                    *(("CRITICAL", "SOFT", n) for n in range(1, ATTEMPTS)),
                    *((state, "HARD", ATTEMPTS)
                      for state in ("CRITICAL", "WARNING", "OK"))])
                for found, words_of_it in zip(self.seen, (
                        "IMC CRITICAL - .* stopped, event 4071 at the automatic start",
                        "IMC WARNING - .* running, but event 4071 at the automatic start",
                        "IMC OK - .* running")):
                    self.assertRegex(found[name], f"^{words_of_it}")

    def perfdata_lines(self):
        if not self.perfdata.exists():
            return []
        return [line.split("\t")[-1] for line
                in self.perfdata.read_text(encoding="utf-8").splitlines()]

    def test_perfdata(self):
        """What Debian's command for it wrote, as Monitoring::Plugin reads it."""
        wait_for("perfdata", lambda: len(self.perfdata_lines()) >= ATTEMPTS,
                 detail=self.watch.daemon.log)
        lines = self.perfdata_lines()
        done = subprocess.run(["perl", "-e", PARSER], input="\n".join(lines),
                              capture_output=True, text=True, timeout=lab.HANG)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        found = [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(found, [[split_metric(one) for one in line.split(" ")]
                                 for line in lines])
        self.assertEqual({metric[0] for line in found for metric in line}, LABELS)
        self.assertEqual(found[0][0][:2], ["status", 2])
        self.assertIn(["events_4071", 1, "", "5", "9", "0", None], found[0])


# --- pages --------------------------------------------------------------------------

MARK = "imc-was-here"       # the id that the page has if a script of the text has run
RUN = f"document.documentElement.id='{MARK}'"
SEEN = "seen-"
# Each is known by a word of its own before it.
HOSTILE = (
    f"<script>{RUN}</script>", f"\"><img src=x onerror=\"{RUN}\">",
    f"'><svg onload={RUN}>", f"&lt;script&gt;{RUN}&lt;/script&gt;", "</td></tr></table>",
    "</textarea><!--", "| status=0 'x'=1;2;3", ";;;", "line\nIMC OK - all is well",
    "line\r\nIMC OK | x=1", "\u202egnp.exe\u2066", "\x1b[2J\x07", "$HOSTNAME$ `id` \\n",
)
WORDS = [f"{SEEN}{number}" for number in range(len(HOSTILE))]
TEXTS = [f"{word} {text}" for word, text in zip(WORDS, HOSTILE)]
LONG = 2500                 # characters: 5 kB in the server's answer
CALM, ANGRY, ENDLESS, RAW = "CALM", "ANGRY", "ENDLESS", "RAW"
# 1 is Debian's; with 0 the CGI programs escape nothing.
ESCAPES = (1, 0)
FAKE = ("define command{{\n\tcommand_name raw\n\tcommand_line /bin/cat {path}\n\t}}\n"
        "define host{{\n\tuse generic-host\n\thost_name raw\n\taddress 127.0.0.1\n"
        "\tmax_check_attempts 1\n\tcontact_groups admins\n\t}}\n"
        "define service{{\n\tuse generic-service\n\thost_name raw\n"
        "\tservice_description {service}\n\tcheck_command raw\n\t}}\n")


def stopped(account=None, dependencies=("MSExchangeIS",), strings=()):
    """What it depends on is not there; all of its texts are the server's to choose."""
    found = lab.scenario("stopped-dependency")
    found["service"] = {**found["service"], "depends_on": list(dependencies)}
    if account:
        found["service"]["account"] = account
    found["services"] = [{"name": one, "state": "stopped"} for one in dependencies]
    *rest, told = found["system_log"]
    found["system_log"] = [*rest, {**told, "strings": [told["strings"][0], *strings]}]
    failed = {"at": "-4h", "source": "MSExchangeIMC", "id": "0xC0000FE7", "type": "error",
              "strings": list(strings)}       # before the boot: not this time's cause
    first, *rest = found["application_log"]
    found["application_log"] = [first, failed, *rest]
    return found


def words(text):
    return " ".join(text.replace("\\n", " ").split())


class HarmlessPages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.watch = cls.enterClassContext(Watch(
            "-vvv --max-output 8000", CALM=stopped(),
            ANGRY=stopped(" ".join(TEXTS[:6]), TEXTS, TEXTS),
            ENDLESS=stopped(f"{SEEN}{'x' * LONG}<script>", [SEEN + "\u4e16" * 80],
                            ["<b>" * LONG, "y" * LONG * 2])))
        cls.daemon = cls.watch.daemon
        path = cls.watch.folder.path / "raw"
        path.write_text(f"<script>{RUN}</script>\n")
        cls.watch.extend("servers.cfg",
                         FAKE.format(path=path, service=nagios_pages.SERVICE))
        cls.daemon.start()
        for name in cls.watch.servers:
            cls.watch.wait_for(name, "CRITICAL")
        cls.watch.wait_for(RAW, "OK")
        # What it stored stays as it is while the pages are read.
        cls.daemon.process.send_signal(signal.SIGSTOP)
        cls.addClassCleanup(cls.daemon.process.send_signal, signal.SIGCONT)
        cls.pages = cls._read_all()

    @classmethod
    def _read_all(cls):
        sites = {one: cls.enterClassContext(Pages(
            cls.watch.folder.path / f"site-{one}", cls.daemon.configuration,
            escape_html_tags=one)) for one in ESCAPES}
        wanted = {(one, kind, name): (site, address(name))
                  for one, site in sites.items()
                  for kind, address in (("list", site.of_hosts),
                                        ("detail", site.of_service))
                  for name in (CALM, ANGRY, ENDLESS)}
        wanted["control"] = sites[0], sites[0].of_service(RAW)
        read = lab.in_parallel(lambda one: one[0].read(one[1]), wanted.values(), 4)
        return dict(zip(wanted, read))

    def each(self, names=(ANGRY, ENDLESS)):
        """((site, list or detail, server), page) of those servers."""
        return [(key, page) for key, page in self.pages.items()
                if key != "control" and key[2] in names]

    def test_a_script_would_have_been_seen(self):
        page = self.pages["control"]
        self.assertEqual(page.elements[0][1].get("id"), MARK, page.dom)
        self.assertIn(MARK, "".join(page.scripts))

    def test_no_script_of_a_server_runs(self):
        for key, page in self.each():
            with self.subTest(key):
                self.assertEqual(page.elements[0][0], "html")
                self.assertNotIn(MARK, "".join(page.scripts))
                for tag, attributes in page.elements:
                    self.assertNotRegex(f"{attributes}", f"{MARK}|{SEEN}|onerror|onload",
                                        tag)

    def test_pages_are_built_as_those_of_a_calm_server(self):
        for (site, kind, name), page in self.each():
            with self.subTest((site, kind, name)):
                self.assertEqual(page.tags, self.pages[site, kind, CALM].tags)

    def test_all_of_the_text_is_seen(self):
        for (site, kind, name), page in self.each((CALM, ANGRY, ENDLESS)):
            with self.subTest((site, kind, name)):
                told = stored(self.daemon, name)
                line = words(told["plugin_output"])
                self.assertTrue(line.startswith(f"IMC CRITICAL - {name}: "))
                self.assertEqual(SEEN in line, name != CALM, line)
                if kind == "list":
                    row, = [row for row in page.rows if row[-1].startswith("IMC ")]
                    self.assertEqual((row[2], row[-1]), ("CRITICAL", line))
                else:
                    details = words(told["long_plugin_output"])
                    self.assertEqual(page.row("Status Information:")[1],
                                     f"{line} {details}")
                    self.assertEqual(page.row("Performance Data:")[1],
                                     told["performance_data"])

    def test_the_words_of_an_attack_are_there(self):
        """It is not that the text had been left out."""
        for site in ESCAPES:
            with self.subTest(site):
                page = self.pages[site, "detail", ANGRY]
                self.assertEqual([one for one in WORDS if f"{one} " not in page.text], [])
                self.assertIn("\u2039script\u203a", page.text)
                self.assertIn(SEEN + "x" * 100, self.pages[site, "detail", ENDLESS].text)


if __name__ == "__main__":
    unittest.main()

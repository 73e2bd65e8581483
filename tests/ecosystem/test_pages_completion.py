# SPDX-License-Identifier: GPL-3.0-or-later
"""What bash offers at the tab key: a real one at a terminal, with the completion that is
made from the programs of this build, typed at as somebody would."""
import contextlib
import os
import pathlib
import pty
import re
import resource
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

import lab
import pages
from agentd import descendants, wait_for

MADE = lab.BUILD / "completion" / "imc-monitor"
SERVERS = ("EXCH01", "EXCH02", "Site-3.a")
CONFIG = "".join(f"[server {name}]\naddress = 192.0.2.1\n" for name in SERVERS)
PROTOCOLS = ["NT1:NT1", "NT1:SMB2", "NT1:SMB3", "SMB2:SMB2", "SMB2:SMB3", "SMB3:SMB3"]
MANY = 50_000           # servers, as many as a configuration may have
# CPU time, which other programs on the machine do not make longer.
READ_MAX = 0.01         # s, to read the completion: each new shell does
OFFER_MAX = 2           # s, for one tab among so many servers
READS = 50
END = 10                # s, for bash to end once it is told to
# What is typed before the tab, and what is offered; {0} is the folder.
OFFERS = (
    ("check_imc --smb", ["--smb-protocol", "--smb-signing"]),
    ("check_imc -H exch01 --li", ["--list-services"]),
    ("check_imc --ex", ["--explain", "--extra-opts="]),
    ("check_imc -S ", ["rpc", "snmp", "agent", "evt"]),
    ("check_imc --source=", ["rpc", "snmp", "agent", "evt"]),
    ("check_imc --source=s", ["snmp"]),
    ("check_imc -Sa", ["-Sagent"]),
    ("check_imc --snmp-version ", ["1", "2c", "3"]),
    ("check_imc --smb-protocol ", PROTOCOLS),
    ("check_imc --smb-protocol SMB2:", ["SMB2", "SMB3"]),
    ("check_imc --smb-protocol=NT1:S", ["SMB2", "SMB3"]),
    ("check_imc --smb-signing r", ["required"]),
    ("check_imc --severity stal", ["stale="]),
    ("check_imc --severity recovered-", [f"recovered-{one}=" for one in (
        "automatic", "unknown", "manual")]),
    ("check_imc --severity stale=", ["ok", "warning", "critical", "unknown"]),
    ("check_imc --severity=paused=ok,stale=cr", ["critical"]),
    ("check_imc --severity paused=ok,log-", [f"ok,log-{one}=" for one in (
        "unreadable", "not-offered", "damaged", "cleared", "short")]),
    ("check_imc -t 10", []),
    ("check_imc -t 10:", ["WARNING", "CRITICAL", "UNKNOWN"]),
    ("check_imc --lookback ", []),
    ("check_imc -c --", []),
    ("check_imc --service ", ["MSExchangeIMC"]),
    ("check_imc --remote-server ", []),
    ("check_imc --nothing-of-this ", None),
    ("check_imc --config {0}/conf --server ", list(SERVERS)),
    ("check_imc --config={0}/conf --server EXCH0", ["EXCH01", "EXCH02"]),
    ("check_imc --config {0}/none --server ", []),
    ("check_imc --config {0}/evil --server ", ["GOOD"]),
    # These have no end.
    ("check_imc --config - --server ", []),
    ("check_imc --config {0}/fifo --server ", []),
    ("check_imc --config ~/conf --server EXCH01", ["EXCH01"]),
    ('check_imc --config "{0}/conf" --server EXCH01', ["EXCH01"]),
    ("check_imc '--config={0}/conf' --server EXCH01", ["EXCH01"]),
    ("check_imc --config {0}/none --config {0}/conf --server EXCH01", ["EXCH01"]),
    ("check_imc --config $HOME/conf --server EXCH01", ["EXCH01"]),
    ("check_imc --config ${{HOME}}/conf --server EXCH01", ["EXCH01"]),
    ("check_imc --config $HOME/con", ["{0}/conf"]),
    ("check_imc --config=$HOME/con", ["{0}/conf"]),
    ("check_imc --severity 'stal", ["stale="]),
    ("check_imc --severity 'stale=cr", ["stale=critical"]),
    ('check_imc --severity="stale=cr', ["stale=critical"]),
    ("check_imc --severity paused=ok,'stale=cr", ["stale=critical"]),
    ("check_imc --severity 'paused'=cr", ["critical"]),
    ("check_imc -t '10:CRI", ["10:CRITICAL"]),
    ('check_imc --config "{0}/two words/in', ["{0}/two words/inner"]),
    ("check_imc -vS s", ["snmp"]),
    ("check_imc -vSs", ["-vSsnmp"]),
    ("check_imc -vv ", None),
    # What is no value of the option before.
    ("check_imc -Sr s", []),
    ("check_imc -ZS s", []),                # -Z is none
    ("check_imc --extra-opts --smb", ["--smb-protocol", "--smb-signing"]),
    ("check_imc '-S' r", ["rpc"]),
    ("check_imc --evt {0}/App", ["{0}/AppEvent.Evt", "{0}/Apps"]),
    ("check_imc -A {0}/con", ["{0}/conf"]),
    ("check_imc --state-dir {0}/", ["{0}/Apps", "{0}/two words", "{0}/a=b"]),
    ("/usr/lib/nagios/plugins/check_imc -S r", ["rpc"]),
    ("imc-agentd --c", ["--config", "--check"]),
    ("imc-agentd -c {0}/con", ["{0}/conf"]),
    ("imc-trap -s {0}/con", ["{0}/conf"]),
    ("imc-start -c {0}/conf -s ", list(SERVERS)),
    ("imc-start -c{0}/conf -s ", list(SERVERS)),
    ("imc-start -nc {0}/conf -s ", list(SERVERS)),
    ("imc-start -nc{0}/conf -s ", list(SERVERS)),
    ("imc-start -c {0}/conf -nsSi", ["-nsSite-3.a"]),
    ("imc-start -s Site", []),
    ("imc-start -s EXCH01 --even", ["--even-manual"]),
    ("imc-start -S ", ["OK", "WARNING", "UNKNOWN", "CRITICAL"]),
    ("imc-start --state-type ", ["SOFT", "HARD"]),
    ("imc-start -d {0}/App", ["{0}/Apps"]),
    ("imc-start -d{0}/", ["-d{0}/Apps", "-d{0}/two words", "-d{0}/a=b"]),
)
# What is typed with tabs in it, and the arguments that the program gets after Enter.
LINES = (
    ("check_imc --sou\tsn\t", ["--source", "snmp"]),
    ("check_imc --severity=stale=cr\t", ["--severity=stale=critical"]),
    ("check_imc --severity pau\tok,stal\twarn\t", ["--severity",
                                                   "paused=ok,stale=warning"]),
    ("check_imc --smb-protocol=SMB3:\t -v", ["--smb-protocol=SMB3:SMB3", "-v"]),
    ("check_imc --config {0}/tw\tinner", ["--config", "{0}/two words/inner"]),
    ("check_imc --severity 'stale=cr\t -v", ["--severity", "stale=critical", "-v"]),
    ('check_imc --severity="stale=cr\t -v', ["--severity=stale=critical", "-v"]),
    ("check_imc --severity stale='cr\t -v", ["--severity", "stale=critical", "-v"]),
    ("check_imc --severity stale\\=cr\t -v", ["--severity", "stale=critical", "-v"]),
    ("check_imc -t '10:CRI\t -v", ["-t", "10:CRITICAL", "-v"]),
    ("check_imc -t 10':CRI\t -v", ["-t", "10:CRITICAL", "-v"]),
    ('check_imc --smb-protocol="NT1:N\t -v', ["--smb-protocol=NT1:NT1", "-v"]),
    ("check_imc --config '{0}/tw\tinn\t -v", ["--config", "{0}/two words/inner", "-v"]),
    ("check_imc --config {0}/tw\tinn\t -v", ["--config", "{0}/two words/inner", "-v"]),
    ("check_imc --config \"{0}\"/tw\tinn\t -v", ["--config", "{0}/two words/inner",
                                                 "-v"]),
    ("check_imc --config $HOME/tw\tinn\t -v", ["--config", "{0}/two words/inner", "-v"]),
    ("check_imc --config {0}/tw'o w'o\tinn\t -v", ["--config", "{0}/two words/inner",
                                                   "-v"]),
    ("check_imc '--config={0}/tw\tinn\t -v", ["--config={0}/two words/inner", "-v"]),
    ("check_imc -A {0}/a=\tin\t -v", ["-A", "{0}/a=b/inner", "-v"]),
    ("check_imc -A{0}/tw\tinn\t -v", ["-A{0}/two words/inner", "-v"]),
    ('check_imc -A "{0}/qu\\"o\t -v', ["-A", '{0}/qu"ote', "-v"]),
    ("check_imc '--sou\tr\t -v", ["--source", "rpc", "-v"]),
    ("check_imc -vSsn\t -v", ["-vSsnmp", "-v"]),
    ("imc-start -c {0}/conf -s 'Sit\t -n", ["-c", "{0}/conf", "-s", "Site-3.a", "-n"]),
    ("imc-start -c {0}/conf -s Sit\t-n", ["-c", "{0}/conf", "-s", "Site-3.a", "-n"]),
)
# How somebody may have set up the shell: the same lines come of it.
SETTINGS = ("", "IFS=:", "IFS=$'\\n'", "set +B", "COMP_WORDBREAKS=${COMP_WORDBREAKS//=}")
TELL_SETTINGS = 'written "$-" "${IFS@Q}"\n'
SETUP = """\
bind 'set completion-query-items 0'
bind 'set page-completions off'
bind 'set enable-bracketed-paste off'
bind 'set bell-style none'
source {0}/completion
written() {{ printf '%s\\n' "$@" >{0}/new; mv {0}/new {0}/out; }}
offered() {{ _imc_monitor "$@"; written "${{COMPREPLY[@]}}"; }}
tell_offers() {{ complete -F offered check_imc imc-agentd imc-trap imc-start
written done; }}
for one in check_imc imc-agentd imc-trap imc-start; do
eval "$one() {{ written \\"\\$@\\"; }}"; done
written ready
"""


class Terminal:
    """A bash at a terminal, and what it has written down."""

    def __init__(self, folder, before=()):
        self.folder, self.shown = folder, b""
        self.out = folder / "out"
        pid, self._terminal = pty.fork()
        if pid == 0:
            command = [*before, "bash", "--norc", "--noprofile", "-i"]
            os.execvpe(command[0], command, {
                "PATH": "/usr/bin:/bin", "TERM": "dumb", "LC_ALL": "C.UTF-8",
                "HOME": str(folder), "HISTFILE": "/dev/null", "PS1": "$ ",
                "ANY": CONFIG})
        self.pid = pid
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def set_up(self):
        self.type(SETUP.format(self.folder))
        self.answer()

    def _read(self):
        while True:
            try:
                data = os.read(self._terminal, 1 << 16)
            except OSError:
                return
            self.shown += data
            if not data:
                return

    def type(self, text):
        data = text.encode()
        while data:
            data = data[os.write(self._terminal, data):]

    def answer(self):
        """The lines of what is written next."""
        wait_for("bash answers", self.out.exists, pause=0.005,
                 detail=lambda: self.shown[-2000:].decode(errors="replace"))
        text = self.out.read_text()
        self.out.unlink()
        return [] if text == "\n" else text.splitlines()

    def ask(self, text):
        self.type(text)
        return self.answer()

    def offers(self, typed):
        found = self.ask(f"{typed}\t")
        self.type("\x15")                   # away with the line
        return found

    def seconds(self):
        """CPU time of bash and of what it has waited for."""
        with open(f"/proc/{self.pid}/stat", encoding="utf-8") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.type("\x15exit\n")
        try:
            wait_for("bash ends", self._has_ended, END)
        except AssertionError:
            for pid in [*descendants(self.pid), self.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            raise
        finally:
            self._reader.join()
            os.close(self._terminal)

    def _has_ended(self):
        return os.waitpid(self.pid, os.WNOHANG)[0] == self.pid


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="imc-c-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        for name in ("conf", "AppEvent.Evt"):
            (cls.folder / name).write_text(CONFIG)
        (cls.folder / "evil").write_text(
            "[server $(touch x)]\n[server `id`]\n[server *]\n[server GOOD]\n")
        (cls.folder / 'qu"ote').touch()
        (cls.folder / "Apps").mkdir()
        for name in ("two words", "a=b"):
            (cls.folder / name).mkdir()
            (cls.folder / name / "inner").touch()
        os.mkfifo(cls.folder / "fifo")
        shutil.copy(MADE, cls.folder / "completion")

    def terminal(self, before=()):
        found = Terminal(self.folder, before)
        self.addCleanup(found.close)
        found.set_up()
        return found

    def telling(self):
        """One that writes down what is offered, at the tab."""
        found = self.terminal()
        found.ask("tell_offers\n")
        return found

    def filled(self, texts):
        return [text.format(self.folder) for text in texts]


class Offers(Case):
    def test_at_the_tab(self):
        terminal = self.telling()
        for typed, offers in OFFERS:
            with self.subTest(typed):
                found = terminal.offers(typed.format(self.folder))
                if offers is None:          # no option's value: options
                    offers = [one.name for one in pages.options("check_imc")]
                    found = [one.rstrip("=") for one in found]
                self.assertEqual(sorted(found), sorted(self.filled(offers)))

    def test_every_option_of_every_program(self):
        terminal = self.telling()
        for program in pages.PROGRAMS:
            with self.subTest(program):
                found = terminal.offers(f"{program} --")
                self.assertEqual([one.rstrip("=") for one in found],
                                 [one.name for one in pages.options(program)])

    def test_hosts_are_those_of_the_machines_own_list(self):
        terminal = self.terminal()
        terminal.type(f"HOSTFILE={self.folder}/hosts\n")
        (self.folder / "hosts").write_text("192.0.2.7 exch01.example.com exch02\n")
        terminal.ask("tell_offers\n")
        self.assertEqual(terminal.offers("check_imc -H exch"),
                         ["exch01.example.com", "exch02"])

    def test_what_has_no_size_may_have_no_end(self):
        terminal = self.telling()
        path = f"/proc/{terminal.pid}/environ"      # has servers in it
        self.assertEqual(terminal.offers(f"check_imc --config {path} --server "), [])
        self.assertEqual(terminal.offers(f"check_imc --config {path}"), [path])

    def test_nothing_is_said_of_what_cannot_be_read(self):
        terminal = self.telling()
        typed = f"check_imc --config {self.folder}/Apps --server "
        self.assertEqual(terminal.offers(typed), [])
        self.assertNotIn(b"sed:", terminal.shown)

    def test_what_the_program_gets(self):
        for setting in SETTINGS:
            terminal = self.terminal()
            kept = terminal.ask(f"{setting}\n{TELL_SETTINGS}")
            for typed, arguments in LINES:
                with self.subTest(typed, setting=setting):
                    found = terminal.ask(typed.format(self.folder) + "\n")
                    self.assertEqual(found, self.filled(arguments))
            self.assertEqual(terminal.ask(TELL_SETTINGS), kept)


class Values(Case):
    """The programs take each value that is offered, and know no other."""

    def offers(self, *typed):
        terminal = self.telling()
        return [terminal.offers(one) for one in typed]

    def said(self, *arguments):
        return lab.run("--evt", "/nonexistent", *arguments).line

    def test_check_imc_takes_them_and_knows_no_other(self):
        for option in ("--source", "--snmp-version", "--smb-protocol", "--smb-signing"):
            offered, = self.offers(f"check_imc {option} ")
            refused = self.said(f"{option}=x")
            for value in offered:
                with self.subTest(option, value=value):
                    self.assertNotIn(f"{option}: must", self.said(f"{option}={value}"))
            with self.subTest(option):
                known = re.search("must be (.*), not", refused).group(1)
                words = set(re.findall(r"[A-Za-z]*\d\w*|[a-z]+",
                                       known.split(", such")[0]))
                words -= {"one", "of", "or", "and"}
                self.assertLessEqual(words, set(re.findall(r"\w+", " ".join(offered))))

    def test_severities(self):
        keys, = self.offers("check_imc --severity ")
        self.assertEqual([key.rstrip("=") for key in keys],
                         list(pages.Page("check_imc.1").severities()))
        for key in keys:
            with self.subTest(key):
                self.assertNotIn("--severity:", self.said(f"--severity={key}warning"))

    def test_imc_start_takes_them_and_knows_no_other(self):
        for option, other in (("--service-state", "-Tx"), ("--state-type", "-Sx")):
            offered, = self.offers(f"imc-start {option} ")
            for value in [*offered, "x"]:
                with self.subTest(option, value=value):
                    done = subprocess.run(
                        [lab.BUILD / "imc-start", "-sX", option, value, other], text=True,
                        capture_output=True, env=lab.environment())
                    self.assertEqual(f"{option}: must" in done.stderr, value == "x")
            known = re.search(r"must be (.*), not", done.stderr).group(1)
            self.assertEqual(set(re.findall("[A-Z]+", known)), set(offered))


class Cost(Case):
    def test_it_starts_sed_alone_and_no_network(self):
        trace = self.folder / "trace"
        terminal = self.terminal(["strace", "-f", "-o", trace, "-e",
                                  "trace=execve,socket"])
        terminal.ask("tell_offers\n")
        for typed, _ in OFFERS:
            terminal.offers(typed.format(self.folder))
        terminal.offers("check_imc -H ")
        text = trace.read_text()
        self.assertEqual(text.count("AF_INET"), 0)
        started = {pathlib.Path(one).name for one in re.findall(
            r'execve\("([^"]+)".*\) = 0', text)}
        self.assertEqual(started, {"bash", "mv", "sed"})

    def test_it_is_read_at_once(self):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(["bash", "--norc", "-c",
                        f'for i in {{1..{READS}}}; do . "$1"; done',
                        "bash", self.folder / "completion"], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.assertLess(used / READS, READ_MAX)

    def test_as_many_servers_as_there_can_be(self):
        (self.folder / "many").write_text("".join(
            f"[server S{number:05}]\naddress = 192.0.2.1\n" for number in range(MANY)))
        terminal = self.telling()
        before = terminal.seconds()
        found = terminal.offers(f"imc-start -c {self.folder}/many -s S4999")
        self.assertEqual(found, [f"S4999{digit}" for digit in range(10)])
        self.assertLess(terminal.seconds() - before, OFFER_MAX)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of imc-start share: a host that runs it, servers and what a start does
there, and tables of runs.

    with lab.Folder() as folder, NTServer(active(start=WORKS)) as server:
        host = Host(folder.path, server.port)
        run = host.run("--timeout", "20s")
        run.code, run.line, [one.did for one in run.audit]
        len(start_calls(server)), host.attempts()

A host has a configuration, credentials, a state folder and a /dev/log of its own. Rows
are played at the same time, once for all tests of a class: most of each is waiting.
"""
import collections
import dataclasses
import itertools
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import lab
from lab import NTServer
from test_scenarios import ALLOWED

PROGRAM = lab.BUILD / "imc-start"
SERVER = "EXCH01"
WATCHED, NEEDED = "MSExchangeIMC", "MSExchangeIS"
STARTER, SECRET = "starter", "Start-Secret-2"
OTHER, OTHER_SECRET = "starter2", "Start-Secret-3"
QUERY_STATUS, START = 0x0004, 0x0010
PATIENCE = 30           # s, for what must come about
WORKERS = 32            # they wait for servers and for seconds to go by
SLOW = {"do": "delay", "ms": 1500}      # longer than it takes to begin several runs
HARD = ("-S", "CRITICAL", "-T", "HARD", "-a", "3")

# A /dev with what programs need and a log of the test's own: FOLDER LOG.
DEV = ('for name in null zero random urandom; do : >"$1/$name";'
       ' mount --bind "/dev/$name" "$1/$name"; done;'
       ' ln -s "$2" "$1/log"; mount --rbind "$1" /dev')


# --- servers ------------------------------------------------------------------------

def _event(source, number, kind, **more):
    return {"at": 0, "source": source, "id": number, "type": kind, **more}


def _imc(number, kind="error"):
    return _event(WATCHED, number, kind, category=1)


def _manager(number, *strings):
    return _event("Service Control Manager", number, "error", strings=[
        "Microsoft Exchange Internet Mail Service", *strings])


STARTED, FAILED, FAILED_4086 = (_imc("0x400003E8", "information"), _imc("0xC0000FE7"),
                                _imc("0xC0000FF6"))
STOPPED = {"state": "stopped", "win32_exit": 1066, "specific_exit": 2140}
BEGINS = {"state": "start-pending", "win32_exit": 0, "specific_exit": 0}


def _ends(cause, after="1s"):
    return {"after": after, "then": STOPPED,
            "appends": {"application_log": [cause],
                        "system_log": [_manager("0xC0001B70", "2140")]}}


RISES = {"after": "1s", "then": {"state": "running"},
         "appends": {"application_log": [STARTED]}}
_DIES = {"after": "2s", "then": {"state": "stopped", "win32_exit": 1067},
         "appends": {"system_log": [_manager("0xC0001B7A")]}}

# What StartServiceW does. Without "result", the second one of two is told 1056.
WORKS = {"then": BEGINS, "later": [RISES]}
FAILS_AGAIN = {"then": BEGINS, "later": [_ends(FAILED)]}
FAILS_OTHERWISE = {"then": BEGINS, "later": [_ends(FAILED_4086)]}
HANGS = {"then": BEGINS}
DIES = {"then": BEGINS, "later": [RISES, _DIES]}


def refuses(error, **more):
    return {"result": error, **more}


def active(*faults, name="active-automatic", **changes):
    """A scenario with the accounts of a host; others of its keys as `changes` say."""
    users = {lab.USER: lab.PASSWORD, STARTER: SECRET, OTHER: OTHER_SECRET}
    found = lab.scenario(name, **{"users": users, "start": WORKS, **changes})
    found["faults"] = [*found.get("faults", ()), *faults]
    return found


def service(**fields):
    """The watched service of an active server, with other fields."""
    return {**lab.scenario("active-automatic")["service"], **fields}


def services(**states):
    """Those that it depends on; None: there is none of that name."""
    found = lab.scenario("active-automatic")["services"]
    return [{**one, **({"state": states[one["name"]]} if one["name"] in states else {})}
            for one in found if states.get(one["name"], "") is not None]


def booted(ago, failed_ago):
    """A server that booted so many seconds ago; 4071 came at the automatic start."""
    boot = _event("EventLog", "0x80001775", "information", at=f"-{ago}s")
    older = lab.scenario("active-automatic")
    return active(application_log=[*older["application_log"],
                                   {**FAILED, "at": f"-{failed_ago}s"}],
                  system_log=[*older["system_log"], boot])


def call(opnum, do, **more):
    """A fault of svcctl at the watched service."""
    return {"at": "call", "pipe": "svcctl", "opnum": opnum, "service": WATCHED, "do": do,
            **more}


def start_calls(server):
    return [one for one in server.calls
            if one["pipe"] == "svcctl" and one["opnum"] == 19]


def added_calls(server):
    """{(pipe, opnum, access): how often} of those that no reader makes."""
    return collections.Counter(
        (one["pipe"], one["opnum"], one["access"]) for one in server.calls
        if one["access"] not in ALLOWED.get(one["pipe"], {}).get(one["opnum"], ()))


# --- hosts --------------------------------------------------------------------------

AUDIT = re.compile(
    r"<(?P<priority>\d+)>\w{3} [ \d]\d \d\d:\d\d:\d\d imc-start\[(?P<pid>\d+)\]:"
    r" server=(?P<server>\S+) did=(?P<did>\S+) exit=(?P<exit>\S+)"
    r" asked_by=\"(?P<user>[^(\"]+)\((?P<uid>\d+)\)(?:, logged in as [^\"]+)?\""
    r" for=\"(?P<asked>[^\"]*)\""
    r" evidence=\"(?P<evidence>[^\"]*)\" text=\"(?P<text>[^\"]*)\"\n?")
Audit = collections.namedtuple("Audit", AUDIT.groupindex)


class Log:
    """A /dev/log: what came, each a line."""

    def __init__(self, path):
        self.path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(self.path)

    def take(self):
        """All that came since."""
        found = []
        while True:
            try:
                found.append(self._socket.recv(1 << 16).decode())
            except BlockingIOError:
                return found

    def close(self):
        self._socket.close()


class Run(lab.Done):
    """A run of imc-start that ended; `log` has its lines of syslog."""

    def __init__(self, arguments, process, output, seconds, log):
        out, err = (one.decode() for one in output)
        super().__init__(arguments, process.returncode, out, err, seconds,
                         lab.processes_of(process.pid))
        self.pid, self.log = process.pid, log

    @property
    def audit(self):
        """Each line taken apart; AssertionError where one is none."""
        found = [AUDIT.fullmatch(line) for line in self.log]
        if None in found:
            raise AssertionError(f"no line of the audit: {self.log}")
        return [Audit(**one.groupdict()) for one in found]

    @property
    def line(self):
        """The sentence without its head; AssertionError where there is another thing."""
        head = f"imc-start: {SERVER}: "
        if not self.out.startswith(head) or self.out.count("\n") != 1 or self.err:
            raise AssertionError(f"not one sentence: {self}")
        return self.out.removeprefix(head).removesuffix("\n")

    def __str__(self):
        return super().__str__() + "".join(self.log)


class Host:
    """A machine that runs imc-start, in a folder of its own below the test's."""

    can_mount = not subprocess.run(["unshare", "-m", "true"],
                                   capture_output=True).returncode

    def __init__(self, folder, port, /, user=STARTER, password=SECRET, **keys):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="host-", dir=folder))
        self.state, self.config = self.folder / "state", self.folder / "conf"
        self.state.mkdir(0o700)
        self.credentials = self.write(
            "start-cred", f"username = {user}\npassword = {password}\n", 0o600)
        self.write("cred", f"username = {lab.USER}\npassword = {lab.PASSWORD}\n", 0o600)
        self.configure(port, **keys)
        self._count = itertools.count()

    def write(self, name, text, mode=0o644):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def configure(self, port, /, **keys):
        """None: without that key."""
        keys = {"address": lab.HOST, "port": port, "allow_start": "yes",
                "credentials": self.folder / "cred",
                "start_credentials": self.credentials, **keys}
        self.write("conf", "".join([f"[server {SERVER}]\n", *(
            f"{key} = {value}\n" for key, value in keys.items() if value is not None)]))

    def begin(self, *options, mounts="", program=(PROGRAM,), env=None, server=SERVER,
              state=None):
        """A run that goes on; end() waits for it. In `mounts`, $3 is the state folder."""
        number = next(self._count)
        arguments = ["-c", self.config, "-s", server, *map(str, options)]
        if state is None:
            arguments += ["-d", self.state]
        log = Log(self.folder / f"log-{number}")
        before = self._mounts(number, log, mounts) if self.can_mount else []
        process = subprocess.Popen(
            [*before, *program, *arguments], cwd="/", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            env={**lab.environment(), **(env or {})})
        return arguments, process, log, time.monotonic()

    def _mounts(self, number, log, script):
        dev = self.folder / f"dev-{number}"
        dev.mkdir()
        return ["unshare", "-m", "sh", "-ec", f'{DEV}; {script or ":"}; shift 3;'
                ' exec "$@"', "sh", dev, log.path, self.state]

    def end(self, begun):
        arguments, process, log, began = begun
        try:
            output = process.communicate(timeout=lab.HANG)
        except subprocess.TimeoutExpired:
            process.kill()
            output = process.communicate()
        run = Run(arguments, process, output, time.monotonic() - began, log.take())
        log.close()
        return run

    def run(self, *options, **more):
        return self.end(self.begin(*options, **more))

    @property
    def diary(self):
        return self.state / f"{SERVER}.starts"

    def attempts(self):
        """How many the diary has, between its first line and its last."""
        try:
            _, *lines, _ = self.diary.read_text().splitlines()
        except FileNotFoundError:
            return 0
        if not all(re.fullmatch(r"start \d+ \d+ \d+", line) for line in lines):
            raise AssertionError(f"no diary: {lines}")
        return len(lines)

    def check(self):
        """What check_imc says, by the same configuration."""
        return lab.run("--config", self.config, "--server", SERVER, "--json").json


def wait_for(what, is_so):
    until = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > until:
            raise AssertionError(f"{what}: not within {PATIENCE} s")
        threading.Event().wait(0.02)


# --- tables of runs -----------------------------------------------------------------

@dataclasses.dataclass(frozen=True)
class Expect:
    """One run: its exit code, what its sentence has (patterns), what the audit says."""
    code: int
    words: tuple
    did: tuple


def nothing(code, *words):
    return Expect(code, words, ("nothing",))


def changed(code, *words):
    """Something was another way at the last look, after the attempt was written down."""
    return Expect(code, words, ("starting", "nothing"))


def tried(code, *words):
    return Expect(code, words, ("starting", "tried"))


def started(*words):
    return Expect(0, words, ("starting", "started"))


@dataclasses.dataclass
class Row:
    """Runs of one host against one server, one after the other."""
    name: str
    scenario: dict
    expects: list
    starts: int = 0                     # StartServiceW that the server sees
    attempts: int = None                # in the diary, at the end
    opens: int = None                   # handles with the right to start
    keys: dict = dataclasses.field(default_factory=dict)
    options: tuple = ()
    between: object = None              # done to the server before each run but the first
    is_checked: bool = False            # by check_imc, at the end
    runs: list = None
    server: NTServer = None
    noted: int = None
    verdict: dict = None
    connections: tuple = ()             # how many there were, after each run

    def __post_init__(self):
        if self.attempts is None:
            self.attempts = self.starts
        if self.opens is None:
            self.opens = self.starts

    def play(self, folder):
        self.runs = []
        with NTServer(self.scenario) as self.server:
            host = Host(folder, self.server.port, **self.keys)
            for _ in self.expects:
                if self.runs and self.between:
                    self.between(self.server)
                self.runs.append(host.run(*self.options))
                self.connections += (len(self.server.connections),)
            self.noted = host.attempts()
            if self.is_checked:
                self.verdict = host.check()


class Case(unittest.TestCase):
    """What is true of every run."""

    def assert_run(self, run, expect):
        """Exit code, sentence, audit."""
        self.assertEqual(run.code, expect.code, run)
        self.assertEqual(run.left, [], run)
        for word in expect.words:
            self.assertRegex(run.line, f"(?i){word}", run)
        self.assertNotRegex(run.out + "".join(run.log), "Start-Secret", run)
        if Host.can_mount:
            self.assert_audit(run, expect)

    def assert_audit(self, run, expect):
        audit = run.audit
        self.assertEqual(tuple(one.did for one in audit), expect.did, run)
        self.assertEqual([one.exit for one in audit],
                         ["-"] * (len(audit) - 1) + [str(run.code)], run)
        self.assertEqual(audit[-1].text, run.line, run)
        for one in audit:
            self.assertEqual((one.server, int(one.pid), int(one.uid)),
                             (SERVER, run.pid, os.getuid()), run)
            self.assertEqual(int(one.priority) >> 3, 3, run)            # daemon
            self.assertEqual(one.asked, self._asked(run), run)

    @staticmethod
    def _asked(run):
        values = [str(one) for one in run.arguments]
        if "-S" not in values:
            return "by hand"
        return " ".join(values[values.index(name) + 1] for name in ("-S", "-T", "-a")
                        if name in values)

    def assert_added_calls(self, server, starts, opens):
        """StartServiceW so often, handles for it so often, and nothing else that a
        reader would not send."""
        expected = {("svcctl", 16, START): opens, ("svcctl", 19, None): starts}
        self.assertEqual(dict(added_calls(server)),
                         {key: value for key, value in expected.items() if value})
        for one in start_calls(server):
            self.assertEqual(one["detail"], {"service": WATCHED, "arguments": 0,
                                             "granted": START})
        asks = [one for one in server.calls if one["opnum"] == 16
                and one["access"] == QUERY_STATUS and one["detail"]["service"] == WATCHED]
        if opens:       # or it may be a reader who may ask for nothing else
            self.assertEqual(len(asks), opens)


class OnServers(Case):
    """Servers and hosts that are gone when the test ends."""

    def setUp(self):
        private = lab.Folder()
        self.addCleanup(private.remove)
        self.folder = private.path

    def serve(self, *faults, **changes):
        server = NTServer(active(*faults, **changes))
        self.addCleanup(server.stop)
        return server.start()

    def host(self, server, **more):
        return Host(self.folder, server.port, **more)

    def assert_starts(self, server, count, host=None, attempts=None):
        self.assertEqual(len(start_calls(server)), count)
        if host:
            self.assertEqual(host.attempts(), count if attempts is None else attempts)


class Table(Case):
    """Rows, played at the same time before the first test. Has no test of its own that
    is true of nothing: who inherits gives `table()`."""

    @classmethod
    def table(cls):
        raise NotImplementedError

    @classmethod
    def setUpClass(cls):
        cls.rows = list(cls.table())
        with lab.Folder() as folder:
            lab.in_parallel(lambda row: row.play(folder.path), cls.rows, WORKERS)

    def row(self, name):
        return next(one for one in self.rows if one.name == name)

    def test_each_has_its_sentence_exit_code_and_audit(self):
        for row in self.rows:
            with self.subTest(row.name):
                for run, expect in zip(row.runs, row.expects, strict=True):
                    self.assert_run(run, expect)

    def test_the_server_sees_no_more_than_is_said(self):
        for row in self.rows:
            with self.subTest(row.name):
                self.assert_added_calls(row.server, row.starts, row.opens)

    def test_the_diary_counts_what_was_tried(self):
        for row in self.rows:
            with self.subTest(row.name):
                self.assertEqual(row.noted, row.attempts, row.runs[-1])

    def test_it_is_done_by_the_account_for_starting(self):
        for row in self.rows:
            with self.subTest(row.name):
                users = {one["user"] for one in row.server.connections if one["user"]}
                self.assertLessEqual(users, {STARTER, *([lab.USER] * row.is_checked)})

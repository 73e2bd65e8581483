# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of imc-agentd share: a private snmpd, imc-agentd, servers, a manager.

    class Walk(agentd.Case):
        def test_it(self):
            self.serve({"EXCH01": self.logs().section()})
            self.assertEqual(self.cell("EXCH01", "Status"), 0)

Everything is in a folder of the test's own and on loopback, waits for what it needs
rather than for a time, and is ended by its process id.
"""
import datetime
import functools
import glob
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import lab
import sandbox
import snmp_wire
from snmp_wire import Manager, NoAnswer, Sink, oid

sys.path.insert(0, str(lab.HERE.parent / "data"))

import evt_writer as writer  # noqa: E402  (the path comes first)

PROGRAM = lab.BUILD / "imc-agentd"
ROOT = lab.HERE.parent.parent
PATIENCE = 60       # s, for whatever must come about
BACK = 20           # s, in which tables are back
HOUR = 3600
USER, SECRET_A, SECRET_B = "watcher", "authentic-secret", "private-secret"

ROOT_NAME = "imcMonitorMIB"
KINDS = {"imcServiceDown": "down", "imcServiceUp": "up", "imcConditionRaised": "raised",
         "imcConditionCleared": "cleared", "imcContactLost": "lost",
         "imcContactRestored": "restored"}
CHANGE, RESENT = 1, 2
MOMENTS = {"StateSince", "ConditionSince", "Last4071Time", "BootTime", "LogReachesBackTo",
           "LogClearedAt", "FixedSince", "LastPollTime", "NextPollTime", "BackoffUntil",
           "DiscontinuityTime", "Time"}
BASE_MODULES = "/usr/lib/erlang/lib/snmp-*/mibs"     # of the package erlang-snmp
STATUSES = ("ok", "warning", "critical", "unknown")
CONDITIONS = (None, "none", "active", "recovered", "past", "unknown", "cleared")
TRIGGERS = (None, "none", "automatic", "manual", "unknown", "mixed")
STATES = (None, "stopped", "start-pending", "stop-pending", "running", "continue-pending",
          "pause-pending", "paused", "absent", None)
START_TYPES = ("boot", "system", "automatic", "manual", "disabled", None)


def moment(octets):
    """Seconds since 1970 of a DateAndTime of 11 octets."""
    year, month, day, hour, minute, second, tenth = (
        int.from_bytes(octets[:2], "big"), *octets[2:8])
    if len(octets) != 11:
        raise ValueError(f"a DateAndTime of {len(octets)} octets")
    zone = (octets[9] * 60 + octets[10]) * (1 if octets[8:9] == b"+" else -1)
    there = datetime.timezone(datetime.timedelta(minutes=zone))
    return datetime.datetime(year, month, day, hour, minute, min(second, 59),
                             tenth * 10**5, there).timestamp()


def read(name, value):
    """A column's value as a test wants it: seconds, text, a number."""
    if not isinstance(value, bytes):
        return value
    return moment(value) if name in MOMENTS else value.decode()


def index_of(name):
    """A server's name as sub-identifiers."""
    return (len(name), *name.encode())


def module_file():
    """The MIB as it was made, or as it is in the tree."""
    for folder in (lab.BUILD / "mibs", ROOT / "mibs"):
        found = sorted(folder.glob("IMC-MONITOR-MIB*"))
        if found:
            return found[0]
    raise unittest.SkipTest("there is no IMC-MONITOR-MIB")


@functools.cache
def module_folder():
    """Our module and those that it is built on, under the names that net-snmp wants."""
    folder = tempfile.TemporaryDirectory(prefix="imc-mibs-")
    for path in glob.glob(f"{BASE_MODULES}/*.mib"):
        shutil.copy(path, pathlib.Path(folder.name) / pathlib.Path(path).stem)
    shutil.copy(module_file(), pathlib.Path(folder.name) / "IMC-MONITOR-MIB")
    (pathlib.Path(folder.name) / "cert_indexes").mkdir()    # or each tool says it does
    return folder


def tool(name, *arguments, check=True, **more):
    """What a command line tool of net-snmp prints; it knows the MIB, and nothing of this
    machine's configuration."""
    folder = module_folder().name
    done = subprocess.run(
        [name, "-M", folder, "-m", "IMC-MONITOR-MIB", *map(str, arguments)],
        env={"PATH": "/usr/bin:/bin", "SNMPCONFPATH": folder,
             "SNMP_PERSISTENT_DIR": folder, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=4 * PATIENCE,
        **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{name} {arguments}: exit code {done.returncode}\n"
                             f"{done.stderr}{done.stdout[-2000:]}")
    return done.stdout if check else done


@functools.cache
def names():
    """{name: OID} of our module."""
    found = dict(re.findall(r'^"(\w+)"\s+"([\d.]+)"$', tool("snmptranslate", "-Tz"),
                            re.MULTILINE))
    root = oid(found[ROOT_NAME])
    return {name: oid(text) for name, text in found.items()
            if oid(text)[:len(root)] == root}


@functools.cache
def kinds():
    return {names()[name]: kind for name, kind in KINDS.items()}


@functools.cache
def columns(table):
    """{number: name without its prefix} of imcServer or imcEvent."""
    entry = names()[f"{table}Entry"]
    return {one[-1]: name.removeprefix(table) for name, one in names().items()
            if one[:-1] == entry}


def wait_for(what, check, seconds=PATIENCE, pause=0.05, detail=None):
    """The first true value of check(), which may find that nobody answers yet."""
    end = time.monotonic() + seconds
    while True:
        try:
            found = check()
        except NoAnswer as why:
            found = None
            last = why
        else:
            last = found
        if found:
            return found
        if time.monotonic() > end:
            more = f"\n{detail()}" if detail else ""
            raise AssertionError(f"not within {seconds} s: {what} (last: {last}){more}")
        time.sleep(pause)


# --- processes ----------------------------------------------------------------------

def children(pid):
    """Ids of the living children, oldest first."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except (OSError, IndexError):
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append((int(fields[19]), int(name)))
    return [one for _, one in sorted(found)]


def descendants(pid):
    found = children(pid)
    for one in list(found):
        found += descendants(one)
    return found


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def memory_kb(pid, key="RssAnon"):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return int(re.search(rf"^{key}:\s+(\d+)", file.read(), re.MULTILINE).group(1))


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def end(process, patience=10):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_udp_port():
    return lab.free_port(socket.SOCK_DGRAM)


class Snmpd:
    """A real one, with its AgentX socket, its files and its port in the test's folder."""

    def __init__(self, folder, sink_port=None):
        self.folder = pathlib.Path(folder) / "snmpd"
        self.socket = self.folder / "agentx"
        self.log = self.folder / "log"
        self.port = free_udp_port()
        self.process = None
        for name in ("", "persistent", "empty"):
            (self.folder / name).mkdir()
        sink = f"trap2sink {lab.HOST}:{sink_port} public\n" if sink_port else ""
        (self.folder / "snmpd.conf").write_text(
            "view all included .1\n"
            f"rwcommunity public {lab.HOST} -V all\n"
            f'createUser {USER} SHA-256 "{SECRET_A}" AES "{SECRET_B}"\n'
            f"rwuser {USER} priv -V all\n"
            f"master agentx\nagentXSocket {self.socket}\nagentXPerms 0660 0755\n" + sink)

    def environment(self):
        return {"PATH": "/usr/sbin:/usr/bin:/bin", "MIBS": "",
                "SNMPCONFPATH": str(self.folder / "empty"),
                "SNMP_PERSISTENT_DIR": str(self.folder / "persistent")}

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["snmpd", "-f", "-r", "-C", "-c", self.folder / "snmpd.conf",
                 "-Lf", self.log, f"udp:{lab.HOST}:{self.port}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment())
        asker = Manager(self.port, patience=0.1, tries=1)
        try:
            wait_for("snmpd answers or ends", lambda: self.process.poll() is not None
                     or asker.get(snmp_wire.SYS_UP_TIME), pause=0.01, detail=self.said)
            if self.process.poll() is not None:
                raise AssertionError(f"snmpd ended:\n{self.said()}")
        finally:
            asker.close()

    def said(self):
        return self.log.read_text(errors="replace")

    def target(self, version="2c"):
        """How the tools of net-snmp are to ask it."""
        how = {"2c": ["-v2c", "-c", "public"],
               "3": ["-v3", "-l", "authPriv", "-u", USER, "-a", "SHA-256",
                     "-A", SECRET_A, "-x", "AES", "-X", SECRET_B]}[version]
        return [*how, "-t", "5", "-r", "3", f"{lab.HOST}:{self.port}"]

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGCONT)
            end(self.process)

    def restart(self):
        self.stop()
        self.start()

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)


class Agent:
    """imc-agentd in the foreground, in a session of its own."""

    def __init__(self, folder, configuration, name="imc-agentd"):
        self.log_path = pathlib.Path(folder) / f"{name}.log"
        self.configuration = configuration
        self.program = PROGRAM
        self.process = self._copier = None

    def start(self, before=(), environment=None, has_pipe=False):
        """`has_pipe`: what it says goes through a pipe, for it may write no files."""
        with open(self.log_path, "ab") as log:
            out = log
            if has_pipe:
                self._copier = subprocess.Popen(["cat"], stdin=subprocess.PIPE,
                                                stdout=log)
                out = self._copier.stdin
            self.process = subprocess.Popen(
                [*before, self.program, "-f", "-c", self.configuration],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd="/",
                env={**lab.environment(), **(environment or {})},
                start_new_session=True)
            if has_pipe:
                out.close()

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def tail(self):
        state = self.process.poll() if self.process else "never started"
        lines = self.log().splitlines() if self.log_path.exists() else []
        return f"imc-agentd (exit: {state}) said:\n" + "\n".join(lines[-30:])

    def keeper(self):
        found = children(self.pid)
        return found[0] if found else None

    def workers(self):
        keeper = self.keeper()
        return children(keeper) if keeper else []

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Seconds that an orderly end takes."""
        took = None
        if self.process is not None and self.process.poll() is None:
            begin = time.monotonic()
            end(self.process)
            took = time.monotonic() - begin
            if self._copier is not None:
                self._copier.wait()
        self._look_for_reports()
        return took

    def _look_for_reports(self):
        """Of the sanitizers, by whichever of its processes."""
        text = self.log() if self.log_path.exists() else ""
        if "Sanitizer" in text or "runtime error:" in text:
            raise AssertionError(text[-8000:])


class Lab:
    """Servers of the NT lab, in a process of their own (lab_host.py)."""

    def __init__(self):
        self._process = subprocess.Popen(
            [sys.executable, str(lab.HERE / "lab_host.py")], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __getattr__(self, method):
        def call(*arguments):
            print(json.dumps([method, arguments]), file=self._process.stdin, flush=True)
            value, *error = json.loads(self._process.stdout.readline())
            if error:
                raise RuntimeError(f"lab: {method}{arguments}: {error[0]}")
            return value
        return call

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


# --- what is watched ----------------------------------------------------------------

STARTED, BOOTED, FAILED = 0x400003E8, 0x80001775, writer.NO_ADMIN_MAILBOX


class Logs:
    """A copied pair of logs, which grow as those of a server do and are replaced as a
    whole. They begin with a boot an hour ago and a start that worked."""

    def __init__(self, folder, name):
        self.application = pathlib.Path(folder) / f"{name}-AppEvent.Evt"
        self.system = pathlib.Path(folder) / f"{name}-SysEvent.Evt"
        now = int(time.time())
        self._records = {
            self.application: [writer.record(1, now - HOUR + 30, STARTED)],
            self.system: [writer.record(1, now - HOUR, BOOTED, "EventLog")]}
        self.write()

    def write(self):
        for path, records in self._records.items():
            fresh = path.with_suffix(".new")
            fresh.write_bytes(writer.log(writer.DIRTY, records))
            os.replace(fresh, path)

    def add(self, path, event, source="MSExchangeIMC"):
        records = self._records[path]
        records.append(writer.record(len(records) + 1, int(time.time()), event, source))

    def fail(self):
        """A boot, and 4071 at the automatic start."""
        self.add(self.system, BOOTED, "EventLog")
        self.add(self.application, FAILED)
        self.write()

    def recover(self):
        """Somebody starts it by hand."""
        self.add(self.application, STARTED)
        self.write()

    def section(self, **more):
        return {"evt": self.application, "system_evt": self.system, **more}


def configuration(servers, agent, defaults):
    """The text of an imc-monitor.conf. The machine's own folders are left alone."""
    if "agentx_socket" in agent:
        folder = pathlib.Path(agent["agentx_socket"]).parent
        agent = {"trap_socket": folder / "trap.sock", **agent}
    sections = [("agent", agent), ("defaults", defaults)]
    sections += [(f"server {name}", keys) for name, keys in servers.items()]
    return "".join(f"[{title}]\n" + "".join(f"{key} = {value}\n"
                                            for key, value in keys.items())
                   for title, keys in sections if keys or title.startswith("server"))


def assert_whole(case, folder):
    """No state file is cut, whatever happened."""
    folder = pathlib.Path(folder)
    for path in (*folder.glob("*.state"), *folder.glob("*.standing")):
        case.assertTrue(sandbox.is_whole(path.read_bytes()), path)


class Event:
    """A notification of ours, as it came."""

    def __init__(self, told):
        self.when, self.bindings = told.when, told.bindings
        self.kind = kinds()[told.oid]
        self.names = [name for name, _, _ in told.bindings]
        values = [value for _, _, value in told.bindings[2:]]
        (server, self.status, text, self.condition, self.trigger, time_, self.reason,
         self.sequence) = values
        self.server, self.text = server.decode(), text.decode()
        self.event_time = moment(time_)

    def __repr__(self):
        return f"{self.server} {self.kind} {self.reason} #{self.sequence}"


class Recorder(unittest.TestResult):
    """Keeps what a test reports, to report it again."""

    REPORTS = ("startTest", "stopTest", "addSubTest", "addSuccess", "addFailure",
               "addError", "addSkip")

    def __init__(self):
        super().__init__()
        self.reports = []

    def __getattribute__(self, name):
        method = super().__getattribute__(name)
        if name not in Recorder.REPORTS:
            return method

        def report(*arguments):
            self.reports.append((name, arguments))
            return method(*arguments)
        return report


class Concurrently(unittest.TestSuite):
    """Runs its tests at the same time: they wait for polls nearly always, and each has
    everything of its own."""

    AT_ONCE = 8

    def run(self, result, debug=False):
        names()         # once, not by each

        def record(test):
            recorder = Recorder()
            test.run(recorder)
            return recorder.reports

        for reports in lab.in_parallel(record, flattened(self), self.AT_ONCE):
            for name, arguments in reports:
                getattr(result, name)(*arguments)
        return result


def flattened(suite):
    for one in suite:
        if isinstance(one, unittest.TestSuite):
            yield from flattened(one)
        else:
            yield one


def concurrently(_loader, tests, _pattern):
    """A module's `load_tests`."""
    return Concurrently(flattened(tests))


class Case(unittest.TestCase):
    """A test with a folder, a sink for notifications and an snmpd, which runs unless
    HAS_SNMPD says otherwise."""

    HAS_SNMPD = True
    maxDiff = None

    def setUp(self):
        # Short: a socket's path is in it.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="imc-a-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.folder.chmod(0o755)
        self.sink = Sink()
        self.addCleanup(self.sink.close)
        self.snmpd = Snmpd(self.folder, self.sink.port)
        self.addCleanup(self.snmpd.stop)
        self.manager = Manager(self.snmpd.port)
        self.addCleanup(self.manager.close)
        self.state = self.folder / "state"
        self.state.mkdir(mode=0o700)
        self.path = self.folder / "imc-monitor.conf"
        self.agent = Agent(self.folder, self.path)
        self.addCleanup(self._end_agent)
        if self.HAS_SNMPD:
            self.snmpd.start()

    def _end_agent(self):
        family = descendants(self.agent.pid) if self.agent.process else []
        self.agent.stop()
        try:            # they notice that their parent is gone
            wait_for(f"{family} end with imc-agentd",
                     lambda: not any(map(is_alive, family)), 10)
        finally:
            for pid in filter(is_alive, family):
                os.kill(pid, signal.SIGKILL)

    def tearDown(self):
        self.last_words = self.agent.tail()

    def run(self, result=None):
        """What imc-agentd said is told with a failure."""
        self.last_words = ""
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(f"{self.id()}: {self.last_words}", flush=True)
        return result

    # -- imc-agentd -------------------------------------------------------------------

    def logs(self, name="one"):
        return Logs(self.folder, name)

    def lab_servers(self):
        host = Lab()
        self.addCleanup(host.close)
        return host

    def credentials(self, name="credentials", user=lab.USER, password=lab.PASSWORD,
                    domain=None):
        """Replaced as a whole, readable for its owner only."""
        path = self.folder / name
        fresh = self.folder / f"{name}.new"
        fresh.touch(mode=0o600)
        fresh.write_text(f"username = {user}\npassword = {password}\n"
                         + (f"domain = {domain}\n" if domain else ""))
        os.replace(fresh, path)
        return path

    def configure(self, servers, agent=None, defaults=None):
        """Writes the file. Servers are polled once a day where `defaults` says no more:
        what is not to change stays as it is."""
        settings = {"agentx_socket": self.snmpd.socket, "state_dir": self.state,
                    **(agent or {})}
        text = configuration(
            servers, {key: value for key, value in settings.items() if value is not None},
            {"interval": "1d", **(defaults or {})})
        fresh = self.path.with_suffix(".new")
        fresh.write_text(text)
        os.replace(fresh, self.path)

    def serve(self, servers, agent=None, defaults=None, **more):
        """Starts imc-agentd and waits until it has polled all of them."""
        self.configure(servers, agent, defaults)
        self.agent.start(**more)
        self.wait_for(f"{len(servers)} servers are polled", lambda: (
            self.agent.process.poll() is not None or self.polled() >= len(servers)))
        self.assertIsNone(self.agent.process.poll(), self.agent.tail())

    def wait_for(self, what, check, seconds=PATIENCE, pause=0.05):
        return wait_for(what, check, seconds, pause, self.agent.tail)

    def state_file(self, server):
        """Its state file, or none."""
        return next(self.state.glob(f"{server}%7Eevt.state"), None)

    # -- what a manager sees ----------------------------------------------------------

    def scalar(self, name):
        value, = self.manager.get(names()[f"imc{name}"] + (0,))
        return value

    def column(self, name, table="imcServer"):
        """{server: value} of one column of imcServerTable."""
        root = names()[table + name]
        return {bytes(one[len(root) + 1:]).decode(): read(name, value)
                for one, value in self.manager.walk(root)}

    def rows(self):
        """{server: {column: value}} of imcServerTable; holes are not in it."""
        entry, found = names()["imcServerEntry"], {}
        for one, value in self.manager.walk(entry):
            name = columns("imcServer")[one[len(entry)]]
            server = bytes(one[len(entry) + 2:]).decode()
            found.setdefault(server, {})[name] = read(name, value)
        return found

    def row(self, server):
        return self.rows().get(server, {})

    def cell(self, server, name):
        value, = self.manager.get(names()[f"imcServer{name}"] + index_of(server))
        return read(name, value)

    def events(self):
        """{server: [{column: value}]} of imcEventTable, by number."""
        entry, found = names()["imcEventEntry"], {}
        for one, value in self.manager.walk(entry):
            name = columns("imcEvent")[one[len(entry)]]
            length = one[len(entry) + 1]
            server = bytes(one[len(entry) + 2:len(entry) + 2 + length]).decode()
            of_server = found.setdefault(server, {})
            of_server.setdefault(one[-1], {"Number": one[-1]})[name] = read(name, value)
        return {server: [events[number] for number in sorted(events)]
                for server, events in found.items()}

    def polled(self):
        """How many servers were polled since imc-agentd started."""
        failed = [server for server, count in self.column("FailedPolls").items() if count]
        return len({*self.column("LastPollTime"), *failed})

    def told(self, *kinds, server=None, since=0):
        """Our notifications so far."""
        found = map(Event, self.sink.told(names()["imcNotifications"]))
        return [one for one in found if (not kinds or one.kind in kinds)
                and (server is None or one.server == server) and one.when >= since]

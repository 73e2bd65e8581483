# SPDX-License-Identifier: GPL-3.0-or-later
"""Private icinga2 daemons with the files that packaging/icinga2/ ships.

    node = Node(folder, "satellite.example.com", {PLUGIN: lab.PROGRAM})
    node.write("conf.d/hosts.conf", 'object Host "a" { check_command = "dummy" }')
    Authority(node).certify(node)
    node.start()
    node.check("exch01!imc").state
    node.stop()

A node has its configuration, its certificates, its state and its port in the test's
folder. Of the machine it has Debian's icinga2.conf and the template library, in which
imc.conf lies as the package puts it there. Times are those of the shipped files: checks
are forced.
"""
import dataclasses
import grp
import http.client
import json
import os
import pathlib
import pwd
import shutil
import signal
import ssl
import subprocess
import sys
import time
from base64 import b64encode

import lab
from agentd import descendants, wait_for
from snmp_wire import NoAnswer

PROGRAM = "/usr/sbin/icinga2"
SHIPPED = lab.HERE.parent.parent / "packaging" / "icinga2"
COMMANDS, SERVICES, TWO_NODES = "imc.conf", "services.conf.example", "two-nodes"
DEBIAN = pathlib.Path("/etc/icinga2")
LIBRARY = pathlib.Path("/usr/share/icinga2/include")
PLUGIN, STARTER = 'PluginContribDir + "/check_imc"', '"/usr/sbin/imc-start"'
STATE_DIR = '"/var/lib/imc-monitor"'
FOLDERS = {"ConfigDir": "etc", "ZonesDir": "etc/zones.d", "DataDir": "data",
           "LogDir": "log", "CacheDir": "cache", "SpoolDir": "spool",
           "InitRunDir": "run", "IncludeConfDir": "include"}
STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
TYPES = ("SOFT", "HARD")
USER, PASSWORD = "test", "test-1"
PATIENCE = 60           # s: a master looks for satellites that went away each 10 s
FEATURES = """
object ApiListener "api" {{
    bind_host = "{host}"
    bind_port = {port}
    accept_config = true
    accept_commands = true
}}
object ApiUser "{user}" {{
    password = "{password}"
    permissions = [ "*" ]
}}
object CheckerComponent "checker" {{ }}
object FileLogger "log" {{
    severity = "information"
    path = LogDir + "/log"
}}
"""
# Runs a program, and keeps what it was asked and how it ended.
RECORDER = """#!{python}
import json, os, subprocess, sys
code = subprocess.run([{program!r}, *sys.argv[1:]]).returncode
record = os.open({record!r}, os.O_WRONLY | os.O_APPEND)
os.write(record, json.dumps([sys.argv[1:], code]).encode() + b"\\n")
sys.exit(code)
"""
# Says what it was asked, in letters that nobody on the way makes anything else of.
ECHO = """#!{python}
import base64, json, sys
print(base64.b64encode(json.dumps(sys.argv[1:]).encode()).decode())
"""


@dataclasses.dataclass(frozen=True)
class Status:
    """What a node thinks of a service."""
    state: str
    type: str
    output: str
    perfdata: list
    source: str         # the node that executed the check
    event_command: str
    moment: float       # when the last check ended; 0: there was none


@dataclasses.dataclass(frozen=True)
class Call:
    """One run of a program behind a Recorder."""
    asked: list
    code: int

    def value(self, option):
        return self.asked[self.asked.index(option) + 1]


class Recorder:
    def __init__(self, path, program):
        self.path = pathlib.Path(path)
        self._record = self.path.with_suffix(".record")
        self._record.touch()
        write_program(self.path, RECORDER, record=str(self._record),
                      program=str(program))

    def calls(self, word):
        """Those that were asked with that word, in the order of their ends."""
        lines = self._record.read_text(encoding="utf-8").splitlines()
        calls = [Call(*json.loads(line)) for line in lines]
        return [call for call in calls if word in call.asked]


def write_program(path, text, **values):
    path.write_text(text.format(python=sys.executable, **values), encoding="utf-8")
    path.chmod(0o755)
    return path


class Expression(str):
    """What stands in a configuration as it is."""


def literal(value):
    """A value in Icinga's language, whose text has no macros."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return "[ " + ", ".join(literal(one) for one in value) + " ]"
    if not isinstance(value, str) or isinstance(value, Expression):
        return str(value)
    for old, new in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\t", "\\t"),
                     ("$", "$$")):
        value = value.replace(old, new)
    return f'"{value}"'


def shipped(name, changes=()):
    """The text of a shipped file, where each change is one of something that is there."""
    text = (SHIPPED / name).read_text(encoding="utf-8")
    for old, new in dict(changes).items():
        if old not in text:
            raise AssertionError(f"{name} has no {old}")
        text = text.replace(old, new)
    return text


def environment():
    """icinga2 becomes a user of its own, which could not read the test's files."""
    return {**lab.environment(), "ICINGA2_USER": pwd.getpwuid(os.geteuid()).pw_name,
            "ICINGA2_GROUP": grp.getgrgid(os.getegid()).gr_name}


def run(*arguments):
    """Exit code and all that it says."""
    done = subprocess.run([PROGRAM, *map(str, arguments)], env=environment(), text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=lab.HANG)
    return done.returncode, done.stdout


def run_well(*arguments):
    code, said = run(*arguments)
    if code:
        raise AssertionError(f"icinga2 {' '.join(map(str, arguments))}: {said}")


class Node:
    """`commands`: changes of the text of imc.conf."""

    def __init__(self, folder, name, commands=()):
        self.folder, self.name = pathlib.Path(folder) / name, name
        self.port, self.process = lab.free_port(), None
        for one in ("data/certs", "log", "cache", "spool", "run", "include",
                    "etc/features-enabled", "etc/conf.d", "etc/zones.d"):
            (self.folder / one).mkdir(parents=True)
        for one in ("icinga2.conf", "constants.conf", "zones.conf"):
            shutil.copy(DEBIAN / one, self.folder / "etc")
        self._link_library(shipped(COMMANDS, commands))

    def _link_library(self, commands):
        library = self.folder / "include"
        for path in LIBRARY.iterdir():
            if path.name not in ("plugins-contrib", "plugins-contrib.d"):
                (library / path.name).symlink_to(path)
        shutil.copy(LIBRARY / "plugins-contrib", library)
        contrib = library / "plugins-contrib.d"
        contrib.mkdir()
        for path in (LIBRARY / contrib.name).iterdir():
            if path.name != COMMANDS:
                (contrib / path.name).symlink_to(path)
        (contrib / COMMANDS).write_text(commands, encoding="utf-8")

    def write(self, name, text):
        """A file below /etc/icinga2."""
        path = self.folder / "etc" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def constants(self):
        """As options of icinga2."""
        values = {key: self.folder / value for key, value in FOLDERS.items()}
        values["NodeName"] = self.name
        return [word for key, value in values.items()
                for word in ("-D", f"{key}={value}")]

    def verify(self):
        """What `icinga2 daemon -C` says."""
        return run("daemon", "-C", *self.constants())

    # -- life ------------------------------------------------------------------------

    def start(self):
        with open(self.folder / "out", "ab") as out:
            self.process = subprocess.Popen(
                [PROGRAM, "daemon", *self.constants()], env=environment(), cwd="/",
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
        wait_for(f"{self.name} answers", self._is_ready, PATIENCE, detail=self.log)

    def _is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{self.name} ended: {self.log()}")
        return self.ask("GET", "status")

    def stop(self):
        """It, its workers, and what they execute, which has sessions of its own."""
        if self.process is None:
            return
        all_of_it = descendants(self.process.pid)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(lab.HANG)
        finally:
            for pid in living(all_of_it):
                os.kill(pid, signal.SIGKILL)
            self.process.kill()
            self.process.wait(lab.HANG)
            self.process = None
        wait_for(f"{self.name} has ended", lambda: not living(all_of_it), seconds=10)

    # -- what it tells ---------------------------------------------------------------

    def log(self):
        texts = [self.folder / name for name in ("out", "log/log")]
        return "".join(path.read_text(encoding="utf-8", errors="replace")[-6000:]
                       for path in texts if path.exists())

    def ask(self, method, path, **body):
        """The results of one request to the API."""
        context = ssl.create_default_context(cafile=self.folder / "data/certs/ca.crt")
        context.check_hostname = False          # it goes by its name, not by its address
        connection = http.client.HTTPSConnection(lab.HOST, self.port, context=context,
                                                 timeout=lab.HANG)
        login = b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        try:
            connection.request(method, f"/v1/{path}", json.dumps(body) if body else None,
                               {"Accept": "application/json",
                                "Authorization": f"Basic {login}"})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as why:
            raise NoAnswer(f"{self.name}: {why}") from why
        finally:
            connection.close()
        if answer.status != 200:
            raise NoAnswer(f"{self.name}: {path}: {answer.status} {text[:2000]}")
        return json.loads(text)["results"]

    def objects(self, kind):
        """{name: attributes}"""
        return {one["name"]: one["attrs"] for one in self.ask("GET", f"objects/{kind}")}

    def service(self, name):
        return self.services()[name]

    def services(self):
        return {name: status(one) for name, one in self.objects("services").items()}

    def is_connected(self, peer):
        return self.objects("endpoints")[peer.name]["connected"]

    def postpone(self):
        """Checks that nobody asks for: none in an hour."""
        self._reschedule("true", {}, next_check=time.time() + 3600)

    def check(self, *names):
        """The status of each after one more check than now; of one, it alone. Satellites
        that have just begun do not take this from their master: ask them."""
        before = self.services()

        def next_ones():
            found = self.services()
            new = [found[name] for name in names
                   if found[name].moment > before[name].moment]
            return new if len(new) == len(names) else None
        self._reschedule("service.__name in names", {"names": names}, force=True)
        found = wait_for(f"one more check of {', '.join(names)}", next_ones, PATIENCE,
                         detail=self.log)
        return found if len(names) > 1 else found[0]

    def _reschedule(self, condition, values, **more):
        self.ask("POST", "actions/reschedule-check", type="Service", filter=condition,
                 filter_vars=values, **more)


def living(pids):
    """Those that have not ended."""
    def lives(pid):
        try:
            text = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except OSError:
            return False
        return text.rsplit(")", 1)[1].split()[0] != "Z"
    return [pid for pid in pids if lives(pid)]


def status(service):
    result = service["last_check_result"] or {}
    return Status(STATES[int(service["state"])], TYPES[int(service["state_type"])],
                  result.get("output"), result.get("performance_data"),
                  result.get("check_source"), service["event_command"],
                  result.get("execution_end", 0))


class Authority:
    """The CA of a master, which is on its disk. Who has a certificate can be started."""

    def __init__(self, master):
        self.master = master
        run_well("pki", "new-ca", *master.constants())

    def certify(self, node):
        certificates = node.folder / "data" / "certs"
        request = node.folder / "request.csr"
        run_well("pki", "new-cert", "--cn", node.name, "--csr", request,
                 "--key", certificates / f"{node.name}.key")
        run_well("pki", "sign-csr", *self.master.constants(), "--csr", request,
                 "--cert", certificates / f"{node.name}.crt")
        shutil.copy(self.master.folder / "data/ca/ca.crt", certificates)
        node.write("features-enabled/test.conf", FEATURES.format(
            host=lab.HOST, port=node.port, user=USER, password=PASSWORD))

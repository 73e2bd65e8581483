# SPDX-License-Identifier: GPL-3.0-or-later
"""A private nagios4 with the objects that packaging/nagios/ ships.

    daemon = Nagios(folder, {"/usr/sbin/imc-start": path, STATE_DIR: folder})
    daemon.add("EXCH01", "imc-service-start", "--config FILE")
    daemon.start()
    daemon.service("EXCH01").state, daemon.calls("EXCH01")
    daemon.stop()

Its configuration, its log and its status are in the test's folder; the templates that
others build on are those of Debian's package. A minute is a second long here.
"""
import dataclasses
import grp
import os
import pathlib
import pwd
import re
import signal
import subprocess

import lab
from agentd import wait_for

PROGRAM = "/usr/sbin/nagios4"
SHIPPED = lab.HERE.parent.parent / "packaging" / "nagios"
COMMANDS, SERVICES = "imc-monitor.cfg", "imc-monitor-services.cfg"
DEBIAN = pathlib.Path("/etc/nagios4/objects")
OBJECTS = ("commands", "contacts", "templates", "timeperiods")
STATE_DIR = "/var/lib/imc-monitor"
STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")       # by status.dat's numbers
TYPES = ("SOFT", "HARD")
HANDLER_TIMEOUT = 2     # s, and less than any start takes
SETTINGS = {
    "interval_length": 1,
    "status_update_interval": 1,
    "event_handler_timeout": HANDLER_TIMEOUT,
    "service_inter_check_delay_method": "n",
    "check_external_commands": 0,
    "check_for_updates": 0,
    "enable_notifications": 0,
    "log_rotation_method": "n",
    "retain_state_information": 0,
    "use_syslog": 0,
    # As Debian has them.
    "illegal_object_name_chars": "`~!$%^&*|'\"<>?,()=",
    "illegal_macro_output_chars": "`~$&|'\"<>",
    "enable_event_handlers": 1,
    "log_event_handlers": 1,
    "log_service_retries": 1,
}
FILES = {
    "log_file": "nagios.log",
    "object_cache_file": "objects.cache",
    "precached_object_file": "objects.precache",
    "status_file": "status.dat",
    "command_file": "nagios.cmd",
    "query_socket": "nagios.qh",
    "lock_file": "nagios.pid",
    "temp_file": "nagios.tmp",
    "temp_path": ".",
    "check_result_path": "results",
}
# Runs a program and keeps what became of it, which Nagios does not tell of a handler.
WITNESS = """#!/bin/sh
said=$('{program}' "$@" 2>&1)
code=$?
printf '%s %s\\n' "$code" "$said" >>'{record}'
printf '%s\\n' "$said"
exit "$code"
"""


@dataclasses.dataclass(frozen=True)
class Status:
    """What Nagios thinks of a service."""
    state: str
    type: str
    output: str
    checked_at: int     # s, by Nagios's clock


class Nagios:
    """`paths`: those in the shipped files, and what they become here."""

    def __init__(self, folder, paths):
        self.folder = pathlib.Path(folder)
        self.process = None
        (self.folder / "results").mkdir()
        for name in (COMMANDS, SERVICES):
            text = (SHIPPED / name).read_text(encoding="utf-8")
            for old, new in paths.items():
                text = text.replace(old, str(new))
            (self.folder / name).write_text(text, encoding="utf-8")
        self.example = example((self.folder / SERVICES).read_text(encoding="utf-8"))
        self.configuration = self.folder / "nagios.cfg"
        self._write_configuration()

    def _write_configuration(self):
        lines = {**SETTINGS, **{key: self.folder / name for key, name in FILES.items()},
                 "nagios_user": pwd.getpwuid(os.geteuid()).pw_name,
                 "nagios_group": grp.getgrgid(os.getegid()).gr_name}
        text = "".join(f"{key}={value}\n" for key, value in lines.items())
        files = [*(DEBIAN / f"{name}.cfg" for name in OBJECTS),
                 *(self.folder / name for name in (COMMANDS, SERVICES, "servers.cfg"))]
        text += "".join(f"cfg_file={file}\n" for file in files)
        self.configuration.write_text(text, encoding="utf-8")
        (self.folder / "servers.cfg").write_text("", encoding="utf-8")

    def add(self, server, template, options=None, **variables):
        """A host and its service, which is the example that the shipped file has, but for
        `variables`."""
        service = self.example.replace("EXCH01", server).replace("exch01", server.lower())
        service = re.sub(r"(?m)^(\s*use\s+).*$", rf"\g<1>{template}", service)
        if options:
            variables["_IMC_OPTIONS"] = options
        for key, value in variables.items():
            service = re.sub(rf"(?m)^\s*{key}\s.*\n", "", service)
            service = service.replace("\t}", f"\t{key}\t{value}\n\t}}")
        host = (f"define host{{\n\tuse generic-host\n\thost_name {server.lower()}\n"
                "\taddress 127.0.0.1\n\tmax_check_attempts 1\n\tcontact_groups admins\n"
                "\t}\n")
        with open(self.folder / "servers.cfg", "a", encoding="utf-8") as file:
            file.write(host + service)

    def verify(self):
        """What `nagios4 -v` says."""
        done = subprocess.run([PROGRAM, "-v", self.configuration], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=lab.HANG)
        return done.returncode, done.stdout

    # -- life ------------------------------------------------------------------------

    def start(self):
        with open(self.folder / "out", "wb") as out:
            self.process = subprocess.Popen(
                [PROGRAM, self.configuration], env=lab.environment(), cwd=self.folder,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True)
        wait_for("Nagios has a status", self._is_ready, detail=self.log)

    def _is_ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"Nagios ended: {self.log()}")
        return (self.folder / "status.dat").exists()

    def stop(self):
        """It, its workers and their checks; handlers too, which are on their own."""
        if self.process is None:
            return
        self._signal(signal.SIGTERM, [self.process.pid])
        self.process.wait(lab.HANG)
        self._signal(signal.SIGTERM, lab.processes_of(self.process.pid))
        try:
            wait_for("Nagios has ended",
                     lambda: not lab.processes_of(self.process.pid), seconds=10)
        finally:
            self._signal(signal.SIGKILL, lab.processes_of(self.process.pid))

    @staticmethod
    def _signal(number, pids):
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    # -- what it tells ---------------------------------------------------------------

    def log(self):
        texts = [self.folder / name for name in ("out", "nagios.log")]
        return "".join(path.read_text(errors="replace")
                       for path in texts if path.exists())

    def service(self, server):
        text = (self.folder / "status.dat").read_text(encoding="utf-8")
        for block in re.findall(r"^servicestatus \{\n(.*?)^\t\}$", text, re.M | re.S):
            found = dict(line.strip().split("=", 1) for line in block.splitlines())
            if found["host_name"] == server.lower():
                return Status(state=STATES[int(found["current_state"])],
                              type=TYPES[int(found["state_type"])],
                              output=found["plugin_output"],
                              checked_at=int(found["last_check"]))
        raise AssertionError(f"no service of {server}: {text}")

    def calls(self, server):
        """("CRITICAL", "SOFT", 1) for each call of the event handler."""
        found = re.findall(rf"SERVICE EVENT HANDLER: {server.lower()};[^;\n]*;"
                           r"(\w+);(\w+);(\d+);imc_start$", self.log(), re.M)
        return [(state, kind, int(attempt)) for state, kind, attempt in found]

    def wait_for_check(self, server):
        """Its status after one more check than now."""
        before = self.service(server).checked_at

        def next_one():
            found = self.service(server)
            return found if found.checked_at > before else None
        return wait_for(f"one more check of {server}", next_one, detail=self.log)


def example(text):
    """The service in the comments of the shipped file."""
    lines = re.search(r"^#define service\{\n(?:#\t.*\n)+?#\t\}\n", text, re.M).group()
    return re.sub(r"(?m)^#", "", lines)


class Witness:
    """Stands for a program, and knows how each run of it ended."""

    def __init__(self, folder, program):
        folder = pathlib.Path(folder)
        self.path = folder / f"{pathlib.Path(program).name}-witness"
        self._record = folder / f"{self.path.name}.record"
        self._record.touch()
        self.path.write_text(WITNESS.format(program=program, record=self._record))
        self.path.chmod(0o755)

    def runs(self, word=""):
        """[(exit code, what it said)] of those that said that word."""
        lines = self._record.read_text(encoding="utf-8").splitlines()
        found = [line.partition(" ") for line in lines if word in line]
        return [(int(code), said) for code, _, said in found]

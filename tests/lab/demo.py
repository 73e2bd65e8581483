#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make demo` shows: check_imc as an operator sees it, against lab servers.

Ends with exit code 0 only where each check gave the exit code that it should.
"""
import json
import os
import pathlib
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = pathlib.Path(os.environ.get("IMC_BUILD", ROOT / "build")).resolve()
SCENARIOS = HERE / "scenarios"
PATIENCE = 20       # s, for a lab server to be ready
STATUS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
sys.path[:0] = [str(HERE), str(HERE.parent / "data")]

import evt_writer as writer  # noqa: E402  (the path comes first)

# What is shown, the scenario of the server, the exit code.
SERVERS = (
    ("All is well.", "running", 0),
    ("After the reboot the service did not start: the fault of article Q183178.",
     "active-automatic", 2),
    ("Somebody started it by hand: mail flows, but the next reboot will stop it again.",
     "recovered-automatic", 1),
    ("It is down, but for another cause.", "past-other-failure", 2),
    ("The account may not read the Application log: what was not read is not healthy.",
     "denied-application-log", 3),
)
LATER = "running"       # the server that reboots in the second part


class Servers:
    """The lab in a process of its own, one port for each scenario."""

    def __init__(self, folder, scenarios):
        self.folder = folder
        self.paths = {}
        for name in scenarios:
            self.paths[name] = folder / f"{name}.json"
            self.paths[name].write_bytes((SCENARIOS / f"{name}.json").read_bytes())
        self.ports = {}

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "nt" / "__main__.py"),
             *map(str, self.paths.values()),
             "--dir", str(self.folder)])
        ready, end = self.folder / "ports.json", time.monotonic() + PATIENCE
        while not ready.exists():
            if self.process.poll() is not None or time.monotonic() > end:
                self.__exit__()
                sys.exit("demo: the lab did not start")
            time.sleep(0.02)
        self.ports = json.loads(ready.read_text(encoding="utf-8"))
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def change(self, name, change):
        """The server becomes another one: a reboot, seen from outside."""
        scenario = json.loads(self.paths[name].read_text(encoding="utf-8"))
        change(scenario)
        self.paths[name].write_text(json.dumps(scenario), encoding="utf-8")
        self.process.send_signal(signal.SIGHUP)


class Demo:
    """Runs checks in a folder, so that command lines are short, and counts surprises."""

    def __init__(self, folder):
        self.folder = folder
        self.surprises = 0
        self.has_shown = False

    def show(self, arguments):
        command = [str(BUILD / "check_imc"), *map(str, arguments)]
        if self.has_shown:
            command.append("--no-perfdata")     # shown once, it is in the way
        self.has_shown = True
        done = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        print(f"$ check_imc {shlex.join(command[1:])}")
        print(done.stdout + done.stderr, end="")
        return done.returncode

    def check(self, about, arguments, expected):
        print(f"# {about}")
        code = self.show(arguments)
        is_right = code == expected
        self.surprises += not is_right
        print(f"=> exit code {code} ({STATUS[code] if 0 <= code <= 3 else '?'})"
              + ("" if is_right else f", but {expected} was expected") + "\n")


def closed_port():
    """One at which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def target(port):
    return ["-H", "127.0.0.1", "-p", port, "-A", "credentials"]


def reboot(scenario):
    """Booted two minutes ago; the automatic start ended in 4071."""
    scenario["service"].update(state="stopped", win32_exit=1066, specific_exit=2140)
    scenario["system_log"].append(
        {"at": "-2m", "source": "EventLog", "id": "0x80001775", "type": "information"})
    scenario["application_log"].append(
        {"at": "-75s", "source": "MSExchangeIMC", "id": "0xC0000FE7", "type": "error"})


def wait_for_change(demo, port):
    """A SIGHUP is not answered: ask until the server is the other one, in silence."""
    end = time.monotonic() + PATIENCE
    command = [str(BUILD / "check_imc"), *map(str, target(port))]
    while time.monotonic() < end:
        if subprocess.run(command, cwd=demo.folder, capture_output=True).returncode != 0:
            return
        time.sleep(0.05)


def show_servers(demo, servers):
    for about, name, expected in SERVERS:
        demo.check(about, target(servers.ports[name]), expected)
    demo.check("Nobody answers.", target(closed_port()), 3)


def show_reboot(demo, servers):
    port = servers.ports[LATER]
    remembering = target(port) + ["--state-dir", "state"]
    demo.check("A server that is well, with a memory of what was read,", remembering, 0)
    servers.change(LATER, reboot)
    wait_for_change(demo, port)
    demo.check("reboots, and event 4071 arrives: found at the next check.", remembering,
               2)


def show_copied_logs(demo):
    now = int(time.time())
    failure = writer.record(41, now - 3540, writer.NO_ADMIN_MAILBOX, kind=writer.ERROR)
    for name, records in (("AppEvent.Evt", [writer.record(40, now - 90000, 0x400003E8),
                                            failure]),
                          ("SysEvent.Evt", writer.system(now))):
        (demo.folder / name).write_bytes(writer.log(writer.DIRTY, records))
    demo.check("The same from log files that were copied from a server.",
               ["--evt", "AppEvent.Evt", "--system-evt", "SysEvent.Evt"], 2)


def main():
    with tempfile.TemporaryDirectory(prefix="imc-demo-") as name:
        folder = pathlib.Path(name)
        (folder / "credentials").write_text("username = monitor\npassword = Secret-1\n",
                                            encoding="utf-8")
        (folder / "credentials").chmod(0o600)
        (folder / "state").mkdir(mode=0o700)
        demo = Demo(folder)
        with Servers(folder, [row[1] for row in SERVERS]) as servers:
            show_servers(demo, servers)
            show_reboot(demo, servers)
        show_copied_logs(demo)
    checks = len(SERVERS) + 4
    print(f"{checks - demo.surprises} of {checks} checks said what they should.")
    return 1 if demo.surprises else 0


if __name__ == "__main__":
    sys.exit(main())

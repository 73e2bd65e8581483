#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `make demo` shows: check_imc as an operator sees it, imc-agentd through snmpd as
an SNMP manager sees it, and imc-start mending what it may, against lab servers.

Ends with exit code 0 only where each of them said what it should.
"""
import json
import os
import pathlib
import shlex
import signal
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
START = ("it runs", "not done", "tried and failed", "cannot tell")
sys.path[:0] = [str(HERE), str(HERE.parent / "data"), str(HERE.parent / "integration")]

import agentd  # noqa: E402  (the path comes first)
import evt_writer as writer  # noqa: E402
import snmp_agent  # noqa: E402
from ports import free_port  # noqa: E402

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
DOWN = "active-automatic"   # and the one that is started at last


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


class Agent:
    """imc-agentd, the snmpd that it serves through, and the snmptrapd that is told."""

    def __init__(self, folder, ports):
        self.folder, self.ports = folder, ports
        self.trap_port = agentd.free_udp_port()
        self.snmpd = agentd.Snmpd(folder, self.trap_port)
        self.agent = agentd.Agent(folder, folder / "imc-monitor.conf")
        self.trapd = None

    def __enter__(self):
        self.snmpd.start()
        self._start_snmptrapd()
        state = self.folder / "state-of-agentd"
        state.mkdir(mode=0o700)
        common = {"address": "127.0.0.1", "credentials": self.folder / "credentials"}
        self.agent.configuration.write_text(agentd.configuration(
            {name: {**common, "port": port} for name, port in self.ports.items()},
            {"agentx_socket": self.snmpd.socket, "state_dir": state},
            {"interval": "10s"}), encoding="utf-8")
        self.agent.start()
        return self

    def _start_snmptrapd(self):
        configuration = self.folder / "snmptrapd.conf"
        configuration.write_text("disableAuthorization yes\n", encoding="utf-8")
        with open(self.folder / "traps", "wb") as out:
            self.trapd = subprocess.Popen(
                ["snmptrapd", "-f", "-C", "-c", configuration, "-Lo", "-OSQ", "-F",
                 "%v\n", "-M", agentd.module_folder().name, "-m", "IMC-MONITOR-MIB",
                 f"udp:127.0.0.1:{self.trap_port}"],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={"PATH": "/usr/sbin:/usr/bin",
                     "SNMP_PERSISTENT_DIR": str(self.folder)})

    def __exit__(self, *_):
        self.agent.stop()
        self.snmpd.stop()
        if self.trapd is not None:
            agentd.end(self.trapd)

    def table(self):
        """Lines of imcServerTable as snmptable prints them, as dicts."""
        text = agentd.tool("snmptable", "-Ci", "-Cf", "|", *self.snmpd.target(),
                           "imcServerTable", check=False).stdout
        lines = [line.split("|") for line in text.splitlines() if "|" in line]
        return [dict(zip(lines[0], line)) for line in lines[1:]]

    def notifications(self, server):
        """{kind: values} of what snmptrapd printed of a server."""
        lines = (self.folder / "traps").read_text(errors="replace").splitlines()
        found = [[one.strip().replace("IMC-MONITOR-MIB::", "") for one in
                  line.split("\t")] for line in lines]
        return {values[1].split(" = ")[1]: values[2:] for values in found
                if f"imcServerNotifyName.0 = {server}" in values}


class Demo:
    """Runs checks in a folder, so that command lines are short, and counts surprises."""

    def __init__(self, folder):
        self.folder = folder
        self.checks = self.surprises = 0
        self.has_shown = False

    def show(self, program, arguments):
        command = [str(BUILD / program), *map(str, arguments)]
        print(f"$ {program} {shlex.join(command[1:])}", flush=True)
        done = subprocess.run(command, cwd=self.folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True)
        print(done.stdout + done.stderr, end="")
        return done.returncode

    def end(self, code, meaning, expected):
        is_right = self.expect(code == expected)
        print(f"=> exit code {code} ({meaning})"
              + ("" if is_right else f", but {expected} was expected") + "\n")

    def check(self, about, arguments, expected):
        print(f"# {about}")
        if self.has_shown:
            arguments = [*arguments, "--no-perfdata"]   # shown once, it is in the way
        self.has_shown = True
        code = self.show("check_imc", arguments)
        self.end(code, STATUS[code] if 0 <= code <= 3 else "?", expected)

    def start(self, about, arguments, expected):
        print(f"# {about}")
        code = self.show("imc-start", arguments)
        self.end(code, START[code] if 0 <= code <= 3 else "?", expected)

    def expect(self, is_right):
        self.checks += 1
        self.surprises += not is_right
        return is_right


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
    demo.check("Nobody answers.", target(free_port()), 3)


def show_reboot(demo, servers):
    port = servers.ports[LATER]
    remembering = target(port) + ["--state-dir", "state"]
    demo.check("A server that is well, with a memory of what was read,", remembering, 0)
    servers.change(LATER, reboot)
    wait_for_change(demo, port)
    demo.check("reboots, and event 4071 arrives: found at the next check.", remembering,
               2)


def wait(check):
    """The first true value, or the last one when patience ends."""
    end = time.monotonic() + PATIENCE
    while not (found := check()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


def show_table(demo, agent):
    """Each server as an SNMP manager sees it."""
    expected = {name: STATUS[code].lower() for _, name, code in SERVERS}
    wait(lambda: {row["index"] for row in agent.table()
                  if row.get("imcServerStatusText", "?") != "?"} >= set(expected) or None)
    print("# imc-agentd asks all of them; SNMP managers read its tables from snmpd.")
    print("$ snmptable -v2c -c public -Ci 127.0.0.1 imcServerTable   # in part")
    columns = ("imcServerStatus", "imcServerCondition", "imcServerStatusText")
    found = {}
    for row in agent.table():
        cells = [row.get(name, "?").strip('"') for name in columns]
        found[row["index"].strip('"')] = cells[0]
        print(f"{row['index'][:24]:25}{cells[0]:10}{cells[1]:11}{cells[2][:44]}")
    is_right = demo.expect(found == expected)
    print(f"=> {len(found)} rows" + ("" if is_right else f", expected {expected}") + "\n")


def show_notification(demo, agent):
    """What the reboot told by itself."""
    print("# The reboot was found by imc-agentd, too; snmptrapd is told, unasked:")
    kinds = ("imcServiceDown", "imcConditionRaised")
    wait(lambda: set(agent.notifications(LATER)) == set(kinds))
    found = agent.notifications(LATER)
    for kind, values in found.items():
        print("\n    ".join([kind, *values]))
    is_right = demo.expect(set(found) == set(kinds))
    print(f"=> {len(found)} notifications"
          + ("" if is_right else f", {', '.join(kinds)} were expected") + "\n")


def show_far_agent(demo, agent):
    """What imc-agentd knows, asked for from another site."""
    demo.check("Another site asks the imc-agentd of this one, through its snmpd.",
               ["-H", "127.0.0.1", "-p", agent.snmpd.port, "-A", "community",
                "--source", "agent", "--remote-server", "active-automatic"], 2)


def show_snmp(demo):
    """Where only the server's own SNMP service may be asked."""
    name = "Microsoft Exchange Internet Mail Service"
    for about, services, expected in (
            ("Where RPC is closed: the SNMP service tells which services run,",
             {"Server": 1, name: 1}, 0),
            ("or do not, but not why.", {"Server": 1}, 2)):
        with snmp_agent.Agent(snmp_agent.services(services)) as server:
            demo.check(about, ["-H", "127.0.0.1", "-p", server.port, "-A", "community",
                               "--source", "snmp"], expected)


def show_copied_logs(demo):
    now = int(time.time())
    failure = writer.record(41, now - 3540, writer.NO_ADMIN_MAILBOX, kind=writer.ERROR)
    for name, records in (("AppEvent.Evt", [writer.record(40, now - 90000, 0x400003E8),
                                            failure]),
                          ("SysEvent.Evt", writer.system(now))):
        (demo.folder / name).write_bytes(writer.log(writer.DIRTY, records))
    demo.check("The same from log files that were copied from a server.",
               ["--evt", "AppEvent.Evt", "--system-evt", "SysEvent.Evt"], 2)


def show_start(demo, servers):
    """What an operator who is paged at night does."""
    (demo.folder / "start.conf").write_text(
        f"[server EXCH01]\naddress = 127.0.0.1\nport = {servers.ports[DOWN]}\n"
        f"credentials = {demo.folder}/credentials\nallow_start = yes\n"
        f"start_credentials = {demo.folder}/credentials\n", encoding="utf-8")
    arguments = ["-s", "EXCH01", "-c", "start.conf", "-d", "state"]
    demo.start("Where it may, imc-start does what the article advises: first a dry run,",
               [*arguments, "--dry-run"], 1)
    demo.start("then the start, once, and it watches what comes of it.", arguments, 0)
    demo.check("Mail flows, and it is not forgotten.", target(servers.ports[DOWN]), 1)


def main():
    with tempfile.TemporaryDirectory(prefix="imc-demo-") as name:
        folder = pathlib.Path(name)
        for file, text in (("credentials", "username = monitor\npassword = Secret-1\n"),
                           ("community", "community = public\n")):
            (folder / file).write_text(text, encoding="utf-8")
            (folder / file).chmod(0o600)
        (folder / "state").mkdir(mode=0o700)
        demo = Demo(folder)
        with Servers(folder, [row[1] for row in SERVERS]) as servers:
            show_servers(demo, servers)
            with Agent(folder, servers.ports) as agent:
                show_table(demo, agent)
                show_far_agent(demo, agent)
                show_reboot(demo, servers)
                show_notification(demo, agent)
            show_start(demo, servers)
        show_copied_logs(demo)
        show_snmp(demo)
    print(f"{demo.checks - demo.surprises} of {demo.checks} checks said what they"
          " should.")
    return 1 if demo.surprises else 0


if __name__ == "__main__":
    sys.exit(main())

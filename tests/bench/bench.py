#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times of check_imc and imc-agentd beside those of their peers, as ratios, in one run.

A missed target is said, and is no failure: times depend on the machine. IMC_BUILD names
the build folder. smbd has to run as root.
"""
import argparse
import json
import os
import pathlib
import platform
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "lab"))

import agent_polls  # noqa: E402  (the path comes first)
import agent_walk  # noqa: E402
from measure import (  # noqa: E402
    AT_LEAST, AT_MOST, Contender, LeftOut, Target, compare, need)
import servers  # noqa: E402
import snmp_agent  # noqa: E402

BUILD = pathlib.Path(os.environ.get("IMC_BUILD", "build")).resolve()
CHECK = BUILD / "check_imc"
PAIRS = 15
PAIRS_OF_SECONDS = 3                  # with evtexport, which takes seconds
ANY_VERDICT = (0, 1, 2)
SYS_NAME = ".1.3.6.1.2.1.1.5.0"
SERVICE = "Microsoft Exchange Internet Mail Service"


def check_imc(name, *arguments):
    return Contender(name, [[str(CHECK), *map(str, arguments)]], ANY_VERDICT)


def prove_check(contender, failures):
    """The check finds every 4071, read all, and has nothing it could not learn."""
    command = contender.commands[0]
    text = Contender(contender.name, [command + ["--json"]], ANY_VERDICT).output()
    found = json.loads(text)
    if found["events_4071"]["count"] != failures:
        raise LeftOut(f"{found['events_4071']['count']} events 4071, not {failures}")
    if any(failure["part"] != "state" for failure in found["failures"]):
        raise LeftOut(f"not learned: {found['failures']}")
    return found


def with_bookmarks(contender, folder):
    """As a monitoring system runs it: what the last run read is not read again."""
    state = folder / "state"
    state.mkdir(mode=0o700)
    command = [*contender.commands[0], "--state-dir", str(state)]
    return Contender("check_imc --state-dir", [command], ANY_VERDICT)


def prove(contender, text, at_least=1):
    count = contender.output().count(text)
    if count < at_least:
        raise LeftOut(f"{contender.name}: \"{text}\" {count} times, not {at_least}")


def rpc_row(what, make_server, folder):
    net, rpcclient = need("net", "rpcclient")
    with make_server(folder) as server:
        ours = check_imc("check_imc", "-H", servers.HOST, "-p", server.port,
                         "-A", server.credentials, "--service", server.service)
        common = [f"--configfile={server.configuration}", "-A", str(server.credentials),
                  "-p", str(server.port)]
        theirs = Contender("net, rpcclient", [
            [net, "rpc", "service", "status", server.service, "-I", servers.HOST,
             *common],
            [rpcclient, *common, servers.HOST, "-d1", "-c",     # no records without -d1
             "eventlog_readlog Application; eventlog_readlog System"]])
        found = prove_check(ours, servers.FAILURES)
        if found["service"]["state"] != "running":
            raise LeftOut(f"service {found['service']['state']}, not running")
        prove(theirs, f"{server.service} service is running")
        prove(theirs, "SourceName", 2 * server.readable)
        print(f"    {what}: the service, Application and System log,"
              f" {servers.RECORDS} records each;\n    rpcclient reads"
              f" {server.readable} of each log, both in one process")
        compare(ours, theirs, Target(AT_MOST, 0.5), PAIRS)
        compare(with_bookmarks(ours, folder), theirs, Target(AT_MOST, 0.5), PAIRS)


def samba_row(folder):
    need("smbd", "smbpasswd", "eventlogadm")
    if os.geteuid() != 0:
        raise LeftOut("smbd has to run as root")
    rpc_row("smbd", servers.SambaServer, folder)


def nt_row(folder):
    rpc_row("NT lab (Python: mostly its own time)", servers.NTLab, folder)


def evt_row(folder):
    check_snmp, snmpd, snmpget = need("check_snmp", "snmpd", "snmpget")
    application, system, failures = servers.write_logs(folder)
    ours = check_imc("check_imc --evt", "--evt", application, "--system-evt", system)
    prove_check(ours, failures)
    with servers.Snmpd(snmpd, snmpget, folder) as server:
        theirs = Contender("check_snmp", [[
            check_snmp, "-H", servers.HOST, "-p", str(server.port), "-P", "2c",
            "-C", server.community, "-o", SYS_NAME]])
        prove(theirs, server.name)
        print(f"    {servers.RECORDS} records in a copied Application log, and a System"
              " log; one OID by its number")
        compare(ours, theirs, Target(AT_MOST, 1.2), PAIRS)


def snmp_row(folder):
    check_snmp, = need("check_snmp")
    credentials = folder / "snmp-credentials"
    credentials.touch(0o600)
    credentials.write_text("community = public\n")
    index = f"{len(SERVICE)}.{'.'.join(str(ord(letter)) for letter in SERVICE)}"
    with snmp_agent.Agent(snmp_agent.services({SERVICE: 1})) as agent:
        ours = check_imc("check_imc -S snmp", "-H", servers.HOST, "-S", "snmp",
                         "-p", agent.port, "-A", credentials)
        theirs = Contender("check_snmp", [[
            check_snmp, "-H", servers.HOST, "-p", str(agent.port), "-P", "1",
            "-C", "public", "-o", f".1.3.6.1.4.1.77.1.2.3.1.3.{index}"]])
        prove(ours, "service running")
        prove(theirs, "SNMP OK - 1")
        print("    the service's state by its name, version 1; one OID by its number")
        compare(ours, theirs, Target(AT_MOST, 1.2), PAIRS)


def scan_row(folder):
    path, records, failures = servers.write_big_log(folder)
    ours = check_imc("check_imc --evt", "--evt", path)
    prove_check(ours, failures)
    print(f"    {path.stat().st_size / 1e6:.0f} MB, {records} records inside the horizon,"
          f" {failures} of them 4071; in the page cache")
    cat = Contender("cat", [[need("cat")[0], str(path)]])
    compare(ours, cat, Target(AT_LEAST, 0.5), PAIRS)

    evtexport = Contender("evtexport", [[need("evtexport")[0], str(path)]])
    exported = subprocess.Popen(evtexport.commands[0], stdout=subprocess.PIPE)
    counted = subprocess.run(["grep", "-c", "^Event number"], stdin=exported.stdout,
                             capture_output=True, text=True).stdout.strip()
    exported.stdout.close()
    exported.wait()
    if counted != str(records):
        raise LeftOut(f"evtexport printed {counted} records, not {records}")
    compare(ours, evtexport, Target(AT_LEAST, 70), PAIRS_OF_SECONDS)


ROWS = {
    "samba": ("one rpc check, against net rpc service status and rpcclient"
              " eventlog_readlog", samba_row),
    "nt": ("the same, with a server that speaks as Windows NT does", nt_row),
    "evt": ("one evt check, against check_snmp for one OID", evt_row),
    "snmp": ("one snmp check, against check_snmp for one OID", snmp_row),
    "scan": ("scanning a .evt for 4071, against cat and evtexport", scan_row),
    "walk": ("bulk walk of imcServerTable, against net-snmp's table_container helper",
             agent_walk.walk_row),
    "polls": ("rpc polls of imc-agentd against smbd, against one core",
              agent_polls.polls_row),
    "fleet": ("10,000 servers polled each minute, 1,000 of them dead",
              agent_polls.fleet_row),
}
OURS = ("check_imc", "imc-agentd")
MODULES = ("imc-rpc.so", "imc-snmp.so")
VERSIONS = (*((tool, "--version") for tool in OURS), ("smbd", "--version"),
            ("check_snmp", "--version"), ("snmpd", "--version"), ("evtexport", "-V"),
            ("cat", "--version"))


def print_versions():
    for tool, option in VERSIONS:
        try:
            path = BUILD / tool if tool in OURS else need(tool)[0]
            text = subprocess.run([path, option], capture_output=True, text=True).stdout
        except LeftOut as absent:
            text = str(absent)
        print(f"{tool}: {text.strip().splitlines()[0]}")
    with open("/proc/cpuinfo") as file:
        model = [line.split(":")[1].strip() for line in file if "model name" in line]
    print(f"kernel: {platform.release()}; CPU: {os.cpu_count()} x"
          f" {model[0] if model else platform.machine()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(ROWS))
    wanted = parser.parse_args().rows or ROWS
    if not set(wanted) <= set(ROWS):
        parser.error(f"no such row: {' '.join(wanted)}")
    for file in (*OURS, *MODULES):
        if not (BUILD / file).exists():
            sys.exit(f"bench: {BUILD / file} is not there: make all")
    start = time.monotonic()
    print_versions()
    for title, row in (ROWS[name] for name in wanted):
        print(f"\n{title}", flush=True)
        with tempfile.TemporaryDirectory(prefix="imc-bench-") as folder:
            try:
                row(pathlib.Path(folder))
            except LeftOut as why:
                print(f"    left out: {why}")
        sys.stdout.flush()
    print(f"\n{time.monotonic() - start:.0f} s in all")


if __name__ == "__main__":
    main()

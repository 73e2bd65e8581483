# SPDX-License-Identifier: GPL-3.0-or-later
"""What it costs imc-agentd to poll: CPU for each rpc poll, and memory, CPU and answers to
managers with 10,000 servers of which 1,000 are dead."""
import contextlib
import os
import socket
import statistics
import time

from agent_scene import (POLLS_DONE, POLLS_FAILED, STATUS, SYS_NAME, WORKERS_KILLED,
                         Scene, agentd, cell_of, name_of)
from measure import NAME_WIDTH, Contender, LeftOut, need, say_share
import servers

FLEET, EACH_MINUTE = 10000, 60
HALF_A_CORE = 0.5
RPC_SERVERS, RPC_INTERVAL = 50, 10
RPC_SECONDS = 3 * RPC_INTERVAL
CHECKS = 15
ANY_VERDICT = (0, 1, 2)

EVT_SERVERS, EVT_INTERVAL = 9000, 60
DEAD = {"answer no connection": 800, "refuse it": 100, "take it and are silent": 100}
LIMIT_MIB = 300
WATCH_SECONDS = 2 * EVT_INTERVAL
GET_PAUSE = 0.05
SAMPLE_EVERY = 100                    # GETs
SILENT_BACKLOG = 4096


def used_since(before, scene):
    return {role: used - before[role] for role, used in scene.cpu_ms().items()}


def by_role(figures, unit):
    return ", ".join(f"{role} {value:.3g}{unit}" for role, value in figures.items())


# --- CPU of an rpc poll -------------------------------------------------------------

def check_imc(server, folder):
    """The same poll by the plugin, which starts anew for each."""
    state = folder / "checks"
    state.mkdir(mode=0o700)
    return Contender("check_imc --state-dir", [[
        str(agentd.lab.PROGRAM), "-H", servers.HOST, "-p", str(server.port), "-A",
        str(server.credentials), "--service", server.service, "--state-dir",
        str(state)]], ANY_VERDICT)


def are_all_read(scene):
    """A poll that learns nothing would be a cheap one."""
    found = {value for _, value in scene.manager.walk(STATUS)}
    return agentd.STATUSES.index("unknown") not in found


def counters(scene):
    return [scene.scalar(one) for one in (POLLS_DONE, POLLS_FAILED, WORKERS_KILLED)]


def measure_polls(scene, ours_once):
    """ms of CPU of a poll by role, and of each check; polls done, failed, workers
    killed."""
    checks, counted = [], counters(scene)
    before, end = scene.cpu_ms(), time.monotonic() + RPC_SECONDS
    while time.monotonic() < end:
        if len(checks) < CHECKS:
            checks.append(ours_once.run()[1])
        time.sleep(RPC_SECONDS / 2 / CHECKS)
    used = used_since(before, scene)
    counted = [now - was for now, was in zip(counters(scene), counted)]
    return {role: ms / counted[0] for role, ms in used.items()}, checks, counted


def polls_row(folder):
    need("snmpd", "smbd", "smbpasswd", "eventlogadm")
    if os.geteuid() != 0:
        raise LeftOut("smbd has to run as root")
    with servers.SambaServer(folder) as server:
        section = {"address": servers.HOST, "port": server.port,
                   "credentials": server.credentials, "service": server.service}
        sections = {name_of(i): section for i in range(RPC_SERVERS)}
        ours_once = check_imc(server, folder)
        ours_once.run()
        with Scene(folder, sections,
                   defaults={"interval": f"{RPC_INTERVAL}s"}) as scene:
            scene.wait_for_first_round()
            scene.wait_for("all are read", lambda: are_all_read(scene))
            poll, checks, counted = measure_polls(scene, ours_once)
    of_all = sum(poll.values())
    print(f"    {'imc-agentd':{NAME_WIDTH}}  CPU {of_all:.2f} ms a poll:"
          f" {by_role(poll, ' ms')}\n{'':{NAME_WIDTH + 6}}{counted[0]} polls in"
          f" {RPC_SECONDS} s, {counted[1]} failed, {counted[2]} workers killed")
    print(f"    {ours_once.name:{NAME_WIDTH}}  CPU {statistics.median(checks):.2f} ms"
          f" ({min(checks):.1f} - {max(checks):.1f}), median of {len(checks)}; ours by"
          f" theirs {of_all / statistics.median(checks):.2f}")
    say_share(f"{FLEET:,} such polls in {EACH_MINUTE} s, share of one core",
              of_all * FLEET / EACH_MINUTE / 1000, "", HALF_A_CORE)


# --- a fleet ------------------------------------------------------------------------

@contextlib.contextmanager
def dead_servers():
    """Ports for the kinds of DEAD."""
    with contextlib.ExitStack() as stack:
        def bound():
            made = stack.enter_context(socket.socket())
            made.bind((servers.HOST, 0))
            return made, made.getsockname()[1]

        hole, hole_port = bound()
        hole.listen(0)
        for _ in range(2):              # the queue is full then: nobody else gets in
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((servers.HOST, hole_port))
        _, closed_port = bound()
        silent, silent_port = bound()
        silent.listen(SILENT_BACKLOG)
        yield hole_port, closed_port, silent_port


def sections_of(folder, ports):
    logs = agentd.Logs(folder, "one")
    credentials = servers.write_credentials(
        folder / "nobody.auth", servers.USER, servers.PASSWORD, servers.DOMAIN)
    sections = [logs.section() for _ in range(EVT_SERVERS)]
    for count, port in zip(DEAD.values(), ports):
        sections += [{"address": servers.HOST, "port": port, "credentials": credentials}
                     for _ in range(count)]
    return {name_of(i): section for i, section in enumerate(sections)}


def percentile(values, percent):
    return sorted(values)[len(values) * percent // 100]


def watch(scene):
    """ms of GETs of a cell of ours and of snmpd's own, by turns; memory by role, where it
    was most."""
    cells = {"imc-agentd": cell_of(STATUS, EVT_SERVERS // 2), "snmpd alone": SYS_NAME}
    took, most = {name: [] for name in cells}, {}
    end = time.monotonic() + WATCH_SECONDS
    while time.monotonic() < end:
        for name, cell in cells.items():
            took[name].append(1000 * scene.manager.seconds_of_get(cell))
        if len(took["imc-agentd"]) % SAMPLE_EVERY == 1:
            most = max(most, scene.pss_mb(), key=lambda found: sum(found.values()))
        time.sleep(GET_PAUSE)
    return took, most


def fleet_row(folder):
    need("snmpd")
    dead = ", ".join(f"{count} {what}" for what, count in DEAD.items())
    count = EVT_SERVERS + sum(DEAD.values())
    print(f"    {EVT_SERVERS:,} copied logs; dead ones: {dead};\n    each every"
          f" {EVT_INTERVAL} s")
    with dead_servers() as ports, Scene(
            folder, sections_of(folder, ports),
            defaults={"interval": f"{EVT_INTERVAL}s"}) as scene:
        scene.wait_for_first_round()
        scene.wait_for_rest(EVT_SERVERS)
        polls, before = scene.scalar(POLLS_DONE), scene.cpu_ms()
        took, most = watch(scene)
        used, polls = used_since(before, scene), scene.scalar(POLLS_DONE) - polls
    used = {role: ms / 1000 / WATCH_SECONDS for role, ms in used.items()}
    print(f"    {polls:,} polls in {WATCH_SECONDS} s; share of one core"
          f" {sum(used.values()):.3f}: {by_role(used, '')}")
    for name, times in took.items():
        print(f"    {'GET, ' + name:{NAME_WIDTH}}  median"
              f" {statistics.median(times):.2f} ms, 99 of 100 within"
              f" {percentile(times, 99):.2f} ms, most {max(times):.1f} ms,"
              f" of {len(times)}")
    say_share(f"memory for {count:,} servers (PSS: {by_role(most, ' MiB')})",
              sum(most.values()), " MiB", LIMIT_MIB)

# SPDX-License-Identifier: GPL-3.0-or-later
"""A bulk walk of imcServerTable beside one of the same cells in net-snmp's own
table_container helper: two subagents of one snmpd, at rest, asked by turns."""
import os
import statistics
import subprocess
import textwrap
import time

from agent_scene import SERVER_ENTRY, Scene, agentd, cpu_ms, name_of, snmp_wire
from measure import AT_MOST, NAME_WIDTH, LeftOut, Target, need, say_ratio

PAIRS = {500: 15, 10000: 5}           # by rows
CONTAINER = agentd.lab.BUILD / "container_agent"
# Beside our root, and as long as imcServerEntry's.
CONTAINER_ENTRY = SERVER_ENTRY[:-4] + (SERVER_ENTRY[-4] + 1, *SERVER_ENTRY[-3:])
# What a manager wants to know of each server, and what a copied log has a value for.
COLUMNS = {
    3: "Source", 4: "Status", 5: "StatusText", 6: "Keys", 7: "ServiceState",
    8: "StateInferred", 9: "StartType", 13: "StateSince", 14: "Condition", 15: "Trigger",
    16: "ConditionSince", 17: "Events4071", 18: "Total4071", 19: "Last4071Time",
    20: "Last4071Record", 21: "CauseEvent", 22: "Advice", 23: "BootTime",
    24: "LogReachesBackTo", 31: "Interval"}
AT_ONCE = 50                          # repetitions of a GETBULK
MAY_DIFFER = 0.001                    # of the cells
CPU, WALL = Target(AT_MOST, 0.5), Target(AT_MOST, 0.75)


def cells_of(manager, rows):
    """{index: [cell]}, as they come; a cell is its tag and value for the container."""
    found = {agentd.index_of(name_of(i)): [] for i in range(rows)}
    for column in COLUMNS:
        root = at = SERVER_ENTRY + (column,)
        while at is not None:
            for name, tag, value in manager.ask(snmp_wire.GETBULK, [at], 0, AT_ONCE):
                if name[:len(root)] != root:
                    at = None
                    break
                text = value.hex() if isinstance(value, bytes) else value
                found[name[len(root):]].append(f"{tag:02x}{text}")
                at = name
    return found


def write_cells(path, cells):
    with open(path, "w", encoding="ascii") as file:
        for index, row in sorted(cells.items()):
            if len(row) != len(COLUMNS):
                raise LeftOut(f"{bytes(index[1:])} has {len(row)} cells")
            print(bytes(index[1:]).decode(), *row, sep="\t", file=file)


class Container:
    """The peer, which serves the cells of a file."""

    def __init__(self, scene, path):
        self._command = [CONTAINER, scene.snmpd.socket,
                         "." + snmp_wire.dotted(CONTAINER_ENTRY[:-1]), path]
        self._log = scene.folder / "container.log"
        self._scene = scene

    def __enter__(self):
        with open(self._log, "wb") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env={**os.environ,
                     "SNMP_PERSISTENT_DIR": str(self._scene.folder / "kept")})
        self.pid = self._process.pid
        try:
            self._scene.wait_for("the container answers", self._answers)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _answers(self):
        if self._process.poll() is not None:
            raise LeftOut(f"container_agent: {self._log.read_text()}")
        name, _ = self._scene.manager.next(CONTAINER_ENTRY)
        return name[:len(CONTAINER_ENTRY)] == CONTAINER_ENTRY

    def __exit__(self, *_):
        agentd.end(self._process)


class Side:
    """A subagent, and the walk of its cells by a manager that needs no start."""

    def __init__(self, name, pid, scene, entry, columns):
        self.name, self._pids = name, (pid, scene.snmpd.process.pid, os.getpid())
        self._manager = scene.manager
        self._roots = [entry + (column,) for column in columns]

    def values(self):
        """[[value]] by column: the same on both sides."""
        return [[value for _, value in self._manager.walk(root, AT_ONCE)]
                for root in self._roots]

    def run(self):
        """(wall, CPU of the subagent, of snmpd, of the manager), all ms."""
        before = [cpu_ms(pid) for pid in self._pids]
        begin = time.perf_counter()
        self.values()
        wall = (time.perf_counter() - begin) * 1000
        return wall, *(cpu_ms(pid) - was for pid, was in zip(self._pids, before))

    def show(self, runs, cells):
        wall, subagent, snmpd, manager = map(statistics.median, zip(*runs))
        walls = [run[0] for run in runs]
        print(f"    {self.name:{NAME_WIDTH}}  wall {wall:8.1f} ms ({min(walls):.1f} -"
              f" {max(walls):.1f})  CPU {subagent:7.1f} ms\n{'':{NAME_WIDTH + 6}}"
              f"{1000 * cells / wall:,.0f} cells/s; CPU of snmpd {snmpd:.1f} ms, of the"
              f" manager {manager:.1f} ms")


def assert_the_same(ours, theirs, rows):
    """But for the few that are polled right now: each has its time of the day."""
    if any(len(column) != rows for column in ours + theirs):
        raise LeftOut("a column has not all cells")
    others = sum(a != b for pair in zip(ours, theirs) for a, b in zip(*pair))
    if others > MAY_DIFFER * rows * len(COLUMNS):
        raise LeftOut(f"{others} cells of the two differ")


def compare_walks(scene, rows):
    path = scene.folder / "cells"
    write_cells(path, cells_of(scene.manager, rows))
    with Container(scene, path) as container:
        ours = Side("imc-agentd", scene.agent.pid, scene, SERVER_ENTRY, COLUMNS)
        theirs = Side("table_container", container.pid, scene, CONTAINER_ENTRY,
                      range(1, len(COLUMNS) + 1))
        assert_the_same(ours.values(), theirs.values(), rows)   # which warms both up
        runs = [(ours.run(), theirs.run()) for _ in range(PAIRS[rows])]
    both = list(zip(*runs))
    ours.show(both[0], rows * len(COLUMNS))
    theirs.show(both[1], rows * len(COLUMNS))
    for what, at, target in (("the subagent's CPU, ours by theirs", 1, CPU),
                             ("the walk's time, ours by theirs", 0, WALL)):
        say_ratio(what, *([run[at] for run in side] for side in both), target)


def walk_row(folder):
    need("snmpd")
    print(textwrap.fill(
        f"{', '.join(COLUMNS.values())}; one after the other, {AT_ONCE} cells in a"
        " GETBULK; the same values on both sides", 90, initial_indent="    ",
        subsequent_indent="    "))
    for rows in PAIRS:
        inside = folder / str(rows)
        inside.mkdir()
        logs = agentd.Logs(inside, "failed")
        logs.fail()
        servers = {name_of(i): logs.section() for i in range(rows)}
        with Scene(inside, servers, defaults={"interval": "1d"}) as scene:
            scene.wait_for_first_round()
            scene.wait_for_rest(rows)
            print(f"    {rows:,} rows of {len(COLUMNS)} cells")
            compare_walks(scene, rows)

# SPDX-License-Identifier: GPL-3.0-or-later
"""imc-agentd below a private snmpd, and what its processes use."""
import os
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "integration")]

import agentd                         # noqa: E402  (the path comes first)
import snmp_wire                      # noqa: E402
from measure import OUTPUT_SHOWN, LeftOut  # noqa: E402

ROOT = snmp_wire.oid("1.3.6.1.4.1.8072.9999.9999.4071")
SCALARS = ROOT + (1, 1)
SERVER_ENTRY = ROOT + (1, 2, 1)
STATUS = SERVER_ENTRY + (4,)
POLLS_DONE, POLLS_FAILED, WORKERS_KILLED = 11, 12, 13
SYS_NAME = (1, 3, 6, 1, 2, 1, 1, 5, 0)
FIRST_ROUND = 200                     # polls/s, at most, after a start
PATIENCE = 60
TICKS = os.sysconf("SC_CLK_TCK")


def name_of(number):
    return f"EXCH{number:05}"


def cell_of(column, number):
    return column + agentd.index_of(name_of(number))


def cpu_ms(pid):
    """What the threads of a process have used so far."""
    total = 0
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/schedstat", encoding="utf-8") as file:
                total += int(file.read().split()[0])
    except (FileNotFoundError, ProcessLookupError):
        pass                            # it ended: its parent has its time
    return total / 1e6


def _reaped_ms(pid):
    """What its children that have ended had used."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[13]) + int(fields[14])) * 1000 / TICKS


def _pss_mb(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
            return int(re.search(r"^Pss:\s+(\d+)", file.read(), re.M).group(1)) / 1024
    except (FileNotFoundError, ProcessLookupError):
        return 0                        # it ended


class Scene:
    """`servers`: {name: keys} of the configuration. Ready when imc-agentd answers; its
    first round of polls may go on."""

    def __init__(self, folder, servers, agent=None, defaults=None):
        self.folder = folder
        self.servers = servers
        self._agent, self._defaults = agent or {}, defaults or {}

    def __enter__(self):
        self.snmpd = agentd.Snmpd(self.folder)
        self.manager = agentd.Manager(self.snmpd.port, patience=5.0)
        self._state = self.folder / "state"
        self._state.mkdir(mode=0o700)
        path = self.folder / "imc-monitor.conf"
        path.write_text(agentd.configuration(
            self.servers, {"agentx_socket": self.snmpd.socket, "state_dir": self._state,
                           **self._agent}, self._defaults))
        self.agent = agentd.Agent(self.folder, path)
        try:
            self.snmpd.start()
            self.agent.start()
            self.wait_for("imc-agentd answers", lambda: isinstance(
                self.scalar(POLLS_DONE), int))
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        left = self.processes() if self.agent.process else []
        self.agent.stop()
        agentd.wait_for("its children end", lambda: not any(map(agentd.is_alive, left)))
        self.snmpd.stop()
        self.manager.close()

    def wait_for(self, what, check, seconds=PATIENCE):
        def is_so():
            if self.agent.process.poll() is not None:
                raise AssertionError(self.agent.tail())
            return check()
        try:
            return agentd.wait_for(what, is_so, seconds)
        except AssertionError as why:
            raise LeftOut(str(why)[-OUTPUT_SHOWN:]) from why

    def wait_for_first_round(self):
        count = len(self.servers)
        self.wait_for(f"{count} servers are polled",
                      lambda: self.scalar(POLLS_DONE) >= count, self._enough())

    def scalar(self, number):
        value, = self.manager.get(SCALARS + (number, 0))
        return value

    def processes(self):
        """Parent, keeper, workers."""
        return [self.agent.pid, *agentd.descendants(self.agent.pid)]

    def cpu_ms(self):
        """{role: what it used since it began}; workers that ended are the keeper's."""
        parent, keeper, *workers = self.processes()
        return {"parent": cpu_ms(parent), "keeper": cpu_ms(keeper),
                "workers": sum(map(cpu_ms, workers)) + _reaped_ms(keeper)}

    def wait_for_rest(self, states):
        """Until so many state files are written: those of the first round come late."""
        self.wait_for("all is saved", lambda: len(list(
            self._state.glob("*.state"))) >= states, self._enough())

    def _enough(self):
        return PATIENCE + 4 * len(self.servers) / FIRST_ROUND

    def pss_mb(self):
        """{role: MiB}. Each page is divided by those who share it, so that sums are
        right."""
        parent, keeper, *workers = self.processes()
        return {"parent": _pss_mb(parent), "keeper": _pss_mb(keeper),
                "workers": sum(map(_pss_mb, workers))}

# SPDX-License-Identifier: GPL-3.0-or-later
"""NTServer: a scenario that listens."""

import socket
import threading
import time

from .auth import Users
from .connection import Connection
from .faults import FaultList
from .logs import Log
from .scenario import Service, load_scenario
from .svcctl import ALREADY_RUNNING, DISABLED
from .times import duration


class NTServer:
    """One NT server on loopback; use it as a context manager, or start() and stop()."""

    def __init__(self, scenario, port=0, host="127.0.0.1"):
        self.scenario = load_scenario(scenario)
        self.host, self.port = host, port
        self.protocol = self.scenario.get("protocol", "smb1")
        self.security = self.scenario.get("security", "spnego")
        self.is_signing = self.scenario.get("signing", "off") == "required"
        self.computer = self.scenario.get("computer", "EXCH01")
        self.stopping = threading.Event()
        self.calls = []
        self.connections = []
        self._open = set()
        self._threads = []
        self._lock = threading.RLock()
        self._listener = None
        self._fillers = []
        self._load()

    def _load(self):
        scenario = self.scenario
        self._skew = duration(scenario.get("clock_skew", 0))
        self.users = Users(scenario.get("users", {"monitor": "Secret-1"}),
                           scenario.get("ntlm", ["v2", "v1"]))
        self.faults = FaultList(scenario.get("faults"))
        self._services = {}
        for fields in scenario.get("services", []):
            self._add_service(fields)
        main = scenario.get("service", {})
        self._main = None if main is None else self._add_service(main).name
        first, now = scenario.get("first_record", {}), self.clock()
        self.logs = {name: Log(name, scenario.get(f"{name}_log", []), first.get(name, 1),
                               self.computer, now, scenario.get("records", "nt"))
                     for name in ("application", "system")}

    # -- life ---------------------------------------------------------------------------

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((self.host, self.port))
        self.port = self._listener.getsockname()[1]
        at_accept = {one.get("do") for one in self.scenario.get("faults") or ()
                     if one.get("at") == "accept"}
        if "refuse" in at_accept:   # the port is ours, nobody listens: ECONNREFUSED
            return self
        if "blackhole" in at_accept:
            self._fill_backlog()
            return self
        self._listener.listen(128)
        self._spawn(self._accept_all)
        return self

    def stop(self):
        """End everything: no thread, no socket is left."""
        self.stopping.set()
        with self._lock:
            connections, threads = list(self._open), list(self._threads)
        try:
            self._listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._listener.close()
        for sock in self._fillers:
            sock.close()
        for connection in connections:
            connection.close()
        for thread in threads:
            thread.join(2)

    def _fill_backlog(self):
        """With its backlog full, Linux drops SYNs: connections that time out."""
        self._listener.listen(0)
        for _ in range(3):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((self.host, self.port))
            self._fillers.append(filler)

    def _spawn(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        with self._lock:
            self._threads = [one for one in self._threads if one.is_alive()]
            self._threads.append(thread)
            thread.start()

    def _accept_all(self):
        while not self.stopping.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            record = {"opened": self.clock(), "closed": None, "dialect": None,
                      "user": None}
            connection = Connection(self, sock, record)
            with self._lock:
                self.connections.append(record)
                self._open.add(connection)
            self._spawn(self._serve, connection)

    def _serve(self, connection):
        connection.run()
        with self._lock:
            self._open.discard(connection)

    # -- what the interfaces ask --------------------------------------------------------

    def clock(self):
        """The server's own time: the real one and the scenario's skew."""
        return time.time() + self._skew

    def record(self, pipe, opnum, name, access, detail, user=None):
        with self._lock:
            self.calls.append({"pipe": pipe, "opnum": opnum, "name": name,
                               "access": access, "detail": detail, "user": user,
                               "time": self.clock()})

    def find_service(self, name):
        return self._services.get(name.lower())

    def start_service(self, service):
        """StartServiceW: the Win32 error, and what the scenario's "start" says."""
        plan = self.scenario.get("start") or {}
        is_main = self._main is not None and service.name == self._main
        with self._lock:        # of two at once, one finds what the other one did
            if not is_main or "result" not in plan:
                if service.state != "stopped":
                    return ALREADY_RUNNING
                if service.start_type == 4:
                    return DISABLED
                if not is_main or not plan:
                    service.change(state="running", win32_exit=0, specific_exit=0)
                    return 0
            self._take_step(service, plan)
        if "later" in plan:
            self._spawn(self._take_steps, service, plan["later"], self.scenario)
        return plan.get("result", 0)

    def _take_step(self, service, step):
        if step.get("then_state_sequence"):
            service.change(state_sequence=step["then_state_sequence"])
        if step.get("then"):
            service.change(**step["then"])
        for name, events in step.get("appends", {}).items():
            for event in events:
                self.append_event(name.removesuffix("_log"), event)

    def _take_steps(self, service, steps, scenario):
        for step in steps:
            if self.stopping.wait(duration(step["after"])):
                return
            with self._lock:
                if self.scenario is not scenario:       # another server by now
                    return
                self._take_step(service, step)

    # -- what a test does while it runs -------------------------------------------------

    @property
    def logons(self):
        return self.users.logons

    def logon_attempts(self, user):
        return self.users.count(user)

    def set_user(self, user, value):
        self.users.change(user, value)

    def _add_service(self, fields):
        service = Service(fields)
        self._services[service.name.lower()] = service
        return service

    def set_service(self, name=None, **fields):
        """Change the watched service, or the one named; one that is absent appears."""
        with self._lock:
            name = name or self._main or "MSExchangeIMC"
            service = self._services.get(name.lower())
            if service is None:
                service = self._add_service({"name": name, **fields})
            service.change(**fields)

    def remove_service(self, name=None):
        with self._lock:
            self._services.pop((name or self._main or "").lower(), None)

    def append_event(self, log, event):
        self.logs[log].append(event, self.clock())

    def clear_log(self, log):
        self.logs[log].clear()

    def forget_records(self, log, count):
        """Lose the log's oldest records, as a log that wraps does."""
        self.logs[log].forget(count)

    def set_faults(self, faults):
        """Replace all faults ("refuse" and "blackhole" only count at the start)."""
        self.scenario["faults"] = faults
        self.faults = FaultList(faults)

    def reload(self, scenario):
        """Become the server of another scenario; port, records and clients stay."""
        logons = self.users.logons
        with self._lock:
            self.scenario = load_scenario(scenario)
            self._load()
            self.users.logons = logons

    def set_clock_skew(self, skew):
        self._skew = duration(skew)

# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers and logs to measure against, private and on loopback."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
LAB = HERE.parent / "lab"
sys.path[:0] = [str(LAB), str(HERE.parent / "data")]

import evt_writer                     # noqa: E402  (the paths come first)
from ports import free_port           # noqa: E402
from smbd import Smbd                 # noqa: E402

HOST = "127.0.0.1"
RECORDS = 500
EVERY = 50                            # each such record of the Application log is a 4071
FAILURES = RECORDS // EVERY
COMPUTER = "EXCH01"
USER, PASSWORD, DOMAIN = "monitor", "Secret-1", "EXCHDOM"
EVT_BYTES = 100 * 1000 * 1000
READY_SECONDS = 10.0


def write_credentials(path, user, password, domain):
    path.touch(mode=0o600)
    path.write_text(f"username = {user}\npassword = {password}\ndomain = {domain}\n")
    return path


def _wait(what, is_ready, process):
    limit = time.monotonic() + READY_SECONDS
    while not is_ready():
        if process.poll() is not None:
            raise RuntimeError(f"{what} ended with {process.returncode}")
        if time.monotonic() > limit:
            raise RuntimeError(f"{what} is not ready after {READY_SECONDS} s")
        time.sleep(0.02)


class _Process:
    """A server process that ends with the `with` block."""

    def _launch(self, command, log, is_ready, env=None):
        with open(log, "wb") as out:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env={**os.environ, **(env or {})})
        try:
            _wait(command[0], is_ready, self._process)
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        self._process.terminate()
        try:
            self._process.wait(READY_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class NTLab(_Process):
    """The NT peer as a process of its own: a test's Python would share its lock."""

    service = "MSExchangeIMC"
    readable = RECORDS                # of each log, by rpcclient

    def __init__(self, folder):
        self.folder = folder

    def __enter__(self):
        scenario = self.folder / "bench.json"
        scenario.write_text(json.dumps(self._scenario()))
        self.configuration = self.folder / "smb.conf"
        self.configuration.write_text(
            "[global]\n\tclient ipc min protocol = NT1\n\tclient ipc signing = auto\n"
            "\tclient min protocol = NT1\n\tclient signing = auto\n")
        self.credentials = write_credentials(self.folder / "nt.auth", USER, PASSWORD,
                                             DOMAIN)
        ports = self.folder / "ports.json"
        self._launch([sys.executable, str(LAB / "nt" / "__main__.py"), str(scenario),
                      "--dir", str(self.folder)], self.folder / "nt.log", ports.exists)
        self.port = json.loads(ports.read_text())["bench"]
        return self

    @staticmethod
    def _scenario():
        imc = {"source": "MSExchangeIMC", "id": "0xC0000FE7", "type": "error"}
        other = {"source": "MSExchangeIS Private", "id": "0x400003F8",
                 "type": "information", "strings": ["EXCHDOM\\user"]}
        application = []
        for i in range(FAILURES):
            ago = (FAILURES - i) * EVERY * 10
            application += [{**imc, "at": f"-{ago}s"},
                            {**other, "at": f"-{ago - 10}s", "repeat": EVERY - 1,
                             "every": 10}]
        system = [{"at": "-2h", "source": "EventLog", "id": "0x80001775"},
                  {"at": "-1h59m", "source": "Service Control Manager",
                   "id": "0x40001B7C", "strings": ["Messenger", "running"],
                   "repeat": RECORDS - 1, "every": 10}]
        return {"users": {USER: PASSWORD}, "records": "samba", "service": {},
                "application_log": application, "system_log": system}


class SambaServer:
    """smbd with logs of RECORDS records; its Spooler is the service.

    rpcclient reads backwards from where smbd's handle stands after its opening, which is
    the first record: it gets that one alone, where check_imc gets them all.
    """

    service = "Spooler"
    readable = 1

    def __init__(self, folder):
        self.folder = folder
        self._smbd = Smbd()

    def __enter__(self):
        smbd = self._smbd.__enter__()
        self.port, self.configuration = smbd.port, smbd.configuration
        self.credentials = write_credentials(self.folder / "smbd.auth", smbd.user,
                                             smbd.password, smbd.workgroup)
        try:
            self._fill()
        except BaseException:
            self._smbd.stop()
            raise
        return self

    def __exit__(self, *_):
        self._smbd.stop()

    def _fill(self):
        now = int(time.time())
        application, system = [], []
        for i in range(RECORDS):
            when = now - (RECORDS - i) * 10
            is_ours = i % EVERY == 0
            application.append(self._record(
                "MSExchangeIMC" if is_ours else "MSExchangeIS Private",
                0xC0000FE7 if is_ours else 0x400003F8, when, "EXCHDOM\\user"))
            is_boot = i == 0
            system.append(self._record(
                "EventLog" if is_boot else "Service Control Manager",
                0x80001775 if is_boot else 0x40001B7C, when - 1800, "Messenger"))
        for log, records in (("Application", application), ("System", system)):
            subprocess.run(["eventlogadm", "-s", self.configuration, "-o", "write", log],
                           input="".join(records), text=True, check=True,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @staticmethod
    def _record(source, event_id, when, text):
        """rpcclient takes only records that need padding before their last length."""
        if sum(len(part) + 1 for part in (source, COMPUTER, text)) % 2 == 0:
            text += "s"
        return (f"LEN: 0\nRS1: 1699505740\nRCN: 0\nTMG: {when}\nTMW: {when}\n"
                f"EID: {event_id}\nETP: ERROR\nECT: 0\nRS2: 0\nCRN: 0\nUSL: 0\n"
                f"SRC: {source}\nSRN: {COMPUTER}\nSTR: {text}\nDAT:\n\n")


class Snmpd(_Process):
    """A private snmpd: its configuration and what it writes are in two folders, or it
    would overwrite the one with the other."""

    community = "public"
    name = "bench.example"

    def __init__(self, snmpd, snmpget, folder):
        self._snmpd, self._snmpget = snmpd, snmpget
        self._configuration = folder / "snmpd.conf"
        self._kept = folder / "snmpd-persistent"
        self._log = folder / "snmpd.log"

    def __enter__(self):
        self.port = free_port(socket.SOCK_DGRAM)
        self._kept.mkdir()
        self._configuration.write_text(
            f"rocommunity {self.community} {HOST}\nsysName {self.name}\n")
        self._launch([self._snmpd, "-f", "-Lo", "-C", "-c", str(self._configuration),
                      f"udp:{HOST}:{self.port}"], self._log, self._answers,
                     {"SNMP_PERSISTENT_DIR": str(self._kept), "MIBS": ""})
        return self

    def _answers(self):
        return subprocess.run(
            [self._snmpget, "-v2c", "-c", self.community, "-t", "0.2", "-r", "0",
             f"{HOST}:{self.port}", ".1.3.6.1.2.1.1.5.0"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def write_logs(folder):
    """A usual Application and System log: (application, system, 4071s in it)."""
    now = int(time.time())
    application, system = folder / "AppEvent.Evt", folder / "SysEvent.Evt"
    application.write_bytes(evt_writer.log(evt_writer.CLEAN, evt_writer.application(
        RECORDS, now, every=10, failures=EVERY)))
    system.write_bytes(evt_writer.log(evt_writer.CLEAN,
                                      evt_writer.system(now, [2 * 3600])))
    return application, system, FAILURES


def write_big_log(folder):
    """A log of EVT_BYTES, all of it an hour old: (path, records, 4071s in it)."""
    path, between = folder / "big.evt", 1000
    records = evt_writer.write_big(str(path), EVT_BYTES, int(time.time()), between)
    return path, records, records // between

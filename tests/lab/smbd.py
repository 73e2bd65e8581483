# SPDX-License-Identifier: GPL-3.0-or-later
"""Samba's own smbd as an independent RPC server: private folders, a loopback port.

    with Smbd(protocol=("NT1", "SMB3")) as s:
        s.write_event("Application", "MSExchangeIMC", 4071, time.time())
        s.set_spooler(running=False)
        ... connect to 127.0.0.1, s.port as s.user with s.password ...

Nothing outside the private folder is read or written, and every process started is
stopped again: smbd starts samba-dcerpcd, which starts one rpcd_* for each group of pipes,
in process groups of their own; all of them carry our configuration's path in argv.
It has to run as root: smbd changes to the user who logs on.
"""
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from ports import free_port

HOST = "127.0.0.1"
LOGS = ("Application", "System")
TYPES = {1: "ERROR", 2: "WARNING", 4: "INFO", 8: "AUDIT SUCCESS", 16: "AUDIT FAILURE"}
FOLDERS = {
    "lock directory": "lock",
    "state directory": "state",
    "cache directory": "cache",
    "private dir": "private",
    "pid directory": "pid",
    "ncalrpc dir": "ncalrpc",
    "usershare path": "usershare",
    "binddns dir": "binddns",
    "winbindd socket directory": "winbindd",
}
OPTIONS = {
    "workgroup": "LAB",
    "netbios name": "SAMBALAB",
    "server role": "standalone server",
    "security": "user",
    "interfaces": HOST,
    "bind interfaces only": "yes",
    "disable netbios": "yes",
    "map to guest": "never",
    "load printers": "no",
    "printing": "bsd",
    "printcap name": "/dev/null",
    "usershare max shares": "0",
    "log level": "1",
    "max log size": "0",
    "ntlm auth": "ntlmv1-permitted",
    "eventlog list": " ".join(LOGS),
    "client ipc min protocol": "NT1",    # these three are for rpcclient
    "client ipc max protocol": "SMB3",
    "client ipc signing": "auto",
}
OUTPUT_SHOWN = 400


class SmbdError(Exception):
    """smbd, or a tool that serves it, did not do what it was asked."""


def _processes_with(argument):
    """Ids of the processes whose command line names our configuration file."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open(f"/proc/{name}/cmdline", "rb") as f:
                if argument in f.read().decode(errors="replace"):
                    found.append(int(name))
        except OSError:
            pass                        # it ended while we looked
    return found


class Smbd:
    """One smbd. Options of smb.conf that a test needs go into `options`."""

    def __init__(self, protocol=("NT1", "SMB3"), signing="auto", options=None,
                 spooler=True, user="root", deadline=20.0):
        self.host = HOST
        self.user = user
        self.password = secrets.token_urlsafe(12)
        self.workgroup = OPTIONS["workgroup"]
        self.protocol = protocol
        self.signing = signing
        self.options = dict(options or {})
        self.spooler = spooler
        self.deadline = deadline
        self.port = None
        self.folder = None
        self._process = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    # -- life ------------------------------------------------------------------------

    def start(self):
        """Make the folders and the user, start, and wait until RPC answers."""
        self.folder = tempfile.mkdtemp(prefix="imc-smbd-")
        os.chmod(self.folder, 0o755)
        self.port = free_port()
        for name in (*FOLDERS.values(), "log", "share"):
            os.mkdir(self._path(name), 0o700 if name == "private" else 0o755)
        self._write_configuration()
        self._tool(["smbpasswd", "-c", self.configuration, "-s", "-a", self.user],
                   f"{self.password}\n{self.password}\n")
        self._launch()

    def stop(self):
        """Stop everything that was started and remove the folder."""
        self._halt()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    def restart(self):
        self._halt()
        self._write_configuration()
        self._launch()

    def set_spooler(self, running):
        """Samba tells Spooler's state by `disable spoolss`, read at its start."""
        if running != self.spooler:
            self.spooler = running
            self.restart()

    # -- events ----------------------------------------------------------------------

    def write_event(self, log, source, event_id, when, type=1, strings=(), category=0):
        """Append a record: the full 32-bit `event_id`, `when` as a Unix time."""
        lines = [
            "LEN: 0", "RS1: 1699505740", "RCN: 0",
            f"TMG: {int(when)}", f"TMW: {int(when)}",
            f"EID: {event_id}", f"ETP: {TYPES[type]}", f"ECT: {category}",
            "RS2: 0", "CRN: 0", "USL: 0", f"SRC: {source}", "SRN: SAMBALAB",
            *(f"STR: {s}" for s in strings), "DAT:", "", "",
        ]
        self._tool(["eventlogadm", "-s", self.configuration, "-o", "write", log],
                   "\n".join(lines))

    def rpcclient(self, command, check=True):
        """Run one of rpcclient's commands: the independent opinion of a test."""
        credentials = self._path("private", "rpcclient.auth")
        with open(credentials, "w") as f:
            f.write(f"username = {self.user}\npassword = {self.password}\n"
                    f"domain = {self.workgroup}\n")
        return self._tool(["rpcclient", f"--configfile={self.configuration}",
                           "-A", credentials, "-p", str(self.port), HOST, "-c", command,
                           "-d1"],      # eventlog_readlog prints records at that level
                          check=check)

    # -- inside ----------------------------------------------------------------------

    @property
    def configuration(self):
        return self._path("smb.conf")

    def log(self):
        """What smbd and its helpers had to say, for a test that fails."""
        text = []
        for entry in sorted(os.scandir(self._path("log")), key=lambda e: e.name):
            if entry.is_file():
                with open(entry.path, errors="replace") as f:
                    text.append(f"--- {entry.name}\n{f.read()}")
        return "".join(text)

    def _path(self, *names):
        return os.path.join(self.folder, *names)

    def _write_configuration(self):
        values = dict(OPTIONS)
        values.update({key: self._path(name) for key, name in FOLDERS.items()})
        values.update({
            "smb ports": self.port,
            "log file": self._path("log", "%I.%D.log"),
            "passdb backend": "tdbsam:" + self._path("private", "passdb.tdb"),
            "server min protocol": self.protocol[0],
            "server max protocol": self.protocol[1],
            "server signing": self.signing,
            "disable spoolss": "no" if self.spooler else "yes",
        })
        values.update(self.options)
        with open(self.configuration, "w") as f:
            f.write("[global]\n")
            f.writelines(f"\t{key} = {value}\n" for key, value in values.items())
            f.write(f"[share]\n\tpath = {self._path('share')}\n")

    def _tool(self, command, text="", check=True):
        done = subprocess.run(command, input=text, text=True, timeout=self.deadline,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if check and done.returncode != 0:
            raise SmbdError(f"{' '.join(command)}: {done.stdout[-OUTPUT_SHOWN:]}")
        return done

    def _launch(self):
        with open(self._path("log", "smbd.out"), "ab") as out:
            self._process = subprocess.Popen(
                ["smbd", "--foreground", "--no-process-group",
                 f"--configfile={self.configuration}"],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                start_new_session=True)  # smbd signals its whole process group at exit
        limit = time.monotonic() + self.deadline
        while not self._answers():
            if self._process.poll() is not None:
                raise SmbdError(f"smbd ended: {self.log()}")
            if time.monotonic() > limit:
                raise SmbdError(f"no answer in {self.deadline} s: {self.log()}")
            time.sleep(0.05)

    def _answers(self):
        """True once a pipe answers too: smbd starts the pipes on demand."""
        try:
            socket.create_connection((HOST, self.port), 1).close()
        except OSError:
            return False
        return self.rpcclient("srvinfo", check=False).returncode == 0

    def _halt(self):
        if self._process is None:
            return
        self._process.terminate()
        limit = time.monotonic() + self.deadline
        signals = iter([signal.SIGTERM] * 20)
        while True:
            self._process.poll()        # reaps it
            left = _processes_with(self.configuration)
            if not left:
                break
            for pid in left:
                try:
                    os.kill(pid, next(signals, signal.SIGKILL))
                except ProcessLookupError:
                    pass
            if time.monotonic() > limit:
                raise SmbdError(f"still running: {left}")
            time.sleep(0.05)
        self._process.wait()
        self._process = None

# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine with systemd(1) in it: the files of this one, copied when they are written,
in namespaces of its own; the network alone is shared, for there the test's servers are.

    machine = Machine(folder)       # what is in folder is in /lab there
    machine.put("packaging/x.service", "/lib/systemd/system/x.service")
    machine.start()
    machine.run("systemctl", "start", "x.service")
    machine.stop()

It can do nothing to the machine that the test runs on: nothing written is kept, no other
process is seen, /proc/sys and /sys are read-only, devices are those that all may use.

This is for what systemd does: units, users, the journal. Where less will do, take less:
    nrpe.py     one daemon sees a few files more than there are: nrpe and its drop-ins
    rooms.py    several programs see one /etc, /run and /var, as just installed: snmpd
    roots.py    another Debian altogether, without our files: installing packages
"""
import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import unittest

import agentd
from agentd import wait_for

UNITS = "/etc/machine"
# It knows no other units than these, so that nothing else of the machine starts.
TARGETS = ("sysinit", "basic", "network-online", "multi-user", "shutdown", "machine")
TARGET = "[Unit]\nDefaultDependencies=no\n"
OF_SYSTEMD = ("systemd-journald.service", "systemd-journald.socket",
              "systemd-journald-dev-log.socket")
WANTED = "Wants=systemd-journald.service\n"
JOURNAL = "[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nForwardToSyslog=no\n"
NUMBERS = itertools.count()
BOOT = pathlib.Path(__file__).with_name("machine_boot")


def unified_cgroups():
    """Where the kernel shows version 2 of them, or None."""
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            _, path, kind, options, *_ = line.split()
            if kind == "cgroup2" and "rw" in options.split(","):
                return pathlib.Path(path)
    return None


def needed():
    """Skips the test where there can be no such machine, and says why."""
    if os.geteuid() != 0:
        raise unittest.SkipTest("a machine with systemd needs root")
    if unified_cgroups() is None:
        raise unittest.SkipTest("no cgroup2 is mounted that may be written to")
    if subprocess.run(["unshare", "-m", "-p", "-C", "-i", "-u", "--fork", "true"],
                      capture_output=True).returncode:
        raise unittest.SkipTest("unshare(1) is not allowed")


class Machine:
    def __init__(self, folder):
        needed()
        self.folder = pathlib.Path(folder)
        self.log_path = self.folder / "machine.log"
        self._mounts, self._files = self.folder / "machine", self.folder / "files"
        for one in (self._mounts, self._files):
            one.mkdir()
        self._cgroup = unified_cgroups() / f"imc-test-{os.getpid()}-{next(NUMBERS)}"
        self._outer = self.pid = None
        for name in TARGETS:
            self.write(f"{UNITS}/{name}.target",
                       TARGET + (WANTED if name == "machine" else ""))
        for name in OF_SYSTEMD:
            self.link(f"{UNITS}/{name}", f"/lib/systemd/system/{name}")
        self.write("/etc/systemd/journald.conf.d/machine.conf", JOURNAL)
        self.write("/etc/machine-id", f"{os.urandom(16).hex()}\n")

    # -- before it starts: files of its own --------------------------------------------

    def _place(self, path):
        place = self._files / path.lstrip("/")
        if place.parts[:len(self._files.parts)] != self._files.parts:
            raise ValueError(path)
        real = pathlib.Path("/")
        for part in pathlib.Path(path).parent.parts[1:]:    # /lib may be a link
            real = (real / part).resolve()
        place = self._files / str(real).lstrip("/") / place.name
        place.parent.mkdir(parents=True, exist_ok=True)
        return place

    def write(self, path, text, mode=0o644):
        place = self._place(path)
        place.write_text(text)
        place.chmod(mode)

    def put(self, source, path, mode=0o644):
        place = self._place(path)
        shutil.copyfile(source, place)
        place.chmod(mode)

    def link(self, path, target):
        self._place(path).symlink_to(target)

    # -- life --------------------------------------------------------------------------

    def start(self):
        self._cgroup.mkdir()
        enter = 'echo $$ >"$0/cgroup.procs"; exec "$@"'
        with open(self.log_path, "wb") as log:
            self._outer = subprocess.Popen(
                ["sh", "-ec", enter, self._cgroup, "unshare", "-m", "-p", "-C", "-i",
                 "-u", "--fork", "--kill-child", BOOT, self._mounts, self.folder,
                 self._files],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.pid = wait_for("the machine's first process", self._first,
                            detail=self.said)
        wait_for("systemd has started", lambda: self.run(
            "systemctl", "is-active", "machine.target", check=False).returncode == 0,
            detail=self.said)

    def _first(self):
        if self._outer.poll() is not None:
            raise AssertionError(self.said())
        return next(iter(agentd.children(self._outer.pid)), None)

    def said(self):
        return self.log_path.read_text(errors="replace")

    def stop(self):
        if self._outer is None:
            return
        if self.pid is not None and self._outer.poll() is None:
            os.kill(self.pid, signal.SIGKILL)       # and all that is in it
        agentd.end(self._outer)
        for path, _, _ in os.walk(self._cgroup, topdown=False):
            wait_for(f"{path} is empty", lambda one=path: self._remove(one), 10)
        self._outer = None

    @staticmethod
    def _remove(cgroup):
        try:
            os.rmdir(cgroup)
        except FileNotFoundError:
            pass
        except OSError:
            return False
        return True

    # -- once it runs ------------------------------------------------------------------

    def command(self, *command):
        return ["nsenter", "-t", str(self.pid), "-m", "-p", "-i", "-u", "-r", "-w", "--",
                *map(str, command)]

    def run(self, *command, check=True, **more):
        done = subprocess.run(
            self.command(*command), capture_output=True, text=True, errors="replace",
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
            timeout=agentd.PATIENCE, **{"stdin": subprocess.DEVNULL, **more})
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: exit code {done.returncode}\n"
                                 f"{done.stdout}{done.stderr}")
        return done

    def properties(self, unit):
        shown = self.run("systemctl", "show", unit).stdout
        return dict(line.split("=", 1) for line in shown.splitlines())

    def journal(self, unit):
        return self.run("journalctl", "-o", "cat", "--no-pager", "-u", unit).stdout

    def host_pid(self, pid):
        """Of a process that has this id in there."""
        for one in agentd.descendants(self._outer.pid):
            with open(f"/proc/{one}/status", encoding="utf-8") as status:
                numbers = next(line.split()[1:] for line in status
                               if line.startswith("NSpid:"))
            if numbers[-1] == str(pid):
                return one
        raise ProcessLookupError(pid)

# SPDX-License-Identifier: GPL-3.0-or-later
"""A private view of the machine, in which Debian's snmpd finds its own files and nobody
else's: what a machine looks like on which it was just installed.

    room = Room(folder, drop_in="...")
    room.start_snmpd()
    room.popen(["imc-agentd", "-f"], user=USER)
    room.close()

/run, /var and snmpd.conf.d are empty but for what Debian's packages make there. The one
line of Debian's snmpd.conf that is changed is the port. It is for daemons that meet in
/run and are started by the test, not by systemd; machine.py says what other sandboxes are
for.
"""
import pathlib
import re
import shutil
import signal
import subprocess

import agentd
import lab
import snmp_wire
from agentd import wait_for
from snmp_wire import Manager

DEBIAN = pathlib.Path("/etc/snmp/snmpd.conf")
DROP_INS = "/etc/snmp/snmpd.conf.d"
UNIT = pathlib.Path("/lib/systemd/system/snmpd.service")
USER, NUMBER = "imc-monitor", 64071
SNMPD_USER = "Debian-snmp"
NOBODY = "nobody"
LISTENS = "agentaddress  127.0.0.1,[::1]"
# The folder $1 has the files; what RuntimeDirectory= of both units makes.
FURNISH = f"""
mount --make-rprivate /
mount --bind "$1/snmpd.conf" {DEBIAN}
mount --bind "$1/drop-ins" {DROP_INS}
mount --bind "$1/passwd" /etc/passwd
mount --bind "$1/group" /etc/group
mount -t tmpfs -o mode=0755 none /run
mount -t tmpfs -o mode=0755 none /var
mkdir -p /var/lib/snmp /run/agentx /run/imc-monitor /var/lib/imc-agentd
chown {SNMPD_USER}: /var/lib/snmp
chown {USER}: /run/imc-monitor /var/lib/imc-agentd
echo ready
exec cat
"""


def command_of_unit():
    """How Debian's unit starts snmpd."""
    line, = re.findall(r"^ExecStart=(.*)$", UNIT.read_text(), re.MULTILINE)
    return line.split()


class Room:
    def __init__(self, folder, drop_in=None):
        self.folder = pathlib.Path(folder) / "room"
        self.log = self.folder / "snmpd.log"
        self.port = agentd.free_udp_port()
        self.snmpd = None
        self._started = []
        (self.folder / "drop-ins").mkdir(parents=True)
        self.put(drop_in)
        self._copy_debian()
        self._add_user()
        self._keeper = subprocess.Popen(
            ["unshare", "-m", "sh", "-ec", FURNISH, "sh", self.folder],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._keeper.stdout.readline() != "ready\n":
            self.close()
            raise AssertionError("the room could not be furnished: see above")

    def put(self, drop_in):
        """The drop-in's text, or none of it."""
        path = self.folder / "drop-ins" / "imc-monitor.conf"
        path.unlink(missing_ok=True)
        if drop_in is not None:
            path.write_text(drop_in)

    def _copy_debian(self):
        text = DEBIAN.read_text()
        if text.count(LISTENS) != 1:
            raise AssertionError(f"{DEBIAN} is not as Debian has it: no {LISTENS!r}")
        path = self.folder / "snmpd.conf"
        path.write_text(text.replace(LISTENS, f"agentaddress {lab.HOST}:{self.port}"))
        shutil.chown(path, group=SNMPD_USER)
        path.chmod(0o640)

    def _add_user(self):
        for name, line in (("passwd", f"{USER}:x:{NUMBER}:{NUMBER}::/:/bin/false\n"),
                           ("group", f"{USER}:x:{NUMBER}:\n")):
            lines = pathlib.Path("/etc", name).read_text().splitlines(keepends=True)
            lines = [one for one in lines if not one.startswith(f"{USER}:")]
            (self.folder / name).write_text("".join([*lines, line]))

    def command(self, words, user=None):
        """How to run something in here."""
        become = ["setpriv", f"--reuid={user}", f"--regid={user_group(user)}",
                  "--init-groups", "--no-new-privs"] if user else []
        return ["nsenter", "-m", "-t", str(self._keeper.pid), *become, *map(str, words)]

    def popen(self, words, user=None, **more):
        process = subprocess.Popen(self.command(words, user), stdin=subprocess.DEVNULL,
                                   **more)
        self._started.append(process)
        return process

    def run(self, words, user=None):
        return subprocess.run(self.command(words, user), stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=agentd.PATIENCE)

    def start_snmpd(self):
        """As Debian's unit does, and until it answers."""
        with open(self.log, "ab") as log:
            self.snmpd = self.popen(command_of_unit(), stdout=log, stderr=log, env={
                "PATH": "/usr/sbin:/usr/bin:/bin"})
        asker = Manager(self.port, patience=0.1, tries=1)
        try:
            wait_for("Debian's snmpd answers",
                     lambda: asker.get(snmp_wire.SYS_UP_TIME), pause=0.01,
                     detail=self.said)
        finally:
            asker.close()

    def stop_snmpd(self):
        """And what the end of the unit does to its RuntimeDirectory."""
        agentd.end(self.snmpd)
        self.run(["sh", "-c", "rm -rf /run/agentx && mkdir /run/agentx"])

    def said(self):
        return self.log.read_text(errors="replace")

    def close(self):
        for process in reversed(self._started):
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
            agentd.end(process)
        self._keeper.stdin.close()
        self._keeper.wait()
        self._keeper.stdout.close()


def user_group(user):
    return {NOBODY: "nogroup"}.get(user, user)

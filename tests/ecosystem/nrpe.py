# SPDX-License-Identifier: GPL-3.0-or-later
"""A real nrpe with Debian's nrpe.cfg and the drop-in that packaging/nrpe/ ships.

    files = Files(folder)
    files.configure({"EXCH01": server})
    daemon = Nrpe(files)
    daemon.start()
    daemon.ask("check_imc_EXCH01", "-2")
    daemon.stop()

It sees the files of a machine where all is installed: the drop-in, byte for byte, in
/etc/nagios/nrpe.d, check_imc with the other plugins. They are in overlays that it alone
sees, and it is the user that Debian's unit makes it. For other daemons see machine.py,
which says what sandbox is for what.
"""
import pathlib
import re
import shutil
import socket
import subprocess

import agentd
import lab
from agentd import wait_for

SHIPPED = agentd.ROOT / "packaging" / "nrpe" / "imc-monitor.cfg"
PROGRAM, PLUGIN = "/usr/sbin/nrpe", "/usr/lib/nagios/plugins/check_nrpe"
FOLDERS = ("etc", "usr/lib/nagios/plugins", "var/lib")
CONFIG, STATE = "etc/imc-monitor", "var/lib/imc-monitor"
DROP_INS = "etc/nagios/nrpe.d"
USER = "nagios"
# Arguments: a folder to mount into, what the overlays begin with.
ENTER = f"""
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=0755 nrpe "$1"
cp -a "$2" "$1/upper"
for folder in {' '.join(FOLDERS)}; do
    mkdir -p "$1/scratch/$folder"
    layers=lowerdir=/$folder,upperdir=$1/upper/$folder,workdir=$1/scratch/$folder
    mount -t overlay overlay -o "$layers" "/$folder"
done
shift 2
exec setpriv --reuid {USER} --regid {USER} --init-groups "$@"
"""


def can_mount():
    return not subprocess.run(["unshare", "-m", "true"],
                              capture_output=True).returncode


def shipped_line(server="EXCH01"):
    """The command of the drop-in, as for that server."""
    line, = re.findall(r"(?m)^command\[.*$", SHIPPED.read_text(encoding="utf-8"))
    return line.replace("EXCH01", server)


class Files:
    """What is installed, and what an administrator wrote."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.chmod(0o755)
        self.files = self.folder / "files"
        for name in FOLDERS:
            (self.files / name).mkdir(parents=True)
        for name in ("check_imc", "imc-rpc.so"):
            shutil.copy(lab.BUILD / name, self.files / "usr/lib/nagios/plugins")
        self.write(f"{DROP_INS}/imc-monitor.cfg", SHIPPED.read_bytes())
        (self.files / STATE).mkdir(0o700)
        shutil.chown(self.files / STATE, USER, USER)

    def write(self, path, content, mode=0o644, group="root"):
        path = self.files / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        shutil.chown(path, "root", group)

    def configure(self, servers):
        text = "[defaults]\ncredentials = /etc/imc-monitor/credentials\n"
        for name, server in servers.items():
            text += f"[server {name}]\naddress = {lab.HOST}\nport = {server.port}\n"
        self.write(f"{CONFIG}/imc-monitor.conf", text, 0o640, USER)
        self.write(f"{CONFIG}/credentials",
                   f"username = {lab.USER}\npassword = {lab.PASSWORD}\n", 0o640, USER)


class Nrpe:
    """`options` are those that nrpe and check_nrpe both need, such as -n: no TLS."""

    def __init__(self, files, *options, **settings):
        self.files, self.options, self.settings = files, options, settings
        self.port = lab.free_port()
        self.said = files.folder / f"nrpe-{self.port}"
        self.process = None

    def start(self):
        settings = {"server_address": lab.HOST, "server_port": self.port,
                    "pid_file": f"/{STATE}/nrpe.pid", **self.settings}
        self.files.write("etc/nagios/nrpe_local.cfg",
                         "".join(f"{key}={value}\n" for key, value in settings.items()))
        mounts = self.files.folder / f"mounts-{self.port}"
        mounts.mkdir()
        with open(self.said, "wb") as out:
            self.process = subprocess.Popen(
                ["unshare", "-m", "sh", "-c", ENTER, "sh", mounts, self.files.files,
                 PROGRAM, "-c", "/etc/nagios/nrpe.cfg", "-f", *self.options],
                env=lab.environment(), cwd="/", stdin=subprocess.DEVNULL, stdout=out,
                stderr=out)
        wait_for("nrpe listens", self._listens, detail=self.said.read_text)

    def _listens(self):
        if self.process.poll() is not None:
            raise AssertionError(f"nrpe ended: {self.said.read_text()}")
        with socket.socket() as probe:
            return probe.connect_ex((lab.HOST, self.port)) == 0

    def stop(self):
        if self.process is not None:
            agentd.end(self.process)

    def ask(self, command, *options, arguments=()):
        """(exit code, output) of check_nrpe."""
        done = subprocess.run(
            [PLUGIN, "-H", lab.HOST, "-p", str(self.port), *self.options, *options,
             "-c", command, *(("-a", *arguments) if arguments else ())],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=lab.environment(), timeout=lab.HANG)
        return done.returncode, done.stdout.decode()

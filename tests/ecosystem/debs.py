# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian packages of this tree, each build made once for all modules that ask for it.

    debs.first().package(debs.PLUGIN)   # as `make deb` makes it
    debs.newer().packages()             # of the next version

The builds are in a folder that is removed when the tests have ended.
"""
import atexit
import functools
import os
import pathlib
import re
import shutil
import tempfile

import lab
from roots import command

PLUGIN, RPC, AGENT = NAMES = ("imc-monitor-plugin", "imc-monitor-rpc",
                              "imc-monitor-agent")
CONF, OBJECTS = ("etc/imc-monitor/imc-monitor.conf",
                 "etc/nagios-plugins/config/imc-monitor.cfg")
SOMEBODY = "nobody"
# What somebody's shell may have for other builds; nothing of it is for this one.
OF_THE_CALLER = {"SYSCONFDIR": "/opt/etc", "STATEDIR": "/opt/state", "CFLAGS": "-O1",
                 "SANITIZE": "1"}


@functools.cache
def scratch():
    """For builds; on a disk, and entered by whoever builds."""
    folder = tempfile.TemporaryDirectory(prefix="imc-debian-", dir="/var/tmp")
    atexit.register(folder.cleanup)
    os.chmod(folder.name, 0o755)
    return folder


def room(name):
    return pathlib.Path(scratch().name) / name


def copy_source(folder, tree=lab.HERE.parent.parent):
    command(tree / "packaging/copy-source", folder)
    return folder


@functools.cache
def tree():
    """As it is now: somebody may change it while packages are built."""
    return copy_source(room("tree"))


@functools.cache
def makefile_version():
    text = (tree() / "Makefile").read_text(encoding="utf-8")
    return re.search(r"^VERSION *:= *(\S+)", text, re.MULTILINE).group(1)


class Built:
    """Packages in a folder, and what was said as they were built."""

    def __init__(self, folder, log):
        self.folder, self.log = pathlib.Path(folder), log
        self.files = {path.name: path for path in self.folder.glob("*.deb")}
        self.source = self.folder / f"imc-monitor-{makefile_version()}"
        self.changes = next(self.folder.glob("*.changes"))

    def package(self, name):
        return next(path for file, path in self.files.items()
                    if file.startswith(f"{name}_"))

    def packages(self):
        return [self.package(name) for name in NAMES]

    def field(self, name, field):
        return command("dpkg-deb", "-f", self.package(name), field).stdout.strip()


def environment(**more):
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, **more}


@functools.cache
def first():
    """As `make deb` does it, with the unit tests."""
    folder = room("first")
    done = command(tree() / "packaging/make-deb", folder, env=environment())
    return Built(folder, done.stdout + done.stderr)


@functools.cache
def again():
    """By somebody else, elsewhere, in another language, with settings of other builds,
    without tests or a network."""
    folder = room("elsewhere")
    folder.mkdir()
    shutil.chown(folder, SOMEBODY)
    build = 'umask 077 && exec "$0" "$1/deeper"'
    done = command("unshare", "--net", "setpriv", "--reuid", SOMEBODY,
                   "--regid", "nogroup", "--clear-groups", "sh", "-c", build,
                   tree() / "packaging/make-deb", folder,
                   env=environment(DEB_BUILD_OPTIONS="nocheck parallel=1", LANG="C",
                                   TZ="Pacific/Kiritimati", HOME="/nonexistent",
                                   **OF_THE_CALLER))
    return Built(folder / "deeper", done.stdout + done.stderr)


@functools.cache
def newer():
    """The next version, whose configuration is another."""
    built = first()
    source = copy_source(room("newer") / built.source.name, tree())
    shutil.copytree(source / "packaging/debian", source / "debian")
    log = source / "debian/changelog"
    old = log.read_text(encoding="utf-8")
    entry, version = old[:old.index("\n -- ")], built.field(PLUGIN, "Version")
    signature = old[old.index("\n -- "):].split("\n\n")[0]
    entry = entry.replace(version, f"{version}+next").split("  *")[0]
    log.write_text(f"{entry}  * Another one.\n{signature}\n\n{old}", encoding="utf-8")
    for name in ("imc-monitor.conf", "nagios/imc-monitor.cfg"):
        with open(source / "packaging" / name, "a", encoding="utf-8") as file:
            file.write("# Of the next version.\n")
    done = command("dpkg-buildpackage", "-us", "-uc", "-b", cwd=source,
                   env=environment(DEB_BUILD_OPTIONS="nocheck noautodbgsym"))
    return Built(source.parent, done.stdout + done.stderr)

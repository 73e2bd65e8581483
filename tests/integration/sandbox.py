# SPDX-License-Identifier: GPL-3.0-or-later
"""A private folder in which check_imc runs, and what it may not change there.

For tests of what lab.run() cannot do: another working directory, another user, bytes that
are no text, descriptors that are closed.
"""
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
import unittest

import lab

sys.path.insert(0, str(lab.HERE.parent / "data"))

NOBODY = 65534
IS_ROOT = os.geteuid() == 0
QUICK = 2.0     # s, for whatever asks no server
SMALL = 1 << 21


def snapshot(folder):
    """Everything below a folder that a careless program could change."""
    found = {}
    for path, folders, files in os.walk(folder):
        for name in folders + files:
            whole = os.path.join(path, name)
            status = os.lstat(whole)
            content = None
            if stat.S_ISREG(status.st_mode) and status.st_size < SMALL:
                with open(whole, "rb") as file:
                    content = file.read()
            found[whole] = (status.st_mode, status.st_uid, status.st_size,
                            status.st_mtime_ns, content)
    return found


def fnv(data):
    """FNV-1a, which ends a state file."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return value


def is_whole(content):
    """Does a state file end with the hash of what is before?"""
    body, end = content[:-21], content[-21:]
    return len(body) > 0 and end == b"end %016x\n" % fnv(body)


class Case(unittest.TestCase):
    """A test with a private folder, which is the working directory of its runs."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="imc-sandbox-")
        self.addCleanup(shutil.rmtree, self.folder)
        os.chmod(self.folder, 0o755)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content, mode=0o644):
        path = self.path(name)
        with open(path, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        os.chmod(path, mode)
        return path

    def as_nobody(self):
        """The beginning of a command that runs check_imc as another user, from a copy
        that this user can reach."""
        home = tempfile.mkdtemp(prefix="imc-nobody-")
        self.addCleanup(shutil.rmtree, home)
        os.chmod(home, 0o755)
        for name in ("check_imc", "imc-rpc.so"):
            shutil.copy(lab.BUILD / name, home)
            os.chmod(os.path.join(home, name), 0o755)
        return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
                os.path.join(home, "check_imc")]

    def run_here(self, arguments, env=None, program=None, **more):
        """Its end, with `seconds`; all output as bytes."""
        began = time.monotonic()
        done = subprocess.run((program or [lab.PROGRAM]) + list(arguments),
                              cwd=self.folder,
                              env={**lab.environment(), **(env or {})},
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=lab.HANG, **more)
        done.seconds = time.monotonic() - began
        return done

# SPDX-License-Identifier: GPL-3.0-or-later
"""What the integration tests share: check_imc as a subprocess, servers of the NT lab.

    with Folder() as folder:
        with NTServer(scenario("running.json")) as server:
            done = check(server.port, folder.credentials(), "--json")
        done.code, done.json["keys"], done.seconds

The servers live in this process and check_imc in its own, so that neither waits for the
other's locks.
"""
import concurrent.futures
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lab")]

from nt import NTServer, load_scenario  # noqa: E402  (the path comes first)
from nt.scenario import SERVICE  # noqa: E402
from ports import free_port  # noqa: E402

__all__ = ["NTServer", "free_port", "load_scenario", "SERVICE"]

BUILD = pathlib.Path(os.environ.get("IMC_BUILD", HERE.parent.parent / "build")).resolve()
PROGRAM = BUILD / "check_imc"
SCENARIOS = HERE.parent / "lab" / "scenarios"
HOST = "127.0.0.1"
USER, PASSWORD = "monitor", "Secret-1"
EXIT_CODES = {"ok": 0, "warning": 1, "critical": 2, "unknown": 3}
HANG = 60       # s: a check that takes longer is ended, and fails its test
SANITIZED = PROGRAM.exists() and b"__asan_init" in PROGRAM.read_bytes()
# Samba leaves memory behind, and ASan reserves more address space than any limit allows.
SANITIZER = {"ASAN_OPTIONS": "detect_leaks=0:exitcode=99",
             "UBSAN_OPTIONS": "exitcode=99:print_stacktrace=1"}
CORES = os.cpu_count() or 1


class Folder:
    """A private folder for credentials, state and copied logs; removed at the end."""

    def __init__(self, prefix="imc-integration-", place=None):
        self._folder = tempfile.TemporaryDirectory(prefix=prefix, dir=place)
        self.path = pathlib.Path(self._folder.name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.remove()

    def remove(self):
        self._folder.cleanup()

    def credentials(self, user=USER, password=PASSWORD, domain=None):
        """A new file of an account, readable for its owner only."""
        text = f"username = {user}\npassword = {password}\n"
        if domain:
            text += f"domain = {domain}\n"
        descriptor, path = tempfile.mkstemp(dir=self.path)      # 0600
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def state(self):
        return tempfile.mkdtemp(dir=self.path)                  # 0700


class Done:
    """A check that ended: how, when, and what it said."""

    def __init__(self, arguments, code, out, err, seconds, left):
        self.arguments, self.code, self.out, self.err = arguments, code, out, err
        self.seconds = seconds
        self.left = left            # processes of it that were still there

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def line(self):
        """The first line without its perfdata."""
        return self.out.split("\n")[0].split(" | ")[0]

    def parts(self):
        """Parts that were not learned, with how."""
        return {one["part"]: one for one in self.json["failures"]}

    def __str__(self):
        return (f"{' '.join(map(str, self.arguments))}\nexit code {self.code} after"
                f" {self.seconds:.2f} s\n{self.out}{self.err}")


def environment():
    """As Nagios starts plugins: next to nothing."""
    return {"PATH": "/usr/bin:/bin", **(SANITIZER if SANITIZED else {})}


def limited(address_space):
    """What runs in the child before the program does."""
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (address_space, address_space))
    return limit if address_space and not SANITIZED else None


def processes_of(session):
    """Ids of the living processes of a session."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                state, _, _, owner = file.read().rsplit(")", 1)[1].split()[:4]
        except (OSError, IndexError):
            continue                    # no process, or it ended while we looked
        if int(owner) == session and state != "Z":
            found.append(int(name))
    return found


def start(*arguments, address_space=None):
    """Start check_imc with these arguments, in a session of its own."""
    return subprocess.Popen([PROGRAM, *map(str, arguments)], env=environment(), cwd="/",
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, start_new_session=True,
                            preexec_fn=limited(address_space))


def run(*arguments, address_space=None):
    """Run check_imc with these arguments to its end."""
    begin = time.monotonic()
    process = start(*arguments, address_space=address_space)
    try:
        out, err = process.communicate(timeout=HANG)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    seconds = time.monotonic() - begin
    left = processes_of(process.pid)
    for one in left:
        os.kill(one, signal.SIGKILL)
    return Done(arguments, process.returncode, out.decode(), err.decode(), seconds, left)


def target(port, credentials):
    return ["-H", HOST, "-p", port, "-A", credentials]


def check(port, credentials, *options, address_space=None):
    """Check the server at a port."""
    return run(*target(port, credentials), *options, address_space=address_space)


def scenario(name, **changes):
    """A scenario of tests/lab/scenarios with other values for some of its keys."""
    found = load_scenario(SCENARIOS / f"{name}.json")
    found.update(changes)
    return found


def check_scenario(changed, credentials, *options, address_space=None):
    """Check a server of that scenario: (Done, the server, which is stopped by then)."""
    with NTServer(changed) as server:
        done = check(server.port, credentials, *options, address_space=address_space)
    return done, server


def in_parallel(function, rows, workers=2 * CORES):
    """function(row) for all rows, in their order. Waiting costs nothing: checks that hang
    may have many workers."""
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        return list(pool.map(function, rows))

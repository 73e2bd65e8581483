#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the integration tests: all, or the modules named (`scenarios evt`).
`--in FOLDER` runs those of another folder, which may use what is in this one.

Quiet unless something fails. Each row of a table counts as one; the last line is
`N passed, N failed`, with `, N skipped` where some were. Nothing is left running.
Modules that mostly wait run beside the others, in a process of their own.
"""
import ctypes
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ELSEWHERE = sys.argv[1:2] == ["--in"]
TESTS = pathlib.Path(sys.argv[2]).resolve() if ELSEWHERE else HERE
NAMES = sys.argv[3:] if ELSEWHERE else sys.argv[1:]
sys.path[:0] = [str(folder) for folder in dict.fromkeys((TESTS, HERE))]
sys.dont_write_bytecode = True

PR_SET_CHILD_SUBREAPER = 36
# They wait for most of their time: for a master that is away, for accounts that rest.
WAITING = {"test_agent_accounts", "test_agent_appl", "test_agent_master",
           "test_agent_trap_socket", "test_nagios", "test_snmp", "test_start",
           "test_start_guards", "test_start_race", "test_start_state"}
# They measure how soon somebody is answered: nothing runs beside them.
MEASURING = {"test_agent_dead", "test_agent_storm", "test_agent_traps"}


class Count(unittest.TestResult):
    """Counts rows: a test without subTest is one row."""

    def __init__(self):
        super().__init__()
        self.passed = 0
        self.troubles = []          # (name, text)
        self._rows = 0

    def startTest(self, test):
        super().startTest(test)
        self._rows = 0

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        self._rows += 1
        if err is None:
            self.passed += 1
        else:
            self._trouble(subtest, (self.failures + self.errors), subtest)

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += not self._rows

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._trouble(test, self.failures, test)

    def addError(self, test, err):
        super().addError(test, err)
        self._trouble(test, self.errors, test)

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self.troubles.append((str(test), "succeeded, which was not expected\n"))

    def _trouble(self, name, recorded, test):
        text = next(text for one, text in reversed(recorded) if one is test)
        self.troubles.append((str(name), text))


def modules(names):
    """Names of modules: `faults` means test_faults.py and all of test_faults_*.py."""
    known = sorted(path.stem.removeprefix("test_") for path in TESTS.glob("test_*.py"))
    found = {name: [one for one in known if f"{one}_".startswith(f"{name}_")]
             for name in names}
    unknown = [name for name in names if not found[name]]
    if unknown:
        sys.exit(f"run.py: there is no {', '.join(unknown)}: use some of"
                 f" {', '.join(known)}")
    chosen = sum(found.values(), []) if names else known
    return [f"test_{name}" for name in dict.fromkeys(chosen)]


def run_module(name):
    """Its result; a module that cannot be loaded is one failure."""
    result = Count()
    begin = time.monotonic()
    unittest.defaultTestLoader.loadTestsFromName(name).run(result)
    for test, text in result.troubles:
        print(f"FAILED {test}\n{text}")
    for test, reason in result.skipped:
        print(f"skipped {test}: {reason}")
    print(f"{name}: {result.passed} passed, {len(result.troubles)} failed"
          f" ({time.monotonic() - begin:.1f} s)", flush=True)
    return result


def children():
    """Ids of our living children, the orphans of the tests' programs among them."""
    found = []
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                state, parent = file.read().rsplit(")", 1)[1].split()[:2]
        except (OSError, IndexError):
            continue
        if int(parent) == os.getpid() and state != "Z":
            found.append(int(name))
    return found


def end_children():
    """How many had to be ended; buries the dead."""
    ended = 0
    while left := children():
        for pid in left:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                command = file.read().decode(errors="replace").replace("\0", " ")
            print(f"FAILED still running: {pid} {command}")
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            ended += 1
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
    return ended


class Beside:
    """Modules in another process, whose lines are shown when it has ended."""

    def __init__(self, names):
        self.output = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        command = [sys.executable, __file__, "--in", str(TESTS),
                   *(name.removeprefix("test_") for name in names)]
        self.process = subprocess.Popen(command, stdout=self.output,
                                        stderr=subprocess.STDOUT)

    def end(self):
        """Passed, failed, skipped."""
        status = self.process.wait()
        self.output.seek(0)
        *lines, last = self.output.read().rstrip("\n").split("\n")
        found = re.fullmatch(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?", last)
        print("\n".join(lines if found else [*lines, last]), flush=True)
        if found is None:
            return 0, 1, 0
        passed, failed, skipped = (int(one or 0) for one in found.groups())
        return passed, failed or int(status != 0), skipped


def count(results):
    return (sum(result.passed for result in results),
            sum(len(result.troubles) for result in results),
            sum(len(result.skipped) for result in results))


def main():
    # Whoever loses its parent becomes our child, and is found at the end.
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    chosen = modules(NAMES)
    waiting = [name for name in chosen if name in WAITING]
    working = [name for name in chosen if name not in WAITING | MEASURING]
    measuring = [name for name in chosen if name in MEASURING]
    counts = []
    if working and waiting:
        beside = Beside(waiting)
        counts.append(count([run_module(name) for name in working]))
        counts.append(beside.end())
    else:
        counts.append(count([run_module(name) for name in working + waiting]))
    counts.append(count([run_module(name) for name in measuring]))
    passed, failed, skipped = (sum(each) for each in zip(*counts))
    failed += end_children()
    tail = f", {skipped} skipped" if skipped else ""
    print(f"{passed} passed, {failed} failed{tail}")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())

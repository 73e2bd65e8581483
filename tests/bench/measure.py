# SPDX-License-Identifier: GPL-3.0-or-later
"""Side-by-side timing: what runs A B A B under the same load can be compared."""
import os
import resource
import shutil
import statistics
import subprocess
import time

WARM_UPS = 2
NAME_WIDTH = 28
OUTPUT_SHOWN = 300
AT_MOST, AT_LEAST = "at most", "at least"


class LeftOut(Exception):
    """A row that cannot be measured here, and why."""


def need(*tools):
    """Paths of the tools; LeftOut names the first that is absent."""
    places = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin",
                              "/usr/lib/nagios/plugins"))
    found = [shutil.which(tool, path=places) for tool in tools]
    for tool, path in zip(tools, found):
        if path is None:
            raise LeftOut(f"{tool} is not installed")
    return found


class Contender:
    """A job: commands that run one after the other, and the exit codes they may have."""

    def __init__(self, name, commands, codes=(0,), env=None):
        self.name = name
        self.commands = commands
        self.codes = codes
        self.env = {**os.environ, **(env or {})}

    def output(self):
        """What one run prints: the proof that the work is done."""
        text = ""
        for command in self.commands:
            done = subprocess.run(command, env=self.env, text=True, errors="replace",
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
            text += done.stdout
            self._judge(command, done.returncode, text)
        return text

    def run(self):
        """One run into /dev/null: wall ms, CPU ms with children, peak MiB."""
        cpu = peak = 0
        start = time.perf_counter()
        for command in self.commands:
            used = self._run_one(command)
            cpu += used.ru_utime + used.ru_stime
            peak = max(peak, used.ru_maxrss)
        return (time.perf_counter() - start) * 1000, cpu * 1000, peak / 1024

    def _run_one(self, command):
        null = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_DUP2, 1, 2)]
        pid = os.posix_spawn(command[0], command, self.env, file_actions=null)
        _, status, used = os.wait4(pid, 0)
        self._judge(command, os.waitstatus_to_exitcode(status), "")
        return used

    def _judge(self, command, code, text):
        if code not in self.codes:
            raise LeftOut(f"{' '.join(command)}: exit code {code}:"
                          f" {text[-OUTPUT_SHOWN:]}")


class Target:
    """at most: our time by theirs; at least: theirs by ours, so many times faster."""

    def __init__(self, sense, value):
        self.sense = sense
        self.value = value

    def ratio(self, ours, theirs):
        return ours / theirs if self.sense == AT_MOST else theirs / ours

    def is_met(self, ratio):
        return ratio <= self.value if self.sense == AT_MOST else ratio >= self.value


def _show(name, runs):
    walls, cpus, peaks = zip(*runs)
    # A new program's account begins with the peak of the process that spawned it: ours.
    floor = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    peak = f"{max(peaks):.1f}" if max(peaks) > floor else f"under {floor:.0f}"
    print(f"    {name:{NAME_WIDTH}}  wall {statistics.median(walls):8.1f} ms"
          f" ({min(walls):.1f} - {max(walls):.1f})"
          f"  CPU {statistics.median(cpus):7.1f} ms  peak RSS {peak} MiB")


def say_ratio(what, ours, theirs, target):
    """A figure of both, measured in pairs: print, and tell whether the target is met."""
    ratios = sorted(target.ratio(a, b) for a, b in zip(ours, theirs))
    paired = statistics.median(ratios)
    is_met = target.is_met(paired)
    print(f"    {what}: {paired:.2f}, median of {len(ratios)} pairs ({ratios[0]:.2f} -"
          f" {ratios[-1]:.2f}); target {target.sense} {target.value:g}:"
          f" {'meets' if is_met else 'misses'}")
    return is_met


def say_share(what, value, unit, target):
    """A figure of ours that has a limit: print, and tell whether it is kept."""
    is_met = value <= target
    print(f"    {what}: {value:.3g}{unit}; target at most {target:g}{unit}:"
          f" {'meets' if is_met else 'misses'}")
    return is_met


def compare(ours, theirs, target, pairs):
    """Measure, print, and tell whether the target is met."""
    for contender in (ours, theirs):
        for _ in range(WARM_UPS if pairs > WARM_UPS else 0):
            contender.run()
    runs = [(ours.run(), theirs.run()) for _ in range(pairs)]
    ours_runs, theirs_runs = zip(*runs)
    _show(ours.name, ours_runs)
    _show(theirs.name, theirs_runs)

    ratios = sorted(target.ratio(a[0], b[0]) for a, b in runs)
    paired = statistics.median(ratios)
    medians = target.ratio(*(statistics.median(run[0] for run in side)
                             for side in (ours_runs, theirs_runs)))
    cpu = [sum(run[1] for run in side) for side in (ours_runs, theirs_runs)]
    sense = "our time by theirs" if target.sense == AT_MOST else "their time by ours"
    is_met = target.is_met(paired)
    print(f"    {sense}: {paired:.2f}, median of {pairs} pairs"
          f" ({ratios[0]:.2f} - {ratios[-1]:.2f}); of medians {medians:.2f};"
          f" of CPU {target.ratio(*cpu):.2f}")
    word = "meets" if is_met else "misses"
    print(f"    target {target.sense} {target.value:g}: {word}")
    return is_met

# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scenario breaks on purpose, where, and how often."""

import random
import threading

STAGES = ("accept", "negotiate", "session-setup", "tree-connect", "open-pipe", "bind",
          "call")

STATUS_ACCESS_DENIED = 0xC0000022
STATUS_OBJECT_NAME_NOT_FOUND = 0xC0000034

# Actions that every stage understands.
GENERIC = {"hang", "close", "reset", "reset-mid-reply", "deny", "error", "garbage",
           "slow", "delay", "missing", "refuse", "blackhole", "fault", "short", "reject"}
# Actions that one interface implements itself.
SPECIAL = {"absurd", "deny-access-mask", "seek-error-87", "log-changed", "log-corrupt",
           "log-cleared", "append", "open-log-is-application", "set-service"}
# The keys of a fault that say where and how often; the rest are its arguments.
WHERE = ("pipe", "opnum", "log", "service", "access", "user", "share")


class CloseConnection(Exception):
    """End the connection in an orderly way."""


class ResetConnection(Exception):
    """End the connection with RST, after sending `last` (may be part of a reply)."""

    def __init__(self, last=b""):
        super().__init__("reset")
        self.last = last


class Fault:
    """One entry of a scenario's "faults"."""

    def __init__(self, text):
        if text.get("at") not in STAGES:
            raise ValueError(f"fault: unknown stage {text.get('at')!r}")
        if text.get("do") not in GENERIC | SPECIAL:
            raise ValueError(f"fault: unknown action {text.get('do')!r}")
        self.at = text["at"]
        self.do = text["do"]
        self.where = {key: text[key] for key in WHERE if key in text}
        self.arguments = text
        self.seen = 0
        self.done = 0

    def concerns(self, at, facts):
        if at != self.at:
            return False
        return all(self._same(facts.get(key), self.where[key], facts)
                   for key in self.where)

    @staticmethod
    def _same(fact, wanted, facts):
        if isinstance(wanted, list):
            return any(Fault._same(fact, one, facts) for one in wanted)
        if isinstance(fact, str) and isinstance(wanted, str):
            return fact.lower() == wanted.lower()
        if isinstance(fact, int) and isinstance(wanted, str):
            return facts.get("name") == wanted
        return fact == wanted

    def is_due(self):
        """Count this occasion, and say whether the fault happens at it."""
        self.seen += 1
        nth, first = self.arguments.get("nth"), self.arguments.get("from", 1)
        due = self.seen == nth if nth is not None else self.seen >= first
        if not due or self.done >= self.arguments.get("times", 1 << 62):
            return False
        self.done += 1
        return True

    def get(self, key, default=None):
        return self.arguments.get(key, default)

    def number(self, key, default=0):
        """A number of the arguments; JSON has no hexadecimal, so "0x.." is one too."""
        value = self.arguments.get(key, default)
        return int(value, 0) if isinstance(value, str) else value


class FaultList:
    """A scenario's faults; safe to use from many connections."""

    def __init__(self, texts):
        self._lock = threading.Lock()
        self._faults = [Fault(text) for text in texts or []]

    def due(self, at, **facts):
        """All faults that happen at this occasion, in the scenario's order."""
        with self._lock:
            return [fault for fault in self._faults
                    if fault.concerns(at, facts) and fault.is_due()]

    def happened(self):
        """How often any fault happened so far."""
        with self._lock:
            return sum(fault.done for fault in self._faults)


def garbage(size):
    """Reproducible random bytes."""
    return random.Random(4071).randbytes(size)

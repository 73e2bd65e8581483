# SPDX-License-Identifier: GPL-3.0-or-later
"""An event log: numbered records, encoded only when somebody reads them."""

import bisect
import struct
import threading

from .times import duration, moment

TYPES = {"success": 0, "error": 1, "warning": 2, "information": 4, "audit-success": 8,
         "audit-failure": 16}
FIXED = 56


class Group:
    """One event of a scenario, `count` times: record i is written `every` s later."""

    def __init__(self, event, computer, now, layout):
        kind = event.get("type", "information")
        number = event["id"]
        self.count = int(event.get("repeat", 1))
        self.every = duration(event.get("every", 0))
        self.time = moment(event.get("at", 0), now)
        self.id = int(number, 0) if isinstance(number, str) else number & 0xFFFFFFFF
        self.type = TYPES[kind] if isinstance(kind, str) else kind
        self.category = event.get("category", 0)
        self.source = event.get("source", "MSExchangeIMC")
        self.computer = event.get("computer", computer)
        self.strings = event.get("strings", [])
        self.data = bytes.fromhex(event.get("data", ""))
        self.sid = _sid(event.get("sid"))
        # Samba's IDL (so rpcclient) takes strings to follow the names without padding,
        # and wants at least one byte of padding at the end; NT does neither.
        self.for_samba = layout == "samba"
        self.first = 0
        self._template = None

    def encode(self, number):
        """EVENTLOGRECORD of record `number` ([MS-EVEN] 2.2.3)."""
        if self._template is None:
            self._template = self._build()
        record = bytearray(self._template)
        when = int(self.time + self.every * (number - self.first)) & 0xFFFFFFFF
        struct.pack_into("<III", record, 8, number & 0xFFFFFFFF, when, when)
        return record

    def _build(self):
        body = _utf16(self.source) + _utf16(self.computer)
        if self.sid or not self.for_samba:
            body += bytes(-(FIXED + len(body)) % 4)
        sid_at = FIXED + len(body)
        body += self.sid
        strings_at = FIXED + len(body)
        body += b"".join(_utf16(text) for text in self.strings)
        data_at = FIXED + len(body)
        body += self.data
        body += bytes(-(FIXED + len(body)) % 4 or (4 if self.for_samba else 0))
        length = FIXED + len(body) + 4
        fixed = struct.pack(
            "<I4sIIIIHHHHIIIIII", length, b"LfLe", 0, 0, 0, self.id, self.type,
            len(self.strings), self.category, 0, 0, strings_at, len(self.sid), sid_at,
            len(self.data), data_at)
        return fixed + body + struct.pack("<I", length)


class Log:
    """Oldest to newest record; numbers rise by one and restart at 1 when cleared."""

    def __init__(self, name, events, first, computer, now, layout="nt"):
        self.name = name
        self.lock = threading.RLock()
        self.generation = 0     # rises with each clear: older handles notice
        self.computer, self.layout = computer, layout
        self._groups = []
        self._firsts = []
        self.oldest = self._next = first
        for event in events:
            self.append(event, now)

    @property
    def newest(self):
        return self._next - 1

    @property
    def count(self):
        return self._next - self.oldest

    def append(self, event, now):
        with self.lock:
            group = Group(event, self.computer, now, self.layout)
            group.first = self._next
            self._groups.append(group)
            self._firsts.append(group.first)
            self._next += group.count

    def clear(self):
        with self.lock:
            self._groups, self._firsts = [], []
            self.oldest = self._next = 1
            self.generation += 1

    def forget(self, count):
        """Lose the oldest records, as a log that wraps does."""
        with self.lock:
            self.oldest = min(self.oldest + count, self._next)

    def record(self, number):
        """The bytes of a record, or None where the log does not hold it."""
        with self.lock:
            if not self.oldest <= number < self._next:
                return None
            group = self._groups[bisect.bisect_right(self._firsts, number) - 1]
            return group.encode(number)


def _utf16(text):
    return text.encode("utf-16-le", "surrogatepass") + b"\0\0"


def _sid(text):
    """The bytes of "S-1-5-18"."""
    if not text:
        return b""
    _, revision, authority, *parts = text.split("-")
    head = struct.pack("<BB", int(revision), len(parts))
    head += int(authority).to_bytes(6, "big")
    return head + b"".join(struct.pack("<I", int(part)) for part in parts)

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes classic event logs (.evt) of every layout, for tests and measurements.

    evt_writer.py KIND FILE [--records N] [--size BYTES] [--system] [--now EPOCH]

KIND: clean, dirty, split, filled, empty, big, as libevt's format document has them.
"""
import argparse
import struct
import time

HEADER, END, FIXED = 0x30, 0x28, 0x38
CLEAN, DIRTY, SPLIT, FILLED, EMPTY = "clean", "dirty", "split", "filled", "empty"
KINDS = (CLEAN, DIRTY, SPLIT, FILLED, EMPTY)
ERROR, WARNING, INFORMATION = 1, 2, 4
NO_ADMIN_MAILBOX = 0xC0000FE7
OTHERS = ("MSExchangeMTA", "MSExchangeIS Private", "ESE97", "Norton AntiVirus")


def _text(text):
    return text.encode("utf-16-le") + b"\0\0"


def record(number, when, event_id, source="MSExchangeIMC", strings=(), kind=INFORMATION,
           computer="EXCH01", sid=b"", data=b""):
    """One EVENTLOGRECORD ([MS-EVEN] 2.2.3)."""
    body = _text(source) + _text(computer)
    body += bytes(-(FIXED + len(body)) % 4)
    sid_at = FIXED + len(body)
    body += sid
    strings_at = FIXED + len(body)
    body += b"".join(_text(text) for text in strings)
    data_at = FIXED + len(body)
    body += data
    body += bytes(-(FIXED + len(body)) % 4)
    length = FIXED + len(body) + 4
    fixed = struct.pack(
        "<I4sIIIIHHHHIIIIII", length, b"LfLe", number, when, when, event_id, kind,
        len(strings), 1, 0, 0, strings_at, len(sid), sid_at, len(data), data_at)
    return fixed + body + struct.pack("<I", length)


def header(begin, end, following, oldest, flags=0):
    return struct.pack("<I4sIIIIIIIIII", HEADER, b"LfLe", 1, 1, begin, end, following,
                       oldest, 0x10000, flags, 604800, HEADER)


def end_record(begin, end, following, oldest):
    return struct.pack("<10I", END, 0x11111111, 0x22222222, 0x33333333, 0x44444444, begin,
                       end, following, oldest, END)


def number_of(one):
    return struct.unpack_from("<I", one, 8)[0]


def stale():
    """What a log leaves behind in the gap: half a record, a whole one, an old end."""
    old = record(1, 1000, NO_ADMIN_MAILBOX, data=b"stale bytes!")
    return old[40:] + old + end_record(HEADER, HEADER + len(old), 2, 1)


def log(kind, records, split_at=FIXED + 8, fill_dwords=9, old=None):
    """The bytes of a log that holds `records`, oldest first.

    split: the middle record is cut `split_at` bytes behind its start; filled: the tail
    has `fill_dwords` dwords of 0x27 (at most 13); old: what is in the gap."""
    if kind == EMPTY or not records:
        return header(HEADER, HEADER, 1, 0) + end_record(HEADER, HEADER, 1, 0)
    following, oldest = number_of(records[-1]) + 1, number_of(records[0])
    is_wrapped = kind in (SPLIT, FILLED) and len(records) > 1
    middle = len(records) // 2 if is_wrapped else 0
    older, newer = b"".join(records[:middle]), b"".join(records[middle:])
    if kind == SPLIT and is_wrapped:
        older, newer = older + newer[:split_at], newer[split_at:]
    if kind == FILLED and is_wrapped:
        older += struct.pack("<I", 0x27) * fill_dwords
    end = HEADER + len(newer)
    gap = (stale() if old is None else old) if is_wrapped or kind == DIRTY else b""
    begin = end + END + len(gap) if is_wrapped else HEADER
    first = header(HEADER, HEADER, 1, 0, 1) if kind == DIRTY else \
        header(begin, end, following, oldest)
    return first + newer + end_record(begin, end, following, oldest) + gap + older


def application(count, now, first=1, every=60, failures=10):
    """Records of a usual Application log; each `failures`-th is of MSExchangeIMC."""
    made = []
    for i in range(count):
        when = now - (count - i) * every
        if i % failures == failures - 1:
            made.append(record(first + i, when, NO_ADMIN_MAILBOX, kind=ERROR))
        else:
            strings = ("a string", "number %d" % i)[:i % 3]
            made.append(record(first + i, when, 0x40000000 + i % 50,
                               OTHERS[i % len(OTHERS)], strings, data=bytes(i % 7 * 4)))
    return made


def system(now, boots=(3600,)):
    """Records of a System log with boots so many seconds ago."""
    made = []
    for i, ago in enumerate(sorted(boots, reverse=True)):
        made.append(record(2 * i + 1, now - ago, 0x80001775, "EventLog"))
        made.append(record(2 * i + 2, now - ago + 1, 0x40001B7C,
                           "Service Control Manager", ("Messenger", "running")))
    return made


def write_big(path, size, now, failures=1000):
    """A clean log of about `size` bytes, all of the last hour, written in blocks."""
    pattern = [bytearray(one) for one in application(failures, now, failures=failures)]
    number, end = 0, HEADER
    with open(path, "wb") as file:
        file.write(bytes(HEADER))
        while end < size - END:
            block = bytearray()
            for one in pattern:
                number += 1
                struct.pack_into("<III", one, 8, number, now - 3600, now - 3600)
                block += one
            file.write(block)
            end += len(block)
        file.write(end_record(HEADER, end, number + 1, 1))
        file.seek(0)
        file.write(header(HEADER, end, number + 1, 1))
    return number


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=KINDS + ("big",))
    parser.add_argument("file")
    parser.add_argument("--records", type=int, default=20)
    parser.add_argument("--size", type=int, default=100 * 1000 * 1000)
    parser.add_argument("--system", action="store_true", help="a System log")
    parser.add_argument("--now", type=int, default=int(time.time()))
    args = parser.parse_args()
    if args.kind == "big":
        print(write_big(args.file, args.size, args.now), "records")
        return
    made = system(args.now) if args.system else application(args.records, args.now)
    with open(args.file, "wb") as file:
        file.write(log(args.kind, made))


if __name__ == "__main__":
    main()

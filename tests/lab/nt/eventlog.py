# SPDX-License-Identifier: GPL-3.0-or-later
r"""\PIPE\eventlog ([MS-EVEN]): open, count, oldest, read, close."""

import os
import struct

from .dcerpc import Operation, syntax
from .ndr import NdrError, Reader, Writer

PIPE = "eventlog"
SYNTAX = syntax("82273fdc-e32a-18c3-3f78-827929dc23ea", 0)

OK = 0
BUFFER_TOO_SMALL = 0xC0000023
END_OF_FILE = 0xC0000011
INVALID_PARAMETER = 0xC000000D
INVALID_HANDLE = 0xC0000008
DENIED = 0xC0000022
FILE_CHANGED = 0xC0000197
FILE_CORRUPT = 0xC000018E

SEQUENTIAL, SEEK, FORWARDS, BACKWARDS = 1, 2, 4, 8
MAX_READ = 0x7FFFF
NO_HANDLE = bytes(20)
HUGE = 0xFFFFFFFF


class Open:
    """A handle's log and how far it was read."""

    def __init__(self, log, asked):
        self.log = log
        self.asked = asked
        self.generation = log.generation
        self.last = None        # number of the record read last
        self.is_stale = False   # told "changed": only a fresh handle reads on


def _decode_handle(call):
    handle = Reader(call.stub).handle()
    opened = call.handles.get(handle)
    return (handle, opened), None, {"log": opened.log.name if opened else None}


# -- 2 CloseEL ---------------------------------------------------------------------------

def _close(call, arguments):
    known = call.handles.pop(arguments[0], None)
    return Writer().handle(NO_HANDLE).u32(OK if known else INVALID_HANDLE).done()


def _fail_handle(_call, _arguments, code):
    return Writer().handle(NO_HANDLE).u32(code).done()


# -- 4 NumberOfRecords, 5 OldestRecord ---------------------------------------------------

def _number_of_records(call, arguments):
    opened = arguments[1]
    if opened is None:
        return _fail_number(call, arguments, INVALID_HANDLE)
    absurd = call.fault("absurd")
    count = absurd.number("value", HUGE) if absurd else opened.log.count
    return Writer().u32(count).u32(OK).done()


def _oldest_record(call, arguments):
    opened = arguments[1]
    if opened is None:
        return _fail_number(call, arguments, INVALID_HANDLE)
    absurd = call.fault("absurd")
    with opened.log.lock:
        oldest = opened.log.oldest if opened.log.count else 0
    return Writer().u32(absurd.number("value", HUGE) if absurd else oldest).u32(OK).done()


def _fail_number(_call, _arguments, code):
    return Writer().u32(0).u32(code).done()


# -- 7 OpenELW ---------------------------------------------------------------------------

def _decode_open(call):
    reader = Reader(call.stub)
    if reader.u32():
        reader.u16()
        reader.u16()
    module = reader.unicode_string()
    reader.unicode_string()
    reader.u32()
    reader.u32()
    return module, None, {"log": module}


def _open(call, module):
    name = module
    # [MS-EVEN] 3.1.4.3: an unknown module name means the Application log.
    if call.fault("open-log-is-application") or name.lower() not in call.server.logs:
        name = "application"
    handle = b"\0\0\0\0" + os.urandom(16)
    call.handles[handle] = Open(call.server.logs[name.lower()], module)
    return Writer().handle(handle).u32(OK).done()


# -- 10 ReadELW --------------------------------------------------------------------------

def _decode_read(call):
    reader = Reader(call.stub)
    handle = reader.handle()
    flags, offset, size = reader.u32(), reader.u32(), reader.u32()
    if size > MAX_READ:
        raise NdrError("NumberOfBytesToRead is [range(0, 0x7FFFF)]")
    opened = call.handles.get(handle)
    detail = {"log": opened.log.name if opened else None, "flags": flags,
              "record": offset, "bytes": size}
    return (opened, flags, offset, size), None, detail


def _read(call, arguments):
    opened, flags, offset, size = arguments
    if opened is None:
        return _fail_read(call, arguments, INVALID_HANDLE)
    way, mode = flags & (FORWARDS | BACKWARDS), flags & (SEQUENTIAL | SEEK)
    if way not in (FORWARDS, BACKWARDS) or mode not in (SEQUENTIAL, SEEK):
        return _fail_read(call, arguments, INVALID_PARAMETER)
    status = _special(call, opened, mode)
    if status:
        return _fail_read(call, arguments, status)
    with opened.log.lock:
        status, buffer, needed = _fill(opened, way, mode, offset, size)
    absurd = call.fault("absurd")
    sent = len(buffer)
    if absurd:
        buffer, sent, needed = _absurd(absurd, buffer, sent, needed)
    return _reply(buffer, size, sent, needed, status)


def _special(call, opened, mode):
    """What the scenario breaks about the log itself; 0, or the status to answer."""
    now = call.server.clock()
    if call.fault("append"):
        for event in call.fault("append").get("events", []):
            opened.log.append(event, now)
    cleared = call.fault("log-cleared")
    if cleared:
        opened.log.clear()
        for event in cleared.get("events", []):
            opened.log.append(event, now)
        if cleared.get("old_handles") == "continue":
            opened.generation = opened.log.generation
    if call.fault("log-corrupt"):
        return FILE_CORRUPT
    if call.fault("log-changed") or opened.generation != opened.log.generation:
        opened.is_stale = True
    if opened.is_stale:
        return FILE_CHANGED
    if call.fault("seek-error-87") and mode == SEEK:
        return INVALID_PARAMETER
    return OK


def _fill(opened, way, mode, offset, size):
    """Whole records from where the read begins, as many as fit."""
    log = opened.log
    step = 1 if way == FORWARDS else -1
    if mode == SEEK:
        number = offset
        if log.record(number) is None:
            return INVALID_PARAMETER, b"", 0
    elif opened.last is None:
        number = log.oldest if step > 0 else log.newest
    else:
        number = opened.last + step
    # A log that wrapped past a reader going forwards continues at its oldest record.
    if step > 0:
        number = max(number, log.oldest)
    buffer = bytearray()
    while (record := log.record(number)) is not None:
        if len(buffer) + len(record) > size:
            break
        buffer += record
        opened.last = number
        number += step
    if buffer:
        return OK, buffer, 0
    if record is not None:
        return BUFFER_TOO_SMALL, b"", len(record)
    return END_OF_FILE, b"", 0


def _reply(buffer, size, sent, needed, status):
    # [out, size_is(NumberOfBytesToRead)]: the whole buffer travels, filled or not.
    data = bytes(buffer[:size]) + bytes(size - len(buffer[:size]))
    stub = Writer().byte_array(data).u32(sent).u32(needed)
    return stub.u32(status).done()


def _fail_read(_call, arguments, code):
    return _reply(b"", arguments[3], 0, 0, code)


# What "absurd" may do to the first record of a reply: offset, format, value.
_FIELDS = {
    "length-zero": (0, "<I", 0),
    "length-tiny": (0, "<I", 8),
    "length-huge": (0, "<I", 0xFFFFFFF0),
    "length-odd": (0, "<I", 61),
    "length-over": (0, "<I", 0x80000),
    "signature": (4, "<I", 0x41414141),
    "record-number-zero": (8, "<I", 0),
    "record-number-huge": (8, "<I", HUGE),
    "time-huge": (12, "<I", HUGE),
    "num-strings": (26, "<H", 0xFFFF),
    "string-offset": (36, "<I", 0xFFFFFFF0),
    "string-offset-low": (36, "<I", 0),
    "sid-length": (40, "<I", HUGE),
    "sid-offset": (44, "<I", 0xFFFFFFF0),
    "data-length": (48, "<I", HUGE),
    "data-offset": (52, "<I", 0xFFFFFFF0),
}


def _absurd(fault, buffer, sent, needed):
    what = fault.get("what", "sent-size")
    if what == "sent-size":
        return buffer, fault.number("value", 0xFFFFFFF0), needed
    if what == "real-size":
        return b"", 0, fault.number("value", 0xFFFFFFF0)
    if what == "nothing":       # success, and not one record: a reader may loop on it
        return b"", 0, 0
    if what == "unterminated":  # source and computer names without their NULs
        buffer[56:sent - 4] = b"A\0" * ((sent - 60) // 2)
    elif what == "trailer":     # the second length disagrees with the first
        struct.pack_into("<I", buffer, sent - 4, 0x12345678)
    elif buffer:
        offset, form, value = _FIELDS[what]
        struct.pack_into(form, buffer, offset, value)
    return buffer, sent, needed


OPERATIONS = {
    2: Operation("CloseEL", _decode_handle, _close, _fail_handle),
    4: Operation("NumberOfRecords", _decode_handle, _number_of_records, _fail_number),
    5: Operation("OldestRecord", _decode_handle, _oldest_record, _fail_number),
    7: Operation("OpenELW", _decode_open, _open, _fail_handle),
    10: Operation("ReadELW", _decode_read, _read, _fail_read),
}

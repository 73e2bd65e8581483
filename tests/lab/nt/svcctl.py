# SPDX-License-Identifier: GPL-3.0-or-later
r"""\PIPE\svcctl ([MS-SCMR]): the calls that a reader, and a careful starter, needs."""

import os

from .dcerpc import Operation, syntax
from .ndr import Reader, Writer

PIPE = "svcctl"
SYNTAX = syntax("367abb81-9844-35f1-ad32-98f038001003", 2)
DENIED = 5

ACCESS_DENIED, INVALID_HANDLE, INSUFFICIENT_BUFFER = 5, 6, 122
ALREADY_RUNNING, DISABLED, NO_SERVICE = 1056, 1058, 1060
QUERY_CONFIG, QUERY_STATUS, START = 0x0001, 0x0004, 0x0010
GENERIC = 0xF2000000    # generic rights and MAXIMUM_ALLOWED grant everything here
NO_HANDLE = bytes(20)
OWN_PROCESS = 0x10


class Open:
    """What a handle stands for: the manager (no service) or a service."""

    def __init__(self, service, access):
        self.service = service
        self.access = access

    def allows(self, right):
        return self.access & (right | GENERIC) != 0


def _new_handle(call, opened):
    handle = b"\0\0\0\0" + os.urandom(16)
    call.handles[handle] = opened
    return handle


def _decode_handle(call):
    handle = Reader(call.stub).handle()
    opened = call.handles.get(handle)
    service = opened.service.name if opened and opened.service else None
    return (handle, opened), None, {"service": service}


# -- 0 CloseServiceHandle ----------------------------------------------------------------

def _close(call, arguments):
    known = call.handles.pop(arguments[0], None)
    return Writer().handle(NO_HANDLE).u32(0 if known else INVALID_HANDLE).done()


def _fail_handle(_call, _arguments, code):
    return Writer().handle(NO_HANDLE).u32(code).done()


# -- 6 QueryServiceStatus ----------------------------------------------------------------

def _query_status(call, arguments):
    opened = arguments[1]
    if opened is None or opened.service is None:
        return _fail_status(call, arguments, INVALID_HANDLE)
    if not opened.allows(QUERY_STATUS):
        return _fail_status(call, arguments, ACCESS_DENIED)
    absurd = call.fault("absurd")
    if absurd:
        return Writer().raw(b"\xff" * 28).u32(0).done()
    stub = Writer().u32(OWN_PROCESS)
    for value in opened.service.next_status():
        stub.u32(value)
    return stub.u32(0).done()


def _fail_status(_call, _arguments, code):
    return Writer().raw(bytes(28)).u32(code).done()


# -- 15 OpenSCManagerW -------------------------------------------------------------------

def _decode_open_manager(call):
    reader = Reader(call.stub)
    reader.unique_string()
    reader.unique_string()
    access = reader.u32()
    return access, access, {}


def _open_manager(call, access):
    handle = _new_handle(call, Open(None, access))
    return Writer().handle(handle).u32(0).done()


# -- 16 OpenServiceW ---------------------------------------------------------------------

def _decode_open_service(call):
    reader = Reader(call.stub)
    manager = reader.handle()
    name = reader.string()
    access = reader.u32()
    return (manager, name, access), access, {"service": name}


def _open_service(call, arguments):
    manager, name, access = arguments
    if manager not in call.handles:
        return _fail_handle(call, arguments, INVALID_HANDLE)
    service = call.server.find_service(name)
    if service is None:
        return _fail_handle(call, arguments, NO_SERVICE)
    refused = call.fault("deny-access-mask")
    if refused and access & refused.number("mask", QUERY_CONFIG):
        return _fail_handle(call, arguments, ACCESS_DENIED)
    handle = _new_handle(call, Open(service, access))
    return Writer().handle(handle).u32(0).done()


# -- 17 QueryServiceConfigW --------------------------------------------------------------

def _decode_config(call):
    reader = Reader(call.stub)
    handle = reader.handle()
    offered = reader.u32()
    opened = call.handles.get(handle)
    service = opened.service.name if opened and opened.service else None
    return (handle, opened, offered), None, {"service": service, "offered": offered}


def _query_config(call, arguments):
    _, opened, offered = arguments
    if opened is None or opened.service is None:
        return _fail_config(call, arguments, INVALID_HANDLE)
    if not opened.allows(QUERY_CONFIG):
        return _fail_config(call, arguments, ACCESS_DENIED)
    texts = opened.service.config_texts()
    # A 32-bit QUERY_SERVICE_CONFIGW and its strings, as NT counts them.
    needed = 36 + sum(2 * len(text) + 2 for text in texts)
    absurd = call.fault("absurd")
    if absurd:
        return _absurd_config(opened.service, texts, absurd, needed)
    if offered < needed:
        return Writer().raw(bytes(36)).u32(needed).u32(INSUFFICIENT_BUFFER).done()
    return _config(opened.service, texts).u32(needed).u32(0).done()


def _config(service, texts):
    stub = Writer().u32(OWN_PROCESS).u32(service.start_type).u32(1)
    stub.pointer().pointer().u32(0).pointer().pointer().pointer()
    for text in texts:
        stub.string(text)
    return stub


def _absurd_config(service, texts, fault, needed):
    """Sizes that no server means; `what` chooses."""
    what = fault.get("what", "needed")
    if what == "needed":            # "give me 4 GB", however much is offered
        return Writer().raw(bytes(36)).u32(0xFFFFFFF0).u32(INSUFFICIENT_BUFFER).done()
    if what == "needed-always":     # never content with what it asked for itself
        return Writer().raw(bytes(36)).u32(needed).u32(INSUFFICIENT_BUFFER).done()
    stub = Writer().u32(OWN_PROCESS).u32(service.start_type).u32(1)
    stub.pointer().pointer().u32(0).pointer().pointer().pointer()
    if what == "string-count":      # the first string claims 4 G units
        return stub.u32(0xFFFFFFFF).u32(0).u32(0xFFFFFFFF).raw(b"A\0" * 8).done()
    if what == "string-offset":
        return stub.u32(4).u32(0xFFFFFFF0).u32(4).raw(b"A\0" * 8).done()
    if what == "unterminated":
        stub.u32(4).u32(0).u32(4).raw(b"A\0" * 4)
        for text in texts[1:]:
            stub.string(text)
        return stub.u32(needed).u32(0).done()
    raise ValueError(f"absurd config: unknown what {what!r}")


def _fail_config(_call, _arguments, code):
    return Writer().raw(bytes(36)).u32(0).u32(code).done()


# -- 19 StartServiceW --------------------------------------------------------------------

def _decode_start(call):
    arguments, access, detail = _decode_handle(call)
    reader = Reader(call.stub)
    reader.handle()
    opened = arguments[1]
    detail["arguments"] = reader.u32()
    detail["granted"] = opened.access if opened else None
    return arguments, access, detail


def _start(call, arguments):
    opened = arguments[1]
    if opened is None or opened.service is None:
        return _fail_start(call, arguments, INVALID_HANDLE)
    if not opened.allows(START):
        return _fail_start(call, arguments, ACCESS_DENIED)
    return Writer().u32(call.server.start_service(opened.service)).done()


def _fail_start(_call, _arguments, code):
    return Writer().u32(code).done()


OPERATIONS = {
    0: Operation("CloseServiceHandle", _decode_handle, _close, _fail_handle),
    6: Operation("QueryServiceStatus", _decode_handle, _query_status, _fail_status),
    15: Operation("OpenSCManagerW", _decode_open_manager, _open_manager, _fail_handle),
    16: Operation("OpenServiceW", _decode_open_service, _open_service, _fail_handle),
    17: Operation("QueryServiceConfigW", _decode_config, _query_config, _fail_config),
    19: Operation("StartServiceW", _decode_start, _start, _fail_start),
}

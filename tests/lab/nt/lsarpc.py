# SPDX-License-Identifier: GPL-3.0-or-later
r"""\PIPE\lsarpc ([MS-LSAT], [MS-LSAD]): what Samba's `net rpc` asks first."""

import struct

from .dcerpc import Operation, syntax
from .ndr import Reader, Writer

PIPE = "lsarpc"
SYNTAX = syntax("12345778-1234-abcd-ef00-0123456789ab", 0)
DENIED = 0xC0000022

ACCOUNT_DOMAIN = 5
INVALID_PARAMETER = 0xC000000D
HANDLE = bytes(4) + b"imc-monitor lab\0"
DOMAIN_SID = struct.pack("<IBB6s4I", 4, 1, 4, b"\0\0\0\0\0\5", 21, 1, 2, 3)


def _decode(_call):
    return None, None, {}


def _decode_query(call):
    reader = Reader(call.stub)
    reader.handle()
    return reader.u16(), None, {}


def _close(_call, _arguments):
    return Writer().handle(bytes(20)).u32(0).done()


def _open_policy(_call, _arguments):
    return Writer().handle(HANDLE).u32(0).done()


def _query_policy(call, level):
    if level != ACCOUNT_DOMAIN:
        return _fail_query(call, level, INVALID_PARAMETER)
    name = call.server.computer
    size = 2 * len(name)
    stub = Writer().pointer().u16(level).u32(size | (size + 2) << 16).pointer().pointer()
    stub.u32(len(name) + 1).u32(0).u32(len(name)).raw(name.encode("utf-16-le"))
    stub.raw(bytes(-len(stub.data) % 4)).raw(DOMAIN_SID)
    return stub.u32(0).done()


def _fail_handle(_call, _arguments, code):
    return Writer().handle(bytes(20)).u32(code).done()


def _fail_query(_call, _arguments, code):
    return Writer().pointer(False).u32(code).done()


OPERATIONS = {
    0: Operation("LsaClose", _decode, _close, _fail_handle),
    7: Operation("LsaQueryInformationPolicy", _decode_query, _query_policy, _fail_query),
    6: Operation("LsaOpenPolicy", _decode, _open_policy, _fail_handle),
    44: Operation("LsaOpenPolicy2", _decode, _open_policy, _fail_handle),
}

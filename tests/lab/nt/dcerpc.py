# SPDX-License-Identifier: GPL-3.0-or-later
"""Connection-oriented DCE/RPC (C706 chapter 12) behind a named pipe.

One Association per open pipe: it takes what the client writes and gives back the
fragments that the client may read. It neither waits nor touches sockets.
"""

import struct
import uuid

from .faults import CloseConnection, garbage
from .ndr import NdrError

REQUEST, RESPONSE, FAULT, BIND, BIND_ACK, BIND_NAK = 0, 2, 3, 11, 12, 13
ALTER_CONTEXT, ALTER_CONTEXT_RESP = 14, 15
FIRST, LAST, OBJECT = 0x01, 0x02, 0x80

OP_RANGE_ERROR = 0x1C010002
BAD_STUB = 0x000006F7
UNKNOWN_INTERFACE = 0x1C010003

NDR = uuid.UUID("8a885d04-1ceb-11c9-9fe8-08002b104860").bytes_le + struct.pack("<I", 2)
FRAGMENT = 4280         # what Windows offers on named pipes


class Call:
    """One request on its way through an interface."""

    def __init__(self, association, opnum, stub):
        self.association = association
        self.server = association.server
        self.handles = association.handles
        self.opnum = opnum
        self.stub = stub
        self.faults = []

    def fault(self, action):
        """The fault with this action that is due for this call, or None."""
        return next((one for one in self.faults if one.do == action), None)


class Association:
    def __init__(self, server, interface, connection):
        self.server = server
        self.interface = interface
        self.connection = connection
        self.handles = {}
        self.contexts = {}
        self.fragment = FRAGMENT
        self.pending = bytearray()
        self.request = bytearray()

    def feed(self, data):
        """Take bytes that the client wrote; return (fragments, break half-way)."""
        self.pending += data
        fragments, breaks = [], False
        while len(self.pending) >= 16:
            size, = struct.unpack_from("<H", self.pending, 8)
            if size < 16 or self.pending[0] != 5:
                raise CloseConnection
            if len(self.pending) < size:
                break
            pdu = bytes(self.pending[:size])
            del self.pending[:size]
            answer, broken = self._pdu(pdu)
            fragments += answer
            breaks = breaks or broken
        return fragments, breaks

    def _pdu(self, pdu):
        kind = pdu[2]
        if kind in (BIND, ALTER_CONTEXT):
            return self._bind(pdu, kind)
        if kind == REQUEST:
            return self._request(pdu)
        return [], False

    # -- bind ---------------------------------------------------------------------------

    def _bind(self, pdu, kind):
        call_id, = struct.unpack_from("<I", pdu, 12)
        faults = self.server.faults.due("bind", pipe=self.interface.PIPE)
        action, fault = self.connection.generic_fault(faults)
        if action == "hang":
            return [], False
        if action in ("deny", "error", "missing"):
            reason = fault.number("code", 0)
            nak = struct.pack("<HBBBB", reason, 1, 5, 0, 0)
            return [_header(BIND_NAK, FIRST | LAST, call_id, nak)], False
        if action == "fault":
            return self._fault(call_id, 0, fault.number("code", 5)), False
        if action == "garbage":
            return [garbage(fault.number("bytes", 68))], False
        ack = self._bind_ack(pdu, kind, call_id, action == "reject")
        if action == "short":
            ack = ack[:fault.number("bytes", 10)]
        return [ack], action == "reset-mid-reply"

    def _bind_ack(self, pdu, kind, call_id, reject):
        receive, = struct.unpack_from("<H", pdu, 18)
        self.fragment = max(1432, min(FRAGMENT, receive))
        results = []
        at, count = 28, pdu[24]
        for _ in range(count):
            context, transfers = struct.unpack_from("<HB", pdu, at)
            abstract = pdu[at + 4:at + 24]
            offered = [pdu[at + 24 + 20 * i:at + 44 + 20 * i] for i in range(transfers)]
            at += 24 + 20 * transfers
            results.append(self._negotiate(context, abstract, offered, reject))
        address = b"\\PIPE\\" + self.interface.PIPE.encode() + b"\0"
        body = struct.pack("<HHIH", self.fragment, self.fragment, 0x4071, len(address))
        body += address
        body += bytes(-(16 + len(body)) % 4)
        body += struct.pack("<B3x", count) + b"".join(results)
        answer = BIND_ACK if kind == BIND else ALTER_CONTEXT_RESP
        return _header(answer, FIRST | LAST, call_id, body)

    def _negotiate(self, context, abstract, offered, reject):
        # NT knows neither NDR64 nor bind-time feature negotiation: it rejects both.
        if reject or abstract != self.interface.SYNTAX:
            return struct.pack("<HH20x", 2, 1)
        if NDR not in offered:
            return struct.pack("<HH20x", 2, 2)
        self.contexts[context] = self.interface
        return struct.pack("<HH", 0, 0) + NDR

    # -- request ------------------------------------------------------------------------

    def _request(self, pdu):
        flags = pdu[3]
        auth_size, call_id = struct.unpack_from("<HI", pdu, 10)
        context, opnum = struct.unpack_from("<HH", pdu, 20)
        begin = 40 if flags & OBJECT else 24
        end = len(pdu) - (auth_size + 8 if auth_size else 0)
        if flags & FIRST:
            self.request.clear()
        self.request += pdu[begin:end]
        if not flags & LAST:
            return [], False
        stub = bytes(self.request)
        if context not in self.contexts:
            return self._fault(call_id, context, UNKNOWN_INTERFACE), False
        return self._call(call_id, context, Call(self, opnum, stub))

    def _call(self, call_id, context, call):
        operation = self.interface.OPERATIONS.get(call.opnum)
        user = self.connection.facts["user"]
        if operation is None:
            self.server.record(self.interface.PIPE, call.opnum, "unknown", None, {}, user)
            return self._fault(call_id, context, OP_RANGE_ERROR), False
        try:
            arguments, access, detail = operation.decode(call)
        except NdrError:
            self.server.record(self.interface.PIPE, call.opnum, operation.name, None,
                               {"bad": True}, user)
            return self._fault(call_id, context, BAD_STUB), False
        self.server.record(self.interface.PIPE, call.opnum, operation.name, access,
                           detail, user)
        call.faults = self.server.faults.due(
            "call", pipe=self.interface.PIPE, opnum=call.opnum, name=operation.name,
            log=detail.get("log"), service=detail.get("service"), access=access,
            user=user)
        action, fault = self.connection.generic_fault(call.faults)
        if action == "hang":
            return [], False
        if action == "fault":
            return self._fault(call_id, context, fault.number("code", 5)), False
        stub = self._answer(call, operation, arguments, action, fault)
        return self._response(call_id, context, stub), action == "reset-mid-reply"

    def _answer(self, call, operation, arguments, action, fault):
        if action in ("deny", "error", "missing"):
            code = fault.number("code", self.interface.DENIED)
            return operation.fail(call, arguments, code)
        if action == "garbage":
            return garbage(fault.number("bytes", 64))
        stub = operation.run(call, arguments)
        if action == "short":
            stub = stub[:fault.number("bytes", 4)]
        return stub

    def _response(self, call_id, context, stub):
        room = (self.fragment - 24) & ~7    # all stubs but the last: multiples of 8
        fragments = []
        for at in range(0, max(len(stub), 1), room):
            part = stub[at:at + room]
            flags = (FIRST if at == 0 else 0) | (LAST if at + room >= len(stub) else 0)
            body = struct.pack("<IHH", len(stub) - at, context, 0) + part
            fragments.append(_header(RESPONSE, flags, call_id, body))
        return fragments

    def _fault(self, call_id, context, code):
        body = struct.pack("<IHHII", 32, context, 0, code, 0)
        return [_header(FAULT, FIRST | LAST, call_id, body)]


def _header(kind, flags, call_id, body):
    return struct.pack("<BBBB4sHHI", 5, 0, kind, flags, b"\x10\0\0\0", 16 + len(body), 0,
                       call_id) + body


class Operation:
    """One row of an interface's table.

    decode(call) -> (arguments, access mask or None, detail for the record);
    run(call, arguments) -> stub; fail(call, arguments, code) -> stub with that status.
    """

    def __init__(self, name, decode, run, fail):
        self.name, self.decode, self.run, self.fail = name, decode, run, fail


def syntax(text, version):
    """An interface's identifier as a bind carries it."""
    return uuid.UUID(text).bytes_le + struct.pack("<I", version)

# SPDX-License-Identifier: GPL-3.0-or-later
"""SMB 2.0.2 and 2.1 ([MS-SMB2]) with signing required, for IPC$ and its pipes."""

import hashlib
import hmac
import os
import struct

from . import auth
from .faults import CloseConnection
from .pipes import Pipe, interface_of

NEGOTIATE, SESSION_SETUP, LOGOFF, TREE_CONNECT, TREE_DISCONNECT = range(5)
CREATE, CLOSE, FLUSH, READ, WRITE, LOCK, IOCTL, CANCEL, ECHO = range(5, 14)
PIPE_TRANSCEIVE, VALIDATE_NEGOTIATE = 0x0011C017, 0x00140204

IS_RESPONSE, IS_SIGNED = 0x1, 0x8
SIGNING_ENABLED, SIGNING_REQUIRED = 1, 2
MAX_SIZE = 65536

MORE_PROCESSING, BUFFER_OVERFLOW = 0xC0000016, 0x80000005
ACCESS_DENIED, CANCELLED = 0xC0000022, 0xC0000120
NOT_SUPPORTED, INVALID_DEVICE_REQUEST = 0xC00000BB, 0xC0000010
BAD_SESSION, BAD_NETWORK_NAME = 0xC0000203, 0xC00000CC
NOT_FOUND, FILE_CLOSED, TREE_GONE = 0xC0000034, 0xC0000128, 0xC00000C9


class Request:
    """The parts of one SMB2 packet."""

    def __init__(self, packet):
        self.packet = packet
        self.command, self.credits = struct.unpack_from("<HH", packet, 12)
        self.flags, = struct.unpack_from("<I", packet, 16)
        self.message, = struct.unpack_from("<Q", packet, 24)
        self.tree, self.session = struct.unpack_from("<IQ", packet, 36)

    def word(self, at):
        return struct.unpack_from("<H", self.packet, 64 + at)[0]

    def long(self, at):
        return struct.unpack_from("<I", self.packet, 64 + at)[0]

    def slice(self, offset, size):
        return self.packet[offset:offset + size]

    def file(self, at):
        return self.packet[64 + at:80 + at]


class Smb2:
    def __init__(self, server, connection):
        self.server, self.connection = server, connection
        self.guid = os.urandom(16)
        self.dialect = 0
        self.exchanges = {}
        self.keys = {}          # session -> signing key, once it is logged on
        self.trees = {}
        self.pipes = {}
        self.last_id = 0

    def handle(self, packet):
        if packet[:4] == b"\xffSMB":
            self._negotiate_smb1(packet)
            return
        if packet[:4] != b"\xfeSMB":
            raise CloseConnection
        while packet:
            size, = struct.unpack_from("<I", packet, 20)
            self._one(Request(packet[:size] if size else packet))
            packet = packet[size:] if size else b""

    def _one(self, request):
        if request.command == CANCEL:
            self._cancel(request)
            return
        command = self._COMMANDS.get(request.command)
        if command is None:
            self.error(request, NOT_SUPPORTED)
        elif request.command in (NEGOTIATE, SESSION_SETUP, ECHO):
            command(self, request)
        elif request.session not in self.keys:
            self.error(request, BAD_SESSION)
        elif not self._is_signed_well(request):
            self.error(request, ACCESS_DENIED)
        else:
            command(self, request)

    def _is_signed_well(self, request):
        packet = request.packet
        blank = packet[:48] + bytes(16) + packet[64:]
        right = hmac.new(self.keys[request.session], blank, hashlib.sha256).digest()[:16]
        return bool(request.flags & IS_SIGNED) and packet[48:64] == right

    def reply(self, request, status, body, tree=None, session=None, half=False):
        session = request.session if session is None else session
        key = self.keys.get(session)
        flags = IS_RESPONSE | (IS_SIGNED if key else 0)
        head = struct.pack("<4sHHIHHIIQIIQ16x", b"\xfeSMB", 64, 1, status,
                           request.command, max(request.credits, 1), flags, 0,
                           request.message, 0xFEFF,
                           request.tree if tree is None else tree, session)
        packet = head + body
        if key:
            signature = hmac.new(key, packet, hashlib.sha256).digest()[:16]
            packet = packet[:48] + signature + packet[64:]
        self.connection.send(packet, half)

    def error(self, request, status, session=None):
        self.reply(request, status, struct.pack("<HHIB", 9, 0, 0, 0), session=session)

    def _stage(self, request, at, **facts):
        """(go on, break the reply half-way)."""
        action, status = self.connection.stage(at, **facts)
        if status:
            self.error(request, status)
            return False, False
        return action not in ("hang", "sent"), action == "reset-mid-reply"

    def _new_id(self):
        self.last_id += 1
        return self.last_id

    # -- negotiate and log on ------------------------------------------------------------

    def _negotiate_smb1(self, packet):
        """A client that begins with SMB1 may be led over to SMB2."""
        if packet[4] != 0x72 or b"SMB 2." not in packet:
            raise CloseConnection
        request = Request(bytes(64))
        if b"SMB 2.???" in packet:
            self._negotiate_reply(request, 0x02FF)
        else:
            self._negotiate_reply(request, 0x0202)

    def _negotiate(self, request):
        count = request.word(2)
        dialects = struct.unpack_from(f"<{count}H", request.packet, 100)
        known = [one for one in dialects if one in (0x0202, 0x0210)]
        if not known:
            self.error(request, NOT_SUPPORTED)
            return
        self._negotiate_reply(request, max(known))

    def _negotiate_reply(self, request, dialect):
        go_on, half = self._stage(request, "negotiate")
        if not go_on:
            return
        self.dialect = dialect
        self.connection.facts["dialect"] = f"0x{dialect:04x}"
        filetime = int((self.server.clock() + 11644473600) * 10000000)
        blob = auth.offer()
        body = struct.pack("<HHHH16sIIIIQQHHI", 65, SIGNING_ENABLED | SIGNING_REQUIRED,
                           dialect, 0, self.guid, 0, MAX_SIZE, MAX_SIZE, MAX_SIZE,
                           filetime, 0, 128, len(blob), 0)
        self.reply(request, 0, body + blob, half=half)

    def _session_setup(self, request):
        go_on, half = self._stage(request, "session-setup")
        if not go_on:
            return
        blob = request.slice(request.word(12), request.word(14))
        session = request.session or self._new_id()
        exchange = self.exchanges.get(session)
        if exchange is None:
            exchange = self.exchanges[session] = auth.Exchange(
                self.server.users, self.server.computer, self.server.clock)
        status, token = exchange.step(blob)
        if status:
            del self.exchanges[session]
            self.error(request, status, session=session)
            return
        if status == 0:
            del self.exchanges[session]
            self.keys[session] = exchange.key
            self.connection.facts["user"] = exchange.user
        body = struct.pack("<HHHH", 9, 0, 72, len(token)) + token
        self.reply(request, MORE_PROCESSING if status is None else 0, body,
                   session=session, half=half)

    def _logoff(self, request):
        self.reply(request, 0, struct.pack("<HH", 4, 0))
        self.keys.pop(request.session, None)

    # -- the tree ------------------------------------------------------------------------

    def _tree_connect(self, request):
        path = request.slice(request.word(4), request.word(6)).decode("utf-16-le")
        share = path.split("\\")[-1].upper()
        go_on, half = self._stage(request, "tree-connect", share=share)
        if not go_on:
            return
        if share != "IPC$":
            self.error(request, BAD_NETWORK_NAME)
            return
        tree = self._new_id()
        self.trees[tree] = share
        body = struct.pack("<HBBIII", 16, 2, 0, 0x30, 0, 0x001F01FF)
        self.reply(request, 0, body, tree=tree, half=half)

    def _tree_disconnect(self, request):
        self.trees.pop(request.tree, None)
        self.reply(request, 0, struct.pack("<HH", 4, 0))

    # -- pipes ---------------------------------------------------------------------------

    def _create(self, request):
        if request.tree not in self.trees:
            self.error(request, TREE_GONE)
            return
        name = request.slice(request.word(44), request.word(46)).decode("utf-16-le")
        interface = interface_of(name)
        go_on, half = self._stage(request, "open-pipe",
                                  pipe=interface.PIPE if interface else name)
        if not go_on:
            return
        if interface is None:
            self.error(request, NOT_FOUND)
            return
        number = struct.pack("<QQ", self._new_id(), self.last_id)
        self.pipes[number] = Pipe(self.server, interface, self.connection)
        body = struct.pack("<HBBI32xQQII", 89, 0, 0, 1, 4096, 0, 0x80, 0)
        body += number + struct.pack("<II", 0, 0)
        self.reply(request, 0, body, half=half)

    def _pipe(self, request, at):
        pipe = self.pipes.get(request.file(at))
        if pipe is None:
            self.error(request, FILE_CLOSED)
        return pipe

    def _close(self, request):
        if self._pipe(request, 8):
            del self.pipes[request.file(8)]
            self.reply(request, 0, struct.pack("<H58x", 60))

    def _write(self, request):
        pipe = self._pipe(request, 16)
        if pipe is None:
            return
        size = request.long(4)
        pipe.write(request.slice(request.word(2), size))
        self.reply(request, 0, struct.pack("<HHIIHHB", 17, 0, size, 0, 0, 0, 0)[:16])
        self._serve_waiting(pipe)

    def _read(self, request):
        pipe = self._pipe(request, 16)
        if pipe is not None:
            pipe.waiting.append((request, min(request.long(4), MAX_SIZE)))
            self._serve_waiting(pipe)

    def _serve_waiting(self, pipe):
        while pipe.waiting and pipe.messages:
            request, limit = pipe.waiting.pop(0)
            data, more, half = pipe.read(limit)
            body = struct.pack("<HBBIII", 17, 80, 0, len(data), 0, 0) + data
            self.reply(request, BUFFER_OVERFLOW if more else 0, body, half=half)

    def _cancel(self, request):
        """No reply to the cancel itself; the read that waits is answered."""
        for pipe in self.pipes.values():
            for waiting in list(pipe.waiting):
                if waiting[0].message == request.message:
                    pipe.waiting.remove(waiting)
                    self.error(waiting[0], CANCELLED)

    def _ioctl(self, request):
        code = request.long(4)
        data = request.slice(request.long(24), request.long(28))
        limit = request.long(44)
        if code == VALIDATE_NEGOTIATE:
            answer = struct.pack("<I16sHH", 0, self.guid,
                                 SIGNING_ENABLED | SIGNING_REQUIRED, self.dialect)
            self._ioctl_reply(request, 0, answer, False)
            return
        if code != PIPE_TRANSCEIVE:
            self.error(request, INVALID_DEVICE_REQUEST)
            return
        pipe = self._pipe(request, 8)
        if pipe is None:
            return
        pipe.write(data)
        answer = pipe.read(limit)
        if answer is not None:          # None: a call that hangs
            data, more, half = answer
            self._ioctl_reply(request, BUFFER_OVERFLOW if more else 0, data, half)

    def _ioctl_reply(self, request, status, data, half):
        body = struct.pack("<HHI16sIIIIII", 49, 0, request.long(4), request.file(8),
                           112, 0, 112, len(data), 0, 0) + data
        self.reply(request, status, body, half=half)

    def _echo(self, request):
        self.reply(request, 0, struct.pack("<HH", 4, 0))

    _COMMANDS = {
        NEGOTIATE: _negotiate, SESSION_SETUP: _session_setup, LOGOFF: _logoff,
        TREE_CONNECT: _tree_connect, TREE_DISCONNECT: _tree_disconnect, CREATE: _create,
        CLOSE: _close, READ: _read, WRITE: _write, IOCTL: _ioctl, ECHO: _echo,
    }

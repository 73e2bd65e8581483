# SPDX-License-Identifier: GPL-3.0-or-later
"""SMB1 ([MS-CIFS], [MS-SMB]) as NT 4 and 2000 speak it, for IPC$ and its pipes.

Signing only where the scenario requires it. security "challenge" is NT 4 (a bare
challenge in the negotiate reply); "spnego" is Windows 2000 (extended security).
"""

import hashlib
import os
import struct

from . import auth
from .faults import CloseConnection
from .pipes import Pipe, interface_of

NEGOTIATE, SESSION_SETUP, LOGOFF = 0x72, 0x73, 0x74
TREE_CONNECT, TREE_DISCONNECT = 0x75, 0x71
NT_CREATE, CLOSE, READ, WRITE, TRANSACTION, ECHO = 0xA2, 0x04, 0x2E, 0x2F, 0x25, 0x2B
TRANSACT_PIPE = 0x26
NO_ANDX = b"\xff\0\0\0"

MORE_PROCESSING, BUFFER_OVERFLOW = 0xC0000016, 0x80000005
NOT_IMPLEMENTED, BAD_TREE, BAD_USER = 0xC0000002, 0x00050002, 0x005B0002
BAD_NETWORK_NAME, NOT_FOUND, BAD_HANDLE = 0xC00000CC, 0xC0000034, 0xC0000008
ACCESS_DENIED = 0xC0000022

# Unicode, large files, NT SMBs, RPC, 32-bit status, level 2 oplocks, lock-and-read, find.
CAPABILITIES = 0x000003FC
EXTENDED_SECURITY = 0x80000000
USER_LEVEL, CHALLENGE_RESPONSE, SIGNING_REQUIRED = 0x1, 0x2, 0x4 | 0x8
UNICODE, STATUS32, IS_EXTENDED, SIGNED = 0x8000, 0x4000, 0x0800, 0x0004
MAX_BUFFER = 4356


class Request:
    """The parts of one SMB1 packet."""

    def __init__(self, packet):
        self.packet = packet
        self.command = packet[4]
        self.flags2, self.pid_high = struct.unpack_from("<HH", packet, 10)
        self.tid, self.pid, self.uid, self.mid = struct.unpack_from("<HHHH", packet, 24)
        count = packet[32]
        self.words = packet[33:33 + 2 * count]
        self.data_at = 35 + 2 * count
        self.sequence = None    # of the reply, where packets are signed

    def text(self, at):
        """(text, where it ends) of a string that starts at or after `at`."""
        if not self.flags2 & UNICODE:
            end = self.packet.find(b"\0", at)
            end = len(self.packet) if end < 0 else end
            return self.packet[at:end].decode("latin-1"), end + 1
        at += at % 2
        end = at
        while end + 1 < len(self.packet) and self.packet[end:end + 2] != b"\0\0":
            end += 2
        return self.packet[at:end].decode("utf-16-le", "replace"), end + 2


class Smb1:
    def __init__(self, server, connection):
        self.server, self.connection = server, connection
        self.challenge = os.urandom(8)
        self.is_extended = False
        self.exchanges = {}     # uid -> unfinished or finished NTLMSSP conversation
        self.users = set()      # uids that are logged on
        self.trees = {}
        self.pipes = {}
        self.last_id = 0
        self.mac_key = None
        self.sequence = 0

    def handle(self, packet):
        if packet[:4] != b"\xffSMB":
            raise CloseConnection       # NT 4 hangs up on SMB2
        request = Request(packet)
        if self.mac_key and not self._is_signed_well(request):
            self.reply(request, ACCESS_DENIED)
            return
        command = self._COMMANDS.get(request.command)
        if command is None:
            self.reply(request, NOT_IMPLEMENTED)
        elif request.command not in (NEGOTIATE, SESSION_SETUP, ECHO) \
                and request.uid not in self.users:
            self.reply(request, BAD_USER)
        else:
            command(self, request)

    def reply(self, request, status, words=b"", data=b"", tid=None, uid=None, half=False):
        flags2 = (request.flags2 & (UNICODE | IS_EXTENDED)) | STATUS32 | 1
        flags2 |= SIGNED if request.sequence is not None else 0
        head = struct.pack("<4sBIBHH8sHHHHH", b"\xffSMB", request.command, status,
                           0x98, flags2, request.pid_high, b"", 0,
                           request.tid if tid is None else tid, request.pid,
                           request.uid if uid is None else uid, request.mid)
        body = bytes((len(words) // 2,)) + words + struct.pack("<H", len(data)) + data
        packet = head + body
        if request.sequence is not None:
            packet = packet[:14] + self._mac(packet, request.sequence) + packet[22:]
        self.connection.send(packet, half)

    # -- signing, where the scenario asks for it ([MS-SMB] 3.1.4.1) ----------------------

    def _begin_signing(self, request, key):
        """The logon's last request counts as number 0, its reply as 1."""
        if self.server.is_signing and self.mac_key is None:
            self.mac_key, self.sequence, request.sequence = key, 2, 1

    def _mac(self, packet, sequence):
        numbered = packet[:14] + struct.pack("<II", sequence, 0) + packet[22:]
        return hashlib.md5(self.mac_key + numbered).digest()[:8]

    def _is_signed_well(self, request):
        right = self._mac(request.packet, self.sequence)
        request.sequence = self.sequence + 1
        self.sequence += 2
        return request.packet[14:22] == right

    def _stage(self, request, at, **facts):
        """(go on, break the reply half-way)."""
        action, status = self.connection.stage(at, **facts)
        if status:
            self.reply(request, status)
            return False, False
        return action not in ("hang", "sent"), action == "reset-mid-reply"

    def _new_id(self):
        self.last_id += 1
        return self.last_id

    # -- negotiate and log on ------------------------------------------------------------

    def _negotiate(self, request):
        names = request.packet[request.data_at:].split(b"\0")
        dialects = [name.lstrip(b"\2") for name in names if name]
        go_on, half = self._stage(request, "negotiate")
        if not go_on:
            return
        if b"NT LM 0.12" not in dialects:
            self.reply(request, 0, b"\xff\xff")
            return
        self.is_extended = self.server.security == "spnego" \
            and bool(request.flags2 & IS_EXTENDED)
        capabilities = CAPABILITIES | (EXTENDED_SECURITY if self.is_extended else 0)
        filetime = int((self.server.clock() + 11644473600) * 10000000)
        mode = USER_LEVEL | CHALLENGE_RESPONSE
        mode |= SIGNING_REQUIRED if self.server.is_signing else 0
        words = struct.pack("<HBHHIIIIQhB", dialects.index(b"NT LM 0.12"),
                            mode, 50, 1, MAX_BUFFER, 65536,
                            0, capabilities, filetime, 0, 0 if self.is_extended else 8)
        if self.is_extended:
            data = os.urandom(16) + auth.offer()
        else:
            names = (self.server.computer, self.server.computer)
            data = self.challenge + b"".join(
                (name + "\0").encode("utf-16-le", "surrogatepass") for name in names)
        self.connection.facts["dialect"] = "NT LM 0.12"
        self.reply(request, 0, words, data, half=half)

    def _session_setup(self, request):
        go_on, half = self._stage(request, "session-setup")
        if not go_on:
            return
        if len(request.words) == 24:
            self._setup_extended(request, half)
        elif len(request.words) == 26:
            self._setup_challenge(request, half)
        else:
            self.reply(request, NOT_IMPLEMENTED)

    def _setup_extended(self, request, half):
        size, = struct.unpack_from("<H", request.words, 14)
        blob = request.packet[request.data_at:request.data_at + size]
        uid = request.uid or self._new_id()
        exchange = self.exchanges.get(uid)
        if exchange is None or exchange.key is not None:
            exchange = self.exchanges[uid] = auth.Exchange(
                self.server.users, self.server.computer, self.server.clock)
        status, token = exchange.step(blob)
        if status:
            self.reply(request, status, uid=uid)
            return
        if status == 0:
            self.users.add(uid)
            self.connection.facts["user"] = exchange.user
            self._begin_signing(request, exchange.key)
        words = NO_ANDX + struct.pack("<HH", 0, len(token))
        # The texts are aligned to the packet, not to the data.
        pad = b"\0" * ((33 + len(words) + 2 + len(token)) % 2)
        data = token + pad + _texts("Windows NT 4.0", "NT LAN Manager 4.0")
        self.reply(request, MORE_PROCESSING if status is None else 0, words, data,
                   uid=uid, half=half)

    def _setup_challenge(self, request, half):
        lm_size, nt_size = struct.unpack_from("<HH", request.words, 14)
        at = request.data_at
        lm = request.packet[at:at + lm_size]
        nt = request.packet[at + lm_size:at + lm_size + nt_size]
        user, at = request.text(at + lm_size + nt_size)
        domain, _ = request.text(at)
        status, key = self.server.users.check(user, domain, self.challenge, lm, nt,
                                            self.server.clock())
        if status:
            self.reply(request, status)
            return
        uid = self._new_id()
        self.users.add(uid)
        self.connection.facts["user"] = user
        self._begin_signing(request, key + nt)
        words = NO_ANDX + struct.pack("<H", 0)
        pad = b"\0" * ((33 + len(words) + 2) % 2)
        data = pad + _texts("Windows NT 4.0", "NT LAN Manager 4.0", self.server.computer)
        self.reply(request, 0, words, data, uid=uid, half=half)

    def _logoff(self, request):
        self.users.discard(request.uid)
        self.exchanges.pop(request.uid, None)
        self.reply(request, 0, NO_ANDX)

    # -- the tree ------------------------------------------------------------------------

    def _tree_connect(self, request):
        password_size, = struct.unpack_from("<H", request.words, 6)
        path, _ = request.text(request.data_at + password_size)
        share = path.split("\\")[-1].upper()
        go_on, half = self._stage(request, "tree-connect", share=share)
        if not go_on:
            return
        if share != "IPC$":
            self.reply(request, BAD_NETWORK_NAME)
            return
        tid = self._new_id()
        self.trees[tid] = share
        words = NO_ANDX + struct.pack("<H", 1)
        self.reply(request, 0, words, b"IPC\0" + b"\0" * 3, tid=tid, half=half)

    def _tree_disconnect(self, request):
        self.reply(request, 0 if self.trees.pop(request.tid, None) else BAD_TREE)

    # -- pipes ---------------------------------------------------------------------------

    def _create(self, request):
        if request.tid not in self.trees:
            self.reply(request, BAD_TREE)
            return
        name, _ = request.text(request.data_at)
        interface = interface_of(name)
        go_on, half = self._stage(request, "open-pipe",
                                  pipe=interface.PIPE if interface else name)
        if not go_on:
            return
        if interface is None:
            self.reply(request, NOT_FOUND)
            return
        fid = self._new_id()
        self.pipes[fid] = Pipe(self.server, interface, self.connection)
        # Times and sizes are 0; a message-mode pipe (2), state 0x05ff, as NT shows it.
        words = NO_ANDX + struct.pack("<BHI32xIQQHHB", 0, fid, 1, 0x80, 4096, 0, 2,
                                      0x05FF, 0)
        self.reply(request, 0, words, half=half)

    def _pipe(self, request, fid):
        pipe = self.pipes.get(fid)
        if pipe is None:
            self.reply(request, BAD_HANDLE)
        return pipe

    def _close(self, request):
        fid, = struct.unpack_from("<H", request.words)
        if self._pipe(request, fid):
            del self.pipes[fid]
            self.reply(request, 0)

    def _write(self, request):
        fid, = struct.unpack_from("<H", request.words, 4)
        mode, = struct.unpack_from("<H", request.words, 14)
        size, offset = struct.unpack_from("<HH", request.words, 20)
        pipe = self._pipe(request, fid)
        if pipe is None:
            return
        data = request.packet[offset:offset + size]
        if mode & 0x000C == 0x000C:     # raw start of a message: a length comes first
            data = data[2:]
        pipe.write(data)
        self.reply(request, 0, NO_ANDX + struct.pack("<HHI", size, 0xFFFF, 0))
        self._serve_waiting(pipe)

    def _read(self, request):
        fid, = struct.unpack_from("<H", request.words, 4)
        limit, = struct.unpack_from("<H", request.words, 10)
        pipe = self._pipe(request, fid)
        if pipe is None:
            return
        pipe.waiting.append((request, limit))
        self._serve_waiting(pipe)

    def _serve_waiting(self, pipe):
        while pipe.waiting and pipe.messages:
            request, limit = pipe.waiting.pop(0)
            data, more, half = pipe.read(limit)
            words = NO_ANDX + struct.pack("<HHHHHHQ", 0xFFFF, 0, 0, len(data), 60, 0, 0)
            self.reply(request, BUFFER_OVERFLOW if more else 0, words, b"\0" + data,
                       half=half)

    def _transaction(self, request):
        limit, = struct.unpack_from("<H", request.words, 6)
        size, offset = struct.unpack_from("<HH", request.words, 22)
        if len(request.words) < 32:
            self.reply(request, NOT_IMPLEMENTED)
            return
        function, fid = struct.unpack_from("<HH", request.words, 28)
        pipe = self._pipe(request, fid)
        if pipe is None:
            return
        if function != TRANSACT_PIPE:   # set pipe state and the like: nothing to do
            self.reply(request, 0, bytes(20))
            return
        pipe.write(request.packet[offset:offset + size])
        answer = pipe.read(limit)
        if answer is None:              # a call that hangs
            return
        data, more, half = answer
        words = struct.pack("<HHHHHHHHHBB", 0, len(data), 0, 0, 56, 0, len(data), 56, 0,
                            0, 0)
        self.reply(request, BUFFER_OVERFLOW if more else 0, words, b"\0" + data,
                   half=half)

    def _echo(self, request):
        self.reply(request, 0, struct.pack("<H", 1), request.packet[request.data_at:])

    _COMMANDS = {
        NEGOTIATE: _negotiate, SESSION_SETUP: _session_setup, LOGOFF: _logoff,
        TREE_CONNECT: _tree_connect, TREE_DISCONNECT: _tree_disconnect,
        NT_CREATE: _create, CLOSE: _close, READ: _read, WRITE: _write,
        TRANSACTION: _transaction, ECHO: _echo,
    }


def _texts(*texts):
    return b"".join((text + "\0").encode("utf-16-le", "surrogatepass") for text in texts)

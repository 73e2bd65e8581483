# SPDX-License-Identifier: GPL-3.0-or-later
"""One client's TCP connection: framing, the faults of every stage, the dialect."""

import socket
import struct

from .faults import STATUS_ACCESS_DENIED, STATUS_OBJECT_NAME_NOT_FOUND
from .faults import CloseConnection, ResetConnection, garbage
from .smb1 import Smb1
from .smb2 import Smb2

SESSION_REQUEST, SESSION_MESSAGE = 0x81, 0x00


class Connection:
    def __init__(self, server, sock, record):
        self.server, self.sock, self.facts = server, sock, record
        self.dialect = None
        self.pause = 0          # seconds between two bytes, where it is slow
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    # -- life ---------------------------------------------------------------------------

    def run(self):
        """Serve until either side ends; never raises."""
        try:
            self._accept()
            while (frame := self._receive()) is not None:
                self._dispatch(frame)
        except ResetConnection as reset:
            self._reset(reset.last)
        except (CloseConnection, OSError, struct.error, IndexError):
            pass
        finally:
            self.close()
            self.facts["closed"] = self.server.clock()

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    def _accept(self):
        action, fault = self.generic_fault(self.server.faults.due("accept"))
        if action == "hang":
            self.server.stopping.wait()
            raise CloseConnection
        if action == "garbage":
            self._transmit(garbage(fault.number("bytes", 256)))

    def _reset(self, last):
        try:
            if last:
                self._transmit(last)
            linger = struct.pack("ii", 1, 0)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.sock.close()
        except OSError:
            pass

    # -- frames -------------------------------------------------------------------------

    def _receive(self):
        head = self._exactly(4)
        if head is None:
            return None
        body = self._exactly(int.from_bytes(head[1:], "big"))
        if head[0] == SESSION_REQUEST:      # port 139: any called name will do
            self._transmit(b"\x82\0\0\0")
            return b""
        return body if head[0] == SESSION_MESSAGE else b""

    def _exactly(self, size):
        data = bytearray()
        while len(data) < size:
            part = self.sock.recv(size - len(data))
            if not part:
                return None
            data += part
        return bytes(data)

    def _dispatch(self, frame):
        if not frame:
            return
        if self.dialect is None:
            kind = Smb1 if self.server.protocol == "smb1" else Smb2
            self.dialect = kind(self.server, self)
        self.dialect.handle(frame)

    def send(self, packet, half=False):
        """Frame and send; half: as much of it as proves a broken reply, then RST."""
        frame = struct.pack(">I", len(packet)) + packet
        if half:
            raise ResetConnection(frame[:max(1, len(frame) // 2)])
        self._transmit(frame)

    def _transmit(self, data):
        if not self.pause:
            self.sock.sendall(data)
            return
        for byte in data:
            self.sock.sendall(bytes((byte,)))
            if self.server.stopping.wait(self.pause):
                raise CloseConnection

    # -- faults -------------------------------------------------------------------------

    def generic_fault(self, faults):
        """Do what needs no reply, and say what the stage itself has to do."""
        for fault in faults:
            if fault.do == "delay":
                self.server.stopping.wait(fault.number("ms", 100) / 1000)
            elif fault.do == "slow":
                self.pause = fault.number("ms", 50) / 1000
            elif fault.do in ("close", "refuse"):
                raise CloseConnection
            elif fault.do == "reset":
                raise ResetConnection
            elif fault.do == "set-service":
                self.server.set_service(fault.get("service"), **fault.get("fields"))
            elif fault.do in ("hang", "deny", "error", "missing", "garbage", "short",
                              "fault", "reject", "reset-mid-reply"):
                return fault.do, fault
        return None, None

    def stage(self, at, **facts):
        """Faults of an SMB stage: (action, NT status to answer with, or 0).

        action is None, "hang", "reset-mid-reply" or "sent" (a reply went out already).
        """
        action, fault = self.generic_fault(self.server.faults.due(at, **facts))
        if action in ("hang", "reset-mid-reply"):
            return action, 0
        if action == "deny":
            return None, STATUS_ACCESS_DENIED
        if action == "missing":
            return None, STATUS_OBJECT_NAME_NOT_FOUND
        if action == "error":
            return None, fault.number("code", STATUS_ACCESS_DENIED)
        if action in ("garbage", "short"):
            self.send(garbage(fault.number("bytes", 64)))
            return "sent", 0
        return None, 0

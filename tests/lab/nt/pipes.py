# SPDX-License-Identifier: GPL-3.0-or-later
"""An open named pipe in message mode: what SMB1 and SMB2 share of it."""

from . import eventlog, lsarpc, srvsvc, svcctl
from .dcerpc import Association

INTERFACES = {one.PIPE: one for one in (svcctl, eventlog, srvsvc, lsarpc)}


def interface_of(name):
    """The interface behind a pipe's name, with or without \\\\PIPE; None if missing."""
    return INTERFACES.get(name.replace("/", "\\").split("\\")[-1].lower())


class Pipe:
    def __init__(self, server, interface, connection):
        self.association = Association(server, interface, connection)
        self.messages = []
        self.waiting = []       # reads that came before their data
        self._left = None       # bytes to deliver before the connection breaks

    def write(self, data):
        fragments, breaks = self.association.feed(data)
        self.messages += fragments
        if breaks:
            self._left = sum(map(len, fragments)) // 2

    def read(self, limit):
        """(data, more of this message, break now), or None while there is nothing."""
        if not self.messages:
            return None
        message = self.messages[0]
        data, rest = message[:limit], message[limit:]
        if rest:
            self.messages[0] = rest
        else:
            del self.messages[0]
        breaks = False
        if self._left is not None:
            self._left -= len(data)
            breaks = self._left <= 0
        return data, bool(rest), breaks

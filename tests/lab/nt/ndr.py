# SPDX-License-Identifier: GPL-3.0-or-later
"""NDR 2.0 (C706, chapter 14), little-endian, as far as the three interfaces need it."""

import struct


class NdrError(Exception):
    """The stub does not hold what the operation's IDL says."""


class Reader:
    """Reads a stub; every primitive is aligned to its own size."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def _unpack(self, form, size):
        self.at += -self.at % size
        if self.at + size > len(self.data):
            raise NdrError("stub ends early")
        value, = struct.unpack_from(form, self.data, self.at)
        self.at += size
        return value

    def u16(self):
        return self._unpack("<H", 2)

    def u32(self):
        return self._unpack("<I", 4)

    def raw(self, size):
        if self.at + size > len(self.data):
            raise NdrError("stub ends early")
        self.at += size
        return self.data[self.at - size:self.at]

    def handle(self):
        """A context handle: attributes and a UUID, 20 bytes."""
        self.at += -self.at % 4
        return self.raw(20)

    def string(self):
        """A conformant varying string of UTF-16 units, without its NUL."""
        self.u32()
        self.u32()
        units = self.u32()
        return self.raw(units * 2).decode("utf-16-le", "replace").split("\0")[0]

    def unique_string(self):
        return self.string() if self.u32() else None

    def unicode_string(self):
        """RPC_UNICODE_STRING behind a reference pointer (lsa_String)."""
        length = self.u16()
        self.u16()
        if not self.u32():
            return ""
        return self.string()[:length // 2]


class Writer:
    """Builds a stub; the counterpart of Reader."""

    def __init__(self):
        self.data = bytearray()
        self.referents = 0x20000

    def _pack(self, form, size, value):
        self.data += bytes(-len(self.data) % size)
        self.data += struct.pack(form, value)
        return self

    def u16(self, value):
        return self._pack("<H", 2, value & 0xFFFF)

    def u32(self, value):
        return self._pack("<I", 4, value & 0xFFFFFFFF)

    def raw(self, data):
        self.data += data
        return self

    def handle(self, handle):
        self.data += bytes(-len(self.data) % 4)
        return self.raw(handle)

    def pointer(self, present=True):
        """A unique pointer: any value but 0 means that the referent follows."""
        self.referents += 4
        return self.u32(self.referents if present else 0)

    def string(self, text):
        units = (text + "\0").encode("utf-16-le", "surrogatepass")
        self.u32(len(units) // 2).u32(0).u32(len(units) // 2)
        return self.raw(units)

    def byte_array(self, data):
        """A conformant array of bytes."""
        return self.u32(len(data)).raw(data)

    def done(self):
        return bytes(self.data)

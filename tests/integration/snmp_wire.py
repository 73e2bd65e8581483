# SPDX-License-Identifier: GPL-3.0-or-later
"""SNMPv2c as a manager speaks it, for what the net-snmp tools are too slow or too polite
for: thousands of GETNEXTs, times of answers, every notification with when it came."""
import itertools
import random
import socket
import threading
import time

GET, GETNEXT, RESPONSE, GETBULK, TRAP = 0xA0, 0xA1, 0xA2, 0xA5, 0xA7
INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
# What is not there: values that equal nothing else.
NO_OBJECT, NO_INSTANCE, END_OF_VIEW = "noSuchObject", "noSuchInstance", "endOfMibView"
EXCEPTIONS = {0x80: NO_OBJECT, 0x81: NO_INSTANCE, 0x82: END_OF_VIEW}
SO_RCVBUFFORCE = 33
MAX_DATAGRAM = 1 << 16

SYS_UP_TIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
TRAP_OID = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)


def oid(text):
    """(1, 3, 6) of ".1.3.6"."""
    return tuple(int(part) for part in text.strip(".").split("."))


def dotted(parts):
    return ".".join(map(str, parts))


# --- bytes --------------------------------------------------------------------------

def tlv(tag, body):
    if len(body) < 128:
        return bytes((tag, len(body))) + body
    length = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes((tag, 128 | len(length))) + length + body


def number(value, tag=INTEGER):
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def encode_oid(parts):
    body = bytearray()
    for part in (parts[0] * 40 + parts[1], *parts[2:]):
        groups = [part & 127]
        while part := part >> 7:
            groups.append(128 | part & 127)
        body += bytes(reversed(groups))
    return tlv(OID, bytes(body))


def take(data, at=0):
    """(tag, body, where the next one begins)."""
    tag, length, at = data[at], data[at + 1], at + 2
    if length & 128:
        count = length & 127
        length, at = int.from_bytes(data[at:at + count], "big"), at + count
    if at + length > len(data):
        raise ValueError("a value is longer than its datagram")
    return tag, data[at:at + length], at + length


def members(body):
    at = 0
    while at < len(body):
        tag, value, at = take(body, at)
        yield tag, value


def decode_oid(body):
    parts, part = [], 0
    for byte in body:
        part = part << 7 | byte & 127
        if not byte & 128:
            parts.append(part)
            part = 0
    return (min(parts[0] // 40, 2), parts[0] - 40 * min(parts[0] // 40, 2), *parts[1:])


def decode(tag, body):
    """A Python value: int, bytes, tuple (an OID), None, or one of EXCEPTIONS."""
    if tag == INTEGER:
        return int.from_bytes(body, "big", signed=True)
    if tag in (0x41, 0x42, 0x43, 0x46):
        return int.from_bytes(body, "big")
    if tag == OID:
        return decode_oid(body)
    if tag == NULL:
        return None
    return EXCEPTIONS.get(tag, bytes(body))


def decode_message(data):
    """(PDU's tag, request id, error status, [(OID, type, value)])."""
    _, message, _ = take(data)
    (_, _), (_, _), (kind, pdu) = members(message)
    (_, request), (_, error), (_, _), (_, bindings) = members(pdu)
    found = []
    for _, binding in members(bindings):
        (_, name), (tag, value) = members(binding)
        found.append((decode_oid(name), tag, decode(tag, value)))
    return kind, decode(INTEGER, request), decode(INTEGER, error), found


# --- a manager ----------------------------------------------------------------------

class NoAnswer(Exception):
    pass


class Manager:
    """Asks one agent on loopback."""

    def __init__(self, port, community="public", patience=1.0, tries=5):
        self.community, self.patience, self.tries = community, patience, tries
        self._ids = itertools.count(random.randint(1, 1 << 24))
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))

    def close(self):
        self._socket.close()

    def ask(self, kind, oids, second=0, third=0):
        """[(OID, type, value)] of the response."""
        request = next(self._ids)
        bindings = b"".join(tlv(SEQUENCE, encode_oid(one) + tlv(NULL, b""))
                            for one in oids)
        pdu = tlv(kind, number(request) + number(second) + number(third)
                  + tlv(SEQUENCE, bindings))
        data = tlv(SEQUENCE, number(1) + tlv(OCTETS, self.community.encode()) + pdu)
        for _ in range(self.tries):
            answer = self._exchange(data, request)
            if answer is not None:
                error, found = answer
                if error:
                    raise NoAnswer(f"error status {error} for {dotted(oids[0])}")
                return found
        raise NoAnswer(f"no answer for {dotted(oids[0])}")

    def _exchange(self, data, request):
        end = time.monotonic() + self.patience
        try:
            self._socket.send(data)
            while (left := end - time.monotonic()) > 0:
                self._socket.settimeout(left)
                kind, found_id, error, found = decode_message(
                    self._socket.recv(MAX_DATAGRAM))
                if kind == RESPONSE and found_id == request:
                    return error, found
        except ConnectionRefusedError:
            time.sleep(min(0.05, self.patience))    # nobody listens
        except TimeoutError:
            pass
        return None

    def get(self, *oids):
        """Values, in order."""
        return [value for _, _, value in self.ask(GET, oids)]

    def next(self, one):
        """(OID, value) of what follows."""
        (name, _, value), = self.ask(GETNEXT, [one])
        return name, value

    def walk(self, root, repetitions=40):
        """[(OID, value)] below the root, in the order in which they are given."""
        found, at = [], root
        while True:
            for name, _, value in self.ask(GETBULK, [at], 0, repetitions):
                if name[:len(root)] != root or value == END_OF_VIEW:
                    return found
                found.append((name, value))
            at = found[-1][0]

    def seconds_of_get(self, *oids):
        """How long one GET takes; a lost datagram is not forgiven."""
        begin = time.monotonic()
        self.ask(GET, oids)
        return time.monotonic() - begin


# --- whom snmpd tells ---------------------------------------------------------------

class Told:
    """A notification: when it came, its OID, its values by OID."""

    def __init__(self, when, data):
        self.when = when
        _, _, _, self.bindings = decode_message(data)
        values = {name: value for name, _, value in self.bindings}
        self.oid = values[TRAP_OID]

    def value(self, prefix):
        """Of the one binding whose OID begins so."""
        return next(value for name, _, value in self.bindings
                    if name[:len(prefix)] == prefix)


class Sink:
    """Takes notifications at a port of its own; a thread keeps them as they come."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:        # a storm must not be lost here
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        except OSError:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._raw, self._decoded = [], []
        self._is_open = True
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def _take(self):
        while True:
            data = self._socket.recv(MAX_DATAGRAM)
            if not self._is_open:
                return
            self._raw.append((time.time(), data))

    def close(self):
        self._is_open = False
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"end", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def told(self, below=()):
        """All so far whose OID begins so."""
        for when, data in self._raw[len(self._decoded):]:
            self._decoded.append(Told(when, data))
        return [one for one in self._decoded if one.oid[:len(below)] == tuple(below)]

    def relay(self, port, begin):
        """Those from a number on once more, to another port; how many there are now."""
        raw = list(self._raw)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _, data in raw[begin:]:
                sender.sendto(data, ("127.0.0.1", port))
        return len(raw)

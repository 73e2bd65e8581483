# SPDX-License-Identifier: GPL-3.0-or-later
"""NTLM authentication ([MS-NLMP]) against a scenario's users, with or without SPNEGO."""

import hashlib
import hmac
import os
import struct
import threading

from Cryptodome.Cipher import ARC4
from Cryptodome.Hash import MD4
from impacket import ntlm

LOGON_FAILURE = 0xC000006D
STATUSES = {"ok": 0, "locked": 0xC0000234, "expired": 0xC0000071, "disabled": 0xC0000072,
            "must-change": 0xC0000224, "logon-type": 0xC000015B, "hours": 0xC000006F}
# Unicode, request target, sign, NTLM, always sign, target type server, extended session
# security, target info, 128, key exchange, 56.
FLAGS = 0x00000001 | 0x4 | 0x10 | 0x200 | 0x8000 | 0x20000 | 0x80000 | 0x800000 \
    | 0x20000000 | 0x40000000 | 0x80000000
KEY_EXCHANGE = 0x40000000
_NTLMSSP_OID = bytes.fromhex("060a2b06010401823702020a")
_SPNEGO_OID = bytes.fromhex("06062b0601050502")


class Users:
    """The account list of one server; counts attempts and locks accounts."""

    def __init__(self, users, versions):
        self._lock = threading.Lock()
        self._users = {name.lower(): value if isinstance(value, dict)
                       else {"password": value} for name, value in users.items()}
        self._hashes = {name: ntlm.compute_nthash(value.get("password", ""))
                        for name, value in self._users.items()}
        self._wrong = {}
        self._versions = versions
        self.logons = []

    def check(self, user, domain, challenge, lm, nt, when):
        """(NT status, session key)."""
        version, key = self._verify(user, domain, challenge, lm, nt)
        with self._lock:
            status = self._judge(user.lower(), key is not None, version)
            self.logons.append({"user": user, "domain": domain, "status": status,
                                "version": version, "time": when})
        return status, key or bytes(16)

    def count(self, user):
        with self._lock:
            return sum(1 for one in self.logons if one["user"].lower() == user.lower())

    def change(self, user, value):
        """Give a user another password or status."""
        value = value if isinstance(value, dict) else {"password": value}
        with self._lock:
            self._users[user.lower()] = value
            self._hashes[user.lower()] = ntlm.compute_nthash(value.get("password", ""))
            self._wrong.pop(user.lower(), None)

    def _judge(self, user, matches, version):
        known = self._users.get(user)
        if known is None or version not in self._versions:
            return LOGON_FAILURE
        # A locked account says so whatever the password is; the rest only to its owner.
        limit = known.get("lock_after")
        if known.get("status") == "locked" or limit and self._wrong.get(user, 0) >= limit:
            return STATUSES["locked"]
        if not matches:
            self._wrong[user] = self._wrong.get(user, 0) + 1
            return LOGON_FAILURE
        self._wrong[user] = 0
        return STATUSES[known.get("status", "ok")]

    def _verify(self, user, domain, challenge, lm, nt):
        """(which NTLM, session key or None)."""
        secret = self._hashes.get(user.lower(), os.urandom(16))
        if len(nt) > 24:
            identity = (user.upper() + domain).encode("utf-16-le")
            owner = hmac.new(secret, identity, hashlib.md5).digest()
            proof = hmac.new(owner, challenge + nt[16:], hashlib.md5).digest()
            key = hmac.new(owner, proof, hashlib.md5).digest()
            return "v2", key if hmac.compare_digest(proof, nt[:16]) else None
        base = MD4.new(secret).digest()
        if nt == ntlm.ntlmssp_DES_encrypt(secret, challenge):
            return "v1", base
        mixed = hashlib.md5(challenge + lm[:8]).digest()[:8]
        if nt == ntlm.ntlmssp_DES_encrypt(secret, mixed):
            return "v1", hmac.new(base, challenge + lm[:8], hashlib.md5).digest()
        return "v1", None


class Exchange:
    """One NTLMSSP conversation: negotiate, challenge, authenticate."""

    def __init__(self, users, computer, clock):
        self.users, self.computer, self.clock = users, computer, clock
        self.challenge = os.urandom(8)
        self.user = None
        self.key = None

    def step(self, token):
        """(status or None while it goes on, token to send back)."""
        wrapped = not token.startswith(b"NTLMSSP\0")
        at = token.find(b"NTLMSSP\0")
        if at < 0:
            return None, _negotiation_result(1, b"")
        message = token[at:]
        if message[8:12] == b"\1\0\0\0":
            answer = self._challenge_message(struct.unpack_from("<I", message, 12)[0])
            return None, _negotiation_result(1, answer) if wrapped else answer
        status = self._authenticate(message)
        return status, _negotiation_result(0, None) if wrapped and not status else b""

    def _challenge_message(self, asked):
        name = self.computer.encode("utf-16-le", "surrogatepass")
        info = b"".join(struct.pack("<HH", kind, len(name)) + name for kind in (2, 1))
        info += bytes(4)
        flags = FLAGS & (asked | 0x20000 | 0x800000 | 0x4)
        head = struct.pack("<8sIHHII8s8xHHI", b"NTLMSSP\0", 2, len(name), len(name), 48,
                           flags, self.challenge, len(info), len(info), 48 + len(name))
        return head + name + info

    def _authenticate(self, message):
        lm, nt, domain, user, _, session = (_field(message, 12 + 8 * i) for i in range(6))
        flags, = struct.unpack_from("<I", message, 60)
        coding = "utf-16-le" if flags & 1 else "latin-1"
        self.user = user.decode(coding, "replace")
        status, self.key = self.users.check(
            self.user, domain.decode(coding, "replace"), self.challenge, lm, nt,
            self.clock())
        if not status and flags & KEY_EXCHANGE and len(session) == 16:
            self.key = ARC4.new(self.key).decrypt(session)
        return status


def _field(message, at):
    size, _, offset = struct.unpack_from("<HHI", message, at)
    return message[offset:offset + size]


def _der(tag, content):
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content


def offer():
    """SPNEGO's first word, in a negotiate reply: NTLMSSP is all there is."""
    mechanisms = _der(0xA0, _der(0x30, _NTLMSSP_OID))
    return _der(0x60, _SPNEGO_OID + _der(0xA0, _der(0x30, mechanisms)))


def _negotiation_result(state, token):
    content = _der(0xA0, _der(0x0A, bytes((state,))))
    if token is not None:
        content += _der(0xA1, _NTLMSSP_OID)
    if token:
        content += _der(0xA2, _der(0x04, token))
    return _der(0xA1, _der(0x30, content))

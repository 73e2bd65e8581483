# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that others wrote, made easy to aim at a lab server; for the self-test."""

import struct
import subprocess

from impacket.dcerpc.v5 import even, transport

SEQUENTIAL, SEEK, FORWARDS, BACKWARDS = 1, 2, 4, 8
BASE = {
    "service": {"state": "stopped", "win32_exit": 1066, "specific_exit": 2140,
                "depends_on": ["MSExchangeIS", "Tcpip"]},
    "services": [{"name": "MSExchangeIS", "display_name": "Information Store"}],
    "application_log": [
        {"at": "-3h", "id": "0x400003E8", "repeat": 10000, "every": "1s",
         "strings": ["x" * 20], "data": "00ff"},
        {"at": "-2h", "id": "0xC0000FE7", "type": "error", "category": 1}],
    "system_log": [{"at": "-3h", "source": "EventLog", "id": "0x80001775"}]}
DIALECTS = ({"protocol": "smb1"}, {"protocol": "smb2"},
            {"protocol": "smb1", "security": "challenge"},
            {"protocol": "smb1", "signing": "required"},
            {"protocol": "smb1", "signing": "required", "security": "challenge"})


def scenario(**changes):
    return {**BASE, **changes}


def samba(program, *arguments, server, legacy=False):
    """Run one of Samba's clients, without this machine's smb.conf."""
    command = [program, *arguments, "--configfile=/dev/null",
               "--option=client ipc min protocol=NT1", "--option=client min protocol=NT1",
               "--option=client ipc signing=if_required", "-p", str(server.port),
               "-U", "monitor%Secret-1"]
    if legacy:      # Samba sends NTLMv2 without extended security only when told so
        command.append("--option=client use spnego=no")
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          timeout=20, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def connect(server, pipe, uuid, password="Secret-1"):
    """impacket's DCE/RPC client on one of the pipes."""
    route = transport.SMBTransport("127.0.0.1", server.port, pipe, "monitor", password)
    dce = route.get_dce_rpc()
    dce.connect()
    dce.bind(uuid)
    return dce


def open_log(server, name="Application"):
    dce = connect(server, "eventlog", even.MSRPC_UUID_EVEN)
    return dce, even.hElfrOpenELW(dce, name)["LogHandle"]


def read(dce, handle, flags, record, size=0x7FFFF):
    """(bytes sent, needed, NT status, buffer)."""
    request = even.ElfrReadELW()
    request["LogHandle"], request["ReadFlags"] = handle, flags
    request["RecordOffset"], request["NumberOfBytesToRead"] = record, size
    dce.call(request.opnum, request)
    stub = dce.recv()
    tail = struct.unpack("<III", stub[-12:])
    assert struct.unpack_from("<I", stub)[0] == size
    return tail + (stub[4:4 + size],)

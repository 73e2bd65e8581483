# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's faults, its crowd of clients and servers, its command line."""

import pathlib
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from impacket.dcerpc.v5 import even, scmr, transport  # noqa: E402  (the path comes first)

from nt import NTServer, load_scenario  # noqa: E402
from selftest_clients import BACKWARDS, FORWARDS, SEEK, SEQUENTIAL  # noqa: E402
from selftest_clients import open_log, read, scenario  # noqa: E402


class Faults(unittest.TestCase):
    def raw(self, server):
        sock = socket.create_connection(("127.0.0.1", server.port), 2)
        sock.settimeout(2)
        return sock

    def negotiate(self, sock):
        body = b"\xffSMB\x72" + bytes(27) + b"\0\x0c\0\2NT LM 0.12\0"
        sock.sendall(struct.pack(">I", len(body)) + body)
        return sock.recv(4096)

    def test_hang_ends_on_stop(self):
        for stage in ("accept", "negotiate"):
            server = NTServer(scenario(faults=[{"at": stage, "do": "hang"}])).start()
            sock = self.raw(server)
            sock.settimeout(0.3)
            with self.assertRaises(TimeoutError):
                self.negotiate(sock)
            before = threading.active_count()
            begin = time.monotonic()
            server.stop()
            self.assertLess(time.monotonic() - begin, 0.1)
            self.assertLess(threading.active_count(), before)
            sock.close()

    def test_reset_close_refuse(self):
        for action in ("reset", "reset-mid-reply"):
            with NTServer(scenario(faults=[{"at": "negotiate", "do": action}])) as server:
                sock = self.raw(server)
                with self.assertRaises(ConnectionResetError):
                    first = self.negotiate(sock)
                    self.assertTrue(first)
                    sock.recv(4096)
        with NTServer(scenario(faults=[{"at": "accept", "do": "close"}])) as server:
            sock = self.raw(server)
            self.assertEqual(sock.recv(1), b"")
        with NTServer(scenario(faults=[{"at": "accept", "do": "refuse"}])) as server:
            with self.assertRaises(ConnectionRefusedError):
                self.raw(server)
        with NTServer(scenario(faults=[{"at": "accept", "do": "blackhole"}])) as server:
            with self.assertRaises(TimeoutError):
                socket.create_connection(("127.0.0.1", server.port), 0.5)

    def test_slow(self):
        faults = [{"at": "negotiate", "do": "slow", "ms": 50}]
        with NTServer(scenario(faults=faults)) as server:
            sock = self.raw(server)
            self.assertEqual(len(self.negotiate(sock)), 1)

    def test_calls(self):
        table = (({"do": "deny"}, 0xC0000022), ({"do": "error", "code": "0xC000018E"},
                 0xC000018E), ({"do": "log-changed", "nth": 1}, 0xC0000197),
                 ({"do": "log-corrupt"}, 0xC000018E),
                 ({"do": "seek-error-87"}, 0xC000000D))
        for fault, status in table:
            fault = {"at": "call", "pipe": "eventlog", "opnum": 10, **fault}
            with NTServer(scenario(faults=[fault])) as server:
                dce, handle = open_log(server)
                self.assertEqual(read(dce, handle, SEEK | FORWARDS, 1)[2], status)

    def test_absurd_records(self):
        from nt.eventlog import _FIELDS
        for what in [*_FIELDS, "sent-size", "real-size", "nothing", "unterminated",
                     "trailer"]:
            fault = {"at": "call", "opnum": 10, "do": "absurd", "what": what}
            with NTServer(scenario(faults=[fault])) as server:
                dce, handle = open_log(server)
                self.assertEqual(read(dce, handle, SEEK | FORWARDS, 1, 4096)[2], 0)

    def test_broken_replies(self):
        for action in ("reset-mid-reply", "reset", "close"):
            for protocol in ("smb1", "smb2"):
                fault = {"at": "call", "opnum": 10, "do": action}
                with NTServer(scenario(faults=[fault], protocol=protocol)) as server:
                    dce, handle = open_log(server)
                    with self.assertRaises(Exception):
                        read(dce, handle, SEEK | FORWARDS, 1)

    def test_hang_concerns_one_pipe(self):
        for protocol in ("smb1", "smb2"):
            fault = {"at": "call", "pipe": "eventlog", "opnum": 4, "do": "hang"}
            with NTServer(scenario(faults=[fault], protocol=protocol)) as server:
                dce, handle = open_log(server)
                request = even.ElfrNumberOfRecords()
                request["LogHandle"] = handle
                dce.call(request.opnum, request)        # and never receive
                session = dce.get_rpc_transport().get_smb_connection()
                route = transport.SMBTransport("127.0.0.1", server.port, "svcctl",
                                               smb_connection=session)
                other = route.get_dce_rpc()
                other.connect()
                other.bind(scmr.MSRPC_UUID_SCMR)
                scmr.hROpenSCManagerW(other, dwDesiredAccess=1)
                self.assertEqual(len(server.connections), 1)

    def test_missing_pipe(self):
        for protocol in ("smb1", "smb2"):
            fault = {"at": "open-pipe", "pipe": "eventlog", "do": "missing"}
            with NTServer(scenario(faults=[fault], protocol=protocol)) as server:
                with self.assertRaisesRegex(Exception, "OBJECT_NAME_NOT_FOUND"):
                    open_log(server)


class Many(unittest.TestCase):
    def test_twenty_clients(self):
        for protocol in ("smb1", "smb2"):
            with NTServer(scenario(protocol=protocol)) as server:
                sent = []

                def client():
                    dce, handle = open_log(server)
                    for _ in range(3):
                        sent.append(read(dce, handle, SEQUENTIAL | BACKWARDS, 0, 9999)[2])

                threads = [threading.Thread(target=client) for _ in range(20)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join(20)
                self.assertEqual(sent, [0] * 60)

    def test_fifty_servers(self):
        begin = time.monotonic()
        servers = [NTServer(scenario()).start() for _ in range(50)]
        self.assertEqual(len({server.port for server in servers}), 50)
        for server in servers:
            server.stop()
        self.assertLess(time.monotonic() - begin, 2)

    def test_every_scenario_loads(self):
        for path in sorted((HERE.parent / "scenarios").glob("*.json")):
            with self.subTest(path.stem):
                self.assertIn("status", load_scenario(path)["expect"])
                with NTServer(path):
                    pass


class CommandLine(unittest.TestCase):
    def test_serves_until_sigterm(self):
        with tempfile.TemporaryDirectory() as directory:
            ports = pathlib.Path(directory, "ports.json")
            scenarios = HERE.parent / "scenarios"
            process = subprocess.Popen(
                ["/usr/bin/python3", str(HERE / "__main__.py"),
                 str(scenarios / "running.json"), str(scenarios / "absent.json"),
                 "--dir", directory, "--calls", "calls.json"])
            until = time.monotonic() + 10
            while not ports.exists() and time.monotonic() < until:
                time.sleep(0.02)
            self.assertIn("absent", ports.read_text())
            process.terminate()
            self.assertEqual(process.wait(5), 0)
            self.assertTrue(pathlib.Path(directory, "calls.json").exists())

# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab against clients that others wrote: Samba's programs and impacket's classes.

Run: /usr/bin/python3 selftest.py (selftest_faults.py comes along)
"""

import pathlib
import struct
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from impacket.dcerpc.v5 import scmr, srvs  # noqa: E402  (the path comes first)
from impacket.dcerpc.v5 import even  # noqa: E402
from impacket.dcerpc.v5.rpcrt import DCERPCException  # noqa: E402
from impacket.smbconnection import SessionError, SMBConnection  # noqa: E402

from nt import NTServer  # noqa: E402
from selftest_clients import BACKWARDS, BASE, DIALECTS, FORWARDS, SEEK  # noqa: E402
from selftest_clients import SEQUENTIAL, connect, open_log, read, samba  # noqa: E402
from selftest_clients import scenario  # noqa: E402


class Samba(unittest.TestCase):
    """Samba's own programs over each dialect."""

    def each(self):
        for dialect in DIALECTS:
            with NTServer(scenario(**dialect)) as server:
                yield server, "security" in dialect

    def test_net_rpc_service_status(self):
        for server, legacy in self.each():
            code, text = samba("net", "rpc", "service", "status", "MSExchangeIMC",
                               "-S", "127.0.0.1", "-I", "127.0.0.1", server=server,
                               legacy=legacy)
            self.assertEqual(code, 0, text)
            self.assertIn("MSExchangeIMC service is stopped.", text)
            self.assertIn("Dependencies         = MSExchangeIS/Tcpip", text)

    def test_rpcclient(self):
        for server, legacy in self.each():
            _, text = samba("rpcclient", "127.0.0.1", "-c",
                            "eventlog_numrecord Application;"
                            "eventlog_oldestrecord Application", server=server,
                            legacy=legacy)
            self.assertIn("number of records: 10001", text)
            self.assertIn("oldest entry: 1", text)

    def test_rpcclient_reads_records(self):
        log = [dict(BASE["application_log"][0], repeat=50), BASE["application_log"][1]]
        with NTServer(scenario(application_log=log, records="samba")) as server:
            _, text = samba("rpcclient", "127.0.0.1", "-d1", "-c",
                            "eventlog_readlog Application", server=server)
        self.assertIn("EventID                  : 0xc0000fe7", text)
        numbers = [line.split()[-1] for line in text.splitlines()
                   if line.strip().startswith("RecordNumber")]
        self.assertEqual(numbers[:2], ["(51)", "(50)"])
        self.assertIn("(1)", numbers)

    def test_smbclient(self):
        for server, legacy in self.each():
            code, text = samba("smbclient", "//127.0.0.1/IPC$", "-c", "exit",
                               server=server, legacy=legacy)
            self.assertEqual(code, 0, text)

    def test_ndrdump_reads_nt_records(self):
        event = {"at": 0, "id": 4071, "strings": ["a", "b"], "data": "00ff",
                 "source": "EventLog", "sid": "S-1-5-18"}
        with NTServer(scenario(application_log=[event])) as server:
            record = server.logs["application"].record(1)
        with tempfile.NamedTemporaryFile() as file:
            file.write(record)
            file.flush()
            text = subprocess.run(
                ["ndrdump", "eventlog", "EVENTLOGRECORD", "struct", file.name],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=20,
                check=False).stdout.decode()
        self.assertIn("dump OK", text)
        self.assertIn("S-1-5-18", text)


class Logs(unittest.TestCase):
    """Reads as [MS-EVEN] says."""

    def test_whole_reply_over_both_dialects(self):
        for protocol in ("smb1", "smb2"):
            with NTServer(scenario(protocol=protocol)) as server:
                dce, handle = open_log(server)
                sent, needed, status, buffer = read(dce, handle,
                                                    SEQUENTIAL | BACKWARDS, 0)
                self.assertEqual((needed, status), (0, 0))
                self.assertGreater(sent, 0x7F000)
                length, magic, number = struct.unpack_from("<I4sI", buffer)
                self.assertEqual((magic, number), (b"LfLe", 10001))
                self.assertEqual(buffer[length + 4:length + 8], b"LfLe")

    def test_seek_and_sequence(self):
        with NTServer(scenario()) as server:
            dce, handle = open_log(server)
            number = lambda reply: struct.unpack_from("<I", reply[3], 8)[0]  # noqa: E731
            self.assertEqual(number(read(dce, handle, SEEK | FORWARDS, 500, 200)), 500)
            self.assertEqual(number(read(dce, handle, 5, 0, 200)), 501)
            self.assertEqual(read(dce, handle, SEEK | FORWARDS, 20000)[2], 0xC000000D)
            self.assertEqual(read(dce, handle, SEEK | FORWARDS, 10001)[2], 0)
            self.assertEqual(read(dce, handle, SEQUENTIAL | FORWARDS, 0)[2], 0xC0000011)
            small = read(dce, handle, SEEK | BACKWARDS, 1, 10)
            self.assertEqual(small[2], 0xC0000023)
            self.assertEqual(read(dce, handle, SEEK | BACKWARDS, 1, small[1])[2], 0)
            self.assertEqual(read(dce, handle, 3 | FORWARDS, 1)[2], 0xC000000D)
            self.assertEqual(read(dce, b"x" * 20, 5, 1)[2], 0xC0000008)
            with self.assertRaises(DCERPCException):
                read(dce, handle, SEQUENTIAL | FORWARDS, 0, 0x80000)

    def test_unknown_name_is_application_and_clear(self):
        with NTServer(scenario()) as server:
            dce, handle = open_log(server, "Sistem")
            self.assertEqual(even.hElfrNumberOfRecords(dce, handle)["NumberOfRecords"],
                             10001)
            server.clear_log("application")
            server.append_event("application", {"id": 1})
            self.assertEqual(read(dce, handle, SEEK | FORWARDS, 1)[2], 0xC0000197)
            handle = even.hElfrOpenELW(dce, "Application")["LogHandle"]
            self.assertEqual(read(dce, handle, SEEK | FORWARDS, 1)[2], 0)

    def test_half_a_million_records(self):
        log = [{"id": 1, "repeat": 500000}, {"id": 4071}]
        begin = time.monotonic()
        with NTServer(scenario(application_log=log)) as server:
            dce, handle = open_log(server)
            _, _, _, buffer = read(dce, handle, SEQUENTIAL | BACKWARDS, 0, 4096)
            self.assertEqual(struct.unpack_from("<I", buffer, 8)[0], 500001)
            self.assertEqual(read(dce, handle, SEEK | FORWARDS, 250000, 4096)[2], 0)
        self.assertLess(time.monotonic() - begin, 1)


class Services(unittest.TestCase):
    def open(self, server, access=scmr.SERVICE_QUERY_STATUS | 1):
        dce = connect(server, "svcctl", scmr.MSRPC_UUID_SCMR)
        manager = scmr.hROpenSCManagerW(dce, dwDesiredAccess=1)["lpScHandle"]
        handle = scmr.hROpenServiceW(dce, manager, "MSExchangeIMC\0", access)
        return dce, handle["lpServiceHandle"]

    def state(self, dce, handle):
        status = scmr.hRQueryServiceStatus(dce, handle)["lpServiceStatus"]
        return status["dwCurrentState"]

    def test_states_and_config(self):
        for protocol in ("smb1", "smb2"):
            with NTServer(scenario(protocol=protocol)) as server:
                dce, handle = self.open(server)
                self.assertEqual(self.state(dce, handle), 1)
                config = scmr.hRQueryServiceConfigW(dce, handle)["lpServiceConfig"]
                self.assertEqual(config["dwStartType"], 2)
                server.set_service(state="running",
                                   state_sequence=["start-pending", "running"])
                self.assertEqual([self.state(dce, handle) for _ in range(3)], [2, 4, 4])
                masks = [call["access"] for call in server.calls if call["access"]]
                self.assertEqual(masks, [1, 5])

    def test_start(self):
        plan = {"result": 0, "then_state_sequence": ["start-pending", "running"],
                "appends": {"application_log": [{"id": 1000}]}}
        with NTServer(scenario(start=plan)) as server:
            dce, handle = self.open(server, 0x14)
            scmr.hRStartServiceW(dce, handle)
            self.assertEqual([self.state(dce, handle) for _ in range(2)], [2, 4])
            self.assertEqual(server.logs["application"].count, 10002)
            dce, handle = self.open(server, 0x4)
            with self.assertRaisesRegex(DCERPCException, "0x5"):
                scmr.hRStartServiceW(dce, handle)

    def test_a_start_that_goes_on(self):
        """Its steps come by the clock; a second start meanwhile is told that it runs."""
        plan = {"then": {"state": "start-pending"}, "later": [
            {"after": "0s", "then": {"state": "running"}},
            {"after": "1s", "then": {"state": "stopped", "win32_exit": 1067},
             "appends": {"system_log": [{"id": 7034}]}}]}
        with NTServer(scenario(start=plan)) as server:
            dce, handle = self.open(server, 0x14)
            before = server.logs["system"].count
            scmr.hRStartServiceW(dce, handle)
            with self.assertRaisesRegex(DCERPCException, "0x420"):
                scmr.hRStartServiceW(dce, handle)
            seen, until = [], time.monotonic() + 10
            while self.state(dce, handle) != 1 and time.monotonic() < until:
                seen.append(self.state(dce, handle))
            self.assertIn(4, seen)
            self.assertEqual(server.logs["system"].count, before + 1)
            self.assertEqual([(call["user"], call["detail"]) for call in server.calls
                              if call["opnum"] == 19],
                             [("monitor", {"service": "MSExchangeIMC", "arguments": 0,
                                           "granted": 0x14})] * 2)

    def test_a_start_ends_with_its_scenario(self):
        plan = {"later": [{"after": "1s", "appends": {"system_log": [{"id": 1}]}}]}
        with NTServer(scenario(start=plan)) as server:
            dce, handle = self.open(server, 0x14)
            scmr.hRStartServiceW(dce, handle)
            steps = server._threads[-1]
            server.reload(scenario())
            steps.join(10)
            self.assertFalse(steps.is_alive())
            self.assertEqual(server.logs["system"].count, 1)

    def test_a_fault_of_one_access_or_user(self):
        for where, denied in (({"access": 4}, True), ({"access": 5}, False),
                              ({"user": "Monitor"}, True), ({"user": "other"}, False)):
            fault = {"at": "call", "pipe": "svcctl", "opnum": 16, "do": "deny", **where}
            with self.subTest(where), NTServer(scenario(faults=[fault])) as server:
                if denied:
                    with self.assertRaisesRegex(DCERPCException, "0x5"):
                        self.open(server, 4)
                else:
                    self.open(server, 4)

    def test_errors(self):
        faults = [{"at": "call", "pipe": "svcctl", "opnum": 16, "do": "deny-access-mask"}]
        with NTServer(scenario(faults=faults)) as server:
            with self.assertRaisesRegex(DCERPCException, "0x5"):
                self.open(server, 5)
            self.open(server, 4)
        with NTServer(scenario(service=None)) as server:
            with self.assertRaisesRegex(DCERPCException, "0x424"):
                self.open(server)
            dce = connect(server, "svcctl", scmr.MSRPC_UUID_SCMR)
            with self.assertRaisesRegex(DCERPCException, "nca_s_op_rng_error"):
                scmr.hREnumServicesStatusW(dce, b"\0" * 20)
            self.assertEqual(server.calls[-1]["opnum"], 14)

    def test_clock(self):
        with NTServer(scenario(clock_skew="-2h")) as server:
            dce = connect(server, "srvsvc", srvs.MSRPC_UUID_SRVS)
            elapsed = srvs.hNetrRemoteTOD(dce)["BufferPtr"]["tod_elapsedt"]
            self.assertAlmostEqual(elapsed, time.time() - 7200, delta=2)


class Logons(unittest.TestCase):
    def log_on(self, server, password="Secret-1"):
        connection = SMBConnection("127.0.0.1", "127.0.0.1", sess_port=server.port)
        connection.login("monitor", password)
        connection.close()

    def test_statuses(self):
        for status, text in (("locked", "LOCKED_OUT"), ("expired", "EXPIRED"),
                             ("disabled", "DISABLED")):
            for protocol in ("smb1", "smb2"):
                users = {"monitor": {"password": "Secret-1", "status": status}}
                with NTServer(scenario(users=users, protocol=protocol)) as server:
                    with self.assertRaisesRegex(SessionError, text):
                        self.log_on(server)
                    self.assertEqual(server.logon_attempts("monitor"), 1)

    def test_wrong_password_locks(self):
        users = {"monitor": {"password": "Secret-1", "lock_after": 2}}
        with NTServer(scenario(users=users)) as server:
            for text in ("LOGON_FAILURE", "LOGON_FAILURE", "LOCKED_OUT"):
                with self.assertRaisesRegex(SessionError, text):
                    self.log_on(server, "wrong")
            server.set_user("monitor", "Secret-1")
            self.log_on(server)
            self.assertEqual(server.logon_attempts("MONITOR"), 4)


if __name__ == "__main__":
    tests = unittest.defaultTestLoader.discover(HERE, "selftest*.py")
    # impacket leaves its sockets open: no warnings.
    result = unittest.TextTestRunner(warnings="ignore").run(tests)
    sys.exit(not result.wasSuccessful())

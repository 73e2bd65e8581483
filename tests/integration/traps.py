# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of traps share: hints as bytes, a private snmptrapd, who sends to it."""
import pathlib
import socket
import subprocess
import time

import agentd
import lab
from agentd import FAILED, wait_for
from snmp_wire import encode_oid, number, oid, tlv

PROGRAM = lab.BUILD / "imc-trap"
MAGIC = b"IMCTRAP1"
SENDER, COMPUTER = 48, 64       # bytes of an address and of a name
BASES = ("1.3.6.1.4.1.311.1.13.1", "1.3.6.1.4.1.311.1.4.1")
ENTERPRISE = ".13." + ".".join(str(byte) for byte in b"MSExchangeIMC")
TEXTS = "1.3.6.1.4.1.311.1.13.1.9999."
SIGNED = FAILED - (1 << 32)
TRAP_V1 = 0xA4


def hint(event=FAILED, sender=lab.HOST, agent="", computer=""):
    texts = (sender, SENDER), (agent, SENDER), (computer, COMPUTER)
    return MAGIC + event.to_bytes(4, "little") + b"".join(
        text.encode().ljust(size, b"\0") for text, size in texts)


def raw_trap(computer, base, specific):
    """A version 1 trap as bytes, for forms that net-snmp's tool does not send."""
    texts = ("text\r\nmore", "Unknown", computer, "1", "0")
    bindings = b"".join(
        tlv(0x30, encode_oid(oid(f"{TEXTS}{place}.0")) + tlv(4, text.encode("cp1251")))
        for place, text in enumerate(texts, 1))
    return tlv(0x30, number(0) + tlv(4, b"public") + tlv(
        TRAP_V1, encode_oid(oid(base + ENTERPRISE)) + tlv(0x40, bytes((127, 0, 0, 1)))
        + number(6) + number(specific) + number(1234, 0x43) + tlv(0x30, bindings)))


class Snmptrapd:
    """A real one, with its files and its port in the test's folder."""

    def __init__(self, folder, trap_socket):
        self.folder = pathlib.Path(folder) / "snmptrapd"
        self.folder.mkdir()
        self.port = agentd.free_udp_port()
        self.log = self.folder / "log"
        (self.folder / "snmptrapd.conf").write_text(
            "authCommunity log,execute public\n"
            f"traphandle default {PROGRAM} --socket {trap_socket}\n")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                ["snmptrapd", "-f", "-n", "-C", "-c", self.folder / "snmptrapd.conf",
                 "-Lf", self.log, "-On", f"udp:{lab.HOST}:{self.port}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment())
        wait_for("snmptrapd listens", self._listens, detail=self.log.read_text)

    def _environment(self):
        return {"PATH": "/usr/sbin:/usr/bin:/bin", "MIBS": "", "LC_ALL": "C.UTF-8",
                "SNMPCONFPATH": str(self.folder),
                "SNMP_PERSISTENT_DIR": str(self.folder)}

    def _listens(self):
        if self.process.poll() is not None:
            raise AssertionError(self.log.read_text())
        with open("/proc/net/udp", encoding="ascii") as table:
            return f":{self.port:04X} " in table.read()

    def send_raw(self, data):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(data, (lab.HOST, self.port))

    def send(self, version, computer, base, identifier):
        """By net-snmp's own tool."""
        texts = ("text", "Unknown", computer, "1", "0")
        bindings = [part for place, text in enumerate(texts, 1)
                    for part in (f"{TEXTS}{place}.0", "s", text)]
        what = {"1": [base + ENTERPRISE, lab.HOST, "6", identifier, "1234"],
                "2c": ["1234", f"{base}{ENTERPRISE}.0.{identifier}"]}[version]
        subprocess.run(["snmptrap", f"-v{version}", "-c", "public",
                        f"{lab.HOST}:{self.port}", *map(str, what), *bindings],
                       check=True, env=self._environment(), stdin=subprocess.DEVNULL)

    def inform(self):
        """Seconds until one is answered; what its socket had no room for is repeated."""
        begin = time.monotonic()
        subprocess.run(["snmptrap", "-v2c", "-Ci", "-c", "public", "-t", "0.3", "-r",
                        "20", f"{lab.HOST}:{self.port}", "1", "1.3.6.1.6.3.1.1.5.1"],
                       check=True, env=self._environment(), stdin=subprocess.DEVNULL)
        return time.monotonic() - begin

    def lost(self):
        """How many datagrams its socket had no room for."""
        with open("/proc/net/udp", encoding="ascii") as table:
            return next(int(line.split()[-1]) for line in table
                        if f":{self.port:04X} " in line)

    def stop(self):
        agentd.end(self.process)


# How a trap of event 4071 may come: who sends it, and with what.
FORMS = [(how, version, base, identifier) for base in BASES
         for how, version, identifier in (
             ("tool", "1", SIGNED), ("tool", "1", 4071), ("tool", "2c", FAILED),
             ("tool", "2c", 4071), ("raw", "1", SIGNED), ("raw", "1", FAILED))]


class Case(agentd.Case):
    def setUp(self):
        super().setUp()
        self.socket = self.folder / "trap.sock"

    def configure(self, servers, agent=None, defaults=None):
        agent = {"trap_socket": self.socket, **(agent or {})}
        super().configure(servers, agent, defaults)

    def serve(self, servers, *arguments, **more):
        super().serve(servers, *arguments, **more)
        self.wait_for("the socket is there", self.socket.exists)

    def send(self, *datagrams, path=None):
        """Each waits until imc-agentd takes it, which imc-trap does not."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.settimeout(agentd.PATIENCE)
            sock.connect(str(path or self.socket))
            for datagram in datagrams:
                sock.send(datagram)

    def lines(self, text):
        return [line for line in self.agent.log().splitlines() if text in line]

    def wait_for_line(self, text):
        self.wait_for(f"the log says {text!r}", lambda: self.lines(text))

    def wait_for_polls(self, count):
        self.wait_for(f"{count} polls", lambda: self.scalar("PollsDone") >= count)

    def assert_nothing_comes(self, after):
        """A hint that is taken after them has its effect, and they had none."""
        before = self.scalar("PollsDone")
        after()
        self.wait_for("its poll is done", lambda: self.scalar("PollsDone") > before)
        self.assertEqual(self.scalar("PollsDone"), before + 1)

    def snmptrapd(self):
        if not PROGRAM.exists():
            self.skipTest(f"there is no {PROGRAM}")
        daemon = Snmptrapd(self.folder, self.socket)
        self.addCleanup(daemon.stop)
        return daemon

    def unreadable(self, name="lost"):
        """A server whose System log can be read, and whose Application log cannot."""
        logs = self.logs(name)
        return logs, logs.section(evt=self.folder / f"{name}-none.Evt")

# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of traps share: traps and hints as bytes, a private snmptrapd, a command
that sees other files at some places of the machine."""
import pathlib
import socket
import struct
import subprocess
import tempfile
import time

import agentd
import lab
import snmp_wire
from agentd import FAILED, wait_for
from snmp_wire import INTEGER, OCTETS, SEQUENCE, dotted, encode_oid, number, oid, tlv

PROGRAM = lab.BUILD / "imc-trap"
COMMUNITY = "trap-community"
NEW, OLD = oid("1.3.6.1.4.1.311.1.13.1"), oid("1.3.6.1.4.1.311.1.4.1")
SOURCE = b"MSExchangeIMC"
AGENT = "127.0.0.2"         # whom a trap of version 1 names
SIGNED = FAILED - (1 << 32)
IP_ADDRESS, TIME_TICKS, TRAP_V1 = 0x40, 0x43, 0xA4
ENTERPRISE_SPECIFIC = 6
UP_TIME = 891
# How a trap of event 4071 may come: who sends it, and with what.
FORMS = [(how, version, base, identifier) for base in (NEW, OLD)
         for how, version, identifier in (
             ("tool", "1", SIGNED), ("tool", "1", 4071), ("tool", "2c", FAILED),
             ("tool", "2c", 4071), ("raw", "1", SIGNED), ("raw", "1", FAILED))]

MAGIC = b"IMCTRAP1"
SENDER, COMPUTER = 48, 64   # bytes of an address and of a name
HINT = struct.Struct(f"<8sI{SENDER}s{SENDER}s{COMPUTER}s")


# --- bytes --------------------------------------------------------------------------

def hint(event_id=FAILED, sender=lab.HOST, agent="", computer=""):
    return HINT.pack(MAGIC, event_id, *(text.encode()
                                        for text in (sender, agent, computer)))


def read_hint(datagram):
    """(identifier, sender, agent, computer)."""
    magic, event_id, *texts = HINT.unpack(datagram)
    if magic != MAGIC:
        raise AssertionError(f"no hint: {magic}")
    ends = [text.partition(b"\0") for text in texts]
    if any(not end or rest.strip(b"\0") for _, end, rest in ends):
        raise AssertionError(f"not filled up with zeroes: {texts}")
    return event_id, *(text.decode() for text, _, _ in ends)


def enterprise(base, source=SOURCE):
    return (*base, len(source), *source)


def texts(base, computer, text=b"The service could not start.\r\n"):
    """[(OID, octets)] that Windows sends with an event."""
    parts = [text, b"Unknown", computer, b"1", b"0", b"%1"]
    return [((*base, 9999, i, 0), part) for i, part in enumerate(parts, 1)]


def event(base, computer=b"EXCH01", **more):
    """The bindings of an event."""
    return [(name, tlv(OCTETS, part)) for name, part in texts(base, computer, **more)]


def bindings(found):
    return tlv(SEQUENCE, b"".join(tlv(SEQUENCE, encode_oid(name) + value)
                                  for name, value in found))


def message(version, pdu):
    return tlv(SEQUENCE, number(version) + tlv(OCTETS, COMMUNITY.encode()) + pdu)


def trap_v1(whose, specific, found, generic=ENTERPRISE_SPECIFIC, agent=AGENT):
    """`specific` is a number or the octets of an INTEGER."""
    octets = number(specific) if isinstance(specific, int) else tlv(INTEGER, specific)
    pdu = tlv(TRAP_V1, encode_oid(whose) + tlv(IP_ADDRESS, socket.inet_aton(agent))
              + number(generic) + octets + number(UP_TIME, TIME_TICKS)
              + bindings(found))
    return message(0, pdu)


def trap_v2(identity, found):
    head = [(snmp_wire.SYS_UP_TIME, number(UP_TIME, TIME_TICKS)),
            (snmp_wire.TRAP_OID, encode_oid(identity))]
    pdu = tlv(snmp_wire.TRAP, number(7) + number(0) * 2 + bindings(head + found))
    return message(1, pdu)


# --- processes ----------------------------------------------------------------------

def with_mounts(case, script, *arguments):
    """The beginning of a command with mounts of its own: the shell's script makes them,
    of those arguments. Where that is not allowed the test is skipped."""
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        case.skipTest("unshare(1) is not allowed")
    return ["unshare", "-m", "sh", "-ec",
            f'{script}; shift {len(arguments)}; exec "$@"', "sh", *arguments]


class Snmptrapd:
    """A real one with those lines of configuration, its files in a folder of its own in
    the test's."""

    def __init__(self, folder, lines, options=(), has_mibs=False):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="snmptrapd-", dir=folder))
        self.port = agentd.free_udp_port()
        self.log = self.folder / "log"
        mibs = {"MIBDIRS": agentd.module_folder().name} if has_mibs else {"MIBS": ""}
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/bin",
                            "SNMPCONFPATH": str(self.folder),
                            "SNMP_PERSISTENT_DIR": str(self.folder),
                            **lab.SANITIZER, **mibs}
        conf = self.folder / "snmptrapd.conf"
        conf.write_text("".join(f"{line}\n" for line in lines))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                ["snmptrapd", "-f", "-Lo", "-C", "-c", conf,
                 *(["-m", "ALL"] if has_mibs else []), *options,
                 f"udp:{lab.HOST}:{self.port}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)
        wait_for("snmptrapd listens", self._listens, pause=0.01, detail=self.said)

    def _listens(self):
        if self.process.poll() is not None:
            raise AssertionError(self.said())
        with open("/proc/net/udp", encoding="ascii") as table:
            return f":{self.port:04X} " in table.read()

    def said(self):
        return self.log.read_text(errors="replace")

    def send(self, data):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(data, (lab.HOST, self.port))

    def send_by_tool(self, version, computer, base, identifier):
        """By net-snmp's own."""
        whose = dotted(enterprise(base))
        what = {"1": [whose, lab.HOST, ENTERPRISE_SPECIFIC, identifier, UP_TIME],
                "2c": [UP_TIME, f"{whose}.0.{identifier}"]}[version]
        found = [one for name, part in texts(NEW, computer.encode())
                 for one in (dotted(name), "s", part.decode())]
        self._tool(f"-v{version}", f"{lab.HOST}:{self.port}", *what, *found)

    def _tool(self, *arguments):
        subprocess.run(["snmptrap", "-c", COMMUNITY, *map(str, arguments)], check=True,
                       env=self.environment, stdin=subprocess.DEVNULL)

    def inform(self):
        """Seconds until one is answered; what its socket had no room for is repeated."""
        begin = time.monotonic()
        self._tool("-v2c", "-Ci", "-t", "0.3", "-r", "20", f"{lab.HOST}:{self.port}",
                   "1", "1.3.6.1.6.3.1.1.5.1")
        return time.monotonic() - begin

    def lost(self):
        """How many datagrams its socket had no room for."""
        with open("/proc/net/udp", encoding="ascii") as table:
            return next(int(line.split()[-1]) for line in table
                        if f":{self.port:04X} " in line)

    def stop(self):
        agentd.end(self.process)


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
        daemon = Snmptrapd(self.folder, [
            f"authCommunity log,execute {COMMUNITY}",
            f"traphandle default {PROGRAM} --socket {self.socket}"], ["-n", "-On"])
        self.addCleanup(daemon.stop)
        return daemon

    def unreadable(self, name="lost"):
        """A server whose System log can be read, and whose Application log cannot."""
        logs = self.logs(name)
        return logs, logs.section(evt=self.folder / f"{name}-none.Evt")

# SPDX-License-Identifier: GPL-3.0-or-later
"""imc-trap: what a real snmptrapd hands to it, and what nobody should.

The other end of its socket is the test's own: what imc-agentd makes of a hint is tested
with imc-agentd.
"""
import concurrent.futures
import contextlib
import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import unittest

import agentd
import lab
import sandbox
from agentd import FAILED
from snmp_wire import dotted, oid
from traps import (AGENT, COMMUNITY, NEW, OLD, PROGRAM, SIGNED, SOURCE, Snmptrapd,
                   enterprise, event, read_hint, trap_v1, trap_v2, with_mounts)

TOP = lab.HERE.parent.parent
SNIPPET = TOP / "packaging" / "snmptrapd" / "imc-trap.conf"
CONFIGURED = oid("1.3.6.1.4.1.32473.1")
COLD_START = oid("1.3.6.1.6.3.1.1.5.1")
LOOPBACK = lab.HOST
SOON, LATE = 20, 6.5        # s: for what must come; for the end of what hangs
QUICK = 2.0

HEAD = "localhost\nUDP: [192.0.2.1]:1234->[192.0.2.9]:162\n"
IDENTITY = ".1.3.6.1.6.3.1.1.4.1.0 .1.3.6.1.4.1.311.1.13.1"
IMC = ".13.77.83.69.120.99.104.97.110.103.101.73.77.67"
WHOLE = f"{HEAD}{IDENTITY}{IMC}.0.4071\n"
COMPUTER = ".1.3.6.1.4.1.311.1.13.1.9999.3.0 "

# What no snmptrapd writes: (what it is, the input, what is said of it).
MALFORMED = [
    ("nothing", "", "the input is empty"),
    ("one line", "localhost\n", "line 2: missing"),
    ("no address", "localhost\nexch01\n", "line 2: "),
    ("half an address", "localhost\nUDP: [192.0.2\n", "line 2: "),
    ("a number too high in it", "localhost\nUDP: [192.0.2.256]:1\n", "line 2: "),
    ("no bindings", HEAD, "snmpTrapOID.0"),
    ("values only (-Ov)", HEAD + IDENTITY.split()[1] + IMC + ".0.4071\n",
     "snmpTrapOID.0"),
    ("no identity's value", f"{HEAD}{IDENTITY.split()[0]} \n", "line 3: "),
    ("an identity that is text", f"{HEAD}{IDENTITY.split()[0]} \"x\"\n", "line 3: "),
    ("half a source", f"{HEAD}{IDENTITY}.13.77.83\n", "line 3: "),
    ("a source that is not octets", f"{HEAD}{IDENTITY}.2.77.1000.0.1\n", "line 3: "),
    ("no identifier", f"{HEAD}{IDENTITY}{IMC}\n", "line 3: "),
    ("more than an identifier", f"{HEAD}{IDENTITY}{IMC}.0.1.2\n", "line 3: "),
    ("an identifier of 65 bits", f"{HEAD}{IDENTITY}{IMC}.0.18446744073709551616\n",
     "line 3: "),
    ("an identifier of letters", f"{HEAD}{IDENTITY}{IMC}.0.fe7\n", "line 3: "),
    ("129 numbers", f"{HEAD}{IDENTITY}{'.1' * 129}\n", "at most 128"),
    ("a name from a strange MIB file",
     f"{HEAD}.1.3.6.1.6.3.1.1.4.1.0 MSFT-MIB::microsoft.1.13.1{IMC}.0.1\n", "-On"),
    ("an agent that is no address", f"{WHOLE}SNMP-COMMUNITY-MIB::snmpTrapAddress.0 x\n",
     "line 4: "),
    ("a text without its end", f"{WHOLE}{COMPUTER}\"EXCH01\n", "line 4: "),
    ("a computer's name that is too long", f"{WHOLE}{COMPUTER}\"{'X' * 64}\"\n",
     "line 4: "),
    ("a computer's name of two lines", f"{WHOLE}{COMPUTER}\"A\nB\"\n", "line 4: "),
    ("an escape in it", f"{WHOLE}{COMPUTER}\"\x1b[31m\"\n", "line 4: "),
    ("a zero byte", f"{WHOLE}\0", "line 4: "),
    ("hostile text", f"{HEAD}{IDENTITY.split()[0]} \x1b[31m%n|`$(id)`;\u202e<&\n",
     "line 3: "),
    ("noise", bytes(range(1, 256)) * 40, "line 2"),
    ("a long line", b"x\n" + b"y" * 40000, "line 2"),
]


# (what it is, the datagram, the hint: identifier, sender, agent, computer; None: none)
DATAGRAMS = [
    ("negative, 32 bits", trap_v1(enterprise(NEW), SIGNED, event(NEW)),
     (FAILED, LOOPBACK, AGENT, "EXCH01")),
    ("positive, 5 octets", trap_v1(enterprise(NEW), bytes.fromhex("00c0000fe7"),
                                   event(NEW)), (FAILED, LOOPBACK, AGENT, "EXCH01")),
    ("64 bits, extended", trap_v1(enterprise(NEW), bytes.fromhex("ffffffffc0000fe7"),
                                  event(NEW)), (FAILED, LOOPBACK, AGENT, "EXCH01")),
    ("16 bits", trap_v1(enterprise(NEW), 4071, event(NEW)),
     (4071, LOOPBACK, AGENT, "EXCH01")),
    ("SMS 1.2", trap_v1(enterprise(OLD), SIGNED, event(OLD)),
     (FAILED, LOOPBACK, AGENT, "EXCH01")),
    ("a configured base", trap_v1(enterprise(CONFIGURED), 4071, event(CONFIGURED)),
     (4071, LOOPBACK, AGENT, "EXCH01")),
    ("another case", trap_v1(enterprise(NEW, SOURCE.swapcase()), 4071, event(NEW)),
     (4071, LOOPBACK, AGENT, "EXCH01")),
    ("an agent without address", trap_v1(enterprise(NEW), 1, event(NEW), agent="0.0.0.0"),
     (1, LOOPBACK, "", "EXCH01")),
    ("version 2", trap_v2((*enterprise(NEW), 0, FAILED), event(NEW)),
     (FAILED, LOOPBACK, "", "EXCH01")),
    ("version 2 without the 0", trap_v2((*enterprise(OLD), FAILED), event(OLD)),
     (FAILED, LOOPBACK, "", "EXCH01")),
    ("no bindings", trap_v1(enterprise(NEW), 4071, []), (4071, LOOPBACK, AGENT, "")),
    ("a name with its end", trap_v1(enterprise(NEW), 1, event(NEW, b"EXCH01\0")),
     (1, LOOPBACK, AGENT, "EXCH01")),
    ("a name in a code page", trap_v1(enterprise(NEW), 1, event(NEW, b"B\xdcRO")),
     (1, LOOPBACK, AGENT, "")),
    ("a name in UTF-8", trap_v1(enterprise(NEW), 1, event(NEW, "BÜRO".encode())),
     (1, LOOPBACK, AGENT, "BÜRO")),
    ("text that looks like lines", trap_v1(enterprise(NEW), 1, event(
        NEW, text=f'"\n"\n{COMPUTER}"FALSE"\n{IDENTITY}{IMC}.0.9\n\\"\n'.encode())),
     (1, LOOPBACK, AGENT, "EXCH01")),
    ("64 KiB of text, and no more is read", trap_v1(enterprise(NEW), 1, event(
        NEW, text=b"\x01" * 40000)), (1, LOOPBACK, "", "")),
    ("another source", trap_v1(enterprise(NEW, b"MSExchangeMTA"), 1, event(NEW)), None),
    ("a longer name", trap_v1(enterprise(NEW, SOURCE + b"x"), 4071, event(NEW)), None),
    ("another enterprise", trap_v1(enterprise(oid("1.3.6.1.4.1.8072")), 4071, []), None),
    ("a cold start of that enterprise", trap_v1(enterprise(NEW), 0, [], generic=0), None),
    ("a cold start", trap_v2(COLD_START, []), None),
]
LAST = trap_v1(enterprise(NEW), 65535, event(NEW, b"LAST"))
VARIANTS = [
    ("as it is", [], False), ("-On", ["-On"], False), ("-Of", ["-Of"], False),
    ("-OQ", ["-OQ"], False), ("-Ox", ["-Ox"], False), ("-OxT", ["-OxT"], False),
    ("-Oa", ["-Oa"], False), ("-OT", ["-OT"], False),
    ("-n", ["-n"], False), ("MIB files", [], True), ("MIB files, -On", ["-On"], True),
    ("MIB files, -Of", ["-Of"], True), ("MIB files, -Os", ["-Os"], True),
    ("MIB files, -Ou", ["-Ou"], True), ("MIB files, -OQ", ["-OQ"], True),
]


class Listener:
    """In the place of imc-agentd."""

    def __init__(self, path):
        self.path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(path))
        self.socket.settimeout(SOON)

    def next(self):
        """(identifier, sender, agent, computer) of the next hint."""
        return read_hint(self.socket.recv(4096))

    def is_empty(self):
        self.socket.setblocking(False)
        try:
            self.socket.recv(4096)
        except BlockingIOError:
            return True
        finally:
            self.socket.settimeout(SOON)
        return False


def lines_of(path, pattern):
    """The lines of configuration in that file of the tree."""
    return [line.strip() for line in (TOP / path).read_text().splitlines()
            if re.match(pattern, line)]


def shipped():
    """With the line that is switched off."""
    lines = [line.lstrip("#")
             for line in lines_of(SNIPPET, r"#?(?:authCommunity|traphandle) ")]
    if len(lines) != 4:
        raise AssertionError(f"{SNIPPET}: {lines}")
    return lines


def trap(text, *arguments, **more):
    """imc-trap with that input: how it ended, with its seconds."""
    began = time.monotonic()
    data = text if isinstance(text, bytes) else text.encode()
    done = subprocess.run([PROGRAM, *map(str, arguments)], input=data, timeout=lab.HANG,
                          capture_output=True, env={**lab.environment(), **lab.SANITIZER},
                          **more)
    done.seconds = time.monotonic() - began
    return done


class Case(sandbox.Case):
    def setUp(self):
        super().setUp()
        self.listener = Listener(self.path("trap.sock"))
        self.addCleanup(self.listener.socket.close)
        self.config = self.write("imc-monitor.conf", "[agent]\n")

    def handle(self, text, *arguments, **more):
        return trap(text, "--config", self.config, "--socket", self.listener.path,
                    *arguments, **more)

    def snmptrapd(self, *arguments, lines=None, **more):
        """It runs imc-trap by the lines that are shipped."""
        conf = self.write("snmptrapd-imc.conf",
                          f"[agent]\ntrap_socket = {self.listener.path}\n"
                          f"trap_bases = {dotted(CONFIGURED)}\n")
        lines = [line.replace("CHANGE-ME", COMMUNITY).replace(
            "/usr/sbin/imc-trap", f"{PROGRAM} --config {conf}")
            for line in lines or shipped()]
        made = Snmptrapd(self.folder, lines, *arguments, **more)
        self.addCleanup(made.stop)
        return made

    def assert_one_line(self, done, *said):
        text = done.stderr.decode()
        self.assertEqual(done.returncode, 1, text)
        self.assertRegex(text, r"\Aimc-trap: [^\n]+\n\Z")
        self.assertNotRegex(text, "[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e<>`$|]")
        self.assertLess(len(text), 500)
        self.assertEqual(done.stdout, b"")
        for words in said:
            self.assertIn(words, text)


class RealSnmptrapd(Case):
    def test_datagrams(self):
        """It works in order: what gives no hint is known by the hint that follows."""
        server = self.snmptrapd()
        for name, data, hint in DATAGRAMS:
            with self.subTest(name):
                server.send(data)
                server.send(LAST)
                if hint is not None:
                    self.assertEqual(self.listener.next(), hint, server.said()[-3000:])
                self.assertEqual(self.listener.next(), (65535, LOOPBACK, AGENT, "LAST"))
        self.assertTrue(self.listener.is_empty())
        self.assertNotIn("imc-trap:", server.said())

    def test_recorded_trap(self):
        """Of another source, by a community of its own."""
        folder = os.environ.get("IMC_CORPUS")
        if not folder:
            self.skipTest("IMC_CORPUS is not set")
        path = pathlib.Path(folder) / "traps" / "trap_v1_PHP-5.3.29_event3_warning.bin"
        server = self.snmptrapd(
            lines=[*shipped(), "authCommunity log,execute private"])
        server.send(path.read_bytes())
        server.send(LAST)
        self.assertEqual(self.listener.next()[0], 65535)
        self.assertIn("9999.3.0", server.said())
        self.assertIn("alexey-PC", server.said())
        self.assertNotIn("imc-trap:", server.said())

    def test_another_community(self):
        server = self.snmptrapd()
        server.send(trap_v1(enterprise(NEW), 1, []).replace(b"trap-com", b"trap-con"))
        server.send(LAST)
        self.assertEqual(self.listener.next()[0], 65535)

    def test_ways_to_print(self):
        known = trap_v1(enterprise(NEW), SIGNED, event(
            NEW, text=b'Say "no", then\r\nSNMPv2-MIB::snmpTrapOID.0 iso.3\n'))
        for name, options, has_mibs in VARIANTS:
            with self.subTest(name):
                server = self.snmptrapd(options, has_mibs)
                server.send(known)
                self.assertEqual(self.listener.next(),
                                 (FAILED, LOOPBACK, AGENT, "EXCH01"), server.said())
                self.assertNotIn("imc-trap:", server.said())
                server.stop()

    def test_lines_of_the_readme(self):
        """They are those that are shipped, and of the manual page; and they work."""
        lines = lines_of("README.md", r"\s*traphandle ")
        self.assertEqual(lines, lines_of(SNIPPET, "traphandle "))
        self.assertEqual(lines, lines_of("packaging/man/imc-trap.8", "traphandle "))
        server = self.snmptrapd(lines=[f"authCommunity log,execute {COMMUNITY}", *lines])
        for base in (NEW, OLD):
            for source in (SOURCE, SOURCE.upper()):
                server.send(trap_v1(enterprise(base, source), 4071, event(base)))
                self.assertEqual(self.listener.next(),
                                 (4071, LOOPBACK, AGENT, "EXCH01"), server.said())

    def test_text_with_false_ends(self):
        """With -OT a text's own marks and ends of lines are printed as they are."""
        text = b'\x01"\n1 "' + b'x' * 10 + b'"]"\n2 "]\n"\n'
        for options in (["-OT"], ["-OxT"], ["-Oa"], []):
            with self.subTest(options):
                server = self.snmptrapd(options)
                server.send(trap_v1(enterprise(NEW), 1, event(NEW, text=text)))
                self.assertEqual(self.listener.next(), (1, LOOPBACK, AGENT, "EXCH01"),
                                 server.said())
                self.assertNotIn("imc-trap:", server.said())
                server.stop()

    def test_tool(self):
        """net-snmp's own snmptrap, as the manual page shows it."""
        server = self.snmptrapd()
        whose, at = dotted(enterprise(OLD)), f"{LOOPBACK}:{server.port}"
        computer = [f"{dotted(OLD)}.9999.3.0", "s", "EXCH02"]
        for arguments, hint in (
                (["-v", "1", at, whose, AGENT, "6", str(SIGNED), "1"],
                 (FAILED, LOOPBACK, AGENT, "EXCH02")),
                (["-v", "2c", at, "", f"{whose}.0.{FAILED}"],
                 (FAILED, LOOPBACK, "", "EXCH02"))):
            with self.subTest(arguments[1]):
                agentd.tool("snmptrap", "-c", COMMUNITY, *arguments, *computer)
                self.assertEqual(self.listener.next(), hint, server.said())


class Input(Case):
    def test_malformed(self):
        for name, text, said in MALFORMED:
            with self.subTest(name):
                done = self.handle(text)
                self.assert_one_line(done, said)
                self.assertLess(done.seconds, QUICK)
        self.assertTrue(self.listener.is_empty())

    def test_dry_run(self):
        done = self.handle(f"{WHOLE}{COMPUTER}\"EXCH01\"\n", "-n")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(done.stdout.decode(), (
            "MSExchangeIMC event 4071 (identifier 0x00000FE7), sender 192.0.2.1,"
            " agent none, computer EXCH01\n"))
        done = self.handle(WHOLE.replace(".77.83.", ".77.84."), "-n")
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertRegex(done.stdout.decode(), r"\Ano event of MSExchangeIMC: [^\n]+\n\Z")
        self.assertTrue(self.listener.is_empty())

    def begin(self, stdin, *arguments, **more):
        """imc-trap with that file: how it ended, with its seconds."""
        began = time.monotonic()
        done = subprocess.run(
            [PROGRAM, "-s", self.listener.path, *arguments], stdin=stdin,
            timeout=lab.HANG, env={**lab.environment(), **lab.SANITIZER},
            **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more})
        done.seconds = time.monotonic() - began
        return done

    def test_endless(self):
        """What never ends, fast or slow."""
        def fast():
            with open("/dev/zero", "rb") as zeroes:
                return self.begin(zeroes, "-c", self.config)

        def slow():
            read, write = os.pipe()
            with os.fdopen(read, "rb") as reader, os.fdopen(write, "wb") as writer:
                writer.write(WHOLE.encode())
                writer.flush()
                return self.begin(reader, "-c", self.config)

        with concurrent.futures.ThreadPoolExecutor() as pool:
            ends = [pool.submit(one) for one in (fast, slow)]
        fast_end, slow_end = (one.result() for one in ends)
        self.assert_one_line(fast_end, "line 1: a zero byte")
        self.assert_one_line(slow_end, "did not end within 3 s")
        self.assertLess(fast_end.seconds, QUICK)
        self.assertLess(slow_end.seconds, LATE)

    @contextlib.contextmanager
    def full_pipe(self):
        """Nobody reads it."""
        read, write = os.pipe()
        with os.fdopen(read), os.fdopen(write) as full:
            os.set_blocking(write, False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    os.write(write, b"x" * 4096)
            os.set_blocking(write, True)
            yield full

    def test_unread_complaints(self):
        """With a full stderr it says nothing, and the hint goes out all the same."""
        trap_file = self.write("trap", WHOLE)
        with self.full_pipe() as full:
            done = self.begin(subprocess.DEVNULL, "-c", self.config, stderr=full)
            self.assertEqual(done.returncode, 1)
            self.assertLess(done.seconds, QUICK)
            with open(trap_file, "rb") as stdin:
                done = self.begin(stdin, "-c", "/nowhere", stderr=full)
            self.assertEqual(done.returncode, 0)
            self.assertLess(done.seconds, QUICK)
        self.assertEqual(self.listener.next()[0], 4071)

    def test_unread_result(self):
        """What it is asked for waits for its reader, up to the alarm; whoever started it
        may have blocked that."""
        trap_file = self.write("trap", WHOLE)
        with self.full_pipe() as full, open(trap_file, "rb") as stdin:
            done = self.begin(
                stdin, "-c", self.config, "-n", stdout=full,
                preexec_fn=lambda: signal.pthread_sigmask(
                    signal.SIG_BLOCK, [signal.SIGALRM]))
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, b"imc-trap: it took too long, and was given up\n")
        self.assertLess(done.seconds, LATE)

    def complain(self, log):
        """Where that socket is /dev/log, of a configuration that is not there."""
        trap_file = self.write("trap", WHOLE)
        before = with_mounts(
            self, 'mount -t tmpfs none /dev; ln -s "$1" /dev/log', log.path)
        began = time.monotonic()
        with open(trap_file, "rb") as stdin:
            done = subprocess.run(
                [*before, PROGRAM, "-c", "/nowhere", "-s", self.listener.path],
                stdin=stdin, capture_output=True, timeout=lab.HANG,
                env={**lab.environment(), **lab.SANITIZER})
        self.assertLess(time.monotonic() - began, QUICK)
        self.assertEqual(self.listener.next()[0], 4071, done.stderr)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, rb"\Aimc-trap: [^\n]*/nowhere[^\n]*\n\Z")
        return done.stderr

    @unittest.skipUnless(sandbox.IS_ROOT, "needs root, for a /dev of its own")
    def test_syslog(self):
        """What it complains of is a warning of a daemon there, in one message:
        snmptrapd may have thrown stderr away."""
        log = Listener(self.path("log"))
        self.addCleanup(log.socket.close)
        said = self.complain(log)
        logged = log.socket.recv(4096)
        self.assertRegex(logged, rb"\A<28>imc-trap\[\d+\]: [^\n]+\Z")
        self.assertEqual(logged.partition(b": ")[2] + b"\n", said.partition(b": ")[2])
        self.assertTrue(log.is_empty())

    @unittest.skipUnless(sandbox.IS_ROOT, "needs root, for a /dev of its own")
    def test_stuck_syslog(self):
        """A log that nobody reads costs neither time nor the hint."""
        log = Listener(self.path("log"))
        self.addCleanup(log.socket.close)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
            filler.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    filler.sendto(b"x", str(log.path))
        self.complain(log)

    def test_long_input(self):
        """What matters stands in the first 64 KiB; the rest is left alone."""
        long = f"{WHOLE}{COMPUTER}\"EXCH01\"\n.1.3.6.1 \"{'x' * (1 << 20)}\"\n"
        done = self.handle(long)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(self.listener.next(), (4071, "192.0.2.1", "", "EXCH01"))


class HandOver(Case):
    def test_nobody_there(self):
        text = WHOLE
        closed = Listener(self.path("closed"))
        closed.socket.close()
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.addCleanup(stream.close)
        stream.bind(self.path("stream"))
        stream.listen()
        self.write("file", "")
        # A message may be shown in a page, or handed to a shell: text_clean() makes each
        # "'" in it a U+2019, the mark that ends no literal.
        for name, said in (("nothing", "is imc-agentd running"),
                           ("closed", "is imc-agentd running"),
                           ("stream", "not imc-agentd\u2019s socket"),
                           ("file", "cannot hand over to"),
                           ("x" * 200, "at most 107 bytes")):
            with self.subTest(name):
                path = self.path(name)
                done = self.handle(text, "--socket", path)
                self.assert_one_line(done, said)
                self.assertLess(done.seconds, QUICK)

    def test_full_queue(self):
        """Nobody reads: it does not wait."""
        for count in range(10000):
            done = self.handle(WHOLE)
            if done.returncode != 0:
                break
        self.assertGreater(count, 0)
        self.assert_one_line(done, "its queue is full")
        self.assertLess(done.seconds, QUICK)
        self.listener.next()
        self.assertEqual(self.handle(WHOLE).returncode, 0)

    @unittest.skipUnless(sandbox.IS_ROOT, "needs root, to be somebody else")
    def test_who_may_not(self):
        os.chmod(self.listener.path, 0o600)
        program = self.path("imc-trap")
        with open(PROGRAM, "rb") as file:
            self.write("imc-trap", file.read(), 0o755)
        done = subprocess.run(
            ["setpriv", f"--reuid={sandbox.NOBODY}", f"--regid={sandbox.NOBODY}",
             "--clear-groups", program, "-c", self.config, "-s", self.listener.path],
            input=WHOLE.encode(), capture_output=True, timeout=lab.HANG)
        self.assert_one_line(done, "trap_group")

    def test_configuration(self):
        """Its socket; and where it is wrong, one line, and on with the defaults."""
        right = self.write("right", f"[agent]\ntrap_socket = {self.listener.path}\n")
        done = trap(WHOLE, "-c", right)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(self.listener.next()[0], 4071)
        wrong = self.write("wrong", "[agent]\ntrap_bases = here\n")
        for path, said in ((wrong, f"{wrong}:2: trap_bases: "),
                           (self.path("none"), self.path("none"))):
            with self.subTest(path):
                done = trap(WHOLE, "-c", path, "-s", self.listener.path)
                self.assertEqual(done.returncode, 0)
                self.assertRegex(done.stderr.decode(), r"\Aimc-trap: [^\n]+\n\Z")
                self.assertIn(said, done.stderr.decode())
                self.assertEqual(self.listener.next()[0], 4071)

    def test_options(self):
        for arguments, said in ((["-x"], "there is no option -x"),
                                (["-s", "here"], "must be an absolute path"),
                                (["default"], "belongs to no option")):
            with self.subTest(arguments[0]):
                self.assert_one_line(trap(WHOLE, *arguments), said)
        self.assertIn(b"--dry-run", trap("", "--help").stdout)
        self.assertRegex(trap("", "-V").stdout.decode(), r"\Aimc-trap \d+\.\d+\n\Z")

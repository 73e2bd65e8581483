# SPDX-License-Identifier: GPL-3.0-or-later
"""Which libraries are loaded when, and which of their symbols are counted on.

talloc (with tevent) is a project of its own with stable versions; libsamba*, libdcerpc*
and libndr* are Samba's, and only the module for RPC needs them, by public versions alone.
net-snmp brings OpenSSL with it: only the module for SNMP needs them, and imc-agentd.
"""
import os
import re
import shutil
import subprocess
import unittest

import lab
import sandbox
from lab import NTServer
from snmp_agent import Agent, services

MODULE = lab.BUILD / "imc-rpc.so"
TRAP = lab.BUILD / "imc-trap"
SAMBA = re.compile(r"lib(samba|dcerpc|ndr|smb|tevent|ldb|cli|gensec|wbclient|auth|krb5)")
FOREIGN = {"Samba": SAMBA, "net-snmp": re.compile(r"lib(netsnmp|crypto|ssl)")}
# What a program needs of them; tevent does without Samba.
PROGRAMS = {"check_imc": set(), "imc-trap": set(),
            "imc-agentd": {"libnetsnmpagent.so.40", "libnetsnmp.so.40",
                           "libtevent.so.0"}}
# What Samba itself calls private: no promise holds for it from one release to the next.
PRIVATE = re.compile(r"PRIVATE|SAMBA_\d+\.\d+")
# (the module, what it may need, a version that it asks for, what it shows)
MODULES = [
    ("imc-rpc.so",
     {"libdcerpc.so.0", "libdcerpc-binding.so.0", "libndr-standard.so.0", "libndr.so.3",
      "libndr.so.4", "libsamba-credentials.so.1", "libsamba-hostconfig.so.0",
      "libsamba-errors.so.1", "libtevent.so.0", "libtalloc.so.2", "libc.so.6"},
     ("libdcerpc.so.0", "DCERPC_0.0.1"),
     {"imc_rpc_source", "imc_rpc_starter", "imc_rpc_abi"}),
    ("imc-snmp.so", {"libnetsnmp.so.40", "libtalloc.so.2", "libc.so.6"},
     ("libtalloc.so.2", "TALLOC_2.0.2"),
     {"imc_snmp_source", "imc_agent_source", "imc_snmp_abi"}),
]
COLD_START = ("localhost\nUDP: [192.0.2.1]:1234->[192.0.2.9]:162\n"
              ".1.3.6.1.6.3.1.1.4.1.0 .1.3.6.1.6.3.1.1.5.1\n")
ABSURD_CONF = """[global]
    workgroup = ABSURD
    client min protocol = SMB3_11
    client max protocol = SMB3_11
    client ipc min protocol = SMB3_11
    client ipc max protocol = SMB3_11
    client ipc signing = required
    client signing = required
    client NTLMv2 auth = no
    client use kerberos = required
    client use spnego = no
    smb ports = 1
    name resolve order = wins
    log level = 10
    include = /proc/self/environ
    no such parameter = %
"""


def dynamic(path):
    """Names of the libraries that a file needs."""
    text = subprocess.run(["readelf", "-dW", path], capture_output=True, text=True,
                          check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]",
                      text), re.findall(r"\((?:RPATH|RUNPATH)\)", text)


def versions(path):
    """(library, version) for all that its symbols ask for."""
    text = subprocess.run(["readelf", "-VW", path], capture_output=True, text=True,
                          check=True).stdout
    found, library = set(), None
    for line in text[text.index("Version needs section"):].splitlines():
        file, name = re.search(r"File: (\S+)", line), re.search(r"Name: (\S+)", line)
        library = file.group(1) if file else library
        if name:
            found.add((library, name.group(1)))
    return found


def symbols(path, option):
    text = subprocess.run(["nm", "-D", option, path], capture_output=True, text=True,
                          check=True).stdout
    return {line.split()[-1] for line in text.splitlines()}


def foreign(names):
    """{whose: libraries of theirs}; who has none of them is not in it."""
    found = {whose: {name for name in names if pattern.match(name)}
             for whose, pattern in FOREIGN.items()}
    return {whose: theirs for whose, theirs in found.items() if theirs}


class Case(sandbox.Case):
    def setUp(self):
        super().setUp()
        self.write("cred", f"username = {lab.USER}\npassword = {lab.PASSWORD}\n", 0o600)

    def loaded(self, arguments, program=None):
        """Base names of the libraries that were opened in a run."""
        done = self.run_here(arguments, env={"LD_DEBUG": "files"}, program=program)
        found = {os.path.basename(name) for name in
                 re.findall(r"calling init: (\S+)", done.stderr.decode())}
        self.assertIn("libtalloc.so.2", found)
        return found

    def logs(self):
        """An Application log that is read, so that all of the source runs."""
        import evt_writer as writer
        self.write("App.Evt", writer.log(writer.CLEAN, writer.application(20,
                                                                          1795000000)))
        return ["--evt", "App.Evt", "--at", "2026-11-18T11:06:40Z"]


@unittest.skipIf(lab.SANITIZED, "sanitized programs load their own libraries")
class Loading(Case):
    def test_what_needs_no_server_loads_nothing_of_others(self):
        os.mkdir(self.path("state"), 0o700)
        self.write("trap", COLD_START)
        logs = self.logs()
        traps = ["sh", "-c", 'exec "$0" "$@" <trap', str(TRAP)]
        for program, arguments in (
                (None, ["--help"]), (None, ["--version"]), (None, ["--explain", "4071"]),
                (None, ["--bogus"]), (None, logs), (None, logs + ["--json"]),
                (None, logs + ["-H", "A", "--state-dir", "state"]),
                (None, ["-H", "127.0.0.1", "-A", "absent"] + logs),
                (traps, ["--help"]), (traps, ["--dry-run"]),
                (traps, ["--socket", self.path("none")])):
            with self.subTest(arguments, program=program):
                found = self.loaded(arguments, program)
                self.assertEqual(foreign(found), {})
                self.assertLess(len(found), 6, found)

    def test_a_check_of_a_server_loads_its_module_alone(self):
        """The test above can fail."""
        self.write("community", "community = public\n", 0o600)
        agent = Agent(services({"Microsoft Exchange Internet Mail Service": 1}))
        with NTServer(lab.scenario("running")) as server, agent:
            for source, port, account, whose, libraries in (
                    ("rpc", server.port, "cred", "Samba",
                     {"imc-rpc.so", "libdcerpc.so.0"}),
                    ("snmp", agent.port, "community", "net-snmp",
                     {"imc-snmp.so", "libnetsnmp.so.40"}),
                    ("agent", agent.port, "community", "net-snmp",
                     {"imc-snmp.so", "libnetsnmp.so.40"})):
                with self.subTest(source):
                    found = self.loaded(
                        ["-S", source, *map(str, lab.target(port, account))])
                    self.assertLessEqual(libraries, found)
                    self.assertEqual(set(foreign(found)), {whose})

    def test_what_the_programs_need(self):
        for name, wanted in PROGRAMS.items():
            with self.subTest(name):
                needed, paths = dynamic(lab.BUILD / name)
                self.assertEqual(set().union(*foreign(needed).values()), wanted)
                self.assertFalse(paths, "where libraries are is the machine's to say")

    def test_the_programs_are_hardened(self):
        for name in PROGRAMS:
            text = subprocess.run(["readelf", "-ldhW", lab.BUILD / name],
                                  capture_output=True, text=True, check=True).stdout
            for wanted in ("GNU_RELRO", "BIND_NOW", r"Type:\s+DYN", r"GNU_STACK.*RW "):
                with self.subTest(name, wanted=wanted):
                    self.assertRegex(text, wanted)


class Symbols(unittest.TestCase):
    def test_the_modules_need_public_versions_alone(self):
        for name, _, version, _ in MODULES:
            with self.subTest(name):
                found = versions(lab.BUILD / name)
                self.assertFalse([one for one in found if PRIVATE.search(one[1])])
                self.assertIn(version, found)

    def test_samba_has_private_versions_that_would_be_found(self):
        """The test above can fail: Samba's own programs need such."""
        client = shutil.which("rpcclient")
        if client is None:
            self.skipTest("rpcclient is not installed")
        self.assertTrue([one for one in versions(client) if PRIVATE.search(one[1])])

    @unittest.skipIf(lab.SANITIZED, "sanitizers add their own")
    def test_the_modules_need_public_libraries_alone(self):
        for name, libraries, _, _ in MODULES:
            with self.subTest(name):
                needed, paths = dynamic(lab.BUILD / name)
                self.assertLessEqual(set(needed), libraries)
                self.assertFalse(paths)

    @unittest.skipIf(lab.SANITIZED, "sanitizers add their own")
    def test_the_modules_show_their_sources_and_version_alone(self):
        for name, _, _, wanted in MODULES:
            with self.subTest(name):
                shown = symbols(lab.BUILD / name, "--defined-only")
                self.assertEqual({one for one in shown if not one.startswith("_")},
                                 wanted)


class Absence(Case):
    """check_imc alone, as a package without RPC installs it."""

    def alone(self):
        shutil.copy(lab.PROGRAM, self.folder)
        return [self.path("check_imc")]

    def test_without_the_module_the_package_is_named(self):
        done = self.run_here(["-H", "127.0.0.1", "-A", "cred"], program=self.alone())
        text = done.stdout.decode()
        self.assertEqual((done.returncode, done.stderr), (3, b""))
        self.assertTrue(text.startswith("IMC UNKNOWN - 127.0.0.1: "), text)
        for words in ("imc-rpc.so", "install imc-monitor-rpc", self.folder):
            self.assertIn(words, text)
        self.assertEqual(text.count("\n"), 1 + text.split("\n")[0].endswith("..."), text)
        self.assertLess(done.seconds, sandbox.QUICK)

    def test_everything_else_works_without_it(self):
        program = self.alone()
        for arguments, code in ((["--help"], 3), (["--version"], 3), (self.logs(), 2)):
            done = self.run_here(arguments, program=program)
            self.assertEqual((done.returncode, done.stderr), (code, b""), done.stdout)

    def test_what_is_no_module_is_refused_in_one_line(self):
        program = self.alone()
        with open("/proc/self/maps", encoding="utf-8") as maps:
            libc = next(line.split()[-1] for line in maps if "libc.so" in line)
        with open(libc, "rb") as file:
            another = file.read()
        module = MODULE.read_bytes()
        # The loader maps what the headers promise: a cut one ends in SIGBUS.
        for name, content, said in (("text", b"hello\n", "imc-rpc.so"),
                                    ("empty", b"", "imc-rpc.so"),
                                    ("another library", another,
                                     "no module of imc-monitor"),
                                    ("cut", module[:9000], "cut short")):
            with self.subTest(name):
                self.write("imc-rpc.so", content)
                done = self.run_here(["-H", "127.0.0.1", "-A", "cred"], program=program)
                text = done.stdout.decode()
                self.assertEqual((done.returncode, done.stderr), (3, b""), text)
                self.assertIn(said, text)
                self.assertLessEqual(text.count("\n"), 2)


class Configuration(Case):
    """No smb.conf of the machine may change a result."""

    def test_an_absurd_smb_conf_changes_nothing(self):
        conf = self.write("smb.conf", ABSURD_CONF)
        for name in ("running", "running-smb2", "active-automatic", "running-nt4"):
            with self.subTest(name), NTServer(lab.scenario(name)) as server:
                arguments = [str(one) for one in lab.target(server.port,
                                                            "cred")] + ["--json"]
                plain = self.run_here(arguments)
                absurd = self.run_here(arguments, env={"SMB_CONF_PATH": conf,
                                                       "HOME": self.folder,
                                                       "LOGNAME": "x"})
                self.assertEqual(absurd.stderr, b"")
                self.assertEqual(self.without_times(absurd), self.without_times(plain))
                self.assertIn(plain.returncode, (0, 2))

    @staticmethod
    def without_times(done):
        return re.sub(rb'"(probe_ms|observed_at|clock_skew)":[^,}]*', b"", done.stdout)

    def test_no_configuration_of_samba_is_opened(self):
        strace = shutil.which("strace")
        if strace is None:
            self.skipTest("strace is not installed")
        trace = self.path("trace")
        with NTServer(lab.scenario("running")) as server:
            done = self.run_here(
                [strace, "-f", "-o", trace, "-e", "trace=%file", str(lab.PROGRAM)] +
                [str(one) for one in lab.target(server.port, "cred")], program=["env"])
        with open(trace, encoding="utf-8", errors="replace") as file:
            text = file.read()
        if "imc-rpc.so" not in text:
            self.skipTest("strace may not trace here")
        self.assertEqual(done.returncode, 0, done.stdout)
        names = set(re.findall(r'"([^"]*)"', text))
        foreign = [name for name in names if re.search(
            r"smb\.conf|smbpasswd|\.tdb$|krb5|lmhosts|/etc/samba|/var/lib/samba"
            r"|valid\.dat|\.smb", name) and not re.search(r"\.so(\.|$)", name)]
        self.assertFalse(foreign)


if __name__ == "__main__":
    unittest.main()

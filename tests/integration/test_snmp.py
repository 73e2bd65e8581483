# SPDX-License-Identifier: GPL-3.0-or-later
"""Source snmp against recordings of Windows agents (snmpsim), snmpd, and a fake agent
that does all wrong that can be done wrong: what is not known for sure is never OK."""
import bz2
import concurrent.futures
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import lab
from snmp_wire import Manager, NoAnswer, oid

sys.path.insert(0, str(lab.HERE.parent / "lab"))

from snmp_agent import FAULTS, Agent, services  # noqa: E402  (the path comes first)
from snmp_v3_agent import V3_FAULTS, AgentV3  # noqa: E402

CORPUS = os.environ.get("IMC_CORPUS")
SERVICE = "Microsoft Exchange Internet Mail Service"
LONG = "A service whose name is longer than an object name can be " * 3
USER, AUTH, PRIVACY = "watcher", "authentic-secret", "private-secret"
USER_FILE = (f"security_name = {USER}\nauth_password = {AUTH}\n"
             f"privacy_password = {PRIVACY}\n")
PATIENCE = 30       # s, for a server to start
TIMEOUT = 2         # s, of a check that will get no answer
GRACE = 1.0         # s, over that, on a busy machine
AT_ONCE = 16        # checks that mostly wait
NOBODY = pwd.getpwnam("nobody")
# Where snmpsim looks for an SNMPv3 context without a name: its first UDP endpoint.
DEFAULT_CONTEXT = "1.3.6.1.6.1.1.0"
SYS_DESCR = oid("1.3.6.1.2.1.1.1.0")
FOLDER = None


def setUpModule():
    global FOLDER
    FOLDER = lab.Folder()


def tearDownModule():
    FOLDER.remove()


def secret(text):
    """A new file of credentials."""
    descriptor, path = tempfile.mkstemp(dir=FOLDER.path)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def community(name="public"):
    return secret(f"community = {name}\n")


def check(port, credentials, *options, host=lab.HOST):
    return lab.run("-H", host, "-S", "snmp", "-p", port, "-A", credentials, *options)


class Program:
    """An agent in a process of its own, ready when it answers a community."""

    def __init__(self, command, port, name, env=None):
        self.port = port
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=subprocess.STDOUT,
                                        env={**os.environ, **(env or {})})
        self._wait(Manager(port, name, patience=0.2, tries=1))

    def _wait(self, manager):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                manager.get(SYS_DESCR)
                break
            except NoAnswer:
                if time.monotonic() > end or self.process.poll() is not None:
                    self.close()
                    self.log.seek(0)
                    raise RuntimeError(self.log.read().decode()) from None
        manager.close()

    def close(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def start_simulator():
    """snmpsim with the recordings; as root it wants to be somebody else."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=FOLDER.path))
    data, cache = folder / "data", folder / "cache"
    data.mkdir()
    cache.mkdir()
    recording = bz2.decompress(pathlib.Path(CORPUS, "snmp/XP.snmprec.bz2").read_bytes())
    (data / "xp.snmprec").write_bytes(recording)
    (data / f"{DEFAULT_CONTEXT}.snmprec").write_bytes(recording)
    shutil.copy(pathlib.Path(CORPUS, "snmp/services-en.snmpwalk"), data / "en.snmpwalk")
    port = lab.free_port(socket.SOCK_DGRAM)
    command = ["snmpsimd", f"--data-dir={data}", f"--cache-dir={cache}",
               f"--agent-udpv4-endpoint={lab.HOST}:{port}",
               f"--v3-user={USER}", f"--v3-auth-key={AUTH}", "--v3-auth-proto=SHA",
               f"--v3-priv-key={PRIVACY}", "--v3-priv-proto=AES"]
    if os.geteuid() == 0:
        command += ["--process-user=nobody", "--process-group=nogroup"]
        FOLDER.path.chmod(0o711)
        for path in (folder, data, cache, *data.iterdir()):
            os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
    return Program(command, port, "xp")


def start_snmpd():
    """net-snmp's own agent: no services, and all of version 3."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=FOLDER.path))
    (folder / "snmpd.conf").write_text(
        "rocommunity public\nrocommunity6 public\n"
        f"createUser {USER} SHA {AUTH} AES {PRIVACY}\n"
        f"createUser old MD5 {AUTH} DES {PRIVACY}\n"
        f"createUser new SHA-512 {AUTH} AES-256 {PRIVACY}\n"
        f"createUser plain SHA-256 {AUTH}\ncreateUser open\n"
        f"rouser {USER} authPriv\nrouser old authPriv\nrouser new authPriv\n"
        "rouser plain authNoPriv\nrouser open noauth\n")
    port = lab.free_port(socket.SOCK_DGRAM)
    return Program(["/usr/sbin/snmpd", "-f", "-Lo", "-C", "-c", folder / "snmpd.conf",
                    "-I", "-smux", f"udp:{lab.HOST}:{port},udp6:[::1]:{port}"],
                   port, "public", {"MIBS": "", "SNMP_PERSISTENT_DIR": str(folder)})


@unittest.skipUnless(CORPUS, "IMC_CORPUS is not set: no recordings")
class Recordings(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.agent = start_simulator()
        cls.files = {"xp": community("xp"), "en": community("en"),
                     "user": secret(USER_FILE)}

    @classmethod
    def tearDownClass(cls):
        cls.agent.close()

    def check(self, credentials, *options):
        return check(self.agent.port, self.files.get(credentials, credentials), *options)

    def test_running_services_are_found_and_others_are_not(self):
        rows = [("xp", "1", "Server"), ("xp", "2c", "Remote Procedure Call (RPC)"),
                ("xp", "1", "remote procedure call (rpc)  "),    # by a walk
                ("xp", "2c", "TELEPHONY"),
                ("en", "1", "testservice üäöáà (123)"),
                ("en", "2c", "testservice üäöáà (123)  "),
                ("en", "2c", "PDF24"), ("user", "3", "Server"),
                ("user", "3", "PRINT spooler")]
        for credentials, version, name in rows:
            with self.subTest(credentials=credentials, version=version, name=name):
                done = self.check(credentials, "--snmp-version", version,
                                  "--display-name", name)
                self.assertEqual(done.code, 0, done)
                self.assertIn("service running, event log not watched", done.line)
            with self.subTest(credentials=credentials, version=version):
                done = self.check(credentials, "--snmp-version", version,
                                  "--display-name", name + "x")
                self.assertEqual(done.code, 2, done)
                self.assertIn("not among the running ones", done.line)

    def test_version_follows_from_the_credentials(self):
        for credentials, version in (("xp", "1"), ("user", "3")):
            with self.subTest(credentials):
                done = self.check(credentials, "-vvv", "--max-output", 9000)
                self.assertEqual(done.code, 2, done)
                self.assertIn(f"SNMP version {version}: {lab.HOST}", done.out)
                self.assertIn("50 rows of svSvcTable", done.out)

    def test_the_boot_is_the_servers(self):
        uptime = 23294484 // 100        # hrSystemUptime of the recording
        done = self.check("xp", "--json", "--at", "2026-11-22T09:00:00Z",
                          "--display-name", "Server")
        self.assertEqual(done.json["boot_time"], "2026-11-19T16:17:36Z", done)
        self.assertEqual(uptime, 2 * 86400 + 16 * 3600 + 42 * 60 + 24)
        done = self.check("en", "--json", "--display-name", "PDF24")
        self.assertIsNone(done.json["boot_time"], done)      # it has no such object
        self.assertEqual(done.code, 0)

    def test_services_are_listed(self):
        done = self.check("en", "--list-services")
        self.assertEqual(done.code, 3, done)
        lines = done.out.splitlines()
        self.assertEqual(len(lines), 168 + 1)
        self.assertIn("running          testservice üäöáà (123)", lines)
        self.assertIn(SERVICE, lines[-1])
        done = self.check("xp", "--list-services", "--display-name", "Server")
        self.assertEqual(len(done.out.splitlines()), 50, done)

    def test_wrong_credentials_are_named(self):
        rows = [("community = wrong\n", "wrong community is not answered"),
                (USER_FILE.replace(AUTH, "something-else"), "auth_password"),
                (USER_FILE.replace(PRIVACY, "something-else"), "passwords"),
                (USER_FILE.replace(USER, "nobody"), "security_name"),
                (f"security_name = {USER}\nauth_password = {AUTH}\n",
                 "security level")]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            results = list(pool.map(lambda row: self.check(
                secret(row[0]), "-t", TIMEOUT, "-v", "--display-name", "Server"), rows))
        for (_, reason), done in zip(rows, results):
            with self.subTest(reason):
                self.assertEqual(done.code, 3, done)
                self.assertIn(reason, done.out)
                self.assertLess(done.seconds, TIMEOUT + GRACE, done)


class Daemon(unittest.TestCase):
    """Agents without the table; version 3 as net-snmp speaks it."""
    @classmethod
    def setUpClass(cls):
        cls.agent = start_snmpd()

    @classmethod
    def tearDownClass(cls):
        cls.agent.close()

    def refused(self, text, kind, stage, reason, host=lab.HOST):
        done = check(self.agent.port, secret(text), "-t", TIMEOUT, "--json", host=host)
        self.assertEqual(done.code, 3, done)
        failure = done.parts()["state"]
        self.assertEqual((failure["kind"], failure["stage"]), (kind, stage), done)
        self.assertIn(reason, failure["text"], done)
        self.assertLess(done.seconds, TIMEOUT + GRACE, done)

    def test_an_agent_without_the_table_is_not_learned(self):
        keys = f"auth_password = {AUTH}\nprivacy_password = {PRIVACY}\n"
        rows = ["community = public\n", USER_FILE,
                "security_name = old\nauth_protocol = MD5\nprivacy_protocol = DES\n"
                + keys,
                "security_name = new\nauth_protocol = SHA-512\n"
                "privacy_protocol = AES-256\n" + keys,
                "security_name = plain\nauth_protocol = SHA-256\n"
                f"auth_password = {AUTH}\n",
                "security_name = open\n"]
        for text in rows:
            with self.subTest(text):
                self.refused(text, "unsupported", "service", "LAN Manager")

    def test_other_addresses_are_asked_too(self):
        for host in ("::1", "localhost"):
            with self.subTest(host):
                self.refused("community = public\n", "unsupported", "service",
                             "LAN Manager", host)

    def test_what_is_wrong_with_a_user_is_named(self):
        rows = [(USER_FILE.replace(USER, "nobody"), "denied", "security_name"),
                (USER_FILE.replace(AUTH, "something-else"), "denied", "auth_password"),
                (USER_FILE + "auth_protocol = MD5\n", "denied", "auth_protocol"),
                (USER_FILE.replace(PRIVACY, "something-else"), "timeout", "passwords"),
                (USER_FILE.replace(USER, "open"), "denied", "security_level")]
        for text, kind, reason in rows:
            with self.subTest(reason, text=text):
                self.refused(text, kind, "logon", reason)
        with self.subTest("a level that the user may not use"):
            self.refused(f"security_name = {USER}\nauth_password = {AUTH}\n",
                         "denied", "service", "view")

    def test_nobody_and_silence(self):
        with self.subTest("no agent"):
            port = lab.free_port(socket.SOCK_DGRAM)
            done = check(port, community(), "-t", TIMEOUT, "--json")
            failure = done.parts()["state"]
            self.assertEqual((done.code, failure["kind"]), (3, "refused"), done)
            self.assertLess(done.seconds, TIMEOUT, done)
        with self.subTest("no community"):
            self.refused("community = wrong\n", "timeout", "connect",
                         "wrong community is not answered")

    def test_nothing_of_the_environment_matters(self):
        hostile = pathlib.Path(tempfile.mkdtemp(dir=FOLDER.path))
        text = ("defVersion 3\ndefSecurityName nobody\ndefCommunity wrong\n"
                "clientaddr 192.0.2.1\ndefAuthPassphrase something-else\n"
                "timeout 0\nretries 0\nbogus ((\n")
        for place in (hostile, hostile / ".snmp"):
            place.mkdir(exist_ok=True)
            for name in ("snmp.conf", "snmp.local.conf", "imc-monitor.conf"):
                (place / name).write_text(text)
        (hostile / "BAD-MIB.txt").write_text("BAD-MIB DEFINITIONS ::= nonsense")
        environment = {**lab.environment(), "HOME": str(hostile), "MIBS": "ALL",
                       "SNMPCONFPATH": str(hostile), "MIBDIRS": str(hostile),
                       "MIBFILES": str(hostile / "BAD-MIB.txt"),
                       "SNMP_PERSISTENT_DIR": str(hostile / "persistent")}
        before = sorted(hostile.rglob("*"))
        with Agent(services({SERVICE: 1})) as agent:
            done = subprocess.run(
                [lab.PROGRAM, "-H", lab.HOST, "-S", "snmp", "-p", str(agent.port), "-A",
                 community()], env=environment, capture_output=True, text=True,
                timeout=lab.HANG)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertEqual(sorted(hostile.rglob("*")), before)


class Fake(unittest.TestCase):
    """What no recording holds."""

    def check(self, agent, *options):
        return check(agent.port, community(), *options)

    def test_names_are_found_however_they_are_written(self):
        rows = [("trailing blanks", SERVICE + "   ", SERVICE),
                ("zeros", SERVICE.encode() + b"\0\0", SERVICE),
                ("longer than its index", LONG, LONG),
                ("64 octets", "x" * 64, "x" * 64),
                ("UTF-8", "Überwachung €", "Überwachung €"),
                ("code page 1252", "Überwachung €".encode("cp1252"), "Überwachung €"),
                ("code page 1252, blanks", "Zähler ".encode("cp1252"), "Zähler"),
                ("other case", SERVICE.upper(), SERVICE)]
        for what, there, asked in rows:
            for version in ("1", "2c"):
                with self.subTest(what, version=version), \
                        Agent(services({"Server": 1, there: 1})) as agent:
                    done = self.check(agent, "--display-name", asked, "--snmp-version",
                                      version)
                    self.assertEqual(done.code, 0, done)

    def test_names_that_only_resemble_are_not_it(self):
        for name in (SERVICE + "s", SERVICE[:-1], " " + SERVICE, SERVICE + "\0s", ""):
            with self.subTest(name), Agent(services({name: 1, "Server": 1})) as agent:
                done = self.check(agent)
                self.assertEqual(done.code, 2, done)
                self.assertIn("not among the running ones", done.line)

    def test_another_service_does_not_answer_to_its_names(self):
        other = ("--service", "MSExchangeMTA")
        with Agent(services({SERVICE: 1, "Server": 1})) as agent:
            done = self.check(agent, *other)
            self.assertEqual((done.code, agent.questions), (3, 0), done)
            self.assertIn("add one of MSExchangeMTA, with --display-name", done.line)
            done = self.check(agent, *other, "--severity", "unreachable=ok")
            self.assertEqual((done.code, agent.questions), (3, 0), done)
            listed = self.check(agent, *other, "--list-services")
            self.assertIn(SERVICE, listed.out)
            self.assertIn("Which of these is the service", listed.out)
            done = self.check(agent, *other, "--display-name", "Server")
            self.assertEqual(done.code, 0, done)

    def test_states(self):
        connector = SERVICE.replace("Service", "Connector")
        rows = [({SERVICE: 1}, "running"), ({SERVICE: 2}, "continue-pending"),
                ({SERVICE: 3}, "pause-pending"), ({SERVICE: 4}, "paused"),
                ({SERVICE: 1, connector: 4}, "paused"),
                ({SERVICE: 4, connector: 1}, "paused"),
                ({SERVICE + " ": 1, connector + " ": 3}, "pause-pending")]
        for states, expected in rows:
            with self.subTest(states), Agent(services(states)) as agent:
                done = self.check(agent, "--json")
                self.assertEqual(done.json["service"]["state"], expected, done)
                self.assertFalse(done.json["service"]["inferred"])

    def test_an_agent_that_has_no_uptime_or_chokes_on_it(self):
        with self.subTest("no uptime"), \
                Agent(services({SERVICE: 1}, uptime=None)) as agent:
            self.assertEqual(self.check(agent).code, 0)
        for version in ("1", "2c"):
            with self.subTest("chokes on it", version=version), \
                    Agent(services({SERVICE: 1}), fault="chokes on the uptime") as agent:
                done = self.check(agent, "--snmp-version", version, "-vvv",
                                  "--max-output", 9000)
                self.assertEqual(done.code, 0, done)
                self.assertIn("1 there, the uptime refused", done.out)
                done = self.check(agent, "--snmp-version", version, "--json")
                self.assertIsNone(done.json["boot_time"], done)

    def test_a_name_is_found_as_the_list_shows_it(self):
        """Whatever code page the server writes it in."""
        rows = ["Служба почты".encode("cp1251"), "Џђ Почта\xa0".encode("cp1251"),
                "メールソフト".encode("cp932"), "Почта", "Mail & News: 100% | 'a'",
                "Mail\x1b[1m\u202ebad"]
        for name in rows:
            with self.subTest(name), Agent(services({name: 1})) as agent:
                listed = self.check(agent, "--list-services").out.splitlines()
                state, shown = listed[0].split(maxsplit=1)
                self.assertEqual(state, "running")
                self.assertTrue(shown.isprintable(), shown)
                done = self.check(agent, "--display-name", shown)
                self.assertEqual(done.code, 0, done)
                done = self.check(agent, "--display-name", shown, "--list-services")
                self.assertEqual(len(done.out.splitlines()), 1, done)

    def test_credentials_that_do_not_fit_are_refused_in_words(self):
        public, user = "community = public\n", "security_name = u\n"
        empty = public + "security_name =\nsecurity_level = authPriv\n"
        rows = [(empty, version, "security_name is empty")
                for version in (None, "1", "2c", "3")]
        rows += [("community =\n" + user, None, "community is empty"),
                 (public, "3", "names no user"),
                 (public + "security_level = authPriv\n", "3", "names no user"),
                 (user, "1", "names no community"), (user, "2c", "names no community")]
        with Agent(services({SERVICE: 1})) as agent:
            for text, version, reason in rows:
                with self.subTest(text, version=version):
                    done = check(agent.port, secret(text), *(
                        ("--snmp-version", version) if version else ()))
                    self.assertEqual((done.code, done.err), (3, ""), done)
                    self.assertIn(reason, done.line)
            self.assertEqual(agent.questions, 0)

    def test_a_table_that_is_empty_is_not_learned(self):
        for version in ("1", "2c"):
            with self.subTest(version), Agent(services({})) as agent:
                done = self.check(agent, "--json", "--snmp-version", version)
                failure = done.parts()["state"]
                self.assertEqual((done.code, failure["kind"]), (3, "unsupported"), done)

    def test_a_slow_agent_is_waited_for(self):
        for version in ("1", "2c"):
            with self.subTest(version), \
                    Agent(services({SERVICE: 1}), fault="slow") as agent:
                done = self.check(agent, "--snmp-version", version)
                self.assertEqual(done.code, 0, done)

    def test_only_snmp_lists_services(self):
        done = lab.run("-H", lab.HOST, "--evt", "/nonexistent", "--list-services")
        self.assertEqual(done.code, 3)
        self.assertIn("--source snmp", done.out)


# The state of the service does not matter where nothing is said that makes sense.
SILENT = {"silent", "from elsewhere", "garbage", "truncated", "empty", "other number",
          "other version", "a question", "a report"}
# Faults of a walk do not touch a service that is found without one.
OF_WALKS = {"loops", "falls", "ends as version 1", "begins anew", "breaks off",
            "endless", "names are numbers", "silent later"}
# A service that is not there has no state that could be wrong.
OF_STATES = {name for name in FAULTS if name.startswith("state")}
WHERE = ("found", "walked", "down")


def expected_codes(fault, where, version):
    """All that this check may end with."""
    if fault == "slow":     # row by row, a walk of version 1 takes too long
        return {"found": {0}, "walked": {0, 3}, "down": {2, 3}}[where]
    if fault == "chokes on the uptime":     # it is not needed
        return {2} if where == "down" else {0}
    if fault == "ends as version 1" and version == "1":     # which does so rightly
        return {2} if where == "down" else {0}
    if fault == "huge names":       # none of which is the service's
        return {0} if where == "found" else {2}
    if fault in OF_WALKS and where == "found":
        return {0}
    if fault in OF_STATES and where == "down":
        return {2}
    return {3}


def check_fault(row):
    fault, where, version = row
    others = {f"Service {number}": 1 for number in range(30)}
    names = {"found": {SERVICE: 1}, "walked": {SERVICE + " ": 1}, "down": {}}[where]
    with Agent(services({**others, **names}), fault=fault) as agent:
        return row, check(agent.port, community(), "-t", TIMEOUT, "-v",
                          "--snmp-version", version)


def check_v3_fault(row):
    fault, name = row
    with AgentV3(services({name: 1, "Server": 1}), fault=fault) as agent:
        return row, check(agent.port, secret("security_name = open\n"), "-t", TIMEOUT,
                          "-v")


class Faults(unittest.TestCase):
    def test_version_3_is_not_healthy_either(self):
        rows = [(fault, SERVICE) for fault in V3_FAULTS]
        rows += [(None, SERVICE), (None, "other")]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            results = list(pool.map(check_v3_fault, rows))
        for (fault, name), done in results:
            with self.subTest(fault, name=name):
                expected = 3 if fault else 0 if name == SERVICE else 2
                self.assertEqual((done.code, done.err), (expected, ""), done)
                self.assertLess(done.seconds, TIMEOUT + GRACE, done)

    def test_no_fault_makes_a_service_healthy(self):
        rows = [(fault, where, version) for fault in FAULTS for where in WHERE
                for version in ("1", "2c") if where == "found" or fault not in SILENT]
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            results = list(pool.map(check_fault, rows))
        for (fault, where, version), done in results:
            with self.subTest(fault, where=where, version=version):
                self.assertIn(done.code, expected_codes(fault, where, version), done)
                self.assertLess(done.seconds, TIMEOUT + GRACE, done)
                self.assertEqual(done.err, "")
                if done.code == 3:
                    self.assertIn(lab.HOST, done.out.replace(
                        f"IMC UNKNOWN - {lab.HOST}", "", 1), done)


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""When imc-start starts nothing: what it is told to say, and what the server sees."""
import itertools
import subprocess
import tempfile
import time
import unittest

import lab
import start
from start import (Expect, HARD, Host, NEEDED, Row, START, STARTER, WATCHED, active,
                   call, changed, nothing, service, services, started)

# The service is asked for again with all else, and once more just before the start.
LOOKS = (("second", 2), ("last", 3))
SHORT, ENOUGH = ("-t", "10s"), ("-t", "18s")
READ = {"at": "call", "pipe": "eventlog"}
STATES, TYPES = ("OK", "WARNING", "UNKNOWN", "CRITICAL"), ("SOFT", "HARD")
STOPPED = service()


def of(name, *expects, **more):
    """A server of that scenario, and one run."""
    changes = more.pop("changes", {})
    return Row(name, active(name=name, **changes), list(expects), **more)


class Guards(start.Table):
    """What the server says forbids it."""

    @classmethod
    def table(cls):
        return [*cls.states(), *cls.conditions(), *cls.triggers(), *cls.dependencies(),
                *cls.unknowns(), *cls.rights()]

    @staticmethod
    def states():
        runs = Expect(0, ("runs|running",), ("nothing",))
        yield from (of(name, runs) for name in ("running", "recovered-automatic"))
        yield from (of(name, nothing(1, word)) for name, word in (
            ("active-start-pending", "start-pending"),
            ("active-stop-pending", "stop-pending"), ("pending-start", "start-pending"),
            ("pending-stop", "stop-pending"), ("pending-pause", "pause-pending"),
            ("pending-continue", "continue-pending"), ("paused", "paused"),
            ("recovered-paused", "paused"),
            ("absent", f"{WATCHED}|no (such )?service|absent"),
            ("disabled-after-4071", "disabled"), ("disabled", "disabled")))

    @staticmethod
    def conditions():
        for name in ("stopped-clean", "stopped-4086", "cleared-stopped", "booting",
                     "past-stopped-since", "past-other-failure", "stopped-never-tried"):
            yield of(name, nothing(1, "4071"))
        yield Row("put right since", active(), [nothing(1, "4071")],
                  keys={"fixed_since": time.strftime("%Y-%m-%dT%H:%M:%SZ",
                                                     time.gmtime())})

    @staticmethod
    def triggers():
        for name in ("active-manual", "active-mixed", "active-unknown-late",
                     "active-unknown-start-type"):
            yield of(name, nothing(1, "even-manual|automatic"))
            yield Row(f"{name} --even-manual", active(name=name), [started()], 1,
                      options=("--even-manual", *ENOUGH))

    @staticmethod
    def dependencies():
        deny = {"at": "call", "pipe": "svcctl", "service": NEEDED, "do": "deny"}
        yield Row("a dependency is down", active(
            services=services(**{NEEDED: "stopped"})), [nothing(1, NEEDED, "stopped")])
        yield Row("a dependency is on its way", active(
            services=services(MSExchangeMTA="start-pending")),
            [nothing(1, "MSExchangeMTA", "start-pending")])
        yield Row("a dependency is not there", active(services=services(Tcpip=None)),
                  [nothing(1, "Tcpip")])
        for opnum in (16, 6):
            yield Row(f"a dependency may not be asked {opnum}",
                      active({**deny, "opnum": opnum}), [nothing(3, NEEDED)])
        yield Row("a dependency is a group", active(
            service=service(depends_on=[NEEDED, "+TDI"])), [nothing(3, "group")])
        yield Row("the configuration may not be asked", active(
            {**call(16, "deny-access-mask"), "mask": 1}), [nothing(3)])

    @staticmethod
    def unknowns():
        """What could not be had."""
        down = {"service": STOPPED}
        for name, words in (("denied-application-log-stopped", "Application"),
                            ("denied-system-log-active", "System"),
                            ("log-corrupt", "Application"),
                            ("denied-service", "denied|state")):
            yield of(name, nothing(3, words))
        yield of("active-unknown-no-boot", nothing(3, "boot"))
        yield of("log-short-active", nothing(3, "Application|log", "boot"))
        yield of("log-short", nothing(3, "Application|log", "boot"), changes=down)
        yield of("missing-srvsvc", nothing(3, "clock"),
                 changes=dict(down, application_log=active()["application_log"]))
        yield Row("clock denied", active({"at": "call", "pipe": "srvsvc", "opnum": 28,
                                          "do": "deny"}), [nothing(3, "clock")])
        for log in ("application", "system"):
            for what in ("signature", "trailer"):
                yield Row(f"{log} log damaged: {what}", active(
                    {**READ, "opnum": 10, "log": log, "do": "absurd", "what": what}),
                    [nothing(3, f"{log.capitalize()} log (is damaged|could not)")])
        yield Row("no time to see what comes of it", active(call(17, "delay", ms=7500)),
                  [nothing(1, "--timeout")], options=SHORT)
        for name in ("refused", "reset", "hang-negotiate", "hang-session-setup"):
            yield of(f"unreachable-{name}", nothing(3), options=SHORT)

    @staticmethod
    def rights():
        """The server denies the start, or is not what it was."""
        arm = {"access": START}
        yield Row("denied", active({**call(16, "deny-access-mask"), "mask": START}),
                  [nothing(1, "denied|right", STARTER)], opens=1)
        for do in ("reset", "close", "fault"):
            yield Row(f"{do} at the handle", active(call(16, do, **arm)),
                      [nothing(1)], opens=1)
            for look, nth in LOOKS:
                yield Row(f"{do} at the {look} look", active(call(6, do, nth=nth)),
                          [changed(1)], opens=1, attempts=1)
        yield Row("hang at the handle", active(call(16, "hang", **arm)),
                  [nothing(1)], opens=1, options=SHORT)
        for look, nth in LOOKS:
            yield Row(f"hang at the {look} look", active(call(6, "hang", nth=nth)),
                      [changed(1)], opens=1, attempts=1, options=SHORT)
        for name, fields, word in (
                ("pending", start.BEGINS, "start-pending"),
                ("running", {"state": "running"}, "running"),
                ("exit code", {"win32_exit": 1067}, "exit code|changed|1067"),
                ("specific exit", {"specific_exit": 4}, "exit code|changed")):
            for look, nth in LOOKS:
                yield Row(f"at the {look} look: {name}", active(
                    call(6, "set-service", nth=nth, fields=fields)),
                    [changed(1, word)], opens=1, attempts=1)
            yield Row(f"at the handle: {name}", active(
                call(16, "set-service", fields=fields, **arm)), [changed(1, word)],
                opens=1, attempts=1)
        # What it depends on is asked for again, too.
        yield Row("a dependency stops meanwhile", active(
            {**call(16, "set-service", nth=2, fields={"state": "stopped"}),
             "service": "MSExchangeIS"}), [changed(1, "MSExchangeIS", "stopped")],
            opens=1, attempts=1)
        yield Row("somebody else tries meanwhile", active(
            {"at": "call", "pipe": "eventlog", "opnum": 10, "log": "application",
             "nth": 1, "do": "append", "events": [start.STARTED, start.FAILED]}),
            [changed(1, "mixed|manual")], opens=1, attempts=1)
        yield Row("the server is too slow for that", active(
            call(17, "delay", ms=11000, nth=2)), [changed(1, "slow")],
            opens=1, attempts=1, options=("-t", "25s"))
        yield Row("a service that is gone at the handle",
                  active(call(16, "error", code=1060, **arm)), [nothing(1)], opens=1)

    def test_the_last_look_comes_after_the_handle(self):
        for row in self.rows:
            if row.attempts and not row.starts:
                with self.subTest(row.name):
                    calls = [(one["opnum"], one["access"]) for one in
                             row.server.calls if one["pipe"] == "svcctl"]
                    self.assertIn((6, None), calls[calls.index((16, START)):])


class NoContact(start.Table):
    """What needs no evidence, so that nobody is asked."""

    @classmethod
    def table(cls):
        for state, kind in itertools.product(STATES, TYPES):
            if (state, kind) != ("CRITICAL", "HARD"):
                yield Row(f"{state} {kind}", active(), [nothing(1, state, kind)],
                          options=("-S", state, "-T", kind, "-a", "2"))
        modes = [(), ("--even-manual",), ("--dry-run",), HARD,
                 ("--even-manual", "--dry-run", *HARD)]
        for value, options in itertools.product((None, "no"), modes):
            yield Row(f"allow_start {value} {options}", active(),
                      [nothing(1, "allow_start")], keys={"allow_start": value},
                      options=options)
        for options in ((), ("--dry-run",), HARD):
            yield Row(f"maintenance {options}", active(), [nothing(1, "maintenance")],
                      keys={"maintenance": "yes"}, options=options)
        yield Row("no account", active(), [nothing(1, "start_credentials")],
                  keys={"start_credentials": None})
        yield Row("source", active(), [nothing(1, "source|rpc")],
                  keys={"source": "snmp", "port": None})

    def test_there_is_no_connection(self):
        for row in self.rows:
            with self.subTest(row.name):
                self.assertEqual(row.server.connections, [])


class DryRun(start.Table):
    @classmethod
    def table(cls):
        for options in ((), HARD):
            yield Row(f"dry {options}", active(),
                      [Expect(1, ("would",), ("dry-run",))] * 2,
                      options=("--dry-run", *options))
        yield Row("runs", active(name="running"), [Expect(0, ("runs|running",),
                                                         ("nothing",))],
                  options=("--dry-run",))
        yield of("active-manual", nothing(1, "even-manual|automatic"),
                 options=("--dry-run",))


# (what is wrong, arguments after --config and --server, what stderr has)
WRONG = [
    ("unknown option", ["--now"], "--now"), ("positional", ["EXCH01"], "EXCH01"),
    ("no value", ["-t"], "-t"), ("too short", ["-t", "1s"], "1s|from"),
    ("too long", ["-t", "2h"], "1h|2h"), ("no duration", ["-t", "soon"], "soon"),
    ("no type", ["-S", "CRITICAL"], "-T|type"), ("no state", ["-T", "HARD"], "-S|state"),
    ("wrong state", ["-S", "DOWN", "-T", "HARD"], "DOWN"),
    ("wrong type", ["-S", "CRITICAL", "-T", "FIRM"], "FIRM"),
    ("wrong attempt", [*HARD[:4], "-a", "many"], "attempt"),
    ("another server", ["-s", "EXCH02"], "EXCH02"),
    ("no configuration", ["-c", "/nowhere/imc.conf"], "/nowhere/imc.conf"),
]


class CommandLine(unittest.TestCase):
    def complaint(self, *arguments):
        """What stderr says of it, which is one line."""
        done = subprocess.run([start.PROGRAM, *map(str, arguments)], capture_output=True,
                              stdin=subprocess.DEVNULL, env=lab.environment(),
                              timeout=lab.HANG, text=True)
        self.assertEqual((done.returncode, done.stdout), (3, ""), done)
        self.assertRegex(done.stderr, r"\Aimc-start: [^\n]+\n\Z")
        return done.stderr

    def test_what_is_wrong_is_said_in_one_line(self):
        with lab.Folder() as folder, lab.NTServer(active()) as server:
            host = Host(folder.path, server.port)
            for name, arguments, words in WRONG:
                with self.subTest(name):
                    said = self.complaint("-c", host.config, "-s", start.SERVER, "-d",
                                          host.state, *arguments)
                    self.assertRegex(said, words)
            with self.subTest("no server"):
                self.assertRegex(self.complaint("-c", host.config), "server")
            self.assertEqual(server.connections, [])

    def test_a_wrong_configuration_is_said_with_its_line(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
            for line in ("allow_start = perhaps", "start_attempts = 0", "start = yes"):
                with self.subTest(line):
                    file.seek(0)
                    file.truncate()
                    file.write(f"[server {start.SERVER}]\naddress = 127.0.0.1\n{line}\n")
                    file.flush()
                    said = self.complaint("-c", file.name, "-s", start.SERVER)
                    self.assertRegex(said, f"{file.name}:3")

    def test_help_and_version_are_no_failure(self):
        for option, words in (("--help", "--even-manual"), ("--version", r"\d\.\d")):
            with self.subTest(option):
                done = subprocess.run([start.PROGRAM, option], capture_output=True,
                                      text=True, env=lab.environment())
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertRegex(done.stdout, words)


class Programs(unittest.TestCase):
    SYMBOL = b"imc_rpc_starter"

    def test_only_imc_start_knows_how_to_start(self):
        for name, is_known in (("imc-start", True), ("imc-rpc.so", True),
                               ("check_imc", False), ("imc-agentd", False),
                               ("imc-trap", False), ("imc-snmp.so", False)):
            with self.subTest(name):
                content = (lab.BUILD / name).read_bytes()
                self.assertEqual(self.SYMBOL in content, is_known)


if __name__ == "__main__":
    unittest.main()

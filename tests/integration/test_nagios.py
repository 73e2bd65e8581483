# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Nagios 4 with the objects that are shipped: what its users get.

One daemon watches all the servers at once, since it mostly waits.
"""
import pathlib
import re
import unittest

import lab
import nagios
from agentd import wait_for
from lab import NTServer
from nagios import Nagios, Witness

CHECK, START = "/usr/lib/nagios/plugins/check_imc", "/usr/sbin/imc-start"
STARTER = "starter"         # the account that may start, so that its logons tell of it
START_SERVICE = 19          # svcctl's
ATTEMPTS = 4                # of imc-service
TO_HARD = [("CRITICAL", "SOFT", 1), ("CRITICAL", "SOFT", 2), ("CRITICAL", "SOFT", 3),
           ("CRITICAL", "HARD", ATTEMPTS)]
BOOT, DELAY = 15, 30        # s: how long ago the server came back, and its start_delay
WORKS, FAILS, FORBIDDEN, REBOOTS = "WORKS", "FAILS", "FORBIDDEN", "REBOOTS"


def failed_start(name="active-automatic", **changes):
    users = {lab.USER: lab.PASSWORD, STARTER: lab.PASSWORD}
    return lab.scenario(name, users=users, **changes)


def after_reboot():
    """The same, with a boot just now."""
    found = failed_start()
    *older, down = found["application_log"]
    *before, boot, told = found["system_log"]
    return {**found,
            "application_log": [*older, {**down, "at": f"-{BOOT - 5}s"}],
            "system_log": [*before, {**boot, "at": f"-{BOOT}s"},
                           {**told, "at": f"-{BOOT - 6}s"}]}


class Handler(unittest.TestCase):
    """From HARD CRITICAL to WARNING, with no human."""

    @classmethod
    def setUpClass(cls):
        cls.folder = lab.Folder()
        cls.addClassCleanup(cls.folder.remove)
        cls.servers = {
            WORKS: failed_start(),
            FAILS: failed_start("active-automatic-again"),
            FORBIDDEN: failed_start(),
            REBOOTS: failed_start(faults=[{"at": "accept", "do": "close"}]),
        }
        for name, scenario in cls.servers.items():
            cls.servers[name] = NTServer(scenario)
            cls.enterClassContext(cls.servers[name])
        cls.starts = Witness(cls.folder.path, lab.BUILD / "imc-start")
        cls.state = cls.folder.state()
        cls.daemon = Nagios(cls.folder.path, {
            CHECK: lab.PROGRAM, START: cls.starts.path, nagios.STATE_DIR: cls.state})
        options = f"--config {cls._configure()}"
        for name in cls.servers:
            cls.daemon.add(name, "imc-service-start", options)
        cls.addClassCleanup(cls.daemon.stop)
        cls.daemon.start()
        cls.boot = cls._reboot()

    @classmethod
    def _reboot(cls):
        """One comes back after it was away long enough; the moment of its boot."""
        wait_for("HARD UNKNOWN", lambda: (
            ("UNKNOWN", "HARD", ATTEMPTS) in cls.daemon.calls(REBOOTS)),
                 detail=cls.daemon.log)
        cls.servers[REBOOTS].reload(after_reboot())
        return cls.servers[REBOOTS].clock() - BOOT

    @classmethod
    def _configure(cls):
        path = cls.folder.path / "imc-monitor.conf"
        lines = ["[defaults]", f"address = {lab.HOST}",
                 f"credentials = {cls.folder.credentials()}",
                 f"start_credentials = {cls.folder.credentials(STARTER)}"]
        for name, server in cls.servers.items():
            lines += [f"[server {name}]", f"port = {server.port}"]
            lines += ["allow_start = yes"] * (name != FORBIDDEN)
            lines += [f"start_delay = {DELAY}s"] * (name == REBOOTS)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        path.chmod(0o600)
        return path

    def wait_for(self, what, check):
        return wait_for(what, check, detail=lambda: (
            f"{self.daemon.log()}\n{self.starts.runs()}"))

    def wait_for_calls(self, name, *expected):
        """Until Nagios called the handler like that, and each of the calls ended."""
        self.wait_for(f"{name}: {len(expected)} calls",
                      lambda: len(self.starts.runs(name)) >= len(expected))
        self.assertEqual(self.daemon.calls(name), list(expected))

    def wait_for_state(self, name, state):
        return self.wait_for(f"{name} is {state}", lambda: (
            found if (found := self.daemon.service(name)).state == state else None))

    def sent(self, name):
        """When the server got each start call, by its clock."""
        return [call["time"] for call in self.servers[name].calls
                if (call["pipe"], call["opnum"]) == ("svcctl", START_SERVICE)]

    def codes(self, name):
        """How each run of imc-start ended, as many as Nagios's calls."""
        return sorted(code for code, _ in self.starts.runs(name))

    def assert_one_said(self, name, code, words):
        self.assertEqual([one for one, said in self.starts.runs(name) if words in said],
                         [code], self.starts.runs(name))

    def assert_recovered(self, name):
        status = self.wait_for_state(name, "WARNING")
        self.assertEqual(status.type, "HARD")
        self.assertRegex(status.output, "running.*4071.*automatic start")
        self.assertEqual(len(self.sent(name)), 1)

    def test_works(self):
        self.assert_recovered(WORKS)
        # The last one is Nagios telling of the change to WARNING.
        self.wait_for_calls(WORKS, *TO_HARD, ("WARNING", "HARD", ATTEMPTS))
        self.assertEqual(self.codes(WORKS), [0, 1, 1, 1, 1])
        self.assertEqual(self.servers[WORKS].logon_attempts(STARTER), 1)

    def test_state_folder(self):
        """Each program has the template's, although the service has other options."""
        for pattern in (f"{WORKS}.starts", f"{FORBIDDEN}*.state"):
            with self.subTest(pattern):
                self.wait_for(pattern, lambda name=pattern: (
                    list(pathlib.Path(self.state).glob(name))))

    def test_fails_again(self):
        """Nagios calls once more when the state came back: nothing is sent again."""
        server = self.servers[FAILS]
        self.wait_for_calls(FAILS, *TO_HARD)
        self.assertEqual(self.codes(FAILS), [1, 1, 1, 2])
        self.assert_one_said(FAILS, 2, "failed again with event 4071")
        self.assertEqual(self.daemon.wait_for_check(FAILS).state, "CRITICAL")
        server.set_service(state="paused")
        self.wait_for_state(FAILS, "WARNING")
        server.set_service(state="stopped")
        self.wait_for_calls(FAILS, *TO_HARD, ("WARNING", "HARD", ATTEMPTS),
                            ("CRITICAL", "HARD", ATTEMPTS))
        self.assertEqual(self.codes(FAILS), [1, 1, 1, 1, 1, 2])
        self.assert_one_said(FAILS, 1, "start_attempts is 1")
        self.assertEqual(self.daemon.wait_for_check(FAILS).state, "CRITICAL")
        self.assertEqual(len(self.sent(FAILS)), 1)

    def test_forbidden(self):
        self.wait_for_calls(FORBIDDEN, *TO_HARD)
        self.assertEqual(self.codes(FORBIDDEN), [1] * ATTEMPTS)
        self.assert_one_said(FORBIDDEN, 1, "allow_start")
        self.assertEqual(self.daemon.wait_for_check(FORBIDDEN).state, "CRITICAL")
        self.assertEqual(self.sent(FORBIDDEN), [])
        self.assertEqual(self.servers[FORBIDDEN].logon_attempts(STARTER), 0)

    def test_reboots(self):
        """A server that was away is HARD CRITICAL at once, before its start_delay: the
        one call that comes waits, longer than Nagios lets handlers live."""
        self.assert_recovered(REBOOTS)
        self.assertEqual(self.daemon.calls(REBOOTS)[ATTEMPTS - 1:],
                         [(state, "HARD", ATTEMPTS)
                          for state in ("UNKNOWN", "CRITICAL", "WARNING")])
        self.assertGreaterEqual(self.sent(REBOOTS)[0], self.boot + DELAY - 1)
        self.assertNotIn("timed out", self.daemon.log())


class Variables(unittest.TestCase):
    """A check whose service leaves out a variable, or has what belongs into none, is no
    check of something else: it says so."""

    ROWS = {
        # name: what the service has; its state, and what it says
        "AS-SHIPPED": ({}, "OK", "^IMC OK - AS-SHIPPED: service running"),
        "BLANK": ({"_IMC_SERVER": "BLANK --json"}, "UNKNOWN", "^IMC UNKNOWN.*--json"),
        "NO-FOLDER": ({"use": "generic-service", "check_command": "check_imc"},
                      "UNKNOWN", "no state directory .*IMC_STATE_DIR"),
        "EMPTY-FOLDER": ({"_IMC_STATE_DIR": "null"}, "UNKNOWN",
                         "^IMC UNKNOWN - --state-dir: must not be empty"),
        "NO-OPTIONS": ({"use": "generic-service", "check_command": "check_imc",
                        "_IMC_STATE_DIR": "/var/lib"}, "UNKNOWN",
                       "^IMC UNKNOWN - check_imc takes no arguments"),
    }

    def test_variables(self):
        with lab.Folder() as folder, NTServer(lab.scenario("running")) as server:
            config = folder.path / "imc-monitor.conf"
            config.write_text(
                f"[defaults]\naddress = {lab.HOST}\nport = {server.port}\n"
                f"credentials = {folder.credentials()}\n"
                + "".join(f"[server {name}]\n" for name in self.ROWS))
            daemon = Nagios(folder.path, {CHECK: lab.PROGRAM,
                                          nagios.STATE_DIR: folder.state()})
            for name, (variables, _, _) in self.ROWS.items():
                options = None if name == "NO-OPTIONS" else f"--config {config}"
                daemon.add(name, "imc-service", options, **variables)
            self.addCleanup(daemon.stop)
            daemon.start()
            for name, (_, state, words) in self.ROWS.items():
                with self.subTest(name):
                    found = wait_for(f"a check of {name}", lambda: (
                        one if (one := daemon.service(name)).checked_at else None),
                        detail=daemon.log)
                    self.assertEqual(found.state, state, found)
                    self.assertRegex(found.output, words)
            daemon.stop()


class Objects(unittest.TestCase):
    def test_quotes(self):
        """Around each value that is one word; options are several."""
        text = (nagios.SHIPPED / nagios.COMMANDS).read_text(encoding="utf-8")
        lines = re.findall(r"(?m)^\tcommand_line\t((?:.*\\\n)*.*)$", text)
        self.assertEqual(len(lines), 2)
        for line in lines:
            bare = re.findall(r"\$\w+\$", re.sub(r"'\$\w+\$'", "", line))
            self.assertLessEqual(set(bare), {"$_SERVICEIMC_OPTIONS$", "$ARG1$"}, line)

    def test_verified(self):
        """As they are shipped, with Debian's own: not a warning."""
        with lab.Folder() as folder:
            daemon = Nagios(folder.path, {})
            for name, template in (("EXCH01", "imc-service"),
                                   ("EXCH02", "imc-service-start")):
                daemon.add(name, template)
            code, said = daemon.verify()
            self.assertEqual(code, 0, said)
            self.assertIn("Total Warnings: 0\nTotal Errors:   0\n", said)
            (folder.path / nagios.COMMANDS).write_text("")
            self.assertNotEqual(daemon.verify()[0], 0)


if __name__ == "__main__":
    unittest.main()

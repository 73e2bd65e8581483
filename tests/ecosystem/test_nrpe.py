# SPDX-License-Identifier: GPL-3.0-or-later
"""check_nrpe asks a real nrpe for the command that is shipped: what check_imc says
arrives, and so does its exit code; in Nagios and Icinga, too, as the drop-in says."""
import re
import subprocess
import unittest

import icinga
import lab
import nagios
import nrpe
from agentd import wait_for
from lab import NTServer
from nrpe import Files, Nrpe

STATES = {"EXCH01": ("running", 0), "EXCH02": ("recovered-automatic", 1),
          "EXCH03": ("active-automatic", 2), "EXCH04": ("denied-everything", 3)}
VERBOSE, ENDLESS, HANGS = "EXCH05", "EXCH06", "EXCH07"
OTHERS = {VERBOSE: "active-automatic", ENDLESS: "active-automatic",
          HANGS: "unreachable-hang-accept"}
MORE = {VERBOSE: " -vvv", ENDLESS: " -vvv --max-output 8000"}
PACKETS = ((), ("-2",))     # version 4; NRPE 4.1 makes 2 of 3
WIRES = ((), ("-n",))       # with TLS; without, as both sides are told
VERSION_2, LIMIT = 1023, 1000       # bytes: of NRPE's packets, of check_imc's output
# What differs from one check to the next.
PASSING = re.compile(r"( state_age=\S+)|\d+[dhm]( \d+[hm])? ago|[\d.]+s\b|port \d+"
                     r"|[+-]\d+ s\b|[\d-]+T[\d:]+Z")


def steady(text):
    return PASSING.sub(lambda found: "" if found[1] else "-", text)


class WithServers(unittest.TestCase):
    scenarios = {}

    @classmethod
    def setUpClass(cls):
        if not nrpe.can_mount():
            raise unittest.SkipTest("unshare(1) is not allowed")
        cls.folder = cls.enterClassContext(lab.Folder())
        cls.servers = {name: cls.enterClassContext(NTServer(lab.scenario(scenario)))
                       for name, scenario in cls.scenarios.items()}
        cls.files = Files(cls.folder.path)
        cls.files.configure(cls.servers)

    @classmethod
    def start(cls, *options):
        daemon = Nrpe(cls.files, *options)
        cls.addClassCleanup(daemon.stop)
        daemon.start()
        return daemon


class RoundTrip(WithServers):
    scenarios = {**{name: scenario for name, (scenario, _) in STATES.items()}, **OTHERS}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        lines = [nrpe.shipped_line(name) + MORE.get(name, "")
                 for name in cls.servers if name != "EXCH01"]
        cls.files.write(f"{nrpe.DROP_INS}/more.cfg", "\n".join(lines) + "\n")
        cls.daemons = {wire: cls.start(*wire) for wire in WIRES}

    def directly(self, name, *options):
        server = self.servers[name]
        config = self.folder.path / f"{name}.conf"
        config.write_text(f"[server {name}]\naddress = {lab.HOST}\nport = {server.port}\n"
                          f"credentials = {self.folder.credentials()}\n")
        config.chmod(0o600)
        return lab.run("--config", config, "--server", name, *options)

    def test_states(self):
        for name, (_, code) in STATES.items():
            expected = self.directly(name)
            self.assertEqual(expected.code, code, expected)
            for wire, daemon in self.daemons.items():
                for packets in PACKETS:
                    with self.subTest((name, *wire, *packets)):
                        found = daemon.ask(f"check_imc_{name}", *packets)
                        self.assertEqual((found[0], steady(found[1])),
                                         (code, steady(expected.out)))

    def test_as_much_as_check_imc_says(self):
        for packets in PACKETS:
            with self.subTest(packets):
                code, out = self.daemons[()].ask(f"check_imc_{VERBOSE}", *packets)
                self.assertEqual((code, len(out.encode())), (2, LIMIT))
                self.assertTrue(out.endswith("...\n"), out)

    def test_more_than_that(self):
        """An administrator has asked for it: version 2 cuts it, version 4 does not."""
        expected = self.directly(ENDLESS, "-vvv", "--max-output", "8000")
        self.assertGreater(len(expected.out.encode()), VERSION_2)
        command = f"check_imc_{ENDLESS}"
        code, out = self.daemons[()].ask(command)
        self.assertEqual((code, steady(out)), (2, steady(expected.out)))
        code, out = self.daemons[()].ask(command, "-2")
        self.assertEqual((code, len(out.encode())), (2, VERSION_2 + len("\n")))
        self.assertEqual(*(steady(one).split("\n")[:2] for one in (out, expected.out)))

    def test_it_tells_before_check_nrpe_gives_up(self):
        code, out = self.daemons[()].ask(f"check_imc_{HANGS}")
        self.assertEqual(code, 3, out)
        self.assertRegex(out, f"^IMC UNKNOWN - {HANGS}: ")

    def test_nothing_from_outside(self):
        """Neither another command nor an argument gets anywhere."""
        before = [len(one.connections) for one in self.servers.values()]
        for command, arguments in (("check_imc", ()), ("check_imc", ["EXCH01"]),
                                   ("check_imc_EXCH01", ["--help"]),
                                   ("check_imc_EXCH01; id", ()),
                                   ("check_imc_exch01", ())):
            with self.subTest(command, arguments=arguments):
                code, out = self.daemons[()].ask(command, arguments=arguments)
                self.assertEqual(code, 3, out)
                self.assertNotIn("IMC", out.replace(command, ""))
        self.assertEqual([len(one.connections) for one in self.servers.values()], before)

    def test_the_form_with_an_argument(self):
        """Debian's nrpe takes none, so that a shell stands for one that does. Whatever
        comes from outside is a name."""
        line, = re.findall(r"(?m)^#command\[check_imc\]=(.*)$",
                           nrpe.SHIPPED.read_text(encoding="utf-8"))
        config = self.folder.path / "argument.conf"
        server = self.servers["EXCH01"]
        config.write_text(f"[server EXCH01]\naddress = {lab.HOST}\nport = {server.port}\n"
                          f"credentials = {self.folder.credentials()}\n")
        for old, new in (("/usr/lib/nagios/plugins/check_imc",
                          f"{lab.PROGRAM} --config {config}"),
                         ("/var/lib/imc-monitor", self.folder.state())):
            self.assertIn(old, line)
            line = line.replace(old, new)
        self.assertIn("$ARG1$", line)
        touched = self.folder.path / "touched"
        for argument, code in (("EXCH01", 0), (f"EXCH01; touch {touched}", 3),
                               ("EXCH01 --json", 3)):
            with self.subTest(argument):
                done = subprocess.run(["sh", "-c", line.replace("$ARG1$", argument)],
                                      capture_output=True, text=True, timeout=lab.HANG)
                self.assertEqual(done.returncode, code, done)
                self.assertFalse(touched.exists())


class Callers(WithServers):
    """The examples at the end of the drop-in, in the programs that they are for."""
    scenarios = {"EXCH01": "active-automatic"}
    said = "^IMC CRITICAL - EXCH01: service stopped, event 4071"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.daemon = cls.start()
        cls.text = nrpe.SHIPPED.read_text(encoding="utf-8")

    def test_nagios(self):
        folder = self.folder.path / "nagios"
        folder.mkdir()
        daemon = nagios.Nagios(folder, {})
        with open("/etc/nagios-plugins/config/check_nrpe.cfg", encoding="utf-8") as file:
            command = file.read().replace("check_nrpe -H",
                                          f"check_nrpe -p {self.daemon.port} -H")
        host = ("define host{\n\tuse generic-host\n\thost_name gateway\n"
                f"\taddress {lab.HOST}\n\tmax_check_attempts 1\n\t}}\n")
        (folder / "servers.cfg").write_text(command + host + nagios.example(self.text))
        self.addCleanup(daemon.stop)
        daemon.start()
        found = wait_for("a check", lambda: (
            one if (one := daemon.service("gateway")).checked_at else None),
            detail=daemon.log)
        self.assertEqual(found.state, "CRITICAL", found)
        self.assertRegex(found.output, self.said)

    def test_icinga(self):
        example = re.search(r"(?m)^#object Service(?:.*\n#)+?\}\n", self.text).group()
        example = re.sub(r"(?m)^#", "", example).replace(
            "}", f"\tvars.nrpe_port = {self.daemon.port}\n}}")
        node = icinga.Node(self.folder.path, "asker.example.com")
        templates = (icinga.DEBIAN / "conf.d/templates.conf").read_text(encoding="utf-8")
        node.write("conf.d/templates.conf", templates)
        node.write("conf.d/gateway.conf", 'object Host "gateway" {\n'
                   f'\tcheck_command = "dummy"\n\taddress = "{lab.HOST}"\n}}\n{example}')
        icinga.Authority(node).certify(node)
        self.addCleanup(node.stop)
        node.start()
        found = node.check("gateway!imc-EXCH01")
        self.assertEqual(found.state, "CRITICAL", found)
        self.assertRegex(found.output, self.said)


if __name__ == "__main__":
    unittest.main()

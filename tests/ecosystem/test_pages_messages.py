# SPDX-License-Identifier: GPL-3.0-or-later
"""README.md's table of messages: each is brought about, and said as it is there."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import agentd
import lab
import pages
import snmp_agent
import start

NOBODYS = 65534         # a group that root is not in
# A message, and the server that makes check_imc say it.
SCENARIOS = {
    "nothing could be learned (connect)": ("unreachable-refused",),
    "nothing could be learned (negotiate)": ("running-smb2", "--smb-protocol", "NT1:NT1"),
    "nothing could be learned (logon)": ("logon-wrong-password",),
    "access denied (the opening of the service control manager)": ("denied-everything",),
    "Application log not read: access denied": ("denied-application-log",),
    "it has no such pipe": ("missing-eventlog",),
}
# The others, and the method that returns what is said.
OTHERS = {
    "can be read by group ..., which this process is not in": "readable_by_a_group",
    "needs imc-rpc.so, which is in neither ...: install imc-monitor-rpc":
        "without_the_module",
    "has no section [server ...]": "no_section",
    "no answer from ...: is the SNMP service running": "no_snmp",
    "service not among the running ones": "not_listed",
    "the account ... may not start the service": "no_right_to_start",
    "it booted ... ago, and start_delay is ...": "booted_just_now",
    "snmpd cannot be reached at ...": "no_snmpd",
    "unknown key ... did you mean": "misspelt_key",
}


def shown():
    text = pages.README.read_text()
    table = text[text.index("\n| it says |"):].split("\n\n")[0]
    return re.findall(r"^\| `(.*?)` \|", table, re.MULTILINE)


class Messages(unittest.TestCase):
    def setUp(self):
        self.lab_folder = lab.Folder()
        self.addCleanup(self.lab_folder.remove)
        self.folder = self.lab_folder.path
        self.credentials = self.lab_folder.credentials()

    def test_each_is_said(self):
        self.assertEqual(sorted(shown()), sorted([*SCENARIOS, *OTHERS]))
        for message in shown():
            with self.subTest(message):
                said = getattr(self, OTHERS[message])() if message in OTHERS else \
                    self.scenario(*SCENARIOS[message])
                pattern = ".*".join(map(re.escape, message.split("...")))
                self.assertRegex(said, pattern)

    def scenario(self, name, *options):
        done, _ = lab.check_scenario(lab.scenario(name), self.credentials, *options)
        self.assertEqual(done.code, 2 if name == "missing-eventlog" else 3, done)
        return done.line

    def readable_by_a_group(self):
        if os.geteuid() != 0:
            self.skipTest("a file of another group needs root")
        path = self.lab_folder.credentials()
        os.chown(path, 0, NOBODYS)
        os.chmod(path, 0o640)
        return lab.run("-H", lab.HOST, "-A", path).out

    def without_the_module(self):
        alone = shutil.copy(lab.PROGRAM, self.folder)
        if pathlib.Path("/usr/local/lib/imc-monitor/imc-rpc.so").exists():
            self.skipTest("the module is installed on this machine")
        done = subprocess.run([alone, "-H", lab.HOST, "-A", self.credentials], text=True,
                              capture_output=True, env=lab.environment())
        self.assertEqual(done.returncode, 3)
        return done.stdout

    def ask_snmp(self, objects, fault=None):
        community = self.folder / "snmp"
        community.touch(0o600)
        community.write_text("community = public\n")
        with snmp_agent.Agent(objects, fault=fault) as agent:
            return lab.run("-H", lab.HOST, "-p", agent.port, "-S", "snmp", "-A",
                           community, "-t", 2).out

    def no_snmp(self):
        return self.ask_snmp({}, "silent")

    def not_listed(self):
        return self.ask_snmp(snmp_agent.services({"Server": 1}))

    def start_there(self, scenario, *options, **keys):
        with lab.NTServer(scenario) as server:
            run = start.Host(self.folder, server.port, **keys).run(*options)
        self.assertEqual(run.code, 1, run)
        return run.line

    def no_right_to_start(self):
        return self.start_there(start.active(
            {**start.call(16, "deny-access-mask"), "mask": start.START}))

    def booted_just_now(self):
        return self.start_there(start.booted(20, 15), "-t", "5s")

    def no_snmpd(self):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="imc-m-"))
        self.addCleanup(shutil.rmtree, folder)
        path = folder / "conf"
        path.write_text(agentd.configuration({}, {"agentx_socket": folder / "none"}, {}))
        agent = agentd.Agent(folder, path)
        self.addCleanup(agent.stop)
        agent.start()
        agentd.wait_for("it says so", lambda: "snmpd" in agent.log(), detail=agent.tail)
        return agent.log()

    def no_section(self):
        path = self.folder / "other"
        path.write_text(f"[server EXCH02]\ncredentials = {self.credentials}\n")
        run = lab.run("--config", path, "--server", "EXCH01")
        self.assertEqual(run.code, 3)
        return run.out

    def misspelt_key(self):
        path = self.folder / "misspelt"
        path.write_text("[defaults]\nlookbak = 7d\n")
        done = subprocess.run([lab.BUILD / "imc-agentd", "-n", "-c", path], text=True,
                              capture_output=True, env=lab.environment())
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{path}:2: ", done.stderr)
        return done.stderr


if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""The module of a source that is installed while imc-agentd runs, with what it needs."""
import re
import shutil
import subprocess
import unittest

import agentd
import lab
from snmp_agent import Agent, services
from test_agent_roles import SECCOMP_FILTER, status_of

SERVICE = "Microsoft Exchange Internet Mail Service"
MODULE = "imc-snmp.so"


def linked(path, *needs, runpath):
    """A library of nothing but what it needs, which is looked for in `runpath`."""
    subprocess.run(["cc", "-shared", "-nostdlib", "-o", path, "-xc", "/dev/null",
                    "-xnone", f"-Wl,-soname,{path.name}", "-Wl,--no-as-needed", *needs,
                    f"-Wl,--enable-new-dtags,-rpath,{runpath}"], check=True)


class Later(agentd.Case):
    def setUp(self):
        super().setUp()
        self.place = self.folder / "installed"
        self.place.mkdir()
        shutil.copy(agentd.PROGRAM, self.place)
        self.agent.program = self.place / agentd.PROGRAM.name
        agent = Agent(services({SERVICE: 1}))
        self.addCleanup(agent.close)
        account = self.folder / "community"
        account.write_text("community = public\n")
        account.chmod(0o600)
        self.configure({"EXCH01": {"address": lab.HOST, "port": agent.port,
                                   "source": "snmp", "credentials": account}},
                       defaults={"interval": 10})

    def wait_until_said(self, text):
        said = re.compile(rf"^nothing could be learned: source snmp .*{text}")
        self.wait_for("why it cannot be asked is said",
                      lambda: said.search(str(self.cell("EXCH01", "StatusText"))))

    def assert_is_found(self):
        self.wait_for("it is asked", lambda: self.cell("EXCH01", "Status") == 0)
        filters = [status_of(pid, "Seccomp") for pid in self.agent.workers()]
        self.assertEqual(filters, [SECCOMP_FILTER])

    def test_a_module(self):
        self.agent.start()
        self.wait_until_said(MODULE)
        shutil.copy(lab.BUILD / MODULE, self.place)
        self.assert_is_found()

    def test_a_library_in_a_folder_that_is_new_too(self):
        """The loader remembers for the life of a process which folders there are not."""
        later = self.folder / "later"
        library = self.folder / "libneeded.so"
        linked(library, runpath="/")
        linked(self.place / MODULE, library, lab.BUILD / MODULE, runpath=later)
        shutil.move(library, self.folder / "aside")
        self.agent.start()
        self.wait_until_said("libneeded.so")
        later.mkdir()
        shutil.move(self.folder / "aside", later / "libneeded.so")
        self.assert_is_found()


load_tests = agentd.concurrently

if __name__ == "__main__":
    unittest.main()

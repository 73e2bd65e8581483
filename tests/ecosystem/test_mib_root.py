# SPDX-License-Identifier: GPL-3.0-or-later
"""A site with a number of its own: `make MIB_ROOT=...` makes the MIB and every file that
names its root, and nothing else in what is shipped does."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import agentd
from metrics import SHIPPED

PLAYPEN = "1.3.6.1.4.1.8072.9999.9999.4071"
ROOT = "1.3.6.1.4.1.32473.7.4071"
PACKAGING = agentd.ROOT / "packaging"
NOT_SHIPPED = "debian/tests/"       # it tests packages as Debian would build them


def naming(text):
    """Files of packaging/ that have that text in them."""
    found = {str(path.relative_to(PACKAGING)) for path in PACKAGING.rglob("*")
             if path.is_file() and text.encode() in path.read_bytes()}
    return {name for name in found if not name.startswith(NOT_SHIPPED)}


class Root(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="imc-e-")
        cls.addClassCleanup(folder.cleanup)
        cls.build = pathlib.Path(folder.name) / "build"
        files = [f"packaging/{name}" for name in sorted(naming(PLAYPEN))]
        # This make is not part of the one that may have started the tests.
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith(("MAKE", "MFLAGS", "IMC_"))}
        done = subprocess.run(
            ["make", "-s", f"BUILD={cls.build}", f"MIB_ROOT={ROOT}",
             *(f"{cls.build}/{name}" for name in ["mibs/IMC-MONITOR-MIB", *files])],
            cwd=agentd.ROOT, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)

    def test_make_all_makes_them(self):
        """All that name it, and no more, are in the list that `make all` builds."""
        done = subprocess.run(["make", "-s", "-pn", "all"], cwd=agentd.ROOT, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL)
        listed = re.search(r"^ROOTED := (.*)$", done.stdout, re.MULTILINE).group(1)
        self.assertEqual(set(listed.split()), naming(PLAYPEN))

    def test_the_root_is_in_each_and_the_other_is_not(self):
        for name in naming(PLAYPEN):
            with self.subTest(name):
                before = (PACKAGING / name).read_text()
                after = (self.build / "packaging" / name).read_text()
                self.assertNotIn("8072", after)
                self.assertEqual(after.count(ROOT), before.count(PLAYPEN))
                self.assertEqual(after.replace(ROOT, PLAYPEN), before)

    def test_modules_are_as_the_generator_makes_them(self):
        made = self.build / "generated"
        done = subprocess.run([SHIPPED / "generate.py", "--out", made, "--mib",
                               self.build / "mibs" / "IMC-MONITOR-MIB"],
                              capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for version in ("0.21", "0.23"):
            with self.subTest(version):
                # Lines are broken elsewhere where an OID is shorter.
                ours, theirs = (" ".join((folder / version / "snmp.yml").read_text()
                                         .split())
                                for folder in (self.build / "packaging/prometheus", made))
                self.assertEqual(ours, theirs)

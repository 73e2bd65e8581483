# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts that users read or copy, as they are built: with the MIB's root and the places
of a site of its own, and with nothing of Debian's or the playpen's left in them."""
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
# Other places than Debian's, by make's variable.
PLACES = {"SBINDIR": "/site/sbin", "PLUGINDIR": "/site/plugins",
          "SYSCONFDIR": "/site/etc", "STATEDIR": "/site/state"}
DEBIANS = ("/usr/sbin/imc-", "/usr/lib/nagios/plugins/check_imc", "/etc/imc-monitor",
           "/var/lib/imc-monitor")
# It tests packages as Debian would build them; the daemon's own folders are systemd's.
NOT_SHIPPED = ("packaging/debian/", "packaging/rpm/", "packaging/completion/",
               "packaging/prometheus/generate.py")


def naming(text):
    """Files of packaging/, and README.md, that have that text in them."""
    paths = [*(agentd.ROOT / "packaging").rglob("*"), agentd.ROOT / "README.md"]
    found = {str(path.relative_to(agentd.ROOT)) for path in paths
             if path.is_file() and text.encode() in path.read_bytes()}
    return {name for name in found if not name.startswith(NOT_SHIPPED)}


def replaced(text):
    for before, after in zip(DEBIANS, (
            f"{PLACES['SBINDIR']}/imc-", f"{PLACES['PLUGINDIR']}/check_imc",
            f"{PLACES['SYSCONFDIR']}/imc-monitor", PLACES["STATEDIR"])):
        text = text.replace(before, after)
    return text.replace(PLAYPEN, ROOT)


class Texts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="imc-e-")
        cls.addClassCleanup(folder.cleanup)
        cls.build = pathlib.Path(folder.name) / "build"
        cls.named = set().union(*map(naming, (PLAYPEN, *DEBIANS)))
        cls.make(f"{cls.build}/mibs/IMC-MONITOR-MIB",
                 *(f"{cls.build}/{name}" for name in sorted(cls.named)))

    @classmethod
    def make(cls, *words):
        # This make is not part of the one that may have started the tests.
        environment = {key: value for key, value in os.environ.items()
                       if not key.startswith(("MAKE", "MFLAGS", "IMC_"))}
        done = subprocess.run(
            ["make", "-s", f"BUILD={cls.build}", f"MIB_ROOT={ROOT}",
             *(f"{name}={place}" for name, place in PLACES.items()), *words],
            cwd=agentd.ROOT, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        return done.stdout

    def test_make_all_makes_them(self):
        listed = re.search(r"^TEXTS := (.*)$", self.make("-pn", "all"), re.MULTILINE)
        self.assertLessEqual(self.named, set(listed.group(1).split()))

    def test_each_is_of_the_site(self):
        for name in sorted(self.named):
            with self.subTest(name):
                before = (agentd.ROOT / name).read_text()
                after = (self.build / name).read_text()
                self.assertEqual(after, replaced(before))
                self.assertNotIn("8072.9999", after)

    def test_the_place_of_the_root_is_checked(self):
        for wrong in ("1.3.6.1.4.1", "1.3.6.1.4.1.", "1.3.6.1.4.1.x", "1.3.6.1.4.1.07",
                      "1.3.6.1.2.1.9"):
            with self.subTest(wrong), self.assertRaisesRegex(AssertionError, "no OID"):
                self.make(f"MIB_ROOT={wrong}", "-n", "clean")

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

# SPDX-License-Identifier: GPL-3.0-or-later
"""The RPM packages: built from the tree, looked at, installed into a folder and on a
machine with systemd, upgraded, erased."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import agentd
import lab
import machine

ROOT = agentd.ROOT
FOLDER = pathlib.Path(tempfile.gettempdir()) / f"imc-rpm-{os.getpid()}"
SPEC = ROOT / "packaging" / "rpm" / "imc-monitor.spec"
FILTERS = ROOT / "packaging" / "rpm" / "rpmlintrc"
CONFIG = "/etc/imc-monitor/imc-monitor.conf"
UNIT = "imc-agentd.service"
LIB = "/usr/lib64"          # rpm's, on Debian too
PAGES = "/usr/share/man"
COMPLETIONS = "/usr/share/bash-completion/completions"
# What each must hold, but for documentation and what rpm makes itself.
FILES = {
    "plugin": {"/etc/imc-monitor", CONFIG, "/var/lib/imc-monitor", f"{LIB}/imc-monitor",
               f"{LIB}/imc-monitor/imc-snmp.so", f"{LIB}/nagios/plugins/check_imc",
               "/usr/sbin/imc-start", f"{PAGES}/man1/check_imc.1.gz",
               f"{PAGES}/man5/imc-monitor.conf.5.gz", f"{PAGES}/man8/imc-start.8.gz",
               f"{COMPLETIONS}/check_imc", f"{COMPLETIONS}/imc-start"},
    "rpc": {f"{LIB}/imc-monitor", f"{LIB}/imc-monitor/imc-rpc.so"},
    "agent": {"/usr/sbin/imc-agentd", "/usr/sbin/imc-trap",
              f"/usr/lib/systemd/system/{UNIT}", "/usr/lib/sysusers.d/imc-monitor.conf",
              "/usr/share/snmp/mibs/IMC-MONITOR-MIB", f"{PAGES}/man8/imc-agentd.8.gz",
              f"{PAGES}/man8/imc-trap.8.gz", f"{COMPLETIONS}/imc-agentd",
              f"{COMPLETIONS}/imc-trap"},
}
OTHER = re.compile(r"/usr/lib/\.build-id|/usr/share/(doc|licenses)/imc-monitor")
SAMBA = re.compile(r"samba|dcerpc|libndr|smb", re.IGNORECASE)
COMMENT = "# Another line of the second release.\n"
OURS = "[server MINE]\naddress = 192.0.2.1\n"
SLOW = 600          # s, for a build


def call(*command, check=True, **more):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True,
                          errors="replace", stdin=subprocess.DEVNULL, timeout=SLOW,
                          env={**os.environ, "LC_ALL": "C.UTF-8"}, **more)
    if check and done.returncode:
        raise AssertionError(f"{command}: exit code {done.returncode}\n"
                             f"{(done.stdout + done.stderr)[-6000:]}")
    return done


def package(name, release=1):
    version = re.search(r"^Version: *(\S+)$", SPEC.read_text(), re.MULTILINE).group(1)
    found, = (FOLDER / "RPMS").glob(f"*/imc-monitor-{name}-{version}-{release}.*.rpm")
    return found


def packages(release=1):
    return [package(name, release) for name in FILES]


def setUpModule():
    """Two releases; the second one's configuration is another one."""
    for tool in ("rpmbuild", "rpmlint"):
        if shutil.which(tool) is None:
            raise unittest.SkipTest(f"{tool} is not installed")
    unittest.addModuleCleanup(shutil.rmtree, FOLDER, ignore_errors=True)
    call(ROOT / "packaging" / "make-rpm", FOLDER, "--noclean")
    tree, = (one for one in (FOLDER / "BUILD").iterdir() if one.is_dir())
    with open(tree / "packaging" / "imc-monitor.conf", "a", encoding="utf-8") as file:
        file.write(COMMENT)
    call("rpmbuild", "-bb", "--nodeps", "--noprep", "--nocheck",
         "--define", f"_topdir {FOLDER}", "--define", f"_sourcedir {FOLDER}",
         "--define", "__brp_compress /bin/bash /usr/lib/rpm/brp-compress",
         "--define", "baserelease 2", SPEC)


class Looked(unittest.TestCase):
    """What rpm says of the files."""

    def query(self, name, *options):
        return call("rpm", "-qp", *options, package(name)).stdout

    def test_each_has_its_files(self):
        for name, wanted in FILES.items():
            with self.subTest(name):
                listed = set(self.query(name, "-l").splitlines())
                self.assertEqual({one for one in listed if not OTHER.match(one)}, wanted)
                self.assertIn("/LICENSE", "".join(listed))

    def test_only_one_needs_samba_and_none_its_inner_libraries(self):
        for name in FILES:
            with self.subTest(name):
                needed = self.query(name, "-R").splitlines()
                samba = [one for one in needed if SAMBA.search(one)]
                self.assertEqual(bool(samba), name == "rpc", needed)
                self.assertEqual([one for one in samba if "-samba4" in one], [])

    def test_they_are_of_one_build(self):
        for name in ("rpc", "agent"):
            with self.subTest(name):
                self.assertRegex(self.query(name, "-R"),
                                 r"(?m)^imc-monitor-plugin\(\S+\) = \d\S*-1$")

    def test_only_the_service_has_scripts(self):
        for name in FILES:
            with self.subTest(name):
                found = set(re.findall(r"^(\w+) scriptlet", self.query(name, "--scripts"),
                                       re.MULTILINE))
                self.assertEqual(found, {"preinstall", "postinstall", "preuninstall",
                                         "postuninstall"} if name == "agent" else set())

    def test_the_user_is_that_of_debian(self):
        """sysusers.d(5) on one side, a script on the other."""
        text = (ROOT / "packaging" / "systemd" / "sysusers.conf").read_text()
        name, described = re.search(r'(?m)^u (\S+) - "(.*)"$', text).groups()
        made = self.query("agent", "--scripts")
        self.assertRegex(made, rf'useradd [^\n]*\\\n.* -c "{described}" {name}\n')

    def test_the_configuration_is_the_administrators(self):
        shown = self.query("plugin", "--qf", r"[%{FILENAMES} %{FILEFLAGS:fflags}\n]")
        flagged = dict(line.split(" ", 1) for line in shown.splitlines())
        self.assertEqual(flagged[CONFIG], "cn")     # noreplace
        for name in ("rpc", "agent"):
            self.assertEqual(self.query(name, "-c"), "")

    def test_state_is_for_nagios_alone(self):
        shown = self.query("plugin", "-lv")
        self.assertRegex(shown, r"(?m)^drwx------ .* nagios +nagios .*/var/lib/imc-mon")

    def test_examples_are_there(self):
        """As the tree has them; one that will hold a password is closed."""
        shown = self.query("plugin", "-lv")
        for path in ("systemd/traps.conf", "icinga2/imc.conf", "nagios/imc-monitor.cfg",
                     "nrpe/imc-monitor.cfg", "snmpd/imc-agentd.conf",
                     "snmptrapd/imc-trap.conf", "snmptt/snmptt.conf.imc",
                     "prometheus/imc-alerts.yml", "windows/imc-events.cnf",
                     "credentials.example"):
            with self.subTest(path):
                mode = "-rw-------" if path.startswith("cred") else "-rw-r--r--"
                self.assertRegex(shown, rf"(?m)^{mode} .*/examples/{re.escape(path)}$")

    def test_rpmlint_has_nothing_against_them(self):
        done = call("rpmlint", "-r", FILTERS, SPEC, *packages(), check=False)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn(" 0 errors, 0 warnings", done.stdout)


@unittest.skipUnless(os.geteuid() == 0, "rpm --root needs root")
class Folder(unittest.TestCase):
    """Installed into a folder: what is on the disk, no scripts."""

    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="imc-rpm-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.rpm("--initdb")
        self.before = self.tree()
        self.config = self.root / CONFIG.lstrip("/")

    def rpm(self, *arguments):
        return call("rpm", "--root", self.root, "--dbpath", "/database", *arguments)

    def tree(self):
        return {str(path.relative_to(self.root)) for path in self.root.rglob("*")
                if "database" not in path.parts}

    def install(self, release=1):
        self.rpm("-U", "--nodeps", "--noscripts", *packages(release))

    def erase(self):
        self.rpm("-e", "--noscripts", *(f"imc-monitor-{name}" for name in FILES))

    def test_its_programs_run(self):
        self.install()
        for path, *arguments in (
                (f"{LIB}/nagios/plugins/check_imc", "--version"),
                ("/usr/sbin/imc-start", "--version"), ("/usr/sbin/imc-trap", "--version"),
                ("/usr/sbin/imc-agentd", "-n", "-c", self.config)):
            with self.subTest(path):
                done = call(self.root / path.lstrip("/"), *arguments, check=False)
                # A plugin's --version exits with 3.
                self.assertEqual(done.returncode, 3 if "check_imc" in path else 0, done)
        self.assertEqual(self.rpm("-V", "--nodeps", "--noscripts", "imc-monitor-agent",
                                  "imc-monitor-rpc").stdout, "")

    def test_an_upgrade_keeps_a_changed_configuration(self):
        self.install()
        changed = self.config.read_text() + OURS
        self.config.write_text(changed)
        self.install(2)
        self.assertEqual(self.config.read_text(), changed)
        offered = self.config.with_name(f"{self.config.name}.rpmnew")
        self.assertTrue(offered.read_text().endswith(COMMENT))

    def test_an_upgrade_replaces_an_unchanged_one(self):
        self.install()
        self.install(2)
        self.assertTrue(self.config.read_text().endswith(COMMENT))
        self.assertEqual(sorted(one.name for one in self.config.parent.iterdir()),
                         [self.config.name])

    def test_erasing_leaves_nothing(self):
        self.install()
        self.install(2)
        self.erase()
        left = self.tree() - self.before
        # Folders of other packages, which are not in this one.
        of_ours = [one for one in left if "imc" in one or (self.root / one).is_file()]
        self.assertEqual(of_ours, [])

    def test_erasing_keeps_a_changed_configuration(self):
        self.install()
        self.config.write_text(OURS)
        self.erase()
        left = {one for one in self.tree() - self.before if "imc" in one}
        self.assertEqual(left, {"etc/imc-monitor",
                                f"{CONFIG.lstrip('/')}.rpmsave"})


class Service(agentd.Case):
    """On a machine: the scripts, the user, the unit, the modules where they belong."""

    def setUp(self):
        super().setUp()
        self.machine = machine.Machine(self.folder)
        self.addCleanup(self.machine.stop)
        self.machine.link(f"{machine.UNITS}/{UNIT}", f"/usr/lib/systemd/system/{UNIT}")
        for release in (1, 2):
            for name in FILES:
                shutil.copy(package(name, release), self.folder)
        self.machine.start()

    def rpm(self, *arguments):
        done = self.machine.run("rpm", *arguments)
        self.assertNotIn("scriptlet failed", done.stderr)
        return done.stdout

    def install(self, release=1):
        self.rpm("-U", "--nodeps", *(f"/lab/{path.name}" for path in packages(release)))

    def put_there(self, path, text, mode):
        self.machine.run("install", "-D", "-m", mode, "/dev/stdin", path, input=text,
                         stdin=None)

    def begin(self):
        """Watches a server by RPC: its module is found where the package put it."""
        host = self.lab_servers()
        port = host.start("rpc", lab.scenario("running"))
        text = agentd.configuration(
            {"RPC": {"address": lab.HOST, "port": port, "credentials":
                     "/etc/imc-monitor/credentials"}},
            {"agentx_socket": "/lab/snmpd/agentx", "state_dir": "/var/lib/imc-agentd",
             "trap_socket": "/run/imc-monitor/trap.sock"}, {"interval": "1d"})
        self.put_there("/etc/imc-monitor/credentials",
                       f"username = {lab.USER}\npassword = {lab.PASSWORD}\n", "0600")
        self.put_there(CONFIG, text, "0644")
        group = int(self.machine.run("id", "-g", "imc-monitor").stdout)
        os.chown(self.snmpd.socket, -1, group)
        self.machine.run("systemctl", "start", UNIT)
        return text

    def wait_for_poll(self):
        agentd.wait_for("RPC is polled", lambda: self.column("Status") == {"RPC": 0}
                        and self.polled(), detail=lambda: self.machine.journal(UNIT))

    def files(self):
        return set(self.machine.run("find", "/usr", "/etc", "/var", "-xdev", "-name",
                                    "*imc*").stdout.splitlines())

    def test_install_start_upgrade_erase(self):
        before = self.files()
        self.install()
        self.machine.run("systemctl", "daemon-reload")
        text = self.begin()
        self.wait_for_poll()
        first = self.machine.properties(UNIT)
        self.install(2)
        second = self.machine.properties(UNIT)
        self.assertEqual(second["ActiveState"], "active")
        self.assertNotEqual(first["MainPID"], second["MainPID"])
        self.assertEqual(self.machine.run("cat", CONFIG).stdout, text)
        self.wait_for_poll()
        self.assert_erased(before)

    def assert_erased(self, before):
        main = self.machine.host_pid(self.machine.properties(UNIT)["MainPID"])
        self.rpm("-e", *(f"imc-monitor-{name}" for name in FILES))
        self.assertFalse(agentd.is_alive(main))
        self.assertEqual(self.machine.run("ls", "/run").stdout.split().count(
            "imc-monitor"), 0)
        # What the administrator and the service wrote.
        self.assertEqual(self.files() - before - {
            "/etc/imc-monitor", "/etc/imc-monitor/imc-monitor.conf.rpmnew",
            "/etc/imc-monitor/imc-monitor.conf.rpmsave", "/var/lib/imc-agentd",
            "/var/lib/imc-agentd/imc-agentd.standing",
            "/var/lib/imc-agentd/imc-agentd.standing.lock"}, set())


if __name__ == "__main__":
    unittest.main()

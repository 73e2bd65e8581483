# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian packages: built, looked at by lintian, and used in clean roots.

They are installed from files, so that apt(8) resolves what they depend on; started
without a service manager by packaging/debian/tests; upgraded, removed and purged.
"""
import functools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import lab
from roots import Root, command

PLUGIN, RPC, AGENT = NAMES = ("imc-monitor-plugin", "imc-monitor-rpc",
                              "imc-monitor-agent")
STATE, CONF, OBJECTS = ("var/lib/imc-monitor", "etc/imc-monitor/imc-monitor.conf",
                        "etc/nagios-plugins/config/imc-monitor.cfg")
CHECK = "/usr/lib/nagios/plugins/check_imc"
# Files with secrets that README.Debian has the administrator make.
SECRETS = ("credentials", "snmp", "start")
SOMEBODY = "nobody"
# Beside what a root has for our packages: what packaging/debian/tests/agent runs.
FOR_THE_AGENT = ("snmpd", "snmp", "iproute2", "python3-minimal")
AS_IT_WAS = ("-o", "Dpkg::Options::=--force-confdef",
             "-o", "Dpkg::Options::=--force-confold")


@functools.cache
def scratch():
    """For builds; on a disk, and entered by whoever builds."""
    folder = tempfile.TemporaryDirectory(prefix="imc-debian-", dir="/var/tmp")
    os.chmod(folder.name, 0o755)
    return folder


def room(name):
    return pathlib.Path(scratch().name) / name


def copy_source(folder, tree=lab.HERE.parent.parent):
    command(tree / "packaging/copy-source", folder)
    return folder


@functools.cache
def tree():
    """As it is now: somebody may change it while packages are built."""
    return copy_source(room("tree"))


@functools.cache
def makefile_version():
    text = (tree() / "Makefile").read_text(encoding="utf-8")
    return re.search(r"^VERSION *:= *(\S+)", text, re.MULTILINE).group(1)


class Built:
    """Packages in a folder, and what was said as they were built."""

    def __init__(self, folder, log):
        self.folder, self.log = pathlib.Path(folder), log
        self.files = {path.name: path for path in self.folder.glob("*.deb")}
        self.source = self.folder / f"imc-monitor-{makefile_version()}"
        self.changes = next(self.folder.glob("*.changes"))

    def package(self, name):
        return next(path for file, path in self.files.items()
                    if file.startswith(f"{name}_"))

    def packages(self):
        return [self.package(name) for name in NAMES]

    def field(self, name, field):
        return command("dpkg-deb", "-f", self.package(name), field).stdout.strip()


def environment(**more):
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {**kept, **more}


@functools.cache
def first():
    """As `make deb` does it, with the unit tests."""
    folder = room("first")
    done = command(tree() / "packaging/make-deb", folder, env=environment())
    return Built(folder, done.stdout + done.stderr)


@functools.cache
def again():
    """By somebody else, elsewhere, in another language, without tests or a network."""
    folder = room("elsewhere")
    folder.mkdir()
    shutil.chown(folder, SOMEBODY)
    build = 'umask 077 && exec "$0" "$1/deeper"'
    done = command("unshare", "--net", "setpriv", "--reuid", SOMEBODY,
                   "--regid", "nogroup", "--clear-groups", "sh", "-c", build,
                   tree() / "packaging/make-deb", folder,
                   env=environment(DEB_BUILD_OPTIONS="nocheck parallel=1", LANG="C",
                                   TZ="Pacific/Kiritimati", HOME="/nonexistent"))
    return Built(folder / "deeper", done.stdout + done.stderr)


@functools.cache
def newer():
    """The next version, whose configuration is another."""
    built = first()
    source = copy_source(room("newer") / built.source.name, tree())
    shutil.copytree(source / "packaging/debian", source / "debian")
    log = source / "debian/changelog"
    old = log.read_text(encoding="utf-8")
    entry, version = old[:old.index("\n -- ")], built.field(PLUGIN, "Version")
    signature = old[old.index("\n -- "):].split("\n\n")[0]
    entry = entry.replace(version, f"{version}+next").split("  *")[0]
    log.write_text(f"{entry}  * Another one.\n{signature}\n\n{old}", encoding="utf-8")
    for name in ("imc-monitor.conf", "nagios/imc-monitor.cfg"):
        with open(source / "packaging" / name, "a", encoding="utf-8") as file:
            file.write("# Of the next version.\n")
    done = command("dpkg-buildpackage", "-us", "-uc", "-b", cwd=source,
                   env=environment(DEB_BUILD_OPTIONS="nocheck noautodbgsym"))
    return Built(source.parent, done.stdout + done.stderr)


def setUpModule():
    first()             # or all fail at once


def tearDownModule():
    scratch().cleanup()


class Build(unittest.TestCase):
    def test_the_unit_tests_are_run_and_pass(self):
        self.assertRegex(first().log, r"\n[1-9]\d* passed, 0 failed\n")

    def test_nocheck_is_honoured(self):
        self.assertNotIn(" passed, ", again().log)

    def test_whoever_builds_gets_the_same(self):
        self.assertEqual(sorted(first().files), sorted(again().files))
        for name, path in first().files.items():
            with self.subTest(name):
                self.assertEqual(path.read_bytes(), again().files[name].read_bytes())

    def test_another_version_than_the_makefiles_is_refused(self):
        other = copy_source(room("other version"), tree())
        makefile = other / "Makefile"
        text = makefile.read_text(encoding="utf-8")
        makefile.write_text(re.sub(r"(?m)^VERSION( *):=.*", r"VERSION\1:= 7.7", text),
                            encoding="utf-8")
        done = subprocess.run([other / "packaging/make-deb", other / "out"],
                              capture_output=True, text=True, env=environment())
        self.assertEqual(done.returncode, 1)
        self.assertIn("add an entry for 7.7-1", done.stderr)
        self.assertFalse((other / "out").exists())

    def test_samba_is_needed_by_the_module_alone(self):
        for name in NAMES:
            with self.subTest(name):
                needed = first().field(name, "Depends")
                self.assertEqual("samba-libs" in needed, name == RPC, needed)

    def test_who_needs_whom(self):
        for name, field, other in (
                (RPC, "Depends", PLUGIN), (AGENT, "Depends", PLUGIN),
                (PLUGIN, "Recommends", RPC), (AGENT, "Recommends", RPC)):
            with self.subTest(f"{name} {field} {other}"):
                exact = f"{other} (= {first().field(name, 'Version')})"
                self.assertIn(exact, first().field(name, field).split(", "))
        self.assertIn("snmpd", first().field(AGENT, "Recommends").split(", "))


class Lintian(unittest.TestCase):
    """At its most talkative. That three letters of machine code are a misspelt word is
    not said of a text of ours, and comes and goes with the code."""

    TAG = re.compile(r"^[EWIP]: .*", re.MULTILINE)
    NO_WORD = re.compile(r"I: \S+: spelling-error-in-binary \w{3} ")

    def look(self, changes):
        done = subprocess.run(
            ["lintian", "-i", "-I", "--pedantic", "--allow-root", "--color=never",
             changes], capture_output=True, text=True, env=environment(LC_ALL="C.UTF-8"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual([tag for tag in self.TAG.findall(done.stdout)
                          if not self.NO_WORD.match(tag)], [])

    def test_packages(self):
        self.look(first().changes)

    def test_source(self):
        folder = room("source")
        source = copy_source(folder / first().source.name, tree())
        command("tar", "-cJf", f"imc-monitor_{makefile_version()}.orig.tar.xz",
                source.name, cwd=folder)
        shutil.copytree(source / "packaging/debian", source / "debian")
        command("dpkg-buildpackage", "-us", "-uc", "-S", "-d", cwd=source,
                env=environment())
        self.look(next(folder.glob("*_source.changes")))

    def test_each_override_has_its_reason(self):
        for path in sorted((tree() / "packaging/debian").rglob("*lintian-overrides")):
            text = path.read_text(encoding="utf-8")
            for block in text.strip().split("\n\n"):
                with self.subTest(f"{path.name}: {block.splitlines()[-1]}"):
                    self.assertTrue(block.startswith("# "), block)


def simulated(root, *paths):
    """What apt would install besides."""
    said = root.apt("install", "-s", "--no-install-recommends", *root.take(paths)).stdout
    return set(re.findall(r"^Inst (\S+)", said, re.MULTILINE)) - set(NAMES)


def states(root):
    """Of our packages, as dpkg(1) abbreviates them."""
    said = root.run("dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Package}\n",
                    "imc-monitor-*", check=False).stdout
    return {name: state for state, name in (line.split() for line in said.splitlines())
            if name in NAMES}


def run_agent(root):
    """The script that autopkgtest runs, too."""
    source = root.path / "source"
    if not source.exists():
        shutil.copytree(tree() / "tests/data", source / "tests/data")
        shutil.copytree(tree() / "packaging/debian/tests", source / "debian/tests")
    return root.run("sh", "-ec", "cd /source\n"
                    "AUTOPKGTEST_TMP=$(mktemp -d) debian/tests/agent")


class Life(unittest.TestCase):
    """Installed, started, upgraded, removed, purged; in that order, in one root."""

    @classmethod
    def setUpClass(cls):
        cls.root = root = Root()
        cls.addClassCleanup(root.remove)
        cls.foreign = simulated(root, *first().packages())
        root.install(*cls.foreign, *FOR_THE_AGENT)
        root.take(first().packages() + newer().packages())
        cls.files, cls.users = root.listing(), root.lines("etc/passwd")
        cls.groups = root.lines("etc/group")

    def mode(self, name):
        status = (self.root.path / name).lstat()
        return f"{status.st_mode & 0o7777:04o} {status.st_uid}:{status.st_gid}"

    def text(self, name):
        return (self.root.path / name).read_text(encoding="utf-8")

    def test_life(self):
        for step in (self.install, self.use, self.start, self.keep, self.upgrade,
                     self.start, self.reinstall, self.remove, self.purge):
            with self.subTest(step.__name__):
                step()

    def install(self):
        root = self.root
        root.install(*first().packages())
        self.assertEqual(states(root), dict.fromkeys(NAMES, "ii"))
        self.assertEqual(root.run("dpkg", "--audit").stdout, "")
        self.assertEqual(self.mode(STATE), "0700 0:0")
        self.assertEqual(self.mode(CONF), "0644 0:0")
        example = f"usr/share/doc/{PLUGIN}/examples/credentials.example"
        self.assertEqual(self.mode(example), "0600 0:0")
        new = set(root.lines("etc/passwd")) - set(self.users)
        self.assertEqual([line.split(":")[0] for line in new], ["imc-monitor"])
        self.assertTrue(new.pop().endswith("/nologin"))
        wants = root.path / "etc/systemd/system/multi-user.target.wants"
        self.assertEqual(os.readlink(wants / "imc-agentd.service"),
                         "/lib/systemd/system/imc-agentd.service")

    def use(self):
        root = self.root
        for program in (CHECK, "imc-start", "imc-agentd", "imc-trap"):
            said = root.run(program, "--version", check=False).stdout
            self.assertRegex(said, rf"\b{re.escape(makefile_version())}\b")
        for source, secret in (("rpc", "username = monitor\npassword = x\n"),
                               ("snmp", "community = x\n")):
            root.write("tmp/account", secret, 0o600)
            done = root.run(CHECK, "-H", "127.0.0.1", "-p", "9", "-S", source,
                            "-A", "/tmp/account", "-t", "5", check=False)
            self.assertEqual(done.returncode, 3)
            self.assertIn("nothing could be learned (connect)", done.stdout)

    def start(self):
        self.assertIn("imc-agentd ended as asked", run_agent(self.root).stdout)

    def keep(self):
        """What the administrator and the programs write."""
        self.root.write(CONF, self.text(CONF) + "# Ours.\n")
        for name in SECRETS:
            self.root.write(f"etc/imc-monitor/{name}", "password = x\n", 0o600)
        self.root.write(f"{STATE}/EXCH01.state", "kept\n", 0o600)
        self.root.write("var/lib/imc-agentd/EXCH01.state", "kept\n", 0o600)

    def upgrade(self):
        root = self.root
        root.install(*newer().packages(), options=AS_IT_WAS)
        said = root.run("dpkg-query", "-W", "-f", "${Version}\n", *NAMES).stdout.split()
        self.assertEqual(set(said), {newer().field(PLUGIN, "Version")})
        self.assertTrue(self.text(CONF).endswith("# Ours.\n"))
        for name in (f"{CONF}.dpkg-dist", OBJECTS):
            self.assertTrue(self.text(name).endswith("# Of the next version.\n"), name)
        self.assert_kept()

    def reinstall(self):
        """Nothing is asked where only the administrator changed something."""
        self.root.install(*newer().packages(), options=("--reinstall",))
        self.assertTrue(self.text(CONF).endswith("# Ours.\n"))
        self.assert_kept()

    def remove(self):
        self.root.apt("remove", *NAMES)
        self.assertEqual(states(self.root)[PLUGIN], "rc")
        self.assertTrue(self.text(CONF).endswith("# Ours.\n"))
        self.assert_kept()
        left = set(self.root.listing()) - set(self.files)
        self.assertEqual([path for path in left if path.startswith("usr/")], [])

    def purge(self):
        root = self.root
        root.apt("purge", *NAMES)
        self.assertEqual(states(root), {})
        shutil.rmtree(root.path / "source")
        found = root.listing()
        left = {path: (self.files.get(path), found.get(path))
                for path in {*self.files, *found}
                if self.files.get(path) != found.get(path)}
        self.assertEqual(left, {})
        # Debian's system users stay, so that their number comes to nobody else.
        for name, before in (("passwd", self.users), ("group", self.groups)):
            new = set(root.lines(f"etc/{name}")) ^ set(before)
            self.assertEqual([line.split(":")[0] for line in new], ["imc-monitor"])
        books = root.path / "var/lib/dpkg"
        self.assertEqual([str(path) for path in books.rglob("*imc-monitor*")], [])
        for path in (books / "triggers").iterdir():
            self.assertNotIn("imc-monitor", path.read_text(encoding="utf-8"))

    def assert_kept(self):
        for folder in ("imc-monitor", "imc-agentd"):
            self.assertEqual(self.text(f"var/lib/{folder}/EXCH01.state"), "kept\n")
        for name in SECRETS:
            self.assertEqual(self.mode(f"etc/imc-monitor/{name}"), "0600 0:0")


class Owner(unittest.TestCase):
    """The state folder of check_imc is for whoever runs plugins."""

    def owner(self, root):
        return root.run("stat", "-c", "%U:%G %a", f"/{STATE}").stdout.strip()

    def test_nagios_comes_later(self):
        for package in ("nagios-nrpe-server", "nagios4-core", "icinga2-bin"):
            with self.subTest(package), Root() as root:
                root.install(first().package(PLUGIN))
                self.assertEqual(self.owner(root), "root:root 700")
                root.install(package)
                self.assertEqual(self.owner(root), "nagios:nagios 700")

    def test_nagios_is_there(self):
        with Root() as root:
            root.install("nagios-nrpe-server")
            root.install(first().package(PLUGIN))
            self.assertEqual(self.owner(root), "nagios:nagios 700")
            with self.subTest("another owner that was chosen stays"):
                root.run("chown", "backup:", f"/{STATE}")
                root.install(first().package(PLUGIN), options=("--reinstall",))
                self.assertEqual(self.owner(root), "backup:backup 700")
            with self.subTest("so does what dpkg-statoverride(1) says"):
                root.apt("purge", PLUGIN)
                root.run("dpkg-statoverride", "--add", "root", "nagios", "2770",
                         f"/{STATE}")
                root.install(first().package(PLUGIN))
                self.assertEqual(self.owner(root), "root:nagios 2770")


class WithoutTheModule(unittest.TestCase):
    def test_the_package_is_named(self):
        with Root() as root:
            root.install(first().package(PLUGIN))
            self.assertFalse((root.path / "usr/share/doc/samba-libs").exists())
            done = root.run(CHECK, "-H", "192.0.2.1", "-A", "/none", check=False)
            self.assertEqual(done.returncode, 3)
            self.assertIn(f"install {RPC}", done.stdout)


class Autopkgtest(unittest.TestCase):
    """What Debian's own machines would run, by the program that they use."""

    def test_all_pass(self):
        with Root() as root:
            root.install("autopkgtest", "dpkg-dev")
            shutil.copytree(first().source, root.path / "source",
                            ignore=shutil.ignore_patterns("build", "imc-monitor-*"))
            done = root.run("autopkgtest", "--ignore-restrictions=isolation-container",
                            *root.take(first().packages()), "/source/", "--", "null",
                            check=False)
            said = dict(re.findall(r"^(\w+) +(PASS|FAIL|SKIP|FLAKY)\b",
                                   done.stdout + done.stderr, re.MULTILINE))
            self.assertEqual(said, dict.fromkeys(("plugin", "nagios", "agent"), "PASS"),
                             (done.stdout + done.stderr)[-6000:])

# SPDX-License-Identifier: GPL-3.0-or-later
"""The Debian packages: built, looked at by lintian, and used in clean roots.

They are installed from files, so that apt(8) resolves what they depend on; started
without a service manager by packaging/debian/tests; upgraded, removed and purged.
"""
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from debs import (AGENT, CONF, NAMES, OBJECTS, PLUGIN, RPC, again, copy_source,
                  environment, first, makefile_version, newer, room, tree)
from roots import Root, command, describe

STATE = "var/lib/imc-monitor"
CHECK, NRPE = "/usr/lib/nagios/plugins/check_imc", "/usr/sbin/nrpe"
# Files with secrets that README.Debian has the administrator make.
SECRETS = ("credentials", "snmp", "start")
# Beside what a root has for our packages: what packaging/debian/tests/agent runs.
FOR_THE_AGENT = ("snmpd", "snmp", "iproute2", "python3-minimal")
AS_IT_WAS = ("-o", "Dpkg::Options::=--force-confdef",
             "-o", "Dpkg::Options::=--force-confold")


def files(folder):
    """{path: what it is} of all that is in a folder but other folders."""
    return {str(path.relative_to(folder)): describe(path)
            for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}


def setUpModule():
    first()             # or all fail at once


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

    def test_no_folder_is_emptied(self):
        other = copy_source(room("not to be emptied") / "tree", tree())
        before = files(other.parent)
        for folder in (other, other.parent, pathlib.Path(".")):
            with self.subTest(folder):
                done = subprocess.run([other / "packaging/make-deb", folder], cwd=other,
                                      capture_output=True, text=True, env=environment())
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertEqual(done.stderr, f"make-deb: {folder} is not empty\n")
                self.assertEqual(files(other.parent), before)

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


class Copied(unittest.TestCase):
    """The source, whatever git knows of it; one file's name is of no ASCII."""

    def copied(self, source):
        (source / "gr\u00fcn.cfg").write_text("# Ours.\n", encoding="utf-8")
        folder = copy_source(source.with_name(f"{source.name} copied"), source)
        return files(source), files(folder)

    def test_a_repository_around_it_ignores_nothing(self):
        around = room("around")
        around.mkdir()
        command("git", "init", "-q", around)
        (around / ".gitignore").write_text("*.conf\n*.md\n*.cfg\n", encoding="utf-8")
        source, folder = self.copied(copy_source(around / "source", tree()))
        self.assertIn("README.md", source)
        self.assertEqual(folder, source)

    def test_its_own_ignores_what_is_built(self):
        repository = copy_source(room("repository"), tree())
        command("git", "init", "-q", repository)
        command("git", "add", "README.md", cwd=repository)      # and others are not added
        (repository / "build").mkdir()
        (repository / "build/check_imc").write_text("built", encoding="utf-8")
        source, folder = self.copied(repository)
        self.assertEqual(folder, {path: what for path, what in source.items()
                                  if path.split("/")[0] not in (".git", "build")})


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
    """The state folder of check_imc is for whoever runs plugins; what the administrator
    did to it, and to the one in /etc, is let be."""

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
            for step in (self.is_given, self.comes_again, self.keeps_its_mode,
                         self.keeps_its_owner, self.was_removed, self.is_overridden):
                with self.subTest(step.__name__):
                    step(root)

    def install(self, root, built):
        root.install(built().package(PLUGIN), options=("--reinstall", *AS_IT_WAS))

    def is_given(self, root):
        self.assertEqual(self.owner(root), "nagios:nagios 700")

    def comes_again(self, root):
        """An empty folder goes with its package."""
        root.apt("remove", PLUGIN)
        self.assertFalse((root.path / STATE).exists())
        root.install(first().package(PLUGIN))
        self.assertEqual(self.owner(root), "nagios:nagios 700")

    def keeps_its_mode(self, root):
        root.run("chmod", "0750", f"/{STATE}")
        for built in (first, newer):
            self.install(root, built)
            self.assertEqual(self.owner(root), "nagios:nagios 750")

    def keeps_its_owner(self, root):
        root.run("chown", "backup:", f"/{STATE}")
        self.install(root, newer)
        root.run("dpkg-trigger", f"--by-package={PLUGIN}", NRPE)
        root.run("dpkg", "--configure", "--pending")
        self.assertEqual(self.owner(root), "backup:backup 750")

    def was_removed(self, root):
        """By hand: nothing is said of it."""
        root.run("rmdir", f"/{STATE}")
        triggered = root.run("dpkg-trigger", f"--by-package={PLUGIN}", NRPE)
        processed = root.run("dpkg", "--configure", "--pending")
        self.assertIn(f"Processing triggers for {PLUGIN} ", processed.stdout)
        configured = root.run(f"/var/lib/dpkg/info/{PLUGIN}.postinst", "configure", "",
                              DPKG_MAINTSCRIPT_PACKAGE=PLUGIN)
        self.assertEqual([done.stderr for done in (triggered, processed, configured)],
                         ["", "", ""])
        self.assertFalse((root.path / STATE).exists())

    def is_overridden(self, root):
        """By dpkg-statoverride(1)."""
        root.apt("purge", PLUGIN)
        root.run("dpkg-statoverride", "--add", "root", "nagios", "2770", f"/{STATE}")
        root.install(first().package(PLUGIN))
        self.assertEqual(self.owner(root), "root:nagios 2770")

    def test_a_folder_of_secrets_is_elsewhere(self):
        with Root() as root:
            root.install(first().package(PLUGIN))
            root.run("mv", "/etc/imc-monitor", "/srv/ours")
            root.run("ln", "-s", "/srv/ours", "/etc/imc-monitor")
            for name in (*SECRETS, "notes"):
                root.write(f"srv/ours/{name}", "x\n", 0o600)
            done = root.apt("purge", PLUGIN)
            self.assertNotIn("/etc/imc-monitor", done.stderr)
            self.assertEqual(states(root), {})
            self.assertEqual(os.listdir(root.path / "srv/ours"), ["notes"])


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

# SPDX-License-Identifier: GPL-3.0-or-later
"""Clean roots of Debian, in which packages are installed as on a machine of their own.

    with Root() as root:
        root.install(path_of_a_deb, "snmpd")
        root.run("dpkg", "--audit").stdout
        before = root.listing()

A command sees the root's files and its own processes, which end with it; the network is
this machine's. No package starts a daemon. It is for what a package does to a machine;
machine.py says what other sandboxes are for.

What is kept between runs is in /var/tmp/imc-monitor-roots, some 400 MB: the base, which
mmdebstrap(1) makes anew when it is a day old, and the packages that apt(8) fetched. It is
safe to delete while no test runs, and the next run makes it again. Each root is beside it
in /var/tmp/imc-root-*, of 230 MB and more, and is removed with its test: one that
was killed leaves it there.
"""
import fcntl
import hashlib
import os
import pathlib
import shutil
import stat
import subprocess
import time

import lab

SUITE = "bookworm"
CACHE = pathlib.Path("/var/tmp/imc-monitor-roots")
PATIENCE = 900      # s, for whatever a package manager does
FRESH = 24 * 3600   # s, for which a mirror has what its lists name

# Arguments: the root, the folder of fetched packages, the command.
ENTER = """
root=$1 fetched=$2
shift 2
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount --bind "$fetched" "$root/var/cache/apt/archives"
exec chroot "$root" "$@"
"""
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/",
               "DEBIAN_FRONTEND": "noninteractive"}
PROXIES = ("http_proxy", "https_proxy", "no_proxy")
NO_DAEMONS = "#!/bin/sh\nexit 101\n"

# Where dpkg(1), apt(8) and mount(8) keep their own books, and what is nobody's.
BOOKS = ("dev", "proc", "sys", "tmp", "run/lock", "run/mount", "var/cache", "var/log",
         "var/lib/apt", "var/lib/dpkg", "etc/ld.so.cache")
ACCOUNTS = tuple(f"etc/{name}{end}" for name in ("passwd", "group", "shadow", "gshadow")
                 for end in ("", "-"))


def command(*words, **more):
    """Run to its end; what went wrong is in the message."""
    done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=PATIENCE, **more)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: exit code {done.returncode}\n"
                             f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done


def base():
    """The archive of a minimal Debian with apt's lists, made by the first who asks."""
    CACHE.mkdir(exist_ok=True)
    (CACHE / "fetched" / "partial").mkdir(parents=True, exist_ok=True)
    path = CACHE / f"{SUITE}.tar"
    with open(CACHE / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists() or time.time() - path.stat().st_mtime > FRESH:
            fresh = path.with_name(f"new-{path.name}")
            command("mmdebstrap", "--mode=root", "--variant=minbase",
                    "--skip=cleanup/apt/lists", SUITE, fresh)
            fresh.rename(path)
    return path


class Root(lab.Folder):
    def __init__(self):
        super().__init__("imc-root-", "/var/tmp")
        self.path.chmod(0o755)
        command("tar", "-xpf", base(), "-C", self.path, "--numeric-owner")
        shutil.copy("/etc/resolv.conf", self.path / "etc/resolv.conf")
        self.write("usr/sbin/policy-rc.d", NO_DAEMONS, 0o755)
        # Of packages that were fetched for another root, none is fetched again.
        self.write("etc/apt/apt.conf.d/keep", 'Binary::apt::APT::Keep-Downloaded-Packages'
                   ' "1";\nAPT::Keep-Downloaded-Packages "1";\n')

    def write(self, name, text, mode=0o644):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)

    def run(self, *words, check=True, **environment):
        proxies = {name: os.environ[name] for name in PROXIES if name in os.environ}
        done = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--", "sh", "-ec",
             ENTER, "sh", self.path, CACHE / "fetched", *map(str, words)],
            env={**ENVIRONMENT, **proxies, **environment}, cwd="/", text=True,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, words))}: exit code"
                                 f" {done.returncode}\n{done.stdout[-4000:]}\n"
                                 f"{done.stderr[-4000:]}")
        return done

    def apt(self, *words, **more):
        return self.run("apt-get", "-q", "-y", "-o", "Dpkg::Use-Pty=0", *words, **more)

    def take(self, paths):
        """Copies files into the root's /packages: their paths there."""
        folder = self.path / "packages"
        folder.mkdir(exist_ok=True)
        for path in paths:
            shutil.copy(path, folder)
        return [f"/packages/{pathlib.Path(path).name}" for path in paths]

    def install(self, *words, options=("--no-install-recommends",)):
        """Packages by name, or files of them by path (which end in .deb)."""
        names = [word for word in words if not str(word).endswith(".deb")]
        files = [word for word in words if str(word).endswith(".deb")]
        return self.apt("install", *options, *names, *self.take(files))

    def lines(self, name):
        return (self.path / name).read_text(encoding="utf-8").splitlines()

    def listing(self):
        """{path: what it is} of all files but the package managers' books."""
        found = {}
        for folder, names, files in os.walk(self.path):
            here = pathlib.Path(folder).relative_to(self.path)
            names[:] = [name for name in names if str(here / name) not in BOOKS]
            for name in names + files:
                path = str(here / name)
                if path not in (*BOOKS, *ACCOUNTS):
                    found[path] = describe(self.path / path)
        return found


def describe(path):
    """Kind and mode, owner, and what is in it."""
    status = path.lstat()
    content = ""
    if stat.S_ISREG(status.st_mode):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    elif stat.S_ISLNK(status.st_mode):
        content = os.readlink(path)
    return f"{stat.filemode(status.st_mode)} {status.st_uid}:{status.st_gid} {content}"

# SPDX-License-Identifier: GPL-3.0-or-later
"""The password of a server's account: in no output, no file, no other process's reach.

Of the process's own memory this is asserted, read from outside as root:
* the text of the credentials file is gone once it is parsed;
* our copy of the password is gone once the server was asked (or is left alone), which is
  looked at while the check waits to print.
What is not asserted: that Samba wipes its own. It keeps one copy for as long as the
session lasts, and may leave one behind in freed memory for each connection it tried, with
one more in UTF-16 where it made the NT hash; more than these may not be found.
"""
import base64
import ctypes
import os
import resource
import shutil
import signal
import subprocess
import time
import unittest

import lab
import sandbox
from impacket.ntlm import compute_nthash    # lab made sure of impacket
from lab import NTServer
from sandbox import IS_ROOT, NOBODY

PASSWORD = "Zx9 %|`$(q)'\"-wahr-Geheim"
HANGS = {"at": "call", "pipe": "eventlog", "opnum": 10, "do": "hang"}
STEP = 0.01


def forms(password):
    """As which bytes it could leak."""
    plain, wide = password.encode(), password.encode("utf-16-le")
    found = [plain, wide, compute_nthash(password)]
    for one in list(found):
        found += [one.hex().encode(), one.hex().upper().encode(), base64.b64encode(one)]
    return found


def wait_until(what, seconds=5):
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(STEP)


def full_pipe():
    """Both ends of a pipe that takes no byte more, but blocks."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    for size in (4096, 1):
        try:
            while True:
                os.write(write, bytes(size))
        except BlockingIOError:
            pass
    os.set_blocking(write, True)
    return read, write


def memory_of(pid):
    """All that can be read of a process, region by region."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, \
            open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, access, *_ = line.split()
            if "r" not in access or "[v" in line:
                continue
            begin, end = (int(one, 16) for one in span.split("-"))
            memory.seek(begin)
            try:
                yield memory.read(end - begin)
            except OSError:
                continue


def count_in(pid, *what):
    return sum(region.count(one) for region in memory_of(pid) for one in what)


class Case(sandbox.Case):
    def credentials(self, password=PASSWORD, name="cred", user=lab.USER):
        return self.write(name, f"username = {user}\npassword = {password}\n", 0o600)

    def start(self, arguments, program=None, **more):
        process = subprocess.Popen((program or [lab.PROGRAM]) + [str(one)
                                                                 for one in arguments],
                                   cwd=self.folder, env=lab.environment(),
                                   stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   **{"stdout": subprocess.DEVNULL, **more})
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
            process.wait()

    def hung(self, program=None, **more):
        """A check that waits for an answer while it reads the logs, and its server."""
        server = NTServer(lab.scenario("running", users={lab.USER: PASSWORD},
                                       faults=[HANGS]))
        server.start()
        self.addCleanup(server.stop)
        process = self.start(lab.target(server.port, "cred"), program, **more)
        wait_until(lambda: any(call["opnum"] == 10 for call in list(server.calls)))
        return process


class Output(Case):
    SCENARIOS = ("running", "active-automatic", "running-nt4", "running-smb2",
                 "denied-everything",
                 "unreachable-garbage", "unreachable-reset", "unreachable-refused",
                 "logon-wrong-password", "logon-locked", "logon-expired",
                 "logon-disabled",
                 "unreachable-hang-session-setup", "eventlog-hangs", "missing-svcctl")
    OPTIONS = ([], ["-v"], ["-vvv", "--max-output", "100000"], ["--json", "-vvv"])

    def test_the_password_is_in_no_output_and_in_no_file(self):
        self.credentials()
        os.mkdir(self.path("state"), 0o700)
        secrets = forms(PASSWORD)
        for name in self.SCENARIOS:
            scenario = lab.scenario(name)
            if scenario["users"].get(lab.USER) == lab.PASSWORD:
                scenario["users"] = {lab.USER: PASSWORD}
            for options in self.OPTIONS:
                with self.subTest(name, options=options), NTServer(scenario) as server:
                    shutil.rmtree(self.path("state"))
                    os.mkdir(self.path("state"), 0o700)
                    done = self.run_here(map(str,
                                             lab.target(server.port, "cred") + options + [
                        "-t", 1, "--state-dir", "state"]))
                    self.assertEqual(done.stderr, b"")
                    self.assertGreater(len(done.stdout), 50)
                    files = [content for *_, content in sandbox.snapshot(
                        self.path("state")).values() if content]
                    for secret in secrets:
                        self.assertNotIn(secret, done.stdout)
                        for content in files:
                            self.assertNotIn(secret, content)

    def test_a_secret_that_is_given_wrongly_is_not_shown_either(self):
        rows = (f"username = m\npassword {PASSWORD}\n", f"{PASSWORD}\n",
                f"pass = {PASSWORD}\n",
                f"password = {PASSWORD}\npassword = {PASSWORD}\n",
                f"username = m\npassword = {PASSWORD}\n{PASSWORD} = x\n")
        for text in rows:
            for options in self.OPTIONS:
                with self.subTest(text[:12], options=options):
                    self.write("cred", text, 0o600)
                    done = self.run_here(["-H", "127.0.0.1", "-p", "9", "-A",
                                          "cred"] + options)
                    self.assertEqual(done.returncode, 3)
                    for secret in forms(PASSWORD):
                        self.assertNotIn(secret, done.stdout + done.stderr)


class Process(Case):
    def setUp(self):
        super().setUp()
        self.credentials()

    def test_command_line_and_environment_do_not_hold_it(self):
        process = self.hung()
        for name in ("cmdline", "environ", "status", "maps", "stat"):
            with open(f"/proc/{process.pid}/{name}", "rb") as file:
                content = file.read()
            for secret in forms(PASSWORD):
                self.assertNotIn(secret, content, name)

    def test_there_is_no_core_file(self):
        def unlimited():
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
        if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY:
            self.skipTest("the hard limit allows no core file in any case")
        process = self.hung(preexec_fn=unlimited)
        with open(f"/proc/{process.pid}/limits", encoding="utf-8") as file:
            self.assertRegex(file.read(), r"Max core file size\s+0\s+0\s")
        self.assertFalse(self.dumps_core(process))
        other = self.start([30], ["sleep"], preexec_fn=unlimited)
        time.sleep(0.1)
        if not self.dumps_core(other):
            self.skipTest("this machine writes no core files at all: half is proven")

    def dumps_core(self, process):
        os.kill(process.pid, signal.SIGSEGV)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = -os.WTERMSIG(status)
        self.assertEqual(os.WTERMSIG(status), signal.SIGSEGV)
        return os.WCOREDUMP(status) or any("core" in name
                                           for name in os.listdir(self.folder))

    @unittest.skipUnless(IS_ROOT, "needs root, to become somebody else")
    def test_a_process_of_the_same_user_cannot_look_into_it(self):
        os.chown(self.path("cred"), NOBODY, NOBODY)
        program = self.as_nobody()
        other = self.start([30], program[:-1] + ["sleep"])
        time.sleep(0.1)
        for process, is_open in ((other, True), (self.hung(program), False)):
            for name, look in (("mem", ["head", "-c0"]), ("environ", ["cat"]),
                               ("maps", ["cat"]), ("fd/", ["ls"]), ("cwd/", ["ls"])):
                with self.subTest(name, is_open=is_open):
                    done = self.run_here([f"/proc/{process.pid}/{name}"],
                                         program=program[:-1] + look)
                    self.assertEqual(done.returncode == 0, is_open, done.stderr)
            owner = os.stat(f"/proc/{process.pid}/environ").st_uid
            self.assertEqual(owner, NOBODY if is_open else 0)

    def test_descriptors_of_the_credentials_file_are_closed(self):
        process = self.hung()
        links = [os.readlink(f"/proc/{process.pid}/fd/{name}")
                 for name in os.listdir(f"/proc/{process.pid}/fd")]
        self.assertFalse([link for link in links if link.endswith("cred")], links)


@unittest.skipUnless(IS_ROOT, "needs root, to read the memory of a process")
@unittest.skipIf(lab.SANITIZED, "ASan keeps freed memory as it was")
class Memory(Case):
    TEXT = f"password = {PASSWORD}".encode()
    PLAIN, WIDE = PASSWORD.encode(), PASSWORD.encode("utf-16-le")

    def setUp(self):
        super().setUp()
        self.credentials()

    def printing(self, port, *options):
        """A check whose work is done: it waits for somebody to read its line."""
        read, write = full_pipe()
        self.addCleanup(os.close, read)
        self.addCleanup(os.close, write)
        process = self.start(lab.target(port, "cred") + list(options), stdout=write)
        wait_until(lambda: self.is_writing(process.pid))
        return process

    @staticmethod
    def is_writing(pid):
        """In write(1, ...)"""
        with open(f"/proc/{pid}/syscall", encoding="ascii") as file:
            call = file.read().split()
        return call[:1] == ["1"] and call[1:2] == ["0x1"]

    def needs_writing(self):
        if os.uname().machine != "x86_64":
            self.skipTest("knows the number of write() on x86_64 only")

    def test_the_search_finds_what_is_there(self):
        copy = ctypes.create_string_buffer(self.TEXT)
        self.assertGreater(count_in(os.getpid(), copy.value), 0)

    def test_while_it_asks_there_are_ours_and_one_of_samba(self):
        process = self.hung()
        self.assertIn(count_in(process.pid, self.PLAIN), (1, 2))
        self.assertLessEqual(count_in(process.pid, self.WIDE), 1)
        self.assertEqual(count_in(process.pid, self.TEXT), 0)

    def test_an_account_that_is_left_alone_leaves_nothing(self):
        self.needs_writing()
        os.mkdir(self.path("state"), 0o700)
        with NTServer(lab.scenario("logon-wrong-password")) as server:
            first = self.run_here(map(str, lab.target(server.port, "cred") +
                                      ["--state-dir", "state"]))
            self.assertEqual(first.returncode, 3)
            process = self.printing(server.port, "--state-dir", "state")
            self.assertEqual(count_in(process.pid, self.PLAIN, self.TEXT, self.WIDE), 0)
            self.assertEqual(server.logon_attempts(lab.USER), 1)

    def test_after_a_check_at_most_what_samba_left_is_there(self):
        self.needs_writing()
        for name in ("running", "running-smb2", "running-nt4", "logon-wrong-password"):
            with self.subTest(name):
                users = {lab.USER: PASSWORD
                         if name != "logon-wrong-password" else "other"}
                with NTServer(lab.scenario(name, users=users)) as server:
                    process = self.printing(server.port)
                    logons = len(server.connections)
                    self.assertEqual(logons, 2 if name == "running-nt4" else 1)
                    self.assertLessEqual(count_in(process.pid, self.PLAIN), logons)
                    self.assertLessEqual(count_in(process.pid, self.WIDE), logons)
                    self.assertEqual(count_in(process.pid, self.TEXT), 0)


if __name__ == "__main__":
    unittest.main()

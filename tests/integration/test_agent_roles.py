# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what: the parent knows no secret, no Samba and no server; a worker knows the
secret of one account, and can do nothing but use it."""
import os
import re
import signal
import subprocess
import unittest

import agentd
import lab
import test_secrets
from sandbox import IS_ROOT

SECRETS = {"A": "Kq7-first-Geheim", "B": "Wm4-second-Geheim"}
SAMBA = r"(?i)samba|smb|dcerpc|libndr"
HANGS = {"at": "call", "pipe": "eventlog", "opnum": 10, "do": "hang"}
SECCOMP_FILTER = 2
CONNECTS = r"connect\(\d+, \{sa_family=AF_INET"


class Linked(unittest.TestCase):
    def test_no_samba_library_is_linked(self):
        done = subprocess.run(["readelf", "-d", agentd.PROGRAM], capture_output=True,
                              text=True, check=True)
        needed = re.findall(r"\(NEEDED\).*\[(.*)\]", done.stdout)
        self.assertTrue(any("netsnmp" in one for one in needed), needed)
        self.assertEqual([one for one in needed if re.search(SAMBA, one)], [])
        if not lab.SANITIZED:
            done = subprocess.run(["ldd", agentd.PROGRAM], capture_output=True, text=True,
                                  check=True)
            self.assertNotRegex(done.stdout, SAMBA)


@unittest.skipUnless(IS_ROOT, "needs root, to look into another process")
class Roles(agentd.Case):
    """Two accounts, at whose servers workers wait for an answer with all they have."""

    def setUp(self):
        super().setUp()
        self.host = self.lab_servers()
        self.servers = {}
        for name, secret in SECRETS.items():
            user = f"user-{name.lower()}"
            scenario = lab.scenario("running", users={user: secret}, faults=[HANGS])
            self.servers[name] = {
                "address": lab.HOST, "port": self.host.start(name, scenario),
                "credentials": self.credentials(f"cred-{name}", user, secret)}
        self.servers["EVT"] = self.logs().section()

    def start(self, **more):
        self.configure(self.servers, defaults={"interval": 10})
        self.agent.start(**more)
        self.wait_for("EVT is polled", lambda: "EVT" in self.column("LastPollTime"))

    def family(self):
        """(parent, keeper, workers that are ready) while both accounts are in use."""
        self.wait_for("both servers are asked", lambda: all(
            self.host.calls(name) for name in SECRETS))
        workers = self.wait_for("two workers are locked down", self.locked_workers)
        return self.agent.pid, self.agent.keeper(), workers

    def locked_workers(self):
        """Those that are starting, or ending, are left out; fewer than two: none."""
        found = []
        for pid in self.agent.workers():
            try:
                if status_of(pid, "Seccomp") == SECCOMP_FILTER:
                    found.append(pid)
            except FileNotFoundError:
                pass
        return found if len(found) >= 2 else None

    def known_secrets(self, pid):
        """Names of the accounts whose password a process has in its memory."""
        found = set()
        for name, secret in SECRETS.items():
            forms = [secret.encode(), secret.encode("utf-16-le")]
            if test_secrets.count_in(pid, *forms):
                found.add(name)
        return found

    @unittest.skipIf(lab.SANITIZED, "ASan keeps freed memory as it was")
    def test_each_worker_knows_one_secret_and_the_parent_none(self):
        self.start()
        seen = set()

        def look():
            parent, _, _ = self.family()
            self.assertEqual(self.known_secrets(parent), set())
            for pid in self.agent.workers():
                try:
                    known = self.known_secrets(pid)
                    lock = status_of(pid, "Seccomp")
                except (FileNotFoundError, ProcessLookupError):
                    continue        # it ended while we looked
                self.assertLessEqual(len(known), 1, f"worker {pid} knows {known}")
                self.assertTrue(not known or lock == SECCOMP_FILTER, pid)
                seen.update(known)
            return seen == set(SECRETS)

        self.wait_for("both secrets are found, each in a worker", look, pause=0.2)

    def test_none_can_gain_privileges_or_leave_a_core_file(self):
        self.start()
        parent, keeper, workers = self.family()
        for pid in (parent, keeper, *workers):
            self.assertEqual(status_of(pid, "NoNewPrivs"), 1)
            with open(f"/proc/{pid}/limits", encoding="utf-8") as file:
                self.assertRegex(file.read(), r"Max core file size\s+0\s+0\s")
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                command = file.read()
            with open(f"/proc/{pid}/environ", "rb") as file:
                command += file.read()
            for secret in SECRETS.values():
                self.assertNotIn(secret.encode(), command)

    def test_parent_and_keeper_map_no_samba_library(self):
        self.start()
        parent, keeper, workers = self.family()
        maps = {pid: maps_of(pid) for pid in (parent, keeper, *workers)}
        for pid in (parent, keeper):
            self.assertIn("imc-agentd", maps[pid])
            self.assertNotRegex(maps[pid], SAMBA)
        self.assertTrue(any(re.search(SAMBA, maps[pid]) for pid in workers), workers)

    def test_workers_hold_their_connection_and_their_channel_only(self):
        self.start()
        _, _, workers = self.family()
        for pid in workers:
            links = links_of(pid)
            files = [link for link in links if link.startswith("/") and not
                     link.startswith("/dev/null") and link != str(self.agent.log_path)]
            self.assertEqual(files, [], links)
            sockets = [link for link in links if link.startswith("socket:")]
            self.assertLessEqual(len(sockets), 3, links)

    def test_parent_opens_no_credentials_and_no_connection(self):
        prefix = self.folder / "trace"
        self.start(before=["strace", "-ff", "-q", "-o", prefix, "-e",
                           "trace=open,openat,socket,connect,execve"])
        # strace is our child; what it runs is imc-agentd.
        parent, = agentd.children(self.agent.pid)
        keeper = agentd.children(parent)[0]
        self.wait_for("servers are asked", lambda: all(
            self.host.calls(name) for name in SECRETS))
        traces = {int(path.suffix[1:]): path.read_text(errors="replace")
                  for path in self.folder.glob("trace.*")}
        self.assertNotRegex(traces[parent], r"cred-[AB]")
        self.assertNotRegex(traces[parent], CONNECTS)
        self.assertRegex(traces[parent], "sa_family=AF_UNIX")
        self.assertRegex(traces[keeper], r"cred-A")
        self.assertRegex(traces[keeper], CONNECTS)
        for pid in set(traces) - {parent, keeper}:
            self.assertNotRegex(traces[pid], r"cred-[AB]")
        os.kill(parent, signal.SIGTERM)
        self.agent.process.wait(agentd.PATIENCE)

    def test_no_log_line_and_no_state_file_holds_a_secret(self):
        self.start()
        self.family()
        self.agent.stop()
        contents = [self.agent.log_path.read_bytes()] + [
            path.read_bytes() for path in self.state.iterdir()]
        for secret in SECRETS.values():
            for form in test_secrets.forms(secret):
                for content in contents:
                    self.assertNotIn(form, content)


def status_of(pid, key):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return int(re.search(rf"^{key}:\s+(\d+)", file.read(), re.MULTILINE).group(1))


def maps_of(pid):
    """Nothing of a process that ended."""
    try:
        with open(f"/proc/{pid}/maps", encoding="utf-8") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def links_of(pid):
    """Nothing of a process that ended."""
    found = []
    try:
        names = os.listdir(f"/proc/{pid}/fd")
    except (FileNotFoundError, ProcessLookupError):
        names = []
    for name in names:
        try:
            found.append(os.readlink(f"/proc/{pid}/fd/{name}"))
        except (FileNotFoundError, ProcessLookupError):
            pass        # closed while we looked
    return found


load_tests = agentd.concurrently

if __name__ == "__main__":
    unittest.main()

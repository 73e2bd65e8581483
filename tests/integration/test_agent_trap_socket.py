# SPDX-License-Identifier: GPL-3.0-or-later
"""The socket at which imc-agentd takes traps: who may write to it, where it is, and what
is left alone."""
import os
import pathlib
import socket
import stat
import unittest

import agentd
from sandbox import IS_ROOT, NOBODY
from traps import Case, hint, with_mounts

GROUP = 4711    # which nobody has
# A group and its member, of machines that tests make.
WRITERS, WRITER = 4712, 4713
GROUP_FILE = f"imc-writers:x:{WRITERS}:imc-stranger,imc-writer\n"
USER_FILE = f"imc-writer:x:{WRITER}:12345::/nonexistent:/bin/false\n"


class Permissions(Case):
    @unittest.skipUnless(IS_ROOT, "needs root, to be somebody else")
    def test_who_may(self):
        """root, our own user, the group and its members; the kernel says who it is."""
        self.serve({"EXCH01": self.logs().section()}, {"trap_group": GROUP})
        status = self.socket.stat()
        self.assertEqual(stat.S_IMODE(status.st_mode), 0o660)
        self.assertEqual(status.st_gid, GROUP)
        self.socket.chmod(0o666)        # now only imc-agentd itself is in the way
        self.send_as(12345, 12345)
        self.send_as(NOBODY, 12345)     # no member by any list
        self.wait_for("two were refused", lambda: len(self.lines("who may not")) == 2)
        self.assertIn("user 12345, group 12345", self.lines("who may not")[0])
        self.assertEqual(self.scalar("PollsDone"), 1)
        self.send_as(12345, GROUP)
        self.wait_for_polls(2)

    @unittest.skipUnless(IS_ROOT, "needs root, to be somebody else")
    def test_whom_the_kernel_cannot_name_may_not(self):
        """Its name for them is a group like another, of everybody in a namespace."""
        self.serve({"EXCH01": self.logs().section()}, {"trap_group": NOBODY})
        self.wait_for_line(f"group {NOBODY} is what the kernel calls all groups")
        self.assertEqual(stat.S_IMODE(self.socket.stat().st_mode), 0o600)
        self.socket.chmod(0o666)
        self.send_as(12345, NOBODY)
        self.wait_for_line(f"user 12345, group {NOBODY}, who may not")

    @unittest.skipUnless(IS_ROOT, "needs root, to be somebody else")
    def test_members_of_the_group_may(self):
        """Though their first group is another one; those that do not exist are no
        harm."""
        before = with_mounts(
            self, 'mount --bind "$1" /etc/group; mount --bind "$2" /etc/passwd',
            self.longer("/etc/group", GROUP_FILE), self.longer("/etc/passwd", USER_FILE))
        for group in (WRITERS, "imc-writers"):
            with self.subTest(group):
                self.serve({"EXCH01": self.logs().section()}, {"trap_group": group},
                           before=before)
                self.assertEqual(self.socket.stat().st_gid, WRITERS)
                self.socket.chmod(0o666)
                self.send_as(WRITER + 1, 12345)
                self.wait_for_line(f"user {WRITER + 1}, group 12345, who may not")
                self.send_as(WRITER, 12345)
                self.wait_for_polls(2)
                self.agent.stop()

    def longer(self, path, text):
        """A file of this machine, with a line at its end."""
        made = self.folder / pathlib.Path(path).name
        made.write_text(f"{pathlib.Path(path).read_text().rstrip()}\n{text}")
        made.chmod(0o644)
        return made

    def send_as(self, user, group):
        child = os.fork()
        if child == 0:
            try:
                os.setgroups([])
                os.setgid(group)
                os.setuid(user)
                self.send(hint(computer="EXCH01"))
                os._exit(0)
            finally:
                os._exit(1)
        self.assertEqual(os.waitpid(child, 0)[1], 0)


class Place(Case):
    def reload_with(self, **agent):
        self.configure({"EXCH01": self.one.section()}, agent)
        polls = self.scalar("PollsDone")
        self.agent.reload()
        self.wait_for_polls(polls + 1)

    def start(self, **agent):
        self.one = self.logs()
        self.configure({"EXCH01": self.one.section()}, agent)
        self.agent.start()
        self.wait_for("it is polled", lambda: self.polled() == 1)

    def assert_hints_are_taken(self, path=None):
        polls = self.scalar("PollsDone")
        self.send(hint(computer="EXCH01"), path=path)
        self.wait_for_polls(polls + 1)

    def test_it_follows_the_configuration(self):
        other = self.folder / "other.sock"
        self.start()
        self.assertEqual(stat.S_IMODE(self.socket.stat().st_mode), 0o600)
        self.assert_hints_are_taken()
        self.reload_with(trap_socket=other)
        self.assertFalse(self.socket.exists())
        self.assert_hints_are_taken(other)
        self.agent.stop()
        self.assertFalse(other.exists())

    def test_what_is_left_over_is_replaced_and_what_is_none_is_left(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as left:
            left.bind(str(self.socket))
        self.start()
        self.assert_hints_are_taken()
        file = self.folder / "file"
        file.write_text("precious")
        self.reload_with(trap_socket=file)
        self.wait_for_line(f"{file} is no socket, and left alone")
        self.reload_with()
        self.assert_hints_are_taken()
        self.agent.stop()
        self.assertEqual(file.read_text(), "precious")

    def test_one_that_is_used_is_left_alone(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            other.bind(str(self.socket))
            self.start()
            self.wait_for_line(f"another process listens at {self.socket}")
            self.agent.stop()
            self.send(b"still there")
            self.assertEqual(other.recv(100), b"still there")

    def test_one_of_another_kind_is_left_alone(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as other:
            other.bind(str(self.socket))
            other.listen()
            self.start()
            self.wait_for_line(f"another process listens at {self.socket}")
            self.agent.stop()
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
                client.connect(str(self.socket))

    def test_without_a_folder_or_a_group_it_goes_on(self):
        self.start(trap_socket=self.folder / "none" / "trap.sock")
        self.wait_for_line("no traps are taken: cannot listen at")
        self.reload_with(trap_group="there-is-no-such-group")
        self.wait_for_line("there is no group there-is-no-such-group")
        self.assertEqual(stat.S_IMODE(self.socket.stat().st_mode), 0o600)
        self.assert_hints_are_taken()

    def test_one_that_is_removed_is_made_anew(self):
        """As a unit does that has the same RuntimeDirectory=, with the folder."""
        folder = self.folder / "run"
        folder.mkdir()
        path = folder / "trap.sock"
        group = GROUP if IS_ROOT else os.getgid()
        self.start(trap_socket=path, trap_group=group)
        self.assert_hints_are_taken(path)
        path.unlink()
        folder.rmdir()
        self.wait_for_line("no traps are taken: cannot listen at")
        folder.mkdir()
        self.wait_for_line("the socket was gone, and is made anew")
        self.assertEqual((path.stat().st_gid, stat.S_IMODE(path.stat().st_mode)),
                         (group, 0o660))
        self.assert_hints_are_taken(path)
        self.assertEqual([entry.name for entry in folder.iterdir()], [path.name])

    def test_what_another_process_took_is_taken_back_after_it(self):
        self.start()
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
            self.socket.unlink()
            other.bind(str(self.socket))
            self.wait_for_line(f"another process listens at {self.socket}")
            self.send(b"still there")
            self.assertEqual(other.recv(100), b"still there")
        self.wait_for_line("the socket was gone, and is made anew")
        self.assertEqual(len(self.lines("another process listens")), 1)
        self.assert_hints_are_taken()

    def test_a_path_that_cannot_be_used_leaves_the_one_before(self):
        wrong = self.folder / "mistyped" / "trap.sock"
        self.start()
        self.reload_with(trap_socket=wrong)
        self.wait_for_line(f"traps are still taken at {self.socket}: cannot listen at")
        self.assert_hints_are_taken()
        wrong.parent.mkdir()
        self.wait_for_line(f"traps are taken at {wrong}")
        self.assertFalse(self.socket.exists())
        self.assert_hints_are_taken(wrong)

    def test_a_folder_of_others_is_refused(self):
        """Who can put a link there instead could have us change any file."""
        folder = self.folder / "open"
        folder.mkdir()
        path = folder / "trap.sock"
        for mode in (0o777, 0o770):
            folder.chmod(mode)
            self.start_anew(trap_socket=path)
            self.wait_for_line(f"no traps are taken: the folder of {path} must be")
            self.assertEqual(list(folder.iterdir()), [])
        folder.chmod(0o1777)
        self.wait_for_line(f"traps are taken at {path}")
        self.assert_hints_are_taken(path)

    def start_anew(self, **agent):
        self.agent.stop()
        self.start(**agent)


load_tests = agentd.concurrently

if __name__ == "__main__":
    unittest.main()

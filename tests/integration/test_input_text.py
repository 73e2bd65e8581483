# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad text files: configuration, --extra-opts and credentials; refused with their line.

Rows that need another user's files, or a process that may not read, run only as root.
"""
import os
import unittest

from inputs import HEALTHY, SECRET, Case, OddFiles, healthy_logs
from sandbox import IS_ROOT, NOBODY


def text_rows(*rows):
    """(name, content, line that is named or None, what is said)"""
    return rows


class Configuration(Case):
    GOOD = "[defaults]\nlookback = 3d\n[server EXCH01]\naddress = 127.0.0.1\n"
    ROWS = text_rows(
        ("no section", "address = h\n", 1, "section"),
        ("unknown section", "# x\n[servers]\n", 2, "unknown section"),
        ("section without name", "[server ]\n", 1, ""),
        ("bad name", "[server a b]\n", 1, "name"),
        ("open head", "[server EXCH01\naddress = h\n", 1, ""),
        ("text behind the head", "[defaults] x\n", 1, ""),
        ("unknown key", "[defaults]\n\nlookbak = 3d\n", 3, "did you mean lookback"),
        ("a password", f"[defaults]\npassword = {SECRET}\n", 2, ""),
        ("no value", "[defaults]\nlookback =\n", 2, "no value"),
        ("no equals", "[defaults]\nlookback 3d\n", 2, "KEY = VALUE"),
        ("bad duration", "[defaults]\nlookback = 3y\n", 2, "lookback"),
        ("bad range", "[defaults]\nwarning = 2:1\n", 2, "warning"),
        ("bad severity", "[defaults]\nseverity = active=fine\n", 2, "severity"),
        ("bad flag", "[server EXCH01]\nmaintenance = maybe\n", 2, "yes or no"),
        ("relative path", "[defaults]\ncredentials = cred\n", 2, "absolute"),
        ("repeated key", "[defaults]\nport = 1\nport = 2\n", 3, "give it once"),
        ("repeated section", "[defaults]\n[server A]\n[defaults]\n", 3, "already"),
        ("repeated server", "[server A]\n[server A]\n", 2, ""),
        ("indented", "[defaults]\n  port = 1\n", 2, "indented"),
        ("comment behind", "[defaults]\nport = 1 ; x\n", 2, "comment"),
        ("zero byte", b"[defaults]\nport = 1\0\n", 2, ""),
        ("control character", b"[defaults]\nport = \x1b1\n", 2, "control"),
        ("not UTF-8", b"[defaults]\n# \xff\n", 2, "UTF-8"),
        ("UTF-16", "[defaults]\n".encode("utf-16"), 1, ""),
        ("long line", "[defaults]\n# " + "x" * 5000 + "\n", 2, "4096"),
        ("megabyte line", "x" * 1000000, 1, "4096"),
        ("a log", healthy_logs()[0], 1, ""),
        ("secret elsewhere", f"[defaults]\n{SECRET}\n", 2, ""),
    )

    def test_a_bad_line_is_named_with_its_number(self):
        for name, content, line, said in self.ROWS:
            for server in ([], ["--server", "EXCH01"]):
                with self.subTest(name, server=server):
                    self.write("bad.conf", content)
                    self.refused(["--config", "bad.conf"] + server + HEALTHY,
                                 f"bad.conf:{line}: ", said)

    def test_an_unknown_server_is_refused_with_the_nearest_name(self):
        self.write("good.conf", self.GOOD)
        self.refused(["--config", "good.conf", "--server", "EXCH02"], "good.conf",
                     "[server EXCH02]", "did you mean EXCH01")

    def test_what_is_no_readable_file_is_refused(self):
        for name, said in OddFiles(self).make():
            with self.subTest(name):
                self.refused(["--config", name, "--server", "A"], name, said)
                self.refused(["--extra-opts=@" + name], name, said)

    def test_a_file_that_is_too_large_is_refused(self):
        with open(self.path("huge"), "wb") as file:
            file.truncate(1 << 32)
        self.refused(["--config", "huge", "--server", "A"], "huge is larger than")

    def test_a_missing_file_is_refused(self):
        self.refused(["--config", "absent"], "absent: No such file")

    @unittest.skipUnless(IS_ROOT, "needs root, to become somebody else")
    def test_an_unreadable_file_is_refused(self):
        self.write("closed.conf", self.GOOD, 0o600)
        self.refused(["--config", "closed.conf"], "closed.conf: Permission denied",
                     program=self.as_nobody())


class ExtraOpts(Case):
    ROWS = text_rows(
        ("no section", "[other]\nhostname = h\n", None, "no section [check_imc]"),
        ("empty", "", None, "no section [check_imc]"),
        ("unknown key", "[check_imc]\nbogus = 1\n", 2, "no option"),
        ("secret as key", f"[check_imc]\n{SECRET} = 1\n", 2, "no option"),
        ("secret as value", f"[check_imc]\nport = {SECRET}\n", 2, "port"),
        ("no equals", f"[check_imc]\n{SECRET}\n", 2, "KEY = VALUE"),
        ("no value", "[check_imc]\nhostname =\n", 2, "needs a value"),
        ("nested", "[check_imc]\nextra-opts = x\n", 2, "extra-opts"),
        ("binary", b"[check_imc]\n\0\n", None, "no text file"),
    )

    def test_a_bad_file_is_named(self):
        for name, content, line, said in self.ROWS:
            with self.subTest(name):
                self.write("x.ini", content)
                where = "x.ini" if line is None else f"x.ini:{line}: "
                self.refused(["--extra-opts=@x.ini"] + HEALTHY, where, said)

    def test_a_missing_file_is_refused(self):
        self.refused(["--extra-opts=@absent"] + HEALTHY, "absent: No such file")


class Credentials(Case):
    ARGUMENTS = ["-H", "127.0.0.1", "-p", "9", "-A"]
    ROWS = text_rows(
        ("unknown key", f"username = m\nsecret = {SECRET}\n", 2, "unknown key"),
        ("no equals", f"{SECRET}\n", 1, "KEY = VALUE"),
        ("repeated", f"password = a\npassword = {SECRET}\n", 2, "once"),
        ("zero byte", f"password = {SECRET}\0\n", 1, "zero byte"),
        ("domain twice", f"username = D\\m\ndomain = D\npassword = {SECRET}\n", None,
         "domain"),
        ("UTF-16", f"username = m\npassword = {SECRET}\n".encode("utf-16"), 1, ""),
        ("too large", "#" * 5000, None, "larger than 4096"),
        ("no account", f"password = {SECRET}\n", None, "username"),
        ("empty", "", None, "username"),
    )
    MODES = (
        (0o604, "open to all users: chmod o="), (0o644, "open to all users"),
        (0o602, "open to all users"), (0o601, "open to all users"),
        (0o666, "open to all users"),
        (0o777, "open to all users"), (0o620, "chmod g-w"), (0o660, "chmod g-w"),
    )

    def test_a_bad_line_is_named_and_its_content_is_not(self):
        for name, content, line, said in self.ROWS:
            with self.subTest(name):
                self.write("bad", content, 0o600)
                where = "bad" if line is None else f"credentials file bad:{line}: "
                self.refused(self.ARGUMENTS + ["bad"], where, said)

    def test_what_others_can_read_or_write_is_refused_with_the_remedy(self):
        for mode, said in self.MODES:
            with self.subTest(oct(mode)):
                os.chmod(self.path("cred"), mode)
                self.refused(self.ARGUMENTS + ["cred"], "credentials file cred", said)

    @unittest.skipUnless(IS_ROOT, "needs root, to give files away")
    def test_a_foreign_owner_or_group_is_refused(self):
        os.chown(self.path("cred"), NOBODY, 0)
        self.refused(self.ARGUMENTS + ["cred"], "belongs to user 65534", "chown 0 cred")
        os.chown(self.path("cred"), 0, 4242)
        os.chmod(self.path("cred"), 0o640)
        self.refused(self.ARGUMENTS + ["cred"], "group 4242", "a user of that group")

    @unittest.skipUnless(IS_ROOT, "needs root, to become somebody else")
    def test_root_0640_works_for_a_member_of_the_group_only(self):
        os.chown(self.path("cred"), 0, NOBODY)
        os.chmod(self.path("cred"), 0o640)
        nobody = self.as_nobody()
        done = self.run_here(self.ARGUMENTS + ["cred"], program=nobody)
        self.assertIn(b"cannot connect", done.stdout)
        os.chown(self.path("cred"), 0, 0)
        self.refused(self.ARGUMENTS + ["cred"], "cred: Permission denied", program=nobody)

    def test_links_are_not_followed(self):
        os.symlink("cred", self.path("link"))
        os.symlink("link", self.path("second"))
        for name in ("link", "second"):
            self.refused(self.ARGUMENTS + [name], f"{name} is a symbolic link")

    def test_what_is_no_file_is_refused(self):
        for name, said in OddFiles(self).make():
            with self.subTest(name):
                self.refused(self.ARGUMENTS + [name], f"credentials file {name}", said)


if __name__ == "__main__":
    unittest.main()

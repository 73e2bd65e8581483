# SPDX-License-Identifier: GPL-3.0-or-later
"""What the programs can do is in their pages and in the shipped configuration, and what
these say the programs can do; README.md says what is so.

tests/unit/test_manual.c compares the pages with the tables of the sources, down to each
argument and default. What the built programs say and take is compared here, and by
test_icinga2_commands.py with what icinga2 understood of the shipped commands.
"""
import pathlib
import re
import subprocess
import tempfile
import unittest

import lab
import pages

SHIPPED = pages.ROOT / "packaging" / "imc-monitor.conf"
# Of the configuration's page: where a section's keys belong, and all there are.
SECTIONS = (("SERVERS", "[defaults]", pages.server_keys),
            ("AGENT", "[agent]", pages.agent_keys))


def uncommented(text):
    """The shipped configuration with all that it shows, as if somebody wanted it all."""
    return re.sub(r"(?m)^#(?=\[|\w+ = )", "", text)


class Manuals(unittest.TestCase):
    def test_options_are_those_of_help(self):
        for program, name in pages.PROGRAMS.items():
            with self.subTest(program):
                known = [one._replace(help=None) for one in pages.options(program)]
                self.assertGreater(len(known), 4)
                self.assertEqual(pages.Page(name).options(), known)

    def test_each_has_examples_and_names_the_others(self):
        for name in pages.ALL:
            page = pages.Page(name)
            with self.subTest(name):
                self.assertTrue(page.examples())
                others = {(other.rsplit(".", 1)[1], other.rsplit(".", 1)[0])
                          for other in pages.ALL if other != name}
                self.assertEqual(others - set(page.see_also()), set())
                self.assertEqual(page.see_also(), sorted(page.see_also()))

    def test_man_finds_them_without_a_complaint(self):
        for name in pages.ALL:
            with self.subTest(name):
                done = subprocess.run(
                    ["man", "--warnings", "-l", pages.MANUALS / name], text=True,
                    capture_output=True, stdin=subprocess.DEVNULL,
                    env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn("SEE ALSO", done.stdout)


class Configuration(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="imc-pages-")
        self.addCleanup(folder.cleanup)
        self.path = pathlib.Path(folder.name) / "imc-monitor.conf"

    def agentd(self, text):
        self.path.write_text(text)
        return subprocess.run([lab.BUILD / "imc-agentd", "-n", "-c", self.path],
                              capture_output=True, text=True, env=lab.environment())

    def test_the_shipped_one_is_valid_as_it_is_and_with_all_that_it_shows(self):
        shipped = SHIPPED.read_text()
        self.assertIn("[defaults]", shipped)
        for name, text in (("as it is", shipped), ("all of it", uncommented(shipped))):
            with self.subTest(name):
                done = self.agentd(text)
                self.assertEqual(done.returncode, 0, done.stderr)
        servers = re.findall(r"^\[server (\S+)\]", self.path.read_text(), re.MULTILINE)
        self.assertIn(f"{len(servers)} servers", done.stdout + done.stderr)

    def test_each_key_that_it_shows_is_in_the_page(self):
        page = pages.Page(pages.CONFIG)
        known = {*page.keys("SERVERS"), *page.keys("AGENT")}
        shown = re.findall(r"^#?(\w+) = ", SHIPPED.read_text(), re.MULTILINE)
        self.assertGreater(len(shown), 15)
        for key in sorted(set(shown)):
            with self.subTest(key):
                self.assertIn(key, known)

    def test_each_key_is_in_the_page_and_known_to_the_agent(self):
        """Known is one whose value alone may be wrong; `colour` shows that it tells."""
        page = pages.Page(pages.CONFIG)
        for section, begin, known in SECTIONS:
            with self.subTest(section):
                self.assertGreater(len(known()), 8)
                self.assertEqual(page.keys(section), known())
            for key in [*known(), "colour"]:
                with self.subTest(section, key=key):
                    done = self.agentd(f"{begin}\n{key} = red\n")
                    is_unknown = f":2: unknown key {key}" in done.stderr
                    self.assertEqual(is_unknown, key == "colour")
                    self.assertIn(done.returncode, (1,) if is_unknown else (0, 1))


class Readme(unittest.TestCase):
    def setUp(self):
        self.text = pages.README.read_text()

    def table(self, head):
        """The rows of the table that begins so, each a list of cells."""
        lines = iter(self.text.splitlines())
        next(line for line in lines if line.startswith(f"| {head} |"))
        next(lines)
        rows = []
        for line in lines:
            if not line.startswith("|"):
                return rows
            rows.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
        return rows

    def test_verdicts_are_those_of_the_manual(self):
        codes = {"ok": "0", "warning": "1", "critical": "2", "unknown": "3"}
        known = pages.Page("check_imc.1").severities()
        listed = {key: row[2] for row in self.table("key")
                  for key in re.findall(r"`([\w-]+)`", row[0])}
        self.assertEqual(set(listed), set(known))
        for key, code in listed.items():
            with self.subTest(key):
                if known[key] in codes:
                    self.assertEqual(code, codes[known[key]])
                else:
                    self.assertIn(",", code)

    def test_paths_and_pages_that_it_names_are_there(self):
        named = set(re.findall(r"(?<![\w/-])(?:packaging|tests|plugin|mibs)"
                               r"/[\w./-]*\w", self.text))
        self.assertGreater(len(named), 15)
        for path in sorted(named):
            with self.subTest(path):
                self.assertTrue((pages.ROOT / path).exists())
        manuals = set(re.findall(r"((?:check_imc|imc-[\w.]+)\(\d\))", self.text))
        self.assertEqual(manuals, {re.sub(r"\.(\d)$", r"(\1)", name)
                                   for name in pages.ALL})

    def test_the_map_has_every_folder(self):
        listed = {row[0].strip("`").rstrip("/") for row in self.table("folder")}
        folders = {f"plugin/{path.name}" for path in (pages.ROOT / "plugin").iterdir()}
        self.assertEqual(folders - listed, set())
        for path in sorted(listed):
            with self.subTest(path):
                self.assertTrue((pages.ROOT / path).is_dir())


if __name__ == "__main__":
    unittest.main()

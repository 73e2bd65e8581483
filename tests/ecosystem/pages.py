# SPDX-License-Identifier: GPL-3.0-or-later
"""What the pages say: the manual pages, --help, README.md, the tables in the sources.

    options("check_imc")                [Option("-H", "--hostname", "HOST", "the…"), …]
    Page("check_imc.1").options()       the same, without help, as the page has them
    Page("check_imc.1").displays()      commands and blocks that stand apart
    Page("check_imc.1").examples()      those of its section EXAMPLES
    readme_examples()                   indented commands and blocks of README.md
"""
import collections
import functools
import re
import subprocess

import lab

ROOT = lab.HERE.parent.parent
MANUALS = ROOT / "packaging" / "man"
README = ROOT / "README.md"
PROGRAMS = {"check_imc": "check_imc.1", "imc-agentd": "imc-agentd.8",
            "imc-start": "imc-start.8", "imc-trap": "imc-trap.8"}
CONFIG = "imc-monitor.conf.5"
ALL = sorted([*PROGRAMS.values(), CONFIG])

Option = collections.namedtuple("Option", "letter name argument help", defaults=(None,))
# An option whose own text is long has its help in the next line, far to the right.
OF_HELP = re.compile(r"^ +(?:(-\w), +)?(--[a-z-]+)(?: (\S+)|\[=(\S+))?"
                     r"(?:(?: {2,}|\n {20,})(\S.*))?$", re.MULTILINE)


@functools.cache
def options(program):
    """Those of --help, in its order; what there is not is None."""
    done = subprocess.run([lab.BUILD / program, "--help"], capture_output=True, text=True,
                          env=lab.environment(), timeout=lab.HANG)
    if done.returncode != (3 if program == "check_imc" else 0):
        raise AssertionError(f"{program} --help: {done}")
    return [Option(letter or None, name, value or (f"[={rest}" if rest else None), text)
            for letter, name, value, rest, text in OF_HELP.findall(done.stdout)]


def keys(file, is_known=lambda rest: True):
    """Keys of a table in plugin/core, as imc-monitor.conf writes them. They are read from
    the C text because no program prints them all: imc-agentd says of one word only that
    it is none."""
    text = (ROOT / "plugin" / "core" / file).read_text()
    table = re.search(r"^static const struct \w+ settings\[\] = \{(.*?)^\};", text,
                      re.DOTALL | re.MULTILINE).group(1)
    rows = re.findall(r'^\t\{"([a-z0-9-]+)",(.*?)\},$', table, re.DOTALL | re.MULTILINE)
    return [name.replace("-", "_") for name, rest in rows if is_known(rest)]


def server_keys():
    """Rows of core/target_settings.c that the configuration may have: the second flag."""
    return keys("target_settings.c",
                lambda rest: re.search(r"(?:true|false), true,", rest))


def agent_keys():
    return keys("agent_settings.c")


class Page:
    """A manual page in mdoc(7)."""

    def __init__(self, name):
        self.name = name
        self.title, self.section = name.rsplit(".", 1)
        self.text = (MANUALS / name).read_text()
        parts = re.split(r"^\.Sh (.*)$", self.text, flags=re.MULTILINE)
        self.sections = dict(zip(parts[1::2], parts[2::2]))

    def options(self):
        """Of every list, so that no option hides in another section."""
        found = re.findall(r"^\.It Fl (?:(\w) , Fl )?-([a-z-]+)(?: (.*))?$", self.text,
                           re.MULTILINE)
        return [Option(f"-{letter}" if letter else None, f"--{name}", argument(rest))
                for letter, name, rest in found]

    def keys(self, section):
        return re.findall(r"^\.It Ic (\w+) = Ar ", self.sections[section], re.MULTILINE)

    def severities(self):
        """{key: the status by default}"""
        return dict(re.findall(r"^\.It Cm (\S+) Ta (.*?) Ta ",
                               self.sections["SEVERITIES"], re.MULTILINE))

    def see_also(self):
        """(section, name) of other pages, in the page's order."""
        return [(section, name) for name, section in re.findall(
            r"^\.Xr (\S+) (\w+)", self.sections["SEE ALSO"], re.MULTILINE)]

    def examples(self):
        return displays(self.sections["EXAMPLES"])

    def displays(self):
        """Those of all sections."""
        return displays(self.text)

def displays(text):
    """Blocks and lines that stand apart, each a text."""
    found, block = [], None
    for line in text.splitlines():
        if line.startswith(".Bd "):
            block = []
        elif line == ".Ed":
            found.append("\n".join(block))
            block = None
        elif block is not None:
            block.append(plain(line))
        elif line.startswith((".Dl ", ".D1 ")):
            found.append(plain(line[4:]))
    return found


def argument(rest):
    """As --help writes what the page has behind an option."""
    if not rest:
        return None
    if rest == "Ns Op = Ns Oo Ar SECTION Oc Ns Op @ Ns Ar FILE":
        return "[=SECTION][@FILE]"
    return rest.removeprefix("Ar ")


def plain(line):
    """A line of a display without roff(7)'s escapes."""
    for escape, text in ((r"\&", ""), (r"\e", "\\"), (r"\-", "-"), (r"\(dq", '"')):
        line = line.replace(escape, text)
    if re.search(r"\\(?![\w. /\\\n\"'$#-]|$)", line):
        raise ValueError(f"an escape that this does not know: {line}")
    return line


def readme_examples():
    """Each indented command of README.md, without the remark behind it, and each block
    of lines that are none."""
    found, block = [], []
    for line in [*README.read_text().splitlines(), ""]:
        if line.startswith("    ") and line.strip():
            block.append(line[4:])
        elif block:
            found += commands(block)
            block = []
    return found


def commands(block):
    """A block that begins with a section or a directive is one example; others are a
    command in each line that is not continued."""
    text = "\n".join(block)
    if re.match(r"\[|authCommunity |define |object |agentX|view |master ", text):
        return [text]
    whole = re.sub(r"\\\n\s*", "", text)
    return [re.sub(r"\s+#.*", "", line) for line in whole.splitlines()]

# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile text from logs and servers cannot break the line, the perfdata or the JSON.

The parser of perfdata here is written after Icinga's rules (lib/icinga/pluginutility.cpp
and lib/base/perfdatavalue.cpp) and stricter; it shares nothing with the program's writer.
"""
import json
import re
import unicodedata
import unittest

import lab
import sandbox
from lab import NTServer

import evt_writer as writer

NOW = 1795000000
AT = "2026-11-18T11:06:40Z"     # NOW
LINE = 160
LIMIT = 1000
SCHEMA = ["schema", "server", "source", "status", "exit_code", "keys", "condition",
          "trigger",
          "text", "advice", "cause", "service", "events_4071", "attempts", "boot_time",
          "clock_skew", "log_reaches_back_to", "log_cleared", "damaged_records",
          "failures",
          "observed_at", "probe_ms"]
INNER = {
    "cause": ["event_id", "text"],
    "service": ["state", "inferred", "start_type", "start_account", "win32_exit",
                "specific_exit", "dependencies"],
    "events_4071": ["count", "first", "last", "last_record"],
    "dependencies": ["name", "state"],
    "attempts": ["time", "record", "event_id", "raw_id", "trigger", "outcome"],
    "failures": ["part", "kind", "stage", "text"],
}
WORDS = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
VERBOSITIES = ([], ["-v"], ["-vv"], ["-vvv"])
HTML_OR_SHELL = set("<>&\"'`$\\")
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Each also as the name of an account, a service, a computer.
HOSTILE = (
    "a|b=1;2;3", "| status=0 'x'=1", "line\nIMC OK - all is well", "line\r\nOK | x=1",
    "\x1b[2J\x1b[31m",
    "\x07\x08\x0b\x0c\x7f\x85\x9b", "\u202egnp.exe\u2066", "\u2028\u2029\u200b\ufeff",
    "<script>alert(1)</script>", "\"><img src=x onerror=y>", "&lt;b&gt;",
    "`id`$(id)${HOME}~root",
    "%n%s%p%99999d", "'; DROP TABLE hosts; --", "\\..\\..\\etc", "::", "'quoted'=5",
    "\ud800", "\udc00\ud800", "a\ud83d", "\uffff\ufffe\ufdd0", "\U0010ffff\U000e0041",
    "\x01",
    "  ", "=", "\u0301" * 50, "\u00e4\u4e16\U0001f600" * 20, "$HOSTNAME$", "OK",
    "x" * 30000,
    "|" * 30000, "\n" * 20000, "\u202e" * 20000, "\ud800" * 30000,
)


class Broken(AssertionError):
    """Output that a monitoring system would misread."""


# --- perfdata -------------------------------------------------------------------------

LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
RANGE = re.compile(r"@?((~|-?[0-9.]+)?:)?(-?[0-9.]+)?")
UNITS = {"", "s", "B", "c", "%"}


def split_metrics(text):
    """One blank between metrics, no quotes: nothing for Icinga to interpret."""
    if text != text.strip() or "  " in text:
        raise Broken(f"blanks in {text!r}")
    return text.split(" ") if text else []


def parse_metric(text):
    """(label, value) of label=value[unit];warn;crit;min;max."""
    label, equals, rest = text.partition("=")
    if not equals or not LABEL.fullmatch(label) or "::" in label:
        raise Broken(f"label of {text!r}")
    value, *limits = rest.split(";")
    number = NUMBER.match(value)
    if number is None or value[number.end():] not in UNITS:
        raise Broken(f"value of {text!r}")
    if len(limits) > 4:
        raise Broken(f"too many fields in {text!r}")
    for limit in limits[:2]:
        if limit and not RANGE.fullmatch(limit):
            raise Broken(f"threshold of {text!r}")
    for limit in limits[2:]:
        if limit and not NUMBER.fullmatch(limit):
            raise Broken(f"bound of {text!r}")
    return label, float(number.group())


def parse_perfdata(text):
    found = {}
    for metric in split_metrics(text):
        label, value = parse_metric(metric)
        if label in found or any(label[:19] == other[:19] for other in found):
            raise Broken(f"label {label} twice")
        found[label] = value
    return found


# --- the whole output -----------------------------------------------------------------

def check_characters(text):
    for character in text:
        if character == "\n":
            continue
        if unicodedata.category(character) in ("Cc", "Cs", "Cf", "Zl", "Zp"):
            raise Broken(f"character {character!r} in {text[:300]!r}")
        if character in BIDI or character in HTML_OR_SHELL:
            raise Broken(f"character {character!r} in {text[:300]!r}")


def parse_output(raw, code, limit=LIMIT):
    """Judges output as Nagios and Icinga do: (first line, perfdata, details)."""
    text = raw.decode("utf-8")          # raises where it is not
    if len(raw) > limit or not text.endswith("\n") or "\n\n" in text:
        raise Broken(f"{len(raw)} bytes of {limit}: {text[:300]!r}")
    check_characters(text)
    first, *details = text[:-1].split("\n")
    if any("|" in line for line in details) or first.count("|") > 1:
        raise Broken(f"a second | in {text[:300]!r}")
    line, bar, perfdata = first.partition(" | ")
    if "|" in line or len(line) > LINE or not line.startswith(f"IMC {WORDS[code]} - "):
        raise Broken(f"first line {line!r}")
    metrics = parse_perfdata(perfdata) if bar else {}
    if metrics.get("status", code) != code:
        raise Broken(f"status {metrics['status']} with exit code {code}")
    return line, metrics, details


def ordered(pairs):
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        raise Broken(f"a name twice in {names}")
    return dict(pairs)


def parse_json(raw, code):
    text = raw.decode("utf-8")
    if text.count("\n") != 1 or not text.endswith("\n"):
        raise Broken("not one line")
    found = json.loads(text, object_pairs_hook=ordered)
    if list(found) != SCHEMA:
        raise Broken(f"keys {list(found)}")
    for name, keys in INNER.items():
        inner = found["service"][name] if name == "dependencies" else found[name]
        for one in inner if isinstance(inner, list) else [inner]:
            if list(one) != keys:
                raise Broken(f"keys {list(one)} in {name}")
    if found["exit_code"] != code or found["status"] != WORDS[code].lower():
        raise Broken(f"exit code {code}, but {found['status']}")
    return found


class Parser(unittest.TestCase):
    """The parser can fail: Icinga's and our own forbidden forms."""
    BAD = ("a=U", "a=nan", "a=inf", "a=1e5", "a=1,5", "a=0x10", "a", "=1", "'a b'=1",
           "a=1kg",
           "a::b=1", "a=1;x", "a=1;;;;;", "a=1;;;a", "a=", "a=1 a=2", "a=1  b=1",
           "a=--1", "\u00e4=1")

    def test_good_metrics_are_read(self):
        self.assertEqual(parse_perfdata("status=2;;;0;3 last=5.25s;10:;@5:6;0 n=0;~:5"),
                         {"status": 2, "last": 5.25, "n": 0})

    def test_bad_metrics_are_not(self):
        for text in self.BAD:
            with self.subTest(text):
                self.assertRaises(Broken, parse_perfdata, text)

    def test_bad_output_is_not(self):
        for text in ("IMC OK - a | b | status=0\n", "IMC OK - a\nb|c=1\n",
                     "IMC OK - a\r\n",
                     "IMC WARNING - a\n", "IMC OK - \u202ea\n", "IMC OK - <b>\n",
                     "IMC OK - a",
                     "IMC OK - a\n\n", "IMC OK - a | status=1\n",
                     "IMC OK - " + "a" * 160 + "\n"):
            with self.subTest(text):
                self.assertRaises(Broken, parse_output, text.encode(), 0)


# --- copied logs ----------------------------------------------------------------------

def raw_text(text):
    """UTF-16 as a broken server may write it."""
    return text.encode("utf-16-le", "surrogatepass")


def hostile_record(number, when, event_id, source="MSExchangeIMC", strings=(),
                   computer="EXCH01",
                   **more):
    """A record whose texts need not be text: they take the place of texts as long."""
    texts = [one for one in (computer, *strings) if one]
    marks = {}
    for i, text in enumerate(texts):
        marks[text] = chr(0xE000 + i) * (len(raw_text(text)) // 2)
    made = writer.record(number, when, event_id, source,
                         [marks.get(one, one) for one in strings],
                         computer=marks.get(computer, computer), **more)
    for text, mark in marks.items():
        made = made.replace(raw_text(mark), raw_text(text))
    return made


def hostile_logs(text):
    """4071 after a boot, and every event whose strings are read, full of that text."""
    strings = (text, text)
    app = [
        hostile_record(1, NOW - 9000, 0x400003E8, strings=strings, computer=text),
        hostile_record(2, NOW - 3500, 0xC0000FE7, strings=strings, computer=text,
                       data=b"\xff|\n"),
        hostile_record(3, NOW - 3400, 0x1000, "DrWatson", (text, "msexcimc.exe " + text)),
        hostile_record(4, NOW - 3300, 0xC0000FF6, strings=strings),
    ]
    name = "Microsoft Exchange Internet Mail Service"
    system = [
        hostile_record(1, NOW - 3600, 0x80001775, "EventLog", strings, computer=text),
        hostile_record(2, NOW - 3490, 0xC0001B70, "Service Control Manager",
                       (name, text)),
        hostile_record(3, NOW - 3480, 0xC0001B77, "Service Control Manager",
                       (name, text, text)),
        hostile_record(4, NOW - 3470, 0xC0001B6F, "Service Control Manager",
                       (text, name)),
    ]
    return writer.log(writer.CLEAN, app), writer.log(writer.CLEAN, system)


class Logs(sandbox.Case):
    def logs(self, text):
        app, system = hostile_logs(text)
        self.write("App.Evt", app)
        self.write("Sys.Evt", system)
        return ["--evt", "App.Evt", "--system-evt", "Sys.Evt", "--at", AT]

    def judged(self, arguments, limit=LIMIT):
        done = self.run_here(arguments)
        self.assertEqual(done.stderr, b"")
        parse = parse_json if "--json" in arguments else parse_output
        if parse is parse_json:
            return done, parse_json(done.stdout, done.returncode)
        return done, parse_output(done.stdout, done.returncode, limit)

    def test_no_text_breaks_the_output(self):
        for text in HOSTILE:
            arguments = self.logs(text)
            for more in VERBOSITIES + (["-vvv", "--max-output", "8000"],):
                with self.subTest(text=text[:20], more=more):
                    done, (line, metrics, _) = self.judged(
                        arguments + more, 8000 if len(more) > 1 else LIMIT)
                    self.assertEqual(done.returncode, 2)
                    self.assertEqual(metrics["events_4071"], 1)
            with self.subTest(text=text[:20], more="json"):
                done, found = self.judged(arguments + ["--json"])
                self.assertEqual((done.returncode, found["events_4071"]["count"]), (2, 1))

    def test_no_text_breaks_the_state_file(self):
        for text in HOSTILE:
            with self.subTest(text=text[:20]):
                arguments = self.logs(text) + ["-H", "EXCH01", "--state-dir", "state",
                                               "--json"]
                self.run_here([], program=["rm", "-rf", "state"])
                self.run_here([], program=["mkdir", "-m", "0700", "state"])
                first, second = (self.judged(arguments)[1] for _ in range(2))
                self.assertNotIn("state-file", first["keys"] + second["keys"])
                self.assertFalse(second["log_cleared"])
                for name in ("keys", "cause", "events_4071", "attempts"):
                    self.assertEqual(first[name], second[name])

    def test_a_hostile_file_name_is_shown_harmless(self):
        app, system = hostile_logs("x")
        for text in HOSTILE:
            name = text.encode("utf-8", "surrogatepass").replace(b"/", b"_")[:200]
            if not name.strip() or re.search(rb"[\x00-\x1f\x7f]", name):
                continue    # refused: test_input
            with self.subTest(text=text[:20]):
                self.write("Sys.Evt", system)
                with open(self.folder.encode() + b"/" + name, "wb") as file:
                    file.write(app)
                done = self.run_here([b"--evt=" + name, "--at", AT, "-vvv"])
                parse_output(done.stdout, done.returncode)
                done = self.run_here([b"--evt=" + name + b".gone", "--at", AT, "--json"])
                parse_json(done.stdout, done.returncode)

    def test_every_limit_is_kept_at_every_verbosity(self):
        arguments = self.logs("<b>\u00e4\u4e16|\U0001f600" * 30)
        whole = {}
        for more in VERBOSITIES:
            _, whole[tuple(more)] = self.judged(arguments + more + ["--max-output",
                                                                    "9000"], 9000)
        for limit in range(1, 1201):
            with self.subTest(limit=limit):
                more = VERBOSITIES[limit % 4]
                done = self.run_here(arguments + more + ["--max-output", str(limit)])
                if limit < 200:
                    self.assertEqual(done.returncode, 3)
                    self.assertIn(b"--max-output: ", done.stdout)
                    parse_output(done.stdout, 3)
                    continue
                line, metrics, details = parse_output(done.stdout, done.returncode, limit)
                best_line, best_metrics, best_details = whole[tuple(more)]
                self.assertEqual(line, best_line)
                self.assertEqual(list(metrics), list(best_metrics)[:len(metrics)])
                for found, best in zip(details, best_details):
                    cut = found.removesuffix("...") if found != best else found
                    self.assertTrue(best.startswith(cut), (found, best))

    def test_perfdata_can_be_left_out(self):
        for more in VERBOSITIES:
            with self.subTest(more):
                done = self.run_here(self.logs("a|b") + more + ["--no-perfdata"])
                self.assertNotIn(b"|", done.stdout)
                parse_output(done.stdout, done.returncode)

    def test_thresholds_read_back(self):
        for text in ("5", "0:5", "1:", "~:5", "@2:7", "-5:-1", "0.25", "@0:0", "~:0"):
            with self.subTest(text):
                _, (_, metrics, _) = self.judged(self.logs("x") + ["-w", text, "-c",
                                                                   text])
                self.assertEqual(metrics["events_4071"], 1)


# --- the NT lab -----------------------------------------------------------------------

def hostile_scenario(text):
    """The service is down; everything that has a name is named so. `/` ends a dependency
    on the wire, and Samba does not log on to a server whose own name is no UTF-16."""
    name = "Microsoft Exchange Internet Mail Service"
    short = text[:200].replace("/", "_") or "x"
    own = "".join(one for one in short if not "\ud800" <= one <= "\udfff") or "x"
    return lab.scenario(
        "active-automatic", computer=own,
        service={"name": "MSExchangeIMC", "display_name": text, "state": "stopped",
                 "start_type": "automatic", "account": text,
                 "depends_on": [short, "Tcpip"],
                 "path": text, "win32_exit": 1068},
        services=[{"name": short, "display_name": text, "state": "stopped"}],
        application_log=[
            {"at": "-5h", "id": "0x400003E8", "strings": [text], "computer": text},
            {"at": "-2h59m", "id": "0xC0000FE7", "type": "error", "strings": [text] * 3,
             "computer": text},
            {"at": "-2h58m", "id": "0x1000", "source": "DrWatson",
             "strings": ["msexcimc.exe " + text]},
            {"at": "-1h", "id": 7, "source": text[:500] or "x", "strings": [text]}],
        system_log=[
            {"at": "-3h", "source": "EventLog", "id": "0x80001775", "computer": text},
            {"at": "-2h58m", "source": "Service Control Manager", "id": "0xC0001B77",
             "strings": [name, text]}])


class Server(unittest.TestCase):
    def test_no_text_from_a_server_breaks_the_output(self):
        with lab.Folder() as folder:
            credentials = folder.credentials()
            for text in HOSTILE:
                with NTServer(hostile_scenario(text)) as server:
                    for more in VERBOSITIES + (["--json"],
                                               ["-vvv", "--max-output", "8000"]):
                        with self.subTest(text=text[:20], more=more):
                            self.judge(lab.check(server.port, credentials, *more), more)

    def judge(self, done, more):
        self.assertEqual((done.code, done.err), (2, ""))
        raw = done.out.encode()
        if "--json" in more:
            found = parse_json(raw, done.code)
            self.assertEqual(found["events_4071"]["count"], 1)
            return
        _, metrics, _ = parse_output(raw, done.code, 8000 if len(more) > 1 else LIMIT)
        self.assertEqual(metrics["events_4071"], 1)


if __name__ == "__main__":
    unittest.main()

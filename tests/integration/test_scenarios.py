# SPDX-License-Identifier: GPL-3.0-or-later
"""Every scenario of the NT lab, over SMB1 and over SMB2: the verdict, its words, and what
was asked of the server."""
import unittest

import lab

PATIENCE = 2        # s, where the server hangs
# Design section 4: the calls of a reader, with the access masks that it may ask for.
ALLOWED = {
    "svcctl": {0: {None}, 6: {None}, 15: {0x0001}, 16: {0x0005, 0x0004}, 17: {None}},
    "eventlog": {2: {None}, 4: {None}, 5: {None}, 7: {None}, 10: {None}},
    "srvsvc": {28: {None}},
}
WORDS = {"ok": "OK", "warning": "WARNING", "critical": "CRITICAL", "unknown": "UNKNOWN"}
LINE_LENGTH = 160
OUTPUT_LENGTH = 1000


def hangs(scenario):
    return any(fault["do"] in ("hang", "blackhole")
               for fault in scenario.get("faults", ()))


def is_for_smb1_only(scenario):
    return "security" in scenario or "signing" in scenario


class Row:
    """A scenario as a server of one protocol plays it."""

    def __init__(self, name, protocol, is_json):
        self.name, self.protocol, self.is_json = name, protocol, is_json
        self.scenario = lab.scenario(name, protocol=protocol)
        self.expect = self.scenario["expect"]
        self.done = self.server = None

    def play(self, credentials):
        options = list(self.expect.get("options", ()))
        if hangs(self.scenario):
            options += ["-t", PATIENCE]
        if self.is_json:
            options += ["--json"]
        self.done, self.server = lab.check_scenario(self.scenario, credentials, *options)


def rows():
    """All of SMB1, all of SMB2, and each once more for the plain text."""
    for path in sorted(lab.SCENARIOS.glob("*.json")):
        scenario = lab.load_scenario(path)
        yield Row(path.stem, "smb1", is_json=True)
        if not is_for_smb1_only(scenario):
            yield Row(path.stem, "smb2", is_json=True)
        yield Row(path.stem, scenario.get("protocol", "smb1"), is_json=False)


class Scenarios(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.rows = list(rows())
        with lab.Folder() as folder:
            credentials = folder.credentials()
            lab.in_parallel(lambda row: row.play(credentials), cls.rows)

    def verdict_of(self, row):
        """What check_imc says, in the shape of the scenario's "expect"."""
        told, expect = row.done.json, row.expect
        found = {key: told[key] for key in ("status", "keys", "condition", "trigger")}
        if "cause" in expect:
            found["cause"] = told["cause"]["event_id"]
        if "dependency_down" in expect:
            found["dependency_down"] = [one["name"] for one in
                                        told["service"]["dependencies"]
                                        if one["state"] not in ("running", None)]
        if "failures" in expect:
            found["failures"] = {one["part"]: one["kind"] for one in told["failures"]}
        return found

    def assert_verdict(self, row):
        self.assertEqual(row.done.err, "", row.done)
        expected = {key: value for key, value in row.expect.items() if key != "options"}
        self.assertEqual(self.verdict_of(row), expected, row.done)
        self.assertEqual(row.done.code, lab.EXIT_CODES[row.expect["status"]], row.done)
        self.assertEqual(row.done.json["exit_code"], row.done.code, row.done)

    def assert_protocol(self, protocol):
        for row in self.rows:
            if row.is_json and row.protocol == protocol:
                with self.subTest(row.name, protocol=protocol):
                    self.assert_verdict(row)

    def test_verdicts_over_smb1(self):
        self.assert_protocol("smb1")

    def test_verdicts_over_smb2(self):
        self.assert_protocol("smb2")

    def test_first_line_stands_alone(self):
        for row in self.rows:
            if row.is_json:
                continue
            with self.subTest(row.name):
                status = row.expect["status"]
                self.assertEqual(row.done.code, lab.EXIT_CODES[status], row.done)
                self.assertRegex(row.done.line, rf"^IMC {WORDS[status]} - {lab.HOST}: \S")
                self.assertLessEqual(len(row.done.line), LINE_LENGTH, row.done)
                self.assertLessEqual(len(row.done.out.encode()), OUTPUT_LENGTH, row.done)
                self.assertIn(f" | status={row.done.code};", row.done.out.split("\n")[0])
                self.assertEqual(row.done.err, "", row.done)

    def test_only_the_calls_of_a_reader_are_made(self):
        for row in self.rows:
            with self.subTest(row.name, protocol=row.protocol, json=row.is_json):
                made = {(call["pipe"], call["opnum"], call["access"])
                        for call in row.server.calls}
                self.assertEqual(set(), {
                    (pipe, opnum, access) for pipe, opnum, access in made
                    if access not in ALLOWED.get(pipe, {}).get(opnum, ())})

    def test_a_refused_logon_is_not_repeated(self):
        for row in self.rows:
            with self.subTest(row.name, protocol=row.protocol, json=row.is_json):
                logons = row.server.logons
                refused = [number for number, one in enumerate(logons) if one["status"]]
                self.assertIn(refused, ([], [len(logons) - 1]), logons)
                self.assertLessEqual({one["version"] for one in logons}, {"v2"})


if __name__ == "__main__":
    unittest.main()

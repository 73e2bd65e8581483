# SPDX-License-Identifier: GPL-3.0-or-later
"""The evt source reads what evtexport (libevt) reads.

Where the two differ on purpose:
* libevt stops at the filled tail of a wrapped log: what is before it is missing there;
* libevt adds what it can recover from the gap ("recovered"); not asked for here.
"""
import calendar
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "data"))

import evt_writer as writer  # noqa: E402

BUILD = os.environ.get("IMC_BUILD", os.path.join(HERE, "..", "..", "build"))
EVT_LIST = os.path.join(BUILD, "evt_list")
CHECK = os.path.join(BUILD, "check_imc")
CORPUS = os.environ.get("IMC_CORPUS")
NOW = 1700000000


def ours(path):
    """Records oldest first as (number, time, id, source), and the count of damage."""
    lines = subprocess.run([EVT_LIST, path], capture_output=True, text=True,
                           check=True).stdout.splitlines()
    damaged = int(lines.pop().split()[1])
    found = []
    for line in reversed(lines):
        number, when, event_id, source = line.split(" ", 3)
        found.append((int(number), int(when), int(event_id, 16), source))
    return found, damaged


def theirs(path):
    text = subprocess.run(["evtexport", path], capture_output=True, text=True).stdout
    found = []
    for block in text.split("Event number")[1:]:
        fields = dict(re.findall(r"^([A-Z][a-z ]+?)\s*: (.*)$", block, re.M))
        when = time.strptime(fields["Creation time"], "%b %d, %Y %H:%M:%S UTC")
        number = int(re.match(r"\s*: (\d+)", block).group(1))
        event_id = int(fields["Event identifier"].split()[0], 16)
        found.append((number, calendar.timegm(when), event_id, fields["Source name"]))
    return sorted(found)


def str_of(moment):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))


def piped(command):
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True).stdout


@unittest.skipUnless(shutil.which("evtexport"), "libevt-utils is not installed")
class Agreement(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, data):
        path = os.path.join(self.folder.name, "AppEvent.Evt")
        with open(path, "wb") as file:
            file.write(data)
        return path

    def made(self, records):
        return sorted((writer.number_of(one), int.from_bytes(one[12:16], "little"),
                       int.from_bytes(one[20:24], "little"),
                       one[56:].decode("utf-16-le", "replace").split("\0")[0])
                      for one in records)

    def test_real_files_read_as_evtexport_reads_them(self):
        if not CORPUS:
            self.skipTest("IMC_CORPUS is not set")
        folder = os.path.join(CORPUS, "evt")
        for name in sorted(os.listdir(folder)):
            with self.subTest(name):
                found, damaged = ours(os.path.join(folder, name))
                self.assertEqual(damaged, 0)
                self.assertEqual(found, theirs(os.path.join(folder, name)))

    def test_made_files_read_as_evtexport_reads_them(self):
        for kind in writer.KINDS:
            for count in (1, 2, 7, 50):
                records = writer.application(count, NOW, first=900)
                with self.subTest(kind=kind, count=count):
                    path = self.write(writer.log(kind, records))
                    found, damaged = ours(path)
                    self.assertEqual(damaged, 0)
                    expected = [] if kind == writer.EMPTY else self.made(records)
                    self.assertEqual(found, expected)
                    if kind == writer.FILLED and count > 1:
                        self.assertEqual(set(theirs(path)) - set(found), set())
                    else:
                        self.assertEqual(found, theirs(path))

    def test_a_record_may_be_cut_at_every_dword(self):
        records = writer.application(9, NOW)
        for cut in range(writer.FIXED, len(records[4]), 4):
            with self.subTest(cut=cut):
                path = self.write(writer.log(writer.SPLIT, records, split_at=cut))
                self.assertEqual(ours(path), (self.made(records), 0))

    def test_a_tail_may_be_filled_with_up_to_thirteen_dwords(self):
        records = writer.application(9, NOW)
        for dwords in range(14):
            with self.subTest(dwords=dwords):
                path = self.write(writer.log(writer.FILLED, records, fill_dwords=dwords))
                self.assertEqual(ours(path), (self.made(records), 0))

    def test_a_large_file_holds_as_many_failures_as_evtexport_finds(self):
        path = os.path.join(self.folder.name, "big.evt")
        count = writer.write_big(path, 4 * 1000 * 1000, NOW)
        found, damaged = ours(path)
        expected = theirs(path)
        self.assertEqual((len(found), damaged), (count, 0))
        self.assertEqual(found, expected)
        self.assertEqual(sum(one[2] & 0xFFFF == 4071 for one in found), count // 1000)

    def failures_of(self, path, moment):
        """What check_imc makes of the log: (count of 4071, newest record of one)."""
        done = subprocess.run(
            [CHECK, "--evt", path, "--at", str_of(moment), "--lookback", "366d",
             "--json"], capture_output=True, text=True)
        told = json.loads(done.stdout)["events_4071"]
        return told["count"], told["last_record"]

    def expect_failures(self, path, moment):
        failures = [one[0] for one in theirs(path) if one[2] & 0xFFFF == 4071
                    and one[3].lower() == "msexchangeimc"]
        newest = failures[-1] if failures else None
        self.assertEqual(self.failures_of(path, moment), (len(failures), newest))

    def test_check_imc_counts_the_failures_that_evtexport_shows(self):
        for kind in (writer.CLEAN, writer.DIRTY, writer.SPLIT, writer.EMPTY):
            with self.subTest(kind=kind):
                records = writer.application(50, NOW, first=900)
                self.expect_failures(self.write(writer.log(kind, records)), NOW)
        for name in sorted(os.listdir(os.path.join(CORPUS, "evt")) if CORPUS else []):
            with self.subTest(name):
                self.expect_failures(os.path.join(CORPUS, "evt", name), NOW)

    def test_a_hundred_megabytes_hold_the_same_numbers_and_ids(self):
        path = os.path.join(self.folder.name, "huge.evt")
        count = writer.write_big(path, 100 * 1000 * 1000, NOW)
        found = piped(f"'{EVT_LIST}' '{path}' | awk '{{ print $1, tolower($3) }}' | tac")
        damaged, _, found = found.partition("\n")
        self.assertEqual(damaged, "damaged ")
        expected = piped(
            f"evtexport '{path}' | grep -aE '^Event (number|identifier)' |"
            """ awk '/number/ { number = $4 } /identifier/ { print number, $4 }'""")
        self.assertEqual(found.count("\n"), count)
        self.assertTrue(found.replace("0x", "") == expected.replace("0x", ""))
        self.assertEqual(self.failures_of(path, NOW)[0], count // 1000)


if __name__ == "__main__":
    unittest.main()

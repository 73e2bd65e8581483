# SPDX-License-Identifier: GPL-3.0-or-later
"""Every scenario of the NT lab: the row of imcServerTable says what check_imc says of a
server of the same kind, both without a memory."""
import calendar
import re
import shutil
import time
import unittest

import agentd
import lab
from agentd import CONDITIONS, START_TYPES, STATES, STATUSES, TRIGGERS

TOLERANCE = 3       # s, between the loading of two servers, and the asking of them
SLOW = 10           # s, that a busy lab may take to tell its time
SNMP_ADMIN_STRING = 255
HOSTS = 4           # processes that play servers
CHECKS = 4          # at once
# "2h 5m", "3 s ago": these grow while one of the two waits for the other.
AGE = re.compile(r"\b\d+(?:\.\d+)? ?(?:s|ms|min|m|h|d|seconds?|minutes?|hours?|days?)\b")
ADDRESS = re.compile(r"127\.0\.0\.1:\d+|port \d+")


def seconds(text):
    """Of ISO 8601."""
    return None if text is None else calendar.timegm(
        time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


def masked(text):
    return None if text is None else ADDRESS.sub("ADDRESS", AGE.sub("AGE", text))


def disturbs_others(scenario):
    """Does it refuse its account, or keep a logon waiting? Then it has one of its own."""
    at_logon = ("accept", "negotiate", "session-setup", "tree-connect")
    return scenario["users"] != {lab.USER: lab.PASSWORD} or any(
        fault["at"] in at_logon for fault in scenario.get("faults", ()))


def plain(row, name):
    return row.get(name)


def named(table):
    """A number as the word that check_imc has for it; none: not known."""
    def get(row, name):
        return table[row[name]]
    return get


def truth(row, name):
    return row[name] == 1 if row["ServiceState"] != 9 else None


# A column, how its value becomes that of check_imc's JSON, and where that is.
SAME = (
    ("Status", named(STATUSES), lambda told: told["status"]),
    ("Keys", plain, lambda told: ",".join(told["keys"])),
    ("Source", plain, lambda told: told["source"]),
    ("Condition", named(CONDITIONS), lambda told: told["condition"]),
    ("Trigger", named(TRIGGERS), lambda told: told["trigger"]),
    ("ServiceState", named(STATES), lambda told: told["service"]["state"]),
    ("StateInferred", truth, lambda told: told["service"]["inferred"]),
    ("StartType", named(START_TYPES), lambda told: told["service"]["start_type"]),
    ("StartAccount", plain, lambda told: told["service"]["start_account"]),
    ("Win32ExitCode", plain, lambda told: told["service"]["win32_exit"]),
    ("SpecificExitCode", plain, lambda told: told["service"]["specific_exit"]),
    ("Events4071", plain, lambda told: told["events_4071"]["count"]),
    ("Last4071Record", plain, lambda told: told["events_4071"]["last_record"]),
    ("CauseEvent", plain, lambda told: told["cause"]["event_id"]),
    ("DamagedRecords", plain, lambda told: told["damaged_records"]),
)
TIMES = (
    ("Last4071Time", TOLERANCE, lambda told: told["events_4071"]["last"]),
    ("BootTime", TOLERANCE, lambda told: told["boot_time"]),
    # A big log is read back to the horizon, which moves between the two.
    ("LogReachesBackTo", agentd.PATIENCE, lambda told: told["log_reaches_back_to"]),
)
KINDS = ("none", "usage", "timeout", "refused", "logon", "denied", "protocol",
         "unsupported", "absent", "damaged", "system")


class Rows(agentd.Case):
    def setUp(self):
        super().setUp()
        self.scenarios = {path.stem[-32:]: lab.load_scenario(path)
                          for path in sorted(lab.SCENARIOS.glob("*.json"))}
        self.credentials()
        self.hosts = [self.lab_servers() for _ in range(HOSTS)]

    def ports(self, names):
        """Servers of these scenarios."""
        return {name: self.hosts[number % HOSTS].start(name, self.scenarios[name])
                for number, name in enumerate(names)}

    def twins(self):
        """Two servers of each scenario, as old as each other."""
        ports = {}, {}
        for number, (name, scenario) in enumerate(self.scenarios.items()):
            for which in (0, 1):
                host = self.hosts[number % HOSTS]
                ports[which][name] = host.start(f"{name} {which}", scenario)
        return ports

    def sections(self, ports):
        found = {}
        for name, port in ports.items():
            path = self.folder / "credentials"
            if disturbs_others(self.scenarios[name]):
                path = self.credentials(f"account-{name}", domain=name[:15].upper())
            found[name] = {"address": lab.HOST, "port": port, "credentials": path}
            options = self.scenarios[name]["expect"].get("options", [])
            for option, value in zip(options[::2], options[1::2]):
                key = {"-w": "warning", "-c": "critical"}[option]
                found[name][key] = value
        return found

    def check_all(self, ports, state_dir):
        """What check_imc says of each, as JSON."""
        path = self.folder / "check.conf"
        path.write_text(agentd.configuration(self.sections(ports), {}, {}))

        def one(name):
            done = lab.run("--config", path, "--server", name, "--state-dir", state_dir,
                           "--json")
            self.assertEqual(done.err, "", done)
            return name, done.json

        return dict(lab.in_parallel(one, ports, CHECKS))

    def state_dir(self):
        path = self.folder / "state-of-check"
        path.mkdir(mode=0o700, exist_ok=True)
        return path

    def test_each_row_says_what_check_imc_says(self):
        theirs, ours = self.twins()
        self.configure(self.sections(ours), defaults={"retries": 0})
        self.agent.start()
        told = self.check_all(theirs, self.state_dir())
        self.wait_for("all servers have a verdict",
                      lambda: len(self.column("Keys")) == len(self.scenarios))
        rows, events = self.rows(), self.events()
        for name in self.scenarios:
            with self.subTest(name):
                self.assert_same(rows[name], told[name])
                self.assert_polling(rows[name], told[name])
                self.assert_events(events.get(name, []), told[name])

    def assert_same(self, row, told):
        for column, get, wanted in SAME:
            value = wanted(told)
            if column == "SpecificExitCode" and told["service"]["win32_exit"] != 1066:
                value = None    # it means nothing then
            if column == "DamagedRecords" and told["events_4071"]["count"] is None:
                value = None    # of a log that was not read
            self.assertEqual(get(row, column), value, (column, row, told))
        self.assert_text(row["StatusText"], told["text"])
        self.assertEqual(row.get("Advice"), told["advice"])
        for column, within, wanted in TIMES:
            self.assert_near(row.get(column), seconds(wanted(told)), column, within)
        skew = told["clock_skew"]
        if skew is None:
            self.assertIsNone(row.get("ClockSkew"))
        else:
            self.assertLessEqual(abs(row["ClockSkew"] - skew), SLOW)

    def assert_text(self, text, wanted):
        """An SnmpAdminString has 255 bytes at most: a longer text is cut, and says so."""
        if wanted is not None and len(wanted.encode()) > SNMP_ADMIN_STRING:
            self.assertTrue(text.endswith("..."), text)
            text = text.removesuffix("...")
            self.assertGreater(len(text.encode()), SNMP_ADMIN_STRING - 16)
            wanted = wanted[:len(text)]
        self.assertEqual(masked(text), masked(wanted))

    def assert_near(self, value, wanted, what, within=TOLERANCE):
        if value is None or wanted is None:
            self.assertEqual(value, wanted, what)
        else:
            self.assertLessEqual(abs(value - wanted), within, what)

    def assert_polling(self, row, told):
        """A poll that learned nothing says why; one that learned something, when."""
        is_unreachable = "unreachable" in told["keys"]
        self.assertEqual("LastPollTime" in row, not is_unreachable, row)
        self.assertEqual(row["FailedPolls"], int(is_unreachable), row)
        kind, text = 0, ""
        if is_unreachable:
            kind = KINDS.index(told["failures"][0]["kind"])
            text = told["failures"][0]["text"]
        self.assertEqual(row["FailureKind"], kind, row)
        self.assert_text(row["FailureText"], text)
        self.assertTrue(is_unreachable or row["SmbLevel"], row)

    def assert_events(self, events, told):
        """The failed attempts, the newest of them."""
        failed = [one for one in told["attempts"] if one["outcome"] == "failed"][-16:]
        self.assertEqual([(one["Id"], TRIGGERS[one["Trigger"]]) for one in events],
                         [(one["raw_id"], one["trigger"]) for one in failed],
                         (events, failed))
        for event, attempt in zip(events, failed):
            self.assertEqual(event["Record"], attempt["record"])
            self.assert_near(event["Time"], seconds(attempt["time"]), "event's time")
            self.assertTrue(event["Text"])

    def test_check_imc_goes_on_where_imc_agentd_stopped(self):
        """One format of state files: with those of imc-agentd the verdict is the same."""
        chosen = ["running", "active-automatic", "recovered-automatic", "stopped-clean",
                  "pending-start", "log-short", "running-smb2"]
        ports = self.ports(chosen)
        self.serve(self.sections(ports), defaults={"retries": 0})
        self.wait_for("verdicts", lambda: len(self.column("Keys")) == len(chosen))
        rows = self.rows()
        self.agent.stop()
        copy = self.folder / "copy"
        shutil.copytree(self.state, copy)
        told = self.check_all(ports, copy)
        for name in chosen:
            with self.subTest(name):
                self.assertTrue(list(copy.glob(f"{name}*.state")))
                self.assertEqual(",".join(told[name]["keys"]), rows[name]["Keys"])
                self.assertEqual(masked(told[name]["text"]),
                                 masked(rows[name]["StatusText"]))


load_tests = agentd.concurrently

if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios: JSON objects that say what a server is like."""

import json
import threading

STATES = {"stopped": 1, "start-pending": 2, "stop-pending": 3, "running": 4,
          "continue-pending": 5, "pause-pending": 6, "paused": 7}
START_TYPES = {"boot": 0, "system": 1, "automatic": 2, "manual": 3, "disabled": 4}
ACCEPT_STOP_AND_SHUTDOWN = 5

KEYS = {"about", "computer", "protocol", "security", "ntlm", "signing", "users",
        "clock_skew", "service", "services", "application_log", "system_log",
        "first_record", "start", "faults", "expect", "records"}
SERVICE = {"name": "MSExchangeIMC",
           "display_name": "Microsoft Exchange Internet Mail Service",
           "state": "running", "start_type": "automatic", "win32_exit": 0,
           "specific_exit": 0, "check_point": 0, "check_point_moves": False,
           "wait_hint": 0, "account": "LocalSystem", "depends_on": [],
           "path": r"C:\exchsrvr\connect\msexcimc\bin\msexcimc.exe",
           "state_sequence": None}


def load_scenario(source):
    """A scenario from a file name, or a checked copy of one that is a dict already."""
    if isinstance(source, dict):
        scenario = json.loads(json.dumps(source))
    else:
        with open(source, encoding="utf-8") as file:
            scenario = json.load(file)
    unknown = set(scenario) - KEYS
    if unknown:
        raise ValueError(f"scenario: unknown keys {sorted(unknown)}")
    if scenario.get("protocol", "smb1") not in ("smb1", "smb2"):
        raise ValueError(f"scenario: protocol {scenario['protocol']!r}")
    return scenario


class Service:
    """One service as the service control manager knows it."""

    def __init__(self, fields):
        self._lock = threading.Lock()
        self._fields = dict(SERVICE)
        self._steps = []
        self._queries = 0
        self.change(**fields)

    def change(self, **fields):
        unknown = set(fields) - set(SERVICE)
        if unknown:
            raise ValueError(f"service: unknown keys {sorted(unknown)}")
        with self._lock:
            self._fields.update(fields)
            if fields.get("state_sequence"):
                self._steps = list(fields["state_sequence"])
            elif "state" in fields:
                self._steps = []
            if self._fields["state"] not in STATES:
                raise ValueError(f"service: state {self._fields['state']!r}")

    @property
    def name(self):
        return self._fields["name"]

    @property
    def state(self):
        return self._fields["state"]

    @property
    def start_type(self):
        return START_TYPES[self._fields["start_type"]]

    def next_status(self):
        """SERVICE_STATUS after its type; each call is one step of a state sequence."""
        with self._lock:
            if self._steps:
                step = self._steps.pop(0)
                self._fields.update({"state": step} if isinstance(step, str) else step)
            fields = self._fields
            state = STATES[fields["state"]]
            point = fields["check_point"]
            if fields["check_point_moves"]:
                point += self._queries
                self._queries += 1
            controls = ACCEPT_STOP_AND_SHUTDOWN if state in (4, 7) else 0
            return (state, controls, fields["win32_exit"], fields["specific_exit"], point,
                    fields["wait_hint"])

    def config_texts(self):
        """Path, load order group, dependencies, account, display name."""
        with self._lock:
            fields = self._fields
            # The wire has one string: NT joins the names with slashes.
            return (fields["path"], "", "/".join(fields["depends_on"]), fields["account"],
                    fields["display_name"])

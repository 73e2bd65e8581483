# SPDX-License-Identifier: GPL-3.0-or-later
"""RFC 2788: a manager that knows only applTable sees the service go down and up. Its
numbers are written here as that RFC has them, nothing is taken from our own MIB."""
import unittest

import agentd
import lab
from snmp_wire import oid

APPL_ENTRY = oid("1.3.6.1.2.1.27.1.1")
NAME, OPER_STATUS = 2, 6
UP, DOWN, HALTED, CONGESTED, RESTARTING, QUIESCING = range(1, 7)
STATES = (
    ("running", UP), ("stopped", DOWN), ("paused", HALTED),
    ("start-pending", RESTARTING), ("continue-pending", RESTARTING),
    ("stop-pending", QUIESCING), ("pause-pending", QUIESCING),
)


class Appl(agentd.Case):
    def column_of_appl(self, number):
        """{applIndex: value}"""
        root = APPL_ENTRY + (number,)
        return {one[-1]: value for one, value in self.manager.walk(root)}

    def statuses(self):
        """{server: applOperStatus}, none where it has no value."""
        found = self.column_of_appl(OPER_STATUS)
        return {name.decode().removeprefix("MSExchangeIMC on "): found.get(index)
                for index, name in self.column_of_appl(NAME).items()}

    def start(self, servers, **defaults):
        self.serve(servers, agent={"appl_table": "yes"}, defaults=defaults)

    def test_the_service_goes_down_and_up(self):
        one = self.logs()
        self.start({"EXCH01": one.section()}, interval=10)
        self.wait_for("it is up", lambda: self.statuses() == {"EXCH01": UP})
        one.fail()
        self.wait_for("it is down", lambda: self.statuses() == {"EXCH01": DOWN})
        one.recover()
        self.wait_for("it is up again", lambda: self.statuses() == {"EXCH01": UP})

    def test_each_state_has_its_number_and_what_is_not_known_has_none(self):
        host = self.lab_servers()
        self.credentials()
        scenarios = {state: lab.scenario("running", service={"state": state})
                     for state, _ in STATES}
        scenarios["absent"] = lab.scenario("absent")
        scenarios["unknown"] = lab.scenario("denied-manager")
        scenarios["unreachable"] = lab.scenario("unreachable-refused")
        self.start({name: {"address": lab.HOST, "port": host.start(name, one),
                           "credentials": self.folder / "credentials"}
                    for name, one in scenarios.items()}, retries=0)
        wanted = {**dict(STATES), "absent": DOWN, "unknown": None, "unreachable": None}
        self.wait_for("all have a verdict",
                      lambda: len(self.column("Keys")) == len(scenarios))
        self.assertEqual(self.statuses(), wanted)

    def test_an_index_is_kept_and_never_given_away(self):
        one = self.logs()
        section = one.section()
        self.start({"A": section, "B": section})
        before = self.indices()
        self.assertEqual(set(before), {"A", "B"})
        for servers in ({"B": section}, {"B": section, "C": section},
                        {"A": section, "B": section, "C": section}):
            self.configure(servers, agent={"appl_table": "yes"})
            self.agent.reload()
            self.wait_for("the rows are those", lambda: set(self.indices()) ==
                          set(servers))
            for name, index in self.indices().items():
                self.assertEqual(index, before.setdefault(name, index), name)
        self.assertEqual(len(set(before.values())), 3, before)
        self.agent.kill()
        self.agent.start()
        self.wait_for("they are kept", lambda: self.indices() == before)

    def indices(self):
        return {name.decode().removeprefix("MSExchangeIMC on "): index
                for index, name in self.column_of_appl(NAME).items()}

    def test_there_are_no_rows_unless_asked_for(self):
        self.serve({"A": self.logs().section()})
        self.assertEqual(self.manager.walk(APPL_ENTRY), [])


load_tests = agentd.concurrently

if __name__ == "__main__":
    unittest.main()

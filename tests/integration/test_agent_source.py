# SPDX-License-Identifier: GPL-3.0-or-later
"""The source "agent": check_imc and a central imc-agentd say of a server what the far
imc-agentd says of it, and what check_imc says that asks the server itself."""
import os
import re
import socket
import time

import agentd
import lab
import made_agent
from agentd import CONDITIONS, STATUSES, TRIGGERS
from made_agent import START, WELL, gauge, integer, text

AGE = re.compile(r"just now|\b\d+(?:\.\d+)? ?[smhd](?: \d+[smhd])?(?: (?:ago|old))?\b")
UNKNOWN = 3
HOUR, DAY = 3600, 86400
MOST_STARTS = 16                # of a server, says the MIB
UNFRAGMENTED = 1400             # octets of an answer, wherever the way leads through
OF_A_USER = 220                 # more of them with SNMPv3: its engine, name and keys
# What of the two JSON objects is about the asking, or is not in the MIB.
ASKING = ("server", "source", "observed_at", "probe_ms", "failures", "attempts", "cause")


def masked(words):
    return AGE.sub("AGE", words)


def essence(told):
    """What must be equal in what check_imc says of a server, asked directly or not."""
    found = {name: value for name, value in told.items() if name not in ASKING}
    found["text"] = masked(told["text"])
    found["event"] = told["cause"]["event_id"]
    found["parts"] = sorted(one["part"] for one in told["failures"])
    found["starts"] = [(one["record"], one["raw_id"], one["trigger"])
                       for one in told["attempts"] if one["outcome"] == "failed"]
    return found


class AgentCase(agentd.Case):
    """check_imc asks through the source agent."""

    def setUp(self):
        super().setUp()
        self.community = self.folder / "community"
        self.community.touch(mode=0o600)
        self.community.write_text("community = public\n")

    def far(self, name, port=None, **more):
        """A section that names the row of a far imc-agentd."""
        return {"source": "agent", "address": lab.HOST, "remote_server": name,
                "port": port or self.snmpd.port, "credentials": self.community, **more}

    def check(self, sections, server, *options):
        path = self.folder / f"check-{server}.conf"
        path.write_text(agentd.configuration(sections, {}, {}))
        done = lab.run("--config", path, "--server", server, *options)
        self.assertEqual(done.err, "", done)
        return done

    def ask(self, name, *options, port=None, **more):
        """What check_imc says of a row."""
        return self.check({name: self.far(name, port, **more)}, name, *options)

    def assert_unknown(self, done, *words):
        self.assertEqual(done.code, UNKNOWN, done)
        for one in words:
            self.assertIn(one, done.out)


class Same(AgentCase):
    """A far imc-agentd that reads copied logs."""

    def history(self, name, *events):
        """Logs with these events, (seconds ago, event)."""
        logs = self.logs(name)
        for ago, event in events:
            is_boot = event == agentd.BOOTED
            path = logs.system if is_boot else logs.application
            self.add(logs, path, ago, event, "EventLog" if is_boot else "MSExchangeIMC")
        logs.write()
        return logs

    @staticmethod
    def add(logs, path, ago, event, source):
        records = logs._records[path]
        records.append(agentd.writer.record(
            len(records) + 1, int(time.time()) - ago, event, source))

    def sections(self):
        """A server of each kind."""
        failed = [(610, agentd.BOOTED), (604, agentd.FAILED)]
        found = {
            "well": self.history("well").section(),
            "failed": self.history("failed", *failed).section(),
            "recovered": self.history("recovered", *failed,
                                      (300, agentd.STARTED)).section(),
            "cleared": self.history("cleared", *failed, (60, agentd.BOOTED),
                                    (50, agentd.STARTED)).section(),
            "kept": self.history("kept", *failed).section(maintenance="yes"),
            "old": self.history("old").section(),
            "gone": {"evt": self.folder / "none.Evt"}}
        for path in (found["old"]["evt"], found["old"]["system_evt"]):
            os.utime(path, (time.time() - 2 * HOUR,) * 2)
        return found

    def serve_all(self):
        sections = self.sections()
        self.serve(sections, defaults={"retries": 0})
        return sections

    def test_each_verdict_is_the_far_sides_and_the_direct_ones(self):
        sections = self.serve_all()
        wanted = {"well": 0, "failed": 2, "recovered": 1, "cleared": 0, "kept": 0,
                  "old": 3, "gone": 3}
        rows = self.rows()
        for name, status in wanted.items():
            with self.subTest(name):
                direct = self.check(sections, name, "--json").json
                done = self.ask(name, "--json")
                self.assertEqual(done.code, status, done)
                self.assertEqual(done.json["source"], "agent")
                self.assert_as_direct(done.json, direct)
                self.assert_as_row(done.json, rows[name])

    def assert_as_direct(self, told, direct):
        told, direct = essence(told), essence(direct)
        if direct["status"] == "ok" and "maintenance" in direct["keys"]:
            self.assertIn("else CRITICAL", told["text"])
        if "unreachable" in direct["keys"]:     # the far side has the parts in one text
            self.assertIn("state", told.pop("parts"))
            direct.pop("parts")
        self.assertEqual(told, direct)

    def assert_as_row(self, told, row):
        self.assertEqual(told["status"], STATUSES[row["Status"]])
        self.assertEqual(told["text"], row["StatusText"])
        self.assertEqual(",".join(told["keys"]), row["Keys"])
        self.assertEqual(told["condition"], CONDITIONS[row["Condition"]])
        self.assertEqual(told["trigger"], TRIGGERS[row["Trigger"]])
        self.assertEqual(told["advice"], row.get("Advice"))

    def test_text_and_details_are_those_of_any_check(self):
        self.serve_all()
        done = self.ask("failed", "-v", "-v")
        first, *details = done.out.splitlines()
        self.assertRegex(first, r"^IMC CRITICAL - failed: service stopped \(per log\), "
                                r"event 4071 at the automatic start 10m ago \(1 in 7d\)")
        for metric in (r"status=2", r"service_state=1", r"events_4071=1",
                       r"last_4071_age=6\d\ds", r"state_age=6\d\ds",
                       r"evidence_age=\ds", r"probe_time=0\."):
            self.assertRegex(first, rf"[ ]{metric}\b")
        whole = "\n".join(details)
        self.assertRegex(
            whole, r"Attempt \S+: failed, event 4071 \(record 2\), automatic")
        self.assertNotIn("before the last boot", whole)
        self.assertRegex(whole, r"Boot: \S+ \(10m ago\)")
        self.assertRegex(self.ask("gone", "-v").out,
                         r"Not learned: state \(system, .*the imc-agentd at \S+ says: ")

    def test_command_line_names_the_row(self):
        self.serve({"EXCH01": self.history("one").section()})
        done = lab.run("-H", lab.HOST, "-p", str(self.snmpd.port), "--source", "agent",
                       "--remote-server", "EXCH01", "-A", self.community)
        self.assertEqual(done.code, 0, done)
        self.assertIn("IMC OK - EXCH01: service running", done.line)

    def test_address_that_is_no_name_of_a_row_says_what_is_missing(self):
        done = lab.run("-H", "fe80::1%lo", "--source", "agent", "-A", self.community)
        self.assert_unknown(done, "--remote-server")

    def test_row_of_rpc_has_what_the_service_manager_says(self):
        host = self.lab_servers()
        port = host.start("one", lab.load_scenario(
            lab.SCENARIOS / "active-automatic-nt4.json"))
        sections = {"EXCH01": {"address": lab.HOST, "port": port,
                               "credentials": self.credentials()}}
        self.serve(sections)
        told = self.ask("EXCH01", "--json").json
        direct = self.check(sections, "EXCH01", "--json").json
        skew, direct_skew = told.pop("clock_skew"), direct.pop("clock_skew")
        self.assertLessEqual(abs(skew - direct_skew), 10)
        if direct["service"]["win32_exit"] != 1066:     # means nothing, and is a hole
            told["service"]["specific_exit"] = direct["service"]["specific_exit"]
        direct["service"]["dependencies"] = []          # are not in the MIB
        self.assert_as_direct(told, direct)
        self.assertEqual(told["cause"], direct["cause"])

    def test_server_that_was_not_polled_yet_is_unknown(self):
        with socket.create_server((lab.HOST, 0)) as silent:
            self.configure({"EXCH01": {"address": lab.HOST,
                                       "port": silent.getsockname()[1],
                                       "credentials": self.credentials()}})
            self.agent.start()
            self.wait_for("there is a row", lambda: self.column("StatusText"))
            done = self.ask("EXCH01", "--json")
            self.assertEqual(done.code, UNKNOWN, done)
            self.assertEqual(done.json["text"], "not polled yet")
            self.assertEqual(done.json["keys"], [])

    def test_row_follows_what_happens_and_both_restarts(self):
        logs = self.history("one")
        self.serve({"EXCH01": logs.section()})
        self.assertEqual(self.ask("EXCH01").code, 0)
        self.assert_unknown(self.ask("EXCH02"), 'no row ”EXCH02”', "--remote-server")
        self.agent.stop()
        self.assert_unknown(self.ask("EXCH01"), "has no IMC-MONITOR-MIB")
        logs.fail()
        self.agent.start()
        self.assert_back(2)
        self.snmpd.stop()
        self.assert_unknown(self.ask("EXCH01", "-t", "2"), "127.0.0.1")
        self.snmpd.start()
        self.assert_back(2)

    def assert_back(self, status):
        """Unknown until the right verdict is there, and never another one."""
        def look():
            done = self.ask("EXCH01")
            self.assertIn(done.code, (UNKNOWN, status), done)
            return done.code == status
        self.wait_for("the verdict is back", look, agentd.BACK)


class Central(AgentCase):
    """A central imc-agentd that asks a far one."""

    def setUp(self):
        super().setUp()
        folder = self.folder / "central"
        folder.mkdir()
        (folder / "state").mkdir(mode=0o700)
        self.second = agentd.Snmpd(folder)
        self.addCleanup(self.second.stop)
        self.second.start()
        self.above = agentd.Manager(self.second.port)
        self.addCleanup(self.above.close)
        self.central = agentd.Agent(folder, folder / "imc-monitor.conf", "central")
        self.addCleanup(self.central.stop)

    def cell_above(self, server, name):
        value, = self.above.get(
            agentd.names()[f"imcServer{name}"] + agentd.index_of(server))
        return agentd.read(name, value)

    def test_its_row_is_the_far_one(self):
        logs = self.logs()
        logs.fail()
        self.serve({"EXCH01": logs.section(), "EXCH02": self.logs("two").section()})
        self.central.configuration.write_text(agentd.configuration(
            {"A": self.far("EXCH01"), "B": self.far("EXCH02"), "C": self.far("EXCH03")},
            {"agentx_socket": self.second.socket,
             "state_dir": self.folder / "central" / "state"},
            {"interval": "10s", "retries": 0}))
        self.central.start()
        for server, status in (("A", 2), ("B", 0), ("C", UNKNOWN)):
            agentd.wait_for(f"{server} is polled", lambda one=server: self.cell_above(
                one, "Keys") not in ("", agentd.snmp_wire.NO_INSTANCE,
                                     agentd.snmp_wire.NO_OBJECT),
                            detail=self.central.tail)
            self.assertEqual(self.cell_above(server, "Status"), status)
        far = self.row("EXCH01")
        for name in ("Keys", "Condition", "Trigger", "ServiceState", "StateInferred",
                     "StatusText", "Advice", "Events4071", "Last4071Time", "BootTime",
                     "Last4071Record", "CauseEvent", "StateSince", "LogReachesBackTo"):
            self.assertEqual(self.cell_above("A", name), far[name], name)
        self.assertEqual(self.cell_above("A", "Source"), "agent")
        self.assertIn("EXCH03", self.cell_above("C", "FailureText"))


class Made(AgentCase):
    """Rows as no imc-agentd serves them."""

    HAS_SNMPD = False

    def setUp(self):
        super().setUp()
        self.made = made_agent.MadeAgent()
        self.addCleanup(self.made.close)

    def serve_row(self, starts=(), **more):
        self.made.serve("EXCH01", {**WELL, **more}, starts)

    def look(self, *options):
        return self.ask("EXCH01", *options, port=self.made.port)

    def test_row_that_is_right_is_ok(self):
        self.serve_row()
        done = self.look()
        self.assertEqual(done.code, 0, done)
        self.assertIn("IMC OK - EXCH01: all is well", done.out)

    def test_row_that_is_old_is_stale(self):
        self.serve_row(LastPollAge=gauge(181))
        done = self.look("--json")
        self.assert_unknown(done)
        self.assertEqual(done.json["keys"], ["running", "stale"])
        self.assertEqual(done.json["text"], "evidence is 3m old; all is well")
        self.serve_row(LastPollAge=gauge(180))
        self.assertEqual(self.look().code, 0)
        self.serve_row(LastPollAge=gauge(4294967295))
        self.assertRegex(self.look().out, r"49710d .* evidence_age=4294967295s")

    def test_far_side_that_stopped_polling_is_no_health_to_the_outside(self):
        """Its severities say so, ours do not."""
        self.serve_row(LastPollAge=gauge(DAY), Keys=text("running,stale"))
        self.assert_unknown(self.look())
        self.serve_row(Keys=text("of-tomorrow"))
        self.assert_unknown(self.look(), "told as OK, for no reason that is known here")
        self.serve_row(StatusText=text(""))
        self.assertIn("EXCH01: runs, no 4071", self.look().out)

    def test_well_row_that_contradicts_itself_is_no_health(self):
        unreachable = {"Keys": text("unreachable"), "Condition": integer(5)}
        wrong = [{"Condition": integer(one)} for one in range(2, 7)]
        wrong += [{"Keys": text(keys)} for keys in (
            "active,running", "running,stopped", "state-unreadable,running",
            "maintenance,running", "meteor,running", "unreachable")]
        wrong += [unreachable, {"LastPollTime": text(bytes((7, 208, 1, 1, 1, 1, 1, 0)))},
                  {"FailedPolls": gauge(9)}]
        for row in wrong:
            with self.subTest(**row):
                self.serve_row(**row)
                self.assert_unknown(self.look(), "the row contradicts itself: ")
        for keys in ("unreachable", "state-unreadable,log-unreadable"):
            with self.subTest(keys):
                self.serve_row(**{**unreachable, "Keys": text(keys),
                                  "ServiceState": integer(9)})
                self.assert_unknown(self.look(), "all is well")
                done = self.look("--severity", "unreachable=ok,state-unreadable=ok")
                self.assertEqual(done.code, 0, done)

    def test_what_happened_since_is_said_and_no_age_is_made_up(self):
        self.serve_row(FailedPolls=gauge(2), FailureKind=integer(2))
        done = self.look()
        self.assertEqual(done.code, 0, done)
        self.assertIn("all is well, 2 polls failed since", done.out)
        self.assertIn("evidence_age=5s", done.out)
        self.serve_row(Keys=text("maintenance"), LastPollAge=None, LastPollTime=None)
        done = self.look()
        self.assertEqual(done.code, 0, done)
        self.assertNotIn("evidence_age", done.out)

    def test_hostile_cells_are_refused_by_their_names(self):
        number = {"ServiceState": (0, 10), "StateInferred": (0, 3), "StartType": (-1, 6),
                  "Status": (-1, 4), "Condition": (0, 7), "Trigger": (0, 6),
                  "FailureKind": (-1, 11)}
        wrong = [(name, integer(value)) for name, values in number.items()
                 for value in (*values, 2**31 - 1)]
        wrong += [("Interval", gauge(0)), ("Interval", gauge(DAY + 1)),
                  ("CauseEvent", gauge(65536))]
        for name in WELL:
            wrong.append((name, (made_agent.OPAQUE, b"\0")))
            is_text = made_agent.is_text(WELL[name])
            wrong.append((name, integer(1) if is_text else text("1")))
            if is_text:
                wrong.append((name, text("x" * 20000)))
                wrong.append((name, text("a\0b")))
        for name in ("Status", "StatusText", "Condition", "Interval", "LastPollAge"):
            wrong.append((name, None))

        def one(case):
            name, value = case
            with made_agent.MadeAgent() as made:
                made.serve("EXCH01", {**WELL, name: value})
                return case, self.check_at(made.port, f"{wrong.index(case)}")

        for (name, value), done in lab.in_parallel(one, wrong, 4):
            with self.subTest(name, value=value):
                what = "no row" if (name, value) == ("Status", None) else name
                self.assert_unknown(done, what)
                self.assertEqual(done.json["keys"], ["unreachable"])

    def check_at(self, port, name):
        return self.check({name: self.far("EXCH01", port)}, name, "--json")

    def test_failed_starts_are_checked_as_the_row_is(self):
        self.serve_row([START] * 3, StatusText=text("it ran again"))
        told = self.look("--json").json
        self.assertEqual([one["raw_id"] for one in told["attempts"]], [0xC0000FE7] * 3)
        for name, value in (("Time", text("now")), ("Trigger", integer(6)),
                            ("Id", text("4071")), ("Record", None)):
            with self.subTest(name):
                self.serve_row([START, {**START, name: value}])
                self.assert_unknown(self.look(), f"imcEvent{name}")
        self.serve_row([START] * MOST_STARTS)
        self.assertEqual(self.look().code, 0)
        self.serve_row([START] * (MOST_STARTS + 1))
        self.assert_unknown(self.look(), "imcEventTable has more than 16 failed starts")

    def test_answers_fit_into_one_packet_however_long_the_texts(self):
        name = "E" * 32
        start = {**START, "Record": gauge(2**32 - 1)}
        self.made.serve(name, {**WELL, **made_agent.LONGEST}, [start] * MOST_STARTS)
        done = self.ask(name, "--json", port=self.made.port)
        self.assertEqual(done.json["text"],
                         "s" * 255 + "; 4294967295 polls failed since")
        self.assertRegex(done.json["advice"], r"^d{400}")
        self.assertEqual(len(done.json["attempts"]), MOST_STARTS)
        self.assertLess(max(self.made.sizes), UNFRAGMENTED - OF_A_USER, self.made.sizes)

    def test_poll_in_between_may_bring_more_starts_than_one_has(self):
        """Those of before and after it are not counted together."""
        def change():
            if self.made.questions == questions - 2:
                self.serve_row([START] * (MOST_STARTS + 1), FailedPolls=gauge(1))
            elif self.made.questions == questions + 2:
                self.serve_row([START] * MOST_STARTS)

        self.serve_row([START] * MOST_STARTS)
        self.look()
        questions = self.made.questions
        self.made.questions = 0
        self.made.before_answer = change
        done = self.look("--json")
        self.assertEqual(done.code, 0, done)
        self.assertEqual(len(done.json["attempts"]), MOST_STARTS)

    def test_row_is_read_again_where_a_poll_came_in_between(self):
        def change():
            if self.made.questions == 1:    # the first part of the old row is read
                self.serve_row(Status=integer(2), StatusText=text("it stopped"),
                               Keys=text("stopped"), ServiceState=integer(1))

        self.serve_row()
        self.made.before_answer = change
        done = self.look()
        self.assertEqual(done.code, 2, done)
        self.assertIn("EXCH01: it stopped", done.out)

    def test_row_that_never_holds_still_is_unknown(self):
        ages = iter(range(10000))
        self.made.before_answer = lambda: self.serve_row(
            FailedPolls=gauge(next(ages)))
        self.assert_unknown(self.look(), "changed each time that it was read, 4 times")


load_tests = agentd.concurrently

# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a start that imc-start sent: each end has its sentence and exit code,
and no start is sent twice."""
import struct
import unittest

import lab
import start
from start import (BEGINS, DIES, FAILED, FAILS_AGAIN, FAILS_OTHERWISE, HANGS, HARD,
                   RISES, STARTED, STOPPED, WORKS, Expect, Row, active, booted, call,
                   nothing, refuses, started, tried)

WATCH = 10              # s: how long it has to run before that is called success
SHORT = ("-t", "18s")
RUNS = {"state": "running", "win32_exit": 0, "specific_exit": 0}
REFUSED = {5: "denied|right", 1053: "1053|in time", 1058: "1058|disabled",
           1069: "1069|log.?on"}


def boots_once():
    """Before the second run the server has booted, and its automatic start failed."""
    boots = [{**booted(100, 90), "start": FAILS_AGAIN}]
    return lambda server: boots and server.reload(boots.pop())


class Starts(start.Table):
    @classmethod
    def table(cls):
        return [*cls.ends(), *cls.later_runs(), *cls.answers(), *cls.lost(),
                *cls.delays(), *cls.found_after_waiting()]

    @staticmethod
    def ends():
        """What becomes of the service."""
        yield Row("it works", active(), [started("4071", "has run")], 1, is_checked=True)
        yield Row("it works over SMB2", active(protocol="smb2"), [started("has run")], 1,
                  options=SHORT)
        yield Row("it works as an event handler", active(), [started("has run")], 1,
                  options=(*HARD, *SHORT))
        yield Row("4071 again", active(start=FAILS_AGAIN), [
            tried(2, "4071", "again"), nothing(1, "start_attempts")], 1, is_checked=True)
        for skew in ("2h", "-2h"):
            yield Row(f"4071 again, by a clock that is {skew} off", active(
                start=FAILS_AGAIN, clock_skew=skew), [tried(2, "4071", "again")], 1)
        yield Row("another event", active(start=FAILS_OTHERWISE),
                  [tried(2, "4086", "not run")], 1)
        yield Row("dies", active(start=DIES), [tried(2, "ran for", "stopped again")], 1)
        flaps = [{"after": "2s", "then": {"state": state}}
                 for state in ("stopped", "running") * 3]
        yield Row("comes and goes", active(start={**WORKS, "later": [RISES, *flaps]}),
                  [tried(2, "ran for", "stopped again")], 1)
        yield Row("runs, but not for long when the time is up", active(),
                  [tried(3, "only when the time was up")], 1, options=("-t", "9s"))
        yield Row("runs, though 4071 came again", active(start={**WORKS, "later": [
            RISES, {"after": "3s", "appends": {"application_log": [FAILED]}}]}),
            [tried(3, "not known")], 1)
        yield Row("hangs", active(start=HANGS), [tried(3, "start-pending")], 1,
                  options=SHORT)

    @staticmethod
    def later_runs():
        runs = Expect(0, ("runs",), ("nothing",))
        yield Row("it works, and is started no more", active(), [started(), runs], 1,
                  options=SHORT)
        yield Row("4071 again, and again", active(start=FAILS_AGAIN), [
            tried(2, "4071"), tried(2, "4071"), nothing(1, "start_attempts is 2")], 2,
            keys={"start_attempts": 2})
        yield Row("4071 again, and then by hand", active(start=FAILS_AGAIN),
                  [tried(2, "4071"), nothing(1, "even-manual")], 1,
                  keys={"start_attempts": 3},
                  between=lambda server: server.append_event("application", FAILED))
        yield Row("another boot", active(start=FAILS_AGAIN), [
            tried(2, "4071"), tried(2, "4071"), nothing(1, "start_attempts is 1")], 2,
            keys={"start_delay": "30s"}, between=boots_once())

    @staticmethod
    def answers():
        """The answer to the start itself."""
        appends = {"application_log": [STARTED]}
        fails = {"application_log": [FAILED]}
        for code, words in REFUSED.items():
            yield Row(f"error {code}", active(start=refuses(code)), [
                tried(2, words), nothing(1)], 1)
        yield Row("1056, and it runs", active(start=refuses(1056, then=RUNS,
                                                            appends=appends)),
                  [started("somebody else", "has run")], 1, options=SHORT)
        yield Row("1056, and 4071", active(start=refuses(1056, then=STOPPED,
                                                         appends=fails)),
                  [tried(2, "somebody else", "4071")], 1, options=SHORT)
        yield Row("1053, and it runs all the same", active(start=refuses(
            1053, then=BEGINS, later=[RISES])), [started("1053", "has run")], 1)
        yield Row("fault", active(call(19, "fault", code=0x1C010002)),
                  [tried(2, "not answered", "not run"), nothing(1)], 1, options=SHORT)

    @staticmethod
    def lost():
        """No answer, or nothing is known afterwards."""
        unknown = tried(3, "not answered", "not known")
        for do in ("reset", "close", "hang"):
            yield Row(do, active(call(19, do)), [unknown, nothing(1, "start_attempts")],
                      1, between=lambda server: server.set_faults([]), options=SHORT)
        yield Row("reset while it answers", active(
            call(19, "reset-mid-reply"),
            start=refuses(0, then=RUNS, appends={"application_log": [STARTED]})),
            [unknown, Expect(0, ("runs",), ("nothing",))], 1, options=SHORT)
        for do in ("reset", "deny"):
            yield Row(f"{do} later", active(call(6, do, **{"from": 4})),
                      [tried(3, "not known")], 1, options=SHORT)

    @staticmethod
    def delays():
        """start_delay."""
        waited = Expect(0, ("has run",), ("waiting", "starting", "started"))
        too_soon = nothing(1, "booted", "start_delay")
        yield Row("time to wait", booted(20, 15), [waited], 1,
                  keys={"start_delay": "24s"}, options=("-t", "26s"))
        yield Row("no time to wait", booted(20, 15), [too_soon],
                  keys={"start_delay": "10m"}, options=SHORT)
        yield Row("a delay that is not said", booted(20, 15), [too_soon],
                  options=SHORT)
        yield Row("the delay is over", booted(20, 15), [started("has run")], 1,
                  keys={"start_delay": "10s"}, options=SHORT)
        yield Row("the delay by the server's clock",
                  {**booted(20, 15), "clock_skew": "2h"}, [too_soon], options=SHORT)

    @staticmethod
    def found_after_waiting():
        """It begins anew then: what held before is not believed."""
        for name, fault, expect in (
                ("it was started meanwhile", call(6, "set-service", nth=3, fields=RUNS),
                 Expect(0, ("runs",), ("waiting", "nothing"))),
                ("the server went meanwhile", {"at": "accept", "do": "reset", "from": 2},
                 Expect(3, ("state",), ("waiting", "nothing")))):
            yield Row(name, {**booted(20, 15), "faults": [fault]}, [expect],
                      keys={"start_delay": "24s"}, options=("-t", "18s"))

    def test_success_is_told_only_after_it_ran_for_a_while(self):
        self.assertGreaterEqual(self.row("it works").runs[0].seconds, WATCH)

    def test_afterwards_the_verdict_is_recovered(self):
        verdict = self.row("it works").verdict
        self.assertEqual((verdict["status"], verdict["keys"]),
                         ("warning", ["recovered-automatic"]))

    def test_after_a_start_that_failed_the_verdict_is_active(self):
        verdict = self.row("4071 again").verdict
        self.assertEqual((verdict["status"], verdict["keys"], verdict["trigger"]),
                         ("critical", ["active"], "mixed"))

    def test_each_end_has_words_of_its_own(self):
        lines = [row.runs[0].line for row in self.rows if row.name in (
            "it works", "4071 again", "another event", "dies", "hangs", "error 5",
            "1056, and it runs", "reset", "fault", "no time to wait")]
        self.assertEqual(len(set(lines)), 10, lines)

    def test_it_waits_without_a_connection(self):
        first, second = self.row("time to wait").server.connections
        self.assertLess(first["closed"], first["opened"] + 2)
        self.assertGreater(second["opened"], first["opened"] + 3)

    def test_it_does_not_start_before_the_delay_is_over(self):
        server = self.row("time to wait").server
        log = server.logs["system"]
        boot, = struct.unpack_from("<I", log.record(log.newest), 12)
        self.assertGreaterEqual(start.start_calls(server)[0]["time"], boot + 24)

    def test_without_time_it_does_not_wait(self):
        for name in ("no time to wait", "a delay that is not said"):
            with self.subTest(name):
                self.assertLess(self.row(name).runs[0].seconds, 5)


class WhoAsks(start.Case):
    @unittest.skipUnless(start.Host.can_mount, "needs a /dev of its own")
    def test_the_audit_names_who_asks_and_what_was_known(self):
        with lab.Folder() as folder, lab.NTServer(active(start=FAILS_AGAIN)) as server:
            run = start.Host(folder.path, server.port).run(*HARD)
        self.assert_run(run, tried(2, "4071"))
        for one in run.audit:
            self.assertEqual(one.user, "root")
            self.assertRegex(one.evidence, "4071")
            self.assertRegex(one.evidence, "(?i)automatic")
            self.assertEqual(one.asked, "CRITICAL HARD 3")


if __name__ == "__main__":
    unittest.main()

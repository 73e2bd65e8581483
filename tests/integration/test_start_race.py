# SPDX-License-Identifier: GPL-3.0-or-later
"""Never more starts than are allowed: whoever else runs imc-start at the same time, and
whatever ends a run."""
import signal
import unittest

import start
from start import (FAILS_AGAIN, HANGS, OTHER, OTHER_SECRET, SLOW, START, STARTER,
                   Expect, booted, call, nothing, start_calls, tried, wait_for)

SHORT = ("-t", "18s")


class Killed(start.OnServers):
    """Whatever ends it between the diary and the end: the attempt counts."""

    def play(self, server, is_time):
        host = self.host(server)
        _, process, log, _ = begun = host.begin()
        wait_for("the moment", lambda: is_time(host))
        process.send_signal(signal.SIGKILL)
        host.end(begun)
        server.set_faults([])
        return host

    def test_before_the_call(self):
        server = self.serve(call(6, nth=2, **{**SLOW, "ms": 20000}))
        host = self.play(server, lambda host: host.attempts() == 1)
        self.assert_run(host.run(*SHORT), nothing(1, "start_attempts is 1"))
        self.assert_starts(server, 0, host, 1)

    def test_after_the_call(self):
        server = self.serve(call(19, "hang"))
        host = self.play(server, lambda _: start_calls(server))
        self.assert_run(host.run(*SHORT), nothing(1, "start_attempts is 1"))
        self.assert_starts(server, 1, host)

    def test_while_it_watches(self):
        server = self.serve(start=HANGS)
        host = self.play(server, lambda _: start_calls(server))
        server.set_service(**start.STOPPED)
        self.assert_run(host.run(*SHORT), nothing(1, "start_attempts is 1"))
        self.assert_starts(server, 1, host)

    def test_by_a_signal_that_asks(self):
        """SIGTERM, as Nagios sends it at its own timeout."""
        server = self.serve(start=HANGS)
        host = self.host(server)
        _, process, _, _ = begun = host.begin()
        wait_for("the start", lambda: start_calls(server))
        process.send_signal(signal.SIGTERM)
        run = host.end(begun)
        self.assert_run(run, tried(3, "start-pending", "a signal"))
        self.assertEqual(run.left, [], run)
        self.assert_starts(server, 1, host)


class Waiting(start.OnServers):
    """What changes while start_delay is waited for counts."""

    def waits(self):
        server = self.serve(**booted(20, 15))
        host = self.host(server, start_delay="24s")
        begun = host.begin("-t", "40s")
        wait_for("the wait", lambda: server.connections and
                 server.connections[-1]["closed"])
        return server, host, begun

    def test_maintenance_that_begins_meanwhile(self):
        server, host, begun = self.waits()
        host.configure(server.port, start_delay="24s", maintenance="yes")
        expect = Expect(1, ("maintenance",), ("waiting", "nothing"))
        self.assert_run(host.end(begun), expect)
        self.assertEqual(len(server.connections), 1)
        self.assert_starts(server, 0)

    def test_a_signal(self):
        server, host, begun = self.waits()
        begun[1].send_signal(signal.SIGTERM)
        run = host.end(begun)
        self.assert_run(run, Expect(1, ("signal", "start_delay"), ("waiting", "nothing")))
        self.assertLess(run.seconds, 4)
        self.assert_starts(server, 0)

    def test_another_one_may_work_meanwhile(self):
        server, host, begun = self.waits()
        self.assert_run(host.run("--dry-run"), Expect(1, ("waited for",), ("dry-run",)))
        begun[1].send_signal(signal.SIGTERM)
        host.end(begun)
        self.assert_starts(server, 0)


class Race(start.OnServers):
    """All begin before any can have its answer."""

    def together(self, hosts, *options):
        return [host.end(one) for host, one in
                [(host, host.begin(*SHORT, *options)) for host in hosts]]

    def test_two_on_one_host_make_one_start(self):
        server = self.serve(call(17, **SLOW), start=FAILS_AGAIN)
        host = self.host(server)
        first, second = sorted(self.together([host, host]), key=lambda run: -run.code)
        self.assert_run(first, tried(2, "4071"))
        self.assert_run(second, nothing(1, "another imc-start|in use|locked"))
        self.assert_starts(server, 1, host)

    def test_eight_on_one_host_make_one_start(self):
        server = self.serve(call(17, **SLOW), start=FAILS_AGAIN)
        host = self.host(server)
        runs = sorted(self.together([host] * 8), key=lambda run: -run.code)
        self.assert_run(runs[0], tried(2, "4071"))
        for run in runs[1:]:
            self.assert_run(run, nothing(1))
        self.assert_starts(server, 1, host)

    def test_two_hosts_make_at_most_one_start_each(self):
        server = self.serve(call(16, access=START, **SLOW))
        hosts = [self.host(server),
                 self.host(server, user=OTHER, password=OTHER_SECRET)]
        runs = self.together(hosts)
        users = [one["user"] for one in start_calls(server)]
        self.assertEqual(len(users), len(set(users)), users)
        self.assertLessEqual(set(users), {STARTER, OTHER})
        self.assertGreaterEqual(len(users), 1)
        codes = sorted(run.code for run in runs)
        self.assertIn(codes, ([0, 0], [0, 1]), runs)
        for host, run in zip(hosts, runs):
            self.assertEqual(host.attempts(), 1, run)

    def test_a_second_host_does_not_repeat_what_failed(self):
        server = self.serve(start=FAILS_AGAIN)
        first, second = self.host(server), self.host(server)
        self.assert_run(first.run(*SHORT), tried(2, "4071"))
        self.assert_run(second.run(*SHORT), nothing(1, "even-manual"))
        self.assert_starts(server, 1, first)
        self.assertEqual(second.attempts(), 0)

    def test_two_servers_of_one_host_do_not_wait_for_each_other(self):
        servers = [self.serve(call(17, **SLOW), start=FAILS_AGAIN) for _ in range(2)]
        host = self.host(servers[0])
        text = host.config.read_text()
        host.config.write_text(text + text.replace(
            "[server EXCH01]", "[server EXCH02]").replace(
            f"port = {servers[0].port}", f"port = {servers[1].port}"))
        begun = [host.begin(*SHORT, server=name) for name in ("EXCH01", "EXCH02")]
        for one in begun:
            run = host.end(one)
            self.assertEqual(run.code, 2, run)
        for server in servers:
            self.assert_starts(server, 1)


class NewBoot(start.OnServers):
    """A boot is another where its record or its time is another."""

    def test_the_same_boot_seen_again_is_no_new_one(self):
        server = self.serve(start=FAILS_AGAIN)
        host = self.host(server)
        self.assert_run(host.run(*SHORT), tried(2, "4071"))
        server.set_clock_skew("5m")
        server.append_event("system", {"id": 7036, "source": "Service Control Manager"})
        server.forget_records("system", 1)
        self.assert_run(host.run(*SHORT, "--even-manual"),
                        nothing(1, "start_attempts is 1"))
        self.assert_starts(server, 1, host)

    def test_a_boot_after_the_log_was_cleared_is_a_new_one(self):
        server = self.serve(start=FAILS_AGAIN)
        host = self.host(server, start_delay="30s")
        self.assert_run(host.run(*SHORT), tried(2, "4071"))
        server.reload({**booted(100, 90), "start": FAILS_AGAIN})
        server.clear_log("system")
        boot = {"id": "0x80001775", "source": "EventLog"}
        for at in ("-1h", "-2m"):
            server.append_event("system", {**boot, "at": at})
        self.assert_run(host.run(*SHORT), tried(2, "4071"))
        self.assert_starts(server, 2, host)


if __name__ == "__main__":
    unittest.main()

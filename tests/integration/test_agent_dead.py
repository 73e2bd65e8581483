# SPDX-License-Identifier: GPL-3.0-or-later
"""Half of the servers fall silent: the other half is polled in time, managers are
answered as fast as ever, and each that is lost and found again is told once."""
import time
import unittest

import agentd
import lab

HEALTHY, HANGING, HOLES = 100, 30, 70
HOSTS = 2           # processes that play healthy servers: they cost the processor most
INTERVAL = 15
LATE = 5            # s, that a poll of a healthy server may be
CLOCK = 1           # s: moments are cut to less than that, and read one after the other
MORE_MS = 50        # that a GET may take longer than usual
GETS = 300
HANGS = ("accept", "negotiate", "session-setup", "call")
WATCH = 36          # s, in which healthy servers are watched
WINDOWS = 3         # in which GETs are measured, until they are fast in one


def percentile(sorted_values, percent):
    return sorted_values[min(len(sorted_values) - 1, len(sorted_values) * percent // 100)]


class Watched:
    """When each server was to be polled, and when it was."""

    def __init__(self):
        self.planned, self.polled, self.polls = {}, {}, {}
        self.late, self.delays = [], []

    def look(self, planned, polled, servers):
        for server in servers:
            when, before = polled.get(server), self.polled.get(server)
            if when is not None and before is not None and when != before:
                self.polls[server] = self.polls.get(server, 0) + 1
                delay = when - self.planned[server]
                if delay > LATE + CLOCK:
                    self.late.append((server, round(delay, 1)))
                self.delays.append(delay)
            if when is not None:
                self.polled[server] = when
            if server in planned:
                self.planned[server] = planned[server]


class Dead(agentd.Case):
    def setUp(self):
        super().setUp()
        self.credentials()
        self.hosts = [self.lab_servers() for _ in range(HOSTS + 1)]
        self.running = lab.scenario("running")
        self.names = {"healthy": [f"OK{i:03}" for i in range(HEALTHY)],
                      "hanging": [f"HANG{i:02}" for i in range(HANGING)],
                      "hole": [f"HOLE{i:02}" for i in range(HOLES)]}
        self.dead = self.names["hanging"] + self.names["hole"]

    def start_servers(self):
        """A few servers, each behind many sections."""
        healthy = [self.hosts[i % HOSTS].start(f"ok{i}", self.running) for i in range(8)]
        self.hanging = [f"hang-{at}" for at in HANGS]
        hanging = [self.hosts[HOSTS].start(name, self.running) for name in self.hanging]
        hole = [self.hosts[HOSTS].start("hole", self.running)]
        ports = {"healthy": healthy, "hanging": hanging, "hole": hole}
        return {name: {"address": lab.HOST, "port": ports[kind][i % len(ports[kind])],
                       "credentials": self.folder / "credentials"}
                for kind, found in self.names.items() for i, name in enumerate(found)}

    def fall_silent(self):
        host = self.hosts[HOSTS]
        for at, name in zip(HANGS, self.hanging):
            host.faults(name, [{"at": at, "do": "hang"}])
        host.start("hole", {**self.running, "faults": [{"at": "accept",
                                                        "do": "blackhole"}]})

    def come_back(self):
        host = self.hosts[HOSTS]
        for name in self.hanging + ["hole"]:
            host.start(name, self.running)

    def times_of_gets(self):
        """Of one cell of ours and of one of snmpd's own, sorted, one after the other."""
        cell = agentd.names()["imcServerStatus"] + agentd.index_of("OK007")
        ours, own = [], []
        for _ in range(GETS):
            ours.append(self.manager.seconds_of_get(cell))
            own.append(self.manager.seconds_of_get(agentd.snmp_wire.SYS_UP_TIME))
            time.sleep(0.01)
        return sorted(ours), sorted(own)

    def are_as_fast_as_usual(self, usual):
        """What the machine does to snmpd's own answers is no fault of ours."""
        now, own = self.times_of_gets()
        is_fast = True
        for percent in (50, 95, 99):
            took, usually, others = (percentile(times, percent) * 1000
                                     for times in (now, usual, own))
            is_fast &= took < max(usually, others) + MORE_MS
            print(f"dead: {percent} of 100 GETs within {took:.1f} ms, usually"
                  f" {usually:.1f} ms; those of snmpd itself {others:.1f} ms")
        return is_fast

    def watch(self, watched, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            # The plan last: one that is newer than the poll must not be compared with it.
            polled = self.column("LastPollTime")
            watched.look(self.column("NextPollTime"), polled, self.names["healthy"])
            failed = {name: count for name, count in self.column("FailedPolls").items()
                      if count and name in self.names["healthy"]}
            if failed:
                texts = self.column("FailureText")
                print(f"dead: healthy servers failed: "
                      f"{[(name, texts[name]) for name in failed][:5]}")
            time.sleep(0.5)

    def count_unreachable(self):
        statuses, keys = self.column("Status"), self.column("Keys")
        return sum(statuses[name] == 3 and keys[name] == "unreachable"
                   for name in self.dead)

    def test_half_of_the_servers_fall_silent(self):
        self.serve(self.start_servers(), defaults={"interval": INTERVAL})
        self.wait_for("all are well", lambda: self.scalar("ServersOk") == 200)
        usual, _ = self.times_of_gets()
        before = self.rows()
        self.fall_silent()
        watched = Watched()
        # Dead servers stay dead; what else a busy machine does passes.
        is_fast = False
        for _ in range(WINDOWS):
            self.watch(watched, WATCH / WINDOWS)
            is_fast = is_fast or self.are_as_fast_as_usual(usual)
        delays = sorted(watched.delays)
        print(f"dead: {len(delays)} polls of healthy servers: half of them at most"
              f" {percentile(delays, 50):.1f} s late, all {delays[-1]:.1f} s")
        self.assertTrue(is_fast)
        self.assertEqual(watched.late, [])
        behind = {name: watched.polls.get(name, 0) for name in self.names["healthy"]
                  if watched.polls.get(name, 0) < (WATCH - LATE) // INTERVAL}
        self.assertEqual(behind, {})
        self.assert_dead(before)
        self.come_back()
        self.assert_back()

    def assert_dead(self, before):
        self.wait_for("the dead are unreachable",
                      lambda: self.count_unreachable() == len(self.dead), 90, 0.5)
        first, second = self.rows(), None
        self.wait_for("time passes", lambda: self.cell(self.dead[0], "LastPollAge") >
                      first[self.dead[0]]["LastPollAge"] + 1)
        second = self.rows()
        for name in self.dead:
            row = second[name]
            self.assertGreater(row["LastPollAge"], first[name]["LastPollAge"], name)
            # It was polled a last time between the look and its death, at most.
            self.assertLessEqual(row["LastPollTime"] - before[name]["LastPollTime"],
                                 INTERVAL + LATE + CLOCK, name)
            self.assertGreaterEqual(row["FailedPolls"], 3, name)
            self.assertIn(row["FailureKind"], (2, 6), row)
            self.assertTrue(row["FailureText"], name)
        self.assertEqual(self.scalar("ServersOk"), HEALTHY)
        self.assertEqual(self.scalar("ServersUnknown"), len(self.dead))

    def assert_back(self):
        self.wait_for("all are well again", lambda: self.scalar("ServersOk") == 200,
                      2 * agentd.PATIENCE, 0.5)
        self.wait_for("that is told",
                      lambda: len(self.told("restored")) >= len(self.dead))
        told = self.told()
        self.assertEqual(sorted((one.server, one.kind) for one in told),
                         sorted((name, kind) for name in self.dead
                                for kind in ("lost", "restored")))
        self.assertEqual({one.reason for one in told}, {agentd.CHANGE})
        for name in self.dead:
            self.assertEqual([one.kind for one in told if one.server == name],
                             ["lost", "restored"])


if __name__ == "__main__":
    unittest.main()

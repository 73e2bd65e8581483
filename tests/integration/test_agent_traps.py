# SPDX-License-Identifier: GPL-3.0-or-later
"""Traps: a real snmptrapd hands them to imc-trap, that hands over hints, and imc-agentd
polls: who is meant, how soon and how often, and that nobody is believed."""
import array
import os
import signal
import socket
import time
import unittest

import agentd
import lab
from agentd import FAILED
from snmp_wire import SYS_UP_TIME
from traps import (COMPUTER, FORMS, NEW, SENDER, SIGNED, Case, enterprise, event, hint,
                   trap_v1)

HOLD, CAP = 3, 20   # s between two polls that traps cause; of all servers in a second
SOON = 2            # s, from a trap to its verdict, and the poll besides
TRAPS, FLOOD = 100, 10000
FLOOD_SECONDS = 6
PACE = 0.07         # s between two traps that are timed: slower than the cap
ANSWER = 2          # s, in which snmpd answers, come what may
BACKLOG = 5         # s, in which snmptrapd has taken what is in its socket's buffer
LINES = 10          # a minute, of one kind


def trap_of(computer, base, identifier):
    """As bytes, for forms that net-snmp's tool does not send. Its agent has a name in
    /etc/hosts: snmptrapd looks for that, and would ask the DNS for another's."""
    return trap_v1(enterprise(base), identifier, event(NEW, computer.encode()),
                   agent=lab.HOST)


class Speed(Case):
    def test_verdicts_follow_traps(self):
        daemon = self.snmptrapd()
        logs = {f"EXCH{number:02}": self.logs(str(number)) for number in range(TRAPS)}
        self.serve({name: one.section() for name, one in logs.items()})
        self.assertEqual(set(self.column("Status").values()), {0})
        sent, seen, begin = {}, {}, time.monotonic()
        for place, (name, one) in enumerate(logs.items()):
            one.fail()
            how, version, base, identifier = FORMS[place % len(FORMS)]
            sent[name] = time.monotonic()
            if how == "tool":
                daemon.send_by_tool(version, name.lower(), base, identifier)
            else:
                daemon.send(trap_of(name, base, identifier))
            self.look(seen)
            time.sleep(max(0, begin + (place + 1) * PACE - time.monotonic()))
        self.wait_for("all verdicts are there", lambda: self.look(seen) == TRAPS,
                      pause=0.02)
        took = sorted(seen[name] - sent[name] for name in sent)
        polls = max(self.column("LastPollDuration").values()) / 1000
        nth = took[TRAPS * 95 // 100 - 1]
        print(f"traps: {TRAPS} traps, from snmptrap to the verdict in the MIB: median "
              f"{took[TRAPS // 2]:.3f} s, 95th {nth:.3f} s, worst {took[-1]:.3f} s "
              f"(polls of at most {polls:.3f} s)")
        self.assertLessEqual(nth, SOON + polls)
        self.assertEqual(self.scalar("UnknownTraps"), 0)

    def look(self, seen):
        """Whose verdict has come; how many there are."""
        for name, status in self.column("Status").items():
            if status == 2:
                seen.setdefault(name, time.monotonic())
        return len(seen)


class Storm(Case):
    SERVERS = 30

    def setUp(self):
        super().setUp()
        self.all = {f"EXCH{number:02}": self.logs(str(number))
                    for number in range(self.SERVERS)}

    def serve_all(self):
        self.serve({name: one.section() for name, one in self.all.items()})
        self.polls = self.scalar("PollsDone")
        self.begin = time.monotonic()

    def assert_bounded(self):
        """No more polls than the caps allow, of each server and of all."""
        seconds = time.monotonic() - self.begin
        done = self.scalar("PollsDone") - self.polls
        print(f"traps: {done} polls in {seconds:.1f} s")
        self.assertLessEqual(done, CAP * (seconds + 1))
        self.assertLessEqual(done, self.SERVERS * (seconds / HOLD + 1))
        self.assertGreaterEqual(done, 1)

    def test_a_flood_of_hints(self):
        self.serve_all()
        names = list(self.all)
        for _ in range(10):
            self.send(*(hint(computer=names[number % len(names)])
                        for number in range(FLOOD // 10)))
            self.assert_snmpd_answers()
        for one in self.all.values():
            one.fail()
        self.send(*(hint(computer=name) for name in names))
        print(f"traps: {FLOOD} hints were taken in {time.monotonic() - self.begin:.2f} s")
        self.wait_for("the last state of each is there", lambda: set(
            self.column("Status").values()) == {2})
        self.assert_bounded()
        self.assertEqual(self.scalar("UnknownTraps"), 0)
        self.assertLessEqual(len(self.lines("polled now, a trap told")), 2 * CAP)

    def test_a_flood_of_traps(self):
        """More than snmptrapd can take, which starts imc-trap for each."""
        daemon = self.snmptrapd()
        self.serve_all()
        traps = [trap_of(name, NEW, SIGNED) for name in self.all]
        taken = [self.flood(daemon, traps) for _ in range(FLOOD_SECONDS)]
        answered = daemon.inform()
        for one in self.all.values():
            one.fail()
        begin = time.monotonic()
        for trap in traps:      # whatever became of those before
            daemon.send(trap)
        self.wait_for("the last state of each is there", lambda: set(
            self.column("Status").values()) == {2})
        print(f"traps: of {FLOOD} traps snmptrapd took, in each second, {taken}; then it "
              f"answered after {answered:.2f} s, and the last state was there after "
              f"{time.monotonic() - begin:.2f} s")
        self.assertIsNone(daemon.process.poll())
        self.assertLess(answered, BACKLOG)
        self.assertGreater(min(taken), 20)
        self.assert_bounded()

    def flood(self, daemon, traps):
        """A second of it: how many were taken. snmpd answers meanwhile."""
        begin, before = time.monotonic(), daemon.lost()
        count = FLOOD // FLOOD_SECONDS
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            for number in range(count):
                sock.sendto(traps[number % len(traps)], (lab.HOST, daemon.port))
                if number % 50 == 0:
                    self.assert_snmpd_answers()
                    until = begin + number / count
                    time.sleep(max(0, until - time.monotonic()))
        return count - (daemon.lost() - before)

    def assert_snmpd_answers(self):
        begin = time.monotonic()
        self.manager.get(SYS_UP_TIME)
        self.assertLess(time.monotonic() - begin, ANSWER)


class Forged(Case):
    def test_a_trap_changes_no_verdict(self):
        """Of a well server; with accept_trap_events, of one whose log can be read."""
        section = self.logs().section()     # the same: new ones would be cleared logs
        for accepts in ("no", "yes"):
            with self.subTest(accepts):
                self.serve({"EXCH01": section},
                           {"accept_trap_events": accepts})
                before = self.row("EXCH01")
                self.send(hint(computer="EXCH01"))
                self.wait_for_polls(2)
                self.assert_same(self.row("EXCH01"), before)
                self.agent.stop()

    def test_servers_are_asked_and_not_traps(self):
        """Over the network: what the server says is what counts."""
        host = self.lab_servers()
        port = host.start("one", lab.scenario("running"))
        self.serve({"EXCH01": {"address": lab.HOST, "port": port,
                               "credentials": self.credentials()}})
        self.assertEqual(self.cell("EXCH01", "Status"), 0)
        host.service("one", {"state": "stopped"})
        self.send(hint(0x400003E8))     # it has started, says the trap
        self.wait_for("it is down", lambda: self.cell("EXCH01", "Status") == 2)

    def assert_same(self, row, before):
        for name in ("Status", "Keys", "Condition", "Trigger", "ServiceState",
                     "Total4071", "StateSince"):
            self.assertEqual(row.get(name), before.get(name), name)
        self.assertEqual(self.events(), {})

    def test_without_being_asked_for_nothing_is_believed(self):
        _, section = self.unreadable()
        self.serve({"EXCH01": section})
        before = self.row("EXCH01")
        self.assertEqual(before["Status"], 3)
        self.send(hint(computer="EXCH01"))
        self.wait_for_polls(2)
        self.assert_same(self.row("EXCH01"), before)

    def test_it_makes_a_verdict_worse_and_is_marked(self):
        logs, section = self.unreadable()
        self.serve({"EXCH01": section}, {"accept_trap_events": "yes"})
        for event_id in (0x400003E8, 1001, 4007, 0xFFFFFFFF, 0):
            self.send(hint(event_id, computer="EXCH01"))
        self.wait_for_polls(2)
        self.assertEqual(self.cell("EXCH01", "Status"), 3)
        self.send(hint(computer="EXCH01"))
        self.wait_for("it is worse", lambda: self.cell("EXCH01", "Status") == 2)
        self.assertIn("told-by-trap", self.cell("EXCH01", "Keys").split(","))
        self.assertIn("told by a trap", self.cell("EXCH01", "StatusText"))
        row = self.row("EXCH01")
        self.assertEqual((row["Total4071"], self.events()), (0, {}))
        self.wait_for("it is told", lambda: self.told("raised"))
        for path in self.state.glob("*.state"):
            self.assertNotIn(str(FAILED), path.read_text(), path)
        self.configure({"EXCH01": logs.section()}, {"accept_trap_events": "yes"})
        self.agent.reload()
        self.wait_for("the log counts", lambda: self.cell("EXCH01", "Status") == 0)
        self.wait_for("it is taken back", lambda: self.told("cleared"))
        self.assertNotIn("told-by-trap", self.cell("EXCH01", "Keys"))

    def test_it_is_forgotten_where_it_is_not_wanted_any_more(self):
        _, section = self.unreadable()
        self.serve({"EXCH01": section}, {"accept_trap_events": "yes"})
        self.send(hint(computer="EXCH01"))
        self.wait_for("it is worse", lambda: self.cell("EXCH01", "Status") == 2)
        self.configure({"EXCH01": section})
        self.agent.reload()
        self.wait_for("nobody believes it", lambda: self.cell("EXCH01", "Status") == 3)
        self.configure({"EXCH01": section}, {"accept_trap_events": "yes"})
        polls = self.scalar("PollsDone")
        self.agent.reload()
        self.wait_for_polls(polls + 1)
        self.assertEqual(self.cell("EXCH01", "Status"), 3)

    def test_it_outlives_imc_agentd(self):
        _, section = self.unreadable()
        self.serve({"EXCH01": section}, {"accept_trap_events": "yes"})
        self.send(hint(computer="EXCH01"))
        self.wait_for("it is worse", lambda: self.cell("EXCH01", "Status") == 2)
        standing = self.state / "imc-agentd.standing"
        self.wait_for("it is written down", lambda: "heard" in standing.read_text())
        self.agent.kill()
        self.agent.start()
        self.wait_for("it is known again", lambda: self.cell("EXCH01", "Status") == 2)
        self.assertIn("told-by-trap", self.cell("EXCH01", "Keys"))
        self.assertTrue(self.socket.exists())
        self.send(hint(computer="EXCH01"))      # at the socket of the new one
        self.wait_for_polls(2)


class Senders(Case):
    def test_strangers_are_counted_and_named_a_few_times(self):
        self.serve({"EXCH01": self.logs().section(), "A": self.logs("a").section(),
                    "B.X": self.logs("b").section(), "B.Y": self.logs("c").section()})
        self.send(*(hint(sender=f"192.0.2.{number % 250}", computer=f"NOBODY{number}")
                    for number in range(500)),
                  hint(computer="b"))           # of two
        self.wait_for("all are counted", lambda: self.scalar("UnknownTraps") == 501)
        self.assertEqual(self.scalar("PollsDone"), 4)
        self.assertEqual(len(self.lines("a trap of event 4071")), LINES)
        self.assertTrue(self.lines("192.0.2.3, agent -, computer "))
        self.assert_nothing_comes(lambda: self.send(hint(computer="exch01")))
        self.wait_for_line("server EXCH01: polled now, a trap told of event 4071")

    def test_addresses_come_first(self):
        host = self.lab_servers()
        port = host.start("one", lab.scenario("running"))
        self.serve({"EXCH01": {"address": "localhost", "port": port,
                               "credentials": self.credentials()},
                    "EXCH02": self.logs().section()})
        polls = self.scalar("PollsDone")
        for one in (hint(sender=lab.HOST, computer="EXCH02"),
                    hint(sender="192.0.2.1", agent=f"::ffff:{lab.HOST}")):
            self.send(one)
            polls += 1
            self.wait_for_polls(polls)
        self.assertEqual(len(self.lines("server EXCH01: polled now")), 2)
        self.send(hint(sender="192.0.2.1", agent="192.0.2.2", computer="EXCH02"))
        self.wait_for_line("server EXCH02: polled now")

    def test_no_account_is_tried_sooner(self):
        host = self.lab_servers()
        port = host.start("one", lab.scenario("running"))
        wrong = self.credentials(password="wrong")
        self.serve({"EXCH01": {"address": lab.HOST, "port": port, "credentials": wrong}},
                   defaults={"retries": 0})
        self.assertEqual(len(host.logons("one")), 1)
        self.assert_nothing_comes(lambda: self.send(hint(computer="EXCH01")))
        self.assertEqual(len(host.logons("one")), 1)
        self.assertEqual(self.cell("EXCH01", "Keys"), "unreachable")

    def test_what_is_no_hint(self):
        right = hint(computer="EXCH01")
        wrong = [right[:length] for length in range(len(right))]
        wrong += [right + b"\0", right + right, b"IMCTRAP2" + right[8:],
                  right[:12] + b"1" * SENDER + right[12 + SENDER:],
                  right[:-COMPUTER] + b"X" * COMPUTER,
                  right[:-COMPUTER] + b"X\0Y".ljust(COMPUTER, b"\0"),
                  right[:-COMPUTER] + b"a\nb".ljust(COMPUTER, b"\0"),
                  right[:12] + b"no address".ljust(SENDER, b"\0") + right[12 + SENDER:]]
        self.serve({"EXCH01": self.logs().section()})
        before = agentd.descriptors(self.agent.pid)
        self.send(*wrong)
        self.send_file(right)
        self.assert_nothing_comes(lambda: self.send(right))
        self.assertEqual(len(self.lines("it is not what imc-trap sends")), LINES)
        self.assertEqual(self.scalar("UnknownTraps"), 0)
        self.assertEqual(agentd.descriptors(self.agent.pid), before)

    def send_file(self, datagram):
        """With descriptors beside it, which nobody wants."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            files = array.array("i", [sock.fileno()] * 8)
            sock.sendmsg([datagram[:-1]], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, files)],
                         0, str(self.socket))


class Busy(Case):
    """A keeper that answers nothing for a while."""

    def setUp(self):
        super().setUp()
        self.serve({"EXCH01": self.logs().section()})
        self.keeper = self.agent.keeper()
        os.kill(self.keeper, signal.SIGSTOP)

    def send_what_fits(self, datagrams):
        """How many are taken before it reads no more; imc-trap would wait for none."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.connect(str(self.socket))
            for count, datagram in enumerate(datagrams):
                if not any(self.is_taken(sock, datagram) for _ in range(20)):
                    return count
        return len(datagrams)

    def is_taken(self, sock, datagram):
        try:
            sock.send(datagram, socket.MSG_DONTWAIT)
        except BlockingIOError:
            self.scalar("PollsDone")    # which it answers between two looks
            return False
        return True

    def test_not_more_are_kept_than_there_is_room_for(self):
        taken = self.send_what_fits([hint(computer=f"X{number}")
                                     for number in range(2000)])
        self.assertGreaterEqual(taken, 64)
        self.assertLess(taken, 2000)
        os.kill(self.keeper, signal.SIGCONT)
        self.wait_for("those that were taken are answered",
                      lambda: self.scalar("UnknownTraps") == taken)
        self.assert_nothing_comes(lambda: self.send(hint(computer="EXCH01")))

    def test_one_that_repeats_another_is_not_lost(self):
        """Which may be answered already, by a poll that was too early."""
        self.send(hint(computer="EXCH01"), hint(computer="EXCH01"))
        self.send(hint(computer="NOBODY"), hint(computer="NOBODY"))
        os.kill(self.keeper, signal.SIGCONT)
        self.wait_for_polls(3)
        self.assertEqual(self.scalar("UnknownTraps"), 2)

    def test_the_next_keeper_is_asked_again(self):
        self.send(hint(computer="NOBODY"))
        os.kill(self.keeper, signal.SIGKILL)
        self.wait_for("it is answered", lambda: self.scalar("UnknownTraps") == 1)


load_tests = agentd.concurrently

if __name__ == "__main__":
    unittest.main()

# SPDX-License-Identifier: GPL-3.0-or-later
"""An SNMP agent of versions 1 and 2c that serves a few objects, well or badly.

    with Agent(services({"Server": 1}), fault="loops") as agent:
        ... ask 127.0.0.1:agent.port, community "public" ...
"""
import bisect
import itertools
import pathlib
import socket
import sys
import threading
import time

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "integration"))

import snmp_wire as wire  # noqa: E402  (the path comes first)

VERSION_1 = 0
TICKS = 0x43
TOO_BIG, NO_SUCH_NAME, GEN_ERR, NO_ACCESS = 1, 2, 5, 6
NO_SUCH_INSTANCE, END_OF_VIEW = (0x81, b""), (0x82, b"")

TABLE = wire.oid("1.3.6.1.4.1.77.1.2.3.1")
NAMES, STATES = (*TABLE, 1), (*TABLE, 3)
UPTIME = wire.oid("1.3.6.1.2.1.25.1.1.0")
DESCRIPTION = wire.oid("1.3.6.1.2.1.1.1.0")
LAST = wire.oid("1.3.6.1.4.1.32473.1.0")   # RFC 5612: for documentation
HUGE = 60_000                       # octets, nearly all that a datagram holds
SLOW = 0.4                          # s
ANSWERS_BEFORE_SILENCE = 3


def octets(name):
    return name if isinstance(name, bytes) else name.encode()


def services(states, uptime=8640000, index_limit=110):
    """svSvcTable of {name: state}; a longer name has a cut index. Something follows."""
    objects = {LAST: (wire.INTEGER, 1)}
    if uptime is not None:
        objects[UPTIME] = (TICKS, uptime)
    for name, state in states.items():
        name = octets(name)
        index = name[:index_limit]
        row = (len(index), *index)
        objects[NAMES + row] = (wire.OCTETS, name)
        objects[STATES + row] = (wire.INTEGER, state)
    return objects


class Message:
    """A question taken apart, or an answer to be put together."""

    def __init__(self, version, community, kind, number, error, index, bindings):
        self.version, self.community, self.kind = version, community, kind
        self.number, self.error, self.index = number, error, index
        self.bindings = bindings            # [(OID, (tag, value))]

    @classmethod
    def decode(cls, data):
        _, message, _ = wire.take(data)
        (_, version), (_, community), (kind, pdu) = wire.members(message)
        (_, number), (_, error), (_, index), (_, listed) = wire.members(pdu)
        numbers = [wire.decode(wire.INTEGER, one)
                   for one in (version, number, error, index)]
        names = [wire.decode_oid(next(wire.members(one))[1])
                 for _, one in wire.members(listed)]
        return cls(numbers[0], community, kind, *numbers[1:],
                   [(name, (wire.NULL, b"")) for name in names])

    def encode(self):
        bindings = b"".join(
            wire.tlv(wire.SEQUENCE, wire.encode_oid(name)
                     + (wire.tlv(tag, value) if isinstance(value, bytes)
                        else wire.number(value, tag)))
            for name, (tag, value) in self.bindings)
        pdu = wire.tlv(self.kind, wire.number(self.number) + wire.number(self.error)
                       + wire.number(self.index) + wire.tlv(wire.SEQUENCE, bindings))
        return wire.tlv(wire.SEQUENCE, wire.number(self.version)
                        + wire.tlv(wire.OCTETS, self.community) + pdu)

    def failed(self, error, index=0):
        self.error, self.index = error, index
        return self


class Agent:
    """Answers until it is closed, on a port of its own or at `place`; `fault` is one of
    FAULTS."""

    def __init__(self, objects, community="public", fault=None, place=("127.0.0.1", 0)):
        self.objects = objects
        self.names = sorted(objects)
        self.community = community.encode()
        self.fault = FAULTS[fault] if fault else None
        self.questions = 0
        self.asker = None               # where the question comes from
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(place)
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as waker:
            waker.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self):
        while True:
            data, asker = self._socket.recvfrom(wire.MAX_DATAGRAM)
            if not data:
                return
            self.asker = asker
            for answer in self.answers(data):
                self._socket.sendto(answer, asker)

    def answers(self, data):
        question = Message.decode(data)
        if question.community != self.community:
            return []                       # as all agents do
        self.questions += 1
        if self.fault is None:
            return [self.answer(question).encode()]
        answer = self.fault(self, question)
        return [answer] if isinstance(answer, bytes) else \
            [] if answer is None else [answer.encode()]

    def next_name(self, name):
        at = bisect.bisect_right(self.names, name)
        return self.names[at] if at < len(self.names) else None

    def answer(self, question):
        answer = Message(question.version, question.community, wire.RESPONSE,
                         question.number, 0, 0, [])
        if question.kind == wire.GETBULK:
            answer.bindings = self._rows(question)
            return answer
        for place, (name, _) in enumerate(question.bindings, 1):
            if question.kind == wire.GETNEXT:
                found = self.next_name(name)
            else:
                found = name if name in self.objects else None
            if found is None and question.version == VERSION_1:
                answer.bindings = question.bindings
                return answer.failed(NO_SUCH_NAME, place)
            missing = END_OF_VIEW if question.kind == wire.GETNEXT else NO_SUCH_INSTANCE
            answer.bindings.append(
                (name, missing) if found is None else (found, self.objects[found]))
        return answer

    def _rows(self, question):
        rows = []
        at = [name for name, _ in question.bindings]
        for _ in range(question.index):     # max-repetitions
            for i, name in enumerate(at):
                found = self.next_name(name)
                rows.append((name, END_OF_VIEW) if found is None
                            else (found, self.objects[found]))
                at[i] = found or name
        return rows


# --- what can be wrong: (agent, question) -> Message, bytes, or None for silence ------

def changed(change):
    """A fault that changes the good answer."""
    def fault(agent, question):
        answer = agent.answer(question)
        change(answer)
        return answer
    return fault


def failing(error, index=0):
    return lambda agent, question: agent.answer(question).failed(error, index)


def walking(change):
    """A fault of GETNEXT and GETBULK only: (agent, question, answer)."""
    def fault(agent, question):
        answer = agent.answer(question)
        if question.kind != wire.GET:
            change(agent, question, answer)
        return answer
    return fault


def valued(column, value):
    """All cells of one column have that value."""
    def change(answer):
        answer.bindings = [
            (name, value if name[:len(column)] == column and cell[0] < 0x80 else cell)
            for name, cell in answer.bindings]
    return changed(change)


def silent_later(agent, question):
    if agent.questions <= ANSWERS_BEFORE_SILENCE:
        return agent.answer(question)
    return None


def slow(agent, question):
    time.sleep(SLOW)
    return agent.answer(question)


def choking(agent, question):
    """An error for all where the uptime is among the names, and for nothing else."""
    names = [name for name, _ in question.bindings]
    answer = agent.answer(question)
    if UPTIME not in names:
        return answer
    answer.bindings = question.bindings
    return answer.failed(GEN_ERR, names.index(UPTIME) + 1)


def from_elsewhere(agent, question):
    """The right answer, not from where it was asked for."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as elsewhere:
        elsewhere.sendto(agent.answer(question).encode(), agent.asker)


def other_number(answer):
    answer.number += 1


def other_version(answer):
    answer.version = 1 - answer.version


def other_names(answer):
    answer.bindings = [((1, 3, 6, 1, 5, *name[5:]), cell)
                       for name, cell in answer.bindings]


def fewer(answer):
    del answer.bindings[-1]


def none(answer):
    answer.bindings = []


def more(answer):
    answer.bindings.append((LAST, (wire.INTEGER, 1)))


def as_question(answer):
    answer.kind = wire.GET


def as_report(answer):
    answer.kind = 0xA8


def loops(agent, question, answer):
    """The table's first row, again and again."""
    first = [agent.next_name(column) for column in (NAMES, STATES)]
    width = len(question.bindings)
    answer.bindings = [(first[i % width], agent.objects[first[i % width]])
                       for i in range(max(len(answer.bindings), width))]


def falls(agent, question, answer):
    """Names of the right column that go down with each answer."""
    step = 1000 - agent.questions
    answer.bindings = [((*column, 1, step), cell) for column, cell in zip(
        itertools.cycle((NAMES, STATES)),
        [(wire.OCTETS, b"x"), (wire.INTEGER, 1)] * (len(answer.bindings) // 2))]


def later(cells):
    """A walk that goes well at first."""
    def change(agent, _question, answer):
        if agent.questions > ANSWERS_BEFORE_SILENCE:
            answer.bindings = [cells(name) for name, _ in answer.bindings]
    return change


def as_version_1(agent, question, answer):
    """In version 2c, version 1's way to say that no name follows, amid the table."""
    if question.version != VERSION_1 and agent.questions > 2:
        answer.failed(NO_SUCH_NAME, 1)


def endless(agent, question, answer):
    """A row behind each row."""
    width = len(question.bindings)
    rows = max(len(answer.bindings) // width, 1)
    answer.bindings = []
    for row, (name, _) in itertools.product(range(1, rows + 1), question.bindings):
        column = name[:len(NAMES)]
        last = name[-1] if len(name) > len(NAMES) else 0
        cell = (wire.OCTETS, b"x") if column == NAMES else (wire.INTEGER, 1)
        answer.bindings.append(((*column, 1, last + row), cell))


FAULTS = {
    "silent": lambda agent, question: None,
    "silent later": silent_later,
    "from elsewhere": from_elsewhere,
    "slow": slow,
    "chokes on the uptime": choking,
    "garbage": lambda agent, question: b"\xff" * 40,
    "truncated": lambda agent, question: agent.answer(question).encode()[:-5],
    "empty": lambda agent, question: b"",
    "other number": changed(other_number),
    "other version": changed(other_version),
    "other names": changed(other_names),
    "fewer": changed(fewer),
    "none": changed(none),
    "more": changed(more),
    "a question": changed(as_question),
    "a report": changed(as_report),
    "too big": failing(TOO_BIG),
    "genErr": failing(GEN_ERR, 1),
    "noAccess": failing(NO_ACCESS, 1),
    "no name 0": failing(NO_SUCH_NAME, 0),
    "no name 99": failing(NO_SUCH_NAME, 99),
    "error 4711": failing(4711, 1),
    "loops": walking(loops),
    "falls": walking(falls),
    "ends as version 1": walking(as_version_1),
    "begins anew": walking(later(lambda _: (DESCRIPTION, (wire.OCTETS, b"NT")))),
    "breaks off": walking(later(lambda name: (name, NO_SUCH_INSTANCE))),
    "endless": walking(endless),
    "huge names": valued(NAMES, (wire.OCTETS, b"x" * (HUGE // 24))),
    "names are numbers": valued(NAMES, (wire.INTEGER, 1)),
    "states are text": valued(STATES, (wire.OCTETS, b"1")),
    "states are counters": valued(STATES, (0x41, 1)),
    "states are null": valued(STATES, (wire.NULL, b"")),
    "state 0": valued(STATES, (wire.INTEGER, 0)),
    "state 5": valued(STATES, (wire.INTEGER, 5)),
    "state -1": valued(STATES, (wire.INTEGER, -1)),
}

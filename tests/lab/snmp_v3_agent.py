# SPDX-License-Identifier: GPL-3.0-or-later
"""An agent of version 3 for users without keys, and what it may do wrong before and
around the answers, which are those of snmp_agent.Agent."""
import dataclasses

import snmp_wire as wire
from snmp_agent import Agent, Message

ENGINE = b"\x80\x00\x1f\x88\x80imc-lab"
REPORTABLE = 4
REPORT = 0xA8
COUNTER = 0x41
UNKNOWN_USER, UNKNOWN_ENGINE, NOT_IN_TIME = 3, 4, 2
USM_STATISTICS = wire.oid("1.3.6.1.6.3.15.1.1")
STRANGE_REPORT = wire.oid("1.3.6.1.4.1.32473.3.0")


@dataclasses.dataclass
class Envelope:
    """What is around a PDU in version 3."""
    number: int
    flags: int
    engine: bytes
    user: bytes
    question: Message = None
    boots: int = 1
    seconds: int = 1000

    @classmethod
    def decode(cls, data):
        _, message, _ = wire.take(data)
        (_, _), (_, head), (_, security), (_, scoped) = wire.members(message)
        (_, number), (_, _), (_, flags), (_, _) = wire.members(head)
        _, parameters, _ = wire.take(security)
        (_, engine), (_, _), (_, _), (_, user), _, _ = wire.members(parameters)
        _, _, (kind, pdu) = wire.members(scoped)
        # as version 2c would have it
        plain = wire.tlv(wire.SEQUENCE, wire.number(1) + wire.tlv(wire.OCTETS, b"")
                         + wire.tlv(kind, pdu))
        return cls(wire.decode(wire.INTEGER, number), flags[0], engine, user,
                   Message.decode(plain))

    def encode(self, answer):
        _, plain, _ = wire.take(answer.encode())
        _, _, (kind, pdu) = wire.members(plain)
        head = (wire.number(self.number) + wire.number(65507)
                + wire.tlv(wire.OCTETS, bytes([self.flags])) + wire.number(3))
        security = wire.tlv(wire.SEQUENCE, (
            wire.tlv(wire.OCTETS, self.engine) + wire.number(self.boots)
            + wire.number(self.seconds) + wire.tlv(wire.OCTETS, self.user)
            + wire.tlv(wire.OCTETS, b"") * 2))
        scoped = (wire.tlv(wire.OCTETS, self.engine) + wire.tlv(wire.OCTETS, b"")
                  + wire.tlv(kind, pdu))
        return wire.tlv(wire.SEQUENCE, (
            wire.number(3) + wire.tlv(wire.SEQUENCE, head)
            + wire.tlv(wire.OCTETS, security) + wire.tlv(wire.SEQUENCE, scoped)))


class AgentV3(Agent):
    def __init__(self, objects, fault=None):
        self.fault_v3 = V3_FAULTS[fault] if fault else None
        super().__init__(objects)

    def answers(self, data):
        envelope = Envelope.decode(data)
        self.questions += 1
        fault = self.fault_v3 or (lambda agent, asked: agent.reply(asked))
        answer = fault(self, envelope)
        return [] if answer is None else [answer]

    def reply(self, envelope, **changes):
        """The right answer, but for what is said otherwise."""
        is_hello = not envelope.engine
        if is_hello:
            return self.report(envelope, (*USM_STATISTICS, UNKNOWN_ENGINE, 0), **changes)
        back = dataclasses.replace(envelope, **{"flags": 0, **changes})
        return back.encode(self.answer(envelope.question))

    def report(self, envelope, name, **changes):
        answer = Message(1, b"", REPORT, envelope.question.number, 0, 0,
                         [(name, (COUNTER, 1))] if name else [])
        changes = {"engine": ENGINE, "user": envelope.user, "flags": 0, **changes}
        return dataclasses.replace(envelope, **changes).encode(answer)


def reporting(name):
    """Each question but the first, who are you, gets that report."""
    def fault(agent, envelope):
        if not envelope.engine:
            return agent.reply(envelope)
        return agent.report(envelope, name)
    return fault


def replying(**changes):
    """Each answer but the first has something else in its envelope."""
    def fault(agent, envelope):
        return agent.reply(envelope, **(changes if envelope.engine else {}))
    return fault


def hello(**changes):
    return lambda agent, envelope: agent.reply(envelope, **changes)


def response_to_hello(agent, envelope):
    return dataclasses.replace(envelope, engine=ENGINE, flags=0).encode(
        agent.answer(envelope.question))


def other_number(agent, envelope):
    return agent.reply(envelope, number=envelope.number + 1)


def other_question(agent, envelope):
    envelope.question.number += bool(envelope.engine)
    return agent.reply(envelope)


V3_FAULTS = {
    "no hello": lambda agent, envelope: None,
    "a response to hello": response_to_hello,
    "hello to nobody": lambda agent, envelope: agent.report(
        envelope, (*USM_STATISTICS, UNKNOWN_USER, 0)),
    "no engine": hello(engine=b""),
    "a long engine": hello(engine=b"x" * 2000),
    "other message": other_number,
    "other question": other_question,
    "silent after hello": lambda agent, envelope:
        None if envelope.engine else agent.reply(envelope),
    "cut": lambda agent, envelope: agent.reply(envelope)[:-9],
    "other user": replying(user=b"somebody"),
    "other engine": replying(engine=ENGINE + b"2"),
    "other level": replying(flags=1),
    "never in time": reporting((*USM_STATISTICS, NOT_IN_TIME, 0)),
    "never the engine": reporting((*USM_STATISTICS, UNKNOWN_ENGINE, 0)),
    "a strange report": reporting(STRANGE_REPORT),
    "an empty report": reporting(None),
}

# SPDX-License-Identifier: GPL-3.0-or-later
"""An SNMP agent that serves made cells of IMC-MONITOR-MIB: rows as no imc-agentd has
them, and rows that change while they are read."""
import agentd
import snmp_agent
import snmp_wire

GAUGE, OPAQUE = 0x42, 0x44


def integer(value):
    return snmp_wire.INTEGER, value


def gauge(value):
    return GAUGE, value


def text(value):
    return snmp_wire.OCTETS, value if isinstance(value, bytes) else value.encode()


def moment(hour=9, minute=0):
    """On 2026-11-22, UTC."""
    return text(bytes((7, 234, 11, 22, hour, minute, 0, 0)) + b"+\0\0")


def is_text(cell):
    return cell[0] == snmp_wire.OCTETS


# A service that runs, polled a moment ago.
WELL = {"Status": integer(0), "StatusText": text("all is well"), "Keys": text("running"),
        "ServiceState": integer(4), "StateInferred": integer(2), "StartType": integer(2),
        "Condition": integer(1), "Trigger": integer(1), "Interval": gauge(60),
        "LastPollTime": moment(), "LastPollAge": gauge(5), "NextPollTime": moment(9, 1),
        "FailedPolls": gauge(0), "FailureKind": integer(0), "FailureText": text(""),
        "Events4071": gauge(0), "DamagedRecords": gauge(0), "ClockSkew": integer(0),
        "StartAccount": text("LocalSystem"), "SmbLevel": text("NT1 unsigned"),
        "Win32ExitCode": gauge(0), "BootTime": moment(8), "StateSince": moment(8),
        "LogReachesBackTo": moment(1)}
# What takes most room: texts as long as the MIB lets them be, numbers of 32 bits.
LONGEST = {"StatusText": text("s" * 255), "Keys": text("running".ljust(255, ",")),
           "StartAccount": text("a" * 255), "SmbLevel": text("l" * 255),
           "Advice": text("d" * 1024), "FailureText": text("f" * 1024),
           "FailureKind": integer(2), "CauseEvent": gauge(65535),
           "Interval": gauge(86400), "LastPollAge": gauge(259200),
           "Last4071Time": moment(8), "ClockSkew": integer(-2**31),
           **{name: gauge(2**32 - 1) for name in (
               "FailedPolls", "Win32ExitCode", "SpecificExitCode", "Events4071",
               "Last4071Record", "DamagedRecords")}}
START = {"Id": gauge(0xC0000FE7), "Time": moment(8), "Record": gauge(7),
         "Trigger": integer(2)}


class MadeAgent(snmp_agent.Agent):
    """What it serves can be replaced at any time."""

    def __init__(self):
        self.before_answer = None       # called before each answer
        self.sizes = []                 # of each answer, in octets
        super().__init__({})

    def serve(self, server, row, starts=()):
        """One row, and its failed starts; a column that is None is a hole."""
        names, index = agentd.names(), agentd.index_of(server)
        cells = {names[f"imcServer{name}"] + index: value for name, value in row.items()}
        for place, start in enumerate(starts, 1):
            for name, value in start.items():
                cells[names[f"imcEvent{name}"] + index + (place,)] = value
        cells[names["imcAgentVersion"] + (0,)] = text("made")
        self.objects = {name: value for name, value in cells.items() if value is not None}
        self.names = sorted(self.objects)

    def answers(self, data):
        if self.before_answer:
            self.before_answer()
        answers = super().answers(data)
        self.sizes += [len(one) for one in answers]
        return answers

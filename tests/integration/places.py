# SPDX-License-Identifier: GPL-3.0-or-later
"""Every place of a check where its peer may fail it, in the order of the check."""
import dataclasses

import lab

STATE, CONFIG, APPLICATION, SYSTEM = "state", "config", "application-log", "system-log"
EVERYTHING = frozenset((STATE, CONFIG, APPLICATION, SYSTEM))
LOGS = frozenset((APPLICATION, SYSTEM))
NOTHING = frozenset()
HARMLESS = frozenset(("clock", "dependencies"))    # parts that a healthy verdict may lack

# How a failure's text names each stage.
PHRASES = {
    "connect": "TCP connection",
    "negotiate": "SMB negotiation",
    "logon": "logon|IPC",
    "pipe": "PIPE",
    "service": "query of the service",
    "application-log": "reading of the Application log",
    "system-log": "reading of the System log",
}


@dataclasses.dataclass(frozen=True)
class Place:
    name: str
    where: dict         # of a fault of the lab
    stage: str          # that check_imc names
    hits: frozenset     # parts that cannot be learned if this alone goes wrong
    loses: frozenset    # and if nothing works from here on

    def fault(self, action, **arguments):
        return {**self.where, "do": action, **arguments}

    @property
    def at(self):
        return self.where["at"]


def _call(pipe, opnum, stage, hits, loses, **where):
    name = " ".join([pipe, str(opnum), *map(str, where.values())])
    return Place(name, {"at": "call", "pipe": pipe, "opnum": opnum, **where}, stage,
                 frozenset(hits), frozenset(loses))


def _pipe(pipe, hits, loses):
    return [Place(f"{at} {pipe}", {"at": at, "pipe": pipe}, "pipe", frozenset(hits),
                  frozenset(loses)) for at in ("open-pipe", "bind")]


def _log(log, part, loses):
    asked = [_call("eventlog", opnum, part, {part}, loses, log=log)
             for opnum in (7, 5, 4, 10)]
    return asked + [_call("eventlog", 2, part, NOTHING, loses - {part}, log=log)]


WATCHED, NEEDED = "MSExchangeIMC", "MSExchangeIS"

ON_THE_WAY = [
    Place("accept", {"at": "accept"}, "negotiate", EVERYTHING, EVERYTHING),
    Place("negotiate", {"at": "negotiate"}, "negotiate", EVERYTHING, EVERYTHING),
    Place("logon, first leg", {"at": "session-setup"}, "logon", EVERYTHING,
          EVERYTHING),
    Place("logon, second leg", {"at": "session-setup", "from": 2}, "logon", EVERYTHING,
          EVERYTHING),
    Place("tree-connect", {"at": "tree-connect"}, "logon", EVERYTHING, EVERYTHING),
]
BLACKHOLE = Place("blackhole", {"at": "accept"}, "connect", EVERYTHING, EVERYTHING)
SERVICE = [
    *_pipe("svcctl", {STATE, CONFIG}, EVERYTHING),
    _call("svcctl", 15, "service", {STATE, CONFIG}, EVERYTHING),
    _call("svcctl", 16, "service", {STATE, CONFIG}, EVERYTHING, service=WATCHED),
    _call("svcctl", 6, "service", {STATE}, EVERYTHING, service=WATCHED),
    _call("svcctl", 17, "service", {CONFIG}, EVERYTHING - {STATE}, service=WATCHED),
]
# Only where the service is down, and after all else.
DEPENDENCIES = [
    _call("svcctl", opnum, "service", NOTHING, NOTHING, service=NEEDED)
    for opnum in (16, 6)
]
CLOCK = [*_pipe("srvsvc", NOTHING, LOGS), _call("srvsvc", 28, "clock", NOTHING, LOGS)]
EVENTS = [
    *_pipe("eventlog", LOGS, LOGS),
    *_log("system", SYSTEM, LOGS),
    *_log("application", APPLICATION, frozenset({APPLICATION})),
]
FAREWELL = [_call("svcctl", 0, "service", NOTHING, NOTHING, service=WATCHED)]

OF_EACH_CHECK = ON_THE_WAY + SERVICE + CLOCK + EVENTS + FAREWELL
OF_A_STOPPED = ON_THE_WAY + SERVICE + CLOCK + EVENTS + DEPENDENCIES + FAREWELL

# Scenarios without any fault, and the exit code of each.
HEALTHY = {"running": 0, "stopped": 2, "paused": 1}
_FILES = {"running": "running", "stopped": "stopped-clean", "paused": "paused"}


def server_of(state, *faults, protocol="smb1"):
    """The scenario of a server whose service is in that state."""
    return lab.scenario(_FILES[state], protocol=protocol, faults=list(faults))


def exit_code_without(state, lost):
    """Design section 5, where these parts could not be learned."""
    if STATE in lost:
        return lab.EXIT_CODES["unknown"]
    if state == "stopped" or not lost - HARMLESS:
        return HEALTHY[state]
    return lab.EXIT_CODES["unknown"] if state == "running" else HEALTHY[state]

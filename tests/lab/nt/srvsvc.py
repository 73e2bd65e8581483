# SPDX-License-Identifier: GPL-3.0-or-later
r"""\PIPE\srvsvc ([MS-SRVS]): the server's clock, nothing else."""

import time

from .dcerpc import Operation, syntax
from .ndr import Reader, Writer

PIPE = "srvsvc"
SYNTAX = syntax("4b324fc8-1670-01d3-1278-5a47bf6ee188", 3)
DENIED = 5


def _decode(call):
    return Reader(call.stub).unique_string(), None, {}


def _remote_tod(call, _arguments):
    if call.fault("absurd"):
        return Writer().pointer().raw(b"\xff" * 48).u32(0).done()
    now = call.server.clock()
    utc = time.gmtime(now)
    stub = Writer().pointer()
    # TIME_OF_DAY_INFO: elapsed, msecs, hours .. hunds, timezone, tinterval, date.
    for value in (int(now), int(now * 1000) & 0xFFFFFFFF, utc.tm_hour, utc.tm_min,
                  utc.tm_sec, int(now * 100) % 100, 0, 310, utc.tm_mday, utc.tm_mon,
                  utc.tm_year, (utc.tm_wday + 1) % 7):
        stub.u32(value)
    return stub.u32(0).done()


def _fail(_call, _arguments, code):
    return Writer().pointer(False).u32(code).done()


OPERATIONS = {28: Operation("NetrRemoteTOD", _decode, _remote_tod, _fail)}

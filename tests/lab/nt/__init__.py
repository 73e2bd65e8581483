# SPDX-License-Identifier: GPL-3.0-or-later
"""A scriptable Windows NT peer: SMB with svcctl, eventlog and srvsvc. See README.md."""

from .scenario import load_scenario
from .server import NTServer

__all__ = ["NTServer", "load_scenario"]

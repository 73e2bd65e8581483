# SPDX-License-Identifier: GPL-3.0-or-later
"""Durations and moments as scenarios write them."""

import datetime
import re

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def duration(text):
    """Seconds of "90s", "-15m", "1d12h", "0s"; a number means seconds."""
    if isinstance(text, (int, float)):
        return text
    match = re.fullmatch(r"([+-]?)((?:\d+[smhd])+)", text.strip())
    if not match:
        raise ValueError(f"not a duration: {text!r}")
    total = sum(int(number) * _UNITS[unit]
                for number, unit in re.findall(r"(\d+)([smhd])", match.group(2)))
    return -total if match.group(1) == "-" else total


def moment(text, now):
    """Epoch seconds of an ISO 8601 UTC time, or of a duration relative to now."""
    if isinstance(text, str) and "T" in text:
        parsed = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=datetime.timezone.utc)
        return parsed.timestamp()
    return now + duration(text)

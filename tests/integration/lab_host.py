#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Servers of the NT lab in a process of their own, told over stdin what to become.

A line is a JSON list, [METHOD, ARGUMENTS], and so is each answer, [VALUE] or
[null, ERROR]. The end of stdin ends it. agentd.Lab speaks to it.
"""
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lab")]

from nt import NTServer  # noqa: E402  (the path comes first)


class Host:
    def __init__(self):
        self._servers = {}

    def start(self, name, scenario, port=0):
        """The port; a server of that name that was there is another one now."""
        if name in self._servers:
            old = self._servers.pop(name)
            port = old.port
            old.stop()
        server = NTServer(scenario, port)
        server.start()
        self._servers[name] = server
        return server.port

    def faults(self, name, faults):
        self._servers[name].set_faults(faults)

    def service(self, name, fields):
        self._servers[name].set_service(**fields)

    def append(self, name, log, event):
        self._servers[name].append_event(log, event)

    def user(self, name, user, value):
        self._servers[name].set_user(user, value)

    def logons(self, name):
        """[[user, NT status, time]]"""
        return [[one["user"], one["status"], one["time"]]
                for one in list(self._servers[name].logons)]

    def connections(self, name):
        """When each was opened."""
        return [one["opened"] for one in list(self._servers[name].connections)]

    def calls(self, name):
        return len(self._servers[name].calls)

    def stop(self):
        for server in self._servers.values():
            server.stop()


def main():
    host = Host()
    for line in sys.stdin:
        method, arguments = json.loads(line)
        try:
            answer = [getattr(host, method)(*arguments)]
        except (OSError, ValueError, KeyError) as why:
            answer = [None, repr(why)]
        print(json.dumps(answer), flush=True)
    host.stop()


if __name__ == "__main__":
    main()

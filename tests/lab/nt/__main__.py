# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve scenarios from the command line, one port each, until SIGTERM or SIGINT.

SIGHUP reads the scenario files again.
"""

import argparse
import ctypes
import json
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from nt import NTServer  # noqa: E402  (the path comes first)

PR_SET_PDEATHSIG = 1
SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def parse(arguments):
    parser = argparse.ArgumentParser(prog="nt", description=__doc__)
    parser.add_argument("scenarios", nargs="+", metavar="SCENARIO.json")
    parser.add_argument("--dir", required=True, help="private directory to write to")
    parser.add_argument("--ports-file", help="name to port, once all are ready"
                        " (default: ports.json in the directory)")
    parser.add_argument("--calls", help="write the recorded calls to this file at the end"
                        " (relative to the directory)")
    parser.add_argument("--protocol", choices=("smb1", "smb2"),
                        help="instead of what the scenarios say")
    return parser.parse_args(arguments)


def die_with_parent(parent):
    """A killed test must not leave servers behind."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    if os.getppid() != parent:      # it died before the kernel knew
        sys.exit(0)


def write_json(path, value):
    """All or nothing: who waits for the file never reads half of it."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps(value, indent=1) + "\n", encoding="utf-8")
    os.replace(temporary, path)


def read(options, path):
    scenario = json.loads(path.read_text(encoding="utf-8"))
    if options.protocol:
        scenario["protocol"] = options.protocol
    return scenario


def serve(options, paths, servers):
    directory = pathlib.Path(options.dir)
    for path in paths:
        servers[path.stem] = NTServer(read(options, path)).start()
    ports = {name: server.port for name, server in servers.items()}
    write_json(directory / (options.ports_file or "ports.json"), ports)
    while True:
        if signal.sigwait(SIGNALS) != signal.SIGHUP:
            break
        for path in paths:
            servers[path.stem].reload(read(options, path))
    if options.calls:
        write_json(directory / options.calls,
                   {name: {"calls": server.calls, "logons": server.logons,
                           "connections": server.connections}
                    for name, server in servers.items()})


def main():
    parent = os.getppid()
    options = parse(sys.argv[1:])
    # Blocked before any thread starts, so that only sigwait() takes them.
    signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    die_with_parent(parent)
    paths = [pathlib.Path(name) for name in options.scenarios]
    if len({path.stem for path in paths}) != len(paths):
        sys.exit("nt: two scenarios have the same name")
    servers = {}
    try:
        serve(options, paths, servers)
    finally:
        for server in servers.values():
            server.stop()


if __name__ == "__main__":
    main()

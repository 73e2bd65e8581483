# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports for programs that cannot choose one themselves.

    port = free_port()                      # TCP
    port = free_port(socket.SOCK_DGRAM)     # UDP

A port that is bound, let go and handed to a program may be somebody else's by then. So
these lie below the range from which the kernel gives ports, and each is kept from other
tests by a socket in the abstract namespace, which ends with the process that took it.
"""
import random
import socket

HOST = "127.0.0.1"
FIRST = 10100       # browsers refuse some below, such as 10080
RANGE = "/proc/sys/net/ipv4/ip_local_port_range"
USUAL = 32768       # where that range begins, if nobody has widened it
TRIES = 1000

_kept = []          # open for the life of the process


def _end():
    with open(RANGE, encoding="ascii") as file:
        first = int(file.read().split()[0])
    return first if first - FIRST > TRIES else USUAL


def _keep(port):
    """False: somebody else has it."""
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        lock.bind(f"\0imc-tests-port-{port}")
    except OSError:
        lock.close()
        return False
    _kept.append(lock)
    return True


def _is_free(port, kind):
    """A program that is no test of ours may have it."""
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port(kind=socket.SOCK_STREAM):
    end = _end()
    for _ in range(TRIES):
        port = random.randrange(FIRST, end)
        if _keep(port) and _is_free(port, kind):
            return port
    raise RuntimeError(f"no free port in {TRIES} tries from {FIRST} to {end - 1}")

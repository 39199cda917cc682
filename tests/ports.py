"""Ports for servers of our own."""

from __future__ import annotations

import socket
from pathlib import Path
from random import SystemRandom

RESERVED = 1024
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST, HIGHEST = 15_000, 32_000


def free_port() -> int:
    """One that nobody has, and that no outgoing connection is given while its server is down or not up yet: below
    those that the system gives away by itself. Source: ip(7), `ip_local_port_range`.
    """
    highest = min(HIGHEST, _given_away_from() - 1)
    while True:
        port = SystemRandom().randint(min(LOWEST, highest), highest)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def _given_away_from() -> int:
    return int(EPHEMERAL.read_text().split()[0]) if EPHEMERAL.exists() else HIGHEST

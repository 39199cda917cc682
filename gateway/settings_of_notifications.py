"""The sections of the settings about telling recipients and operators; see `gateway.settings`."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifications:
    """Telling recipients: minutes before each further try, how long a sender that does not work is rested, and which
    private hosts merchants' mail servers may be (`allow_private`: any, loopback too; demo and tests only).
    """

    timeout_s: float
    session_s: float
    senders_at_once: int
    retry_min: tuple[int, ...]
    rest_s: int
    private_hosts: tuple[str, ...]
    ca_file: str
    allow_private: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """Telling operators; the URLs hold secrets."""

    urls: tuple[str, ...] = field(default=(), repr=False)

"""Push services that do not answer are left alone for a while, so that they hold up nobody whose service does.

A browser names its own push service, so anybody who has a parcel's link can name one that never answers. Each is known
by its origin, in this process alone: a service that is back is known to be so at its next message.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from urllib.parse import urlsplit

FIRST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(hours=1)
"""Doubled at every silence. Ours, no measurement: the first is shorter than the first pause of a notification."""

MOST_KNOWN = 10_000
"""Of those that are silent the one heard of longest ago is forgotten first."""


@dataclass(frozen=True, slots=True)
class _Silence:
    times: int
    until: datetime


class PushRests:
    """Which origins are resting. Used by several threads."""

    def __init__(self) -> None:
        self._silent: OrderedDict[str, _Silence] = OrderedDict()
        self._lock = Lock()

    def resting_until(self, endpoint: str, now: datetime) -> datetime | None:
        """Until when it is not called; None when it is."""
        with self._lock:
            known = self._silent.get(_origin(endpoint))
        return known.until if known is not None and known.until > now else None

    def note(self, endpoint: str, now: datetime, *, answered: bool) -> None:
        """What came of a call."""
        origin = _origin(endpoint)
        with self._lock:
            known = self._silent.pop(origin, None)
            if answered:
                return
            times = known.times + 1 if known else 1
            rest = min(FIRST_REST * 2 ** min(times - 1, 10), LONGEST_REST)
            self._silent[origin] = _Silence(times, now + rest)
            if len(self._silent) > MOST_KNOWN:
                self._silent.popitem(last=False)


def _origin(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    return f"{parts.scheme}://{parts.netloc}"

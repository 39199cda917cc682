"""The list of all points, kept for some hours: it is long, and comes only whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from carriers.base import Account, Http, ServicePoint
from carriers.packeta.wire.points import points

# Our choice: points open and close by the day.
FRESH = timedelta(hours=6)
LONGEST_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PointsFeed:
    """Shared by all threads; one list per address and key, for what a list holds may depend on the key."""

    _lists: dict[tuple[str, str, str], tuple[datetime, Sequence[ServicePoint]]] = field(
        default_factory=dict, repr=False
    )
    _lock: Lock = field(default_factory=Lock, repr=False)

    async def points(self, http: Http, account: Account, key: str, now: datetime) -> Sequence[ServicePoint]:
        """All points, asked for where the known list is old. Raises CarrierError as a GET does."""
        known_as = (account.id, account.urls.get("points", ""), key)
        with self._lock:
            asked_at, known = self._lists.get(known_as, (None, ()))
        if asked_at is not None and now - asked_at < FRESH:
            return known
        reply = await http.get("points", f"/{key}/branch.json", limit_bytes=LONGEST_BYTES)
        found = points(reply.reading())
        with self._lock:
            self._lists[known_as] = (now, found)
        return found

"""The ports of key figures: the facts they are made of, and their sums by day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol

from gateway.kpis.facts import Asked, Delivery
from gateway.kpis.sums import Cut, Kept
from gateway.services.ports.answers import Mode


class KpiFacts(Protocol):
    """Of one merchant and mode. A day is the recipient's for shipments and that of UTC for what carriers were asked."""

    def deliveries(
        self,
        merchant_id: str,
        mode: Mode,
        day: date,
        by: Cut | None = None,
        value: str = "",
        *,
        claimed: bool = False,
        at_once: int = 0,
    ) -> Iterator[tuple[str, Delivery]]:
        """Shipments towards recipients that were due on a day (or booked on it where nothing was promised), by id.

        All, or those of one value of what figures are cut by; only those with a claim, where that is wanted. They are
        read some at once: 0 for all but very many.
        """

    def asked(self, merchant_id: str, mode: Mode, day: date) -> Sequence[Asked]:
        """Bookings asked of carriers on a day."""

    def asked_for(
        self, merchant_id: str, mode: Mode, day: date, by: Cut | None = None, value: str = "", *, at_once: int = 0
    ) -> Iterator[tuple[str, Asked]]:
        """Each of them with the id of its shipment, by when it was asked; all, or those of one value. Some at once, as
        of deliveries.
        """


class Day(NamedTuple):
    """A day whose figures are kept."""

    merchant_id: str
    mode: Mode
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the sums of a period stand. `stale_since` is when the first change was made that they do not hold.

    `missing` days were never summed up; `ends_at` is when the last promise of the last day ends.
    """

    stale_since: datetime | None = None
    missing: Sequence[date] = ()
    ends_at: datetime | None = None


class KpiSums(Protocol):
    """Boards by day, and what of them is stale."""

    def take_changes(self, before: date) -> None:
        """What changed of days before that day makes them stale. Commits day by day."""

    def stale(self, limit: int) -> Sequence[Day]:
        """The newest first; not those that somebody holds."""

    def hold(self, day: Day) -> bool:
        """Whether it is stale still and nobody's; nobody else sums it up until the transaction ends."""

    def keep(self, day: Day, boards: Mapping[tuple[Cut, str], Kept], ends_at: datetime | None, now: datetime) -> None:
        """In place of what was kept of it."""

    def all_stale(self, merchant_id: str, mode: Mode, now: datetime) -> None:
        """Every day of a mode is to be summed up anew."""

    def standing(self, merchant_id: str, mode: Mode, first: date, last: date) -> Standing:
        """Of days, both included."""

    def boards(
        self, merchant_id: str, mode: Mode, cut: Cut, first: date, last: date
    ) -> Iterator[tuple[date, str, Kept]]:
        """Day by day, cut by something."""

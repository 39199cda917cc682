"""Facilities: places from which a merchant sends, with their hours: time zone, cut-offs, closing days."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gateway.domain.errors import InvalidValue, Unprocessable
from gateway.domain.values import Address

MONDAY_TO_FRIDAY = (0, 1, 2, 3, 4)
LONGEST_REST_DAYS = 400
"""After so many days without a working day nobody waits for one any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingDay:
    """A day on which nothing is handed over, or nothing after `closes_at`, and why."""

    day: date
    why: str = ""
    closes_at: time | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """When parcels are handed over: up to and with `cut_off` (None: all day) on `working_days` (0 is Monday) that are
    no closing days.
    """

    cut_off: time | None = None
    working_days: tuple[int, ...] = MONDAY_TO_FRIDAY
    closing_days: tuple[ClosingDay, ...] = ()

    def __post_init__(self) -> None:
        if not self.working_days or not set(self.working_days) <= set(range(7)):
            raise InvalidValue("working days are some of 0 (Monday) to 6 (Sunday)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facility:
    """A place of origin. `handover` is what holds for all accounts; `accounts`, by name, have their own instead.

    `opens` is when a day's handover begins. Public holidays of the address are closing days if `observes_holidays`.
    """

    code: str
    address: Address
    timezone: str
    name: str = ""
    opens: time = time(8)
    observes_holidays: bool = True
    handover: Handover = field(default_factory=Handover)
    accounts: Mapping[str, Handover] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, each in (("", self.handover), *self.accounts.items()):
            if each.cut_off is not None and each.cut_off < self.opens:
                pointer = f"/accounts/{name}/cut_off" if name else "/handover/cut_off"
                raise Unprocessable(pointer, f"the cut-off is before the facility opens at {self.opens:%H:%M}")
            for place, half in enumerate(each.closing_days):
                if half.closes_at is not None and half.closes_at < self.opens:
                    pointer = f"{f'/accounts/{name}' if name else '/handover'}/closing_days/{place}/closes_at"
                    raise Unprocessable(
                        pointer, f"it closes before it opens at {self.opens:%H:%M}: leave closes_at out"
                    )
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise Unprocessable("/timezone", f"{self.timezone!r} is not an IANA time zone") from None

    @property
    def zone(self) -> ZoneInfo:
        """Its time zone."""
        return ZoneInfo(self.timezone)

    def terms(self, account: str) -> Handover:
        """What holds for an account."""
        return self.accounts.get(account, self.handover)

    def closed(self, day: date, account: str, holiday: Callable[[date], str | None]) -> str | None:
        """Why nothing is handed over on a day; None when it is."""
        terms = self.terms(account)
        if day.weekday() not in terms.working_days:
            return f"{day:%A} is no working day"
        closing = (*self.handover.closing_days, *terms.closing_days)
        own = {each.day: each.why or "closed" for each in closing if each.closes_at is None}
        return own.get(day) or (holiday(day) if self.observes_holidays else None)

    def cut_off(self, day: date, account: str) -> time | None:
        """The last moment of handover on a day that is not closed; None is all day."""
        terms = self.terms(account)
        closing = (*self.handover.closing_days, *terms.closing_days)
        halves = [each.closes_at for each in closing if each.day == day and each.closes_at is not None]
        return min(filter(None, [terms.cut_off, *halves]), default=None)

    def handed_over(self, ready_at: datetime, account: str, holiday: Callable[[date], str | None]) -> datetime:
        """From when a parcel that is ready at a moment waits for an account: then, or when the next working day
        begins if that day's cut-off is over or it is none. By the clock on the facility's wall, also where it changes.
        """
        local = ready_at.astimezone(self.zone)
        day = local.date()
        cut_off = self.cut_off(day, account)
        late = cut_off is not None and local.time() > cut_off
        if not late and self.closed(day, account, holiday) is None:
            return ready_at
        for _ in range(LONGEST_REST_DAYS):
            day += timedelta(days=1)
            if self.closed(day, account, holiday) is None:
                return datetime.combine(day, self.opens, self.zone)
        return ready_at


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityRecord:
    """A facility as it is kept; `version` grows with every change."""

    id: str
    merchant_id: str
    code: str
    facility: Facility
    version: int = 1
    created_at: datetime
    updated_at: datetime

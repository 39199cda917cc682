"""Delivery windows of one own fleet: places that are taken at most as often as there are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime

from sqlalchemy import Connection, Row, and_, bindparam, or_, select, update

from carriers.base.messages import Window
from gateway.domain.clock import Clock
from gateway.storage.rows import DIALECTS
from gateway.storage.tables.base import table_of
from gateway.storage.tables.fleet import ReservationRow, WindowRow
from gateway.storage.types import UtcDateTime

_WINDOWS = table_of(WindowRow)
_RESERVATIONS = table_of(ReservationRow)
_W = _WINDOWS.c
_R = _RESERVATIONS.c
_OF_FLEET = and_(_W.merchant_id == bindparam("of_merchant"), _W.account_id == bindparam("of_account"))
_OFFERED = (
    select(_WINDOWS)
    .where(
        _OF_FLEET,
        _W.zone == bindparam("zone"),
        _W.start_at >= bindparam("since"),
        _W.start_at < bindparam("until"),
        _W.booked < _W.capacity,
    )
    .order_by(_W.start_at, _W.id)
)
_TAKE = (
    update(_WINDOWS)
    .where(_OF_FLEET, _W.id == bindparam("window"), _W.booked < _W.capacity)
    .values(booked=_W.booked + 1)
)
_FROM = _WINDOWS.alias()
_SAME_ZONE = (
    select(_FROM.c.zone)
    .where(
        _FROM.c.merchant_id == bindparam("of_merchant"),
        _FROM.c.account_id == bindparam("of_account"),
        _FROM.c.id == bindparam("from_window"),
    )
    .scalar_subquery()
)
_TAKE_IN_ZONE = _TAKE.where(_W.zone == _SAME_ZONE)
_BOTH = (
    select(_W.id)
    .where(_OF_FLEET, or_(_W.id == bindparam("window"), _W.id == bindparam("from_window")))
    .order_by(_W.id)
    .with_for_update()
)
"""Locked in one order, whoever moves which way: two who change places do not wait for each other."""
_GIVE_BACK = update(_WINDOWS).where(_OF_FLEET, _W.id == bindparam("window")).values(booked=_W.booked - 1)
_NEW_PLACE = select(
    _W.merchant_id, _W.account_id, bindparam("tender"), _W.id, bindparam("now", type_=UtcDateTime)
).where(_OF_FLEET, _W.id == bindparam("window"))
_PLACE_COLUMNS = ["merchant_id", "account_id", "tender_reference", "window_id", "reserved_at"]
_RESERVE = {
    name: dialect.insert(_RESERVATIONS).from_select(_PLACE_COLUMNS, _NEW_PLACE).on_conflict_do_nothing()
    for name, dialect in DIALECTS.items()
}
_PLACE = (
    select(_RESERVATIONS)
    .where(
        _R.merchant_id == bindparam("of_merchant"),
        _R.account_id == bindparam("of_account"),
        _R.tender_reference == bindparam("tender"),
    )
    .with_for_update()
)
_HOLDS = and_(_R.merchant_id == _W.merchant_id, _R.account_id == _W.account_id, _R.window_id == _W.id)
_ZONE = (
    select(_W.zone, _W.id)
    .join(_RESERVATIONS, _HOLDS)
    .where(_OF_FLEET, _R.tender_reference == bindparam("tender"), _R.released_at.is_(None))
)
_RELEASE = update(_RESERVATIONS).where(
    _R.merchant_id == bindparam("of_merchant"),
    _R.account_id == bindparam("of_account"),
    _R.tender_reference == bindparam("tender"),
)

_MOVE = _RELEASE.where(_R.released_at.is_(None)).values(window_id=bindparam("window"))

Transaction = Callable[[], AbstractContextManager[Connection]]


class FleetWindows:
    """The windows of one fleet account. `begin` opens a transaction that is rolled back unless committed."""

    def __init__(self, merchant_id: str, account_id: str, begin: Transaction, read: Transaction, clock: Clock) -> None:
        self._fleet = {"of_merchant": merchant_id, "of_account": account_id}
        self._begin = begin
        self._read = read
        self._clock = clock

    def open(self, windows: Iterable[tuple[str, str, datetime, datetime, int]]) -> None:
        """Offer windows: (id, zone, start, end, capacity); existing ids keep what is booked."""
        rows = [
            {
                "merchant_id": self._fleet["of_merchant"],
                "account_id": self._fleet["of_account"],
                "id": window_id,
                "zone": zone,
                "start_at": start,
                "end_at": end,
                "capacity": capacity,
                "booked": 0,
            }
            for window_id, zone, start, end, capacity in windows
        ]
        if not rows:
            return
        with self._begin() as connection:
            offered = DIALECTS[connection.dialect.name].insert(_WINDOWS)
            anew = {name: offered.excluded[name] for name in ("zone", "start_at", "end_at", "capacity")}
            key = list(_WINDOWS.primary_key)
            connection.execute(offered.on_conflict_do_update(index_elements=key, set_=anew), rows)
            connection.commit()

    def open_windows(self, zone: str, since: datetime, until: datetime) -> tuple[Window, ...]:
        """Windows of a zone that start in [since, until) and have a place left, earliest first."""
        with self._read() as connection:
            found = connection.execute(_OFFERED, {**self._fleet, "zone": zone, "since": since, "until": until})
            return tuple(_window(row) for row in found)

    def reserve(self, window_id: str, tender_reference: str) -> bool:
        """Take one place; True also when this tender has it already.

        False when the window is full or unknown, when the tender holds a place elsewhere, and when it gave its
        place back: a tender that was cancelled does not come to life again because its booking arrives late.
        """
        asked = {**self._fleet, "window": window_id, "tender": tender_reference}
        with self._begin() as connection:
            reserve = _RESERVE[connection.dialect.name]
            if connection.execute(reserve, {**asked, "now": self._clock()}).rowcount == 0:
                held = self._place(connection, tender_reference)
                return held is not None and held.window_id == window_id and held.released_at is None
            if connection.execute(_TAKE, asked).rowcount == 0:
                return False
            connection.commit()
            return True

    def release(self, tender_reference: str) -> bool:
        """Give the tender's place back; True also when it is back already, False when it never had one."""
        with self._begin() as connection:
            held = self._place(connection, tender_reference)
            if held is None:
                return False
            if held.released_at is None:
                tender = {**self._fleet, "tender": tender_reference}
                connection.execute(_RELEASE, {**tender, "released_at": self._clock()})
                connection.execute(_GIVE_BACK, {**self._fleet, "window": held.window_id})
                connection.commit()
            return True

    def find(self, tender_reference: str) -> Window | None:
        """The window in which this tender holds a place."""
        wanted = select(_WINDOWS).join(_RESERVATIONS, _HOLDS)
        wanted = wanted.where(_OF_FLEET, _R.tender_reference == tender_reference, _R.released_at.is_(None))
        with self._read() as connection:
            row = connection.execute(wanted, self._fleet).one_or_none()
            return None if row is None else _window(row)

    def others(self, tender_reference: str, since: datetime, until: datetime) -> tuple[Window, ...]:
        """Windows as `open_windows`, of the zone in which this tender holds a place; without the one it has."""
        with self._read() as connection:
            held = connection.execute(_ZONE, {**self._fleet, "tender": tender_reference}).one_or_none()
        if held is None:
            return ()
        return tuple(each for each in self.open_windows(held.zone, since, until) if each.id != held.id)

    def move(self, window_id: str, tender_reference: str) -> bool:
        """Give the place up for one in another window of its zone; True also when it is there already.

        The place is locked first, as in `release`; whoever moves or releases the same one waits.
        """
        asked = {**self._fleet, "window": window_id, "tender": tender_reference}
        with self._begin() as connection:
            held = self._place(connection, tender_reference)
            if held is None or held.released_at is not None:
                return False
            if held.window_id == window_id:
                return True
            connection.execute(_BOTH, {**asked, "from_window": held.window_id})
            if connection.execute(_TAKE_IN_ZONE, {**asked, "from_window": held.window_id}).rowcount == 0:
                return False
            connection.execute(_GIVE_BACK, {**self._fleet, "window": held.window_id})
            connection.execute(_MOVE, asked)
            connection.commit()
            return True

    def _place(self, connection: Connection, tender_reference: str) -> Row[tuple[object, ...]] | None:
        return connection.execute(_PLACE, {**self._fleet, "tender": tender_reference}).one_or_none()


def _window(row: Row[tuple[object, ...]]) -> Window:
    return Window(id=row.id, start=row.start_at, end=row.end_at, capacity=row.capacity, booked=row.booked)

"""Tracking events lie in one table a month on PostgreSQL; SQLite has one plain table.

The month is that in which we began to follow the number, read off the tracker's id, which sorts by time. So all events
of a tracker lie together, every look-up goes to one month, an event is the same one whatever time it claims (the
primary key needs no other column), and a month that nobody asks for any more can be detached whole. What belongs to no
month that is there lies in a table for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import Connection, text

from gateway.services.ids import first_id

EVENTS = "tracking_events"
REST = f"{EVENTS}_rest"
_THERE = text("SELECT to_regclass(:name) IS NOT NULL")


def is_month(table: str) -> bool:
    """Whether a table of that name is only a part of the events."""
    return table.startswith(f"{EVENTS}_")


def make_months(connection: Connection, first: datetime, last: datetime) -> int:
    """Make the tables of the months between two moments that are not there yet; how many. In the caller's transaction.

    What lay in the table for the rest moves into its month.
    """
    if connection.dialect.name != "postgresql":
        return 0
    return sum(_make(connection, begin, end) for begin, end in months(first, last))


def months(first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Each month from that of `first` to that of `last`, as its begin and its end."""
    begin = datetime(first.year, first.month, 1, tzinfo=UTC)
    while begin <= last:
        end = datetime(begin.year + begin.month // 12, begin.month % 12 + 1, 1, tzinfo=UTC)
        yield begin, end
        begin = end


def _make(connection: Connection, begin: datetime, end: datetime) -> int:
    name = f"{EVENTS}_{begin:%Y_%m}"
    if connection.execute(_THERE, {"name": name}).scalar():
        return 0
    low, high = first_id("trk", begin), first_id("trk", end)
    within = f"tracker_id >= '{low}' AND tracker_id < '{high}'"
    # Attaching locks the events less than creating a partition in place would: they can be read and written meanwhile.
    move = f"WITH moved AS (DELETE FROM {REST} WHERE {within} RETURNING *) INSERT INTO {name} SELECT * FROM moved"  # noqa: S608  # names and ids of our own
    for statement in (
        f"CREATE TABLE {name} (LIKE {EVENTS} INCLUDING DEFAULTS)",
        move,
        f"ALTER TABLE {EVENTS} ATTACH PARTITION {name} FOR VALUES FROM ('{low}') TO ('{high}')",
    ):
        connection.execute(text(statement))
    return 1

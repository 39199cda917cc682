"""News of outbox messages as they are committed: PostgreSQL tells (LISTEN/NOTIFY), SQLite's outbox is looked at.

A notification is sent with the transaction that wrote the message, after its commit and in the order of commits.
Source: PostgreSQL, "NOTIFY", notes on transactions.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from sqlalchemy import URL, Connection, Engine, bindparam, text
from sqlalchemy.dialects import postgresql

from gateway.domain.errors import Unavailable
from gateway.domain.messages import OutboxMessage
from gateway.services.ports import News
from gateway.services.ports.messages import Notice
from gateway.storage.engine import plain_errors

CHANNEL = "doorstep_outbox"
"""PostgreSQL's notification channel: merchant, mode and id of each committed message, with spaces between them."""
POLL_S = 0.5
AT_ONCE = 500
_NOTIFY = text(f"SELECT count(pg_notify('{CHANNEL}', notice)) FROM unnest(:notices) AS notice").bindparams(  # noqa: S608  # a name of our own
    bindparam("notices", type_=postgresql.ARRAY(postgresql.TEXT))
)
_LAST = text("SELECT coalesce(max(rowid), 0) FROM outbox")
# One writer at a time: rows are numbered in the order of commits.
_NEXT = text("SELECT rowid, merchant_id, mode, id FROM outbox WHERE rowid > :last ORDER BY rowid LIMIT :most")


def notify(connection: Connection, messages: Sequence[OutboxMessage]) -> None:
    """Tell of messages that were written in bulk, in their order; whoever looks needs no telling."""
    if messages and connection.dialect.name == "postgresql":
        notices = [" ".join((message.merchant_id, message.mode, message.id)) for message in messages]
        connection.execute(_NOTIFY, {"notices": notices})


class PostgresNews(News):
    """A connection of its own that listens."""

    def __init__(self, url: URL) -> None:
        with _plain():
            where = url.set(drivername="postgresql").render_as_string(hide_password=False)
            self._connection = psycopg.connect(
                where, autocommit=True, connect_timeout=3, application_name="doorstep-live"
            )
            self._connection.execute(f"LISTEN {CHANNEL}")

    def wait(self, timeout_s: float) -> Sequence[Notice] | None:
        """The next ones; the database keeps those that come in between for us."""
        with _plain():
            found = self._connection.notifies(timeout=timeout_s, stop_after=1)
            return [Notice(*notify.payload.split(" ")) for notify in found]

    def close(self) -> None:
        """Listen no more."""
        self._connection.close()


class PolledNews(News):
    """Looks at the end of the outbox again and again."""

    def __init__(self, reader: Engine, poll_s: float) -> None:
        self._reader = reader
        self._poll_s = poll_s
        self._pause = threading.Event()
        self._last = self._end()

    def wait(self, timeout_s: float) -> Sequence[Notice] | None:
        """What was written since the last look; looked for once after a pause when there is nothing yet."""
        found = self._next()
        if not found:
            self._pause.wait(min(self._poll_s, timeout_s))
            found = self._next()
        if not found and self._end() < self._last:  # the end of the outbox is gone: rows are numbered anew
            self._last = self._end()
            return None
        return found

    def close(self) -> None:
        """Look no more."""
        self._pause.set()

    def _next(self) -> Sequence[Notice]:
        with plain_errors(), self._reader.connect() as connection:
            rows = connection.execute(_NEXT, {"last": self._last, "most": AT_ONCE}).all()
        self._last = rows[-1].rowid if rows else self._last
        return [Notice(row.merchant_id, row.mode, row.id) for row in rows]

    def _end(self) -> int:
        with plain_errors(), self._reader.connect() as connection:
            return int(connection.execute(_LAST).scalar_one())


@contextmanager
def _plain() -> Iterator[None]:
    """The driver's errors in the gateway's words."""
    try:
        yield
    except psycopg.Error as error:
        raise Unavailable(f"the database does not answer: {type(error).__name__}") from error

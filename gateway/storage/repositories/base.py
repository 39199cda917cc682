"""What all repositories share: their transaction, and pages of long lists."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, bindparam, tuple_, update

from gateway.domain.errors import Unprocessable
from gateway.services.ports import Page
from gateway.storage.rows import Rows
from gateway.storage.tables.accounts import MerchantRow
from gateway.storage.tables.base import table_of

N = TypeVar("N")
MERCHANTS = table_of(MerchantRow)
_OF_MERCHANT = update(MERCHANTS).where(MERCHANTS.c.merchant_id == bindparam("of_merchant"))
_SETTINGS_CHANGED = _OF_MERCHANT.values(settings_version=MERCHANTS.c.settings_version + 1)
_RESTED = _OF_MERCHANT.values(settings_version=MERCHANTS.c.settings_version + 1, rests=MERCHANTS.c.rests + 1)


class Repository:
    """Works on one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _settings_changed(self, merchant_id: str) -> None:
        """What other processes read of the merchant's accounts and policies before is stale after this commit."""
        self._connection.execute(_SETTINGS_CHANGED, {"of_merchant": merchant_id})

    def _rested(self, merchant_id: str) -> None:
        """An account began or ended its rest: to be read anew too, but no change of what the merchant wants."""
        self._connection.execute(_RESTED, {"of_merchant": merchant_id})

    def _page(
        self,
        rows: Rows[N],
        wanted: Select[Any],
        order: tuple[ColumnElement[datetime], ColumnElement[str]],
        limit: int,
        cursor: str | None,
        *,
        rising: bool = False,
    ) -> Page[N]:
        """The next `limit` rows, newest first (or, `rising`, oldest first), `order` being time and id. Any page costs
        the same: the cursor names the last row seen, not a number of rows to skip.
        """
        created_at, row_id = order
        if cursor is not None:
            place, seen = tuple_(created_at, row_id), tuple_(*_position(cursor))
            wanted = wanted.where(place > seen if rising else place < seen)
        walked = order if rising else (created_at.desc(), row_id.desc())
        ordered = wanted.order_by(*walked).limit(limit + 1)
        found = self._connection.execute(ordered).all()
        more = found[limit - 1] if len(found) > limit else None
        return Page(
            items=tuple(rows.noun(row) for row in found[:limit]),
            next_cursor=None if more is None else _cursor(getattr(more, created_at.key or "created_at"), more.id),
        )


def _cursor(created_at: datetime, row_id: str) -> str:
    return base64.urlsafe_b64encode(f"{created_at.isoformat()} {row_id}".encode()).decode("ascii")


def _position(cursor: str) -> tuple[datetime, str]:
    try:
        created_at, row_id = base64.urlsafe_b64decode(cursor.encode("ascii")).decode().split(" ", 1)
        moment = datetime.fromisoformat(created_at)
    except (ValueError, binascii.Error):
        raise Unprocessable("/cursor", "not a cursor of ours", "invalid_cursor") from None
    if moment.tzinfo is None:
        raise Unprocessable("/cursor", "not a cursor of ours", "invalid_cursor")
    return moment, row_id

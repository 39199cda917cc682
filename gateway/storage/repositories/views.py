"""Saved views, and tags on shipments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from sqlalchemy import delete, select

from gateway.domain.views import SavedView
from gateway.storage.repositories.base import Repository
from gateway.storage.rows import DIALECTS, Rows
from gateway.storage.tables.base import table_of
from gateway.storage.tables.views import SavedViewRow, TagRow

VIEWS = Rows(SavedViewRow, SavedView)
TAGS = table_of(TagRow)
_V = VIEWS.table.c


class ViewRepository(Repository):
    """A merchant has few."""

    def add(self, view: SavedView) -> None:
        """A new one."""
        VIEWS.add(self._connection, view)

    def list(self, merchant_id: str) -> Sequence[SavedView]:
        """Everybody's."""
        return VIEWS.all(self._connection, select(VIEWS.table).where(_V.merchant_id == merchant_id))

    def update(self, view: SavedView) -> None:
        """Write it. Raises StaleVersion when a later version is stored."""
        VIEWS.put(self._connection, view)

    def remove(self, merchant_id: str, view_id: str) -> None:
        """Forget it."""
        VIEWS.remove(self._connection, merchant_id, view_id)


class TagRepository(Repository):
    """Words on shipments."""

    def put(self, merchant_id: str, shipment_id: str, tag: str) -> bool:
        """False when it is there already."""
        insert = DIALECTS[self._connection.dialect.name].insert(TAGS).on_conflict_do_nothing()
        put = {"merchant_id": merchant_id, "shipment_id": shipment_id, "tag": tag}
        return bool(self._connection.execute(insert, put).rowcount)

    def take_off(self, merchant_id: str, shipment_id: str, tag: str) -> bool:
        """False when it is not there."""
        of_it = (TAGS.c.merchant_id == merchant_id, TAGS.c.shipment_id == shipment_id, TAGS.c.tag == tag)
        return bool(self._connection.execute(delete(TAGS).where(*of_it)).rowcount)

    def of(self, merchant_id: str, shipment_ids: Sequence[str]) -> Mapping[str, Sequence[str]]:
        """By shipment, in the order of letters."""
        wanted = select(TAGS.c.shipment_id, TAGS.c.tag).where(
            TAGS.c.merchant_id == merchant_id, TAGS.c.shipment_id.in_(shipment_ids)
        )
        found: dict[str, list[str]] = defaultdict(list)
        for shipment_id, tag in self._connection.execute(wanted.order_by(TAGS.c.tag)):
            found[shipment_id].append(tag)
        return found

"""The list of shipments: found by anything a caller says, narrowed by words with a colon, looked at as people like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import Blueprint, Response, request

from gateway.console.acts import SHIPMENT_ACTS
from gateway.console.gate import may, services, who
from gateway.console.live import position
from gateway.console.looks import COLUMNS, SIZES, Look, address, look
from gateway.console.query import OPERATORS, PROMISES, Query, read
from gateway.console.rendering import go, page
from gateway.console.telling import promise, standing
from gateway.console.views import tabs
from gateway.domain.people import Permission
from gateway.domain.records import ShipmentRecord
from gateway.services.searching import Found

blueprint = Blueprint("shipments", __name__)
COUNTED = 1000
SAID = {
    "saved": "The view is saved.",
    "removed": "The view is removed.",
}


@blueprint.get("/shipments")
@may(Permission.LOOK)
def grid() -> Response:
    """A page of shipments, newest first; the name of exactly one shipment leads to it."""
    signed, cursor = who(), request.args.get("cursor") or None
    views = services().staff.views.list(signed.user)
    seen = look(request.args, views)
    asked = read(seen.text, signed.mode, services().clock(), cursor, seen.size)
    found = services().staff.desk.find(signed.merchant_id, asked.search)
    if _is_it(found, asked):
        return go("shipment.detail", shipment_id=found.page.items[0].id)
    counts, total, least = _counts(found)
    now = services().clock()
    return page(
        "shipments.html",
        q=asked.text,
        asked=asked,
        found=found,
        look=seen,
        views=[(view, address(view)) for view in views],
        columns=COLUMNS,
        bulk_acts=SHIPMENT_ACTS,
        sizes=SIZES,
        rows=[(each, standing(each), promise(each, now)) for each in found.page.items],
        tags=_tags(seen, found.page.items),
        tabs=[(tab.title, seen.url(asked.having(status=tab.status)), counts[tab.status], tab.status) for tab in tabs()],
        counted=COUNTED,
        least=least,
        total=total,
        operators=OPERATORS,
        promises=PROMISES,
        url=seen.url,
        next=seen.url(asked.text, cursor=found.page.next_cursor) if found.page.next_cursor else None,
        first=cursor is None,
        position=position(),
        said=SAID.get(request.args.get("done", ""), ""),
    )


def _counts(found: Found) -> tuple[Mapping[str, int], int, bool]:
    """How many each tab has, and the list; of what a text or a word with a colon finds, at least so many."""
    desk, asked = services().staff.desk, found.search.status
    wanted, shown = replace(found.search, status="", cursor=None), {asked, *(tab.status for tab in tabs())}
    if not wanted.text and not wanted.narrowed:
        searches = {status: replace(wanted, status=status) for status in shown}
        counts = desk.counts(who().merchant_id, searches, COUNTED)
        return counts, counts[asked], False
    by_status = desk.by_status(who().merchant_id, wanted, COUNTED)
    most = sum(by_status.values())
    counts = {status: sum(by_status.get(each, 0) for each in status.split(",")) for status in shown} | {"": most}
    return counts, counts[asked], most >= COUNTED


def _tags(seen: Look, shipments: Sequence[ShipmentRecord]) -> Mapping[str, Sequence[str]]:
    if "tags" not in seen.columns or not shipments:
        return {}
    return services().staff.tags.of(who().merchant_id, [each.id for each in shipments])


def _is_it(found: Found, asked: Query) -> bool:
    """Whether the text is this very shipment's own id, reference or number."""
    items = found.page.items
    return len(items) == 1 and asked.search.cursor is None and not asked.chips and _named(items[0], asked.search.text)


def _named(shipment: ShipmentRecord, text: str) -> bool:
    return text.casefold() in {
        name.casefold() for name in (shipment.id, shipment.reference, shipment.tracking_number) if name
    }

"""The list of shipments: found by anything a caller says, narrowed by words with a colon."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, Response, request, url_for

from gateway.console.gate import may, services, who
from gateway.console.query import OPERATORS, PROMISES, Query, read
from gateway.console.rendering import go, page
from gateway.console.telling import promise, standing
from gateway.console.views import tabs
from gateway.domain.people import Permission
from gateway.domain.records import ShipmentRecord
from gateway.services.desk import Found

blueprint = Blueprint("shipments", __name__)
SIZES = (50, 100, 200)
COUNTED = 1000
LONGEST = 200


@blueprint.get("/shipments")
@may(Permission.LOOK)
def grid() -> Response:
    """A page of shipments, newest first; the name of exactly one shipment leads to it."""
    signed, args = who(), request.args
    size = args.get("size", "")
    asked = read(
        args.get("q", "")[:LONGEST],
        signed.mode,
        services().clock(),
        args.get("cursor") or None,
        int(size) if size in map(str, SIZES) else SIZES[0],
    )
    desk = services().staff.desk
    found = desk.find(signed.merchant_id, asked.search)
    if _is_it(found, asked):
        return go("shipment.detail", shipment_id=found.page.items[0].id)
    counts, least = _counts(found)
    now = services().clock()
    return page(
        "shipments.html",
        q=asked.text,
        asked=asked,
        found=found,
        rows=[(each, standing(each), promise(each, now)) for each in found.page.items],
        tabs=[(tab.title, _url(asked.having(status=tab.status)), counts[tab.status], tab.status) for tab in tabs()],
        counted=COUNTED,
        least=least,
        total=counts.get(asked.search.status),
        operators=OPERATORS,
        promises=PROMISES,
        url=_url,
        next=_url(asked.text, cursor=found.page.next_cursor, size=size) if found.page.next_cursor else None,
        first=args.get("cursor") is None,
    )


def _counts(found: Found) -> tuple[Mapping[str, int], bool]:
    """How many of each status; of those that a text or a word with a colon finds, at least so many."""
    desk, wanted = services().staff.desk, replace(found.search, status="", cursor=None)
    if not wanted.text and not wanted.narrowed:
        searches = {tab.status: replace(wanted, status=tab.status) for tab in tabs()}
        return desk.counts(who().merchant_id, searches, COUNTED), False
    by_status = desk.by_status(who().merchant_id, wanted, COUNTED)
    total = sum(by_status.values())
    return {"": total, **{tab.status: by_status.get(tab.status, 0) for tab in tabs() if tab.status}}, total >= COUNTED


def _url(text: str, **more: str | None) -> str:
    kept = {name: value for name, value in more.items() if value}
    return url_for("shipments.grid", **({"q": text} if text else {}), **kept)  # type: ignore[arg-type]  # texts


def _is_it(found: Found, asked: Query) -> bool:
    """Whether the text is this very shipment's own id, reference or number."""
    items = found.page.items
    return len(items) == 1 and asked.search.cursor is None and not asked.chips and _named(items[0], asked.search.text)


def _named(shipment: ShipmentRecord, text: str) -> bool:
    return text.casefold() in {
        name.casefold() for name in (shipment.id, shipment.reference, shipment.tracking_number) if name
    }

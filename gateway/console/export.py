"""The list as a file for spreadsheets: what the search finds, recipients masked, no cell a formula."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from flask import Blueprint, Response, request

from gateway.console.gate import deed, may, services, who
from gateway.console.query import read
from gateway.console.rendering import name_masked
from gateway.console.sheets import file_named
from gateway.domain.errors import Unprocessable
from gateway.domain.people import Permission
from gateway.domain.records import ShipmentRecord
from gateway.services.desk import MOST_NAMED
from gateway.services.ports import ShipmentSearch

blueprint = Blueprint("export", __name__)
MOST = 10_000
A_PAGE = 200
COLUMNS = (
    "id",
    "reference",
    "tracking_number",
    "booking",
    "status",
    "reason",
    "account",
    "service",
    "promised",
    "delivered",
    "attempts",
    "recipient",
    "postal_code",
    "city",
    "country",
    "price",
    "currency",
    "made",
)


@blueprint.get("/shipments.csv", defaults={"form": "csv"})
@blueprint.get("/shipments.xlsx", defaults={"form": "xlsx"})
@may(Permission.LOOK)
def shipments(form: str) -> Response:
    """The newest ten thousand at most; where there are more, the file says so in its name and in its last line."""
    text, signed = request.args.get("q", "")[:200], who()
    asked = read(text, signed.mode, services().clock(), limit=A_PAGE)
    if asked.complaint:
        raise Unprocessable("/q", asked.complaint.rstrip("."))
    records = list(found(asked.search, MOST + 1))
    return file_of(records[:MOST], asked.text, form, _left_out(asked.search, len(records)))


def file_of(records: Sequence[ShipmentRecord], asked: str, form: str = "csv", left_out: str = "") -> Response:
    """Shipments as a file; that it was made is written down. `left_out` is why others are not in it."""
    reason = f"{len(records)} rows{', not all' if left_out else ''}, “{asked}”"
    services().staff.audit.record(who().user, deed("exported shipments", reason=reason))
    name = f"shipments-newest-{len(records)}" if left_out else "shipments"
    return file_named(name, form, [COLUMNS, *map(_cells, records)], left_out)


def _left_out(search: ShipmentSearch, number: int) -> str:
    """Why a file does not hold all that somebody may have meant; "" where it does."""
    if number > MOST:
        return f"Not all: there are more, and only the newest {MOST} are in this file. Narrow the list by day."
    if search.text and (search.status or search.narrowed):
        named = {"": ShipmentSearch(mode=search.mode, text=search.text)}
        if services().staff.desk.counts(who().merchant_id, named, MOST_NAMED)[""] >= MOST_NAMED:
            said = f"Not all, perhaps: very many are called “{search.text}”, and the newest {MOST_NAMED}"
            return f"{said} of them were looked through. Add another word."
    return ""


def found(search: ShipmentSearch, most: int, *, exactly: bool = False) -> Iterator[ShipmentRecord]:
    """All that a search finds, a page at a time, up to so many. Raises Unprocessable: only some are like it, where
    what is found is to be acted on.
    """
    desk, left = services().staff.desk, most
    while left > 0:
        here = desk.find(who().merchant_id, search)
        if here.search.match == "most" and exactly:
            raise Unprocessable("/q", "no shipment has all of these words: select those that are meant")
        yield from here.page.items[:left]
        left -= len(here.page.items)
        if here.page.next_cursor is None:
            return
        search = replace(here.search, cursor=here.page.next_cursor)


def _cells(each: ShipmentRecord) -> list[str]:
    to = each.shipment.destination
    return [
        each.id,
        each.reference,
        each.tracking_number,
        each.state.value,
        each.status,
        each.reason,
        each.account,
        each.service.value if each.service else "",
        _at(each.deliver_by),
        _at(each.delivered_at),
        str(each.attempts),
        name_masked(to),
        to.postal_code,
        to.city,
        to.country,
        str(each.price.amount) if each.price else "",
        each.price.currency if each.price else "",
        _at(each.created_at),
    ]


def _at(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat(timespec="minutes")

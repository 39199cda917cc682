"""The list as a file for spreadsheets: what the search finds, recipients masked, no cell a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from flask import Blueprint, Response, request

from gateway.console.gate import deed, may, services, who
from gateway.console.query import read
from gateway.console.rendering import name_masked
from gateway.domain.errors import Unprocessable
from gateway.domain.people import Permission
from gateway.domain.records import ShipmentRecord
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
FORMULA = re.compile(r"""[\s"'\u00a0]*[=+\-@\t\r\0＝＋－＠]""")
"""What spreadsheets may take for a formula, behind blanks and quotes too.

Source: OWASP ASVS 4.0.3, 1.2.10 (CSV and formula injection), and the full-width forms that spreadsheets fold.
"""


@blueprint.get("/shipments.csv")
@may(Permission.LOOK)
def shipments() -> Response:
    """Up to ten thousand shipments, newest first."""
    text, signed = request.args.get("q", "")[:200], who()
    asked = read(text, signed.mode, services().clock(), limit=A_PAGE)
    if asked.complaint:
        raise Unprocessable("/q", asked.complaint.rstrip("."))
    return file_of(list(found(asked.search, MOST)), asked.text)


def file_of(records: Sequence[ShipmentRecord], asked: str) -> Response:
    """Shipments as a file; that it was made is written down."""
    written = io.StringIO()
    sheet = csv.writer(written)
    sheet.writerow(COLUMNS)
    sheet.writerows([[safe(cell) for cell in _cells(each)] for each in records])
    reason = f"{len(records)} rows, “{asked}”"
    services().staff.audit.record(who().user, deed("exported shipments", reason=reason))
    headers = {"Content-Disposition": 'attachment; filename="shipments.csv"'}
    return Response(written.getvalue().encode("utf-8-sig"), headers=headers, content_type="text/csv; charset=utf-8")


def safe(cell: str) -> str:
    """The same, or with a quote before it where a spreadsheet would calculate it."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def found(search: ShipmentSearch, most: int) -> Iterator[ShipmentRecord]:
    """All that a search finds, a page at a time, up to so many."""
    desk, left = services().staff.desk, most
    while left > 0:
        here = desk.find(who().merchant_id, search)
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

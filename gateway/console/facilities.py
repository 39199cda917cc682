"""Facilities: the places that parcels leave from, their hours, and what names them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import available_timezones

from flask import Blueprint, Response, request

from gateway.console.facility_sheets import DAYS, LINES, FacilitySheet, sheet_of, typed
from gateway.console.gate import deed, may, services, who
from gateway.console.rendering import go, page
from gateway.domain.errors import Conflict, StaleVersion, Unprocessable
from gateway.domain.facilities import Facility, FacilityRecord
from gateway.domain.people import Permission
from gateway.rules.naming import named_in

blueprint = Blueprint("facilities", __name__, url_prefix="/facilities")
DONE = {
    "kept": "Kept. It counts for every quote from now on.",
    "deleted": "It is forgotten. Shipments keep its address.",
}
AHEAD_DAYS = 10
SPARE_LINES = 3
"""Empty lines for closing days, so that some can be added without a script."""


@dataclass(frozen=True, slots=True)
class Day:
    """One of the next days: until when parcels are handed over (None: all day), or why they are not."""

    at: datetime
    until: datetime | None
    closed: str


@blueprint.get("")
@may(Permission.LOOK)
def overview() -> Response:
    """Every facility, and how today is there."""
    now, book = services().clock(), services().facilities
    found = book.list(who().merchant_id)
    rows = [(each, Day(now, *book.day(each.facility, "", now)), _users(each)) for each in found]
    return page("facilities.html", rows=rows, said=DONE.get(request.args.get("done", ""), ""))


@blueprint.get("/new")
@may(Permission.SETTINGS)
def begin() -> Response:
    """An empty form."""
    return _shown(sheet_of(None, _accounts()))


@blueprint.post("/new")
@may(Permission.SETTINGS)
def add() -> Response:
    """A new facility."""
    sheet = typed(request.form, None, _accounts())
    facility = sheet.facility()
    if facility is None:
        return _shown(sheet, status=422)
    try:
        made = services().facilities.add(who().merchant_id, facility)
    except Unprocessable as error:
        sheet.blame(error)
        return _shown(sheet, status=422)
    except Conflict as error:
        sheet.errors["code"] = f"{str(error)[:1].upper()}{str(error)[1:]}."
        return _shown(sheet, status=409)
    services().staff.audit.record(who().user, deed("added a facility", made.id, made.code))
    return go("facilities.overview", done="kept")


@blueprint.get("/<facility_id>")
@may(Permission.LOOK)
def form(facility_id: str) -> Response:
    """One of them, with its next days and what names it."""
    record = services().facilities.get(who().merchant_id, facility_id)
    return _shown(sheet_of(record.facility, _accounts()), record)


@blueprint.post("/<facility_id>")
@may(Permission.SETTINGS)
def button(facility_id: str) -> Response:
    """Keep it as the form says, or forget it."""
    signed, book = who(), services().facilities
    record = book.get(signed.merchant_id, facility_id)
    version = request.form.get("version", "")
    seen = int(version) if version.isdecimal() and len(version) < 10 else 0
    sheet = typed(request.form, record.facility, _accounts())
    if request.form.get("act") == "delete":
        if seen != record.version:
            raise Conflict("somebody else has changed this facility meanwhile")
        book.delete(signed.merchant_id, facility_id)
        services().staff.audit.record(signed.user, deed("deleted a facility", facility_id, record.code))
        return go("facilities.overview", done="deleted")
    facility = sheet.facility()
    if facility is None:
        return _shown(sheet, record, 422)
    try:
        book.put(signed.merchant_id, facility_id, facility, seen)
    except Unprocessable as error:
        sheet.blame(error)
        return _shown(sheet, record, 422)
    except StaleVersion:
        said = "Somebody else has changed this facility since you opened it. What you typed is below: keep it again."
        sheet.errors["version"] = said
        return _shown(sheet, record, 409)
    services().staff.audit.record(signed.user, deed("changed a facility", facility_id, record.code))
    return go("facilities.overview", done="kept")


def _shown(sheet: FacilitySheet, record: FacilityRecord | None = None, status: int = 200) -> Response:
    return page(
        "facility.html",
        status,
        sheet=sheet,
        record=record,
        lines=LINES,
        days=DAYS,
        closings=[*sheet.closings, *[("", "", "")] * SPARE_LINES],
        zones=sorted(available_timezones()),
        ahead=_ahead(record.facility) if record else (),
        users=_users(record) if record else (),
    )


def _ahead(facility: Facility) -> Sequence[Day]:
    now, book = services().clock(), services().facilities
    moments = [now + timedelta(days=number) for number in range(AHEAD_DAYS)]
    return [Day(each.astimezone(facility.zone), *book.day(facility, "", each)) for each in moments]


def _accounts() -> Sequence[str]:
    """Names of the merchant's accounts of both modes: a facility is the same house in both."""
    books, merchant_id = services().accounts, who().merchant_id
    return sorted({each.name for mode in ("test", "live") for each in books.list(merchant_id, mode)})


def _users(record: FacilityRecord) -> Sequence[tuple[str, str]]:
    """Policies whose deciding version names it, and accounts with hours of their own there: what, and its name."""
    book, merchant_id = services().policies, who().merchant_id
    found = []
    for name in book.all_names(merchant_id):
        live = book.published(merchant_id, name).live
        policy = book.latest(merchant_id, name) if live is None else book.version(merchant_id, name, live)
        named = {each.name for each in named_in(policy.data) if each.what == "facility"}
        if named & {record.code, record.id}:
            found.append(("policy", name))
    return [*found, *(("account", name) for name in sorted(record.facility.accounts))]

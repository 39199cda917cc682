"""Pages from templates, and how values are written on them."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime
from functools import cache
from importlib.resources import files
from typing import Any

from flask import Flask, Response, g, make_response, redirect, render_template, request, url_for
from markupsafe import Markup

from gateway.domain.case_kinds import case_kind
from gateway.domain.people import Permission
from gateway.domain.values import Address

CARE, WAREHOUSE, FIGURES, SET_UP = "Care", "Warehouse", "Figures", "Set-up"
NAV = (
    ("today.today", "Today", "t", CARE),
    ("shipments.grid", "Shipments", "s", CARE),
    ("cases.desk", "Exceptions", "e", CARE),
    ("claims.overview", "Claims", "l", CARE),
    ("book.form", "Book", "b", WAREHOUSE),
    ("pack.station", "Pack", "k", WAREHOUSE),
    ("handover.overview", "Handover", "h", WAREHOUSE),
    ("reports.overview", "Reports", "r", FIGURES),
    ("carriers.overview", "Carriers", "c", SET_UP),
    ("policies.overview", "Policies", "p", SET_UP),
    ("zones.overview", "Zones", "z", SET_UP),
    ("facilities.overview", "Facilities", "f", SET_UP),
    ("notices.log", "Notifications", "n", SET_UP),
    ("developers.overview", "Developers", "d", SET_UP),
    ("staff.overview", "Settings", ",", SET_UP),
)
"""Pages of the menu: endpoint, name, the key that opens it after `g`, and the work it belongs to."""

FOR_SOME = {"book.form": "book", "pack.station": "pack"}
"""Pages of the menu that only those see who may do what is done there."""
PART_OF = {
    "batch": "book",
    "shipment": "shipments",
    "correcting": "shipments",
    "acting": "shipments",
    "calls": "developers",
    "saved_views": "shipments",
    "bulk_acts": "shipments",
    "bulk_cases": "cases",
    "brand": "staff",
    "building": "policies",
    "accounts": "carriers",
    "cards": "carriers",
    "credentials": "carriers",
}
"""Pages that are part of another of the menu."""

TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "txt": "text/plain; charset=utf-8",
}
SOURCES = {
    "webhook": "The carrier told us",
    "poll": "We asked the carrier",
    "scan": "Our driver's scan",
    "manual": "A person's word",
    "import": "From your own history",
    "gateway": "Done by us",
}
"""Who told an event."""

TENDER_TONES = {"accepted": "good", "refused": "warn", "unavailable": "warn", "uncertain": "bad", "cancelled": "off"}
NOTICE_TONES = {
    "delivered": "good",
    "sent": "good",
    "pending": "move",
    "sending": "move",
    "failed": "bad",
    "unknown": "warn",
}
DELIVERY_TONES = {"delivered": "good", "pending": "move", "exhausted": "bad", "disabled": "off"}
TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)")
"""How our sentences write times."""
HIDDEN = "•"
TAIL = 4


def page(template: str, status: int = 200, **facts: Any) -> Response:
    """A page, or the part of one that htmx asked for, with what every template may want."""
    signed = g.get("who")
    here = PART_OF.get(request.blueprint or "", request.blueprint or "")
    menu = [each for each in NAV if each[0] not in FOR_SOME or _can(FOR_SOME[each[0]])]
    return make_response(
        render_template(template, who=signed, csrf=g.get("csrf", ""), nav=menu, here=here, can=_can, **facts), status
    )


def partial() -> bool:
    """Whether htmx asked, which wants only what changes."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-History-Restore-Request") != "true"


def add_filters(app: Flask) -> None:
    """The words that templates use."""
    app.jinja_env.filters.update(
        moment=moment,
        day=day,
        told_day=told_day,
        dated=dated,
        words=words,
        author=author,
        name_masked=name_masked,
        email_masked=email_masked,
        tail=tail,
        digits=digits,
    )
    app.jinja_env.globals.update(
        asset=asset,
        HIDDEN=HIDDEN,
        kind_of=case_kind,
        sources=SOURCES,
        tender_tones=TENDER_TONES,
        delivery_tones=DELIVERY_TONES,
        notice_tones=NOTICE_TONES,
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def moment(at: datetime | None, form: str = "short") -> Markup:
    """A time: in UTC, which the page's script tells in the reader's own zone. `form`: short, long, ago, clock, date."""
    if at is None:
        return Markup("–")
    utc = at.astimezone(UTC)
    told = f"{utc.day} {utc:%b %H:%M}" if form != "long" else f"{utc:%A}, {utc.day} {utc:%B %Y, %H:%M}"
    told = f"{utc:%a} {utc.day} {utc:%b}," if form == "date" else told
    return Markup('<time datetime="{}" data-form="{}">{} UTC</time>').format(
        utc.isoformat(timespec="seconds"), form, told
    )


def dated(text: str) -> Markup:
    """A sentence with the times in it told as all others on the page."""
    parts, at = list[str](), 0
    for found in TIME.finditer(text):
        parts += [text[at : found.start()], moment(datetime.fromisoformat(found[0]))]
        at = found.end()
    return Markup("").join([*parts, text[at:]])


def day(at: date) -> str:
    """A day as people say it."""
    return f"{at:%A}, {at.day} {at:%B}"


def told_day(at: date | datetime | str) -> str:
    """A day of a table, and of which year: 27 Nov 2026. Days are also read as JSON has them."""
    read = date.fromisoformat(at[:10]) if isinstance(at, str) else at
    return f"{read.day} {read:%b %Y}"


def words(text: object) -> str:
    """`out_for_delivery` as people say it."""
    said = str(text).replace("_", " ")
    return said[:1].upper() + said[1:]


def author(name: str) -> str:
    """Who wrote something, where that may have been a program."""
    return f"API key …{name[-TAIL:]}" if name.startswith("key_") else name


def digits(number: int) -> str:
    """12 400, with a space that does not break."""
    return f"{number:,}".replace(",", "\u202f")


def name_masked(place: Address) -> str:
    """The first name and one letter: enough to hear that it is the right caller."""
    first, *rest = place.name.split() or [""]
    if not first:
        return f"{place.company[:1]}{HIDDEN * 3}" if place.company else "no name"
    return f"{first} {rest[-1][:1]}." if rest else f"{first[:1]}{HIDDEN * 3}"


def email_masked(email: str) -> str:
    """`k•••@s•••`."""
    local, _, host = email.partition("@")
    return f"{local[:1]}{HIDDEN * 3}@{host[:1]}{HIDDEN * 3}" if host else HIDDEN * 3


def tail(phone: str) -> str:
    """The last digits, by which callers are found."""
    only = "".join(letter for letter in phone if letter.isdigit())
    return f"{HIDDEN * 2} {only[-TAIL:]}" if len(only) >= TAIL else HIDDEN * 4


def asset(name: str) -> str:
    """A file of the console's own, under an address that changes with it."""
    return f"{request.script_root}/static/{name}?v={_version(name)}"


@cache
def file_of(name: str) -> bytes | None:
    """A file of the console's own."""
    found = files("gateway.console").joinpath("static", name)
    return found.read_bytes() if found.is_file() else None


@cache
def _version(name: str) -> str:
    return hashlib.sha256(file_of(name) or b"").hexdigest()[:12]


def _can(permission: str) -> bool:
    signed = g.get("who")
    return signed is not None and signed.user.may(Permission(permission))


def go(endpoint: str, **values: Any) -> Response:
    """See another page now."""
    return make_response(redirect(url_for(endpoint, **values), 303))

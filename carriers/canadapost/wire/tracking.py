"""Tracking: events of one PIN, newest first, with codes, local times and errors that stand inside HTTP 200.

Source: the official example of Tracking 2.0.0, and recorded answers of September 2026.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from carriers.base import (
    BadCarrierResponse,
    Leg,
    OneByOne,
    Place,
    Reading,
    StatusTable,
    TrackingEvent,
    TrackingUpdate,
    in_order,
)
from carriers.canadapost.wire.local import END_OF_DAY, happened_on, moment, written_day
from carriers.canadapost.wire.refusals import problems, refused
from carriers.canadapost.wire.words import word

RETURN = "return"
OVER = ("delivered", "returned", "failed", "cancelled")
# Some codes stand for a scan and for the same scan on the way back; only the text tells. English and French.
# Source: Canada Post, tracking scan events (codes 174, 1412, 1479, 1496, 1498, 2412, 4700).
TO_SENDER = re.compile(r"returned|to (the )?sender|renvoy|retourn|exp[eé]diteur", re.IGNORECASE)


def item(body: Reading) -> Reading:
    """The one item of an answer, which is bare or alone in an array.

    Raises:
        UnknownReference, AuthenticationFailed, RateLimited, ShipmentRejected: the item is an error, with HTTP 200.
    """
    found = body.items() if isinstance(body.raw, list) else [body]
    if not found:
        raise BadCarrierResponse("tracking answered with nothing")
    first = found[0]
    errors = () if first.has("significantEvents") or first.has("eventDescription") else problems(first)
    if errors:
        raise refused(errors)
    return first


def update(body: Reading, number: str, statuses: StatusTable, timezone: ZoneInfo) -> TrackingUpdate:
    """Everything that happened to a PIN, oldest first, each scan once."""
    details = item(body)
    scans = details.maybe("significantEvents")
    if scans is None or not isinstance(scans.raw, list):
        raise BadCarrierResponse("tracking answered without events")
    one_by_one, listed = OneByOne(), details.maybe_objects("significantEvents")
    told = one_by_one.of(reversed(listed), lambda scan: _event(scan, number, statuses, timezone))
    return TrackingUpdate(
        tracking_number=number,
        events=in_order(told),
        deliver_by=expected(details, timezone),
        unread=one_by_one.unread(),
    )


def expected(details: Reading, timezone: ZoneInfo) -> datetime | None:
    """The end of the expected day. The recipient's clock is not told here, so it is the head office's."""
    day = written_day(details.maybe_text("expectedDeliveryDate"))
    return datetime.combine(day, END_OF_DAY, timezone) if day else None


def _event(scan: Reading, number: str, statuses: StatusTable, timezone: ZoneInfo) -> TrackingEvent:
    code, day = word(scan, "eventIdentifier"), happened_on(scan.maybe_text("eventDate"))
    if not code or day is None:
        raise BadCarrierResponse(f"{scan.path} has no {'day' if code else 'code'} that can be read")
    clock, zone = scan.maybe_text("eventTime"), scan.maybe_text("eventTimeZone")
    province, said = scan.maybe_text("eventProvince"), scan.maybe_text("eventDescription")
    occurred_at, tz_source = moment(day, clock, zone, province, timezone)
    bare = plain(code)
    back = RETURN if TO_SENDER.search(said) and statuses.lookup(bare, RETURN).listed else ""
    listed = statuses.lookup(code, back)  # a table may also have a code as it was sent
    mapped = listed if listed.listed else statuses.lookup(bare, back)
    return TrackingEvent(
        event_id=f"{number}/{bare}/{occurred_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        occurred_at=occurred_at,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=code,
        carrier_qualifier=back,
        description=said,
        place=_place(scan, province),
        leg=Leg.RETURN if back else Leg.OUTBOUND,
        piece=number,
        occurred_at_local=f"{day} {clock} {zone}".strip(),
        tz_source=tz_source,
        raw=dict(scan.raw) if isinstance(scan.raw, dict) else {},
    )


def plain(code: str) -> str:
    """A code as the table lists it: official examples have 174, recorded answers "0174"."""
    return str(int(code)) if code.isascii() and code.isdecimal() else code


def _place(scan: Reading, province: str) -> Place | None:
    facility = scan.maybe_text("eventRetailName") or word(scan, "eventRetailLocationId")
    site = ", ".join(part for part in (scan.maybe_text("eventSite"), province) if part)
    return Place(city=site, facility=facility) if site or facility else None


def is_over(update: TrackingUpdate) -> bool:
    """Whether nothing more is expected."""
    return any(event.status in OVER for event in update.events)

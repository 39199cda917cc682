"""Where packets are. Source: Zasilkovna/WooCommerce@77a8da97, PacketStatus.php (texts); clients (numbers, fields)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

from carriers.base import (
    BadCarrierResponse,
    Leg,
    Mapped,
    Place,
    Reading,
    StatusTable,
    TrackingEvent,
    TrackingUpdate,
    XmlReading,
)
from carriers.packeta.wire.packets import BARCODE_PREFIX

RETURNING = "returning"
CANCELLED = "11"
CONTRADICTED = Mapped("unknown", "unmapped_carrier_code", listed=False)
FIRST_YEAR, LAST_YEAR = 1970, 2199
DAY_CHARS = len("2025-01-02")  # a day alone is not a moment


def packet_id(number: str) -> str:
    """The id within a barcode."""
    return number.removeprefix(BARCODE_PREFIX)


@cache
def codes_of_texts() -> Mapping[str, frozenset[str]]:
    """Which numbers a known text belongs to: `code_texts.csv`."""
    rows = list(csv.DictReader(files("carriers.packeta").joinpath("code_texts.csv").read_text("utf-8").splitlines()))
    return {row["text"]: frozenset(each["code"] for each in rows if each["text"] == row["text"]) for row in rows}


def update(envelope: XmlReading, number: str, statuses: StatusTable, zone: ZoneInfo) -> TrackingUpdate:
    """All records of a packet, oldest first. A status is one record without a name."""
    result = envelope.maybe("result")
    records = [result] if result and result.has("statusCode") else result.objects("record") if result else []
    events = {event.event_id: event for record in records for event in (_event(record, number, statuses, zone),)}
    return TrackingUpdate(
        tracking_number=number, events=tuple(sorted(events.values(), key=lambda event: event.occurred_at))
    )


def _event(record: Reading, number: str, statuses: StatusTable, zone: ZoneInfo) -> TrackingEvent:
    code, written = record.text("statusCode"), record.text("dateTime")
    occurred_at, tz_source = moment(written, zone)
    returning = record.boolean("isReturning", False)
    qualifier = RETURNING if returning and statuses.lookup(code, RETURNING).listed else ""
    mapped = _meaning(code, record.maybe_text("codeText"), statuses.lookup(code, qualifier))
    branch = record.maybe_text("branchId")
    return TrackingEvent(
        event_id=f"{number}/{code}/{written}/{branch}",
        occurred_at=occurred_at,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=code,
        carrier_qualifier=qualifier,
        description=record.maybe_text("statusText") or record.maybe_text("codeText"),
        place=Place(facility=branch) if branch else None,
        leg=Leg.RETURN if returning else Leg.OUTBOUND,
        piece=number,
        occurred_at_local=written if tz_source == "assumed" else "",
        tz_source=tz_source,
        raw=dict(record.raw) if isinstance(record.raw, dict) else {},
    )


def _meaning(code: str, text: str, mapped: Mapped) -> Mapped:
    """The number's meaning, unless the official text belongs to another number: the numbers are hearsay."""
    codes = codes_of_texts().get(text.casefold(), frozenset({code}))
    return mapped if code in codes else CONTRADICTED


def moment(written: str, zone: ZoneInfo) -> tuple[datetime, str]:
    """When, and how its zone was found. A local time is read in a zone that is assumed: the earlier of two in autumn,
    pushed on by the gap in spring.

    Raises:
        BadCarrierResponse: it is no time of a parcel.
    """
    try:
        found = datetime.fromisoformat(written) if len(written) > DAY_CHARS else None
    except ValueError:
        found = None
    if found is None or not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise BadCarrierResponse("a record's dateTime is not a time")
    if found.tzinfo is not None:
        return found, "carrier"
    return found.replace(tzinfo=zone).astimezone(UTC), "assumed"


def is_cancelled(envelope: XmlReading) -> bool:
    """Whether the status of a packet is that it was cancelled."""
    return envelope.get("result").text("statusCode") == CANCELLED

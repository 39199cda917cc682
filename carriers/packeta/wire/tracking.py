"""Where packets are. Source: Zasilkovna/WooCommerce@77a8da97, PacketStatus.php (texts); clients (numbers, fields)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from zoneinfo import ZoneInfo

from carriers.base import (
    Leg,
    Mapped,
    OneByOne,
    Place,
    Reading,
    StatusTable,
    TrackingEvent,
    TrackingUpdate,
    XmlReading,
    in_order,
    moment,
    table,
)
from carriers.packeta.wire.packets import BARCODE_PREFIX

RETURNING = "returning"
CONTRADICTED = Mapped("unknown", "unmapped_carrier_code", listed=False)


def packet_id(number: str) -> str:
    """The id within a barcode."""
    return number.removeprefix(BARCODE_PREFIX)


@cache
def codes_of_texts() -> Mapping[str, frozenset[str]]:
    """Which numbers a known text belongs to: `code_texts.csv`."""
    rows = table("carriers.packeta", "code_texts.csv")
    return {row["text"]: frozenset(each["code"] for each in rows if each["text"] == row["text"]) for row in rows}


def update(envelope: XmlReading, number: str, statuses: StatusTable, zone: ZoneInfo) -> TrackingUpdate:
    """All records of a packet, oldest first. A status is one record without a name.

    Raises:
        BadCarrierResponse: there are records, and none has a code and a time.
    """
    result = envelope.maybe("result")
    records = [result] if result and result.has("statusCode") else result.objects("record") if result else []
    one_by_one = OneByOne()
    events = one_by_one.of(records, lambda record: _event(record, number, statuses, zone))
    return TrackingUpdate(tracking_number=number, events=in_order(events), unread=one_by_one.unread())


def _event(record: Reading, number: str, statuses: StatusTable, zone: ZoneInfo) -> TrackingEvent:
    code, written, when = record.text("statusCode"), record.text("dateTime"), moment(record, "dateTime", zone)
    returning = record.boolean("isReturning", False)
    qualifier = RETURNING if returning and statuses.lookup(code, RETURNING).listed else ""
    mapped = _meaning(code, record.maybe_text("codeText"), statuses.lookup(code, qualifier))
    branch = record.maybe_text("branchId")
    return TrackingEvent(
        event_id=f"{number}/{code}/{written}/{branch}",
        occurred_at=when.at,
        status=mapped.status,
        reason=mapped.reason,
        carrier_code=code,
        carrier_qualifier=qualifier,
        description=record.maybe_text("statusText") or record.maybe_text("codeText"),
        place=Place(facility=branch) if branch else None,
        leg=Leg.RETURN if returning else Leg.OUTBOUND,
        piece=number,
        occurred_at_local=when.local,
        tz_source=when.tz_source,
        raw=dict(record.raw) if isinstance(record.raw, dict) else {},
    )


def _meaning(code: str, text: str, mapped: Mapped) -> Mapped:
    """The number's meaning, unless the official text belongs to another number: the numbers are hearsay."""
    codes = codes_of_texts().get(text.casefold(), frozenset({code}))
    return mapped if code in codes else CONTRADICTED


def is_cancelled(envelope: XmlReading, statuses: StatusTable) -> bool:
    """Whether the status of a packet is that it was cancelled, in number and text."""
    result = envelope.get("result")
    code = result.text("statusCode")
    return _meaning(code, result.maybe_text("codeText"), statuses.lookup(code)).status == "cancelled"

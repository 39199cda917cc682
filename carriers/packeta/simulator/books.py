"""Packets as the simulated Packeta keeps them, and what it refuses.

Source of fault names and shapes: Zasilkovna/WooCommerce@77a8da97 and the clients named in carriers/packeta; their texts
are invented.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

PRAGUE = ZoneInfo("Europe/Prague")
RECEIVED, ARRIVED, DEPARTED, READY, HANDED_OVER, DELIVERED = "1", "2", "4", "5", "6", "7"
BACK, RETURNED, CANCELLED = "9", "10", "11"
TO_A_POINT = (RECEIVED, ARRIVED, DEPARTED, READY, DELIVERED)
TO_THE_DOOR = (RECEIVED, ARRIVED, HANDED_OVER, DELIVERED)
REQUIRED = ("number", "name", "surname", "addressId", "value", "weight", "eshop")
AT_THE_DOOR = ("street", "city", "zip")
HEAVIEST_KG = 15


@dataclass(slots=True, kw_only=True)
class Packet:
    """One packet: what it was made of, and its records, oldest first."""

    id: str
    attributes: Mapping[str, Any]
    records: list[tuple[str, datetime, bool]] = field(default_factory=list)

    @property
    def code(self) -> str:
        """Where it is."""
        return self.records[-1][0]

    def steps_to(self, code: str) -> Sequence[str]:
        """What happens until a code is reached; one beside the usual way happens at once."""
        line = TO_THE_DOOR if "street" in self.attributes else TO_A_POINT
        if code not in line:
            return (BACK, RETURNED) if code == RETURNED and self.code != BACK else (code,)
        done = max((line.index(seen) for seen, _, _ in self.records if seen in line), default=-1)
        return line[done + 1 : line.index(code) + 1]

    def happens(self, code: str, at: datetime) -> None:
        """One more record."""
        returning = code in (BACK, RETURNED) or (bool(self.records) and self.records[-1][2])
        self.records.append((code, at, returning))

    def told(self, texts: Mapping[str, str]) -> list[dict[str, object]]:
        """Its records, without a zone."""
        return [
            {
                "dateTime": f"{at.astimezone(PRAGUE):%Y-%m-%dT%H:%M:%S}",
                "statusCode": code,
                "codeText": texts.get(code),
                "statusText": texts.get(code),
                "branchId": self.attributes["addressId"],
                "isReturning": int(returning),
            }
            for code, at, returning in self.records
        ]


def wrong_with(
    packet: Mapping[str, Any], eshop: str, branches: Mapping[str, Any], carriers: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Attributes that are refused, with a sentence each."""
    door = packet.get("addressId") in carriers
    for name in (*REQUIRED, *(AT_THE_DOOR if door else ())):
        if not packet.get(name):
            yield name, f"Attribute {name} is required."
    if not packet.get("email") and not packet.get("phone"):
        yield "phone", "Phone or e-mail is required."
    if packet.get("addressId") and not door and packet["addressId"] not in branches:
        yield "addressId", "Invalid branch."
    if packet.get("eshop") not in (None, eshop):
        yield "eshop", "Sender does not exist"
    if _number(packet.get("weight")) > HEAVIEST_KG:
        yield "weight", f"Weight must be at most {HEAVIEST_KG} kg."
    if packet.get("currency") == "CZK" and _number(packet.get("cod")) % 1:
        yield "cod", "COD in CZK must be an integer."


def _number(text: object) -> Decimal:
    try:
        return Decimal(str(text or 0))
    except InvalidOperation:
        return Decimal("Infinity")

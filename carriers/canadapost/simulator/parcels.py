"""A parcel in the simulated network: what was ordered, and the scans it has had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.exceptions import NotFound

from carriers.base import LabelKind
from carriers.canadapost.adapter import CanadaPost

TORONTO = ZoneInfo("America/Toronto")
# The scans on the way to the others.
LIFE = ("3000", "1301", "0175", "0174")
WORDS = {"delivered": "1496", "attempt_failed": "1479"}
STEP = timedelta(seconds=1)


@dataclass(slots=True, kw_only=True)
class Parcel:
    """One shipment."""

    id: str
    pin: str
    order: Mapping[str, Any]
    scans: list[dict[str, Any]] = field(default_factory=list)
    transmitted: bool = False
    voided: bool = False
    refunded: bool = False
    made_at: datetime = field(init=False)
    _last: datetime | None = None

    def __post_init__(self) -> None:
        self.transmitted = bool(self.order.get("transmitShipment"))

    @property
    def group(self) -> str:
        """The group it waits in, if it waits."""
        return str(self.order.get("groupId", "")) if not self.voided else ""

    @property
    def printed(self) -> tuple[LabelKind, tuple[str, ...]]:
        """The encoding that was ordered, and the lines of the label."""
        spec = self.order["deliverySpec"]
        there = spec["destination"]["addressDetails"]
        kind = LabelKind(spec["printPreferences"]["encoding"].lower())
        service = f"CANADA POST (simulated) {spec['serviceCode']}"
        return kind, (service, self.pin, there["addressLine1"], there["postalZipCode"])

    def told(self, root: str, customer: str) -> dict[str, Any]:
        """The shipment as the shipping API tells it."""
        own = f"{root}/shipping/v1/{customer}/shipments/{self.id}"
        label = f"{root}/shipping/v1/artifacts/6e93d53968881714/shipping/{self.id}/0"
        return {
            "customerRequestId": self.order["customerRequestId"],
            "shipmentId": self.id,
            "shipmentStatus": "transmitted" if self.transmitted else "created",
            "trackingPin": self.pin,
            "links": [
                {"rel": "self", "href": own, "mediaType": "application/json"},
                {"rel": "label", "href": label, "mediaType": "application/pdf", "index": 0},
            ],
        }

    def scan(self, code: str, now: datetime) -> None:
        """One scan, in local time; two never share a moment."""
        at = max(now, self._last + STEP) if self._last else now
        if self._last is None:
            self.made_at = at
        self._last, local = at, at.astimezone(TORONTO)
        row = next(row for row in CanadaPost.statuses.rows if row.carrier_code == str(int(code)))
        self.scans.append(
            {
                "eventIdentifier": code,
                "eventDate": f"{local:%Y-%m-%d}",
                "eventTime": f"{local:%H:%M:%S}",
                "eventTimeZone": local.tzname(),
                "eventDescription": row.note,
                "eventSite": "MISSISSAUGA",
                "eventProvince": "ON",
                "eventRetailLocationId": None,
                "eventRetailName": None,
            }
        )

    def advance(self, to: str, now: datetime) -> None:
        """Every scan of a usual life up to a code, and then that one."""
        code = WORDS.get(to, to)
        if not code.isdecimal() or not CanadaPost.statuses.lookup(str(int(code))).listed:
            raise NotFound(f"Canada Post has no code {to!r}")
        have = {scan["eventIdentifier"] for scan in self.scans}
        until = LIFE.index(f"{int(code):04d}") if f"{int(code):04d}" in LIFE else len(LIFE)
        for step in (*LIFE[:until], code.zfill(4)):
            if step not in have or step == code.zfill(4):
                self.scan(step, now)

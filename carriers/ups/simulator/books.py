"""What the simulated UPS has on file of one shipment, and how it tells of it: polled and pushed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

# (type, code, status code, description) by the name it is advanced to. Source: UPS Tracking API code tables.
SCANS = {
    "created": ("M", "MP", "003", "Shipper created a label, UPS has not received the package yet."),
    "picked_up": ("I", "OR", "160", "We Have Your Package"),
    "in_transit": ("I", "DP", "005", "Departed from Facility"),
    "out_for_delivery": ("I", "OT", "021", "Out For Delivery Today"),
    "delivered": ("D", "FS", "011", "DELIVERED"),
    "attempt_failed": ("X", "48", "022", "The receiver was not available for delivery."),
    "available_for_pickup": ("D", "2Q", "161", "Delivered to UPS Access Point"),
    "returning": ("X", "UF", "035", "We're in the process of returning this package to the sender."),
    "returned": ("D", "B0", "034", "Package Delivered To Original Sender"),
    "voided": ("M", "VP", "007", "Shipment information voided"),
}
WAY = ("created", "picked_up", "in_transit", "out_for_delivery")
ENDS = ("delivered", "returned", "voided")
# The simulated UPS scans everything on one wall clock.
NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True)
class Scan:
    """One activity of every package of a shipment."""

    name: str
    at: datetime


@dataclass(slots=True, kw_only=True)
class Booked:
    """A shipment as it was booked, and what has happened to it."""

    number: str
    packages: tuple[str, ...]
    asked: Mapping[str, Any]
    scans: list[Scan] = field(default_factory=list)

    @property
    def references(self) -> set[str]:
        """Ours: on the shipment, or on its packages."""
        holders = [self.asked, *self.asked["Package"]]
        return {each["Value"] for holder in holders for each in holder.get("ReferenceNumber", ())}

    @property
    def scanned(self) -> bool:
        """Whether UPS has it, so that it cannot be voided."""
        return any(scan.name not in ("created", "voided") for scan in self.scans)

    @property
    def voided(self) -> bool:
        """Whether it was annulled."""
        return any(scan.name == "voided" for scan in self.scans)

    def steps_to(self, name: str) -> tuple[str, ...]:
        """What happens on the way to a scan that has not happened yet."""
        done = {scan.name for scan in self.scans}
        way = WAY[: WAY.index(name)] if name in WAY else WAY
        return (*(step for step in way if step not in done), name)

    def told(self, package: str) -> dict[str, Any]:
        """As the Tracking API tells of one package, the newest activity first."""
        activity = [self._activity(scan) for scan in reversed(self.scans)]
        delivered = any(scan.name == "delivered" for scan in self.scans)
        return {
            "trackingNumber": package,
            "deliveryDate": [{"type": "SDD", "date": self._due}],
            "deliveryTime": {"type": "EOD"},
            "activity": activity,
            "currentStatus": activity[0]["status"],
            "packageAddress": [{"type": "DESTINATION", "address": self._address("countryCode")}],
            "packageCount": len(self.packages),
            **({"deliveryInformation": {"location": "Front Door", "receivedBy": "SIMULATED"}} if delivered else {}),
        }

    def pushed(self, package: str, scan: Scan) -> dict[str, Any]:
        """As Track Alert tells of one activity: the offset has a dot, what is not known is an empty text."""
        type_, code, status, description = SCANS[scan.name]
        local = scan.at.astimezone(NEW_YORK)
        delivered = scan.name == "delivered"
        return {
            "trackingNumber": package,
            "localActivityDate": f"{local:%Y%m%d}",
            "localActivityTime": f"{local:%H%M%S}",
            "activityLocation": self._address("country"),
            "activityStatus": {
                "type": type_,
                "code": code,
                "description": description,
                "descriptionCode": status,
            },
            "scheduledDeliveryDate": self._due,
            "actualDeliveryDate": f"{local:%Y%m%d}" if delivered else "",
            "actualDeliveryTime": f"{local:%H%M%S}" if delivered else "",
            "gmtActivityDate": f"{scan.at:%Y%m%d}",
            "gmtActivityTime": f"{scan.at:%H%M%S}",
            "gmtOffset": _offset(local, "."),
            "receivedBy": "SIMULATED" if delivered else "",
        }

    def _activity(self, scan: Scan) -> dict[str, Any]:
        type_, code, status, description = SCANS[scan.name]
        local = scan.at.astimezone(NEW_YORK)
        return {
            "location": {"address": self._address("countryCode"), "slic": "3013"},
            "status": {"type": type_, "code": code, "statusCode": status, "description": description},
            "date": f"{local:%Y%m%d}",
            "time": f"{local:%H%M%S}",
            "gmtDate": f"{scan.at:%Y%m%d}",
            "gmtTime": f"{scan.at:%H%M%S}",
            "gmtOffset": _offset(local, ":"),
        }

    def _address(self, country: str) -> dict[str, str]:
        return {"city": "New York", "stateProvince": "NY", "postalCode": "10001", country: "US"}

    @property
    def _due(self) -> str:
        return f"{self.scans[0].at + timedelta(days=3):%Y%m%d}"


def _offset(local: datetime, mark: str) -> str:
    written = f"{local:%z}"
    return f"{written[:3]}{mark}{written[3:]}"

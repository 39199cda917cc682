"""Consignments as the simulated Bring keeps them, and how tracking tells about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from carriers.bring.simulator import tariff
from carriers.bring.simulator.subscriptions import utc
from carriers.bring.wire.local import OSLO

TO_THE_DOOR = ("PRE_NOTIFIED", "HANDED_IN", "IN_TRANSIT", "TERMINAL", "TRANSPORT_TO_RECIPIENT", "DELIVERED")
TO_A_POINT = ("PRE_NOTIFIED", "HANDED_IN", "IN_TRANSIT", "TERMINAL", "READY_FOR_PICKUP", "DELIVERED")
BACK = ("RETURN", "DELIVERED_SENDER")
# A stop is refused after these. Source: Bring Modify Delivery API, common criteria.
UNSTOPPABLE = {
    "DELIVERED",
    "DELIVERED_SENDER",
    "DELIVERY_ORDERED",
    "DEVIATION",
    "READY_FOR_PICKUP",
    "RETURN",
    "TRANSPORT_TO_RECIPIENT",
}
# Source: Bring Modify Delivery API, supported services (those of ours).
STOPPABLE_PRODUCTS = ("4850", "5000", "5600", "5800")
POINT_PRODUCTS = ("5800", "PICKUP_PARCEL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One event of a whole consignment."""

    status: str
    at: datetime


@dataclass(slots=True, kw_only=True)
class Consignment:
    """One booking: its number, its packages, what was asked for, and what has happened so far."""

    number: str
    packages: tuple[str, ...]
    asked: Mapping[str, Any]
    label_id: str
    scans: list[Scan] = field(default_factory=list)

    @property
    def reference(self) -> str:
        """The sender's reference."""
        return str(self.asked["parties"]["sender"].get("reference", ""))

    @property
    def product(self) -> str:
        """The product's id."""
        return str(self.asked["product"]["id"])

    @property
    def line(self) -> tuple[str, ...]:
        """The statuses of an undisturbed life."""
        return TO_A_POINT if self.product in POINT_PRODUCTS else TO_THE_DOOR

    @property
    def names(self) -> set[str]:
        """What a tracking query may call it: its number, a package's, or a party's reference."""
        references = [party.get("reference") for party in self.asked["parties"].values() if party]
        return {self.number, *self.packages, *filter(None, references)}

    @property
    def unstoppable(self) -> str:
        """Why a stop is refused. Only the first cause is documented; the second is our name for the rest."""
        if self.product not in STOPPABLE_PRODUCTS:
            return "PRODUCT_NOT_VALID_FOR_REQUEST"
        late = any(scan.status in UNSTOPPABLE for scan in self.scans)
        return "EVENT_NOT_VALID_FOR_REQUEST" if late else ""

    def confirmed(self, host_url: str, today: date) -> dict[str, Any]:
        """As in the answer to its booking."""
        arrival = datetime.combine(tariff.arrival(self.product, today), time(17), OSLO)
        pairs = zip(self.packages, self.asked["packages"], strict=True)
        return {
            "consignmentNumber": self.number,
            "productSpecificData": None,
            "links": {
                "labels": f"{host_url}labels/id/{self.label_id}.pdf",
                "waybill": None,
                "tracking": f"https://sporing.bring.no/sporing.html?q={self.number}",
            },
            "dateAndTimes": {"earliestPickup": None, "expectedDelivery": int(arrival.timestamp() * 1000)},
            "packages": [
                {"packageNumber": number, "correlationId": asked.get("correlationId"), **self._codes(number, host_url)}
                for number, asked in pairs
            ],
        }

    def _codes(self, number: str, host_url: str) -> dict[str, str]:
        """What a parcel that comes without label is known by."""
        if not self.asked.get("generateQrCodes"):
            return {}
        code = f"BRING-{number[-8:-4]}-{number[-4:]}"
        return {"labelFreeCode": code, "qrCodeLink": f"{host_url}qrcodes/id/{code}.png"}

    def steps_to(self, status: str) -> tuple[str, ...]:
        """What happens until a status is reached; a status beside the line happens at once."""
        for line in (self.line, BACK):
            if status in line:
                done = max((line.index(scan.status) for scan in self.scans if scan.status in line), default=-1)
                return line[done + 1 : line.index(status) + 1]
        return (status,)

    def told(self) -> dict[str, Any]:
        """As in a tracking answer: events newest first."""
        recipient = self.asked["parties"]["recipient"]
        place = {name: recipient.get(name, "") for name in ("postalCode", "city", "countryCode")}
        events = [_event(scan, recipient) for scan in reversed(self.scans)]
        return {
            "consignmentId": self.number,
            "previousConsignmentId": "",
            "packageSet": [
                {
                    "statusDescription": "",
                    "packageNumber": number,
                    "previousPackageNumber": "",
                    "productCode": self.product,
                    "eventSet": events,
                }
                for number in self.packages
            ],
            "senderReference": self.reference,
            "recipientHandlingAddress": {"addressLine1": "", "addressLine2": "", **place, "country": ""},
            "isPickupNoticeAvailable": False,
        }

    def pushed(self, scan: Scan, webhook: str, at: datetime) -> Iterator[dict[str, str]]:
        """As Event Cast tells one scan: a call per package, in UTC, without a colon in the offset."""
        for package in self.packages:
            yield {
                "status": scan.status,
                "id": webhook,
                "shipment": self.number,
                "package": package,
                "created": utc(scan.at),
                "pushed": utc(at),
            }


def _event(scan: Scan, recipient: Mapping[str, Any]) -> dict[str, Any]:
    local = scan.at.astimezone(OSLO)
    signed = recipient.get("name", "") if scan.status == "DELIVERED" else ""
    return {
        "description": scan.status.replace("_", " ").capitalize(),
        "status": scan.status,
        "recipientSignature": {"name": signed},
        "unitId": "032850",
        "unitType": "BRING",
        "postalCode": "0024",
        "city": "OSLO",
        "countryCode": "NO",
        "country": "Norway",
        "dateIso": local.isoformat(timespec="seconds"),
        "displayDate": f"{local:%d.%m.%Y}",
        "displayTime": f"{local:%H:%M}",
        "consignmentEvent": False,
        "insignificant": False,
    }

"""Parcels as the simulated GLS keeps them, and how its two ways of tracking tell about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

BERLIN = ZoneInfo("Europe/Berlin")
TO_THE_DOOR = ("PREADVICE", "INTRANSIT", "INDELIVERY", "DELIVERED")
TO_A_SHOP = ("PREADVICE", "INTRANSIT", "DELIVEREDPS", "DELIVERED")
# A parcel's status: the scan beside it, and what ShipIT's own tracking calls it.
SCANS = {
    "PREADVICE": ("INTIAL.PREADVICE", "DATA_RECEIVED"),
    "INTRANSIT": ("INBOUD.NORMAL", "HUB"),
    "INDELIVERY": ("OUTDEL.NORMAL", "IN_DELIVERY"),
    "DELIVEREDPS": ("DELIVD.PARCELSHOP", "HUB"),
    "DELIVERED": ("", "DELIVERED"),
    "CANCELED": ("CANCEL.NORMAL", "CANCELLED"),
}


@dataclass(slots=True, kw_only=True)
class Parcel:
    """One parcel of a shipment; `transmitted` once its day was closed, `cancelling` once that was asked for."""

    track_id: str
    number: str
    shipment: Mapping[str, Any]
    siblings: Sequence[str]
    day: str
    transmitted: bool = False
    cancelling: bool = False
    scans: list[tuple[str, datetime]] = field(default_factory=list)

    @property
    def references(self) -> list[str]:
        """The shipper's references."""
        return list(self.shipment.get("ShipmentReference", []))

    @property
    def status(self) -> str:
        """Where it is."""
        return self.scans[-1][0]

    @property
    def scanned(self) -> bool:
        """Whether GLS holds it."""
        return any(status not in ("PREADVICE", "CANCELED") for status, _ in self.scans)

    def steps_to(self, status: str) -> tuple[str, ...]:
        """What happens until a status is reached; one beside the usual way happens at once."""
        line = TO_A_SHOP if self.shipment.get("Service") else TO_THE_DOOR
        if status not in line:
            return (status,)
        done = max((line.index(seen) for seen, _ in self.scans if seen in line), default=-1)
        return line[done + 1 : line.index(status) + 1]

    def created(self) -> dict[str, Any]:
        """As in the answer to its booking."""
        return {
            "TrackID": self.track_id,
            "ParcelNumber": self.number,
            "Barcodes": {"Primary1D": self.number, "Primary1DPrint": True},
            "RoutingInfo": {"Tour": "0201", "FinalLocationCode": "DE 777", "LastRoutingDate": self.day},
        }

    def unit(self) -> dict[str, Any]:
        """As in the list of a closed day: its number without the check digit."""
        return {"Weight": "5", "TrackID": self.track_id, "ParcelNumber": self.number[:-1]}

    def item(self) -> dict[str, Any]:
        """As ShipIT lists it."""
        _, at = self.scans[0]
        return {
            "TrackID": self.track_id,
            "ShipmentReference": (self.references or [""])[0],
            "InitialDate": at.astimezone(BERLIN).isoformat(timespec="seconds"),
            "Status": SCANS.get(self.status, ("", "HUB"))[1],
        }

    def details(self) -> dict[str, Any]:
        """As ShipIT tells its history, newest first."""
        history = [
            {
                "Date": at.astimezone(BERLIN).isoformat(timespec="seconds"),
                "StatusCode": SCANS.get(status, ("", "HUB"))[1],
            }
            for status, at in reversed(self.scans)
        ]
        return {"UnitDetail": {"TrackID": self.track_id, "ShipmentReference": self.references, "History": history}}

    def tracked(self, requested: str) -> dict[str, Any]:
        """As Track & Trace tells it: newest first, an offset without a colon, the number without its check digit."""
        told = [(SCANS.get(status, ("", ""))[0], _stamp(at)) for status, at in reversed(self.scans)]
        place = {"city": "Neuenstein", "postalCode": "", "country": "DE"}
        events = [{"code": code, **place, "description": code, "eventDateTime": at} for code, at in told if code]
        return {
            "requested": requested,
            "unitno": self.number[:-1],
            "status": self.status,
            "statusDateTime": told[0][1],
            "events": events,
        }


def _stamp(at: datetime) -> str:
    return f"{at.astimezone(BERLIN):%Y-%m-%dT%H:%M:%S%z}"

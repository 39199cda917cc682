"""Scans of own drivers and depots, and how their carrier reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from carriers.base import BadCarrierResponse, Carrier, Place, ProofOfDelivery, TrackingUpdate


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a driver's or depot's device saw; `client_event_id` is the device's, the same each time it is sent."""

    client_event_id: str
    tracking_number: str
    code: str
    occurred_at: datetime
    detail: str = ""
    place: Place | None = None
    piece: str = ""
    proof: ProofOfDelivery | None = None


def takes_scans(carrier: Carrier) -> bool:
    """Whether this carrier is one whose drivers scan for us."""
    return getattr(carrier, "read_scan", None) is not None


def read_scans(carrier: Carrier, scans: Sequence[Scan]) -> list[TrackingUpdate]:
    """Scans in the words of tracking. Raises BadCarrierResponse where the carrier takes none."""
    read: Callable[..., TrackingUpdate] | None = getattr(carrier, "read_scan", None)
    if read is None:
        raise BadCarrierResponse("this carrier takes no scans")
    return [read(**{field.name: getattr(scan, field.name) for field in fields(scan)}) for scan in scans]

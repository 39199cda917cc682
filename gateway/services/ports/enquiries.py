"""The port of enquiries: that somebody asked where a parcel is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gateway.domain.enquiries import Enquiry
from gateway.services.ports.answers import Mode


class Enquiries(Protocol):
    """Of one merchant."""

    def add(self, enquiry: Enquiry) -> None:
        """One more."""

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Enquiry]:
        """Oldest first."""

    def kept(self, merchant_id: str, mode: Mode) -> bool:
        """Whether there ever was one: where nobody writes them down, none is no news."""

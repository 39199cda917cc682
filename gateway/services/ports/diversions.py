"""Ports of wishes for another time or place."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

from gateway.domain.diversions import Diversion


class Diversions(Protocol):
    """Wishes for another time or place, one open of each shipment."""

    def add(self, diversion: Diversion) -> bool:
        """False when another one of the shipment waits for its carrier's word."""

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Diversion]:
        """Oldest first."""

    def keep(self, diversion: Diversion) -> bool:
        """Write it; False when it was settled before."""

    def supersede(self, agreed: Diversion) -> None:
        """What its carrier had agreed to before this one holds no longer."""

    def claim_due(self, now: datetime, lease: timedelta, limit: int) -> Sequence[Diversion]:
        """Those whose carrier is to be asked again."""

"""The ports to what a person must settle, and to what a person has said."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from gateway.domain.corrections import Correction
from gateway.domain.records import Case


class Cases(Protocol):
    """What a person must settle."""

    def open(self, case: Case) -> bool:
        """False when one is open: at most one of a kind per subject, a tender or shipment unless the case says."""

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Case]: ...
    def explain(self, case: Case) -> None:
        """Write the `why` of one that is open."""

    def close(
        self, merchant_id: str, shipment_id: str, kind: str, at: datetime, resolution: str, note: str
    ) -> None: ...
    def close_about(self, case: Case) -> None:
        """Settle the open case of its kind and subject as this one is settled."""

    def list(self, merchant_id: str, state: str, limit: int) -> Sequence[Case]: ...


class Corrections(Protocol):
    """Persons' words on shipments. They are added and withdrawn, never deleted."""

    def add(self, correction: Correction) -> None: ...
    def get(self, merchant_id: str, correction_id: str) -> Correction | None: ...
    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Correction]:
        """Oldest first."""

    def withdraw(self, correction: Correction) -> bool:
        """False when somebody else has withdrawn it already."""

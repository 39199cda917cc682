"""The port of claims against carriers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from gateway.domain.claims import Claim, ClaimState
from gateway.services.ports.answers import Mode, Page


class Claims(Protocol):
    """Of one merchant."""

    def add(self, claim: Claim) -> bool:
        """False when one of its kind stands for the shipment already."""

    def get(self, merchant_id: str, claim_id: str, *, lock: bool = False) -> Claim | None:
        """By id; `lock` holds it until the transaction ends."""

    def update(self, claim: Claim) -> None:
        """Raises StaleVersion when a later version is stored."""

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[Claim]:
        """Oldest first."""

    def list(
        self, merchant_id: str, mode: Mode, state: ClaimState | None, limit: int, cursor: str | None
    ) -> Page[Claim]:
        """Newest first."""

    def counts(self, merchant_id: str, mode: Mode, most: int) -> Mapping[ClaimState, int]:
        """How many of each state, counted up to `most`."""

    def kept(self, merchant_id: str, mode: Mode) -> bool:
        """Whether there ever was one: where nobody keeps claims, none is no news."""

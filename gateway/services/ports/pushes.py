"""Port of the browsers that follow shipments."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from gateway.domain.push import PushSubscription


class Pushes(Protocol):
    """Subscriptions; where they lead is encrypted at rest."""

    def add(self, subscription: PushSubscription, digest: str) -> bool:
        """False when that browser, known by the digest of its endpoint, follows the shipment already."""

    def of_shipment(self, merchant_id: str, shipment_id: str) -> Sequence[PushSubscription]: ...
    def followed(self, shipments: Collection[tuple[str, str]]) -> frozenset[tuple[str, str]]:
        """Those of (merchant, shipment) that some browser follows."""

    def remove(self, merchant_id: str, *, subscription_id: str = "", shipment_id: str = "", digest: str = "") -> None:
        """By id, or by shipment and digest; of a shipment all, where no digest is named."""

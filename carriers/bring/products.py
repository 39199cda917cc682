"""Bring's products that we sell: between which countries, for which parcels."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from carriers.base import (
    Parcel,
    ReturnWay,
    ServiceLevel,
    Shipment,
    table,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """One product on one set of routes. A limit of None is Bring's to judge.

    `max_sum_mm` limits length + width + height; `business` products go to companies only. `ways_back` are set on
    products for returns.
    """

    id: str
    level: ServiceLevel
    origins: frozenset[str]
    destinations: frozenset[str]
    business: bool
    max_weight_g: int | None
    max_length_mm: int | None
    max_sum_mm: int | None
    max_parcels: int
    ways_back: tuple[ReturnWay, ...]

    def takes(self, shipment: Shipment) -> bool:
        """Whether route, recipient and parcels are within what Bring documents for it."""
        return (
            bool(self.ways_back) == bool(shipment.return_ways)
            and shipment.origin.country in self.origins
            and shipment.destination.country in self.destinations
            and (not self.business or bool(shipment.destination.company))
            and len(shipment.parcels) <= self.max_parcels
            and all(self._fits(parcel) for parcel in shipment.parcels)
        )

    def _fits(self, parcel: Parcel) -> bool:
        measures = (
            (parcel.weight_g, self.max_weight_g),
            (max(parcel.dimensions_mm), self.max_length_mm),
            (sum(parcel.dimensions_mm), self.max_sum_mm),
        )
        return all(limit is None or measure <= limit for measure, limit in measures)


@cache
def products() -> tuple[Product, ...]:
    """All of `products.csv`.

    An export from Norway needs a customs declaration, which a shipment of ours does not carry, for every
    product but the home delivery parcel; so no other product is offered there.

    Source: Bring services pages (weight, size and L+W+H limits), Shipping Guide 2 and Booking API (product
    ids; customs export information; mailbox parcels are one parcel per booking; at most 50 packages); API service
    portfolio and "Generating QR and label free codes for parcel returns" (returns: those that Shipping Guide prices,
    from a person's hands; their limits are not documented).
    """
    return tuple(
        Product(
            id=row["product"],
            level=ServiceLevel(row["level"]),
            origins=frozenset(row["origins"].split()),
            destinations=frozenset(row["destinations"].split()),
            business=row["recipient"] == "business",
            max_weight_g=_limit(row["max_weight_g"]),
            max_length_mm=_limit(row["max_length_mm"]),
            max_sum_mm=_limit(row["max_sum_mm"]),
            max_parcels=int(row["max_parcels"]),
            ways_back=tuple(map(ReturnWay, row["ways_back"].split())),
        )
        for row in table("carriers.bring", "products.csv")
    )


def _limit(text: str) -> int | None:
    return int(text) if text else None


def ways_back(product_id: str) -> tuple[ReturnWay, ...]:
    """How parcels are handed over for a return product."""
    return next((product.ways_back for product in products() if product.id == product_id), ())


def suitable(shipment: Shipment, levels: Collection[ServiceLevel], sold: Collection[str]) -> tuple[Product, ...]:
    """Products for a shipment: of the levels asked for (none = all), among those the account sells (none =
    all).

    A shipment with a chosen service point is only offered products that deliver there.
    """
    if shipment.service_point:
        levels = (ServiceLevel.SERVICE_POINT,)
    return tuple(
        product
        for product in products()
        if product.takes(shipment) and (not levels or product.level in levels) and (not sold or product.id in sold)
    )

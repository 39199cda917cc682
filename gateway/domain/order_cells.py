"""A shipment written as the fields of an order: what `order_lines` reads as the same shipment."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from gateway.domain.order_lines import SIDES, Cells
from gateway.domain.quotes import ServiceLevel
from gateway.domain.shipments import Shipment
from gateway.domain.values import Address, Parcel


def written(shipment: Shipment, services: Sequence[ServiceLevel] = ()) -> tuple[Cells, Sequence[Cells]]:
    """The cells of a shipment, and those of each of its parcels: what `order_lines.read` reads as the same shipment."""
    to, sender, wish = shipment.destination, shipment.origin, shipment.requirements
    at = {} if shipment.facility else _address(sender, "from_")
    point = f"{shipment.service_point_carrier}:{shipment.service_point}" if shipment.service_point else ""
    cells = {
        "reference": shipment.reference,
        "ordered_at": shipment.ordered_at.isoformat() if shipment.ordered_at else "",
        "facility": shipment.facility,
        **at,
        **_address(to, ""),
        "company": to.company,
        "street2": to.street2,
        "email": to.email,
        "instructions": to.instructions,
        **{name: "yes" for name in ("signature", "photo", "pin") if getattr(wish, name)},
        "min_age": str(wish.min_age or ""),
        "service": services[0].value if services else "",
        "service_point": point,
    }
    return {name: text for name, text in cells.items() if text}, [_parcel(each) for each in shipment.parcels]


def _address(place: Address, side: str) -> Cells:
    return {
        f"{side}name": place.name or (place.company if side else ""),
        f"{side}street": place.street1,
        f"{side}postal_code": place.postal_code,
        f"{side}city": place.city,
        f"{side}country": place.country,
        f"{side}phone": place.phone,
    }


def _parcel(parcel: Parcel) -> Cells:
    cells = {
        "weight_kg": f"{Decimal(parcel.weight_g).scaleb(-3).normalize():f}",
        **{
            side: f"{Decimal(mm).scaleb(-1).normalize():f}"
            for side, mm in zip(SIDES, parcel.dimensions_mm, strict=True)
        },
        "contents": parcel.description,
        "value": str(parcel.value.amount) if parcel.value else "",
        "currency": parcel.value.currency if parcel.value else "",
    }
    return {name: text for name, text in cells.items() if text not in ("", "0")}

"""Prices of prepaid accounts. Source: "API ShipX", calculating prices; amounts are decimal texts in PLN, or null."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from carriers.base import Account, BadCarrierResponse, Money, Rate, Reading, ServiceLevel, Shipment, Surcharge, total
from carriers.inpost.wire.booking import order, to_locker

CURRENCY, COUNTRY = "PLN", "PL"
LINES = {
    "fuel_charge_amount": ("fuel", "Fuel"),
    "notification_charge_amount": ("notification", "Notifications"),
    "cod_charge_amount": ("cash_on_delivery", "Cash on delivery"),
    "insurance_charge_amount": ("insurance", "Insurance"),
}


def can_be_priced(shipment: Shipment, service: str) -> bool:
    """Amounts are documented in PLN only, and an order to a locker names it."""
    return shipment.origin.country == COUNTRY and bool(shipment.service_point or not to_locker(service))


def calculation(shipment: Shipment, services: Sequence[str], account: Account) -> dict[str, object]:
    """One order per service, told apart by their place."""
    orders = [order(shipment, service, account) for service in services]
    return {"shipments": [{"id": f"#{place}", **body} for place, body in enumerate(orders)]}


def rates(answer: Reading, services: Sequence[tuple[ServiceLevel, str]]) -> Iterator[Rate]:
    """What was priced. An account that pays later gets null for every amount.

    Raises:
        BadCarrierResponse: an amount that is none.
    """
    priced = {item.maybe_text("id"): item for item in answer.items()}
    for place, (level, service) in enumerate(services):
        item = priced.get(f"#{place}")
        if item is not None and item.has("calculated_charge_amount"):
            yield _rate(item, level, service)


def _rate(item: Reading, level: ServiceLevel, service: str) -> Rate:
    amount = item.decimal("calculated_charge_amount")
    lines = tuple(_lines(item, LINES))
    if amount < 0 or amount.as_tuple().exponent < -2:  # type: ignore[operator]  # finite, as `Reading` promises
        raise BadCarrierResponse(f"{amount} is no price in {CURRENCY}")
    price = Money(amount, CURRENCY)
    within = total((line.amount for line in lines), CURRENCY) <= price
    return Rate(service=level, carrier_service=service, price=price, surcharges=lines if within else ())


def _lines(item: Reading, known: Mapping[str, tuple[str, str]]) -> Iterator[Surcharge]:
    for key, (code, label) in known.items():
        amount = item.maybe_decimal(key)
        if amount is not None and amount > 0 and amount == round(amount, 2):
            yield Surcharge(code=code, label=label, amount=Money(round(amount, 2), CURRENCY))

"""What the simulated Bring charges: made-up prices that look like parcel prices in Norway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from carriers.base import Money

# Product: price of the first kilogram, of each further one (NOK without VAT), working days.
PRICES = {
    "4850": (Decimal(189), Decimal(15), 1),
    "5000": (Decimal(119), Decimal(9), 2),
    "5600": (Decimal(129), Decimal(9), 2),
    "3584": (Decimal(59), Decimal(5), 3),
    "5800": (Decimal(89), Decimal(6), 2),
    "HOME_DELIVERY_PARCEL": (Decimal(179), Decimal(14), 4),
    "9300": (Decimal(79), Decimal(6), 2),
    "9350": (Decimal(89), Decimal(6), 2),
    "PICKUP_PARCEL": (Decimal(139), Decimal(10), 4),
}
# Source: Norwegian value added tax, general rate.
VAT = Decimal("0.25")
ORE = Decimal("0.01")


def net(product: str, weights_g: Sequence[int]) -> Decimal:
    """NOK without VAT; every parcel pays."""
    first, further, _ = PRICES[product]
    return sum((first + further * (max(1, -(-grams // 1000)) - 1) for grams in weights_g), Decimal(0))


def gross(product: str, weights_g: Sequence[int]) -> Money:
    """What is charged, VAT included."""
    without = net(product, weights_g)
    return Money((without + _vat(without)).quantize(ORE), "NOK")


def _vat(without: Decimal) -> Decimal:
    return (without * VAT).quantize(ORE, rounding=ROUND_HALF_UP)


def price(product: str, weights_g: Sequence[int], *, agreed: bool) -> dict[str, Any]:
    """The `price` of a product; a net price only for a customer number."""
    without = net(product, weights_g)
    amounts = {
        "amountWithoutVAT": str(without.quantize(ORE)),
        "vat": str(_vat(without)),
        "amountWithVAT": str((without + _vat(without)).quantize(ORE)),
    }
    tariff = {
        "priceWithoutAdditionalServices": amounts,
        "priceWithAdditionalServices": amounts,
        "currencyCode": "NOK",
    }
    return {"listPrice": tariff, **({"netPrice": tariff} if agreed else {})}


def expected(product: str, shipped: Mapping[str, str]) -> dict[str, Any]:
    """The `expectedDelivery` of a product shipped on a day, weekends left out."""
    days = PRICES[product][2]
    day = arrival(product, date(int(shipped["year"]), int(shipped["month"]), int(shipped["day"])))
    return {
        "workingDays": str(days),
        "userMessage": "",
        "formattedExpectedDeliveryDate": f"{day:%d.%m.%Y}",
        "expectedDeliveryDate": {"year": str(day.year), "month": str(day.month), "day": str(day.day)},
        "alternativeDeliveryDates": [],
    }


def arrival(product: str, shipped: date) -> date:
    """The day of delivery."""
    day = shipped
    for _ in range(PRICES[product][2]):
        day += timedelta(days=1)
        while day.weekday() >= 5:
            day += timedelta(days=1)
    return day

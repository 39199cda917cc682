"""What the simulated Canada Post charges and promises: made-up prices that look like parcel prices in Canada."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from math import ceil
from typing import Any

from carriers.base import Money

# Service: name, price of the first kilogram and of each further one (CAD, before tax), working days.
PRICES = {
    "DOM.PC": ("Priority", Decimal("34.10"), Decimal("3.00"), 1),
    "DOM.XP": ("Xpresspost", Decimal("21.35"), Decimal("2.10"), 2),
    "DOM.EP": ("Expedited Parcel", Decimal("16.95"), Decimal("1.40"), 3),
    "DOM.RP": ("Regular Parcel", Decimal("15.20"), Decimal("1.20"), 6),
}
# Source: federal Goods and Services Tax.
GST = Decimal("0.05")
CENT = Decimal("0.01")
OFFICES = (("0000105198", "SHOPPERS DRUG MART", 0.71), ("0000102594", "ALTA VISTA PO", 1.52), ("0000101000", "PO", 4.2))


def _before_tax(code: str, kilograms: Decimal) -> Decimal:
    _, first, further, _ = PRICES[code]
    return first + further * max(0, ceil(kilograms) - 1)


def _tax(amount: Decimal) -> Decimal:
    return (amount * GST).quantize(CENT, ROUND_HALF_UP)


def due(code: str, kilograms: Decimal) -> Money:
    """What is charged, tax included."""
    net = _before_tax(code, kilograms)
    return Money((net + _tax(net)).quantize(CENT), "CAD")


def priced(code: str, kilograms: Decimal, now: datetime) -> dict[str, Any]:
    """A service as the rating API tells it."""
    tax = _tax(_before_tax(code, kilograms))
    return {
        "serviceCode": code,
        "serviceName": PRICES[code][0],
        "priceDetails": {"due": float(due(code, kilograms).amount), "taxes": {"gst": float(tax)}},
        "serviceStandard": {
            "expectedTransitTime": PRICES[code][3],
            "expectedDeliveryDate": arrival(code, now).isoformat(),
            "guaranteedDelivery": code == "DOM.PC",
        },
    }


def arrival(code: str, now: datetime) -> date:
    """The day of delivery, weekends left out."""
    day = now.date()
    for _ in range(PRICES[code][3]):
        day += timedelta(days=1)
        while day.weekday() >= 5:
            day += timedelta(days=1)
    return day


def offices(postal_code: str) -> list[dict[str, Any]]:
    """Post offices near a postal code."""
    return [
        {
            "officeId": number,
            "location": name,
            "distance": kilometres,
            "address": {
                "officeAddress": "2701 Alta Vista Dr",
                "city": "OTTAWA",
                "province": "ON",
                "postalCode": postal_code,
                "latitude": 45.38,
                "longitude": -75.66,
            },
        }
        for number, name, kilometres in OFFICES
    ]

"""Amounts as the API gives them, and what a checkout's buyer was shown."""

from __future__ import annotations

from typing import Any

from gateway.domain.quotes import CheckoutPromise
from gateway.domain.values import Money

Json = dict[str, Any]


def money(amount: Money | None) -> Json | None:
    """Integer minor units and currency."""
    return None if amount is None else {"amount": amount.minor, "currency": amount.currency}


def promise(shown: CheckoutPromise | None) -> Json | None:
    """What a checkout's buyer was shown of the quote."""
    if shown is None:
        return None
    return {
        "connection_id": shown.connection_id,
        "fallback": shown.fallback,
        "rates": [
            {
                "code": rate.code,
                "offer_id": rate.offer_id,
                "label": rate.label,
                "price": money(rate.price),
                "cost": money(rate.cost),
                "deliver_by": rate.deliver_by,
            }
            for rate in shown.rates
        ],
    }

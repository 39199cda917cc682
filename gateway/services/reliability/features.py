"""What is known of a delivery when it is quoted, as numbers: what adjustments are learnt from and asked with."""

from __future__ import annotations

import math
from datetime import datetime

from gateway.domain.distance import metres_between
from gateway.domain.quotes import ServiceLevel
from gateway.domain.shipments import Shipment

Features = tuple[float, ...]
SERVICES = {each.value: number for number, each in enumerate(ServiceLevel)}
WORDS = (9, 10)
"""The columns whose numbers are names: the service and the account."""


def features(shipment: Shipment, service: str, promised_h: float, starts_at: datetime, account: int) -> Features | None:
    """Of a delivery of an account, by its number; `starts_at` is in the account's time zone.

    None without coordinates of both ends: distance and area are what adjustments are about.
    """
    origin, home = shipment.origin, shipment.destination
    metres = metres_between(origin, home)
    if metres is None:
        return None
    ends = (origin.latitude or 0.0, origin.longitude or 0.0, home.latitude or 0.0, home.longitude or 0.0)
    hour = starts_at.hour + starts_at.minute / 60
    weight, promise = math.log1p(shipment.weight_g), math.log(promised_h)
    return metres / 1000, hour, float(starts_at.weekday()), *ends, weight, promise, SERVICES.get(service, -1), account

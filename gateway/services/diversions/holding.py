"""What a carrier has agreed to and nothing has overtaken since: what may be told of a wish."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gateway.domain.diversions import Diversion, DiversionState
from gateway.domain.eta import EtaSource
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import ShipmentState
from gateway.domain.tracking import statuses
from gateway.services.diversions.offers import UNDER_WAY


def holding(shipment: ShipmentRecord, wishes: Sequence[Diversion], now: datetime) -> Diversion | None:
    """The one of a shipment's wishes (oldest first) by which it comes; None: it comes as planned, or not any more.

    A time holds until it is over, or its carrier or the last miles say another one: then the ETA is no longer what was
    agreed.
    """
    under_way = shipment.state is ShipmentState.BOOKED and statuses()[shipment.status].phase in UNDER_WAY
    agreed = next((each for each in reversed(wishes) if each.state is DiversionState.AGREED), None)
    if agreed is None or not under_way:
        return None
    overtaken = shipment.eta is not None and shipment.eta.source not in (EtaSource.AGREED, EtaSource.PROMISE)
    return None if agreed.slot and (overtaken or agreed.slot.window.end <= now) else agreed

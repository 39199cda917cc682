"""Where a checkout's buyer may collect: carriers are asked for their points while others ask them for rates."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

from gateway.domain.checkouts import CheckoutConnection
from gateway.domain.handover import CollectionPoint
from gateway.domain.values import Address
from gateway.services.service_points import PointSearch, ServicePoints

log = logging.getLogger("gateway.checkouts")
RADIUS_M = 10_000
"""Nobody who shops from home goes farther for a parcel. Ours, no measurement."""


class Points:
    """One search under way; nothing is searched where the connection shows none."""

    def __init__(self, search: ServicePoints, connection: CheckoutConnection, near: Address, left_ms: int) -> None:
        self._search = search
        self._connection = connection
        self._left_ms = left_ms
        self._near = near
        self._found: Sequence[CollectionPoint] = ()
        self._looking: threading.Thread | None = None
        if connection.settings.pickup_points:
            self._looking = threading.Thread(target=self._look, name="points", daemon=True)
            self._looking.start()

    def found(self) -> Sequence[CollectionPoint]:
        """The nearest first; none where carriers have not answered by the deadline."""
        if self._looking is not None:
            self._looking.join(self._left_ms / 1000)
        return self._found

    def _look(self) -> None:
        connection = self._connection
        wanted = PointSearch(
            near=self._near, radius_m=RADIUS_M, limit=connection.settings.pickup_points, deadline_ms=self._left_ms
        )
        try:
            found, _ = self._search.near(connection.merchant_id, connection.mode, wanted, each=True)
            self._found = [CollectionPoint(carrier=each.carrier, point=each.point) for each in found]
        except Exception:  # nobody waits for this thread's word on it: the buyer is shown the rates to the door
            log.exception("service points near %s could not be searched", connection.id)

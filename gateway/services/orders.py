"""Orders as people write them: quoted, and booked once under a key of whoever asks."""

from __future__ import annotations

import hashlib

from gateway.domain.clock import Clock
from gateway.domain.errors import Conflict, GatewayError
from gateway.domain.order_lines import Order
from gateway.domain.quotes import Quote
from gateway.domain.records import ShipmentRecord
from gateway.services.facilities import FacilityBook
from gateway.services.idempotency import Answer, Once, Run
from gateway.services.ports import Mode
from gateway.services.quotes import QuoteAsk, QuoteService
from gateway.services.shipments import BookAsk, ShipmentService

ROUTE = "console: book"
BOOKED, REFUSED = 201, 409


class NotBooked(Conflict):
    """It is not booked, and nothing is charged; the message says why."""


class Orders:
    """What pages and jobs book through: the same machinery as the API's, under keys of their own."""

    def __init__(
        self, quotes: QuoteService, shipments: ShipmentService, facilities: FacilityBook, once: Once, clock: Clock
    ) -> None:
        self._quotes = quotes
        self._shipments = shipments
        self._facilities = facilities
        self._once = once
        self._clock = clock

    def asked(self, merchant_id: str, order: Order, policy: str = "") -> QuoteAsk:
        """What to ask carriers about an order that was read. Raises Unprocessable: no such facility."""
        if order.shipment is None:
            raise ValueError("an order at fault is not asked about")
        shipment = self._facilities.placed(merchant_id, order.shipment)
        return QuoteAsk(shipment=shipment, services=order.services, policy=policy)

    def quote(self, merchant_id: str, mode: Mode, ask: QuoteAsk) -> Quote:
        """A quote that can be booked from. Raises as `QuoteService.quote`."""
        return self._quotes.quote(merchant_id, mode, ask)

    def again(self, merchant_id: str, mode: Mode, quote_id: str) -> Quote:
        """Carriers are asked the same once more. Raises NotFound, and as `QuoteService.quote`."""
        old = self._quotes.get(merchant_id, mode, quote_id)
        ask = QuoteAsk(shipment=old.shipment, window=old.window, services=old.services, policy=old.policy)
        return self._quotes.quote(merchant_id, mode, ask)

    def fresh(self, merchant_id: str, mode: Mode, quote_id: str, otherwise: QuoteAsk) -> BookAsk:
        """To book from a quote while it is good, afterwards from a new one about the same."""
        if not quote_id:
            return BookAsk(ask=otherwise)
        good = self._quotes.get(merchant_id, mode, quote_id).expires_at > self._clock()
        return BookAsk(quote_id=quote_id) if good else BookAsk(ask=otherwise)

    def book(self, merchant_id: str, mode: Mode, key: str, ask: BookAsk) -> ShipmentRecord:
        """The shipment that is booked under this key, now or before; however often it is asked for, it is paid once.

        Raises:
            NotBooked: every carrier refused, or the order cannot be booked as it stands.
            StillRunning: another request is booking it at this moment.
        """

        def work(run: Run) -> Answer:
            if run.resource_id:
                shipment = self._shipments.carry_through(merchant_id, run.resource_id)
            else:
                shipment = self._shipments.book(merchant_id, mode, ask, run.point_at)
            return Answer(BOOKED, shipment.id.encode())

        answer = self._once.run(merchant_id, f"{mode}:{ROUTE}", key, _digest(key), work, _refusal)
        if answer.status != BOOKED:
            raise NotBooked(answer.body.decode())
        return self._shipments.get(merchant_id, mode, answer.body.decode()).shipment


def _refusal(error: GatewayError) -> Answer:
    return Answer(REFUSED, str(error).encode())


def _digest(key: str) -> str:
    """The key stands for the request: whoever makes keys makes one for one thing to be booked."""
    return hashlib.sha256(key.encode()).hexdigest()

"""What checkouts are told: rates in time, the same ones for the same cart, and each one kept as an offer to be booked.

One cart asks carriers once: what it was told lies in the database and is told again, by every process, while it is
fresh. Of those who ask at the same moment one goes: threads of a process wait for the first of them, and processes for
the one that holds the claim in the database. Carriers that answer too late are waited for in the background, and the
next buyer gets their rates.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from carriers.base import Carrier
from gateway.domain.carts import parcels_of
from gateway.domain.checkouts import (
    RESERVE_MS,
    Cart,
    CheckoutAnswer,
    CheckoutConnection,
    CheckoutProtocol,
    WhenNothing,
    deadline_ms,
)
from gateway.domain.clock import Clock
from gateway.domain.codec import to_json
from gateway.domain.errors import NotFound
from gateway.domain.postcodes import normalised
from gateway.domain.presentation import keeping_codes, promise_of
from gateway.domain.quotes import Quote, ResultState, ServiceLevel
from gateway.domain.shipments import Shipment
from gateway.domain.values import Address
from gateway.services.carrier_pool import CarrierPool
from gateway.services.collection import Points
from gateway.services.flights import Flights
from gateway.services.gathering import Gathering, Outcomes, already
from gateway.services.ports import Store
from gateway.services.quotes import QuoteAsk, QuoteService
from gateway.services.service_points import ServicePoints

log = logging.getLogger("gateway.checkouts")
LEAST_MS = 50
POLL_S = 0.03
"""How often a process looks whether another one has the answer."""

CLAIM_MARGIN_S = 1.0
"""How much longer a claim holds than its asking may take; then its process has died."""

UNSURE_S = 60
"""How long an answer stays that not every carrier had a part in, or that is the fallback table's."""

FAILED_S = 30
"""How long the lack of any rate stays. Source: so long Shopify itself keeps an error."""

SILENT = (ResultState.TIMEOUT, ResultState.ERROR, ResultState.SKIPPED)


class Checkouts:
    """Answers carts."""

    def __init__(
        self,
        store: Store,
        pool: CarrierPool,
        quotes: QuoteService,
        points: ServicePoints,
        clock: Clock,
        installed: Callable[[], Mapping[str, type[Carrier]]],
    ) -> None:
        self._store = store
        self._pool = pool
        self._quotes = quotes
        self._points = points
        self._clock = clock
        self._installed = installed
        self._flights: Flights[CheckoutAnswer] = Flights()

    def connection(self, protocol: CheckoutProtocol, connection_id: str) -> CheckoutConnection:
        """The connection a checkout names. Raises NotFound: there is none, of that protocol and enabled."""
        with self._store.look() as uow:
            found = uow.checkouts.by_id(connection_id)
        if found is None or found.protocol is not protocol or not found.enabled:
            raise NotFound(f"no connection {connection_id}")
        return found

    def rates(self, connection: CheckoutConnection, cart: Cart, waited_s: float = 0.0) -> CheckoutAnswer:
        """The rates of a cart, by the connection's deadline. `waited_s` of that have passed already."""
        now = self._clock()
        with self._store.look() as uow:
            key = _key(connection, cart, uow.keys.wishes_version(connection.merchant_id))
            kept = uow.checkouts.answer(connection.merchant_id, connection.id, key, now)
        if kept is not None:
            return kept
        left_ms = max(deadline_ms(connection) - RESERVE_MS - round(waited_s * 1000), LEAST_MS)
        try:
            return self._flights.join(
                (connection.id, key),
                lambda: self._once(connection, cart, key, time.monotonic() + left_ms / 1000),
                (left_ms + RESERVE_MS) / 1000,
            )
        except TimeoutError:
            return CheckoutAnswer(quote_id="", rates=(), made_at=now, fresh_until=now, failed=True)

    def _once(self, connection: CheckoutConnection, cart: Cart, key: str, until: float) -> CheckoutAnswer:
        """Ask, unless another process does: then what it brings. Raises TimeoutError: it brings nothing in time."""
        shipment = _shipment(connection, cart)
        if shipment is None:
            now = self._clock()
            return CheckoutAnswer(quote_id="", rates=(), made_at=now, fresh_until=now)
        named = (connection.merchant_id, connection.id, key)
        while (left_s := until - time.monotonic()) > 0:
            now = self._clock()
            with self._store.work() as uow:
                claimed = uow.checkouts.claim(*named, now, now + timedelta(seconds=left_s + CLAIM_MARGIN_S))
                uow.commit()
            if claimed:
                return self._asked(connection, cart, shipment, key, max(round(left_s * 1000), LEAST_MS))
            with self._store.look() as uow:
                kept = uow.checkouts.answer(*named, now)
            if kept is not None:
                return kept
            time.sleep(POLL_S)
        raise TimeoutError

    def _asked(
        self, connection: CheckoutConnection, cart: Cart, shipment: Shipment, key: str, left_ms: int
    ) -> CheckoutAnswer:
        points = Points(self._points, connection, shipment.destination, left_ms)
        ask = QuoteAsk(
            shipment=shipment,
            services=tuple(ServiceLevel) if connection.settings.pickup_points else (),
            policy=connection.settings.policy,
            deadline_ms=left_ms,
            valid_min=connection.settings.promise_h * 60,
            present=lambda quote: promise_of(quote, connection, cart, self._carrier_name, points.found()),
        )
        gathering = Gathering(self._pool, lambda outcomes: self._improve(connection, ask, key, outcomes))
        try:
            quote = self._quotes.quote(connection.merchant_id, connection.mode, ask, gathering)
            return self._keep(connection, key, self._answer(connection, quote))
        except BaseException:
            with self._store.work() as uow:
                uow.checkouts.release(connection.merchant_id, connection.id, key, self._clock())
                uow.commit()
            raise
        finally:
            gathering.answered()

    def _improve(self, connection: CheckoutConnection, ask: QuoteAsk, key: str, outcomes: Outcomes) -> None:
        """A new quote with what came late; rates that buyers saw already keep their codes."""
        now = self._clock()
        with self._store.look() as uow:
            before = uow.checkouts.answer(connection.merchant_id, connection.id, key, now)
        quote = self._quotes.quote(connection.merchant_id, connection.mode, ask, already(outcomes))
        answer = self._answer(connection, quote)
        rates = keeping_codes(answer.rates, before.rates if before else (), now)
        self._keep(connection, key, replace(answer, rates=rates))

    def _answer(self, connection: CheckoutConnection, quote: Quote) -> CheckoutAnswer:
        promise = quote.checkout
        rates, fallback = (promise.rates, promise.fallback) if promise else ((), False)
        results = [each for each in quote.carrier_results if each.state in SILENT]
        when = connection.settings.when_nothing
        failed = not rates and (when is WhenNothing.BACKUP or (when is WhenNothing.FALLBACK and bool(results)))
        seconds = connection.settings.cache_s
        if not rates:
            log.info("connection %s shows no rates: quote %s says why", connection.id, quote.id)
            seconds = min(seconds, FAILED_S)
        elif results or fallback:
            seconds = min(seconds, UNSURE_S)
        return CheckoutAnswer(
            quote_id=quote.id,
            rates=rates,
            made_at=quote.created_at,
            fresh_until=min([quote.created_at + timedelta(seconds=seconds), *self._ends(quote)]),
            silent=tuple(dict.fromkeys(self._carrier_name(each.carrier) for each in results)),
            failed=failed,
            fallback=fallback,
        )

    def _keep(self, connection: CheckoutConnection, key: str, answer: CheckoutAnswer) -> CheckoutAnswer:
        with self._store.work() as uow:
            uow.checkouts.keep(connection.merchant_id, connection.id, key, answer)
            uow.commit()
        return answer

    def _ends(self, quote: Quote) -> Sequence[datetime]:
        """When a shown offer is no longer to be had, or no longer the choice: its carrier's own expiry, the cut-off of
        its pickup, and that of a rule.
        """
        rates = [offer.rate for offer in quote.ranked]
        ends = [self._quotes.turns_at(quote), *(end for rate in rates for end in (rate.expires_at, rate.pickup_by))]
        return [end for end in ends if end is not None]

    def _carrier_name(self, code: str) -> str:
        carrier = self._installed().get(code)
        return carrier.profile.name if carrier else code


def _shipment(connection: CheckoutConnection, cart: Cart) -> Shipment | None:
    """What carriers are asked to price; None when nothing is to be shipped, or no place is known it comes from.

    Nobody's name, phone or e-mail: another buyer with the same cart gets the same quote.
    """
    origin = connection.settings.origin or cart.origin
    parcels = parcels_of(cart, connection.settings)
    if origin is None or not parcels:
        return None
    if cart.value is not None:
        parcels = (replace(parcels[0], value=cart.value), *parcels[1:])
    return Shipment(origin=origin, destination=_nobodys(cart.destination), parcels=parcels)


def _nobodys(place: Address) -> Address:
    return Address(
        country=place.country,
        postal_code=place.postal_code,
        city=place.city,
        subdivision=place.subdivision,
        street1=place.street1,
        residential=place.residential,
    )


def _key(connection: CheckoutConnection, cart: Cart, wishes_version: int) -> str:
    """Everything the answer depends on, as a digest. Boxes and prices move the connection's version; policies, accounts
    and rate cards that of what the merchant wants. An account's rest does not, or one that fails would have all carts
    asked again.

    The street is part of it, because couriers on demand price by the door. Names, phones and e-mails are not.
    """
    place = cart.destination
    where = (place.country, normalised(place.postal_code), place.subdivision, place.city, place.street1)
    facts = [
        [connection.id, connection.version, wishes_version],
        None if cart.origin is None else to_json(_nobodys(cart.origin)),
        [part.casefold().strip() for part in where],
        place.residential,
        sorted(json.dumps(to_json(item), sort_keys=True) for item in cart.items),
        None if cart.value is None else to_json(cart.value),
        [cart.only_currency, cart.free],
    ]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()

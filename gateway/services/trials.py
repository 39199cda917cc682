"""A trial of an account: what a shipment goes through, with a parcel that nobody waits for, in the carrier's sandbox.

It is priced, booked and cancelled like any other shipment of test mode (so a lost answer is found out, a cancellation
that fails is tried again, and the shipment can be looked at), from the account's own offer alone. Only carriers whose
profile says that test mode costs nothing (`[booking] trial`) are tried, never an account of live mode, and never one
that leads away from where the carrier says its test mode is: what is booked there may be paid for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from carriers.base import Capability, CarrierError
from gateway.domain.errors import GatewayError, NotFound
from gateway.domain.people import User
from gateway.domain.quotes import Offer, Quote
from gateway.domain.shipments import Shipment, ShipmentState
from gateway.domain.values import Parcel
from gateway.services.audit_trail import AuditTrail, Deed
from gateway.services.carrier_pool import CarrierPool, LiveCarrier
from gateway.services.orders import Orders
from gateway.services.ports import Mode
from gateway.services.probing import places
from gateway.services.quotes import QuoteAsk
from gateway.services.recalls import Recalls
from gateway.services.shipments import BookAsk

_BACK = ShipmentState.CANCELLED
_TAKEN = (ShipmentState.BOOKED, ShipmentState.CANCELLING, _BACK)
PARCEL = Parcel(weight_g=1000, length_mm=200, width_mm=150, height_mm=100, description="trial of an account")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was tried: what, whether it went as it should, and what came of it."""

    what: str
    ok: bool
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """All that was tried, in its order; the shipment that was made of it, if any."""

    steps: Sequence[Step]
    shipment_id: str = ""

    @property
    def ok(self) -> bool:
        """Whether everything went as it should."""
        return all(step.ok for step in self.steps)


class Trials:
    """Tries accounts."""

    def __init__(self, pool: CarrierPool, orders: Orders, recalls: Recalls, audit: AuditTrail) -> None:
        self._pool = pool
        self._orders = orders
        self._recalls = recalls
        self._audit = audit

    def refused(self, merchant_id: str, mode: Mode, account_id: str) -> str:
        """Why an account cannot be tried; "" where it can. Raises NotFound."""
        live = self._pool.get(merchant_id, account_id)
        if live.record.mode != mode:
            raise NotFound(f"no account {account_id}")
        return _refused(live)

    def run(self, user: User, mode: Mode, account_id: str, once: str) -> Trial:
        """Price, book and cancel; `once` names this trial, so that a form that is sent twice books once.

        Raises:
            NotFound: no such account.
        """
        if why := self.refused(user.merchant_id, mode, account_id):
            return Trial(steps=[Step(what="Nothing was tried", ok=False, said=why)])
        live = self._pool.get(user.merchant_id, account_id)
        self._audit.record(user, Deed(what="tried an account in the sandbox", subject_id=account_id))
        here, there = places(live.carrier.profile.countries)
        ask = QuoteAsk(shipment=Shipment(origin=here, destination=there, parcels=(PARCEL,)))
        try:
            quote = self._orders.quote(user.merchant_id, mode, ask)
        except GatewayError as error:
            return Trial(steps=[Step(what="Price", ok=False, said=str(error))])
        offer = next((each for each in quote.ranked if each.account_id == account_id), None)
        if offer is None:
            return Trial(steps=[Step(what="Price", ok=False, said=_why_none(quote, account_id))])
        priced = Step(what="Price", ok=True, said=f"{offer.rate.price} for 1 kg within {here.country}")
        return self._booked(user, mode, quote, offer, priced, once)

    def _booked(self, user: User, mode: Mode, quote: Quote, offer: Offer, priced: Step, once: str) -> Trial:
        ask = BookAsk(quote_id=quote.id, offer_id=offer.id)
        try:
            shipment = self._orders.book(user.merchant_id, mode, f"trial {offer.account_id} {once}", ask)
        except (GatewayError, CarrierError) as error:
            return Trial(steps=[priced, Step(what="Booking", ok=False, said=str(error))])
        if shipment.state not in _TAKEN:
            said = "the answer is not known yet: it is being found out, and booked at most once"
            return Trial(steps=[priced, Step(what="Booking", ok=False, said=said)], shipment_id=shipment.id)
        booked = Step(what="Booking", ok=True, said=f"booked as {shipment.tracking_number or 'without a number yet'}")
        try:  # a form that is sent again finds it taken back already
            after = shipment if shipment.state is _BACK else self._recalls.cancel(user.merchant_id, shipment.id)
        except (GatewayError, CarrierError) as error:
            cancelled = Step(what="Cancellation", ok=False, said=str(error))
        else:
            done = after.state is _BACK
            said = "taken back" if done else "not answered yet: it is asked again by itself until it is"
            cancelled = Step(what="Cancellation", ok=done, said=said)
        return Trial(steps=[priced, booked, cancelled], shipment_id=shipment.id)


def _refused(live: LiveCarrier) -> str:
    name = live.carrier.profile.name
    if live.record.mode != "test":
        return "live accounts are not tried: a booking would be paid for"
    if not live.record.enabled:
        return "it is paused: switch it on first"
    if not live.carrier.profile.booking.trial:
        return f"a booking with {name} is not known to cost nothing in test mode"
    if away := _away(live):
        return f"it leads to {away}, not to the carrier's sandbox: a booking there may be paid for"
    if not all(live.can(role) for role in (Capability.QUOTES, Capability.BOOKS, Capability.CANCELS)):
        return f"{name} cannot price, book and cancel over its API"
    return ""


def _away(live: LiveCarrier) -> str:
    """An address laid over one of the carrier's test mode; "" where there is none. Plain http only leads to simulators,
    where the installation allows it at all."""
    usual = live.carrier.profile.urls.get("test", {})
    laid_over = (url for name, url in live.record.urls.items() if url.rstrip("/") != usual.get(name, url).rstrip("/"))
    return next((url for url in laid_over if not url.startswith("http://")), "")


def _why_none(quote: Quote, account_id: str) -> str:
    """Why there is no offer of the account."""
    for each in quote.carrier_results:
        if each.account_id == account_id and each.why:
            return each.why
    for offer in quote.offers:
        if offer.account_id == account_id:
            return (
                "; ".join(each.why for each in offer.verdicts if each.penalty is None)
                or "your policy does not offer it"
            )
    return f"it has no price within {quote.shipment.origin.country}"

"""Quote: ask every account that could deliver it under one deadline, judge the rates by policy, keep the reasons."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from carriers.base import QuoteRequest
from carriers.base.drive import Outcome
from gateway.domain.clock import Clock
from gateway.domain.errors import NotFound, Unprocessable
from gateway.domain.quotes import CarrierResult, CheckoutPromise, Offer, Quote, Rate, ResultState, ServiceLevel
from gateway.domain.shipments import Shipment
from gateway.domain.values import TimeWindow
from gateway.rules.policy import Candidate, Context
from gateway.services.asking import priced, promise_of, unserved
from gateway.services.carrier_pool import BrokenAccount, CarrierPool, LiveCarrier
from gateway.services.decisions import Decisions, Plan
from gateway.services.facilities import FacilityBook, Hours
from gateway.services.faultpoints import Purpose
from gateway.services.ids import new_id
from gateway.services.offers import candidate, recalled
from gateway.services.policies import Deciding, PolicyBook
from gateway.services.ports import Mode, Store
from gateway.services.results import priced_result, unasked
from gateway.services.service_points import check_owner
from gateway.services.zones import ZoneBook
from gateway.settings import Quoting

NOT_SERVED = "the carrier offers nothing for this shipment"

Gather = Callable[
    [Sequence[LiveCarrier], Sequence[Coroutine[Any, Any, Sequence[Rate]]], float], Sequence[Outcome[Sequence[Rate]]]
]
"""How carriers' answers are collected: from whom, the calls, and the seconds until the deadline."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteAsk:
    """What a merchant wants quoted. `policy` empty means the default, `deadline_ms` None the configured one.

    `present` says what of the quote a checkout's buyer is shown, which is kept with it; `valid_min` how long that is
    honoured, None for as long as is configured.
    """

    shipment: Shipment
    ready_at: datetime | None = None
    window: TimeWindow | None = None
    services: tuple[ServiceLevel, ...] = ()
    policy: str = ""
    deadline_ms: int | None = None
    valid_min: int | None = None
    present: Callable[[Quote], CheckoutPromise] | None = None


class QuoteService:
    """Makes quotes and finds them again."""

    def __init__(
        self,
        store: Store,
        pool: CarrierPool,
        policies: PolicyBook,
        decisions: Decisions,
        zones: ZoneBook,
        facilities: FacilityBook,
        clock: Clock,
        settings: Quoting,
    ) -> None:
        self._store = store
        self._pool = pool
        self._policies = policies
        self._decisions = decisions
        self._zones = zones
        self._facilities = facilities
        self._clock = clock
        self._settings = settings

    def quote(self, merchant_id: str, mode: Mode, ask: QuoteAsk, gather: Gather | None = None) -> Quote:
        """Ranked offers with every rule's sentence, and how each account answered. Never fails for one carrier.

        `gather` stands in for asking all under one deadline.

        Raises:
            Unprocessable: no such policy, the window is over, or the service point is of no carrier of yours.
        """
        quote = self.made(merchant_id, mode, ask, gather=gather)
        if ask.valid_min is not None:
            quote = replace(quote, expires_at=quote.created_at + timedelta(minutes=ask.valid_min))
        if ask.present is not None:
            quote = replace(quote, checkout=ask.present(quote))
        with self._store.work() as uow:
            uow.quotes.add(quote)
            uow.commit()
        return quote

    def made(
        self,
        merchant_id: str,
        mode: Mode,
        ask: QuoteAsk,
        deciding: Deciding | None = None,
        gather: Gather | None = None,
    ) -> Quote:
        """A quote that is not stored, by the policies given or the published ones. Raises as `quote`."""
        now = self._clock()
        if ask.window is not None and ask.window.end <= now:
            raise Unprocessable("/window/end", "the window is over", "in_the_past")
        version = self._settings_version(merchant_id)
        if deciding is None:
            name = ask.policy or self._settings.default_policy
            deciding = self._policies.deciding(merchant_id, name, version)
        hours = self._facilities.hours(merchant_id, ask.shipment, version)
        zone = self._zones.live(merchant_id, version).zone(ask.shipment.destination)
        plan = self._decisions.plan(merchant_id, mode, version, deciding, _context(ask, zone, now, hours))
        request = _request(plan)
        asked, results = self._sort_out(self._pool.of_merchant(merchant_id, mode, version), request)
        calls = [priced(live, _from_handover(request, live, hours)) for live in asked]
        outcomes = (gather or self._ask_all)(asked, calls, self._deadline_s(ask))
        results += [priced_result(live, outcome, NOT_SERVED) for live, outcome in zip(asked, outcomes, strict=True)]
        return self._decided(plan, _candidates(plan, asked, outcomes), results)

    def judged_again(self, quote: Quote, deciding: Deciding) -> Quote:
        """A stored quote's offers judged anew, as if by these policies at its time; not stored.

        Carriers are not asked. What is known about the carriers, and bookings so far, are of today.

        Raises:
            Unprocessable: a carrier of the quote is no longer installed.
        """
        version = self._settings_version(quote.merchant_id)
        hours = self._facilities.hours(quote.merchant_id, quote.shipment, version)
        ready_at = quote.ready_at or quote.created_at
        context = Context(
            shipment=quote.shipment,
            zone=quote.zone,
            now=quote.created_at,
            ready_at=ready_at,
            window=quote.window,
            services=quote.services,
            timezone=hours.timezone,
            holiday=hours.holiday(ready_at) is not None,
        )
        plan = self._decisions.plan(quote.merchant_id, quote.mode, version, deciding, context)
        again = self._decided(plan, [recalled(each) for each in quote.offers], quote.carrier_results)
        ids = {id(each.rate): each.id for each in quote.offers}
        return replace(again, id=quote.id, offers=tuple(replace(each, id=ids[id(each.rate)]) for each in again.offers))

    def _decided(self, plan: Plan, candidates: Sequence[Candidate], results: Sequence[CarrierResult]) -> Quote:
        """The quote of a plan; an offer's id tells its quote's."""
        context, policy = plan.context, plan.policy
        quote_id = new_id("qte", self._clock())
        decision = self._decisions.decide(plan, candidates, f"off_{quote_id.removeprefix('qte_')}")
        return Quote(
            id=quote_id,
            merchant_id=plan.merchant_id,
            mode=plan.mode,
            shipment=plan.shipment,
            created_at=context.now,
            expires_at=context.now + timedelta(minutes=self._settings.valid_min),
            policy=policy.name,
            policy_version=policy.version,
            policy_currency=decision.currency,
            zone=context.zone,
            offers=decision.offers,
            carrier_results=tuple(results),
            ready_at=context.ready_at,
            window=context.window,
            services=context.services,
            shadow=decision.shadow,
            last_resort=decision.last_resort,
        )

    def get(self, merchant_id: str, mode: Mode, quote_id: str) -> Quote:
        """A stored quote. Raises NotFound."""
        with self._store.look() as uow:
            quote = uow.quotes.get(merchant_id, quote_id)
        if quote is None or quote.mode != mode:
            raise NotFound(f"no quote {quote_id}")
        return quote

    def requote(self, live: LiveCarrier, quote: Quote, quoted: Offer, deadline_s: float) -> Rate | None:
        """The same service (and delivery window) of the account priced anew; None when it is no longer offered."""
        request = QuoteRequest(
            shipment=quote.shipment,
            ready_at=max(quote.ready_at or self._clock(), self._clock()),
            window=quote.window,
            services=quote.services,
        )
        request = _from_handover(request, live, self._hours_of(quote))
        rates = self._pool.ask(Purpose.QUOTE, live, priced(live, request), deadline_s)
        known = promise_of(quoted.rate)
        same = [rate for rate in rates if promise_of(rate) == known]
        return min(same, key=lambda rate: rate.price.amount, default=None)

    def turns_at(self, quote: Quote) -> datetime | None:
        """When its policy may decide otherwise by the clock alone; None where it never does."""
        version = self._settings_version(quote.merchant_id)
        live = self._policies.deciding(quote.merchant_id, quote.policy, version).live
        return live.turns_at(quote.created_at, self._hours_of(quote).timezone)

    def _settings_version(self, merchant_id: str) -> int:
        with self._store.look() as uow:
            return uow.keys.settings_version(merchant_id)

    def _ask_all(
        self, asked: Sequence[LiveCarrier], calls: Sequence[Coroutine[Any, Any, Sequence[Rate]]], deadline_s: float
    ) -> Sequence[Outcome[Sequence[Rate]]]:
        return self._pool.ask_all(Purpose.QUOTE, asked, calls, deadline_s)

    def _hours_of(self, quote: Quote) -> Hours:
        return self._facilities.hours(quote.merchant_id, quote.shipment, self._settings_version(quote.merchant_id))

    def _deadline_s(self, ask: QuoteAsk) -> float:
        wanted = ask.deadline_ms or self._settings.deadline_ms
        return min(wanted, self._settings.max_deadline_ms) / 1000

    def _sort_out(
        self, accounts: tuple[Sequence[LiveCarrier], Sequence[BrokenAccount]], request: QuoteRequest
    ) -> tuple[list[LiveCarrier], list[CarrierResult]]:
        """Whom to ask, and a result for each account that is not asked."""
        asked: list[LiveCarrier] = []
        results: list[CarrierResult] = []
        lives, broken = accounts
        check_owner(request.shipment, lives, broken)
        results += [unasked(each.record, ResultState.ERROR, "account_broken", each.why) for each in broken]
        for live in lives:
            resting = self._pool.resting(live)
            why = unserved(live, request.shipment)
            if why is not None:
                results.append(unasked(live.record, ResultState.INELIGIBLE, "ineligible", why))
            elif resting is not None:
                results.append(unasked(live.record, ResultState.SKIPPED, "resting", resting))
            else:
                asked.append(live)
        return asked, results


def _context(ask: QuoteAsk, zone: str | None, now: datetime, hours: Hours) -> Context:
    ready_at = max(ask.ready_at or now, now)
    return Context(
        shipment=ask.shipment,
        zone=zone,
        now=now,
        ready_at=ready_at,
        window=ask.window,
        services=ask.services,
        timezone=hours.timezone,
        holiday=hours.holiday(ready_at) is not None,
    )


def _from_handover(request: QuoteRequest, live: LiveCarrier, hours: Hours) -> QuoteRequest:
    """The request for one account: what is ready after the facility's cut-off for it waits until the next day."""
    ready_at = hours.handed_over(request.ready_at, live.record.name)
    return request if ready_at is request.ready_at else replace(request, ready_at=ready_at)


def _request(plan: Plan) -> QuoteRequest:
    context = plan.context
    return QuoteRequest(
        shipment=plan.shipment, ready_at=context.ready_at, window=context.window, services=context.services
    )


def _candidates(
    plan: Plan, asked: Sequence[LiveCarrier], outcomes: Sequence[Outcome[Sequence[Rate]]]
) -> list[Candidate]:
    """What came back, as far as it was asked for."""
    return [
        candidate(live.record.id, live.record.name, live.carrier.profile, rate)
        for live, outcome in zip(asked, outcomes, strict=True)
        for rate in outcome.value or ()
        if not plan.context.services or rate.service in plan.context.services
    ]

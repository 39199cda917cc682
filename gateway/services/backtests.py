"""Backtests: what another policy, or another rate card, would have done with the shipments of a period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gateway.domain.errors import NotFound, Unprocessable
from gateway.domain.quotes import Offer, Quote
from gateway.domain.records import Tender
from gateway.domain.values import Money
from gateway.rules.context import Context, Volumes
from gateway.rules.market import amount_text
from gateway.rules.policy import Policy
from gateway.services.explaining import dropped_by, explained, named
from gateway.services.offers import offer, recalled
from gateway.services.origins import Origins
from gateway.services.policies import PolicyBook
from gateway.services.ports import Mode, Store
from gateway.services.ports.backtests import CardTrial, Json, Plot, Progress, Replay, Replays
from gateway.services.ports.history import Period
from gateway.services.repricing import CardPricing

LONGEST = timedelta(days=400)
"""Quotes are not kept longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestAsk:
    """What a merchant wants to know. `version` or `data` name the candidate; neither: the policy that decides.

    `against` is a version of the same policy to compare with; None: what was booked.
    """

    policy: str
    since: datetime
    until: datetime
    version: int | None = None
    data: Mapping[str, Any] | None = None
    against: int | None = None
    card: CardTrial | None = None


class Backtester:
    """Asks the columns for the totals, and the live engine for the sentences of the shipments that are shown."""

    def __init__(self, store: Store, policies: PolicyBook, origins: Origins, replays: Replays) -> None:
        self._store = store
        self._policies = policies
        self._origins = origins
        self._replays = replays

    def page(self, result: Mapping[str, object]) -> str:
        """A result for people, as one HTML file."""
        return self._replays.page(result)

    def plots(self, result: Mapping[str, object]) -> Sequence[Plot]:
        """A result drawn, each plot with its numbers."""
        return self._replays.plots(result)

    def run(self, merchant_id: str, mode: Mode, ask: BacktestAsk, progress: Progress) -> Json:
        """The result in JSON.

        Raises:
            NotFound: no such policy or version.
            Unprocessable: the data is no policy, or the period is none.
            Unavailable: the libraries that it needs are not installed.
        """
        replayed = self.replay(merchant_id, mode, ask)
        found = self._replays.run(replayed, progress)
        examples = [self._example(replayed, row) for row in found.pop("examples")]
        against = replayed.against
        return {
            "policy": ask.policy,
            "policy_version": None if ask.data is not None else replayed.policy.version,
            "against": "booked" if against is None else f"{against.name}, version {against.version}",
            "rate_card_account": None if ask.card is None else ask.card.account,
            "currency": replayed.policy.currency,
            "since": ask.since.isoformat(),
            "until": ask.until.isoformat(),
            **found,
            "changes": examples,
        }

    def replay(self, merchant_id: str, mode: Mode, ask: BacktestAsk) -> Replay:
        """What there is to do. Raises as `run`."""
        if not ask.since < ask.until:
            raise Unprocessable("/until", "the period ends before it has begun: a day later than since", "invalid")
        if ask.until - ask.since > LONGEST:
            raise Unprocessable("/since", f"quotes are kept for at most {LONGEST.days} days", "out_of_range")
        period = Period(merchant_id=merchant_id, mode=mode, since=ask.since, until=ask.until)
        if ask.card is not None:
            CardPricing(
                self._store, period, ask.card
            )  # an account that is not there is refused before anything is done
        policy = self._policies.on_trial(merchant_id, ask.policy, ask.version, ask.data).live
        data = ask.data if ask.data is not None else self._data(merchant_id, ask.policy, policy.version)
        against = None
        if ask.against is not None:
            against = self._policies.on_trial(merchant_id, ask.policy, ask.against).live
        return Replay(
            period=period,
            policy=policy,
            data=data,
            against=against,
            against_data=None if against is None else self._data(merchant_id, ask.policy, against.version),
            card=ask.card,
        )

    def _data(self, merchant_id: str, name: str, version: int) -> Mapping[str, object]:
        return self._policies.version(merchant_id, name, version).data

    def _example(self, replayed: Replay, row: Mapping[str, Any]) -> Json:
        """A shipment that changes carrier, with both reasons."""
        with self._store.look() as uow:
            stored = uow.quotes.get(replayed.period.merchant_id, row["quote_id"])
            tenders = uow.tenders.of_shipment(replayed.period.merchant_id, row["shipment_id"])
        if stored is None:
            raise NotFound(f"quote {row['quote_id']} was forgotten meanwhile: run it again")
        told: Json = {"then": {}, "now": {}}
        priced = _priced(
            stored, None if replayed.card is None else CardPricing(self._store, replayed.period, replayed.card)
        )
        then = stored
        if replayed.against is not None:
            tenders = ()
            then = self.judged(priced, replayed.against, row["volumes"].get("then"))
        now = self.judged(priced, replayed.policy, row["volumes"].get("now"))
        told["then"] = {**_side(row, "then", replayed.policy), "why": _why(then, tenders)}
        told["now"] = {**_side(row, "now", replayed.policy), "why": _why(now, ())}
        more = None if row["more"] is None else str(Money.from_minor(row["more"], replayed.policy.currency))
        return {
            "shipment_id": row["shipment_id"],
            "quote_id": row["quote_id"],
            "day": date.fromordinal(row["day"] + date(1970, 1, 1).toordinal()).isoformat(),
            "zone": row["zone"],
            "more_minor": row["more"],
            "more": more,
            **told,
            "instead": _instead(now, row["then_account"], row["then_service"]),
        }

    def judged(self, quote: Quote, policy: Policy, volumes: Mapping[str, Any] | None) -> Quote:
        """The stored offers under a policy as the columns judged them: with what was known of them then, and with the
        bookings that there would have been.
        """
        counted = Volumes() if volumes is None else Volumes(day=volumes["day"], week=volumes["week"], known=True)
        context = Context(
            shipment=quote.shipment,
            zone=quote.zone,
            now=quote.created_at,
            ready_at=quote.ready_at or quote.created_at,
            window=quote.window,
            services=quote.services,
            volumes=counted,
        )
        context = self._origins.of(quote.merchant_id)(context)
        context = replace(context, shipment=policy.requires(context))
        candidates = [recalled(each) for each in quote.offers]
        decided = policy.decide(candidates, context)
        ids = {id(each.rate): each.id for each in quote.offers}
        offers = tuple(offer(ids[id(each.candidate.rate)], each) for each in decided)
        return replace(
            quote,
            policy=policy.name,
            policy_version=policy.version,
            policy_currency=policy.compared_in(candidates).currency,
            offers=offers,
            shadow=None,
            last_resort=None,
        )


def _priced(quote: Quote, pricing: CardPricing | None) -> Quote:
    """With the prices of the card on trial, if there is one."""
    if pricing is None:
        return quote
    again = (pricing.of(quote.shipment, each) for each in quote.offers)
    return replace(quote, offers=tuple(each for each in again if each is not None))


def _side(row: Mapping[str, Any], name: str, policy: Policy) -> Json:
    cost = row[f"{name}_cost"]
    return {
        "account": row[f"{name}_account"],
        "service": row[f"{name}_service"],
        "cost_minor": cost,
        "cost": None if cost is None else str(policy.money(cost)),
        "promise_s": row[f"{name}_promise_s"],
    }


def _why(quote: Quote, tenders: Sequence[Tender]) -> str:
    """Who won and what it counts: the second sentence of the explanation, the first names the policy."""
    return explained(quote, tenders).sentences[1]


def _instead(now: Quote, account: str | None, service: str | None) -> str:
    """What the candidate has against the offer that had it then."""
    found: Sequence[Offer] = [
        each for each in now.offers if each.account == account and each.rate.service.value == service
    ]
    if not found or not now.ranked:
        return ""
    before, winner = found[0], now.ranked[0]
    if before.score is None or winner.score is None:
        return f"{named(before)} would be out: {dropped_by(before)}."
    behind = amount_text(before.score - winner.score, now.policy_currency)
    return f"{named(before)} would come as number {before.rank}, {behind} behind."


def midnight(day: date) -> datetime:
    """The beginning of a day in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)

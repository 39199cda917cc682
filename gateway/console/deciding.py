"""Why this carrier: every offer with its rules' sentences, in the order of the policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gateway.domain.quotes import CarrierResult, Effect, Offer, Quote, ResultState
from gateway.domain.records import Tender
from gateway.domain.values import Money
from gateway.services.explaining import explained


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One offer: whether it was taken, what its score is in money, what dropped it, and all that was said."""

    offer: Offer
    taken: bool
    score: Money | None
    dropped: str
    sentences: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A decision. `silent` are accounts that gave no offer, and why."""

    sentences: Sequence[str]
    offers: Sequence[Judged]
    silent: Sequence[CarrierResult]


def decision(quote: Quote, tenders: Sequence[Tender] = (), chosen_offer_id: str = "") -> Told:
    """The decision of a quote, and what came of it."""
    told = explained(quote, tenders, chosen_offer_id)
    accepted = {tender.offer_id for tender in tenders if tender.state.value == "accepted"}
    ordered = sorted(quote.offers, key=lambda each: (each.rank is None, each.rank or 0, each.account))
    return Told(
        sentences=told.sentences,
        offers=[_judged(each, quote, taken=each.id in accepted) for each in ordered],
        silent=[result for result in quote.carrier_results if result.state is not ResultState.OK],
    )


def _judged(offer: Offer, quote: Quote, *, taken: bool) -> Judged:
    currency = quote.policy_currency or offer.rate.price.currency
    return Judged(
        offer=offer,
        taken=taken,
        score=None if offer.score is None else Money.from_minor(offer.score, currency),
        dropped="; ".join(each.why for each in offer.verdicts if each.effect is Effect.DROP and each.applied),
        sentences=[(each.rule, each.why) for each in offer.verdicts if each.applied],
    )

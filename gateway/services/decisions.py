"""Decisions: a policy, what is known about the shipment and its candidates, and what comes of it. Nothing is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway.domain.quotes import NOTHING_KNOWN, LastResort, Offer, Place, Shadow
from gateway.domain.shipments import Shipment
from gateway.domain.timezones import timezone_of
from gateway.rules.policy import Candidate, Context, Judged, Policy
from gateway.services.offers import offer
from gateway.services.policies import Deciding
from gateway.services.ports import Mode
from gateway.services.ports.policies import Calendar, Outlooks
from gateway.services.volumes import BookedVolumes


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Before there are rates: which policies decide, in which context, and what carriers are asked for."""

    merchant_id: str
    mode: Mode
    settings_version: int
    policy: Policy
    shadow: Policy | None
    context: Context

    @property
    def shipment(self) -> Shipment:
        """As carriers are asked for it, with what the policy requires."""
        return self.context.shipment


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the policies say: offers best first, the trial's ranking of them, and the last resort if nothing is left.

    `currency` is that of the scores.
    """

    currency: str
    offers: tuple[Offer, ...]
    shadow: Shadow | None
    last_resort: LastResort | None


class Decisions:
    """Makes plans and decides them."""

    def __init__(self, outlooks: Outlooks, calendar: Calendar, volumes: BookedVolumes) -> None:
        self._outlooks = outlooks
        self._calendar = calendar
        self._volumes = volumes

    def plan(self, merchant_id: str, mode: Mode, settings_version: int, deciding: Deciding, context: Context) -> Plan:
        """The context with everything that policies may ask about, and the shipment with what they require."""
        policy, shadow = deciding
        zone = context.timezone or timezone_of(context.shipment.origin)
        context = self._calendar.enriched(replace(context, timezone=zone))
        if policy.counts_bookings or (shadow is not None and shadow.counts_bookings):
            context = replace(context, volumes=self._volumes.of(merchant_id, mode, policy.timezone or zone))
        context = replace(context, shipment=policy.requires(context))
        return Plan(
            merchant_id=merchant_id,
            mode=mode,
            settings_version=settings_version,
            policy=policy,
            shadow=shadow,
            context=context,
        )

    def decide(self, plan: Plan, candidates: Sequence[Candidate], ids: str) -> Decision:
        """The candidates judged. Offers are named by `ids` and their place."""
        known = self._outlooks.of(plan.merchant_id, plan.mode, plan.settings_version, plan.context, candidates)
        candidates = [
            each if outlook is NOTHING_KNOWN else replace(each, outlook=outlook)
            for each, outlook in zip(candidates, known, strict=True)
        ]
        judged = plan.policy.decide(candidates, plan.context)
        offers = tuple(offer(f"{ids}_{place}", each) for place, each in enumerate(judged, 1))
        nothing_left = all(each.rank is None for each in judged)
        return Decision(
            currency=plan.policy.compared_in(candidates).currency,
            offers=offers,
            shadow=None if plan.shadow is None else _shadow(plan.shadow, plan.context, judged, offers),
            last_resort=_last_resort(plan.policy, plan.context) if nothing_left else None,
        )


def _shadow(policy: Policy, context: Context, judged: Sequence[Judged], offers: Sequence[Offer]) -> Shadow:
    """The same candidates judged by the policy on trial, under the ids of the offers."""
    ids = {id(each.candidate): made.id for each, made in zip(judged, offers, strict=True)}
    candidates = [each.candidate for each in judged]
    places = [
        Place(offer_id=ids[id(each.candidate)], rank=each.rank, score=each.score, why=_dropped(each))
        for each in policy.decide(candidates, context)
    ]
    currency = policy.compared_in(candidates).currency
    return Shadow(policy_version=policy.version, currency=currency, places=tuple(places))


def _dropped(judged: Judged) -> str:
    return "; ".join(verdict.why for verdict in judged.verdicts if verdict.penalty is None)


def _last_resort(policy: Policy, context: Context) -> LastResort | None:
    found = policy.last_resort(context)
    if found is None:
        return None
    price = policy.money(found.minor)
    return LastResort(name=found.name, service=found.service, price=price, within_hours=found.within_hours)

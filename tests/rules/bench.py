"""Candidates and contexts to judge in these tests."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from gateway.domain.quotes import Rate, ServiceLevel, Verdict
from gateway.domain.shipments import Shipment
from gateway.domain.values import Address, Money, Parcel, Requirements
from gateway.rules.policy import Candidate, Context, Judged, Policy
from gateway.rules.rule import ExchangeRate, Market, Rule

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NEW_YORK = Address(country="US", postal_code="10038")


@dataclass(frozen=True, kw_only=True)
class Can:
    signature: bool = False
    age_check: bool = False
    id_check: bool = False
    photo: bool = False
    pin: bool = False
    cash_on_delivery: bool = False
    temperature: bool = False
    two_person: bool = False
    service_points: bool = False


@dataclass(frozen=True, kw_only=True)
class Takes:
    max_weight_g: int | None = None
    max_length_mm: int | None = None
    max_parcels: int | None = None


def candidate(
    account: str = "uber-nyc",
    price: str = "8.99",
    currency: str = "USD",
    *,
    hours: float | None = None,
    kind: str = "courier",
    can: Can | None = None,
    takes: Takes | None = None,
    service: ServiceLevel = ServiceLevel.SAME_DAY,
) -> Candidate:
    """A rate of an account, promised so many hours after noon."""
    return Candidate(
        account_id=f"acc_{account}",
        account=account,
        carrier=account.split("-", 1)[0],
        kind=kind,
        features=can or Can(),
        limits=takes or Takes(),
        rate=Rate(
            service=service,
            carrier_service="x",
            price=Money.parse(price, currency),
            deliver_by=None if hours is None else NOON + timedelta(hours=hours),
        ),
    )


def context(
    *parcels: Parcel, needs: Requirements | None = None, zone: str | None = None, service_point: str = ""
) -> Context:
    """A shipment that is ready at noon, in a policy of US dollars that knows what a krone is worth."""
    return Context(
        shipment=Shipment(
            origin=NEW_YORK,
            destination=NEW_YORK,
            parcels=parcels or (Parcel(weight_g=1000),),
            requirements=needs or Requirements(),
            service_point=service_point,
        ),
        zone=zone,
        now=NOON,
        ready_at=NOON,
        market=Market(currency="USD", exchange={"NOK": ExchangeRate(rate=KRONE, source="the bank")}),
    )


KRONE = Money.parse("0.10", "USD").amount


def policy(*rules: Rule) -> Policy:
    return Policy(
        name="test",
        version=1,
        currency="USD",
        rules=rules,
        exchange={"NOK": ExchangeRate(rate=KRONE, source="the bank")},
    )


def decided(rules: Rule | tuple[Rule, ...], *candidates: Candidate, within: Context | None = None) -> list[Judged]:
    rules = rules if isinstance(rules, tuple) else (rules,)
    return list(policy(*rules).decide(candidates, within or context()))


def said(judged: Judged, kind: str) -> Verdict:
    """What the rule of that kind said."""
    return next(verdict for verdict in judged.verdicts if verdict.rule == kind)


def priced(candidate: Candidate, price: str, currency: str = "USD") -> Candidate:
    return replace(candidate, rate=replace(candidate.rate, price=Money.parse(price, currency)))

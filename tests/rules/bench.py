"""Candidates and contexts to judge in these tests."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.domain.quotes import Outlook, Rate, ServiceLevel, Verdict
from gateway.domain.shipments import Shipment
from gateway.domain.values import Address, Money, Parcel, Requirements
from gateway.rules.market import ExchangeRate, Market
from gateway.rules.policy import Candidate, Context, Judged, Policy

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
    dimensional_divisor_cm3_per_kg: int | None = None


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


def short(kind: str, **parameters: object) -> dict[str, Any]:
    """A rule in its short form."""
    return {"kind": kind, **parameters}


def drop(name: str, when: dict[str, Any]) -> dict[str, Any]:
    """A rule that drops."""
    return {"name": name, "when": when, "then": {"do": "drop"}}


def check(field: str, op: str, value: object = None, unit: str | None = None) -> dict[str, Any]:
    """A comparison."""
    given = {"field": field, "op": op, "value": value, "unit": unit}
    return {name: each for name, each in given.items() if each is not None}


def policy(*rules: dict[str, Any], **members: object) -> Policy:
    """A policy of US dollars that knows what a krone is worth."""
    data: dict[str, Any] = {
        "currency": "USD",
        "exchange": {"NOK": {"rate": str(KRONE), "source": "the bank"}},
        **members,
    }
    return Policy.parse("test", 1, {**data, "rules": list(rules)} if rules else data)


def decided(
    rules: dict[str, Any] | tuple[dict[str, Any], ...], *candidates: Candidate, within: Context | None = None
) -> list[Judged]:
    rules = rules if isinstance(rules, tuple) else (rules,)
    return list(policy(*rules).decide(candidates, within or context()))


def said(judged: Judged, kind: str) -> Verdict:
    """What the rule of that kind said."""
    return next(verdict for verdict in judged.verdicts if verdict.rule == kind)


def priced(candidate: Candidate, price: str, currency: str = "USD") -> Candidate:
    return replace(candidate, rate=replace(candidate.rate, price=Money.parse(price, currency)))


def known(candidate: Candidate, **facts: Any) -> Candidate:
    """A candidate of whom history or a model knows something."""
    return replace(candidate, outlook=Outlook(**facts))

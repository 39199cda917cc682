from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.domain.errors import InvalidValue
from gateway.domain.quotes import Effect, Offer, Quote, Rate, ServiceLevel, Surcharge, Verdict
from gateway.domain.shipments import Shipment
from gateway.domain.values import Address, Money, Parcel

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
RATE = Rate(service=ServiceLevel.SAME_DAY, carrier_service="x", price=Money.parse("8.99", "USD"))


def fuel(amount: str, currency: str = "USD") -> Surcharge:
    return Surcharge(code="fuel", label="Fuel", amount=Money.parse(amount, currency))


def offer(name: str, rank: int | None) -> Offer:
    verdict = Verdict(rule="cheapest", effect=Effect.RANK, penalty=899, why="the only one")
    return Offer(
        id=f"off_{name}",
        account_id=f"acc_{name}",
        account=name,
        carrier="x",
        rate=RATE,
        rank=rank,
        score=None,
        verdicts=(verdict,),
    )


def test_surcharges_are_part_of_the_price_not_on_top_of_it() -> None:
    assert replace(RATE, surcharges=(fuel("8.99"),)).price == RATE.price
    with pytest.raises(InvalidValue, match="part of"):
        replace(RATE, surcharges=(fuel("5"), fuel("4")))
    with pytest.raises(InvalidValue, match="never mixed"):
        replace(RATE, surcharges=(fuel("1", "NOK"),))


def test_a_negative_price_is_refused() -> None:
    with pytest.raises(InvalidValue, match="negative"):
        replace(RATE, price=Money.parse("-0.01", "USD"))


def test_a_quote_ranks_its_eligible_offers_best_first() -> None:
    shop = Address(country="US", postal_code="10038")
    quote = Quote(
        id="qte_1",
        merchant_id="mer_1",
        shipment=Shipment(origin=shop, destination=shop, parcels=(Parcel(weight_g=1),)),
        created_at=NOON,
        expires_at=NOON,
        policy="default",
        policy_version=1,
        zone=None,
        offers=(offer("dropped", None), offer("second", 2), offer("first", 1)),
        carrier_results=(),
    )
    assert [o.account for o in quote.ranked] == ["first", "second"]
    assert [o.account for o in quote.offers if not o.eligible] == ["dropped"]

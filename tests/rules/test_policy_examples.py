"""The six policies of the page "Writing a policy" do what their stories say."""

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.domain.quotes import Effect
from gateway.domain.values import Address, Money, Parcel
from gateway.rules.context import Context, Volumes
from gateway.rules.policy import Candidate, Judged, Policy
from tests.rules.bench import Can, candidate, context, known, said

TEXT = (Path(__file__).parents[2] / "config" / "policy_examples.toml").read_text("utf-8")
EXAMPLES: dict[str, dict[str, Any]] = tomllib.loads(TEXT)


def policy(name: str) -> Policy:
    return Policy.parse(name, 1, EXAMPLES[name]["policy"])


def at(moment: datetime, *parcels: Parcel, **more: Any) -> Context:
    return replace(context(*parcels), now=moment, ready_at=moment, **more)


def promised(account: str, price: str, by: datetime | None, currency: str = "EUR", **more: Any) -> Candidate:
    one = candidate(account, price, currency, **more)
    return replace(one, rate=replace(one.rate, deliver_by=by))


def order(judged: Sequence[Judged]) -> list[str]:
    """Accounts best first, dropped ones in brackets."""
    return [one.candidate.account if one.rank else f"({one.candidate.account})" for one in judged]


def test_there_are_six_and_each_tells_its_story() -> None:
    assert list(EXAMPLES) == ["peak_season", "rural", "fragile", "same_day_cut_off", "commitment", "green"]
    assert all(found["title"] and found["story"] for found in EXAMPLES.values())


def test_peak_season() -> None:
    judge = policy("peak_season")
    black_friday = datetime(2026, 11, 27, 9, tzinfo=UTC)
    cheap = promised("cheap", "5.00", black_friday + timedelta(hours=30))
    other = promised("other", "7.00", black_friday + timedelta(hours=30))
    busy = Volumes(day={"cheap": 60, "other": 30, "third": 10}, known=True)
    full = judge.decide([cheap, other], at(black_friday, volumes=busy))
    assert order(full) == ["other", "(cheap)"]
    assert full[0].shown_minor == 900
    assert said(full[1], "not all eggs in one basket").why.startswith(
        "with this one cheap has 61 of 101 bookings today"
    )
    october = datetime(2026, 10, 1, 9, tzinfo=UTC)
    calm = judge.decide([promised("cheap", "5", october), promised("other", "7", october)], at(october, volumes=busy))
    assert order(calm) == ["cheap", "other"]
    assert calm[0].shown_minor is None
    late = datetime(2026, 12, 18, 9, tzinfo=UTC)
    before_christmas = [
        promised("slow", "5", late + timedelta(days=4)),
        promised("vague", "4", None),
        promised("quick", "9", late + timedelta(days=2)),
    ]
    assert order(judge.decide(before_christmas, at(late)))[0] == "quick"
    assert [one.rank for one in judge.decide(before_christmas, at(late))] == [1, None, None]


def test_rural() -> None:
    judge = policy("rural")
    oslo = Address(country="NO", postal_code="0150", latitude=59.91, longitude=10.75)
    north = Address(country="NO", postal_code="9790", latitude=71.0, longitude=27.0)
    farm = Address(country="NO", postal_code="3540", latitude=60.5, longitude=9.1)
    crowd = known(candidate("crowd", "6", "EUR", kind="crowd"), p_first_attempt=0.95)
    post = known(candidate("post", "9", "EUR"), p_first_attempt=0.95)
    van = known(candidate("van", "18", "EUR", kind="own"), p_first_attempt=0.95)

    def decided(to: Address, weight_g: int, *some: Candidate) -> list[str]:
        base = context(Parcel(weight_g=weight_g))
        return order(judge.decide(some, replace(base, shipment=replace(base.shipment, origin=oslo, destination=to))))

    assert decided(oslo, 1000, crowd, post, van) == ["crowd", "post", "van"]
    assert decided(north, 1000, crowd, post, van) == ["post", "van", "(crowd)"]
    assert decided(farm, 1000, crowd, post, van) == ["post", "van", "(crowd)"]
    assert decided(farm, 25_000, crowd, post, van) == ["van", "post", "(crowd)"]
    stranger = candidate("stranger", "8", "EUR")
    assert decided(oslo, 1000, post, stranger) == ["post", "stranger"]
    resort = judge.last_resort(context())
    assert resort is not None
    assert (resort.name, resort.minor) == ("The weekly round", 1900)


def test_fragile() -> None:
    judge = policy("fragile")
    signs = Can(signature=True)
    swift = candidate("swift", "5", "EUR", can=signs)
    careful = candidate("careful-express", "9", "EUR", can=Can(signature=True, two_person=True))
    post = candidate("post", "4", "EUR")
    everybody = [swift, careful, post]

    def decided(parcel: Parcel, tags: str = "") -> list[str]:
        base = context(parcel)
        return order(judge.decide(everybody, replace(base, shipment=replace(base.shipment, metadata={"tags": tags}))))

    assert decided(Parcel(weight_g=900)) == ["post", "swift", "careful-express"]
    assert decided(Parcel(weight_g=900), "fragile") == ["careful-express", "swift", "(post)"]
    dear = Parcel(weight_g=900, value=Money.parse("800", "EUR"))
    assert decided(dear) == ["careful-express", "(post)", "(swift)"]
    assert judge.requires(context(dear)).requirements.signature
    kroner = Parcel(weight_g=900, value=Money.parse("5000", "NOK"))
    assert decided(kroner)[0] == "post"
    assert decided(Parcel(weight_g=36_000)) == ["careful-express", "(post)", "(swift)"]


@pytest.mark.parametrize(
    ("ready", "holiday", "first"),
    [
        (datetime(2026, 11, 27, 12, 59, tzinfo=UTC), False, "bike"),  # a Friday, 13:59 in Oslo
        (datetime(2026, 11, 27, 13, 1, tzinfo=UTC), False, "post"),
        (datetime(2026, 11, 27, 12, 0, tzinfo=UTC), True, "post"),
        (datetime(2026, 11, 28, 9, 59, tzinfo=UTC), None, "bike"),  # a Saturday, 10:59
        (datetime(2026, 11, 28, 10, 1, tzinfo=UTC), None, "post"),
        (datetime(2026, 11, 29, 9, 0, tzinfo=UTC), None, "post"),  # a Sunday
        (datetime(2026, 7, 3, 11, 59, tzinfo=UTC), False, "bike"),  # 13:59 in summer
        (datetime(2026, 7, 3, 12, 1, tzinfo=UTC), False, "post"),
    ],
)
def test_same_day_cut_off(ready: datetime, holiday: bool | None, first: str) -> None:
    bike = promised("bike", "99", ready + timedelta(hours=4), "NOK")
    post = promised("post", "89", ready + timedelta(hours=30), "NOK")
    judged = policy("same_day_cut_off").decide([bike, post], at(ready, holiday=holiday))
    assert order(judged) == (["bike", "post"] if first == "bike" else ["post", "(bike)"])


def test_commitment() -> None:
    judge, now = policy("commitment"), datetime(2026, 3, 4, 9, tzinfo=UTC)
    tomorrow = now + timedelta(hours=24)
    regional, post = promised("regional", "79", tomorrow, "NOK"), promised("post", "70", tomorrow, "NOK")
    crowd = promised("crowd", "60", tomorrow, "NOK", kind="crowd")
    taxi = promised("taxi", "300.01", now + timedelta(hours=1), "NOK")

    def decided(*some: Candidate, day: dict[str, int], week: dict[str, int]) -> list[str]:
        return order(judge.decide(some, at(now, volumes=Volumes(day=day, week=week, known=True))))

    assert decided(regional, post, day={}, week={"regional": 499}) == ["regional", "post"]
    assert decided(regional, post, day={}, week={"regional": 500}) == ["post", "regional"]
    assert decided(crowd, post, day={"crowd": 5, "post": 20}, week={}) == ["crowd", "post"]
    assert decided(crowd, post, day={"crowd": 8, "post": 17}, week={}) == ["post", "(crowd)"]
    assert decided(taxi, post, day={}, week={}) == ["post", "(taxi)"]


def test_green() -> None:
    judge, now = policy("green"), datetime(2026, 3, 4, 9, tzinfo=UTC)
    bike = known(promised("bike", "99", now + timedelta(hours=30), "NOK"), co2e_g=40)
    van = known(promised("van", "97", now + timedelta(hours=3), "NOK"), co2e_g=1200)
    unknown = promised("unknown", "97", now + timedelta(hours=30), "NOK")
    assert order(judge.decide([bike, van, unknown], at(now, zone="oslo-sentrum"))) == ["bike", "unknown", "(van)"]
    judged = judge.decide([bike, van, unknown], at(now, zone="oslo-vest"))
    assert order(judged) == ["bike", "van", "unknown"]
    assert judged[0].shown_minor == 8910
    assert all(one.shown_minor is None for one in judged[1:])
    assert said(judged[0], "co2e").effect is Effect.RANK

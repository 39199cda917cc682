"""One semantics, two executions: what columns say of a shipment is what the live engine says of it."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from random import Random

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.codec import to_json
from gateway.domain.errors import Unprocessable
from gateway.domain.quotes import Offer, ServiceLevel
from gateway.domain.timezones import timezone_of
from gateway.domain.values import Money
from gateway.engines.replay.columns import Columns
from gateway.engines.replay.extract import Extractor, context_of
from gateway.engines.replay.judge import Judgement, judged
from gateway.engines.replay.sequence import NOBODY, ordered, winners
from gateway.engines.replay.tables import Slice
from gateway.rules.actions import ACTIONS
from gateway.rules.context import Context, Volumes
from gateway.rules.fields import FIELDS, Scope
from gateway.rules.operators import OPERATORS
from gateway.rules.policy import Judged, Policy
from gateway.services.ports.history import PastShipment
from tests.engines.replay.drawn import candidates, check_of, fits, past, policy_data, profile, required_first


def drawing(seed: int | str) -> Random:
    return Random(seed)  # noqa: S311  # tests need no secrets


SHIPMENTS = 100
DECISIONS = 10_000
Past = list[tuple[PastShipment, list[Offer]]]


def placed(context: Context) -> Context:
    zone = timezone_of(context.shipment.origin)
    return replace(context, timezone=zone, holiday=None if zone is None else context.ready_at.day % 3 == 0)


def drawn(dice: Random) -> tuple[Past, Slice]:
    found = [past(dice, place) for place in range(SHIPMENTS)]
    return found, Extractor(profile, placed).slice(each for each, _ in found)


def live(policy: Policy, each: PastShipment, offers: list[Offer], volumes: Volumes) -> tuple[Judged, ...]:
    """As `QuoteService.judged_again` decides."""
    context = replace(placed(context_of(each)), volumes=volumes)
    context = replace(context, shipment=policy.requires(context))
    return policy.decide(candidates(offers), context)


def counted(booked: list[tuple[datetime, str]], now: datetime, zone: tzinfo) -> Volumes:
    """As `services.volumes` counts."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight - timedelta(days=midnight.weekday())
    return Volumes(
        day=Counter(account for at, account in booked if at >= midnight),
        week=Counter(account for at, account in booked if at >= monday),
        known=True,
    )


def same(policy: Policy, found: Past, part: Slice) -> Counter[str]:
    """Asserts it for every shipment, and returns what happened, so that a test can see that something did."""
    judgement = judged(Columns(part, policy))
    chosen = winners(judgement, {})
    seen, begin = Counter[str](), 0
    booked: list[tuple[datetime, str]] = []
    for place, (each, offers) in enumerate(found):
        volumes = counted(booked, each.booked_at, policy.timezone or placed(context_of(each)).timezone or UTC)
        decided = live(policy, each, offers, volumes)
        rates = [id(offer.rate) for offer in offers]
        indices = [begin + rates.index(id(one.candidate.rate)) for one in decided]
        if judgement.counted:
            static = live(policy, each, offers, Volumes())
            _same_offers(judgement, static, [begin + rates.index(id(one.candidate.rate)) for one in static])
        else:
            _same_offers(judgement, decided, indices)
        winner = decided[0] if decided and decided[0].rank else None
        assert chosen[place] == (NOBODY if winner is None else indices[0]), each.shipment_id
        if winner is not None:
            booked.append((each.booked_at, winner.candidate.account))
        seen["decided"] += winner is not None
        seen["dropped"] += sum(one.rank is None for one in decided)
        begin += len(offers)
    if not judgement.counted:
        assert len(ordered(judgement)) == begin
    return seen


def _same_offers(judgement: Judgement, decided: tuple[Judged, ...], indices: list[int]) -> None:
    """Every score, drop and price for the buyer; and, where bookings are not counted, every rank."""
    for one, index in zip(decided, indices, strict=True):
        assert bool(judgement.out[index]) is (one.rank is None)
        if one.rank is not None:
            assert int(judgement.score[index]) == one.score
        shown = judgement.shown
        assert (int(shown.values[index]) if shown.known[index] else None) == one.shown_minor
    if indices:
        order = [int(each) for each in ordered(judgement) if min(indices) <= each <= max(indices)]
        assert order == indices


def accepted(dice: Random, *, huge: bool) -> Policy | None:
    data = policy_data(dice, huge=huge)
    if dice.random() < 0.3:
        data["rules"].append(required_first(dice))
    try:
        return Policy.parse("drawn", 1, data, stored=True)
    except Unprocessable as error:
        if error.code not in ("no_exchange_rate", "impossible"):
            raise
        return None


@settings(max_examples=DECISIONS // SHIPMENTS, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**63), st.booleans())
def test_random_policies_decide_the_same_over_ten_thousand_shipments(seed: int, huge: bool) -> None:
    dice = drawing(seed)
    policy = next(each for each in iter(lambda: accepted(dice, huge=huge), 0) if each is not None)
    assert isinstance(policy, Policy)
    same(policy, *drawn(dice))


@pytest.fixture(scope="module")
def stage() -> tuple[Past, Slice]:
    return drawn(drawing(7))


@pytest.mark.parametrize("name", list(FIELDS))
def test_every_field_by_every_operator_is_judged_the_same(name: str, stage: tuple[Past, Slice]) -> None:
    field, dice = FIELDS[name], drawing(name)
    for op in (each for each in OPERATORS.values() if fits(field, each)):
        for turn in range(3):
            check = check_of(dice, field, op)
            rules = [
                {"name": "one", "when": check, "then": {"do": "drop"}},
                {"name": "other", "when": {"not": check}, "then": [{"do": "penalise", "minor": 3}, {"do": "drop"}]},
            ]
            zone = {"timezone": "Asia/Kathmandu"} if turn == 1 else {}
            data = {"currency": "USD", **zone, "rules": [rules[turn % 2]]}
            same(Policy.parse("p", 1, data, stored=True), *stage)


@pytest.mark.parametrize("name", list(ACTIONS))
def test_every_action_does_the_same_and_does_something(name: str, stage: tuple[Past, Slice]) -> None:
    parameters = {
        "require": {"needs": ["signature", "insurance", "chilled"]},
        "max_price": {"minor": 900},
        "cap_share": {"percent": 25, "from_bookings": 4},
        "commit": {"bookings": 9, "minor": 1500},
        "markup": {"percent": -30, "minor": 77},
        "prefer": {"minor": 300},
        "penalise": {"minor": 300},
    }.get(name, {})
    asked = FIELDS["shipment.parcels" if name == "require" else "rate.account"]
    assert asked.scope in (Scope.ASKED, Scope.ACCOUNT)
    when = {"field": "rate.account", "op": "in", "value": ["ann", "bob"]}
    if name == "require":
        when = {"field": "shipment.parcels", "op": "above", "value": 1}
    rule = {"name": "it", "when": when, "then": {"do": name, **parameters}}
    exchange = {code: {"rate": "0.1", "source": "x"} for code in ("NOK", "EUR", "JPY")}
    data = {"currency": "USD", "cover": {"ann": 20_000}, "exchange": exchange, "rules": [rule]}
    plain = same(Policy.parse("p", 1, {**data, "rules": None, "score": {}}, stored=True), *stage)
    seen = same(Policy.parse("p", 1, data, stored=True), *stage)
    assert seen["decided"] > 20
    if name in ("drop", "require", "max_price", "cap_share"):
        assert seen["dropped"] > plain["dropped"]


def test_equal_offers_are_told_apart_by_the_same_order() -> None:
    dice = drawing(3)
    found = []
    for place in range(40):
        each, offers = past(dice, place)
        twins = [replace(offer, id=f"off_{n}", rate=replace(offer.rate)) for n, offer in enumerate(offers * 2)]
        dice.shuffle(twins)

        found.append((each._replace(offers=orjson.dumps(to_json(twins)).decode()), twins))
    part = Extractor(profile, placed).slice(each for each, _ in found)
    same(Policy.parse("p", 1, {"currency": "USD", "score": {"price_percent": 0}}), found, part)


def test_a_policy_without_amounts_compares_in_the_currency_that_all_offers_share(stage: tuple[Past, Slice]) -> None:
    rules = [{"name": "more", "then": {"do": "markup", "percent": 7}}]
    plain = Policy.parse("p", 1, {"currency": "CHF", "rules": rules})
    assert same(plain, *stage)["decided"] > 5
    kroner = Money.parse("9", "NOK")
    shared = again(stage[0], lambda _, one: replace(one, rate=replace(one.rate, price=kroner, surcharges=())))
    assert same(plain, *shared)["decided"] > 40
    weighed = Policy.parse("p", 1, {"currency": "CHF", "score": {"late_minor": 5}})
    assert same(weighed, *shared)["decided"] == 0


def again(found: Past, change: Callable[[int, Offer], Offer]) -> tuple[Past, Slice]:
    """The shipments with other offers."""
    changed: Past = []
    for each, offers in found:
        others = [change(place, offer) for place, offer in enumerate(offers)]
        changed.append((each._replace(offers=orjson.dumps(to_json(others)).decode()), others))
    return changed, Extractor(profile, placed).slice(each for each, _ in changed)


def test_sums_beyond_64_bits_are_exact(stage: tuple[Past, Slice]) -> None:
    def dear(place: int, offer: Offer) -> Offer:
        by = offer.rate.deliver_by and offer.rate.deliver_by + timedelta(days=300_000)
        price = Money.from_minor(10**12 - place, offer.rate.price.currency)
        return replace(offer, rate=replace(offer.rate, price=price, surcharges=(), deliver_by=by, co2e_g=10**9 - place))

    most = 10**12
    score = {"price_percent": 10_000, "value_per_hour_minor": most, "co2e_per_kg_minor": most, "late_minor": most}
    exchange = {code: {"rate": "1.5", "source": "x"} for code in ("NOK", "EUR", "JPY")}
    rules = [
        {"name": "more", "then": [{"do": "penalise", "minor": most}, {"do": "markup", "percent": 1000}]},
        {
            "name": "some",
            "when": check_of(drawing(1), FIELDS["rate.price"], OPERATORS["above"]),
            "then": {"do": "keep"},
        },
    ]
    data = {"currency": "USD", "exchange": exchange, "score": score, "rules": rules}
    found, part = again(stage[0], dear)
    policy = Policy.parse("p", 1, data, stored=True)
    assert judged(Columns(part, policy)).score.dtype == object
    assert same(policy, found, part)["decided"] > 20


def test_offers_that_a_commitment_makes_equal_are_told_apart_by_price_and_promise(stage: tuple[Past, Slice]) -> None:
    def alike(place: int, offer: Offer) -> Offer:
        price = Money.from_minor(500, "USD")
        co2e_g = 0 if offer.account == "ann" else 1000
        rate = replace(offer.rate, price=price, surcharges=(), service=ServiceLevel.SAME_DAY, co2e_g=co2e_g)
        return replace(offer, rate=rate)

    commit = {
        "name": "promised",
        "when": {"not": {"field": "rate.account", "op": "is", "value": "ann"}},
        "then": {"do": "commit", "bookings": 40, "minor": 100, "period": "week"},
    }
    data = {"currency": "USD", "score": {"co2e_per_kg_minor": 100}, "rules": [commit]}
    found, part = again(stage[0], alike)
    assert same(Policy.parse("p", 1, data), found, part)["decided"] > 20

"""Conditions: what they mean, what they say, and what is refused with a pointer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.errors import Unprocessable
from gateway.domain.postcodes import normalised
from gateway.domain.quotes import Outlook, ServiceLevel, Surcharge
from gateway.domain.values import Address, Money, Parcel, Requirements, TimeWindow
from gateway.rules.condition_data import read_condition
from gateway.rules.conditions import reason
from gateway.rules.context import Context
from gateway.rules.fields import FIELDS, Facts
from gateway.rules.market import Market
from gateway.rules.operators import OPERATORS
from gateway.rules.policy import Candidate
from gateway.rules.quantities import KINDS
from tests.rules.bench import NOON, Can, Takes, candidate, check, context, policy

OSLO = ZoneInfo("Europe/Oslo")
MARKET = context().market
STORE = Address(country="NO", postal_code="0150", company="Storo", latitude=59.91, longitude=10.75)
HOME = Address(
    country="NO", postal_code="9008", city="Tromsø", subdivision="55", latitude=69.65, longitude=18.96, residential=True
)


def everything_known() -> tuple[Context, Candidate]:
    parcel = Parcel(weight_g=2500, length_mm=400, width_mm=300, height_mm=200, value=Money.parse("99", "USD"))
    base = context(parcel, needs=Requirements(signature=True), zone="north")
    shipment = replace(base.shipment, origin=STORE, destination=HOME, metadata={"tags": "fragile, gift"})
    within = replace(
        base,
        shipment=shipment,
        timezone=OSLO,
        holiday=False,
        services=(ServiceLevel.SAME_DAY,),
        window=TimeWindow(start=NOON, end=NOON + timedelta(hours=3)),
    )
    one = candidate(hours=5, can=Can(signature=True), takes=Takes(dimensional_divisor_cm3_per_kg=5000))
    rate = replace(
        one.rate, co2e_g=420, surcharges=(Surcharge(code="fuel", label="Fuel", amount=Money.parse("1", "USD")),)
    )
    outlook = Outlook(p_on_time=0.9432, p_first_attempt=0.8, transit_p50_h=4.0, transit_p90_h=7.5)
    return within, replace(one, rate=rate, outlook=outlook)


def facts(within: Context | None = None, one: Candidate | None = None) -> Facts:
    return Facts(within or context(), one or candidate(hours=5))


def holds(data: dict[str, Any], of: Facts) -> bool:
    return read_condition(data, MARKET, "").test(of)


READ = {
    "shipment.weight": 2500,
    "shipment.heaviest": 2500,
    "shipment.longest_side": 400,
    "shipment.girth": 400 + 2 * 500,
    "shipment.volume": 24_000_000,
    "shipment.parcels": 1,
    "shipment.value": 9900,
    "shipment.tags": {"fragile", "gift"},
    "shipment.needs": {"signature"},
    "asked.window_end": 3 * 3600,
    "asked.services": {"same_day"},
    "origin.facility": "Storo",
    "origin.country": "NO",
    "origin.postcode": "0150",
    "destination.zone": "north",
    "destination.residential": True,
    "destination.country": "NO",
    "destination.postcode": "9008",
    "destination.city": "Tromsø",
    "destination.subdivision": "55",
    "now.weekday": "mon",
    "now.hour": 13,
    "now.time": 13 * 60,
    "now.date": datetime(2026, 3, 2, tzinfo=UTC).date().toordinal(),
    "ready.weekday": "mon",
    "ready.hour": 13,
    "ready.time": 13 * 60,
    "ready.date": datetime(2026, 3, 2, tzinfo=UTC).date().toordinal(),
    "ready.holiday": False,
    "rate.account": "uber-nyc",
    "rate.carrier": "uber",
    "rate.carrier_kind": "courier",
    "rate.can": {"signature"},
    "rate.chargeable_weight": 4800,
    "rate.service": "same_day",
    "rate.carrier_service": "x",
    "rate.price": 899,
    "rate.surcharges": {"fuel"},
    "rate.promise": 5 * 3600,
    "rate.promise_days": 0,
    "rate.after_window": 2 * 3600,
    "rate.co2e": 420,
    "rate.on_time": 9432,
    "rate.first_attempt": 8000,
    "rate.transit_p50": 4 * 3600,
    "rate.transit_p90": int(7.5 * 3600),
}


@pytest.mark.parametrize(
    ("data", "why"),
    [
        ({"field": "destination.residential", "op": "is", "value": False}, "it goes to a private address"),
        ({"field": "rate.service", "op": "is", "value": "next_day"}, "service is same day, not next day"),
        ({"field": "rate.can", "op": "has_any", "value": ["pin", "two_person"]}, "there are no abilities"),
        ({"field": "shipment.tags", "op": "has_none", "value": ["my_tag"]}, "there are no tags"),
    ],
)
def test_reasons_read_like_sentences(data: dict[str, Any], why: str) -> None:
    home = replace(context().shipment.destination, residential=True)
    within = replace(context(), shipment=replace(context().shipment, destination=home))
    assert reason(read_condition(data, MARKET, ""), facts(within)) == why


def test_every_field_is_read_in_base_units() -> None:
    of = facts(*everything_known())
    unread = {"destination.distance", "origin.city", "origin.subdivision"}
    assert set(FIELDS) == {*READ, *unread}
    assert {name: of[name] for name in READ} == READ
    assert of["origin.city"] is of["origin.subdivision"] is None
    # Oslo to Tromsø is about 1,150 km as the crow flies
    assert 1_100_000 < of["destination.distance"] < 1_200_000


def test_what_is_not_known_is_none_and_what_is_always_known_never() -> None:
    of = facts(context(), candidate())
    missing = {name for name, field in FIELDS.items() if of[name] is None}
    assert not missing & {name for name, field in FIELDS.items() if field.always}
    assert {"rate.promise", "rate.on_time", "shipment.value", "now.hour", "ready.holiday", "rate.co2e"} <= missing


@pytest.mark.parametrize("name", list(FIELDS))
def test_a_missing_value_makes_every_operator_false_but_missing(name: str) -> None:
    field = FIELDS[name]
    samples: dict[str, Any] = {"flag": True, "clock": "10:00", "date": "2026-03-02"}
    one = field.words[0] if field.words else samples.get(field.kind, "no" if not _ordered(name) else 1)
    for op in OPERATORS.values():
        if KINDS[field.kind].family in op.families:
            value = {"none": None, "one": one, "many": [one], "two": [one, one]}[op.takes]
            condition = read_condition(check(name, op.name, value), MARKET, "")
            assert condition.test({name: None}) is (op.name == "missing"), op.name


def _ordered(name: str) -> bool:
    return KINDS[FIELDS[name].kind].family == "ordered"


@pytest.mark.parametrize(
    ("data", "expected", "why"),
    [
        (check("shipment.weight", "above", 2, "kg"), True, "weight 2.5 kg is above 2 kg"),
        (check("shipment.weight", "above", 6, "lb"), False, "weight 2.5 kg is not above 2.72 kg"),
        (check("shipment.weight", "between", [2.5, 3], "kg"), True, "weight 2.5 kg is between 2.5 kg and 3 kg"),
        (check("shipment.weight", "is", 2500), True, "weight is 2.5 kg"),
        (check("shipment.longest_side", "at_most", 15, "in"), False, "longest side 40 cm is more than 38.1 cm"),
        (check("shipment.value", "at_least", 990, "NOK"), True, "declared value 99.00 USD is at least 0.99 USD"),
        (check("rate.price", "below", 900), True, "price 8.99 USD is below 9.00 USD"),
        (check("rate.promise", "above", 90, "min"), True, "time to the promise 5 h is above 1 h 30 min"),
        (check("rate.on_time", "below", 95, "%"), True, "chance to be on time 94.32 % is below 95 %"),
        (check("now.time", "at_least", "14:30"), False, "time now 13:00 is less than 14:30"),
        (check("now.date", "between", ["2026-03-01", "2026-03-31"]), True, None),
        (check("now.weekday", "in", ["sat", "sun"]), False, "today Monday is not among Saturday, Sunday"),
        (check("destination.postcode", "starts_with", "90 0"), True, None),
        (check("destination.zone", "is_not", "south"), True, "zone is north, not south"),
        (check("shipment.tags", "has_any", ["gift", "wet"]), True, "tags (fragile, gift) include one of gift, wet"),
        (check("now.weekday", "in", ["mon"]), True, "today is Monday"),
        (check("now.weekday", "not_in", ["mon"]), False, "today is Monday"),
        (check("shipment.tags", "has_any", ["gift"]), True, "tags (fragile, gift) include gift"),
        (check("shipment.tags", "has_none", ["gift"]), False, "tags (fragile, gift) include gift"),
        (check("shipment.tags", "has_all", ["gift", "wet"]), False, "tags (fragile, gift) lack one of gift, wet"),
        (check("shipment.tags", "has_none", ["wet"]), True, None),
        (check("rate.account", "in", ["uber-nyc"]), True, "account is uber-nyc"),
        (check("origin.city", "missing"), True, "origin city is not known"),
        (check("origin.city", "present"), False, "origin city is not known"),
        (check("destination.residential", "is", True), True, "it goes to a private address"),
        ({"not": check("rate.account", "is", "swift")}, True, "account is uber-nyc, not swift"),
        ({"all": []}, True, ""),
        (
            {"all": [check("rate.account", "is", "uber-nyc"), check("shipment.parcels", "above", 1)]},
            False,
            "number of parcels 1 is not above 1",
        ),
        (
            {"any": [check("rate.account", "is", "swift"), check("shipment.parcels", "above", 1)]},
            False,
            "account is uber-nyc, not swift and number of parcels 1 is not above 1",
        ),
        (
            {"any": [check("rate.account", "is", "swift"), check("shipment.parcels", "is", 1)]},
            True,
            "number of parcels is 1",
        ),
    ],
)
def test_conditions_hold_and_say_why(data: dict[str, Any], expected: bool, why: str | None) -> None:
    condition, of = read_condition(data, MARKET, ""), facts(*everything_known())
    assert condition.test(of) is expected
    assert why is None or reason(condition, of) == why


LEAVES = st.sampled_from(
    [
        check("shipment.weight", "above", 2, "kg"),
        check("shipment.value", "below", 1),
        check("rate.account", "is", "uber-nyc"),
        check("now.hour", "at_least", 5),
        check("now.hour", "missing"),
    ]
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=8,
)


def plainly(data: dict[str, Any], of: Facts) -> bool:
    """What a condition means, told once more without closures."""
    if "all" in data:
        return all([plainly(each, of) for each in data["all"]])
    if "any" in data:
        return any([plainly(each, of) for each in data["any"]])
    if "not" in data:
        return not plainly(data["not"], of)
    return holds(data, of)


@settings(max_examples=200, deadline=None)
@given(TREES, st.booleans())
def test_any_nesting_means_what_its_words_say(data: dict[str, Any], known: bool) -> None:
    of = facts(*everything_known()) if known else facts()
    condition = read_condition(data, MARKET, "")
    assert condition.test(of) is plainly(data, of)
    assert reason(condition, of)


@pytest.mark.parametrize(
    ("when", "pointer", "code"),
    [
        ([], "", "invalid"),
        ({}, "/field", "missing_parameter"),
        (check("shipment.wait", "above", 1), "/field", "unknown_field"),
        (check("shipment.weight", "heavier", 1), "/op", "unknown_operator"),
        (check("shipment.weight", "starts_with", "1"), "/op", "unknown_operator"),
        (check("shipment.tags", "is", "a"), "/op", "unknown_operator"),
        (check("shipment.weight", "above"), "/value", "missing_parameter"),
        (check("shipment.weight", "above", "2"), "/value", "invalid"),
        (check("shipment.weight", "above", True), "/value", "invalid"),
        (check("shipment.weight", "above", 2, "km"), "/unit", "unknown_unit"),
        ({**check("shipment.weight", "above", 2), "unit": ["kg"]}, "/unit", "unknown_unit"),
        (check("shipment.parcels", "above", 2, "kg"), "/unit", "unknown_unit"),
        (check("rate.account", "is", "a", "kg"), "/unit", "unknown_unit"),
        (check("shipment.value", "above", 2, "EUR"), "/unit", "no_exchange_rate"),
        (check("shipment.value", "above", 2, "kr"), "/unit", "unknown_currency"),
        (check("shipment.value", "above", 2.5), "/value", "invalid"),
        (check("shipment.weight", "between", [3, 2]), "/value", "impossible"),
        (check("now.hour", "between", [18, 24]), "/value/1", "out_of_range"),
        (check("rate.on_time", "below", 101), "/value", "out_of_range"),
        (check("now.date", "is", "2026-W01-1"), "/value", "invalid"),
        (check("rate.account", "is", "a\x00"), "/value", "invalid"),
        (check("rate.account", "in", ""), "/value", "invalid"),
        (check("destination.country", "in", ["NO", "Norway"]), "/value/1", "invalid"),
        (check("destination.postcode", "starts_with", ["10", " - "]), "/value/1", "invalid"),
        (check("now.time", "between", ["18:00", "09:00"]), "/value", "impossible"),
        (check("shipment.weight", "between", [1]), "/value", "invalid"),
        (check("now.time", "above", "25:00"), "/value", "invalid"),
        (check("now.date", "above", "2026-02-30"), "/value", "invalid"),
        (check("now.weekday", "in", ["mon", "day"]), "/value/1", "unknown_word"),
        (check("rate.account", "in", []), "/value", "missing_parameter"),
        (check("origin.city", "missing", 1), "/value", "unknown_parameter"),
        ({**check("origin.city", "is", "Oslo"), "fold": True}, "/fold", "unknown_parameter"),
        ({"all": [check("origin.city", "missing")], "any": []}, "/any", "unknown_parameter"),
        ({"any": []}, "/any", "missing_parameter"),
        ({"any": [check("origin.city", "missing"), {"not": {"field": 1}}]}, "/any/1/not/field", "unknown_field"),
        ({"all": [check("rate.price", "above", 5), check("rate.price", "below", 5)]}, "", "impossible"),
        ({"all": [check("rate.account", "is", "a"), check("rate.account", "is", "b")]}, "", "impossible"),
        ({"not": {"any": [check("origin.city", "missing"), check("origin.city", "present")]}}, "", "impossible"),
        (check("now.hour", "above", 23), "", "impossible"),
        (
            {"all": [check("shipment.tags", "has_all", ["a"]), check("shipment.tags", "has_none", ["a"])]},
            "",
            "impossible",
        ),
        (check("shipment.weight", "missing"), "", "impossible"),
    ],
)
def test_what_is_wrong_in_a_condition_is_pointed_at(when: Any, pointer: str, code: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        policy({"name": "a rule", "when": when, "then": {"do": "keep"}})
    assert (refused.value.pointer, refused.value.code) == (f"/rules/0/when{pointer}", code)


def test_a_condition_has_an_end() -> None:
    deep: dict[str, Any] = check("origin.city", "missing")
    for _ in range(8):
        deep = {"not": deep}
    wide = {"any": [check("rate.account", "is", f"a{n}") for n in range(501)]}
    for when in (deep, wide):
        with pytest.raises(Unprocessable) as refused:
            policy({"name": "endless", "when": when, "then": {"do": "keep"}})
        assert refused.value.code == "out_of_range"


@pytest.mark.parametrize(
    ("op", "value", "postcode", "holds"),
    [
        ("starts_with", ["SW1A", "EC1"], "SW1", True),
        ("starts_with", ["SW1A", "EC1"], "SW1A 1AA", True),
        ("starts_with", ["SW1A", "EC1"], "SW1V 2QQ", False),
        ("starts_with", ["SW1A"], "SW2", False),
        ("starts_with", ["SW1A"], "SW", False),
        ("starts_with", ["1005"], "100", False),
        ("in", ["K1A 0B1"], "k1a", True),
        ("is", "K1A 0B1", "K1A", True),
        ("is", "K1A 0B1", "K1A 0B2", False),
        ("is_not", "K1A 0B1", "K1A", False),
        ("not_in", ["K1A 0B1"], "K1B", True),
        ("starts_with", ["12345-67"], "12345-6789", True),
    ],
)
def test_a_postcode_that_a_wallet_shortened_lies_in_what_goes_on_from_it(
    op: str, value: Any, postcode: str, holds: bool
) -> None:
    condition = read_condition(check("destination.postcode", op, value), Market(currency="USD"), "")
    assert condition.test({"destination.postcode": normalised(postcode)}) is holds


def test_the_origin_is_the_facilitys_code_or_else_the_name_on_its_door() -> None:
    named = check("origin.facility", "is", "oslo-1")
    condition = read_condition(named, MARKET, "")
    within = context()
    store = replace(within.shipment, origin=STORE)
    for shipment, holds in ((replace(store, facility="oslo-1"), True), (store, False)):
        facts = Facts(replace(within, shipment=shipment), candidate())
        assert condition.test(facts) is holds

"""Random policies that say everything a policy can say, and random shipments that have everything there is to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import orjson

from carriers.base import Profile
from gateway.domain.codec import to_json
from gateway.domain.quotes import Offer, Outlook, Rate, ServiceLevel, Surcharge
from gateway.domain.shipments import Shipment
from gateway.domain.values import Address, Money, Parcel, Requirements, TimeWindow
from gateway.rules.actions import ACTIONS, Need
from gateway.rules.candidate import Candidate
from gateway.rules.fields import FIELDS, Field, Scope
from gateway.rules.operators import OPERATORS, Operator
from gateway.rules.quantities import KINDS
from gateway.services.ports.history import PastShipment
from tests.rules.bench import Can, Takes

Json = dict[str, Any]
START = datetime(2026, 3, 27, 20, 0, tzinfo=UTC)
"""Shortly before Europe's clocks go forward."""

ACCOUNTS = ("ann", "bob", "cy", "dee", "eve")
KINDS_OF = ("own", "courier", "crowd", "locker")
CARRIERS: Mapping[str, Any] = {
    f"carrier_{place}": SimpleNamespace(
        code=f"carrier_{place}", kind=KINDS_OF[place % 4], features=features, limits=limits
    )
    for place, (features, limits) in enumerate(
        (
            (Can(signature=True, age_check=True, photo=True, service_points=True, temperature=True), Takes()),
            (Can(signature=True, two_person=True, cash_on_delivery=True), Takes(max_weight_g=9000, max_parcels=2)),
            (Can(id_check=True, pin=True, age_check=True), Takes(dimensional_divisor_cm3_per_kg=5000)),
            (Can(**dict.fromkeys(Can.__dataclass_fields__, True)), Takes(max_length_mm=700)),
            (Can(), Takes(dimensional_divisor_cm3_per_kg=3000, max_weight_g=20_000)),
        )
    )
}
TEXTS = ("oslo", "oslo sentrum", "nyc-outer", "10038", "0150", "NO", "US", "DE", "Shop 1", "NY", "ann", "bob", "x")
TEXTS += ("carrier_1", "fuel", "tax", "fragile", "gift")


def profile(carrier: str) -> Profile:
    return cast(Profile, CARRIERS[carrier])


def policy_data(dice: Random, *, huge: bool = False) -> Json:
    data: Json = {
        "currency": dice.choice(["USD", "NOK", "JPY"]),
        "cover": {account: dice.randrange(20_000) for account in ACCOUNTS if dice.random() < 0.5},
        "rules": [_step(dice, place, huge) for place in range(dice.randrange(1, 8))],
    }
    rates = {"USD": "0.0990", "NOK": "10.1", "EUR": "1.1345", "JPY": "152.5"}
    data["exchange"] = {
        code: {"rate": rate, "source": "the bank"}
        for code, rate in rates.items()
        if code != data["currency"] and dice.random() < 0.7
    }
    if dice.random() < 0.5:
        data["timezone"] = dice.choice(["Europe/Oslo", "America/New_York", "Asia/Kathmandu"])
    if dice.random() < 0.8:
        data["score"] = _score(dice, huge)
    return data


def _score(dice: Random, huge: bool) -> Json:
    most = 10**12 if huge else 3000
    names = ("value_per_hour_minor", "without_promise_minor", "late_minor", "redelivery_minor", "co2e_per_kg_minor")
    score: Json = {name: dice.randrange(most + 1) for name in names if dice.random() < 0.6}
    score["price_percent"] = dice.choice([0, 37, 100, 100, 10_000])
    if dice.random() < 0.5:
        score |= {"assumed_on_time_percent": 71, "assumed_first_attempt_percent": 0, "assumed_co2e_g": 12_345}
    return score


def _step(dice: Random, place: int, huge: bool) -> Json:
    if dice.random() < 0.15:
        return dice.choice(
            [
                {"name": f"own {place}", "when": _check(dice, FIELDS["rate.carrier_kind"]), "then": {"do": "drop"}},
                {"kind": "deliver_by", "within_hours": dice.randrange(1, 90)},
                {"kind": "max_price", "limit_minor": dice.randrange(4000)},
            ]
        )
    if dice.random() < 0.3:
        rules = [_rule(dice, f"{place}.{inner}", huge, grouped=True) for inner in range(dice.randrange(1, 5))]
        return {"name": f"group {place}", "match": dice.choice(["first", "all"]), "rules": rules}
    return _rule(dice, f"{place}", huge)


def _rule(dice: Random, name: str, huge: bool, *, grouped: bool = False) -> Json:
    actions = [_action(dice, name, huge) for name in dice.choices(list(ACTIONS), k=dice.choice([1, 1, 2, 3]))]
    if grouped:  # one that asks about rates may stand before: nothing can be required there
        actions = [each for each in actions if each["do"] != "require"] or [{"do": "keep"}]
        asked = False
    else:
        asked = any(each["do"] == "require" for each in actions)
    rule: Json = {"name": f"rule {name}", "then": actions[0] if len(actions) == 1 else actions}
    if dice.random() < 0.85:
        rule["when"] = _condition(dice, 1, asked=asked)
    return rule


def required_first(dice: Random) -> Json:
    """A group that requires by what is asked, and then asks about rates."""
    rules = [
        {"name": f"needed {n}", "when": _condition(dice, 2, asked=True), "then": _action(dice, "require", huge=False)}
        for n in range(3)
    ]
    rules.append({"name": "needed else", "when": _condition(dice, 1, asked=False), "then": {"do": "drop"}})
    return {"name": "needs", "match": "first", "rules": rules}


def _action(dice: Random, name: str, huge: bool) -> Json:
    most = 10**12 if huge else 4000
    minor = dice.randrange(most + 1)
    period = dice.choice(["day", "week"])
    if name == "require":
        needs = dice.sample([need.value for need in Need if need != "frozen"], dice.randrange(1, 4))
        return {"do": name, "needs": needs, "min_age": 18}
    if name == "cap_share":
        percent = dice.randrange(5, 90)
        return {"do": name, "percent": percent, "period": period, "from_bookings": dice.choice([1, 3, 20])}
    if name == "commit":
        return {"do": name, "bookings": dice.randrange(1, 60), "minor": minor, "period": period}
    if name == "markup":
        return {"do": name, "percent": dice.randrange(-50, 100), "minor": dice.randrange(-500, 500) or 1}
    if name in ("drop", "keep"):
        return {"do": name}
    return {"do": name, "minor": minor}


def _condition(dice: Random, depth: int, *, asked: bool) -> Json:
    if depth < 4 and dice.random() < 0.4:
        group = dice.choice(["all", "any", "not"])
        if group == "not":
            return {"not": _condition(dice, depth + 1, asked=asked)}
        parts = [_condition(dice, depth + 1, asked=asked) for _ in range(dice.randrange(1, 4))]
        return {group: parts}
    able = [field for field in FIELDS.values() if not asked or field.scope is Scope.ASKED]
    return _check(dice, dice.choice(able))


def _check(dice: Random, field: Field) -> Json:
    return check_of(dice, field, dice.choice([op for op in OPERATORS.values() if fits(field, op)]))


def fits(field: Field, op: Operator) -> bool:
    return KINDS[field.kind].family in op.families


def check_of(dice: Random, field: Field, op: Operator) -> Json:
    """A comparison of a field by an operator."""
    check: Json = {"field": field.name, "op": op.name}
    if op.takes == "one":
        check["value"] = _value(dice, field)
    elif op.takes == "two":
        check["value"] = sorted([_value(dice, field), _value(dice, field)])
    elif op.takes == "many":
        check["value"] = [_value(dice, field) for _ in range(dice.randrange(1, 4))]
    if field.kind in ("mass", "length", "distance", "duration") and op.takes in ("one", "two"):
        check["unit"] = dice.choice({"mass": ["g", "kg"], "length": ["mm"], "distance": ["km"]}.get(field.kind, ["h"]))
        if check["unit"] == "kg" and op.takes == "one":
            check["value"] = check["value"] / 1000
    return check


def _value(dice: Random, field: Field) -> Any:
    if field.words:
        return dice.choice(field.words)
    moments = {
        "clock": f"{dice.randrange(24):02}:{dice.randrange(60):02}",
        "date": (date(2026, 3, 26) + timedelta(days=dice.randrange(8))).isoformat(),
        "flag": dice.random() < 0.5,
        "share": dice.randrange(101),
        "duration": dice.randrange(-10, 100),
        "count": dice.randrange(25),
        "distance": dice.randrange(6000),
        "length": dice.randrange(2500),
        "volume": dice.randrange(60_000),
        "money": dice.randrange(6000),
        "mass": dice.randrange(12_000),
    }
    if field.name.endswith(".hour"):
        return dice.randrange(24)
    if field.name.endswith(".country"):
        return dice.choice(["NO", "us", "DE", "SE"])
    found = moments.get(field.kind)
    if found is None:
        found = dice.choice(TEXTS)
        return found[: dice.randrange(1, len(found) + 1)] if dice.random() < 0.2 else found
    return found


def past(dice: Random, place: int) -> tuple[PastShipment, list[Offer]]:
    """A shipment as it lies in the database, and its offers."""
    at = START + timedelta(minutes=37 * place, microseconds=dice.randrange(10**6))
    ready = at + dice.choice([timedelta(), timedelta(minutes=dice.randrange(3000), microseconds=17)])
    shipment, offers = _shipment(dice), [_offer(dice, n, ready) for n in range(dice.choice([0, 1, 3, 5, 8]))]
    start = ready + timedelta(hours=dice.randrange(-30, 30))
    window = TimeWindow(start=start, end=start + timedelta(hours=3, microseconds=5)) if dice.random() < 0.4 else None
    services = dice.choice([(), (ServiceLevel.SERVICE_POINT, ServiceLevel.SAME_DAY), (ServiceLevel.STANDARD,)])
    return (
        PastShipment(
            shipment_id=f"shp_{place:05}",
            booked_at=at + timedelta(minutes=2),
            quote_id=f"qte_{place:05}",
            offer_id=offers[0].id if offers else "",
            paid_minor=None,
            paid_currency=None,
            shipment=orjson.dumps(to_json(shipment)).decode(),
            quoted_at=at,
            ready_at=dice.choice([ready, ready, None]),
            window=None if window is None else orjson.dumps(to_json(window)).decode(),
            services=orjson.dumps(to_json(services)).decode(),
            zone=dice.choice(["oslo", "oslo sentrum", None]),
            offers=orjson.dumps(to_json(offers)).decode(),
        ),
        offers,
    )


def _address(dice: Random) -> Address:
    country, subdivision = dice.choice([("NO", ""), ("US", "NY"), ("US", ""), ("DE", ""), ("NP", "")])
    known = dice.random() < 0.6
    return Address(
        country=country,
        subdivision=subdivision,
        postal_code=dice.choice(["", "10038", "0150", "01 50", "x"]),
        city=dice.choice(["", "oslo", "nyc-outer"]),
        company=dice.choice(["", "Shop 1"]),
        name=dice.choice(["", "bob"]),
        latitude=dice.uniform(-60, 60) if known else None,
        longitude=dice.uniform(-170, 170) if known else None,
        residential=dice.choice([None, True, False]),
    )


def _shipment(dice: Random) -> Shipment:
    value = (
        Money.from_minor(dice.randrange(30_000), dice.choice(["USD", "NOK", "EUR"])) if dice.random() < 0.6 else None
    )
    side = dice.choice([0, 400, 900])
    parcels = tuple(
        Parcel(
            weight_g=dice.randrange(1, 12_000),
            length_mm=side and dice.randrange(1, side),
            width_mm=side and dice.randrange(1, side),
            height_mm=dice.choice([0, side and dice.randrange(1, side)]),
            value=value,
        )
        for _ in range(dice.choice([1, 1, 2, 3]))
    )
    needs = Requirements(
        signature=dice.random() < 0.1,
        min_age=dice.choice([None] * 9 + [18]),
        photo=dice.random() < 0.1,
        pin=dice.random() < 0.1,
        id_check=dice.random() < 0.1,
        temperature=dice.choice(["ambient"] * 9 + ["chilled"]),
        two_person=dice.random() < 0.1,
        cash_on_delivery=dice.choice([None] * 9 + [Money.from_minor(5, "USD")]),
    )
    tags = dice.choice(["", "fragile", "gift, fragile", " x ,oslo", "é, gift"])
    return Shipment(
        origin=_address(dice),
        destination=_address(dice),
        parcels=parcels,
        requirements=needs,
        service_point=dice.choice([""] * 9 + ["121"]),
        metadata={"tags": tags} if tags else {},
    )


def _offer(dice: Random, place: int, ready: datetime) -> Offer:
    carrier = dice.choice(list(CARRIERS))
    account = dice.choice(ACCOUNTS)
    currency = dice.choice(["USD", "USD", "NOK", "EUR", "JPY"])
    minor = dice.choice([100, 500, 501, 2500, dice.randrange(10_000)])
    promise = dice.choice([None, timedelta(hours=4), timedelta(hours=dice.randrange(-2, 90), microseconds=9)])
    fuel = Surcharge(code=dice.choice(["fuel", "tax"]), label="more", amount=Money.from_minor(1, currency))
    return Offer(
        id=f"off_{place}",
        account_id=f"acc_{account}{dice.choice('12')}_{carrier}",
        account=account,
        carrier=carrier,
        rate=Rate(
            service=dice.choice(list(ServiceLevel)),
            carrier_service=dice.choice(["x", "fuel"]),
            price=Money.from_minor(minor, currency),
            surcharges=(fuel,) if dice.random() < 0.3 and minor else (),
            deliver_by=None if promise is None else ready + promise,
            carrier_quote_id=dice.choice(["", "b", "a"]),
            co2e_g=dice.choice([None, dice.randrange(3000)]),
        ),
        rank=None,
        score=None,
        verdicts=(),
        outlook=_outlook(dice),
    )


def _outlook(dice: Random) -> Outlook:
    if dice.random() < 0.4:
        return Outlook()
    return Outlook(
        p_on_time=dice.choice([None, 0.0, 1.0, 0.93125, dice.random()]),
        p_first_attempt=dice.choice([None, dice.random()]),
        transit_p50_h=dice.choice([None, dice.uniform(0, 50)]),
        transit_p90_h=dice.choice([None, dice.uniform(0, 90)]),
        co2e_g=dice.choice([None, dice.randrange(3000)]),
        deliveries=7,
    )


def candidates(offers: Sequence[Offer]) -> list[Candidate]:
    """As the live engine would get them."""
    return [
        Candidate(
            account_id=each.account_id,
            account=each.account,
            carrier=each.carrier,
            kind=CARRIERS[each.carrier].kind,
            features=CARRIERS[each.carrier].features,
            limits=CARRIERS[each.carrier].limits,
            rate=each.rate,
            outlook=each.outlook,
        )
        for each in offers
    ]

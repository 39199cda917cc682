from dataclasses import replace

import pytest

from carriers.base.profile import Features, Limits
from gateway.domain.errors import Unprocessable
from gateway.domain.quotes import ServiceLevel
from gateway.domain.values import Money, Parcel, Requirements
from tests.rules.bench import Can, Takes, candidate, context, decided, policy, said, short

ANY = short("zone", never=("nowhere",))
KRONER = Money.parse("500", "NOK")


@pytest.mark.parametrize(
    ("needs", "can", "named"),
    [
        (Requirements(signature=True), Can(signature=True), "a signature"),
        (Requirements(min_age=18), Can(age_check=True), "an age check (18)"),
        (Requirements(id_check=True), Can(id_check=True), "an identity check"),
        (Requirements(photo=True), Can(photo=True), "a photo"),
        (Requirements(pin=True), Can(pin=True), "a code at the door"),
        (Requirements(temperature="frozen"), Can(temperature=True), "frozen transport"),
        (Requirements(two_person=True), Can(two_person=True), "two people"),
        (
            Requirements(cash_on_delivery=KRONER),
            Can(cash_on_delivery=True),
            "cash on delivery (500.00 NOK)",
        ),
    ],
)
def test_only_a_carrier_that_can_do_it_is_eligible(needs: Requirements, can: Can, named: str) -> None:
    able, unable = decided(ANY, candidate("b", can=can), candidate("a"), within=context(needs=needs))
    assert (able.candidate.account, said(able, "requirements").why) == ("b", f"can do {named}")
    assert (unable.rank, said(unable, "requirements").why) == (None, f"cannot do {named}")


def test_everything_that_is_lacking_is_named() -> None:
    needs = Requirements(signature=True, photo=True, pin=True)
    judged = decided(ANY, candidate(can=Can(photo=True)), within=context(needs=needs))
    assert said(judged[0], "requirements").why == "cannot do a signature, a code at the door"
    plain = decided(ANY, candidate())
    assert said(plain[0], "requirements").why == "nothing special is needed"


def test_service_points_need_a_carrier_that_has_them() -> None:
    to_point = context(service_point="121")
    point = ServiceLevel.SERVICE_POINT
    able = candidate("b", can=Can(service_points=True), service=point)
    judged = decided(ANY, able, candidate("a", service=point), within=to_point)
    assert [(one.candidate.account, one.rank) for one in judged] == [("b", 1), ("a", None)]
    assert said(judged[1], "requirements").why == "cannot do a service point"


def test_a_parcel_goes_to_the_door_unless_a_service_point_was_asked_for() -> None:
    point = candidate("b", can=Can(service_points=True), service=ServiceLevel.SERVICE_POINT)
    door, dropped = decided(ANY, candidate("a"), point)
    assert (door.candidate.account, dropped.rank) == ("a", None)
    assert said(dropped, "door_or_point").why == "goes to a service point, which was not asked for"
    asked = decided(ANY, point, within=replace(context(), services=(ServiceLevel.SERVICE_POINT,)))
    assert asked[0].rank == 1
    chosen = decided(ANY, candidate("a"), within=context(service_point="121"))
    assert said(chosen[0], "door_or_point").why == "goes to the door, but service point 121 was chosen"


@pytest.mark.parametrize(
    ("parcels", "takes", "why"),
    [
        ([Parcel(weight_g=1001)], Takes(max_weight_g=1000), "heaviest parcel is 1001 g, limit 1000 g"),
        (
            [Parcel(weight_g=1, length_mm=10, width_mm=10, height_mm=1201)],
            Takes(max_length_mm=1200),
            "longest side is 1201 mm, limit 1200 mm",
        ),
        ([Parcel(weight_g=1)] * 3, Takes(max_parcels=2), "number of parcels is 3, limit 2"),
        (
            [Parcel(weight_g=9, length_mm=9, width_mm=1, height_mm=1)],
            Takes(max_weight_g=8, max_length_mm=8),
            "heaviest parcel is 9 g, limit 8 g; longest side is 9 mm, limit 8 mm",
        ),
    ],
)
def test_what_is_too_much_for_a_carrier_is_dropped(parcels: list[Parcel], takes: Takes, why: str) -> None:
    free, bound = decided(ANY, candidate("b"), candidate("a", takes=takes), within=context(*parcels))
    assert (free.candidate.account, said(free, "limits").why) == ("b", "within the carrier's limits")
    assert (bound.rank, said(bound, "limits").why) == (None, why)


def test_what_is_just_within_the_limits_or_not_known_passes() -> None:
    takes = Takes(max_weight_g=1000, max_length_mm=300, max_parcels=2)
    exact = Parcel(weight_g=1000, length_mm=300, width_mm=300, height_mm=300)
    judged = decided(ANY, candidate(takes=takes), within=context(exact, Parcel(weight_g=1)))
    assert judged[0].rank == 1


def test_the_features_and_limits_of_a_real_profile_fit() -> None:
    everything = Features(**dict.fromkeys(Features.__dataclass_fields__, True))
    limits = Limits(**dict.fromkeys(Limits.__dataclass_fields__, 10_000))
    needs = Requirements(signature=True, photo=True, pin=True, id_check=True, two_person=True, min_age=18)
    able = candidate(can=everything, takes=limits, service=ServiceLevel.SERVICE_POINT)
    judged = decided(ANY, able, within=context(needs=needs, service_point="1"))
    assert judged[0].rank == 1


def test_accounts_can_be_bound_to_zones() -> None:
    rule = short("zone", accounts=("fleet-oslo",), only=("oslo", "oslo-sentrum"))
    fleet, other = candidate("fleet-oslo"), candidate("uber-nyc")
    inside = decided(rule, fleet, other, within=context(zone="oslo"))
    assert [one.rank for one in inside] == [1, 2]
    assert said(inside[0], "zone").why == "does not apply: zone oslo is among oslo, oslo-sentrum"
    outside = decided(rule, fleet, other, within=context(zone=None))
    assert [(one.candidate.account, one.rank) for one in outside] == [("uber-nyc", 1), ("fleet-oslo", None)]
    assert said(outside[1], "zone").why == "dropped, because account is fleet-oslo and zone is not known"


def test_accounts_can_be_kept_out_of_zones_by_kind_or_all_together() -> None:
    crowd = short("zone", carrier_kinds=("crowd",), never=("nyc-outer",))
    judged = decided(crowd, candidate("a", kind="crowd"), candidate("b"), within=context(zone="nyc-outer"))
    assert [(one.candidate.account, one.rank) for one in judged] == [("b", 1), ("a", None)]
    everybody = short("zone", only=("nyc-core",))
    judged = decided(everybody, candidate("a"), candidate("b"), within=context(zone="nyc-outer"))
    assert [one.rank for one in judged] == [None, None]


@pytest.mark.parametrize("zones", [{}, {"only": ("a",), "never": ("b",)}])
def test_a_zone_rule_says_one_thing(zones: dict[str, tuple[str, ...]]) -> None:
    with pytest.raises(Unprocessable, match="only"):
        policy(short("zone", **zones))

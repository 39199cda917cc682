"""Carts become parcels, quotes become what a buyer sees, and codes lead back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gateway.domain.carts import MOST_PARCELS, MOST_UNITS, parcels_of
from gateway.domain.checkouts import (
    ArticleSize,
    Cart,
    CartItem,
    CheckoutConnection,
    CheckoutProtocol,
    CheckoutSettings,
    FallbackRate,
    deadline_ms,
    offer_in,
    rows_for,
    timeout_ms,
)
from gateway.domain.codec import from_json, to_json
from gateway.domain.packing import Box
from gateway.domain.presentation import keeping_codes, promise_of, service_labels
from gateway.domain.quotes import CheckoutPromise, LastResort, Offer, Quote, Rate, ServiceLevel
from gateway.domain.shipments import Shipment
from gateway.domain.values import Address, Money, Parcel

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ULID = "01JD5FAV0W6RM5D6J1T9V7N3QK"
OSLO = Address(country="NO", postal_code="0154")
BOX = Box(name="b", length_mm=300, width_mm=200, height_mm=100, max_weight_g=5000, empty_weight_g=100, wall_mm=2)


def cart(*items: CartItem, **more: Any) -> Cart:
    return Cart(destination=OSLO, items=items or (CartItem(sku="a", quantity=1, weight_g=500),), **more)


def connection(protocol: str = "shopify", **settings: Any) -> CheckoutConnection:
    return CheckoutConnection(
        id="con_1",
        merchant_id="mer_1",
        mode="test",
        name="shop",
        protocol=CheckoutProtocol(protocol),
        settings=CheckoutSettings(**settings),
        created_at=NOW,
    )


def offer(place: int, service: ServiceLevel, minor: int, currency: str = "NOK", **more: Any) -> Offer:
    given = {"account_id": "acc_1", "account": "sandbox", "carrier": "sandbox", "rank": place, "score": place}
    rate = Rate(service=service, carrier_service="X", price=Money.from_minor(minor, currency))
    return Offer(id=f"off_{ULID}_{place}", rate=rate, verdicts=(), **{**given, **more})


def quote(*offers: Offer, weight_g: int = 500) -> Quote:
    return Quote(
        id=f"qte_{ULID}",
        merchant_id="mer_1",
        shipment=Shipment(origin=OSLO, destination=OSLO, parcels=(Parcel(weight_g=weight_g),)),
        created_at=NOW,
        expires_at=NOW + timedelta(hours=72),
        policy="default",
        policy_version=0,
        zone=None,
        offers=offers,
        carrier_results=(),
    )


def promise(of: Quote, cart_: Cart | None = None, **settings: Any) -> CheckoutPromise:
    return promise_of(of, connection(**settings), cart_ or cart(), str.title)


def test_buyers_are_told_the_day_that_it_is_where_they_live() -> None:
    late = datetime(2026, 3, 3, 4, 30, tzinfo=UTC)  # half past eleven on the evening before, in Ottawa
    ottawa = Address(country="CA", postal_code="K1M1M4", subdivision="ON")
    offered = offer(1, ServiceLevel.SAME_DAY, 1490, "CAD")
    asked = quote(replace(offered, rate=replace(offered.rate, deliver_from=late, deliver_by=late)))

    def told(destination: Address) -> tuple[str, str]:
        there = replace(asked, shipment=replace(asked.shipment, origin=destination, destination=destination))
        shown = promise(there).rates[0]
        assert shown.deliver_by == shown.deliver_from == late
        return shown.description, f"{shown.deliver_by:%d %H:%M %z}"

    assert told(ottawa) == ("With Sandbox, by 2 March", "02 23:30 -0500")
    assert told(OSLO) == ("With Sandbox, by 3 March", "03 05:30 +0100")
    table = replace(quote(), shipment=replace(asked.shipment, destination=ottawa))
    row = FallbackRate(name="Post", service=ServiceLevel.STANDARD, price=Money.from_minor(990, "CAD"), days=1)
    assert f"{promise(table, fallback=(row,)).rates[0].deliver_by:%d %H:%M %z}" == "03 07:00 -0500"
    last = LastResort(name="Post", service=ServiceLevel.STANDARD, price=row.price, within_hours=24)
    assert f"{promise(replace(table, last_resort=last)).rates[0].deliver_by:%d %H:%M %z}" == "03 07:00 -0500"
    assert told(Address(country="XX")) == ("With Sandbox, by 3 March", "03 04:30 +0000")  # nobody knows its clock


@pytest.mark.parametrize(
    ("code", "found"),
    [
        (f"off_{ULID}_3", (f"qte_{ULID}", f"off_{ULID}_3")),
        (f"same_day-off_{ULID}_12", (f"qte_{ULID}", f"off_{ULID}_12")),
        (f"standard-off_{ULID}_f1", (f"qte_{ULID}", f"off_{ULID}_f1")),
        (f"doorstep_same_day-off_{ULID}_1", (f"qte_{ULID}", f"off_{ULID}_1")),
        ("off_none", ("", "")),
        (f"off_{ULID}", ("", "")),
        (f"off_{ULID.lower()}_1", ("", "")),
        (f"off_{ULID}_1x", ("", "")),
        ("", ("", "")),
    ],
)
def test_a_code_leads_to_its_quote_and_offer(code: str, found: tuple[str, str]) -> None:
    assert offer_in(code) == found


def test_without_boxes_a_cart_is_one_parcel_of_what_is_known() -> None:
    items = (
        CartItem(sku="a", quantity=2, weight_g=500, sides_mm=(100, 300, 50)),
        CartItem(sku="b", quantity=1, weight_g=10, sides_mm=(20, 200, 250)),
    )
    assert parcels_of(cart(*items), CheckoutSettings()) == (
        Parcel(weight_g=1010, length_mm=300, width_mm=200, height_mm=120),
    )
    unsized = CartItem(sku="c", quantity=1, weight_g=0)
    assert parcels_of(cart(*items, unsized), CheckoutSettings()) == (Parcel(weight_g=1010),)
    assert parcels_of(cart(unsized), CheckoutSettings()) == (Parcel(weight_g=1),)


def test_with_boxes_articles_of_unknown_size_are_as_bulky_as_they_are_heavy() -> None:
    [parcel] = parcels_of(cart(CartItem(sku="a", quantity=2, weight_g=150)), CheckoutSettings(boxes=(BOX,)))
    assert parcel == Parcel(weight_g=400, length_mm=304, width_mm=204, height_mm=104)
    [large] = parcels_of(cart(CartItem(sku="a", quantity=1, weight_g=3000)), CheckoutSettings(boxes=(BOX,)))
    assert large == Parcel(weight_g=3000), "in no box, and nobody knows its sides"


def test_sizes_by_article_stand_in_for_what_the_checkout_does_not_say() -> None:
    sizes = (ArticleSize(sku="a", length_mm=290, width_mm=190, height_mm=90),)
    settings = CheckoutSettings(boxes=(BOX,), sizes=sizes)
    assert len(parcels_of(cart(CartItem(sku="a", quantity=3, weight_g=100)), settings)) == 3
    huge = CartItem(sku="x", quantity=1, weight_g=100, sides_mm=(900, 10, 10))
    assert parcels_of(cart(huge), settings) == (Parcel(weight_g=100, length_mm=900, width_mm=10, height_mm=10),)


def test_a_cart_too_large_to_be_planned_is_filled_by_volume_and_weight() -> None:
    many = cart(CartItem(sku="a", quantity=MOST_UNITS + 1, weight_g=20, sides_mm=(50, 50, 50)))
    found = parcels_of(many, CheckoutSettings(boxes=(BOX,)))
    volume = (MOST_UNITS + 1) * 50**3
    assert len(found) == -(-volume * 100 // (BOX.volume_mm3 * 70))
    assert sum(parcel.weight_g for parcel in found) >= (MOST_UNITS + 1) * 20 + 100 * len(found)
    endless = cart(CartItem(sku="a", quantity=100_000, weight_g=1000))
    assert parcels_of(endless, CheckoutSettings(boxes=(BOX,))) == ()
    one_each = cart(CartItem(sku="a", quantity=MOST_PARCELS + 1, weight_g=1, sides_mm=(299, 199, 99)))
    assert parcels_of(one_each, CheckoutSettings(boxes=(BOX,))) == ()


def test_what_is_not_shipped_is_no_parcel() -> None:
    assert parcels_of(cart(CartItem(sku="a", quantity=1, weight_g=1, ships=False)), CheckoutSettings()) == ()


def test_prices_are_marked_up_half_up_once_and_then_rounded_up() -> None:
    offers = quote(offer(1, ServiceLevel.SAME_DAY, 1005), offer(2, ServiceLevel.NEXT_DAY, 100))
    marked = promise(offers, markup_percent=Decimal("10"))
    assert [rate.price.minor for rate in marked.rates] == [1106, 110]  # 1105.5 is 1106
    assert [rate.cost.minor for rate in marked.rates] == [1005, 100]
    whole = promise(offers, markup_percent=Decimal("10"), round_up_to_minor=500)
    assert [rate.price.minor for rate in whole.rates] == [1500, 500]
    yen = promise(quote(offer(1, ServiceLevel.SAME_DAY, 1001, "JPY")), markup_percent=Decimal("2.5"))
    assert yen.rates[0].price == Money.from_minor(1026, "JPY")


def test_shipping_is_free_where_somebody_gives_it() -> None:
    offers = quote(offer(1, ServiceLevel.SAME_DAY, 1000))
    least = Money.from_minor(50000, "NOK")
    for free in (cart(free=True), cart(CartItem(sku="a", quantity=1, weight_g=1, free=True)), cart(value=least)):
        [rate] = promise(offers, free, free_from=least).rates
        assert (rate.price.minor, rate.cost.minor) == (0, 1000)
    half = cart(CartItem(sku="a", quantity=1, weight_g=1, free=True), CartItem(sku="b", quantity=1, weight_g=1))
    other_money = cart(value=Money.from_minor(90000, "SEK"))
    assert promise(offers, half).rates[0].price.minor == 1000
    assert promise(offers, other_money, free_from=least).rates[0].price.minor == 1000


def test_offers_in_another_currency_are_left_out_where_rates_cannot_name_theirs() -> None:
    offers = quote(offer(1, ServiceLevel.SAME_DAY, 1000, "EUR"), offer(2, ServiceLevel.NEXT_DAY, 900))
    assert [rate.price.currency for rate in promise(offers).rates] == ["EUR", "NOK"]
    assert [rate.price.currency for rate in promise(offers, cart(only_currency="NOK")).rates] == ["NOK"]


def test_the_fallback_table_holds_where_it_says() -> None:
    rows = (
        FallbackRate(name="Near", service=ServiceLevel.STANDARD, price=Money.from_minor(1, "NOK"), postcodes=("0 1",)),
        FallbackRate(name="Far", service=ServiceLevel.STANDARD, price=Money.from_minor(2, "NOK"), countries=("NO",)),
        FallbackRate(name="Light", service=ServiceLevel.ECONOMY, price=Money.from_minor(3, "NOK"), max_weight_g=400),
        FallbackRate(name="Abroad", service=ServiceLevel.TWO_DAY, price=Money.from_minor(4, "NOK"), countries=("SE",)),
        FallbackRate(name="Soon", service=ServiceLevel.SAME_DAY, price=Money.from_minor(5, "NOK"), days=1),
    )
    found = promise(quote(offer(1, ServiceLevel.INSTANT, 1, rank=None)), fallback=rows)
    assert found.fallback
    assert [rate.label for rate in found.rates] == ["Near", "Soon"]
    assert found.rates[1].deliver_by == NOW + timedelta(days=1)
    assert offer_in(found.rates[0].code)[0] == f"qte_{ULID}"
    assert promise(quote(), fallback=rows, when_nothing="backup").rates == ()


def test_a_shortened_postcode_has_the_fallback_of_all_that_it_may_stand_for() -> None:
    def row(name: str, minor: int, *postcodes: str) -> FallbackRate:
        return FallbackRate(
            name=name, service=ServiceLevel.STANDARD, price=Money.from_minor(minor, "GBP"), postcodes=postcodes
        )

    def shown(table: tuple[FallbackRate, ...], postcode: str) -> list[str]:
        return [each.name for each in rows_for(table, Address(country="GB", postal_code=postcode), 1)]

    near, far, rest = row("Westminster", 500, "SW1A", "SW1E"), row("Pimlico", 900, "SW1V"), row("Rest", 1200)
    assert shown((near,), "SW1A 1AA") == shown((near,), "sw1") == ["Westminster"]
    assert shown((near,), "SW2") == shown((near,), "SW1V 2QQ") == []
    assert shown((near, far), "SW1") == []
    assert shown((near, row("Pimlico", 500, "SW1V")), "SW1") == ["Westminster"]
    assert shown((near, rest), "SW1") == ["Rest"]


def test_the_policys_own_price_and_last_resort_are_what_buyers_see() -> None:
    shown = offer(1, ServiceLevel.SAME_DAY, 1000, shown=Money.from_minor(1500, "NOK"))
    [rate] = promise(quote(shown), markup_percent=Decimal(10)).rates
    assert (rate.price.minor, rate.cost.minor) == (1650, 1000)
    last = LastResort(name="Post", service=ServiceLevel.ECONOMY, price=Money.from_minor(7900, "NOK"), within_hours=48)
    left = promise(replace(quote(), last_resort=last))
    assert left.fallback
    assert [(each.label, each.price.minor, each.deliver_by) for each in left.rates] == [
        ("Post", 7900, NOW + timedelta(hours=48))
    ]
    assert promise(replace(quote(), last_resort=last), when_nothing="nothing").rates == ()


def test_codes_are_short_and_each_has_a_part_that_stays() -> None:
    same = [
        offer(place, ServiceLevel.SAME_DAY, 1000, account=f"A very long account name {place}") for place in range(1, 15)
    ]
    rates = promise(quote(*same), show="all").rates
    assert len({rate.stable for rate in rates}) == len(rates) == 14
    assert all(len(rate.code) <= 50 for rate in rates)


def test_a_rate_seen_before_at_that_price_keeps_its_code() -> None:
    before = promise(quote(offer(1, ServiceLevel.SAME_DAY, 1000), offer(2, ServiceLevel.NEXT_DAY, 900))).rates
    again = promise(quote(offer(7, ServiceLevel.SAME_DAY, 1000), offer(8, ServiceLevel.NEXT_DAY, 901))).rates
    kept = keeping_codes(again, before, NOW)
    assert (kept[0].code, kept[1].code) == (before[0].code, again[1].code)
    assert keeping_codes(again, before, NOW + timedelta(days=9)) == again


@pytest.mark.parametrize(
    ("protocol", "settings", "answers_ms"),
    [
        ("shopify", {}, 2500),
        ("shopify", {"requests_per_min": 100}, 9500),
        ("shopify", {"requests_per_min": 1500}, 4500),
        ("shopify", {"requests_per_min": 5000}, 2500),
        ("shopify", {"requests_per_min": 100, "deadline_ms": 3000}, 3000),
        ("bigcommerce", {}, 2500),
        ("bigcommerce", {"requests_per_min": 100}, 2500),
        ("tiendanube", {}, 2500),
        ("adobe", {"deadline_ms": 900}, 900),
    ],
)
def test_we_answer_before_the_shop_stops_waiting(protocol: str, settings: Any, answers_ms: int) -> None:
    found = connection(protocol, **settings)
    assert deadline_ms(found) == answers_ms
    waits = timeout_ms(found.protocol, found.settings.requests_per_min)
    assert waits is None or answers_ms < waits


def test_every_service_level_has_a_name_for_buyers() -> None:
    assert set(service_labels()) == {level.value for level in ServiceLevel}


def test_settings_and_promises_are_stored_and_read_again() -> None:
    settings = CheckoutSettings(
        origin=OSLO,
        boxes=(BOX,),
        fallback=(FallbackRate(name="x", service=ServiceLevel.ECONOMY, price=Money.from_minor(1, "KWD")),),
        markup_percent=Decimal("7.5"),
        labels={"same_day": "Today"},
        free_from=Money.from_minor(5, "JPY"),
    )
    assert from_json(CheckoutSettings, to_json(settings)) == settings
    kept = promise(quote(offer(1, ServiceLevel.SAME_DAY, 1000)))
    assert from_json(CheckoutPromise, to_json(kept)) == kept

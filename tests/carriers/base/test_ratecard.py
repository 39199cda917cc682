"""Rate cards: which zone, which step, which lines, which promise, and every bad row by line and column."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from carriers.base import (
    Account,
    Address,
    AuthenticationFailed,
    BadRateCard,
    Money,
    Parcel,
    QuoteRequest,
    Rate,
    RateCard,
    Requirements,
    ServiceLevel,
    Shipment,
    card_rates,
)
from carriers.base.ratecard.comparing import changes
from carriers.base.registry import installed

ZONES = "[zones]\nzone,country,postcodes\n"
PRICES = "[prices]\nzone,service,max_weight_g,price_minor,currency,transit_days\n"
CARD = f"""{ZONES}city,NO,*
{PRICES}city,standard,5000,10000,NOK,2
city,standard,1000,5000,NOK,1
city,next_day,1000,300,NOK,
"""
EXAMPLE = files("gateway.config").joinpath("rate_card.example.csv").read_text("utf-8")
PROFILE = installed()["own_fleet"].profile
OSLO = ZoneInfo("Europe/Oslo")
MONDAY = datetime(2026, 3, 2, 9, tzinfo=OSLO)


def shipment(
    *parcels: Parcel, country: str = "NO", postal_code: str = "0150", needs: dict[str, Any] | None = None, **to: Any
) -> Shipment:
    return Shipment(
        origin=Address(country="NO", postal_code="0580"),
        destination=Address(country=country, postal_code=postal_code, **{"company": "Shop AS", **to}),
        parcels=parcels or (Parcel(weight_g=1000),),
        requirements=Requirements(**needs or {}),
    )


def rates(card: RateCard | str, wanted: Shipment | None = None, at: datetime = MONDAY, **options: Any) -> list[Rate]:
    text = {"rate_card": card} if isinstance(card, str) else {}
    account = Account(
        id="acc_1",
        name="parcels",
        mode="live",
        urls={},
        options={"timezone": "Europe/Oslo", **text, **options},
        rate_card=card if isinstance(card, RateCard) else None,
    )
    request = QuoteRequest(shipment=wanted or shipment(), ready_at=at)
    return list(card_rates(request, account, PROFILE, at))


def lines(rate: Rate) -> dict[str, int]:
    return {line.code: line.amount.minor for line in rate.surcharges}


@pytest.mark.parametrize(
    ("level", "weight_g", "minor"),
    [
        ("standard", 1, 5000),
        ("standard", 1000, 5000),
        ("standard", 1001, 10000),
        ("standard", 5001, None),
        ("next_day", 1000, 300),
        ("same_day", 1, None),
    ],
)
def test_the_first_step_that_carries_the_weight_has_the_price(level: str, weight_g: int, minor: int | None) -> None:
    priced = RateCard.load(CARD).price(shipment(Parcel(weight_g=weight_g)), ServiceLevel(level))
    assert (priced and priced.price.minor) == minor


@pytest.mark.parametrize(
    ("areas", "country", "postcode", "zone"),
    [
        (["a,NO,*"], "NO", "0150", "a"),
        (["a,NO,*"], "NO", "", "a"),
        (["a,NO,*"], "SE", "0150", None),
        (["a,NO,01*", "b,NO,015*"], "NO", "0150", "b"),
        (["a,NO,01*", "b,NO,0001-1299"], "NO", "0150", "a"),
        (["a,NO,0*", "b,NO,0150-0199"], "NO", "0150", "b"),
        (["a,NO,0001-1299", "b,NO,0100-0199", "c,NO,0150-0151"], "NO", "0151", "c"),
        (["a,NO,0001-1299", "b,NO,0100-0199", "c,NO,0150-0151"], "NO", "0152", "b"),
        (["a,NO,0001-1299", "b,NO,0100-0199", "c,NO,0150-0199"], "NO", "0200", "a"),
        (["a,NO,0001-1299", "b,NO,0100-0199"], "NO", "1300", None),
        (["a,NO,0001-1299", "b,NO,0150"], "NO", "0150", "b"),
        (["a,NO,0150 | 0250 |03*"], "NO", "0311", "a"),
        (["a,NO,0150"], "NO", "0151", None),
        (["a,US,10001", "b,US,10*"], "US", "10001-1234", "a"),
        (["a,US,10001-10099"], "US", "10001-1234", "a"),
        (["a,GB,E1", "b,GB,E10"], "GB", "e10 1aa", "b"),
        (["a,GB,E1", "b,GB,E10"], "GB", "E1 0AA", "a"),
        (["a,GB,SW1A 1*"], "GB", "sw1a1aa", "a"),
        (["a,NL,1000-1099"], "NL", "1012 AB", "a"),
        (["a,PT,1000-1999"], "PT", "1100-148", "a"),
        (["a,NO,0150-0199"], "NO", "01", None),
        (["a,PL,00-001-04-999"], "PL", "02-001", "a"),
        (["a,PL,00-001 - 04-999"], "PL", "05-001", None),
        (["a,PL,00-*|05-120"], "PL", "05120", "a"),
        (["a,CZ,110 00-119 99|120 00"], "CZ", "11800", "a"),
        (["a,PL,10-19"], "PL", "15-200", "a"),
    ],
)
def test_the_area_with_the_fewest_postcodes_says_the_zone(
    areas: list[str], country: str, postcode: str, zone: str | None
) -> None:
    card = RateCard.load(ZONES + "\n".join(areas) + f"\n{PRICES}a,standard,1,1,EUR,\n")
    assert card.zone(Address(country=country, postal_code=postcode)) == zone


@pytest.mark.parametrize(
    ("terms", "parcels", "minor"),
    [
        ("0,,", [Parcel(weight_g=900, length_mm=400, width_mm=300, height_mm=200)], 5000),
        ("5000,,", [Parcel(weight_g=900, length_mm=400, width_mm=300, height_mm=200)], 10000),  # 4.8 kg
        (",,", [Parcel(weight_g=900, length_mm=400, width_mm=300, height_mm=200)], 10000),  # the profile's 5000
        ("4000,,", [Parcel(weight_g=900, length_mm=400, width_mm=300, height_mm=200)], None),  # 6 kg
        ("0,750,", [Parcel(weight_g=751)], 10000),
        (",,", [Parcel(weight_g=600), Parcel(weight_g=600)], 10000),
        (",,parcel", [Parcel(weight_g=600), Parcel(weight_g=600)], 10000),
        (",,parcel", [Parcel(weight_g=600), Parcel(weight_g=1600)], 15000),
        (",,parcel", [Parcel(weight_g=600), Parcel(weight_g=5001)], None),
    ],
)
def test_what_is_weighed_is_as_the_service_says(terms: str, parcels: list[Parcel], minor: int | None) -> None:
    services = "[services]\nservice,dimensional_divisor_cm3_per_kg,weight_step_g,priced_per\nstandard,"
    found = [rate for rate in rates(f"{CARD}{services}{terms}", shipment(*parcels)) if rate.service == "standard"]
    assert [rate.price.minor for rate in found] == ([] if minor is None else [minor])


BIG = Parcel(weight_g=1000, length_mm=1300, width_mm=10, height_mm=10)


@pytest.mark.parametrize(
    ("row", "wanted", "line"),
    [
        ("always,12.5,,,,,,,", shipment(), 625),
        ("always,0.33,,,,,,,", shipment(), 17),  # 16.5 rounded half up
        ("always,1,,900,NOK,,,,", shipment(), 900),
        ("always,50,,900,NOK,,,,", shipment(), 2500),
        ("always,,,900,NOK,parcel,,,", shipment(Parcel(weight_g=1), Parcel(weight_g=2)), 1800),
        ("always,,,900,SEK,,,,", shipment(), None),
        ("residential,,,900,NOK,,,,", shipment(), None),
        ("residential,,,900,NOK,,,,", shipment(company=""), 900),
        ("residential,,,900,NOK,,,,", shipment(residential=True), 900),
        ("residential,,,900,NOK,,,,", shipment(company="", residential=False), None),
        ("remote,,,900,NOK,,,NO,0150|9*", shipment(), 900),
        ("remote,,,900,NOK,,,NO,9*", shipment(), None),
        ("oversize,,,900,NOK,parcel,1200,,", shipment(BIG, BIG, Parcel(weight_g=1)), 1800),
        ("oversize,,,900,NOK,,1200,,", shipment(BIG, BIG), 900),
        ("oversize,,,900,NOK,,1300,,", shipment(BIG), None),
        ("signature,,,900,NOK,,,,", shipment(needs={"signature": True}), 900),
        ("signature,,,900,NOK,,,,", shipment(), None),
        ("cash_on_delivery,2,,900,NOK,,,,", shipment(), None),
        (
            "cash_on_delivery,2,,900,NOK,,,,",
            shipment(needs={"cash_on_delivery": Money(Decimal(1000), "NOK")}),
            2000,
        ),
        ("cash_on_delivery,2,,900,NOK,,,,", shipment(needs={"cash_on_delivery": Money(Decimal(10), "NOK")}), 900),
    ],
)
def test_a_surcharge_is_a_line_when_it_is_due(row: str, wanted: Shipment, line: int | None) -> None:
    head = "[surcharges]\ncode,when,percent,percent_of,price_minor,currency,per,over_length_mm,country,postcodes\nit,"
    economy = "[prices]\nzone,service,max_weight_g,price_minor,currency\ncity,economy,1,1,SEK\n"
    more = RateCard.load(f"{CARD}{economy}{head}{row}\n")
    priced = more.price(wanted, ServiceLevel.STANDARD)
    assert priced is not None
    assert {each.code: each.amount.minor for each in priced.lines} == ({} if line is None else {"it": line})
    assert priced.price.minor == priced.base.minor + (line or 0)


def test_a_share_of_cash_in_another_currency_has_no_price() -> None:
    card = RateCard.load(f"{CARD}[surcharges]\ncode,when,percent\ncod,cash_on_delivery,2\n")
    cash = shipment(needs={"cash_on_delivery": Money(Decimal(10), "EUR")})
    assert card.price(cash, ServiceLevel.STANDARD) is None


def test_lines_come_in_the_order_of_the_card_and_the_first_of_a_code_counts() -> None:
    card = f"""{CARD}[surcharges]
code,when,zone,service,percent,percent_of,price_minor,currency
toll,always,city,standard,,,1000,NOK
toll,always,,,,,2000,NOK
fuel,always,,,10,subtotal,,
"""
    found = {rate.service: rate for rate in rates(card)}
    assert lines(found[ServiceLevel.STANDARD]) == {"toll": 1000, "fuel": 600}
    assert lines(found[ServiceLevel.NEXT_DAY]) == {"toll": 2000, "fuel": 230}


@pytest.mark.parametrize(
    ("options", "price", "expected"),
    [
        ({}, 6000, {"toll": 1000}),
        ({"tax_percent": "0"}, 6000, {"toll": 1000}),
        ({"tax_percent": "25"}, 6000, {"toll": 800, "tax": 1200}),
        ({"tax_percent": 25, "prices_include_tax": False}, 7500, {"toll": 1000, "tax": 1500}),
        ({"tax_percent": 5.5, "prices_include_tax": False}, 6330, {"toll": 1000, "tax": 330}),
    ],
)
def test_a_rate_is_gross_and_tax_is_a_line(options: dict[str, Any], price: int, expected: dict[str, int]) -> None:
    card = f"{CARD}[surcharges]\ncode,when,price_minor,currency\ntoll,always,1000,NOK\n"
    (rate,) = (rate for rate in rates(card, **options) if rate.service == "standard")
    assert (rate.price.minor, lines(rate)) == (price, expected)


@pytest.mark.parametrize(
    ("ready_at", "promised"),
    [
        (datetime(2026, 3, 2, 9, tzinfo=OSLO), 3),  # Monday morning
        (datetime(2026, 3, 2, 16, 1, tzinfo=OSLO), 4),  # after the cut-off
        (datetime(2026, 3, 6, 9, tzinfo=OSLO), 9),  # Friday, over the weekend
        (datetime(2026, 3, 7, 9, tzinfo=OSLO), 10),  # Saturday counts as Monday
        (datetime(2026, 3, 6, 23, 30, tzinfo=UTC), 10),  # Saturday already, in Oslo
    ],
)
def test_the_promise_is_in_working_days_of_the_origin(ready_at: datetime, promised: int) -> None:
    found = rates(f"{CARD}[services]\nservice,cut_off\nstandard,16:00\n", at=ready_at)
    by = {rate.service: rate.deliver_by for rate in found}
    assert by == {"standard": datetime(2026, 3, promised, 23, 59, tzinfo=OSLO), "next_day": None}


def test_the_account_may_bring_a_calendar() -> None:
    class Strike:
        def works(self, place: Address, day: date) -> bool:
            return day.weekday() < 5 and not (place.postal_code == "0150" and day.day in (3, 4))

    account = Account(id="a", name="a", mode="live", urls={}, rate_card=RateCard.load(CARD), calendar=Strike())
    request = QuoteRequest(shipment=shipment(), ready_at=MONDAY, services=(ServiceLevel.STANDARD,))
    (rate,) = card_rates(request, account, PROFILE, MONDAY)
    assert rate.deliver_by == datetime(2026, 3, 5, 23, 59, tzinfo=ZoneInfo(PROFILE.polling.timezone))


@pytest.mark.parametrize(
    ("ready_at", "valid"),
    [
        (datetime(2026, 3, 1, 23, 59, tzinfo=OSLO), False),
        (datetime(2026, 3, 1, 23, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 31, 23, 59, tzinfo=OSLO), True),
        (datetime(2026, 4, 1, 0, 0, tzinfo=OSLO), False),
    ],
)
def test_a_card_counts_on_its_days_at_the_origin(ready_at: datetime, valid: bool) -> None:
    described = "[card]\nvalid_from,valid_until,timezone\n2026-03-02,2026-03-31,Europe/Oslo\n"
    assert bool(rates(described + CARD, at=ready_at, timezone="Pacific/Auckland")) is valid


def test_services_are_those_of_card_and_profile_and_wish() -> None:
    found = rates(CARD.replace("next_day", "two_day"))
    assert [(rate.service, rate.carrier_service) for rate in found] == [("standard", "standard")]
    assert rates(CARD, shipment(country="SE")) == []


def test_an_accounts_own_card_counts_before_the_option() -> None:
    account = Account(
        id="a", name="a", mode="live", urls={}, options={"rate_card": "nonsense"}, rate_card=RateCard.load(CARD)
    )
    request = QuoteRequest(shipment=shipment(), ready_at=MONDAY, services=(ServiceLevel.NEXT_DAY,))
    assert [rate.service for rate in card_rates(request, account, PROFILE, MONDAY)] == ["next_day"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("rate_card", ""),
        ("rate_card", "zone,price\ncity,9"),
        ("timezone", "Norway/Oslo"),
        ("tax_percent", "a lot"),
        ("tax_percent", "-1"),
        ("tax_percent", True),
        ("prices_include_tax", "no"),
    ],
)
def test_an_option_that_cannot_be_read_is_named(option: str, value: object) -> None:
    with pytest.raises(AuthenticationFailed, match=f"option {option}"):
        rates(CARD, **{option: value})


def test_net_prices_need_the_rate_of_tax() -> None:
    with pytest.raises(AuthenticationFailed, match="tax_percent: is needed"):
        rates(CARD, prices_include_tax=False)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: "\ufeff" + text,
        lambda text: text.replace(",", ";").replace("12.5", "12,5"),
        lambda text: text.replace(",", "\t").replace("12.5", '"12,5"'),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\n".join(f'"{line}"'.replace(",", '","') for line in text.splitlines()),
    ],
)
def test_the_example_is_read_as_any_spreadsheet_writes_it(change: Any) -> None:
    (rate,) = rates(change(EXAMPLE), shipment(postal_code="8063", company="", needs={"signature": True}))
    assert (rate.service, rate.price.minor, rate.deliver_by) == (
        "standard",
        29138,
        datetime(2026, 3, 5, 23, 59, tzinfo=OSLO),
    )
    assert lines(rate) == {"residential": 2500, "remote": 12000, "signature": 1500, "fuel": 3238}


@pytest.mark.parametrize(
    ("text", "line", "column", "why"),
    [
        (CARD + ",standard,1,1,NOK", 9, "zone", "is empty"),
        (CARD + "city,teleport,1,1,NOK", 9, "service", "'teleport' is not one of instant"),
        (CARD + "city,standard,0,1,NOK", 9, "max_weight_g", "not a whole number from 1"),
        (CARD + "city,standard,1.5,1,NOK", 9, "max_weight_g", "not a whole number"),
        (CARD + "city,standard,2,-1,NOK", 9, "price_minor", "not a whole number from 0"),
        (CARD + "city,standard,2,99.00,NOK", 9, "price_minor", "99.00 is written 9900"),
        (CARD + 'city,standard,2,"99,00",NOK', 9, "price_minor", "99.00 is written 9900"),
        (CARD + "city,standard,2,99999999999999999999,NOK", 9, "price_minor", "not a whole number"),
        (CARD + "city,standard,2,²,NOK", 9, "price_minor", "not a whole number"),
        (CARD + "city,standard,2,1,XXY", 9, "currency", "unknown currency"),
        (CARD + "city,standard,2,1", 9, "currency", "is empty"),
        (CARD + "city,standard,2,1,NOK,1,9", 9, "", "7 cells under 6 columns"),
        (CARD + "city,standard,5000,1,NOK", 9, "max_weight_g", "listed twice"),
        (CARD + "moon,standard,5000,1,NOK", 9, "zone", "'moon' is not in [zones]"),
        (CARD + 'city,standard,"5000,1,NOK', 9, "", "unexpected end"),
        (CARD + "[moons]\nzone", 9, "", "[moons] is not one of [card], [zones]"),
        (CARD + "[zones]\nzone,country", 10, "postcodes", "this column is missing"),
        (CARD + "[zones]\nzone,country,postcodes,note", 10, "note", "no such column"),
        (CARD + "[zones]\nzone,country,postcodes,zone", 10, "zone", "there twice"),
        (CARD + ZONES + "city,no,01*", 11, "country", "'no' is not a country"),
        (CARD + ZONES + "other,NO,*", 11, "postcodes", "* of NO belongs to city already"),
        (CARD + ZONES + "city,NO,01*|", 11, "postcodes", "'' is no postcode"),
        (CARD + ZONES + "city,NO,150", 11, "postcodes", "fewer digits than the 4 of NO"),
        (CARD + ZONES + "city,NO,0199-0150", 11, "postcodes", "runs backwards"),
        (CARD + ZONES + "city,NO,150-0199", 11, "postcodes", "is not a range"),
        (CARD + ZONES + "city,PL,01-100-01-050", 11, "postcodes", "runs backwards"),
        (CARD + ZONES + "a,NO,0100-0199\nb,NO,0150-0250", 12, "postcodes", "150-250 overlaps 100-199 of line 11"),
        (CARD + ZONES + "a,NO,0100-0199\nb,NO,0100-0199", 12, "postcodes", "overlaps"),
        (CARD + "[card]\nvalid_from\n01.02.2026", 11, "valid_from", "not a day such as 2026-01-31"),
        (CARD + "[card]\nvalid_from,valid_until\n2026-02-02,2026-02-01", 11, "valid_until", "is before"),
        (CARD + "[card]\ntimezone\nNorway/Oslo", 11, "timezone", "not an IANA"),
        (CARD + "[card]\nname\na\nb", 12, "", "one row"),
        (CARD + "[services]\nservice,cut_off\nstandard,4 pm", 11, "cut_off", "not a time of day"),
        (CARD + "[services]\nservice\nstandard\nstandard", 12, "service", "listed twice"),
        (CARD + '[surcharges]\ncode,when,percent\nfuel,always,"12,5"', 11, "percent", "such as 12.5"),
        (CARD + "[surcharges]\ncode,when,percent\nfuel,always,", 11, "percent", "neither"),
        (CARD + "[surcharges]\ncode,when,percent\nfuel,sometimes,1", 11, "when", "not one of always"),
        (CARD + "[surcharges]\ncode,when,percent\nfar,remote,1", 11, "postcodes", "to which postcodes"),
        (CARD + "[surcharges]\ncode,when,percent\nbig,oversize,1", 11, "over_length_mm", "needs one such limit"),
        (CARD + "[surcharges]\ncode,when,percent,zone\nfuel,always,1,moon", 11, "zone", "'moon' is not in"),
        ("", 1, "", "there are no [prices]"),
        ("zone,price\n1,2", 1, "", "a section such as [prices] comes first"),
    ],
)
def test_a_bad_row_is_named_by_line_and_column(text: str, line: int, column: str, why: str) -> None:
    with pytest.raises(BadRateCard, match=r"^card.csv, line") as caught:
        RateCard.load(text, "card.csv")
    (fault,) = caught.value.faults
    assert (fault.line, fault.column) == (line, column)
    assert why in fault.why


def test_all_bad_rows_are_told_up_to_a_hundred_and_the_rest_is_counted() -> None:
    with pytest.raises(BadRateCard, match="and 247 more") as caught:
        RateCard.load(CARD + "city,standard,2,1.0,NOK\n" * 250)
    assert [fault.line for fault in caught.value.faults] == list(range(9, 109))
    assert caught.value.count == 250


def test_two_cards_differ_line_by_line() -> None:
    before = RateCard.load(f"{CARD}[surcharges]\ncode,when,percent\nfuel,always,10\n")
    dearer = (
        CARD.replace("10000", "11000").replace("city,next_day,1000,300,NOK,\n", "").replace("NO,*", "NO,*\nfar,NO,9*")
    )
    after = RateCard.load(f"{dearer}far,standard,1000,9000,NOK,3\n[surcharges]\ncode,when,percent\nfuel,always,12.5\n")
    found = {(each.part, each.name): each for each in changes(before, after)}
    step = found["price", "city, standard, up to 5 kg"]
    assert (step.before, step.after, step.percent) == (
        "100.00 NOK, 2 working days",
        "110.00 NOK, 2 working days",
        Decimal("10.0"),
    )
    assert {key: each.what for key, each in found.items()} == {
        ("price", "city, standard, up to 5 kg"): "changed",
        ("price", "far, standard, up to 1 kg"): "added",
        ("price", "city, next day, up to 1 kg"): "removed",
        ("surcharge", "fuel, always"): "changed",
        ("zone", "far"): "added",
    }
    assert changes(before, before) == []
    assert {each.what for each in changes(None, before)} == {"added"}


def test_long_lists_of_postcodes_that_differ_at_their_end_differ() -> None:
    codes = [f"{each:04}" for each in range(100, 400)]
    both = [RateCard.load(CARD.replace("NO,*", f"NO,{'|'.join(each)}")) for each in (codes, [*codes[:-1], "0999"])]
    (one,) = changes(*both)
    assert (one.part, one.name, one.what) == ("zone", "city", "changed")

"""The key figures of a shop that has enough deliveries to tell some."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta

import pytest

from gateway.domain.enquiries import Enquiry, EnquiryWay
from gateway.domain.people import Role
from gateway.domain.recipients import Rating
from gateway.domain.shipments import ShipmentState, TenderState
from gateway.services.ports import UnitOfWork
from tests.browser import Chromium
from tests.console.test_screens import looked_at, signed_in
from tests.console.world import Person, World
from tests.storage import made

SCREENS = {
    "reports-full": "/reports",
    "scorecard": "/reports?by=carrier&value=gls",
    "recommending": "/reports/nps",
    "carriers-timed": "/carriers",
    "shipment-asked": "/shipments/shp_old_0",
}
EACH = 25
LATE = 5
MORE_THAN_SHIPMENTS = {"cost_per_attempt", "api_health", "api_unknown", "failover"}
"""Counted in visits and bookings asked for, of which a shipment may have several."""


@pytest.fixture(scope="module")
def analyst(world: World) -> Person:
    """Of a shop with two carriers that delivered 25 parcels each, and a third with 3: five of each late.

    Every fifth recipient would not recommend it, one of each carrier's asked where it is, and bookings were answered
    within 100 to 340 ms; the first of each had been passed on.
    """
    shop = world.site.merchant("Old Shop")
    today = world.site.clock().replace(hour=0, minute=0, second=0, microsecond=0)
    with world.site.services.store.work() as uow:
        uow.accounts.add(made.account("acc_old_shop", shop.id))
        for place in range(2 * EACH + 3):
            number, carrier = place % EACH, ("bring", "gls", "packeta")[place // EACH]
            due = today - timedelta(days=1 + number, hours=3)
            came = due + timedelta(hours=2 if number < LATE else -2)
            name = f"shp_old_{place}"
            uow.shipments.add(
                made.shipment(
                    name,
                    shop.id,
                    state=ShipmentState.BOOKED,
                    status="delivered",
                    phase="final",
                    carrier=carrier,
                    deliver_by=due,
                    delivered_at=came,
                    created_at=due - timedelta(days=2),
                    shipment=made.goods(requirements=made.Requirements()),
                )
            )
            uow.records.put(
                made.delivery_record(
                    name,
                    merchant_id=shop.id,
                    account_id="acc_old_shop",
                    carrier=carrier,
                    booked_at=due - timedelta(days=2),
                    promised_by=due,
                    picked_up_at=due - timedelta(days=1),
                    delivered_at=came,
                    attempts=1 + (number == 0),
                    outcome="delivered",
                    quoted_minor=5000,
                    price_minor=5010,
                    currency="NOK",
                    co2e_g=180,
                    weight_g=2000,
                )
            )
            _judged(uow, shop.id, name, due, number)
        uow.commit()
    world.site.services.kpi_summer.catch_up()
    return world.person(Role.ADMIN, shop)


def _judged(uow: UnitOfWork, shop: str, name: str, due: datetime, number: int) -> None:
    """What its recipient and the carrier said."""
    whose = {"merchant_id": shop, "mode": "test", "shipment_id": name}
    uow.ratings.add(Rating(**whose, stars=4, recommends=10 if number % 5 else 3, created_at=due))
    told = {"account_id": "acc_old_shop", "created_at": due - timedelta(days=2)}
    if number == 0:
        uow.enquiries.add(
            Enquiry(**whose, id=f"enq_{name}", way=EnquiryWay.PHONE, taken_by="Kari", at=due, created_at=due)
        )
        uow.tenders.add(made.tender(f"tnd_{name}a", name, shop, state=TenderState.UNAVAILABLE, **told))
    accepted = {"state": TenderState.ACCEPTED, "answer_ms": 100 + 10 * number}
    uow.tenders.add(made.tender(f"tnd_{name}b", name, shop, **accepted, **told))


def rows(page: str) -> dict[str, str]:
    """The rows of all tables by what their heads say."""
    found = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', page, re.DOTALL)
    heads = [(re.search("<summary>(.*?)</summary>", name), name, cells) for name, cells in found]
    return {
        re.sub("<[^>]+>", "", opened[1] if opened else name): re.sub("<[^>]+>", " ", cells)
        for opened, name, cells in heads
    }


def test_figures_are_told_with_n_and_few_are_not(analyst: Person) -> None:
    told = rows(analyst.see("/reports"))
    assert "80.0 %" in told["Bring"]
    assert "96.0 %" in told["Bring"]
    assert re.search(r"20\s.*of\s+25\s", told["Bring"])
    assert "n too small" in told["Packeta"]
    assert "GLS" in told
    assert "75.5 %" in told["On time"]  # 40 of 53
    assert "50.10 NOK" in told["Cost per delivery (NOK)"]
    assert "22 h" in told["Lead time, median"]
    assert "+58 ± 22" in told["Would recommend (NPS)"]  # 42 of 53 less 11
    assert re.search(r"5\.7 %.*3\b.*53", told["Where is my order"], re.DOTALL)
    assert "330 ms" in told["Answer time, 19 in 20"]
    assert "25.05 NOK" in told["Cost per kilogram (NOK)"]
    assert re.search(r"5\.4 %.*3\b.*56", told["Passed on"], re.DOTALL)
    assert "Damage" not in told, "nothing is known of it, which is not zero"
    untold = analyst.see("/reports").partition("have nothing to tell of these days")[2]
    assert '<a href="/docs/figures#damage">Damage</a>' in untold


def test_where_nothing_was_due_no_empty_rows_are_told(world: World) -> None:
    page = world.person(Role.ADMIN, world.site.merchant("Just opened")).see("/reports")
    assert "Nothing was due in these days" in page
    assert "39 figures have nothing to tell of these days" in page
    assert page.count("<tr") == 0


def listed(person: Person, href: str) -> list[str]:
    """All shipments behind a link, page after page."""
    found: list[str] = []
    while href:
        page = person.see(html.unescape(href.removeprefix("/console")))
        found += re.findall(r'<th scope="row"><a href="/console/shipments/(shp_\w+)"', page)
        more = re.search(r'rel="next" href="([^"]+)"', page)
        href = more[1] if more else ""
    return found


def test_every_number_leads_to_exactly_its_shipments(analyst: Person) -> None:
    page = analyst.see("/reports", days="91")
    seen = set()
    for href, number in re.findall(r'href="(/console/reports/\w+\?[^"]+)">([\d\u202f]+)<span', page):
        found, name = listed(analyst, href), href.split("?")[0].rpartition("/")[2]
        if name not in MORE_THAN_SHIPMENTS:
            assert len(found) == len(set(found)) == int(number.replace("\u202f", "")), href
        seen.add(name)
    assert {"otif", "promoters", "detractors", "nps", "wismo", "failover", "api_time_p95"} <= seen
    assert {"on_time", "first_attempt", "lead_time_median", "accuracy", "rated", "cost_per_delivery"} <= seen


def test_what_is_above_the_line_is_what_the_figure_says(analyst: Person) -> None:
    late = {f"shp_old_{place}" for place in range(2 * EACH + 3) if place % EACH < LATE}
    both = [listed(analyst, f"/reports/on_time?days=91&side={side}") for side in ("above", "below")]
    assert set(both[1]) - set(both[0]) == late
    assert set(listed(analyst, "/reports/on_time?days=91&by=carrier&value=gls&side=above")) == {
        f"shp_old_{place}" for place in range(EACH + LATE, 2 * EACH)
    }
    assert analyst.get("/reports/beauty").status_code == 404


def test_a_scorecard_stands_beside_all(analyst: Person) -> None:
    page = analyst.see("/reports", days="91", by="carrier", value="gls")
    assert "GLS, scorecard" in page
    assert "80.0 %" in rows(page)["On time"]
    assert "75.5 %" in rows(page)["On time"]


def test_the_carriers_page_says_how_fast_they_answer(analyst: Person) -> None:
    assert "n too small" in rows(analyst.see("/carriers"))["acc_old_shop"]  # of seven days
    assert "n too small, of 11 bookings on the 7 days that are over" in analyst.see("/carriers/acc_old_shop")


def test_a_call_is_counted_by_one_press(world: World) -> None:
    path = f"/shipments/{world.shipments['Ola Hansen']['id']}"
    support = world.person(Role.SUPPORT)
    assert support.post(f"{path}/enquiries", way="phone").status_code == 303
    assert support.post(f"{path}/enquiries", way="<pigeon>").status_code == 303
    page = support.see(path)
    assert page.count("By phone") == page.count("By another way") == 1
    twice = support.post(f"{path}/enquiries", way="phone", counted="0")  # as a second click sends it
    assert twice.headers["Location"].endswith("done=enquired_before#h-enquiries")
    assert world.person(Role.WAREHOUSE).post(f"{path}/enquiries", way="phone").status_code == 403


def test_figures_are_exported_without_formulas(analyst: Person) -> None:
    answer = analyst.get("/reports/figures.csv", days="91", by="zone")
    lines = answer.get_data().decode("utf-8-sig").splitlines()
    assert lines[0].startswith("from,to,as_of,by,part,figure,value")
    (told,) = [line for line in lines if ",,,on_time," in line]
    assert told.endswith(",0.7547,,,40,53,53")
    assert "xported figures" in analyst.see("/settings/audit")


def test_days_that_are_none_are_said(analyst: Person) -> None:
    assert "Days look like 2026-03-01..2026-03-28" in analyst.see("/shipments", q="promise:monday..tuesday")
    assert "By carrier" in analyst.see("/reports", days="9999", by="weather")


def test_full_reports_are_accessible_and_fit(browser: Chromium, served: str, analyst: Person) -> None:
    with browser.page() as page:
        signed_in(page, served, analyst)
        for name, path in SCREENS.items():
            page.goto(f"{served}{path}")
            assert looked_at(page, name) == []

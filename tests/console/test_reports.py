"""The key figures of a shop that has enough deliveries to tell some."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest

from gateway.domain.people import Role
from gateway.domain.shipments import ShipmentState
from tests.browser import Chromium
from tests.console.test_screens import looked_at, signed_in
from tests.console.world import Person, World
from tests.storage import made

EACH = 25
LATE = 5


@pytest.fixture(scope="module")
def analyst(world: World) -> Person:
    """Of a shop with two carriers that delivered 25 parcels each, and a third with 3: five of each late."""
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
                )
            )
        uow.commit()
    world.site.services.kpi_summer.catch_up()
    return world.person(Role.ADMIN, shop)


def rows(page: str) -> dict[str, str]:
    """The rows of all tables by what their heads say."""
    found = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', page, re.DOTALL)
    return {re.sub("<[^>]+>", "", name): re.sub("<[^>]+>", " ", cells) for name, cells in found}


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
    assert "no data" in told["Damage"]
    assert "0.0 %" not in told["Damage"]


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
        if name != "cost_per_attempt":  # of visits, of which a shipment may have several
            assert len(found) == len(set(found)) == int(number.replace("\u202f", "")), href
        seen.add(name)
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
        page.goto(f"{served}/reports")
        assert looked_at(page, "reports-full") == []

"""What a recipient's page says of places: the point chosen at the checkout, and how far away the driver is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from carriers.base.simulator import Fault, FaultKind
from tests.journeys.diverting import page
from tests.journeys.fleet import add_fleet, scan
from tests.journeys.site import ORDER, Merchant, Site

NEAR = "/v1/service-points?country=NO&postal_code=0154&account=sandbox-1"
HOME = {**ORDER["destination"], "latitude": 59.9127, "longitude": 10.7461}


def test_the_point_chosen_at_the_checkout_is_told_with_its_hours_when_somebody_asks(site: Site, shop: Merchant) -> None:
    running = site.carrier("sandbox")
    shop.account("sandbox-1", running)
    point = shop.get(NEAR)["data"][0]
    shipment = shop.booked(destination=HOME, service_point=point["id"])
    asked = len(running.simulator.calls)
    first = page(site, shipment)
    assert "Address and opening hours" in first.text
    assert len(running.simulator.calls) == asked, "nobody is asked for a page that many look at"
    told = page(site, shipment, "point")
    assert told.status_code == 200
    assert point["name"] in told.text
    assert "Monday" in told.text
    running.simulator.faults.add(Fault(kind=FaultKind.STATUS_500, operation="service_points", times=-1))
    assert page(site, shipment, "point").status_code == 503


def test_a_parcel_for_the_door_has_no_such_page(site: Site, shop: Merchant) -> None:
    shop.account("sandbox-1", site.carrier("sandbox"))
    shipment = shop.booked()
    assert "Address and opening hours" not in page(site, shipment).text
    assert page(site, shipment, "point").status_code == 404


@pytest.mark.parametrize(
    ("north", "minutes", "shown"),
    [(0.018, 5, "the driver was about 2,0 km away"), (0.0001, 5, "about 0,1 km away"), (0.2, 5, ""), (0.018, 45, "")],
)
def test_how_far_away_our_own_driver_is_while_that_is_close_and_news(
    site: Site, shop: Merchant, north: float, minutes: int, shown: str
) -> None:
    add_fleet(site, shop, "vans")
    shipment = shop.booked(destination=HOME)
    at = (site.clock() - timedelta(minutes=minutes)).isoformat()
    place: dict[str, Any] = {"latitude": HOME["latitude"] + north, "longitude": HOME["longitude"]}
    out = scan(shipment["tracking_number"], "van7-1", "on_the_way", at, place=place)
    done = shop.call("POST", "/v1/fleet/scans", {"account": "vans", "scans": [out]})
    assert done.status_code == 200, done.text
    text = page(site, shipment).text
    assert "Out for delivery" in text
    assert (shown in text) if shown else ("km away" not in text)

"""What a fault of ours lost of messages that count as applied is had back by reading them again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from tests.conftest import TestDatabase
from tests.journeys.fleet import add_fleet, scan
from tests.journeys.site import Merchant, Site


def test_scans_that_were_lost_come_back_and_nothing_else_changes(
    site: Site, shop: Merchant, database: TestDatabase
) -> None:
    account_id = add_fleet(site, shop, "vans")
    shipment = shop.booked()
    for code in ("picked_up", "on_the_way"):
        told = scan(shipment["tracking_number"], f"van7-{code}", code, site.clock().isoformat())
        assert shop.call("POST", "/v1/fleet/scans", {"account": "vans", "scans": [told]}).status_code == 200
    with database.engine.begin() as connection:  # as a gateway left it that marked unknown numbers as applied
        connection.execute(text("DELETE FROM tracking_events WHERE event_id = 'van7-on_the_way'"))
    with site.services.store.look() as uow:
        account = uow.accounts.get(shop.id, account_id)
    assert account is not None
    since = site.clock() - timedelta(days=1)
    first = site.services.told_again.reread(account, since)
    assert (first.messages, first.new, first.unread) == (2, 1, 0)
    events = [each["id"] for each in shop.get(f"/v1/shipments/{shipment['id']}/events")["data"]]
    assert {"van7-picked_up", "van7-on_the_way"} <= set(events)
    again = site.services.told_again.reread(account, since)
    assert (again.messages, again.new) == (2, 0)
    assert site.services.told_again.reread(account, site.clock() + timedelta(hours=1)).messages == 0

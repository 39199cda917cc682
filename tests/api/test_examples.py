"""The examples of the documentation, sent as they are."""

from datetime import UTC, datetime, timedelta
from typing import Any

from carriers.base.simulator import RunningSimulator
from gateway.api import examples
from gateway.api.examples_tracking import TRACKER
from tests.api.world import Merchant, fresh


def test_the_example_quote_gets_offers_and_the_example_order_is_booked(merchant: Merchant) -> None:
    quoted = merchant.post("/v1/quotes", examples.QUOTE)
    assert quoted.status_code == 201
    assert quoted.get_json()["recommended_offer_id"]
    assert quoted.headers["Location"] == f"/v1/quotes/{quoted.get_json()['id']}"
    booked = merchant.book(examples.BOOK)
    assert booked["reference"] == "order-1042"
    assert booked["metadata"] == {"channel": "web"}


def test_the_example_of_booking_an_offer_books_that_very_offer(merchant: Merchant) -> None:
    quoted = merchant.post("/v1/quotes", examples.QUOTE).get_json()
    dearest = max((offer for offer in quoted["offers"] if offer["eligible"]), key=lambda offer: offer["rank"])
    ids = {"quote_id": quoted["id"], "offer_id": dearest["id"]}
    booked = merchant.book({**examples.BOOK_A_QUOTE, **ids})
    assert booked["service"] == dearest["service"]
    assert booked["price"] == dearest["price"]
    assert booked["destination"]["name"] == "Kari Nordmann"


def test_the_example_account_key_policy_and_endpoint_are_made(newcomer: Merchant) -> None:
    account = newcomer.post("/v1/accounts", examples.ACCOUNT)
    assert account.status_code == 201
    assert account.get_json()["secrets"] == ["api_key", "webhook_secret"]
    changed = newcomer.patch(account.headers["Location"], examples.ACCOUNT_CHANGE)
    assert changed.get_json()["enabled"] is False
    assert newcomer.post("/v1/keys", examples.KEY).status_code == 201
    assert newcomer.put("/v1/policies/mine", examples.POLICY).get_json()["version"] == 1


def test_the_example_tracker_is_followed(newcomer: Merchant, bring: RunningSimulator) -> None:
    account = newcomer.with_account(bring)
    followed = newcomer.post("/v1/trackers", {**TRACKER, "account": account["name"]})
    assert followed.status_code == 201
    assert newcomer.get(followed.headers["Location"]).get_json()["events"] == []


def test_the_example_scan_and_window_are_taken(newcomer: Merchant) -> None:
    newcomer.with_fleet()
    assert newcomer.put("/v1/fleet/windows", examples.WINDOWS).status_code == 204
    number = examples.SCANS["scans"][0]["tracking_number"]
    report = newcomer.post("/v1/fleet/scans", examples.SCANS)
    assert report.get_json() == {"new": 0, "unknown_tracking_numbers": [number]}


def test_own_vans_deliver_in_the_windows_that_are_offered(newcomer: Merchant) -> None:
    newcomer.with_fleet()
    start = (datetime.now(UTC) + timedelta(days=3)).replace(hour=9, minute=0, second=0, microsecond=0)
    window: dict[str, Any] = {
        "id": fresh("w"),
        "zone": "oslo",
        "start": start.isoformat(),
        "end": (start + timedelta(hours=4)).isoformat(),
        "capacity": 1,
    }
    assert newcomer.put("/v1/fleet/windows", {"account": "own-fleet", "windows": [window]}).status_code == 204
    booked = newcomer.book({**examples.BOOK, "reference": fresh("order")})
    assert booked["carrier"] == "own_fleet"
    scan = {
        "event_id": "s1",
        "tracking_number": booked["tracking_number"],
        "code": "delivered",
        "occurred_at": datetime.now(UTC).isoformat(),
    }
    for new in (1, 0):
        report = newcomer.post("/v1/fleet/scans", {"account": "own-fleet", "scans": [scan]}).get_json()
        assert report == {"new": new, "unknown_tracking_numbers": []}
    events = newcomer.get(f"/v1/shipments/{booked['id']}/events").get_json()["data"]
    assert [event["status"] for event in events][-1] == "delivered"
    assert newcomer.get(f"/v1/shipments/{booked['id']}").get_json()["status"] == "delivered"

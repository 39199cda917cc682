"""A recipient tells the courier where to leave it: carried out by carriers that take it, promised by no others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import TestResponse

from tests.conftest import TestDatabase
from tests.journeys.diverting import own
from tests.journeys.fleet import add_fleet
from tests.journeys.site import ORDER, Gateway, Merchant, Site

WISH = {"where": "neighbour", "wish_note": "no. 14, ring twice", "proof": "8888"}
DESTINATION = {**ORDER["destination"], "instructions": "door code 4711"}


@pytest.fixture
def shop(shop: Merchant) -> Merchant:
    """A shop whose recipients may wish."""
    assert shop.call("PUT", "/v1/brand", {"wishes": True}).status_code == 200
    return shop


def send(site: Site, shipment: Any, **wish: str) -> TestResponse:
    path = f"{urlsplit(shipment['tracking_url']).path}/wish"
    headers = {"Sec-Fetch-Site": "same-origin"}
    client = site.gateway.app.test_client()
    return client.post(path, data={**WISH, **wish}, headers=headers, environ_base=own(shipment))


def page(site: Site, shipment: Any) -> str:
    return site.gateway.app.test_client().get(urlsplit(shipment["tracking_url"]).path).text


def new_york(site: Site, shop: Merchant) -> Any:
    """A parcel with Uber Direct."""
    shop.account("uber", site.carrier("uber_direct"))
    place = {"city": "New York", "subdivision": "NY", "country": "US"}
    origin = {**ORDER["origin"], **place, "postal_code": "10038", "phone": "+12125550100"}
    destination = {**DESTINATION, **place, "postal_code": "10118", "phone": "+12125558888"}
    return shop.booked(origin=origin, destination=destination)


def test_uber_gets_the_recipients_words_before_the_merchants(site: Site, shop: Merchant) -> None:
    shipment = new_york(site, shop)
    assert "Delivery instructions" in page(site, shipment)
    for note in ("no. 14", "no. 16 / upstairs"):
        assert send(site, shipment, wish_note=note).status_code == 303
    told = "Recipient: give it to a neighbour: no. 16, upstairs / door code 4711"
    after = shop.shipment(shipment["id"])
    assert after["destination"]["instructions"] == told
    assert "The carrier has your instructions." in page(site, shipment)
    for secret in ("4711", "no. 16"):
        assert secret not in page(site, shipment)


def test_after_the_delivery_the_carrier_takes_no_more_wishes(site: Site, shop: Merchant) -> None:
    shipment = new_york(site, shop)
    (reference,) = (booking.carrier_reference for booking in site.active(shipment))
    site._running[-1].simulator.advance(reference, "delivered")  # the gateway has not heard of it yet
    refused = send(site, shipment)
    assert refused.status_code == 409
    assert "the delivery has moved on meanwhile" in refused.text
    assert shop.shipment(shipment["id"])["destination"]["instructions"] == "door code 4711"


def test_our_own_drivers_read_it_with_the_shipment(site: Site, shop: Merchant) -> None:
    add_fleet(site, shop, "vans")
    shipment = shop.booked(destination=DESTINATION)
    done = send(site, shipment, where="door", wish_note="")
    assert done.status_code == 303
    after = shop.shipment(shipment["id"])
    assert after["destination"]["instructions"] == "Recipient: hand it to the recipient / door code 4711"


def test_only_who_knows_what_the_recipient_knows_may_wish(site: Site, shop: Merchant) -> None:
    add_fleet(site, shop, "vans")
    shipment = shop.booked(destination=DESTINATION)
    for _ in range(5):
        refused = send(site, shipment, proof="1234")
        assert refused.status_code == 422
        assert "That is not what we have." in refused.text
    locked = send(site, shipment)
    assert "Too many wrong tries." in locked.text
    site.clock.advance(minutes=61)
    assert send(site, shipment).status_code == 303


def test_many_tries_at_once_at_any_process_are_no_more_than_one_has(
    site: Site, shop: Merchant, database: TestDatabase
) -> None:
    add_fleet(site, shop, "vans")
    shipment = shop.booked(destination=DESTINATION)
    path = f"{urlsplit(shipment['tracking_url']).path}/wish"
    other = Gateway(database.url)

    def guess(_: int) -> str:
        guessed = {**WISH, "proof": "1234"}
        return other.app.test_client().post(path, data=guessed, headers={"Sec-Fetch-Site": "same-origin"}).text

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(guess, range(9)))
    other.close()
    assert sum("That is not what we have." in each for each in answers) == 5
    assert sum("Too many wrong tries." in each for each in answers) == 4
    assert "Too many wrong tries." in send(site, shipment).text, "another process knows of them"


def test_a_link_in_the_wrong_hands_is_ended_and_followed_by_another(site: Site, shop: Merchant) -> None:
    add_fleet(site, shop, "vans")
    shipment = shop.booked(destination=DESTINATION)
    old = urlsplit(shipment["tracking_url"]).path
    client = site.gateway.app.test_client()
    assert client.get(old).status_code == 200
    revoked = shop.call("POST", f"/v1/shipments/{shipment['id']}/tracking-link/revoke")
    assert revoked.status_code == 200, revoked.text
    new = urlsplit(revoked.json["tracking_url"]).path
    assert client.get(old).status_code == 404
    assert send(site, shipment).status_code == 404
    assert client.get(new).status_code == 200
    assert shop.shipment(shipment["id"])["tracking_url"] == revoked.json["tracking_url"]
    again = shop.call("POST", f"/v1/shipments/{shipment['id']}/tracking-link/revoke")
    assert [client.get(path).status_code for path in (old, new)] == [404, 404]
    assert client.get(urlsplit(again.json["tracking_url"]).path).status_code == 200


def test_what_is_wrong_with_a_wish_is_named(site: Site, shop: Merchant) -> None:
    add_fleet(site, shop, "vans")
    shipment = shop.booked()
    wrong: list[tuple[dict[str, str], str]] = [
        ({"where": ""}, "where"),
        ({"where": "roof"}, "where"),
        ({"where": "safe_place", "wish_note": " "}, "wish_note"),
        ({"wish_note": "x" * 121}, "wish_note"),
        ({"proof": ""}, "proof"),
    ]
    for wish, fault in wrong:
        refused = send(site, shipment, **wish)
        assert refused.status_code == 422, wish
        assert f'id="{fault}-fault"' in refused.text, wish


def test_nothing_is_offered_that_nobody_does(site: Site, shop: Merchant) -> None:
    shop.account("sandbox-1", site.carrier("sandbox"))  # a carrier without the role
    shipment = shop.booked()
    assert "Delivery instructions" not in page(site, shipment)
    assert send(site, shipment).status_code == 409
    assert shop.call("PUT", "/v1/brand", {"wishes": False}).status_code == 200
    other = shop.booked(reference="other")
    assert "Delivery instructions" not in page(site, other)

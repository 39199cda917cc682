"""What recipients and merchants do to have a delivery put off or turned."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import TestResponse

from tests.journeys.site import Merchant, Site

PROOF = "8888"


def willing(shop: Merchant) -> Merchant:
    """A shop whose recipients may ask for both."""
    assert shop.call("PUT", "/v1/brand", {"reschedule": True, "redirect": True}).status_code == 200
    return shop


def at_sandbox(site: Site, shop: Merchant) -> Any:
    """A parcel with the sandbox."""
    shop.account("sandbox-1", site.carrier("sandbox"))
    return shop.booked()


def own(shipment: Any) -> dict[str, str]:
    """An address of each recipient's own: so many a minute from one are all that is answered."""
    return {"REMOTE_ADDR": f"recipient of {shipment['id']}"}


def page(site: Site, shipment: Any, what: str = "") -> TestResponse:
    path = urlsplit(shipment["tracking_url"]).path
    return site.gateway.app.test_client().get(f"{path}/{what}" if what else path, environ_base=own(shipment))


def send(site: Site, shipment: Any, what: str, choice: str, proof: str = PROOF) -> TestResponse:
    path = f"{urlsplit(shipment['tracking_url']).path}/{what}"
    form = {"choice": choice, "proof": proof}
    headers = {"Sec-Fetch-Site": "same-origin"}
    return site.gateway.app.test_client().post(path, data=form, headers=headers, environ_base=own(shipment))


def offers(shop: Merchant, shipment: Any) -> Any:
    return shop.call("GET", f"/v1/shipments/{shipment['id']}/diversions/offers").json


def wishes(shop: Merchant, shipment: Any) -> Any:
    return shop.call("GET", f"/v1/shipments/{shipment['id']}/diversions").json["data"]


def types(site: Site, shop: Merchant, shipment: Any) -> list[str]:
    with site.services.store.look() as uow:
        return [each.type for each in uow.outbox.of_subject(shop.id, shipment["id"], 0, 200)]


def seen(site: Site) -> Any:
    return site._running[-1].simulator

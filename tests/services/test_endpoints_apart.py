"""What is wrong with one endpoint, or belongs to the other mode, is no other endpoint's concern."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.fernet import Fernet
from pytest_httpserver import HTTPServer
from sqlalchemy import text

from gateway.services.changes import record_tracker_change
from gateway.storage import SqlStore
from gateway.storage.secrets import Vault
from tests.conftest import TestDatabase
from tests.journeys.site import Merchant, Site
from tests.storage import made
from tests.storage.made import NOW


@dataclass(frozen=True)
class Listener:
    """A server with a path for each endpoint."""

    server: HTTPServer

    def hook(self, who: Merchant, path: str) -> str:
        """A new endpoint of the merchant, in the mode of the key; its id."""
        self.server.expect_request(path, method="POST").respond_with_data(status=204)
        answer = who.call("POST", "/v1/webhook-endpoints", {"url": self.server.url_for(path)})
        assert answer.status_code == 201, answer.text
        return str((answer.json or {})["id"])

    def heard(self, path: str) -> list[Any]:
        return [json.loads(request.data)["data"] for request, _ in self.server.log if request.path == path]


@pytest.fixture
def listener(httpserver: HTTPServer) -> Listener:
    return Listener(httpserver)


@pytest.fixture
def live(site: Site, shop: Merchant) -> Merchant:
    """The shop with its live key."""
    _, key = site.services.keys.create(shop.id, "live", "live", ["admin"])
    return Merchant(id=shop.id, key=key, app=shop.app)


def test_an_endpoint_hears_of_its_own_mode_only(site: Site, shop: Merchant, live: Merchant, listener: Listener) -> None:
    sandbox = site.carrier("sandbox")
    shipments = {}
    for mode, who in (("test", shop), ("live", live)):
        listener.hook(who, f"/{mode}")
        who.account(f"{mode}-sandbox", sandbox)
        shipments[mode] = who.booked()["id"]
    site.work()
    for mode, shipment_id in shipments.items():
        heard = listener.heard(f"/{mode}")
        assert heard != []
        assert {(told["mode"], told["shipment_id"]) for told in heard} == {(mode, shipment_id)}


@pytest.mark.parametrize("mode", ["test", "live"])
def test_news_of_a_tracker_are_of_its_mode(store: SqlStore, mode: str) -> None:
    made.begin(store)
    with store.work() as uow:
        record_tracker_change(uow, made.tracker(mode=mode, version=1), NOW)
        [message] = uow.outbox.claim_unfanned(10)
    assert (message.mode, message.payload["mode"]) == (mode, mode)


def test_a_key_neither_sees_nor_ends_what_is_the_other_modes(
    site: Site, shop: Merchant, live: Merchant, listener: Listener
) -> None:
    hooks = {"test": listener.hook(shop, "/test"), "live": listener.hook(live, "/live")}
    keys = {mode: who.get("/v1/keys")["data"] for mode, who in (("test", shop), ("live", live))}
    for who, own, others in ((shop, "test", "live"), (live, "live", "test")):
        assert [(each["id"], each["mode"]) for each in who.get("/v1/webhook-endpoints")["data"]] == [(hooks[own], own)]
        assert [each["mode"] for each in keys[own]] == [own]
        for path in (f"/v1/webhook-endpoints/{hooks[others]}", f"/v1/keys/{keys[others][0]['id']}"):
            assert who.call("DELETE", path).status_code == 404, path
        path = f"/v1/webhook-endpoints/{hooks[others]}/deliveries"
        assert who.call("GET", path).status_code == 404
        replay = who.call("POST", f"{path}/dlv_1/replay")
        assert (replay.status_code, hooks[others] in (replay.json or {})["detail"]) == (404, True)
    assert len(live.get("/v1/webhook-endpoints")["data"]) == len(shop.get("/v1/webhook-endpoints")["data"]) == 1


LOST_KEY = Vault([Fernet.generate_key().decode()])


@pytest.mark.parametrize(
    "token", ["broken", LOST_KEY.seal("mer_1", "whk_1", {"0": "whsec_x"})["0"]], ids=["garbage", "a lost key"]
)
def test_an_endpoint_whose_secret_cannot_be_opened_stops_nobody_else(
    site: Site, shop: Merchant, listener: Listener, database: TestDatabase, token: str
) -> None:
    stranger = site.merchant("Stranger")
    broken = listener.hook(shop, "/broken")
    listener.hook(shop, "/whole")
    listener.hook(stranger, "/stranger")
    with database.engine.begin() as connection:
        change = text("UPDATE webhook_endpoints SET secrets = :secrets WHERE id = :id")
        connection.execute(change, {"secrets": json.dumps([token]), "id": broken})
    sandbox = site.carrier("sandbox")
    for who in (shop, stranger):
        who.account("sandbox", sandbox)
        who.booked()
    site.work()
    assert len(listener.heard("/whole")) == len(listener.heard("/stranger")) > 0
    waiting = {each["id"] for each in shop.get(f"/v1/webhook-endpoints/{broken}/deliveries")["data"]}
    assert len(waiting) == len(listener.heard("/whole"))
    site.work(hours=73)
    assert listener.heard("/broken") == []
    sent = [each for each in shop.get(f"/v1/webhook-endpoints/{broken}/deliveries")["data"] if each["id"] in waiting]
    assert {each["state"] for each in sent} == {"exhausted"}
    [tried, *_] = shop.get(f"/v1/webhook-endpoints/{broken}/deliveries/{sent[-1]['id']}")["tries"]
    assert tried["error"] == "its signing secret cannot be opened, or it is gone"
    assert broken in [each["id"] for each in shop.get("/v1/webhook-endpoints")["data"]]
    assert shop.call("DELETE", f"/v1/webhook-endpoints/{broken}").status_code == 204


def test_text_that_no_encoding_can_hold_stops_nobody(site: Site, shop: Merchant, listener: Listener) -> None:
    listener.hook(shop, "/hook")
    texts = ("half an emoji \ud83d", "whole")
    with site.services.store.work() as uow:
        for number, reference in enumerate(texts, 1):
            payload = {"mode": "test", "reference": reference}
            uow.outbox.add(made.news(f"msg_{number}", merchant_id=shop.id, sequence=number, payload=payload))
        uow.commit()
    site.work()
    assert sorted(told["reference"] for told in listener.heard("/hook")) == ["half an emoji ?", "whole"]

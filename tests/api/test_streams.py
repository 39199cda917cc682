"""Live updates over HTTP: server-sent events, where they go on, and what is refused."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from gateway.api import examples
from gateway.domain.clock import utc_now
from gateway.services import streams
from gateway.services.ids import first_id
from gateway.services.streams import Watch
from tests.api.world import Merchant, fresh, pointers, problem


def events(text: str) -> list[tuple[str, Any]]:
    """(id, data) of each event."""
    return [
        (found[1], json.loads(found[2])) for found in re.finditer(r"^id: (\S+)\ndata: (.*)\n\n", text, re.MULTILINE)
    ]


def booked(merchant: Merchant) -> Any:
    return merchant.book({**examples.BOOK, "reference": fresh("order")})


def test_a_shipments_stream_tells_what_happened_after_a_sequence(merchant: Merchant) -> None:
    path = f"/v1/shipments/{booked(merchant)['id']}/stream"
    told = merchant.get(path, after=0, for_s=0)
    assert (told.mimetype, told.headers["Cache-Control"]) == ("text/event-stream", "no-store")
    assert told.text.startswith("retry: 2000\nid: 0\n\n")
    found = events(told.text)
    assert [data["type"] for _, data in found][:2] == ["shipment.created", "shipment.booked"]
    assert [int(name) for name, _ in found] == [data["data"]["sequence"] for _, data in found]
    again = merchant("GET", f"{path}?for_s=0&after=0", headers={"Last-Event-ID": found[1][0]})
    assert events(again.text) == found[2:]
    assert events(merchant.get(path, for_s=0).text) == [], "without a position, what comes"


def test_a_merchants_stream_goes_on_after_an_event(merchant: Merchant) -> None:
    first = booked(merchant)
    with merchant.services.store.look() as uow:
        [earliest, *_] = uow.outbox.since(merchant.id, "test", "", 200)
    told = merchant("GET", "/v1/stream?for_s=0", headers={"Last-Event-ID": earliest.id})
    found = events(told.text)
    assert {data["data"]["shipment_id"] for _, data in found} == {first["id"]}
    assert found == sorted(found, key=lambda event: event[0])
    some = merchant("GET", "/v1/stream?for_s=0&types=shipment.booked", headers={"Last-Event-ID": earliest.id})
    assert [data["type"] for _, data in events(some.text)] == ["shipment.booked"]


def test_what_is_streamed_has_the_documented_shape(merchant: Merchant) -> None:
    told = merchant.get(f"/v1/shipments/{booked(merchant)['id']}/stream", after=0, for_s=0)
    for _, data in events(told.text):
        shape = merchant.contract.spec["webhooks"][data["type"]]["post"]["requestBody"]["content"]["application/json"]
        assert list(merchant.contract.faults(shape["schema"], data)) == []


def test_one_stream_more_than_a_key_may_have_is_refused(merchant: Merchant) -> None:
    live, settings = merchant.services.live, merchant.services.settings.streams
    key = merchant.keys["admin"]
    owner = merchant.services.keys.caller(key).key_id
    open_ones = [live.open(Watch(owner=owner, merchant_id=merchant.id, mode="test")) for _ in range(settings.per_key)]
    refused = merchant.get("/v1/stream", for_s=0)
    problem(refused, 429, "too_many_requests")
    assert int(refused.headers["Retry-After"]) > 0
    for stream in open_ones:
        stream.close()
    assert re.fullmatch(r"retry: 2000\nid: msg_\w{26}\n\n", merchant.get("/v1/stream", for_s=0).text)


def test_who_was_cut_off_before_the_first_message_misses_nothing(merchant: Merchant) -> None:
    """A quiet stream ends after some minutes, and what is written before the client is back was never told."""
    shipment = booked(merchant)
    revoke = f"/v1/shipments/{shipment['id']}/tracking-link/revoke"
    for path in ("/v1/stream?for_s=0&types=shipment.link_revoked", f"/v1/shipments/{shipment['id']}/stream?for_s=0"):
        quiet = merchant.get(path).text
        [position] = re.findall(r"^id: (\S+)$", quiet, re.MULTILINE)
        assert "data:" not in quiet, "an EventSource shows nothing of it"
        assert merchant.post(revoke).status_code == 200
        back = merchant("GET", path, headers={"Last-Event-ID": position})
        assert [data["type"] for _, data in events(back.text)][-1:] == ["shipment.link_revoked"]


def test_who_was_away_for_days_is_told_so_once(merchant: Merchant) -> None:
    old = first_id("msg", utc_now() - timedelta(days=2))
    told = merchant("GET", "/v1/stream?for_s=0", headers={"Last-Event-ID": old}).text
    [before, after] = re.findall(r"^id: (\S+)$", told, re.MULTILINE)
    assert (before, told.count("event: reset")) == (old, 1), "until that was told, nothing is past"
    assert "reset" not in merchant("GET", "/v1/stream?for_s=0", headers={"Last-Event-ID": after}).text


def test_a_stream_ends_with_its_key(merchant: Merchant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "ASKED_AGAIN_S", 0.0)
    record, text = merchant.services.keys.create(merchant.id, "screen", "test", ["tracking:read"])
    told = merchant.client.get("/v1/stream?for_s=20", headers={"Authorization": f"Bearer {text}"}, buffered=False)
    heard: Iterator[Any] = iter(told.response)
    assert next(heard).startswith(b"retry: 2000\nid: msg_")
    booked(merchant)
    assert next(heard).startswith(b"id: msg_"), "a good key hears"
    merchant.services.keys.revoke(merchant.id, "test", record.id)
    booked(merchant)
    assert list(heard) == [], "one that was revoked hears nothing more"
    told.close()


def test_asking_for_the_head_opens_nothing(merchant: Merchant) -> None:
    before = merchant.services.live.count
    for _ in range(merchant.services.settings.streams.per_key + 1):
        headers = {"Authorization": f"Bearer {merchant.keys['admin']}"}
        assert merchant.client.head("/v1/stream", headers=headers).status_code == 200
    assert merchant.services.live.count == before


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ("types=shipment.lost", "/types"),
        ("for_s=-1", "/for_s"),
        ("for_s=x", "/for_s"),
        ("for_s=99999999999", "/for_s"),
        ("after=1", "/after"),
    ],
)
def test_a_query_that_makes_no_sense_is_pointed_at(query: str, where: str, merchant: Merchant) -> None:
    assert pointers(merchant("GET", f"/v1/stream?{query}")) == [where]


@pytest.mark.parametrize("position", ["x", "-1", "msg_", "1" * 300, "msg_01JD5FB2R8W4N6Y0T3V7Q9K5M", "7\u00e9"])
def test_a_position_that_is_none_of_ours_is_refused(position: str, merchant: Merchant) -> None:
    paths = [f"/v1/shipments/{booked(merchant)['id']}/stream", "/v1/stream"]
    for path in paths:
        refused = merchant("GET", f"{path}?for_s=0", headers={"Last-Event-ID": position})
        problem(refused, 400, "bad_header")

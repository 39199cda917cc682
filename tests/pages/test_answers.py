"""What recipients answer: kept once, checked, and only from the page itself."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from gateway.domain.recipients import MOST_ADDED, NOT_RECEIVED
from tests.pages.conftest import Standing
from tests.pages.parcels import LIVES, OUT, Shop
from tests.pages.test_recipient_page import MOST_BYTES, look, words

ANSWERS = {"looked": "yes", "asked": "no", "place": "none", "missing_note": "the gate\u202e was\nopen <b>"}


def send(app: Flask, token: str, what: str, filled: dict[str, Any], **headers: str) -> TestResponse:
    told = {"Sec-Fetch-Site": "same-origin", "Origin": "null"} | {k.replace("_", "-"): v for k, v in headers.items()}
    own = {"REMOTE_ADDR": f"recipient of {token}"}  # so many a minute from one address are all that is answered
    return app.test_client().post(f"/t/{token}/{what}", data=filled, headers=told, environ_base=own)


def merchants(shop: Shop, app: Flask, path: str) -> Any:
    _, key = shop.services.keys.create(shop.merchant_id, "support", "live", ["shipments:read"])
    return app.test_client().get(path, headers={"Authorization": f"Bearer {key}"}).get_json()


def test_not_received_opens_one_case_with_the_three_answers(app: Flask, shop: Shop) -> None:
    shipment = shop.shipment(LIVES["delivered"])
    token = shop.services.recipients.links.token(shipment.id)
    for _ in range(2):
        done = send(app, token, "missing?lang=de", ANSWERS)
        assert (done.status_code, done.headers["Location"]) == (303, f"/t/{token}?lang=de")
    after = merchants(shop, app, f"/v1/shipments/{shipment.id}")
    (case,) = after["cases"]
    assert (case["kind"], case["state"]) == ("not_received", "open")
    assert case["why"] == (
        "the recipient has not received it: looked around at home, has not asked everybody yet, "
        "there is no photo or message; in the recipient's words: the gate was open <b>"
    )
    assert after["status"] == "delivered"  # nobody's word but the carrier's moves the status
    with shop.services.store.look() as uow:
        told = uow.outbox.of_subject(shop.merchant_id, shipment.id, 0, 50)
    assert [message.type for message in told].count("shipment.reported_missing") == 1
    page = words(look(app, token))
    assert "The shop knows that you have not received it. Reported: today." in page
    assert "It also has what you added." not in page


def test_what_is_said_while_the_shop_looks_for_it_is_added_to_the_case(app: Flask, shop: Shop, clock: Standing) -> None:
    shipment = shop.shipment(LIVES["delivered"])
    token = shop.services.recipients.links.token(shipment.id)
    send(app, token, "missing", ANSWERS)
    empty = send(app, token, "missing", {"form": "adding", "missing_note": " "})
    assert (empty.status_code, 'id="missing_note-fault"' in empty.text) == (422, True)
    clock.move(hours=1)
    for _ in range(2):
        assert (
            send(app, token, "missing", {"form": "adding", "missing_note": "a neighbour saw a van"}).status_code == 303
        )
    (case,) = merchants(shop, app, f"/v1/shipments/{shipment.id}")["cases"]
    assert case["why"].endswith(
        "the gate was open <b>;\nadded at 2026-11-24T12:20:00+00:00: in the recipient's words: a neighbour saw a van"
    )
    assert "It also has what you added." in words(look(app, token))
    for n in range(MOST_ADDED - 1):
        assert send(app, token, "missing", {"form": "adding", "missing_note": f"and {n}"}).status_code == 303
    more = send(app, token, "missing", {"form": "adding", "missing_note": "and more"})
    assert (more.status_code, "please contact it directly" in words(more)) == (422, True)
    with shop.services.store.look() as uow:
        told = uow.outbox.of_subject(shop.merchant_id, shipment.id, 0, 50)
    assert [message.type for message in told].count("shipment.reported_missing") == 1 + MOST_ADDED


def test_after_the_shop_has_closed_it_a_report_opens_another_case(app: Flask, shop: Shop, clock: Standing) -> None:
    shipment = shop.shipment(LIVES["delivered"])
    token = shop.services.recipients.links.token(shipment.id)
    send(app, token, "missing", ANSWERS)
    clock.move(days=1)
    with shop.services.store.work() as uow:
        uow.cases.close(shop.merchant_id, shipment.id, NOT_RECEIVED, clock(), "settled by hand", "it is at the bakery")
        uow.commit()
    closed = words(look(app, token))
    assert "Reported: yesterday. The shop closed your report: today." in closed
    assert "Not received?" in closed
    assert "bakery" not in closed
    assert send(app, token, "missing", {**ANSWERS, "asked": "yes"}).status_code == 303
    cases = merchants(shop, app, f"/v1/shipments/{shipment.id}")["cases"]
    assert [(case["kind"], case["state"]) for case in cases] == [("not_received", "closed"), ("not_received", "open")]
    assert cases[1]["why"].startswith("the recipient has still not received it: looked around at home")
    assert "The shop knows that you have not received it. Reported: today." in words(look(app, token))


def test_a_rating_is_given_once(app: Flask, shop: Shop) -> None:
    shipment = shop.shipment(LIVES["delivered"])
    token = shop.services.recipients.links.token(shipment.id)
    assert send(app, token, "rating", {"stars": "4", "recommends": "9", "comment": "on time"}).status_code == 303
    assert send(app, token, "rating", {"stars": "1", "recommends": "", "comment": ""}).status_code == 303
    assert "Thank you. You gave 4 of 5." in words(look(app, token))
    found = [each for each in merchants(shop, app, "/v1/ratings")["data"] if each["shipment_id"] == shipment.id]
    assert [(each["stars"], each["recommends"], each["comment"]) for each in found] == [(4, 9, "on time")]


@pytest.mark.parametrize(
    ("what", "filled", "faults"),
    [
        ("missing", {}, ["looked", "asked", "place"]),
        ("missing", {"looked": "yes", "asked": "maybe", "place": "<script>"}, ["asked", "place"]),
        ("missing", {**ANSWERS, "missing_note": "x" * 401}, ["missing_note"]),
        ("rating", {}, ["stars"]),
        ("rating", {"stars": "6"}, ["stars"]),
        ("rating", {"stars": "5", "recommends": "11"}, ["recommends"]),
        ("rating", {"stars": "5", "comment": "y" * 401}, ["comment"]),
    ],
)
def test_what_is_wrong_is_named_where_it_stands(
    what: str, filled: dict[str, str], faults: list[str], app: Flask, shop: Shop
) -> None:
    token = shop.parcel(LIVES["delivered"])
    refused = send(app, token, what, filled)
    assert refused.status_code == 422
    summary = refused.text.partition('class="faults"')[2].partition("</div>")[0]
    assert re.findall(r'href="#(\w+)"', summary) == faults
    for name in faults:
        assert f'id="{name}-fault"' in refused.text
        assert f'aria-describedby="{name}-fault"' in refused.text
        assert re.search(rf'id="{name}"', refused.text)
    assert "<script>" not in refused.text
    assert (filled.get("comment") or filled.get("missing_note") or "") in refused.text  # nothing has to be typed again


def test_only_what_counts_as_delivered_is_rated_or_missed(app: Flask, shop: Shop) -> None:
    token = shop.parcel(OUT)
    for what, filled in (("missing", ANSWERS), ("rating", {"stars": "5"})):
        refused = send(app, token, what, filled)
        assert refused.status_code == 409
        assert "Back to your parcel" in words(refused)
    assert send(app, "z" * 22, "rating", {"stars": "5"}).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none", "Origin": "https://evil.example"},
    ],
)
def test_forms_of_other_sites_are_refused(headers: dict[str, str], app: Flask, shop: Shop) -> None:
    token = shop.parcel(LIVES["delivered"])
    refused = send(app, token, "rating", {"stars": "5"}, **headers)
    assert refused.status_code == 403
    assert "the form did not come from this page" in words(refused)
    assert f'href="/t/{token}"' in refused.text
    assert "How was the delivery?" in words(look(app, token))


def test_who_writes_too_much_is_shown_it_again_and_who_sends_more_than_can_be_read_a_page(
    app: Flask, shop: Shop
) -> None:
    token = shop.parcel(LIVES["delivered"])
    long = send(app, token, "rating?lang=de", {"stars": "5", "comment": "zu " * 20_000})
    assert long.status_code == 422
    assert "Bitte höchstens 400 Zeichen." in words(long)
    assert "zu zu zu" in long.text
    assert re.search(r'name="stars" value="5"[^>]* checked', long.text)
    assert len(long.data) < MOST_BYTES
    huge = send(app, token, "rating?lang=de", {"stars": "5", "comment": "x" * 300_000})
    assert huge.status_code == 413
    assert "Das war zu lang" in words(huge)
    assert f'href="/t/{token}?lang=de"' in huge.text


def test_answers_are_limited(app: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.extensions, "rate_window", type(app.extensions["rate_window"])(lambda: 60.0))
    token = shop.parcel(LIVES["delivered"])
    most = shop.services.settings.recipients.answers_per_min
    answers = [send(app, token, "rating", {}) for _ in range(most + 2)]
    assert [each.status_code for each in answers] == [422] * most + [429] * 2
    assert "it may still be there when you go back" in words(answers[-1])
    assert f'href="/t/{token}"' in answers[-1].text

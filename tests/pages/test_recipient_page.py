"""What a recipient sees: the truth, in words, in his language, and nothing of what is not his to see."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from gateway.domain.people import Role
from gateway.domain.shipments import Shipment
from gateway.domain.values import Parcel
from tests.pages.conftest import Standing
from tests.pages.parcels import BRAND, LIVES, MOVING, NOW, OSLO, OUT, STORE, Shop, noise, open_shop

MOST_BYTES = 60_000


def look(app: Flask, token: str, query: str = "", **headers: str) -> TestResponse:
    return app.test_client().get(f"/t/{token}{query}", headers={k.replace("_", "-"): v for k, v in headers.items()})


def words(response: TestResponse) -> str:
    """What is read on the page."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.text.partition("<main")[2])).split())


@pytest.mark.parametrize(
    ("life", "told"),
    [
        ("created", ["Being prepared", "The delivery time is not known yet."]),
        ("booked", ["Being prepared", "Expected today between 14:00 and 18:00"]),
        ("in_transit", ["On its way", "Expected today between 14:00 and 18:00", "Your parcel left a sorting centre."]),
        ("out_for_delivery", ["Out for delivery", "The courier is on the way to you.", "Expected today"]),
        ("attempted", ["Delivery was tried", "Nobody was there when the courier came.", "Please contact the carrier"]),
        ("delayed", ["There is a problem", "delayed by the weather", "The new time is not known yet."]),
        ("ready", ["Ready to collect", "Your parcel is ready at the service point; please collect it."]),
        ("delivered", ["Delivered today 11:50", "Your parcel was left in a safe place.", "Not received?"]),
        ("returning", ["Going back to the sender", "The parcel goes back because it was refused."]),
        ("returned", ["Back with the sender", "The sender has your parcel again."]),
        ("cancelled", ["Cancelled", "The shop cancelled this delivery.", "Ordered (done) Cancelled (now)"]),
        ("failed", ["Not delivered", "Your parcel seems to be lost. Please contact the shop."]),
    ],
)
def test_each_state_is_told_in_words(life: str, told: list[str], app: Flask, shop: Shop) -> None:
    response = look(app, shop.parcel(LIVES[life]))
    assert response.status_code == 200
    for part in told:
        assert part in words(response), part
    promised = "Expected" in words(response)
    assert promised == (life in ("booked", "in_transit", "out_for_delivery"))


def test_a_new_estimate_of_the_carrier_replaces_the_promise_and_says_that_it_is_late(app: Flask, shop: Shop) -> None:
    late = shop.parcel(MOVING, estimate=NOW.replace(day=26, hour=15, minute=0))
    assert "Expected Thursday 26 November by 16:00 Delayed. It was first planned for today." in words(look(app, late))
    early = shop.parcel(MOVING, estimate=NOW.replace(hour=14, minute=0))
    assert "Expected today by 15:00" in words(look(app, early))
    assert "Delayed" not in words(look(app, early))


def test_a_promise_that_is_over_is_called_so(app: Flask, shop: Shop, clock: Standing) -> None:
    token = shop.parcel(MOVING)
    clock.move(hours=7)
    assert "Was expected today between 14:00 and 18:00 Later than planned." in words(look(app, token))


def test_progress_is_a_list_with_the_present_step_marked(app: Flask, shop: Shop) -> None:
    page = look(app, shop.parcel(OUT)).text
    assert re.findall(r'<li class="(\w+)"', page.partition('class="steps"')[2].partition("</ol>")[0]) == [
        *("done", "done", "done", "current", "ahead")
    ]
    assert page.count('aria-current="step"') == 1


def test_only_an_initial_and_the_town_are_shown_of_the_recipient(app: Flask, shop: Shop) -> None:
    for life in LIVES.values():
        page = look(app, shop.parcel(life)).text
        for secret in ("canary", OSLO.phone, OSLO.postal_code, "Nordmann", "Dronningens", "4711"):
            assert secret.lower() not in page.lower(), secret
    assert "K. in Oslo" in words(look(app, shop.parcel(OUT)))


def test_what_is_contradicted_is_told_with_that_and_not_as_good_news(app: Flask, shop: Shop) -> None:
    shipment = shop.shipment((*LIVES["delivered"], (0.2, "cancelled", "cancelled_by_carrier", "Oslo", "")))
    page = look(app, shop.services.recipients.links.token(shipment.id))
    assert "The messages from the carrier do not agree with each other" in words(page)
    assert 'class="card state good"' not in page.text


def test_a_delivered_parcel_leads_to_its_return_which_asks_for_no_thanks(app: Flask, shop: Shop) -> None:
    sent = shop.shipment(LIVES["delivered"])
    token = shop.services.recipients.links.token(sent.id)
    assert BRAND.returns_url in look(app, token).text
    back = shop.shipment(LIVES["delivered"], return_of=sent.id)
    page = look(app, token)
    assert "Your return is booked." in words(page)
    assert BRAND.returns_url not in page.text
    there = shop.services.recipients.links.token(back.id)
    assert f'href="/t/{there}"' in page.text
    told = words(look(app, there))
    assert "This is your return to Fjord og Fjell." in told
    for ours in ("Not received?", "How was the delivery?", "K. in Oslo"):
        assert ours not in told


def test_the_link_is_not_the_tracking_number_and_unknown_links_tell_nothing(app: Flask, shop: Shop) -> None:
    shipment = shop.shipment(OUT)
    token = shop.services.recipients.links.token(shipment.id)
    wrong = [shipment.id, shipment.tracking_number, token[:-1], token + "A", token[:-1] + "!", "A" * 22, "€" * 22]
    for guess in wrong:
        response = look(app, guess)
        assert response.status_code == 404, guess
        assert "We do not know this link" in words(response)
        assert "Fjord" not in response.text
    assert look(app, token).status_code == 200


def test_a_link_ends_thirty_days_after_the_delivery(app: Flask, shop: Shop, clock: Standing) -> None:
    done, moving = shop.parcel(LIVES["delivered"]), shop.parcel(OUT)
    clock.move(days=29)
    assert look(app, done).status_code == 200
    clock.move(days=2)
    ended = look(app, done)
    assert ended.status_code == 410
    assert "Please contact Fjord og Fjell if you have a question." in words(ended)
    assert "Delivered" not in ended.text
    assert look(app, moving).status_code == 200


def test_headers_keep_the_link_to_those_who_have_it(app: Flask, shop: Shop) -> None:
    for response in (look(app, shop.parcel(OUT)), look(app, "x" * 22)):
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "private, no-store"
        assert response.headers["X-Robots-Tag"] == "noindex, nofollow"
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
        assert "unsafe" not in policy
        assert "Set-Cookie" not in response.headers
        assert '<meta name="robots" content="noindex, nofollow">' in response.text
        assert not re.search(r"<script(?! src)| style=| on\w+=", response.text)


def test_everything_together_is_small_at_its_worst(app: Flask, shop: Shop) -> None:
    worst = open_shop(shop.services, "Worst")
    worst.services.recipients.brands.put(worst.merchant_id, replace(BRAND, photo=True), noise())
    many = tuple((9 - n / 10, "in_transit", "facility_processing", f"Hub {n}", "x" * 60) for n in range(60))
    shipment = worst.shipment(LIVES["delivered"] + many)
    worst.photo(shipment)
    page = look(app, shop.services.recipients.links.token(shipment.id), "?lang=pl").text
    loaded = re.findall(r'(?:href|src)="(/t/(?:assets|colours)/[^"]+|/t/[^"]+/(?:logo|photo)[^"]*)"', page)
    answers = {path: app.test_client().get(unescape(path)) for path in (*loaded, "/t/assets/page.js")}
    assert [answer.status_code for answer in answers.values()] == [200] * 5
    sizes = {path: len(answer.data) for path, answer in answers.items()}
    assert len(page.encode()) + sum(sizes.values()) <= MOST_BYTES, sizes


def test_the_photo_is_shown_where_the_merchant_lets_recipients_see_it(app: Flask, shop: Shop) -> None:
    open_handed = open_shop(shop.services, "Open")
    for allowed in (True, False):
        open_handed.services.recipients.brands.put(open_handed.merchant_id, replace(BRAND, photo=allowed))
        delivered, moving = open_handed.shipment(LIVES["delivered"]), open_handed.shipment(OUT)
        for shipment in (delivered, moving):
            open_handed.photo(shipment)
        token = shop.services.recipients.links.token(delivered.id)
        assert ('alt="Photo of the delivery"' in look(app, token).text) == allowed
        assert look(app, f"{token}/photo").status_code == (200 if allowed else 404)
        assert look(app, f"{shop.services.recipients.links.token(moving.id)}/photo").status_code == 404
    assert look(app, f"{'A' * 22}/photo").status_code == 404


@pytest.mark.parametrize(
    ("asked", "told", "tag"),
    [
        ("nb-NO,nb;q=0.9", "Ute til levering Budet er på vei til deg. Ventes i dag mellom kl. 14:00 og 18:00", "no"),
        ("de-AT", "In Zustellung Der Kurier ist auf dem Weg zu Ihnen. Voraussichtlich heute zwischen 14:00", "de"),
        (
            "es-MX, en;q=0.5",
            "En reparto El repartidor va de camino hacia usted. Entrega prevista hoy de 14:00 a 18:00",
            "es",
        ),
        ("fr", "En livraison Le livreur est en route vers vous. Livraison prévue aujourd’hui entre 14:00", "fr"),
        ("pl", "W doręczeniu Kurier jest w drodze do Ciebie. Przewidywana dostawa dzisiaj między 14:00", "pl"),
        ("zh-CN", "Out for delivery The courier is on the way to you. Expected today", "en"),
    ],
)
def test_it_speaks_the_readers_language(asked: str, told: str, tag: str, app: Flask, shop: Shop) -> None:
    response = look(app, shop.parcel(OUT), Accept_Language=asked)
    assert told in words(response)
    assert f'<html lang="{tag}" dir="ltr">' in response.text
    assert response.headers["Vary"] == "Accept-Language"


def test_a_language_chosen_on_the_page_stays(app: Flask, shop: Shop) -> None:
    response = look(app, shop.parcel(LIVES["delivered"]), "?lang=pl", Accept_Language="de")
    assert "Doręczona" in words(response)
    assert set(re.findall(r'action="[^"?]+\?([^"#]+)', response.text)) == {"lang=pl"}
    assert look(app, shop.parcel(OUT), "?lang=<script>").status_code == 200


def test_without_a_brand_it_is_the_merchants_name(app: Flask, shop: Shop) -> None:
    plain = open_shop(shop.services, "Shop <b>& Co</b>", carrier="own_fleet")
    response = look(app, plain.parcel(OUT))
    assert '<span class="shop">Shop &lt;b&gt;&amp; Co&lt;/b&gt;</span>' in response.text
    assert "Carrier Shop <b>& Co</b>" in words(response)  # our own vans drive in the shop's name
    assert "Help" not in words(response)


def test_a_test_shipment_says_so(app: Flask, shop: Shop) -> None:
    assert "This is a test shipment." in words(look(app, shop.parcel(OUT, mode="test")))
    assert "This is a test shipment." not in words(look(app, shop.parcel(OUT)))


def test_an_open_page_that_has_seen_the_present_is_told_nothing_new(app: Flask, shop: Shop) -> None:
    shipment = shop.shipment(MOVING)
    token = shop.services.recipients.links.token(shipment.id)
    tag = unescape(re.search(r'data-tag="([^"]+)"', look(app, token).text)[1])  # type: ignore[index]  # it is there
    seen = look(app, token, If_None_Match=tag)
    assert (seen.status_code, seen.data) == (304, b"")
    shop.hears(shipment, OUT[-1])
    assert "Out for delivery" in words(look(app, token, If_None_Match=tag))


def test_an_open_page_is_told_the_shops_own_words_too(app: Flask, shop: Shop) -> None:
    shipment = shop.shipment(MOVING)
    token = shop.services.recipients.links.token(shipment.id)
    tag = unescape(re.search(r'data-tag="([^"]+)"', look(app, token).text)[1])  # type: ignore[index]  # it is there
    staff = shop.services.staff
    user, _ = staff.people.add(shipment.merchant_id, "ola@fjord.example", "Ola", Role.ADMIN)
    note = staff.desk.note(user, shipment.mode, shipment.id, "We have sent a second parcel.", visible=True)
    told = look(app, token, If_None_Match=tag)
    assert (told.status_code, note.text in words(told)) == (200, True)
    again = unescape(re.search(r'data-tag="([^"]+)"', told.text)[1])  # type: ignore[index]  # it is there
    assert look(app, token, If_None_Match=again).status_code == 304


def test_whoever_guesses_links_is_told_to_wait(app: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = replace(shop.services.settings.recipients, guesses_per_min=3)
    monkeypatch.setitem(
        app.extensions, "gateway", replace(shop.services, settings=replace(shop.services.settings, recipients=limits))
    )
    monkeypatch.setitem(app.extensions, "rate_window", type(app.extensions["rate_window"])())
    codes = [look(app, f"{n:022}").status_code for n in range(5)]
    assert codes == [404, 404, 404, 429, 429]
    waiting = look(app, "y" * 22)
    assert waiting.headers["Retry-After"] == "60"
    assert "Please try again in a minute." in words(waiting)
    assert look(app, shop.parcel(OUT)).status_code == 200


def test_an_open_redirect_or_script_url_of_a_carrier_is_no_link(app: Flask, shop: Shop) -> None:
    for url in ("javascript:alert(1)", "data:text/html,x", 'https://x.example/"onclick="'):
        assert "Open it at" not in words(look(app, shop.parcel(OUT, carrier_tracking_url=url)))


def test_a_parcel_for_a_service_point_is_to_be_collected(app: Flask, shop: Shop) -> None:
    goods = Shipment(
        origin=STORE,
        destination=OSLO,
        parcels=(Parcel(weight_g=1), Parcel(weight_g=2)),
        service_point="122",
        service_point_carrier="bring",
    )
    told = words(look(app, shop.parcel(MOVING, goods=goods)))
    assert "Ready to collect (still to come) Collected (still to come)" in told
    assert "Parcels 2" in told


def test_the_brand_is_shown_with_its_help_in_the_same_place_everywhere(app: Flask, shop: Shop, clock: Standing) -> None:
    done = shop.parcel(LIVES["delivered"])
    pages = [look(app, shop.parcel(OUT)), look(app, done)]
    clock.move(days=31)
    pages.append(look(app, done))
    for page in pages:
        assert f'<a href="mailto:{BRAND.help_email}">' in page.text.partition("<footer")[2]
        assert '<a class="help" href="#help">' in page.text.partition("<main")[0]
    assert BRAND.returns_url in pages[1].text
    assert BRAND.returns_url not in pages[0].text

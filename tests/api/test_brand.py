"""In whose name recipients are spoken to: said, shown, made harmless."""

from __future__ import annotations

import base64
from io import BytesIO

import pytest
from PIL import Image

from gateway.api.examples import BOOK
from gateway.api.examples_of_recipients import BRAND
from tests.api.world import Merchant, pointers, problem

PATH = "/v1/brand"


def picture(form: str = "PNG", size: tuple[int, int] = (600, 200), **more: object) -> bytes:
    image = Image.effect_noise(size, 90).convert("RGB")
    written = BytesIO()
    image.save(written, form, **more)
    return written.getvalue()


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_a_brand_is_the_merchants_name_until_it_is_said(newcomer: Merchant) -> None:
    first = newcomer.get(PATH).get_json()
    assert (first["name"], first["colour"], first["logo"], first["version"]) == ("Fjord Shop", "#0b57b0", None, 0)
    said = newcomer.put(PATH, BRAND, headers={"If-Match": '"0"'})
    assert said.headers["ETag"] == '"1"'
    shown = said.get_json()
    assert {name: shown[name] for name in BRAND if name != "logo"} == {k: v for k, v in BRAND.items() if k != "logo"}
    assert newcomer.get(PATH).get_json() == shown
    problem(newcomer.put(PATH, BRAND, headers={"If-Match": '"0"'}), 412, "precondition_failed")
    again = newcomer.put(PATH, {}).get_json()
    assert (again["name"], again["help_email"], again["version"]) == ("Fjord Shop", None, 2)
    assert again["logo"] == shown["logo"]  # left out: it stays
    assert newcomer.put(PATH, {"logo": None}).get_json()["logo"] is None
    problem(newcomer.get("/v1/brand/logo"), 404, "not_found")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_made_anew_and_small(form: str, newcomer: Merchant) -> None:
    sent = picture(form) + b"<script>alert(1)</script>"
    assert newcomer.put(PATH, {"logo": text(sent)}).status_code == 200
    kept = newcomer.get("/v1/brand/logo")
    assert kept.mimetype == "image/png"
    assert len(kept.data) <= 10_000
    assert b"script" not in kept.data
    with Image.open(BytesIO(kept.data)) as image:
        assert image.width <= 480
        assert image.height <= 144


def test_what_is_no_logo_is_pointed_at(newcomer: Merchant) -> None:
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    huge = picture(size=(2500, 2000))
    cut = picture()[:500]
    for sent in (svg, huge[:200_000], b"GIF89a", cut, b"x"):
        assert pointers(newcomer.put(PATH, {"logo": text(sent)})) == ["/logo"], sent[:20]
    bomb = BytesIO()
    Image.new("1", (4000, 4000)).save(bomb, "PNG")
    refused = problem(newcomer.put(PATH, {"logo": text(bomb.getvalue())}), 422, "invalid")
    assert refused["errors"][0]["message"] == "a logo has at most 4,000,000 pixels"
    assert newcomer.get(PATH).get_json()["version"] == 0


def test_what_means_nothing_is_pointed_at(newcomer: Merchant) -> None:
    wrong = {
        "colour": "red",
        "help_email": "hjelp",
        "help_phone": "22334455",
        "help_url": "javascript:alert(1)",
        "returns_url": "http://fjord.example",
        "privacy_url": 'https://fjord.example/"onclick=',
        "photo": "yes",
        "logo": "%%%",
    }
    assert sorted(pointers(newcomer.put(PATH, wrong))) == sorted(f"/{name}" for name in wrong)
    assert pointers(newcomer.put(PATH, {"language": "xx"})) == ["/language"]


def test_a_shipment_tells_its_recipients_link(merchant: Merchant) -> None:
    booked = merchant.book({**BOOK, "reference": "linked-1"})
    url = booked["tracking_url"]
    assert url == merchant.get(f"/v1/shipments/{booked['id']}").get_json()["tracking_url"]
    assert booked["tracking_number"] not in url
    page = merchant.client.get(url.removeprefix("http://127.0.0.1:8080"))
    assert page.status_code == 200
    assert "Being prepared" in page.text
    assert merchant.get("/v1/ratings").get_json() == {"data": [], "next_cursor": None}

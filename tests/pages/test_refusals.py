"""Whatever is refused under a link is told as a page, in the reader's language, with the way back if there is one."""

from __future__ import annotations

import pytest
from flask import Flask

from gateway.api.front import FAULT, LATE, SHORT
from gateway.domain.errors import Unavailable
from tests.pages.parcels import LIVES, Shop
from tests.pages.test_recipient_page import words

TOKEN = "a-link-of-22-letters00"
AGAIN = "Es wurde nichts geändert. Bitte öffnen Sie die Seite Ihrer Sendung noch einmal"


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("GET", "/t", 404, "Diesen Link kennen wir nicht"),
        ("GET", "/t/", 404, "Diesen Link kennen wir nicht"),
        ("GET", f"/t/{TOKEN}", 404, "Diesen Link kennen wir nicht"),
        ("GET", f"/t/{TOKEN}/", 404, "Diesen Link kennen wir nicht"),
        ("GET", f"/t/{TOKEN}/photo", 404, "Diesen Link kennen wir nicht"),
        ("GET", f"/t/{TOKEN}/nothing/here", 404, "Diesen Link kennen wir nicht"),
        ("GET", "/t/assets/other.css", 404, "Diesen Link kennen wir nicht"),
        ("GET", "/u/no-such-link", 404, "Diesen Link kennen wir nicht"),
        ("POST", f"/t/{TOKEN}", 405, AGAIN),
        ("DELETE", f"/t/{TOKEN}/wish", 405, AGAIN),
        ("GET", f"/t/{TOKEN}/push", 405, AGAIN),
    ],
)
def test_a_refusal_is_a_page(method: str, path: str, status: int, told: str, app: Flask) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "de"}
    refused = app.test_client().open(path, method=method, headers=browser)
    assert (refused.status_code, refused.mimetype) == (status, "text/html")
    assert told in words(refused)
    assert '<html lang="de"' in refused.text
    assert ("Allow" in refused.headers) == (status == 405)
    assert (f'href="/t/{TOKEN}"' in refused.text) == (status == 405 and path != f"/t/{TOKEN}")
    assert refused.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(("fault", "status"), [(LATE, 408), (SHORT, 400)])
def test_a_form_that_was_cut_off_is_answered_with_a_page(fault: str, status: int, app: Flask, shop: Shop) -> None:
    token = shop.parcel(LIVES["delivered"])
    cut = app.test_client().post(f"/t/{token}/rating?lang=fr", environ_overrides={FAULT: fault})
    assert cut.status_code == status
    assert "Rien n’a été changé." in words(cut)
    assert f'href="/t/{token}?lang=fr"' in cut.text


@pytest.mark.parametrize("what", ["", "/times", "/logo"])
def test_while_the_database_is_away_people_are_asked_to_come_again(
    what: str, app: Flask, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise Unavailable("the database does not answer")

    monkeypatch.setattr(shop.services.store, "look", away)
    link = shop.services.recipients.links.token("shp_01ARZ3NDEKTSV4RRFFQ69G5FAV")
    refused = app.test_client().get(f"/t/{link}{what}?lang=pl")
    assert (refused.status_code, refused.mimetype) == (503, "text/html")
    assert "Chwilowo niedostępne" in words(refused)
    assert refused.headers["Retry-After"] == "120"


def test_the_address_of_a_form_leads_back_to_where_it_is_filled_in(app: Flask) -> None:
    forms = {"missing": "", "rating": "", "wish": "", "wish/code": "", "times/code": "/times", "points/code": "/points"}
    for sent, page in forms.items():
        back = app.test_client().get(f"/t/{TOKEN}/{sent}?lang=es")
        assert (back.status_code, back.headers["Location"]) == (303, f"/t/{TOKEN}{page}?lang=es")


def test_machines_are_told_in_their_own_form(app: Flask) -> None:
    for path in ("/v1/t/x", "/tx", "/users/x", "/u/no-such-link"):
        assert app.test_client().get(path).mimetype == "application/problem+json"

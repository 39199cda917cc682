"""A shop that wants more than the end of a phone number: its recipients prove by a code that is sent to them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from tests.conftest import TestDatabase
from tests.journeys.diverting import own
from tests.journeys.fleet import add_fleet
from tests.journeys.recipients import EMAIL, PHONE, Street, street, to
from tests.journeys.site import Gateway, Site

WISH = {"form": "wish", "where": "neighbour", "wish_note": "no. 14, ring twice"}
CODE = re.compile(r"\b(\d{6})\b")


@pytest.fixture
def patient(sqlite_database: TestDatabase, tmp_path: Path) -> Iterator[Site]:
    """A gateway that speaks to a mail server as long as a busy machine takes: here somebody waits for the answer."""
    gateway = Gateway(sqlite_database.url, NOTIFICATIONS__SESSION_S="50")
    with Site(gateway, tmp_path) as site:
        yield site
    gateway.close()
    sqlite_database.empty()


@pytest.fixture
def home(patient: Site) -> Iterator[Street]:
    """Own vans, whose drivers take instructions; mail and text messages."""
    site, shop = patient, patient.merchant()
    with street(site, shop) as found:
        brand = {"name": "Fjord Shop", "wishes": True, "proof_code": True}
        assert shop.call("PUT", "/v1/brand", brand).status_code == 200
        shop.call("PATCH", f"/v1/accounts/{found.account_id}", {"enabled": False})
        add_fleet(site, shop, "vans")
        yield found


def post(home: Street, shipment: Any, what: str, lang: str = "", **more: str) -> TestResponse:
    path = f"{urlsplit(shipment['tracking_url']).path}/{what}{f'?lang={lang}' if lang else ''}"
    headers = {"Sec-Fetch-Site": "same-origin"}
    client = home.site.gateway.app.test_client()
    return client.post(path, data={**WISH, **more}, headers=headers, environ_base=own(shipment))


def mailed(home: Street) -> str:
    """The code in the newest mail."""
    found = CODE.search(home.sink.mails[-1].part("plain"))
    assert found
    return found[1]


def test_a_code_is_sent_kept_as_a_digest_counts_once_and_what_was_filled_in_stays(
    home: Street, sqlite_database: TestDatabase
) -> None:
    shipment = home.shop.booked(destination=to())
    first = home.site.gateway.app.test_client().get(urlsplit(shipment["tracking_url"]).path).text
    assert "we send a six-digit code to k…@example.com" in first
    assert EMAIL not in first
    assert 'name="proof"' not in first
    sent = post(home, shipment, "wish/code")
    assert sent.status_code == 200
    assert "We have sent a code to k…@example.com" in sent.text
    assert "no. 14, ring twice" in sent.text
    assert 'value="neighbour" checked' in sent.text
    code = mailed(home)
    mail = home.sink.mails[-1].message
    assert (mail["To"], mail["Subject"]) == (EMAIL, f"{code} is your code")
    assert mail["List-Unsubscribe"] is None
    with sqlite_database.engine.begin() as connection:
        kept = connection.execute(text("SELECT * FROM recipient_codes")).one()
    assert code not in str(kept)
    wrong = post(home, shipment, "wish", proof="000000" if code != "000000" else "000001")
    assert wrong.status_code == 422
    assert "That is not the code, or it is no longer valid." in wrong.text
    assert post(home, shipment, "wish", proof=f" {code[:3]} {code[3:]} ").status_code == 303
    assert "no. 14" in home.shop.shipment(shipment["id"])["destination"]["instructions"]
    assert post(home, shipment, "wish", proof=code).status_code == 422, "it counts once"


def test_the_end_of_the_phone_number_is_no_proof_here_and_a_code_ends_in_ten_minutes(home: Street) -> None:
    shipment = home.shop.booked(destination=to(phone=PHONE))
    assert post(home, shipment, "wish", proof=PHONE[-4:]).status_code == 422
    post(home, shipment, "wish/code")
    home.site.clock.advance(minutes=11)
    assert post(home, shipment, "wish", proof=mailed(home)).status_code == 422


def test_three_codes_an_hour_and_five_wrong_tries_whatever_is_asked_for(home: Street) -> None:
    shipment = home.shop.booked(destination=to())
    for _ in range(3):
        assert post(home, shipment, "wish/code").status_code == 200
    refused = post(home, shipment, "wish/code")
    assert refused.status_code == 422
    assert "Several codes were sent already." in refused.text
    assert len(home.sink.mails) == 3
    for _ in range(5):
        assert post(home, shipment, "wish", proof="12").status_code == 422
    locked = post(home, shipment, "wish", proof=mailed(home))
    assert "Too many wrong tries." in locked.text
    home.site.clock.advance(minutes=61)
    assert post(home, shipment, "wish/code").status_code == 200
    assert post(home, shipment, "wish", proof=mailed(home)).status_code == 303


def test_who_has_no_mail_gets_a_text_message_in_the_language_of_the_page(home: Street) -> None:
    shipment = home.shop.booked(destination=to(email="", phone=PHONE))
    sent = post(home, shipment, "wish/code", lang="de")
    assert "Wir haben einen Code an +47…888 gesendet." in sent.text
    (message,) = home.provider.texts
    assert message.form["To"] == PHONE
    assert message.body.startswith("Fjord Shop: ")
    assert "ist Ihr Code" in message.body


def test_where_nobody_can_be_reached_nothing_can_be_wished(home: Street) -> None:
    shipment = home.shop.booked(destination=to(email="kari@elsewhere.example"))
    page = home.site.gateway.app.test_client().get(urlsplit(shipment["tracking_url"]).path).text
    assert "Delivery instructions" not in page, "test shipments reach nobody but test_recipients"
    assert post(home, shipment, "wish/code").status_code == 409
    assert post(home, shipment, "wish", proof="123456").status_code == 409


def test_a_mail_server_that_is_away_is_said_and_nothing_is_lost(home: Street) -> None:
    shipment = home.shop.booked(destination=to())
    smtp = {"host": "127.0.0.1", "port": 9, "security": "none", "from": "parcels@fjord.example"}
    assert home.shop.call("PUT", "/v1/notification-senders/email", {"smtp": smtp}).status_code == 200
    refused = post(home, shipment, "wish/code")
    assert refused.status_code == 422
    assert "The code could not be sent." in refused.text
    assert "no. 14, ring twice" in refused.text

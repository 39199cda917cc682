"""Rate cards over HTTP: added, superseded, given back; every bad row pointed at; the next quote has the new price."""

import io
from datetime import timedelta

import pytest

from gateway.api.examples import RATE_CARD
from tests.api.conftest import Made
from tests.api.world import OWN_FLEET, Json, Merchant, contract_of, fresh, new_merchant, pointers, problem

NO_INLINE = {name: value for name, value in OWN_FLEET.items() if name != "rate_card"}


@pytest.fixture
def cards(newcomer: Merchant) -> str:
    """Where the rate cards of a merchant's fleet account are."""
    body = {"name": "own-fleet", "carrier": "own_fleet", "options": NO_INLINE}
    made = newcomer.post("/v1/accounts", body)
    assert made.status_code == 201, made.text
    return f"/v1/accounts/{made.get_json()['id']}/rate-cards"


def add(merchant: Merchant, path: str, text: str | bytes, **query: str) -> Json:
    made = merchant.post(path, data=text, content_type="text/csv", query_string=query)
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == made.get_json()["href"]
    found: Json = made.get_json()
    return found


def valid(first: str, last: str) -> str:
    return f"[card]\nname,valid_from,valid_until\nSpring,{first},{last}\n{RATE_CARD}"


def test_a_card_is_kept_as_it_was_given(newcomer: Merchant, cards: str) -> None:
    text = valid("2026-01-01", "").replace("\n", "\r\n")
    made = add(newcomer, cards, text)
    shown = {name: made[name] for name in ("version", "name", "valid_from", "valid_until", "prices")}
    assert shown == {"version": 1, "name": "Spring", "valid_from": "2026-01-01", "valid_until": None, "prices": 2}
    given_back = newcomer.get(made["href"])
    assert (given_back.mimetype, given_back.get_data()) == ("text/csv", text.encode())
    assert newcomer.get(cards).get_json() == {"data": [made]}


def test_a_form_with_the_file_will_do(newcomer: Merchant, cards: str) -> None:
    file = (io.BytesIO(RATE_CARD.encode()), "card.csv")
    made = newcomer.post(cards, data={"file": file}, content_type="multipart/form-data")
    assert made.status_code == 201, made.text
    assert newcomer.get(made.get_json()["href"]).text == RATE_CARD
    none = newcomer.post(cards, data={"note": "no file"}, content_type="multipart/form-data")
    assert pointers(none) == ["/file"]


def test_the_next_quote_has_the_new_price(newcomer: Merchant, cards: str) -> None:
    account_id = cards.split("/")[3]
    now = newcomer.services.clock()
    start, end = now + timedelta(days=3), now + timedelta(days=3, hours=2)
    window = {"id": fresh("w"), "zone": "oslo", "capacity": 5, "start": start.isoformat(), "end": end.isoformat()}
    asked = {
        "origin": {"country": "NO", "postal_code": "0152"},
        "destination": {"country": "NO", "postal_code": "0159"},
        "parcels": [{"weight_g": 2500}],
    }
    assert newcomer.put("/v1/fleet/windows", {"account": "own-fleet", "windows": [window]}).status_code == 204

    def price() -> list[tuple[int, list[str]]]:
        offers = newcomer.post("/v1/quotes", asked).get_json()["offers"]
        return [(offer["price"]["amount"], [line["code"] for line in offer["surcharges"]]) for offer in offers]

    assert price() == [], "an account without a card rests: it is not set up"
    add(newcomer, cards, RATE_CARD)
    assert price() == [(6900, [])]
    dearer = RATE_CARD.replace("6900", "7000") + "[surcharges]\ncode,when,percent\nfuel,always,10\n"
    add(newcomer, cards, dearer, supersede="true")
    assert price() == [(7700, ["fuel"])]
    next_year = (now + timedelta(days=365)).date().isoformat()
    other = valid(next_year, "").replace("6900", "1")
    add(newcomer, cards, other, supersede="true")
    assert price() == [(7700, ["fuel"])], "the newest that is valid then"
    assert newcomer.get(f"/v1/accounts/{account_id}").get_json()["version"] == 4


def test_cards_do_not_overlap_unless_one_shall_take_over(newcomer: Merchant, cards: str) -> None:
    add(newcomer, cards, valid("2026-01-01", "2026-06-30"))
    for first, last in (("2026-06-30", ""), ("", "2026-01-01"), ("", ""), ("2026-02-01", "2026-02-02")):
        refused = newcomer.post(cards, data=valid(first, last), content_type="text/csv")
        assert "version 1" in problem(refused, 409, "conflict")["detail"]
    assert add(newcomer, cards, valid("2026-07-01", ""))["version"] == 2
    refused = newcomer.post(cards, data=valid("", ""), content_type="text/csv")
    assert "version 2, 1" in problem(refused, 409, "conflict")["detail"]
    assert add(newcomer, cards, valid("2026-06-30", "2026-07-01"), supersede="true")["version"] == 3


def test_the_same_text_again_is_no_new_version(newcomer: Merchant, cards: str) -> None:
    assert add(newcomer, cards, RATE_CARD) == add(newcomer, cards, RATE_CARD)


def test_every_bad_row_is_pointed_at(newcomer: Merchant, cards: str) -> None:
    text = RATE_CARD + "oslo,standard,1.5,1,NOK,1\nmars,standard,1,1,NOK,1\noslo,standard,2,1,NOK,1,,9\n"
    refused = newcomer.post(cards, data=text, content_type="text/csv")
    assert pointers(refused) == ["/9/max_weight_g", "/10/zone", "/11"]
    assert problem(refused, 422, "invalid")["detail"] == "3 faults in the rate card"
    many = newcomer.post(cards, data=RATE_CARD + "oslo,standard,x,1,NOK,1\n" * 500, content_type="text/csv")
    assert len(pointers(many)) == 100
    assert "500 faults in the rate card, of which 100 are listed" in many.text
    assert newcomer.get(cards).get_json() == {"data": []}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [(b"", "/1"), (b"\xff\xfeP\x00", "/1"), (RATE_CARD.encode() + b"# \xe6\n", "/9"), (b"\x00", "/1"), (b"{}", "/1")],
)
def test_what_is_no_such_csv_is_refused(body: bytes, pointer: str, newcomer: Merchant, cards: str) -> None:
    assert pointers(newcomer.post(cards, data=body, content_type="text/csv")) == [pointer]


def test_json_is_no_rate_card(newcomer: Merchant, cards: str) -> None:
    problem(newcomer.post(cards, {"csv": RATE_CARD}), 415, "unsupported_media_type")


def test_a_carrier_that_names_its_own_prices_has_no_card(merchant: Merchant) -> None:
    account_id = merchant.get("/v1/accounts").get_json()["data"][0]["id"]
    refused = merchant.post(f"/v1/accounts/{account_id}/rate-cards", data=RATE_CARD, content_type="text/csv")
    assert "names its own prices" in problem(refused, 422, "invalid")["detail"]


def test_cards_are_for_administrators_to_add_and_for_others_to_read(newcomer: Merchant, cards: str) -> None:
    add(newcomer, cards, RATE_CARD)
    reader = newcomer.having("shipments:read")
    assert reader.get(cards).status_code == 200
    problem(reader.post(cards, data=RATE_CARD, content_type="text/csv"), 403, "missing_scope")
    problem(newcomer.get(f"{cards}/2"), 404, "not_found")


def test_a_card_may_be_larger_than_other_bodies_but_not_without_end(made: Made) -> None:
    app = made(GATEWAY__WEB__MAX_BODY_BYTES="2000", GATEWAY__WEB__MAX_RATE_CARD_BYTES="20000")
    merchant = new_merchant(app, contract_of(app))
    account = {"name": "own-fleet", "carrier": "own_fleet", "options": NO_INLINE}
    path = f"/v1/accounts/{merchant.post('/v1/accounts', account).get_json()['id']}/rate-cards"
    remark = "# " + "x" * 97 + "\n"
    add(merchant, path, RATE_CARD + remark * 100)
    for file in (False, True):
        text = RATE_CARD + remark * 200
        data = {"file": (io.BytesIO(text.encode()), "card.csv")} if file else text
        refused = merchant.post(path, data=data, content_type="multipart/form-data" if file else "text/csv")
        problem(refused, 413, "payload_too_large")
    problem(merchant.post("/v1/accounts", {"name": "x" * 3000}), 413, "payload_too_large")

"""What merchants say about telling recipients: every fault is named where it is."""

from __future__ import annotations

import re
from typing import Any

import pytest

from gateway.api.notification_examples import NOTIFICATION_SETTINGS, SMTP_SENDER, TEMPLATE, TWILIO_SENDER
from tests.api.world import Merchant, pointers, problem

SMS = "/v1/notification-templates/delivered/sms/en"
EMAIL = "/v1/notification-templates/delivered/email/en"


def faults(answer: Any) -> list[tuple[str, str]]:
    return [(fault["pointer"], fault["code"]) for fault in problem(answer, 422, "invalid")["errors"]]


def test_settings_are_kept_and_say_what_they_come_to(merchant: Merchant) -> None:
    assert merchant.get("/v1/notification-settings").get_json()["effective"]["out_for_delivery"] == [
        "email",
        "sms",
        "push",
    ]
    assert merchant.put("/v1/notification-settings", NOTIFICATION_SETTINGS).status_code == 200
    found = merchant.get("/v1/notification-settings").get_json()
    assert {name: found[name] for name in NOTIFICATION_SETTINGS} == NOTIFICATION_SETTINGS
    assert found["effective"] | NOTIFICATION_SETTINGS["events"] == found["effective"]
    assert merchant.put("/v1/notification-settings", {"quiet": None}).get_json()["quiet"] is None
    assert merchant.get("/v1/notification-settings").get_json()["keep_days"] == 0, "left out, it is the default again"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"events": {"deliverd": ["email"]}}, "/events/deliverd"),
        ({"events": {"delivered": ["fax"]}}, "/events/delivered"),
        ({"timezone": "Oslo"}, "/timezone"),
        ({"timezone": "../../etc/passwd"}, "/timezone"),
        ({"quiet": {"start": "21:00", "end": "21:00"}}, "/quiet/end"),
        ({"quiet": {"start": "9 pm", "end": "08:00"}}, "/quiet/start"),
        ({"phone_prefixes": ["47"]}, "/phone_prefixes/0"),
        ({"keep_days": 61}, "/keep_days"),
    ],
)
def test_settings_that_cannot_be_are_refused(merchant: Merchant, wrong: dict[str, Any], pointer: str) -> None:
    (found,) = pointers(merchant.put("/v1/notification-settings", wrong))
    assert found.startswith(pointer)


def test_a_senders_secret_is_kept_and_never_shown(merchant: Merchant) -> None:
    made = merchant.put("/v1/notification-senders/email", SMTP_SENDER)
    assert made.status_code == 200, made.text
    without = {"smtp": {name: value for name, value in SMTP_SENDER["smtp"].items() if name != "password"}}
    merchant.put("/v1/notification-senders/email", without)
    listed = merchant.get("/v1/notification-senders")
    assert "a secret" not in made.text + listed.text
    with merchant.services.store.look() as uow:
        stored = uow.notifications.sender(merchant.id, made.get_json()["id"])
    assert stored is not None
    assert stored.secrets == {"password": "a secret of the mail server"}, "left out, it stays"
    assert "a secret" not in repr(stored)


@pytest.mark.parametrize(
    ("channel", "body", "pointer"),
    [
        ("email", TWILIO_SENDER, "/twilio"),
        ("sms", SMTP_SENDER, "/smtp"),
        ("email", {**SMTP_SENDER, **TWILIO_SENDER}, ""),
        ("email", {}, ""),
        ("email", {"smtp": {**SMTP_SENDER["smtp"], "from": "parcels"}}, "/smtp/from"),
        ("email", {"smtp": {**SMTP_SENDER["smtp"], "from": "a@b.example\nBcc: c@d.example"}}, "/smtp/from"),
        ("email", {"smtp": {**SMTP_SENDER["smtp"], "host": "smtp.example.com/x"}}, "/smtp/host"),
        ("email", {"smtp": {**SMTP_SENDER["smtp"], "security": "none"}}, "/smtp/security"),
        ("sms", {"twilio": {**TWILIO_SENDER["twilio"], "account_sid": "AC1"}}, "/twilio/account_sid"),
        ("sms", {"twilio": {**TWILIO_SENDER["twilio"], "messaging_service_sid": f"MG{'0' * 32}"}}, "/twilio/from"),
        ("sms", {"twilio": {**TWILIO_SENDER["twilio"], "api_url": "http://169.254.169.254"}}, "/twilio/api_url"),
    ],
)
def test_senders_that_cannot_be_are_refused(merchant: Merchant, channel: str, body: object, pointer: str) -> None:
    assert pointers(merchant.put(f"/v1/notification-senders/{channel}", body)) == [pointer]


def test_a_channel_or_event_that_there_is_not_is_not_found(merchant: Merchant) -> None:
    problem(merchant.put("/v1/notification-senders/fax", SMTP_SENDER), 404, "not_found")
    problem(merchant.put("/v1/notification-templates/delivered/fax/en", TEMPLATE), 404, "not_found")
    problem(merchant.put("/v1/notification-templates/lost/email/en", TEMPLATE), 404, "not_found")
    problem(merchant.put("/v1/notification-templates/delivered/email/xx", TEMPLATE), 404, "not_found")


def test_checking_a_sender_says_in_a_sentence_what_is_wrong(merchant: Merchant) -> None:
    given = {**SMTP_SENDER["smtp"], "host": "127.0.0.1", "port": 9}
    merchant.put("/v1/notification-senders/email", {"smtp": given})
    checked = merchant.post("/v1/notification-senders/email/check").get_json()
    assert checked["ok"] is False
    assert "ConnectionRefusedError" in checked["why"]


@pytest.mark.parametrize(
    ("path", "parts", "fault"),
    [
        (SMS, {"text": "{{ shop"}, ("/parts/text", "syntax")),
        (SMS, {"text": "{{ shopp }} {{ link }}"}, ("/parts/text", "unknown_variable")),
        (SMS, {"text": "{{ shop.__class__ }}"}, ("/parts/text", "not_allowed")),
        (SMS, {"text": "x" * 130 + "{{ link }}"}, ("/parts/text", "too_long")),
        (SMS, {"text": "Żółć" * 5 + "山田" * 10 + "{{ link }}"}, ("/parts/text", "too_long")),
        (SMS, {"subject": "x"}, ("/parts/subject", "unknown_part")),
        (EMAIL, {"body": "{% for x in shop %}{% endfor %}"}, ("/parts/body", "not_allowed")),
        (EMAIL, {"mjml": "<mjml>{{ unsubscribe_link }}"}, ("/parts/mjml", "invalid")),
        (EMAIL, {"mjml": "<mjml></mjml>"}, ("/parts/mjml", "no_opt_out")),
    ],
)
def test_flaws_of_templates_are_named_at_their_part(
    merchant: Merchant, path: str, parts: dict[str, str], fault: tuple[str, str]
) -> None:
    assert faults(merchant.put(path, {"parts": parts}))[0] == fault
    assert (
        merchant.get("/v1/notification-templates", event="delivered", language="en").get_json()["data"][0]["own"]
        is False
    ), "nothing was kept"


def test_own_words_stand_over_ours_and_can_be_taken_back(merchant: Merchant) -> None:
    put = merchant.put(EMAIL, {"parts": {"subject": "Da!"}}).get_json()
    assert put["own"] is True
    assert put["parts"]["subject"] == "Da!"
    assert put["parts"]["heading"] == "Your parcel was delivered"
    assert merchant.delete(EMAIL).status_code == 204
    problem(merchant.delete(EMAIL), 404, "not_found")


@pytest.mark.parametrize(
    ("event", "told"), [("delivered", "today at 12:30 PM"), ("out_for_delivery", "today, 12:30 PM-2:")]
)
def test_a_preview_names_no_time_that_its_event_cannot_have(event: str, told: str, merchant: Merchant) -> None:
    ask = {"event": event, "channel": "email", "language": "en"}
    text = merchant.post("/v1/notification-templates/preview", ask).get_json()["text"]
    assert "tomorrow" not in text, "what is over, or is under way to the door, is of today"
    assert told in text


def test_french_mails_have_a_space_before_each_colon(merchant: Merchant) -> None:
    ask = {"event": "delivered", "channel": "email", "language": "fr"}
    shown = merchant.post("/v1/notification-templates/preview", ask).get_json()
    assert "Numéro de suivi\u00a0: 370438" in shown["text"]
    assert "Numéro de suivi\u00a0: 370438" in shown["html"]
    assert [line for line in shown["text"].splitlines() if re.search(r"\w:($| )", line)] == []


def test_a_preview_shows_an_example_or_a_shipment_and_sends_nothing(merchant: Merchant) -> None:
    ask = {"event": "delivered", "channel": "email", "language": "de"}
    example = merchant.post("/v1/notification-templates/preview", ask).get_json()
    assert example["subject"] == "Fjord Shop: Ihr Paket wurde zugestellt"
    assert "<!doctype html>" in example["html"]
    assert "Guten Tag Kari," in example["text"]
    text = {"event": "nearby", "channel": "sms", "language": "en", "parts": {"text": "{{ recipient }}! {{ link }}"}}
    shown = merchant.post("/v1/notification-templates/preview", text).get_json()
    assert (shown["encoding"], shown["segments"]) == ("GSM-7", 1)
    assert shown["characters"] == len(shown["text"])
    unknown = merchant.post("/v1/notification-templates/preview", {**ask, "shipment_id": "shp_x"})
    assert pointers(unknown) == ["/shipment_id"]


def test_a_forged_call_of_a_provider_is_refused(merchant: Merchant) -> None:
    made = merchant.put("/v1/notification-senders/sms", TWILIO_SENDER).get_json()
    for what in ("receipts", "replies"):
        path = f"/v1/notification-senders/{made['id']}/{what}"
        for headers in ({}, {"X-Twilio-Signature": "x"}, {"X-Twilio-Signature": "é"}):
            refused = merchant.client.post(path, data={"From": "+4799887766", "Body": "STOP"}, headers=headers)
            problem(refused, 401, "webhook_rejected")
    problem(merchant.client.post("/v1/notification-senders/snd_x/replies", data={}), 401, "webhook_rejected")


@pytest.mark.parametrize("token", ["x", "x.y", "é.é", "a" * 5000, "%00", "W10.AAAA"])
def test_an_opt_out_link_that_is_not_ours_is_none(merchant: Merchant, token: str) -> None:
    problem(merchant.client.get(f"/u/{token}"), 404, "not_found")
    problem(merchant.client.post(f"/u/{token}"), 404, "not_found")


def test_the_page_for_merchants_names_every_event_and_variable(merchant: Merchant) -> None:
    page = merchant.client.get("/docs/notifications")
    assert page.status_code == 200
    for word in ("pickup_last_day", "what_now", "content_sid", "STOP", "48 h"):
        assert word in page.text

"""When recipients are told, how often, and what ends it. On SQLite: none of it depends on the database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.engines.notices.mail import Mailbag
from gateway.engines.notices.twilio_reports import signature
from gateway.services.changes import record_change
from gateway.services.ports.notifications import Letter, Outcome
from tests.journeys.recipients import EMAIL, PHONE, TOKEN, Street, Told, brand, log, mails, settings, street, texts, to
from tests.journeys.scans import scan
from tests.journeys.site import Site

BASE = "http://127.0.0.1:8080"
LINK = re.compile(r"http://\S+(/u/\S+)")


@pytest.fixture
def here(sqlite_site: Site) -> Iterator[Street]:
    with street(sqlite_site, sqlite_site.merchant()) as here:
        yield here


def only(told: Told, event: str, channel: str = "email") -> tuple[str, str]:
    """State and reason of one notification."""
    (found,) = [each for each in told.log(event) if each["channel"] == channel]
    return found["state"], found["why"] or ""


def by_phone(here: Street, ending: str = "8888") -> Told:
    return here.parcel(destination=to("", f"+479888{ending}"))


def test_quiet_hours_are_waited_for_by_the_recipients_clock(here: Street) -> None:
    now = here.site.clock() + timedelta(hours=1)  # Oslo in November
    quiet = {"start": f"{now - timedelta(hours=1):%H:%M}", "end": f"{now + timedelta(hours=2):%H:%M}"}
    settings(here.shop, quiet=quiet, test_recipients=["+4798888888"])
    told = by_phone(here).scan("ON_VEHICLE")
    (waiting,) = [each for each in told.log() if each["channel"] == "sms"]
    assert waiting["state"] == "pending"
    assert waiting["due_at"][11:16] == f"{now + timedelta(hours=1):%H:%M}"
    here.site.work(hours=2, minutes=1)
    assert only(told, "out_for_delivery", "sms") == ("sent", "")


def test_what_would_be_old_after_the_quiet_hours_is_dropped(here: Street) -> None:
    now = here.site.clock() + timedelta(hours=1)
    quiet = {"start": f"{now - timedelta(hours=1):%H:%M}", "end": f"{now + timedelta(hours=6):%H:%M}"}
    settings(here.shop, quiet=quiet)
    told = by_phone(here).scan("ON_VEHICLE")
    assert only(told, "out_for_delivery", "sms") == (
        "dropped",
        "too late: it would no longer be news after the quiet hours",
    )


def test_who_opts_out_with_one_click_is_not_told_any_more(here: Street) -> None:
    told = here.parcel().scan("PICKED_UP")
    (mail,) = here.sink.mails
    headers = mail.message
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = headers["List-Unsubscribe"].removeprefix(f"<{BASE}").removesuffix(">")
    assert LINK.search(mail.part("plain"))[1] == path
    client = here.site.gateway.app.test_client()
    asked = client.get(path)
    assert asked.status_code == 200
    assert "k…@example.com" in asked.text
    assert here.shop.get("/v1/notification-blocks")["data"] == [], "looking at the page opts nobody out"
    for _ in range(2):
        clicked = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert clicked.status_code == 200
    told.scan("ON_VEHICLE")
    assert only(told, "out_for_delivery") == (
        "dropped",
        "the recipient has opted out (by the link in a message)",
    )
    (block,) = here.shop.get("/v1/notification-blocks")["data"]
    assert (block["recipient"], block["kind"]) == ("k…@example.com", "opt_out")
    assert client.post(f"{path[:-2]}xx").status_code == 404, "a link that was changed is none"
    assert here.shop.call("DELETE", f"/v1/notification-blocks/{block['id']}").status_code == 204
    told.scan("DELIVERED", "RECIPIENT")
    assert only(told, "delivered") == ("sent", "")


def called(here: Street, what: str, form: dict[str, str], query: str = "", token: str = TOKEN) -> int:
    """Twilio calls."""
    (sender,) = [each for each in here.shop.get("/v1/notification-senders")["data"] if each["channel"] == "sms"]
    path = f"/v1/notification-senders/{sender['id']}/{what}{query}"
    signed = {"X-Twilio-Signature": signature(token, BASE + path, form)}
    return here.site.gateway.app.test_client().post(path, data=form, headers=signed).status_code


def test_who_replies_stop_is_not_told_any_more_and_start_lets_it_begin_again(here: Street) -> None:
    settings(here.shop, test_recipients=[PHONE], events={"on_its_way": ["sms"], "delivered": ["sms"]})
    told = here.parcel(destination=to("", PHONE)).scan("PICKED_UP")
    assert only(told, "on_its_way", "sms") == ("sent", "")
    assert called(here, "replies", {"From": PHONE, "Body": " stop "}, token="forged") == 401
    assert called(here, "replies", {"From": PHONE, "Body": "When do you come?"}) == 200
    assert called(here, "replies", {"From": PHONE, "Body": " stop "}) == 200
    told.scan("ON_VEHICLE")
    assert only(told, "out_for_delivery", "sms") == ("dropped", "the recipient has opted out (replied STOP)")
    assert called(here, "replies", {"From": PHONE, "Body": "START"}) == 200
    told.scan("DELIVERED", "RECIPIENT")
    assert only(told, "delivered", "sms") == ("sent", "")


@pytest.mark.parametrize(
    ("reply", "ends_it"),
    [("Stop.", True), ("STOPP!", True), ("stop \u2026", True), ("Do not stop", False), ("?", False)],
)
def test_stop_is_heard_as_people_write_it(reply: str, ends_it: bool, here: Street) -> None:
    assert called(here, "replies", {"From": PHONE, "Body": reply}) == 200
    assert len(here.shop.get("/v1/notification-blocks")["data"]) == ends_it


def test_receipts_tell_what_became_of_a_text_message(here: Street) -> None:
    told = here.parcel(destination=to("", PHONE)).scan("ON_VEHICLE")
    (text,) = here.provider.texts
    notification = text.form["StatusCallback"].partition("notification=")[2]
    query = f"?notification={notification}"
    form = {"MessageSid": text.sid, "MessageStatus": "delivered"}
    assert called(here, "receipts", form, query, token="forged") == 401
    assert called(here, "receipts", {**form, "MessageSid": "SMother"}, query) == 204
    assert only(told, "out_for_delivery", "sms") == ("sent", "")
    assert called(here, "receipts", form, query) == 204
    assert called(here, "receipts", {**form, "MessageStatus": "sent"}, query) == 204, "late and out of order"
    (found,) = [each for each in told.log() if each["channel"] == "sms"]
    assert (found["state"], found["provider_id"], found["size"]) == ("delivered", text.sid, 1)
    assert found["receipt_at"]


def test_a_number_that_nobody_has_is_not_written_to_again(here: Street) -> None:
    told = here.parcel(destination=to("", PHONE)).scan("ON_VEHICLE")
    (text,) = here.provider.texts
    query = "?" + text.form["StatusCallback"].partition("?")[2]
    form = {"MessageSid": text.sid, "MessageStatus": "undelivered", "ErrorCode": "30005"}
    assert called(here, "receipts", form, query) == 204
    assert only(told, "out_for_delivery", "sms") == ("failed", "30005: the message did not arrive")
    told.scan("ATTEMPT_FAILED", "NOT_HOME")
    assert only(told, "attempted", "sms")[1].startswith("nothing arrives there (30005")


def test_a_mailbox_that_is_gone_is_not_written_to_again(here: Street) -> None:
    told = here.parcel(destination=to("gone@example.com")).scan("PICKED_UP").scan("ON_VEHICLE")
    assert only(told, "on_its_way") == ("failed", "550 5.1.1 No such mailbox here")
    assert only(told, "out_for_delivery")[1].startswith("nothing arrives there (550 5.1.1")


def test_a_refusal_that_is_not_the_recipients_blocks_nobody(here: Street) -> None:
    told = here.parcel(destination=to("policy@example.com")).scan("PICKED_UP").scan("ON_VEHICLE")
    assert only(told, "on_its_way") == only(told, "out_for_delivery") == ("failed", "550 5.7.1 Refused by policy")


def test_a_full_mailbox_is_tried_again_until_it_is_no_news(here: Street) -> None:
    told = here.parcel(destination=to("full@example.com")).scan("PICKED_UP")
    for minutes in (0, 2, 6, 16):
        assert only(told, "on_its_way") == ("pending", "452 4.2.2 The mailbox is full")
        here.site.work(minutes=minutes)
    here.site.work(minutes=61)
    assert only(told, "on_its_way")[0] == "failed"
    assert told.log("on_its_way")[0]["attempts"] == 5


def test_what_may_have_been_sent_is_not_sent_again(here: Street) -> None:
    told = here.parcel(destination=to("break@example.com")).scan("PICKED_UP")
    here.site.work(hours=1)
    state, why = only(told, "on_its_way")
    assert state == "unknown"
    assert "the connection broke while it was sent" in why
    assert len(here.sink.mails) == 1


def test_a_letter_that_nobody_can_send_holds_up_no_others(here: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    send = Mailbag.send

    def stumbles(bag: Mailbag, letter: Letter) -> Outcome:
        if letter.to == "odd@example.com":
            raise ValueError("nobody foresaw this")
        return send(bag, letter)

    monkeypatch.setattr(Mailbag, "send", stumbles)
    odd, other = here.parcel(destination=to("odd@example.com")), here.parcel()
    odd.scan("PICKED_UP", work=False)
    other.scan("PICKED_UP")
    assert only(odd, "on_its_way") == ("unknown", "an error of ours while it was sent: ValueError")
    assert only(other, "on_its_way") == ("sent", "")


@pytest.mark.parametrize(
    ("ending", "state"),
    [("0500", "unknown"), ("1211", "failed"), ("1610", "failed"), ("0429", "pending"), ("0503", "pending")],
)
def test_what_twilio_says_is_taken_as_it_means_it(here: Street, ending: str, state: str) -> None:
    settings(here.shop, test_recipients=[f"+479888{ending}"])
    told = by_phone(here, ending).scan("ON_VEHICLE")
    assert only(told, "out_for_delivery", "sms")[0] == state
    kinds = [block["kind"] for block in here.shop.get("/v1/notification-blocks")["data"]]
    assert kinds == {"1211": ["bounce"], "1610": ["opt_out"]}.get(ending, [])


def test_a_mail_server_that_is_down_costs_nothing_but_time(here: Street) -> None:
    port = here.sink.port
    mails(here.shop, here.sink, port=1)
    told = [here.parcel().scan("PICKED_UP") for _ in range(3)]
    for _ in range(6):
        here.site.work(minutes=11)
    (sender,) = [each for each in here.shop.get("/v1/notification-senders")["data"] if each["channel"] == "email"]
    assert sender["failures"] >= 5
    assert "ConnectionRefusedError" in sender["why"]
    assert {(each.log("on_its_way")[0]["state"], each.log("on_its_way")[0]["attempts"]) for each in told} == {
        ("pending", 0)
    }
    mails(here.shop, here.sink, port=port)
    here.site.work()
    assert {only(each, "on_its_way") for each in told} == {("sent", "")}
    assert len({mail.connection for mail in here.sink.mails}) == 1, "one connection for all that waited"


def test_test_shipments_reach_nobody_who_is_not_named(here: Street) -> None:
    settings(here.shop, test_recipients=["me@example.com", "@own.example"])
    kept, named, own = (
        here.parcel(destination=to(address)).scan("PICKED_UP")
        for address in ("kari@example.com", "me@example.com", "anybody@own.example")
    )
    assert only(kept, "on_its_way") == ("dropped", "test shipments reach nobody but test_recipients")
    assert {only(named, "on_its_way"), only(own, "on_its_way")} == {("sent", "")}


def test_a_recipient_gets_so_many_texts_a_day(here: Street) -> None:
    settings(here.shop, texts_per_day=2)
    told = [here.parcel(destination=to("", PHONE)).scan("ON_VEHICLE") for _ in range(3)]
    assert [only(each, "out_for_delivery", "sms")[0] for each in told] == ["sent", "sent", "dropped"]
    here.site.work(hours=25)
    again = here.parcel(destination=to("", PHONE)).scan("ON_VEHICLE")
    assert only(again, "out_for_delivery", "sms")[0] == "sent"


def test_reminder_and_last_day_come_while_the_parcel_waits(here: Street) -> None:
    settings(here.shop, keep_days=5, reminder_h=48)
    told, collected = here.parcel().scan("READY"), here.parcel().scan("READY")
    first = here.sink.mails[0].part("plain")
    assert "Den ligger der til" in first
    collected.scan("DELIVERED", "COLLECTED")
    for _ in range(48):
        here.site.work(hours=3)  # oftener than what is due at an hour of the day ceases to be news
    assert ("ready_for_pickup", "sent") in told.states()  # planned at one moment, in no order
    assert only(told, "pickup_reminder") == only(told, "pickup_last_day") == ("sent", "")
    assert only(collected, "pickup_reminder")[0] == only(collected, "pickup_last_day")[0] == "dropped"
    (last,) = [mail for mail in here.sink.mails if "siste dag" in mail.message["Subject"]]
    assert "I dag er siste dag" in last.part("plain")


def test_no_last_day_is_told_where_nobody_knows_it(here: Street) -> None:
    told = here.parcel().scan("READY")
    here.site.work(hours=240)
    assert told.log("pickup_last_day") == []


def test_a_person_may_have_it_told_again_while_it_is_so(here: Street) -> None:
    told = here.parcel().scan("PICKED_UP")
    sent = told.log("on_its_way")[0]
    path = f"/v1/shipments/{told.parcel.id}/notifications/{sent['id']}/resend"
    again = here.shop.call("POST", path)
    assert again.status_code == 202, again.text
    assert again.json["resent"] == 1
    here.site.work()
    assert len(here.sink.mails) == 2
    told.scan("ON_VEHICLE")
    too_late = here.shop.call("POST", path)
    assert too_late.status_code == 409
    assert "it is not so any more" in too_late.json["detail"]


def risk(here: Street, told: Told, *alarms: str) -> None:
    """The promise is found to be at risk; afterwards the shipment has these alarms."""
    with here.site.services.store.work() as uow:
        shipment = uow.shipments.get(here.shop.id, told.parcel.id, lock=True)
        assert shipment is not None
        record_change(uow, replace(shipment, alarms=alarms), "shipment.promise_at_risk", here.site.clock())
        uow.commit()
    here.site.work()


def test_a_promise_at_risk_is_told_as_a_delay(here: Street) -> None:
    told = here.parcel().scan("PICKED_UP")
    for _ in range(2):
        risk(here, told, "promise_at_risk")
    assert only(told, "delayed") == ("sent", "")
    assert here.sink.mails[-1].message["Subject"] == "Fjord Shop: pakken din er forsinket"
    assert "Den er ventet" in here.sink.mails[0].part("plain")


def test_a_risk_that_is_over_is_not_told(here: Street) -> None:
    told = here.parcel().scan("PICKED_UP")
    risk(here, told, "stuck")
    assert only(told, "delayed")[0] == "dropped"
    assert len(here.sink.mails) == 1


def test_nobody_is_told_of_a_return(here: Street) -> None:
    """Its destination is the merchant's own warehouse."""
    out = here.parcel().scan("PICKED_UP").scan("DELIVERED", "RECIPIENT")
    sent = len(here.sink.mails)
    asked = here.shop.call("POST", f"/v1/shipments/{out.parcel.id}/return", {}, Idempotency_Key=f"back-{here.shop.id}")
    assert asked.status_code == 201, asked.text
    back, number = asked.json["id"], asked.json["tracking_number"]
    out.parcel.push(scan(number, "e-back", "PICKED_UP", here.site.clock().isoformat()))
    here.site.work()
    why = {each["why"] for each in log(here.shop, back)}
    assert why == {"it is a return: it comes to the merchant, not to a recipient"}
    assert len(here.sink.mails) == sent


def test_one_merchants_flood_is_no_others_concern(here: Street) -> None:
    """Each sender is a lane of its own: while one is stuck with a slow server, the other's mail goes out."""
    lanes = here.site.services.recipient_lanes
    here.parcel().scan("PICKED_UP", work=False).site.services.lanes.claim()
    other = here.site.merchant("Other")
    with street(here.site, other) as there:
        there.parcel().scan("PICKED_UP", work=False)
        read(here.site)
        here.site.services.lanes.claim()
        claimed = lanes.claim()
        assert {lane.merchant_id for lane in claimed} == {here.shop.id, other.id}
        assert list(lanes.claim()) == [], "a lane that is worked is nobody else's"
        (mine,) = [lane for lane in claimed if lane.merchant_id == other.id and lane.channel == "email"]
        lanes.work(mine)
        assert len(there.sink.mails) == 1
        assert here.sink.mails == []


def read(site: Site) -> None:
    for batch in site.services.inbox.claim():
        site.services.inbox.work(batch)


def test_hostile_text_stays_text(here: Street) -> None:
    hostile = '<script>alert(1)</script>\u202e"&'
    brand(here.shop, name="Shop <b>& Co</b>")
    told = here.parcel(destination=to(EMAIL, name=hostile)).scan("PICKED_UP")
    assert only(told, "on_its_way") == ("sent", "")
    (mail,) = here.sink.mails
    page = mail.part("html")
    assert "<script" not in page
    assert "Shop &lt;b&gt;&amp; Co&lt;/b&gt;" in page
    assert "\u202e" not in page
    assert mail.message["Subject"].startswith("Shop <b>& Co</b>: ")
    advertisement = here.parcel(destination=to(EMAIL, name="win.example/prize")).scan("PICKED_UP")
    assert only(advertisement, "on_its_way") == ("sent", "")
    assert "win.example" not in here.sink.mails[-1].part("plain"), "no name that mail programs make a link of"


def test_a_merchant_without_senders_pays_nothing(here: Street) -> None:
    for channel in ("email", "sms"):
        assert here.shop.call("DELETE", f"/v1/notification-senders/{channel}").status_code == 204
    told = here.parcel().scan("PICKED_UP")
    assert told.log() == []


def test_what_waits_for_a_deleted_sender_is_dropped(here: Street) -> None:
    mails(here.shop, here.sink, port=1)
    told = here.parcel().scan("PICKED_UP")
    assert here.shop.call("DELETE", "/v1/notification-senders/email").status_code == 204
    assert only(told, "on_its_way") == ("dropped", "there is no sender for it any more")


def test_own_words_are_said(here: Street) -> None:
    parts = {"subject": "{{ shop }} ruft", "body": "Hei{% if recipient %} {{ recipient }}{% endif %}, {{ carrier }}!"}
    answer = here.shop.call("PUT", "/v1/notification-templates/on_its_way/email/no", {"parts": parts})
    assert answer.status_code == 200, answer.text
    here.parcel().scan("PICKED_UP")
    (mail,) = here.sink.mails
    assert mail.message["Subject"] == "Fjord Shop ruft"
    assert "Hei Kari, Sandbox!" in mail.part("plain")
    assert "Pakken din er på vei" in mail.part("plain"), "parts that are not their own are ours"


def test_a_language_may_be_asked_for(here: Street) -> None:
    here.parcel(metadata={"language": "pl"}).scan("PICKED_UP")
    assert here.sink.mails[0].message["Subject"] == "Fjord Shop: Twoja paczka jest w drodze"
    assert here.sink.mails[0].message["Content-Language"] == "pl"


def test_whatsapp_goes_by_an_approved_template(here: Street) -> None:
    texts(here.shop, here.provider, "whatsapp")
    settings(here.shop, events={"delivered": ["whatsapp"]}, test_recipients=[PHONE])
    parts = {"content_sid": "HX" + "1" * 32, "content_1": "{{ shop }}", "content_2": "{{ link }}"}
    answer = here.shop.call("PUT", "/v1/notification-templates/delivered/whatsapp/no", {"parts": parts})
    assert answer.status_code == 200, answer.text
    here.parcel(destination=to("", PHONE)).scan("DELIVERED", "RECIPIENT")
    (text,) = here.provider.texts
    assert text.form["To"] == f"whatsapp:{PHONE}"
    assert text.form["ContentSid"] == "HX" + "1" * 32
    assert text.form["ContentVariables"].startswith('{"1": "Fjord Shop", "2": "http')
    assert "Body" not in text.form


def test_a_shipment_without_an_address_is_told_nothing(here: Street) -> None:
    told = here.parcel(destination=to("")).scan("PICKED_UP")
    assert only(told, "on_its_way") == ("dropped", "the shipment has no e-mail address")

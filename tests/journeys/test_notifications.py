"""What recipients are told of a parcel, end to end: a carrier's scans in, real SMTP and Twilio's wire format out."""

from __future__ import annotations

from tests.journeys.recipients import PHONE, street, to
from tests.journeys.site import Merchant, Site


def test_a_recipient_is_told_each_thing_once_in_order_and_in_his_language(site: Site, shop: Merchant) -> None:
    with street(site, shop) as here:
        told = here.parcel(destination=to(phone=PHONE))
        for code, detail in (("PICKED_UP", ""), ("AT_HUB", ""), ("ON_VEHICLE", ""), ("ATTEMPT_FAILED", "NOT_HOME")):
            told.scan(code, detail)
            told.scan(code, detail)  # another scan of the same, as carriers send them
        told.scan("ON_VEHICLE").scan("DELIVERED", "RECIPIENT")
        assert [mail.message["Subject"] for mail in here.sink.mails] == [
            "Fjord Shop: pakken din er på vei",
            "Fjord Shop: pakken din er ute til levering",
            "Fjord Shop: pakken din ble ikke levert",
            "Fjord Shop: pakken din er levert",
        ]
        out, missed = (text.body.partition("http")[0] for text in here.provider.texts)
        assert out.startswith("Fjord Shop: pakken er ute til levering")  # and from when to when, if that is today
        assert missed == "Fjord Shop: budet fikk ikke levert pakken. Hva nå: "
        assert all("/t/" in text.body for text in here.provider.texts)
        assert {state for _, state in told.states()} == {"sent"}
        assert {each["recipient"] for each in told.log()} == {"k…@example.com", "+47…888"}


def test_a_second_attempt_is_told_again(site: Site, shop: Merchant) -> None:
    with street(site, shop) as here:
        told = here.parcel()
        told.scan("ATTEMPT_FAILED", "NOT_HOME")
        site.clock.advance(hours=20)
        told.scan("ON_VEHICLE").scan("ATTEMPT_FAILED", "NO_ACCESS")
        attempts = [mail for mail in here.sink.mails if "ikke levert" in mail.message["Subject"]]
        assert len(attempts) == 2
        assert "forsøk 2" in attempts[1].part("plain")
        assert "adressen er fullstendig" in attempts[1].part("plain")


def test_only_what_is_true_when_it_is_sent_is_sent(site: Site, shop: Merchant) -> None:
    with street(site, shop) as here:
        told = here.parcel()
        told.scan("PICKED_UP", work=False).scan("ON_VEHICLE", work=False).scan("DELIVERED", "NEIGHBOUR")
        assert [mail.message["Subject"] for mail in here.sink.mails] == ["Fjord Shop: pakken din er levert"]


def test_what_is_too_late_is_not_sent(site: Site, shop: Merchant) -> None:
    with street(site, shop) as here:
        site.clock.advance(hours=12)
        late = here.parcel().scan("ON_VEHICLE", minutes_ago=9 * 60)
        assert late.states() == [("out_for_delivery", "dropped")] * 2
        assert {each["why"] for each in late.log()} == {"too late: it would no longer be news"}
        assert here.sink.mails == []

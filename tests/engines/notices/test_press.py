"""Every shipped text in every language, and what templates may not do."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gateway.domain.notification_events import advice_for, notification_events
from gateway.domain.notifications import Channel
from gateway.domain.text_messages import measured, simplified
from gateway.domain.tracking import reasons
from gateway.engines.notices.press import LANGUAGES, VARIABLES, TemplatePress

PRESS = TemplatePress()
NOW = datetime(2026, 11, 27, 9, 30, tzinfo=ZoneInfo("Europe/Oslo"))
ROBOTO = (
    "<mjml><mj-body><mj-section><mj-column><mj-text font-family='Roboto'>{{ body }}"
    "<a href='{{ unsubscribe_link }}'>x</a></mj-text></mj-column></mj-section></mj-body></mjml>"
)
COUNTRIES = {"en": "US", "no": "NO", "de": "DE", "fr": "FR", "es": "ES", "pl": "PL"}


def facts(language: str, **more: str) -> Mapping[str, str]:
    country = COUNTRIES[language]
    start = NOW + timedelta(days=5, hours=2)
    return {
        "shop": "A Shop of 20 Letters",
        "recipient": "Kari",
        "carrier": "Bring",
        "tracking_number": "370438101234567890",
        "reference": "order-1001",
        "link": f"https://doorstep.example/t/{'x' * 22}",
        "when": PRESS.when(start, start + timedelta(hours=3), NOW, language, country),
        "attempts": "2",
        "last_day": PRESS.day(start, NOW, language, country),
        "what_now": PRESS.say("what_now.address", {}, language),
        "reason": "address_issue",
        "contact": "help@shop.example",
        "unsubscribe_link": "https://doorstep.example/u/token",
        "colour": "#1f4b99",
        **more,
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_shipped_text_can_be_filled_in_and_fits(language: str) -> None:
    for event in notification_events():
        for channel in Channel:
            parts = PRESS.shipped(event, channel, language)
            assert list(PRESS.flaws(channel, parts)) == []
            bare = facts(language, when="", last_day="", recipient="", contact="")
            for given in (facts(language), bare, {**bare, "carrier": bare["shop"]}):
                written = PRESS.write(channel, parts, given, language)
                case = f"{language} {event} {channel}: {written.text}"
                assert "  " not in written.text, case
                where = written.content["url"] if channel is Channel.PUSH else written.text
                assert given["link"] in where, case
                assert not re.search(r"\s[,.]|\w\.\.\s|\?\s?:|\{\{|None", written.text), case
                if channel is Channel.SMS:
                    measure = measured(simplified(written.text))
                    assert (measure.encoding, measure.segments) == ("GSM-7", 1), case
                    assert "STOP" in written.text, case
                if channel is Channel.EMAIL:
                    assert len(written.subject) <= 78, case
                    assert given["unsubscribe_link"] in written.text
                    assert f'href="{given["unsubscribe_link"]}"' in written.html
                    assert f'lang="{"nb" if language == "no" else language}"' in written.html


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_shop_with_vans_of_its_own_does_not_speak_of_itself_as_of_a_carrier(language: str) -> None:
    for event in ("booked", "on_its_way", "delivered"):
        parts = PRESS.shipped(event, Channel.PUSH, language)
        own = PRESS.write(Channel.PUSH, parts, facts(language, carrier="A Shop of 20 Letters"), language)
        assert own.text
        assert "A Shop" not in own.text
        assert "Bring" in PRESS.write(Channel.PUSH, parts, facts(language), language).text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_phrase(language: str) -> None:
    for phrase in ("opt_out_title", "opt_out_ask", "opt_out_button", "opt_out_done"):
        assert PRESS.say(phrase, {"shop": "Shop", "shown": "k…@x.no"}, language)
    for advice in {advice_for(reason) for reason in reasons()}:
        assert PRESS.say(f"what_now.{advice}", {}, language)


def test_times_are_said_as_people_say_them() -> None:
    two, four = NOW.replace(hour=14), NOW.replace(hour=16)
    assert PRESS.when(two, four, NOW, "en", "US") == "today, 2:30 PM-4:30 PM"
    assert PRESS.when(two, four, NOW, "no", "NO") == "i dag kl. 14:30-16:30"
    assert PRESS.when(None, four + timedelta(days=1), NOW, "en", "GB") == "tomorrow by 16:30"
    assert PRESS.when(None, NOW.replace(hour=23), NOW, "de", "DE") == "heute", "the end of the day is no time of day"
    assert PRESS.when(two, None, NOW, "fr", "FR") == "aujourd’hui à 14:30"
    assert PRESS.when(None, None, NOW, "en", "US") == ""
    assert PRESS.when(None, four + timedelta(days=4), NOW, "pl", "XX") == "wt., 1 gru do 16:30"


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("{{ shop", "syntax"),
        ("{% if shop %}x", "syntax"),
        ("{{ shop.__class__ }}", "not_allowed"),
        ("{{ shop['x'] }}", "not_allowed"),
        ("{{ range(9) }}", "not_allowed"),
        ("{% for x in shop %}{{ x }}{% endfor %}", "not_allowed"),
        ("{{ 'a' * 1000000000 }}", "not_allowed"),
        ("{{ 9 ** 999999999 }}", "not_allowed"),
        ("{% macro m() %}{% endmacro %}", "not_allowed"),
        ("{% include 'x' %}", "not_allowed"),
        ("{% set x = 1 %}", "not_allowed"),
        ("{{ shop | replace('', shop) }}", "not_allowed"),
        ("{{ shop | center(1000000000) }}", "not_allowed"),
        ("{{ " + "9" * 9000 + " }}", "syntax"),
        ("{{ " + "(" * 9000, "syntax"),
        ("{{ nothing }}", "unknown_variable"),
        ("{{ self }}", "unknown_variable"),
    ],
)
def test_what_templates_may_not_do_is_named(source: str, code: str) -> None:
    began = time.process_time()
    flaws = PRESS.flaws(Channel.SMS, {"text": source})
    assert code in {flaw.code for flaw in flaws}
    assert {flaw.part for flaw in flaws} == {"text"}
    assert time.process_time() - began < 5


def test_what_is_nested_beyond_reason_cannot_be_filled_in() -> None:
    nested = "{% if shop %}" * 400 + "x" + "{% endif %}" * 400
    with pytest.raises(ValueError, match="cannot be filled in"):
        PRESS.write(Channel.SMS, {"text": nested}, facts("en"), "en")


def test_unknown_parts_and_mails_without_a_way_out_are_named() -> None:
    assert [flaw.code for flaw in PRESS.flaws(Channel.SMS, {"subject": "x"})] == ["unknown_part"]
    mjml = "<mjml><mj-body></mj-body></mjml>"
    assert [flaw.code for flaw in PRESS.flaws(Channel.EMAIL, {"mjml": mjml})] == ["no_opt_out"]
    including = "<mj-include path='/etc/passwd'/>{{ unsubscribe_link }}"
    assert "not_allowed" in {flaw.code for flaw in PRESS.flaws(Channel.EMAIL, {"mjml": including})}


def test_what_others_wrote_is_text_in_a_mail() -> None:
    hostile = '"><script>alert(1)</script><!--&amp;</mj-text>'
    given = facts("en", shop=hostile, recipient=hostile, reference=hostile, contact=hostile, carrier=hostile)
    written = PRESS.write(Channel.EMAIL, PRESS.shipped("delivered", Channel.EMAIL, "en"), given, "en")
    assert "<script" not in written.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in written.html
    assert hostile in written.text


def test_a_mail_fetches_nothing_from_anywhere() -> None:
    for layout in ({}, {"mjml": ROBOTO}):
        parts = {**PRESS.shipped("delivered", Channel.EMAIL, "en"), **layout}
        html = PRESS.write(Channel.EMAIL, parts, facts("en"), "en").html
        links = set(re.findall(r"https?://[^\"'\s)<>]+", html)) - {"http://www.w3.org/1999/xhtml"}
        assert links <= {facts("en")["link"], facts("en")["unsubscribe_link"]}


def test_templates_are_not_filled_in_twice() -> None:
    given = facts("en", shop="{{ link }}{% if %}")
    assert "{{ link }}{% if %}" in PRESS.write(Channel.SMS, {"text": "{{ shop }}"}, given, "en").text


@pytest.mark.parametrize(
    ("colour", "readable"), [("#1f4b99", "#ffffff"), ("#ffd500", "#000000"), ("#000000", "#ffffff")]
)
def test_the_button_can_be_read_on_any_colour(colour: str, readable: str) -> None:
    written = PRESS.write(
        Channel.EMAIL, PRESS.shipped("delivered", Channel.EMAIL, "en"), facts("en", colour=colour), "en"
    )
    (button,) = re.findall(r"<a[^>]*background:(#\w+);color:(#\w+)", written.html)
    assert button == (colour, readable)


def test_variables_are_those_that_facts_have() -> None:
    assert set(facts("en")) - {"unsubscribe_link", "colour"} == VARIABLES

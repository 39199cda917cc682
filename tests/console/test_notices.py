"""Notifications, the brand and retention: what is told is seen masked, words are tried before they are used."""

from __future__ import annotations

import html
import io
import re

from gateway.domain.people import Role
from tests.console.world import Person, World
from tests.pictures import photo


def test_what_was_told_is_listed_masked_and_narrowed(world: World, support: Person) -> None:
    page = support.see("/notifications")
    assert "Out for delivery" in page
    assert "k…@post.example" in page
    assert "kari.nordmann" not in page
    assert "mailbox full" in page
    assert (
        "Out for delivery"
        not in re.split("<tbody>", support.see("/notifications", state="failed", channel="email"))[-1]
    )
    assert "None like that" in support.see("/notifications", state="dropped", channel="sms")
    stranger = world.person(Role.ADMIN, world.stranger)
    assert "k…@post.example" not in stranger.see("/notifications")


def test_words_are_looked_at_refused_kept_and_given_back(world: World, support: Person) -> None:
    operations = world.person(Role.OPERATIONS)
    name = {"event": "delivered", "channel": "sms", "language": "en"}
    page = support.see("/notifications/texts", **name)
    assert "As shipped" in page
    assert "message to pay for" in page or "message" in page
    assert support.post("/notifications/texts", **name, act="keep").status_code == 403
    seen = operations.post(
        "/notifications/texts", **name, **{"part-text": "{{ shop }}: it is there! {{ link }}"}, act="look"
    )
    assert "it is there!" in seen.text
    assert "Not used yet" in seen.text
    assert "As shipped" in operations.see("/notifications/texts", **name)
    wrong = operations.post("/notifications/texts", **name, **{"part-text": "{{ nonsense }}"}, act="keep")
    assert wrong.status_code == 422
    assert "This cannot be used" in wrong.text
    assert "{{ nonsense }}" in html.unescape(wrong.text)
    kept = operations.post(
        "/notifications/texts", **name, **{"part-text": "{{ shop }}: it is there! {{ link }}"}, act="keep"
    )
    assert kept.status_code == 303, kept.text
    assert "Your words" in operations.see("/notifications/texts", **name)
    operations.post("/notifications/texts", **name, act="shipped")
    assert "As shipped" in operations.see("/notifications/texts", **name)


def test_quiet_hours_and_channels_are_kept(world: World, support: Person) -> None:
    operations = world.person(Role.OPERATIONS)
    form = {
        "quiet": "on",
        "start": "22:00",
        "end": "07:30",
        "quiet-sms": "on",
        "timezone": "Europe/Oslo",
        "reminder_h": "24",
    }
    wrong = operations.post("/notifications/hours", **{**form, "end": "22:00", "timezone": "Moon"}, keep_days="x")
    assert wrong.status_code == 422
    assert "A whole number from 0 to 60." in wrong.text
    assert support.post("/notifications/hours", **form, keep_days="7").status_code == 403
    assert (
        operations.post("/notifications/hours", **form, keep_days="7", **{"delivered-email": "on"}).status_code == 303
    )
    settings = world.site.services.notifications.settings(world.shop.id, "test")
    assert settings.quiet is not None
    assert (str(settings.quiet.start), str(settings.quiet.end), settings.quiet.channels) == (
        "22:00:00",
        "07:30:00",
        ("sms",),
    )
    assert settings.keep_days == 7
    assert "delivered" not in settings.events or "email" in settings.events["delivered"]
    hours = operations.see("/notifications/hours")
    assert 'value="07:30"' in hours
    assert "so many hours later" in hours
    assert "`" not in hours  # names of settings are for the API's documentation
    operations.post("/notifications/hours", reminder_h="48", keep_days="0")


def test_a_brand_is_tried_kept_and_not_overwritten(world: World, support: Person) -> None:
    operations = world.person(Role.OPERATIONS)
    page = operations.see("/settings/brand")
    (version,) = re.findall(r'name="version" value="(\d+)"', page)
    form = {
        "name": "Fjord & Co",
        "colour": "#AA3300",
        "language": "en",
        "help_email": "help@fjord.example",
        "version": version,
    }
    seen = operations.post("/settings/brand", **form, act="look")
    assert 'fill="#aa3300"' in seen.text
    assert "How it would look" in seen.text
    assert world.site.services.recipients.brands.get(world.shop.id).version == int(version)
    wrong = operations.post(
        "/settings/brand", **{**form, "help_url": "javascript:alert(1)", "colour": "red"}, act="keep"
    )
    assert wrong.status_code == 422
    assert "An https address." in wrong.text
    logo = operations.client.post(
        "/console/settings/brand",
        data={**form, "csrf": operations.token(), "act": "keep", "logo": (io.BytesIO(photo()), "logo.jpg")},
    )
    assert logo.status_code == 303, logo.text
    assert operations.get("/settings/brand/logo.png").data.startswith(b"\x89PNG")
    stale = operations.post("/settings/brand", **form, act="keep")
    assert stale.status_code == 422
    assert "Somebody else changed the brand" in stale.text
    assert "Fjord &amp; Co" in stale.text
    assert support.get("/settings/brand").status_code == 403


def test_retention_is_told_to_everybody(support: Person) -> None:
    page = support.see("/settings/retention")
    assert "Calls over the API and to carriers" in page
    assert ">180<" in page

"""Notifications: what recipients were told, in which words, and when they are left in peace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from typing import Any

from flask import Blueprint, Response, request, url_for

from gateway.console.gate import deed, may, services, who
from gateway.console.rendering import go, page
from gateway.console.stale import CHANGED, changed, mark
from gateway.domain.errors import NotFound, Unprocessable
from gateway.domain.notification_events import notification_events
from gateway.domain.notifications import Channel, NotificationSettings, NotificationState, QuietHours
from gateway.domain.people import Permission
from gateway.services.notifications.templates import Flawed, Preview, TemplateName

blueprint = Blueprint("notices", __name__, url_prefix="/notifications")
A_PAGE = 50
LONGEST_PART = 20_000
LONGEST_REMINDER_H, LONGEST_KEPT_DAYS = 336, 60
DONE = {
    "kept": "These words are used from now on.",
    "shipped": "The words that come with the gateway are used again.",
    "hours": "Kept: it holds for what is told from now on.",
}


@blueprint.get("")
@may(Permission.LOOK)
def log() -> Response:
    """What recipients were told, will be, or were not and why: newest first, addresses masked."""
    args, signed = request.args, who()
    state = args.get("state", "") if args.get("state", "") in list(NotificationState) else ""
    channel = args.get("channel", "") if args.get("channel", "") in list(Channel) else ""
    before = args.get("before", "")[:40]
    found = services().notifications.told(
        signed.merchant_id, signed.mode, state=state, channel=channel, before_id=before, limit=A_PAGE + 1
    )
    more = found[A_PAGE - 1].id if len(found) > A_PAGE else ""
    return page(
        "notices.html",
        found=found[:A_PAGE],
        older=url_for("notices.log", state=state, channel=channel, before=more) if more else "",
        newest=url_for("notices.log", state=state, channel=channel) if before else "",
        state=state,
        channel=channel,
        states=list(NotificationState),
        channels=list(Channel),
        senders=services().notifications.senders(signed.merchant_id, signed.mode),
    )


@blueprint.get("/texts")
@may(Permission.LOOK)
def texts() -> Response:
    """The words of one event, channel and language, with an example filled in."""
    return _texts(_name(request.args), said=DONE.get(request.args.get("done", ""), ""))


@blueprint.post("/texts")
@may(Permission.SETTINGS)
def write() -> Response:
    """Look at other words, keep them, or go back to those that come with the gateway."""
    name, signed = _name(request.form), who()
    parts = {each[5:]: text for each, text in request.form.items() if each.startswith("part-") and text.strip()}
    parts = {part: text.replace("\r\n", "\n")[: LONGEST_PART + 1] for part, text in parts.items()}
    act, book = request.form.get("act", ""), services().templates
    about = f"{name.event}, {name.channel.value}, {name.language}"
    if act in ("shipped", "keep") and changed(_held(name).parts):
        return _texts(name, 409, typed=parts, stale=CHANGED)
    try:
        if act == "shipped":
            book.delete(signed.merchant_id, signed.mode, name)
        elif act == "keep":
            book.put(signed.merchant_id, signed.mode, name, _own(name, parts))
        else:
            seen = book.preview(signed.merchant_id, signed.mode, name, _own(name, parts), "")
            return _texts(name, typed=parts, preview=seen, unsaved=True)
    except Flawed as error:
        return _texts(name, 422, typed=parts, flaws=error.flaws)
    services().staff.audit.record(signed.user, deed("changed what recipients are told", reason=about))
    done = "kept" if act == "keep" else "shipped"
    return go("notices.texts", event=name.event, channel=name.channel.value, language=name.language, done=done)


@blueprint.get("/hours")
@may(Permission.LOOK)
def hours() -> Response:
    """When recipients are left in peace, and what they are told over what."""
    return _hours(services().notifications.settings(who().merchant_id, who().mode), said=_said())


@blueprint.post("/hours")
@may(Permission.SETTINGS)
def keep_hours() -> Response:
    """Other hours, other channels."""
    signed = who()
    before = services().notifications.settings(signed.merchant_id, signed.mode)
    errors: dict[str, str] = {}
    wanted = _settings(before, errors)
    if changed(before):
        return _hours(wanted, 409, errors=errors, typed=request.form, stale=CHANGED)
    if not errors:
        try:
            services().notifications.put_settings(signed.merchant_id, signed.mode, wanted)
        except Unprocessable as error:
            errors[error.pointer.strip("/")] = str(error)
    if errors:
        return _hours(wanted, 422, errors=errors, typed=request.form)
    services().staff.audit.record(signed.user, deed("changed when recipients are told"))
    return go("notices.hours", done="hours")


def _said() -> str:
    return DONE.get(request.args.get("done", ""), "")


def _name(given: Mapping[str, str]) -> TemplateName:
    """Which words; the first of each where nothing, or nothing known, is said."""
    events, languages = list(notification_events()), _languages()
    event, channel = given.get("event", ""), given.get("channel", "")
    language = given.get("language", "")
    return TemplateName(
        event=event if event in events else events[0],
        channel=Channel(channel) if channel in list(Channel) else Channel.EMAIL,
        language=language if language in languages else ("en" if "en" in languages else languages[0]),
    )


def _languages() -> list[str]:
    wanted = {"event": next(iter(notification_events())), "channel": Channel.EMAIL.value}
    found = services().templates.listed(who().merchant_id, who().mode, wanted)
    return [each.name.language for each in found]


def _own(name: TemplateName, parts: Mapping[str, str]) -> Mapping[str, str]:
    """Of the parts typed, those that are not as they are shipped: the others follow what is shipped later."""
    held = _held(name)
    shipped = {} if held.own else held.parts
    return {part: text for part, text in parts.items() if shipped.get(part, "").strip() != text.strip()}


def _held(name: TemplateName) -> Any:
    wanted = {"event": name.event, "channel": name.channel.value, "language": name.language}
    found = services().templates.listed(who().merchant_id, who().mode, wanted)
    if not found:
        raise NotFound("there are no such words")
    return found[0]


def _texts(name: TemplateName, status: int = 200, **facts: Any) -> Response:
    held = _held(name)
    given: dict[str, Any] = {"said": "", "typed": held.parts, "flaws": (), "preview": None, "unsaved": False}
    given |= facts
    if given["preview"] is None:
        given["preview"] = _preview(name)
    return page(
        "notice_texts.html",
        status,
        name=name,
        held=held,
        seen=mark(held.parts),
        events=notification_events(),
        channels=list(Channel),
        languages=_languages(),
        vocabulary=services().templates.vocabulary(),
        **given,
    )


def _preview(name: TemplateName) -> Preview:
    return services().templates.preview(who().merchant_id, who().mode, name, None, "")


def _settings(before: NotificationSettings, errors: dict[str, str]) -> NotificationSettings:
    """What the form says; what is wrong with it by field."""
    form = request.form
    events = {
        name: tuple(each.value for each in Channel if form.get(f"{name}-{each.value}") == "on")
        for name in notification_events()
    }
    usual = {name: tuple(event.channels) for name, event in notification_events().items()}
    return replace(
        before,
        timezone=form.get("timezone", "").strip()[:64],
        events={name: channels for name, channels in events.items() if set(channels) != set(usual[name])},
        quiet=_quiet(errors) if form.get("quiet") == "on" else None,
        reminder_h=_whole("reminder_h", LONGEST_REMINDER_H, errors),
        keep_days=_whole("keep_days", LONGEST_KEPT_DAYS, errors),
    )


def _quiet(errors: dict[str, str]) -> QuietHours:
    try:
        start, end = (time.fromisoformat(request.form.get(name, "")) for name in ("start", "end"))
    except ValueError:
        errors["quiet"] = "Give both times, such as 21:00 and 08:00."
        return QuietHours()
    if start == end:
        errors["quiet"] = "The quiet hours end when they begin: switch them off instead."
    channels = tuple(each.value for each in Channel if request.form.get(f"quiet-{each.value}") == "on")
    return QuietHours(start=start.replace(tzinfo=None), end=end.replace(tzinfo=None), channels=channels)


def _whole(name: str, most: int, errors: dict[str, str]) -> int:
    text = request.form.get(name, "").strip()
    if text.isascii() and text.isdigit() and len(text) < 6 and int(text) <= most:
        return int(text)
    errors[name] = f"A whole number from 0 to {most}."
    return 0


def _hours(settings: NotificationSettings, status: int = 200, **facts: Any) -> Response:
    given: dict[str, Any] = {"said": "", "errors": {}, "typed": {}, **facts}
    told = {name: settings.events.get(name, tuple(event.channels)) for name, event in notification_events().items()}
    return page(
        "notice_hours.html",
        status,
        settings=settings,
        seen=mark(services().notifications.settings(who().merchant_id, who().mode)),
        told=told,
        events=notification_events(),
        channels=list(Channel),
        usual=QuietHours(),
        **given,
    )

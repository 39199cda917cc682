"""Texts of templates: Jinja for words, MJML for mail, Babel for times. Implements `ports.notifications.Press`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_skeleton, format_time
from markupsafe import Markup

from gateway.domain.colours import ink_on
from gateway.domain.errors import Unavailable
from gateway.domain.notifications import Channel
from gateway.engines.notices.sandbox import FILTERS, faults, filled
from gateway.services.ports.notifications import Flaw, Written

LANGUAGES = ("en", "es", "fr", "de", "no", "pl")
LOCALES: Mapping[str, str] = {"no": "nb"}
"""Where CLDR calls a language otherwise than our data does."""
VARIABLE_ORDER = (
    *("shop", "recipient", "carrier", "tracking_number", "reference", "link", "when", "attempts"),
    *("last_day", "what_now", "reason", "contact"),
)
VARIABLES = frozenset(VARIABLE_ORDER)
LAYOUT_VARIABLES = VARIABLES | {
    *("language", "heading", "preview", "greeting", "body", "button", "tracking", "order", "questions", "footer"),
    *("unsubscribe", "unsubscribe_link", "colour", "on_colour", "colon"),
}
COLONS = {"fr": "\u00a0:"}
"""Where a colon is not written right behind a word."""
PARTS: Mapping[Channel, tuple[str, ...]] = {
    Channel.EMAIL: ("subject", "heading", "body", "button", "mjml"),
    Channel.SMS: ("text",),
    Channel.PUSH: ("subject", "text"),
    Channel.WHATSAPP: ("text", "content_sid", *(f"content_{number}" for number in range(1, 6))),
}
AROUND_A_MAIL = ("greeting", "tracking", "order", "questions", "footer", "unsubscribe")
DOUBLE_STOP = re.compile(r"(?<=\w)\.\.(?=\s|$)")
LATE_EVENING = 21
"""An estimate for the end of the day names the day only."""
MISSING = 'mail needs the extra: pip install "doorstep[engines]"'


class TemplatePress:
    """Shipped templates, and merchants' own ones in the same words."""

    def languages(self) -> Sequence[str]:
        """Those with shipped templates."""
        return LANGUAGES

    def vocabulary(self) -> Mapping[str, Any]:
        """What templates are written in."""
        parts = {channel.value: names for channel, names in PARTS.items()}
        return {"languages": LANGUAGES, "variables": VARIABLE_ORDER, "filters": sorted(FILTERS), "parts": parts}

    def shipped(self, event: str, channel: Channel, language: str) -> Mapping[str, str]:
        """The parts of a shipped template. What is said in one line over WhatsApp is the heading of the mail; a push
        message has its subject and its first paragraph.
        """
        texts = _texts(language)[event]
        if channel is Channel.SMS:
            return {"text": texts["sms"]["text"]}
        if channel is Channel.WHATSAPP:
            return {"text": f"{{{{ shop }}}}: {texts['email']['heading']}. {{{{ link }}}}"}
        if channel is Channel.PUSH:
            return {"subject": texts["email"]["subject"], "text": texts["email"]["body"]}
        return {"button": _phrases(language)["button"], **texts["email"]}

    def say(self, phrase: str, facts: Mapping[str, str], language: str) -> str:
        """A phrase besides the templates, filled in; advice is under `what_now.…`."""
        return _line(filled(_phrases(language)[phrase], facts))

    def when(self, start: datetime | None, end: datetime | None, now: datetime, language: str, country: str) -> str:
        """A window, a moment or a time limit in words; times in the zone of `now`. "" where nothing is known."""
        moments = [moment.astimezone(now.tzinfo) for moment in (start, end) if moment is not None]
        if not moments:
            return ""
        said = _phrases(language)
        if not start and moments[0].hour >= LATE_EVENING:
            return self.day(moments[0], now, language, country)
        form = said["span"] if start and end else said["moment"] if start else said["before"]
        day = _day(moments[0].date(), now.date(), said, _locale(language, country))
        first, last = (_time(moment, language, country) for moment in (moments[0], moments[-1]))
        return form.format(day=day, start=first, end=last)

    def day(self, moment: datetime, now: datetime, language: str, country: str) -> str:
        """The day of a moment; in the zone of `now`."""
        local = moment.astimezone(now.tzinfo)
        return _day(local.date(), now.date(), _phrases(language), _locale(language, country))

    def flaws(self, channel: Channel, parts: Mapping[str, str]) -> Sequence[Flaw]:
        """Parts that the channel does not have, syntax, variables; of MJML also whether it is any."""
        return list(self._flaws(channel, parts))

    def _flaws(self, channel: Channel, parts: Mapping[str, str]) -> Iterator[Flaw]:
        for part, source in parts.items():
            if part not in PARTS[channel]:
                yield Flaw(part, f"this channel has the parts {', '.join(PARTS[channel])}", "unknown_part")
                continue
            known = LAYOUT_VARIABLES if part == "mjml" else VARIABLES
            yield from (Flaw(part, why, code) for code, why in faults(source, known))
        mjml = parts.get("mjml", "")
        if mjml and "unsubscribe_link" not in mjml:
            yield Flaw("mjml", "a mail needs {{ unsubscribe_link }}, so that recipients can opt out", "no_opt_out")
        if "mj-include" in mjml:
            yield Flaw("mjml", "mj-include is not allowed: everything stands in the template", "not_allowed")

    def write(self, channel: Channel, parts: Mapping[str, str], facts: Mapping[str, str], language: str) -> Written:
        """Fill a template in.

        `facts` are VARIABLES, for mail `unsubscribe_link` and `colour` too.

        Raises:
            ValueError: it cannot be filled in, or its MJML is none.
        """
        if channel is Channel.EMAIL:
            return self._mail(parts, facts, language)
        if channel is Channel.PUSH:
            subject, text = (filled(parts[name], facts) for name in PARTS[channel])
            first = _lines(text).strip().partition("\n\n")[0]  # no phone shows more
            return Written(text=_line(first), subject=_line(subject), content={"url": facts["link"]})
        content = {}
        if parts.get("content_sid"):
            numbered = ((part[-1], parts[part]) for part in sorted(parts) if part[:-1] == "content_")
            content = {"sid": parts["content_sid"], **{number: filled(text, facts) for number, text in numbered}}
        return Written(text=_lines(filled(parts["text"], facts)), content=content)

    def _mail(self, parts: Mapping[str, str], facts: Mapping[str, str], language: str) -> Written:
        subject, heading = (_line(filled(parts[name], facts)) for name in ("subject", "heading"))
        body, button = _lines(filled(parts["body"], facts)), _line(filled(parts["button"], facts))
        said = {name: self.say(name, facts, language) for name in AROUND_A_MAIL}
        greeting = said["greeting"] if facts["recipient"] else ""
        questions = said["questions"] if facts["contact"] else ""
        around: dict[str, object] = {**facts, **said, "greeting": greeting, "questions": questions}
        around |= {
            "colon": COLONS.get(language, ":"),
            "language": LOCALES.get(language, language),
            "heading": heading,
            "preview": _line(body)[:120],
        }
        around |= {"body": _paragraphs(body), "button": button, "on_colour": ink_on(facts["colour"])}
        html = _html(filled(parts.get("mjml") or _layout(), around, marked_up=True))
        return Written(text=_text_part(around, heading, body), subject=subject, html=html)


def _text_part(around: Mapping[str, object], heading: str, body: str) -> str:
    """The mail without HTML: the same words in the same order."""
    known = [
        f"{around[label]}{around['colon']} {around[fact]}"
        for label, fact in (("tracking", "tracking_number"), ("order", "reference"))
        if around[fact]
    ]
    asks = str(around["button"]).endswith("?")
    link = f"{around['button']}{'' if asks else around['colon']}\n{around['link']}" if around["link"] else ""
    foot = f"-- \n{around['footer']}\n{around['unsubscribe']}{around['colon']}\n{around['unsubscribe_link']}"
    blocks = (heading, around["greeting"], body, link, "\n".join(known), around["questions"], foot)
    return "\n\n".join(str(block) for block in blocks if block) + "\n"


def _html(mjml: str) -> str:
    try:
        from mjml import mjml2html
    except ImportError as error:
        raise Unavailable(MISSING) from error
    try:
        return str(mjml2html(mjml, fonts={}))  # no fonts from Google: whoever opens a mail is nobody else's concern
    except OSError as error:  # what mrml raises for MJML that is none
        raise ValueError(f"this is no MJML: {error}") from error


def _paragraphs(body: str) -> Markup:
    return Markup("<br /><br />").join(Markup("<br />").join(each.split("\n")) for each in body.split("\n\n"))


def _line(text: str) -> str:
    """One line: what goes into a header has no other. After an abbreviated month there is no second full stop."""
    return DOUBLE_STOP.sub(".", " ".join(text.split()))


def _lines(text: str) -> str:
    paragraphs = ("\n".join(_line(line) for line in each.split("\n")) for each in text.strip().split("\n\n"))
    return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)


def _day(day: date, today: date, said: Mapping[str, str], locale: Any) -> str:
    if day == today:
        return said["today"]
    if day == today + timedelta(days=1):
        return said["tomorrow"]
    return str(format_skeleton("MMMEd", datetime(day.year, day.month, day.day), locale=locale))  # noqa: DTZ001  # a day


def _time(moment: datetime, language: str, country: str) -> str:
    said = format_time(moment.replace(tzinfo=None), "short", locale=_locale(language, country))
    return str(said).replace("\u202f", " ")


@cache
def _locale(language: str, country: str) -> Any:
    """The language as it is written in that country, where CLDR knows it there."""
    known = LOCALES.get(language, language)
    try:
        return Locale(known, country or None)
    except UnknownLocaleError:
        return Locale(known, "GB" if known == "en" else None)


@cache
def _texts(language: str) -> Mapping[str, Any]:
    folder = files("gateway.engines.notices").joinpath("texts")
    return tomllib.loads(folder.joinpath(f"{language}.toml").read_text("utf-8"))


@cache
def _phrases(language: str) -> Mapping[str, str]:
    texts = _texts(language)
    return {**texts["phrases"], **{f"what_now.{name}": said for name, said in texts["what_now"].items()}}


@cache
def _layout() -> str:
    return files("gateway.engines.notices").joinpath("layout.mjml").read_text("utf-8")

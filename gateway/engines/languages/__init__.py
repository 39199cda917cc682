"""The languages in which recipients are spoken to: a TOML file of texts each, and one table of sentences.

The sentence of a reason that `sentences.csv` does not translate is that of its status: a recipient never gets two
languages on one page. English sentences are the domain's own (`statuses.csv`, `reasons.csv`). Days, times of day,
plural categories and directions of writing: Unicode CLDR, through Babel.
"""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime, time, tzinfo
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_day_names
from babel.numbers import format_decimal

from gateway.domain.handover import DAY_MIN
from gateway.domain.sentences import fits_recipient, plain_sentence

CODES = ("en", "de", "es", "fr", "no", "pl")
ALIASES = {"nb": "no", "nn": "no"}
"""Norwegian is asked for by the tags of its two written forms."""

ENGLISH_ABROAD = "en_150"
"""CLDR's English of Europe: hours from 0 to 23."""

NEAR_DAYS = 180
"""A day that is further away is told with its year."""

END_OF_DAY = time(22)
"""From then on a carrier's time means the day: they promise 23:59 or the end of their rounds."""


class SpokenLanguages:
    """The languages there are texts in."""

    @property
    def known(self) -> Sequence[tuple[str, str]]:
        """(tag, own name) of each."""
        return [(code, str(_texts(code)["page"]["name"])) for code in CODES]

    def best(self, wanted: Sequence[str], otherwise: str) -> str:
        """The first of the wanted tags that is spoken (`de-AT` is `de`), else this one, else English."""
        for tag in (*wanted, otherwise):
            primary = tag.lower().split("-")[0]
            code = ALIASES.get(primary, primary)
            if code in CODES:
                return code
        return CODES[0]

    def voice(self, code: str, country: str, zone: tzinfo, now: datetime) -> SpokenVoice:
        """One of them at a place."""
        return SpokenVoice(code, country, zone, now)


class SpokenVoice:
    """One language at one place, which has a time zone."""

    def __init__(self, code: str, country: str, zone: tzinfo, now: datetime) -> None:
        self.code = code
        self._zone = zone
        self._today = now.astimezone(zone).date()
        self._locale = _locale(code, country)
        self._texts = _texts(code)

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """How it is written."""
        return "rtl" if self._locale.text_direction == "rtl" else "ltr"

    def say(self, name: str, **values: object) -> str:
        """The text of that name, such as `page.help`; a value `n` chooses the plural. Raises KeyError."""
        group, _, word = name.partition(".")
        text: Any = self._texts[group][word]
        if isinstance(text, Mapping):
            text = text[self._locale.plural_form(int(str(values["n"])))]
        return str(text).format_map(values)

    def sentence(self, status: str, reason: str) -> str:
        """What a recipient is told of a status and its reason."""
        if self.code == "en":
            return plain_sentence(status, reason)
        sentences = _sentences(self.code)
        told = sentences.get(("reason", reason)) if fits_recipient(status, reason) else None
        return told or sentences["status", status]

    def day(self, moment: datetime) -> str:
        """`today`, `tomorrow`, or the day of the week with its date; the year where it is not near."""
        distance = (self._local(moment).date() - self._today).days
        near = {-1: "date.yesterday", 0: "date.today", 1: "date.tomorrow"}.get(distance)
        return self.say(near) if near else self.date(moment)

    def date(self, moment: datetime) -> str:
        """The day of the week with its date: for lists of what has happened."""
        day = self._local(moment).date()
        pattern = self._texts["date"]["day" if abs((day - self._today).days) < NEAR_DAYS else "day_of_year"]
        return str(format_date(day, format=pattern, locale=self._locale))

    def clock(self, moment: datetime) -> str:
        """A time of day, to the minute."""
        return str(format_time(self._local(moment).timetz(), format="short", locale=self._locale)).replace(
            "\u202f", " "
        )

    def weekday(self, number: int) -> str:
        """A weekday's name as it stands alone; CLDR counts from Monday, as we do."""
        return str(get_day_names("wide", "stand-alone", self._locale)[number])

    def decimal(self, number: float) -> str:
        """With one digit behind the point or comma."""
        return str(format_decimal(number, format="0.0", locale=self._locale))

    def wall(self, minutes: int) -> str:
        """A time of day on a wall clock."""
        hours, rest = divmod(minutes % DAY_MIN, 60)
        return str(format_time(time(hours, rest), format="short", locale=self._locale)).replace("\u202f", " ")

    def same_day(self, one: datetime, other: datetime) -> bool:
        """Whether both lie in one day there."""
        return self._local(one).date() == self._local(other).date()

    def ends_the_day(self, moment: datetime) -> bool:
        """Whether it means the end of a day: late in the evening, or midnight."""
        at = self._local(moment).time()
        return at >= END_OF_DAY or at == time()

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._zone)


@cache
def _locale(code: str, country: str) -> Locale:
    """The language as it is written in that country, where CLDR knows of it; English elsewhere as in Europe."""
    for tag in (f"{code}_{country}", ENGLISH_ABROAD if code == "en" else code):
        try:
            return Locale.parse(tag)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse(code)


@cache
def _texts(code: str) -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(files(__package__).joinpath(f"{code}.toml").read_text("utf-8"))


@cache
def _sentences(code: str) -> Mapping[tuple[str, str], str]:
    rows = csv.DictReader(files(__package__).joinpath("sentences.csv").read_text("utf-8").splitlines())
    return {(row["kind"], row["name"]): row[code] for row in rows}

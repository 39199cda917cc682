"""What people type into the search box, read as a search. The text is the state of the page: it stands in the URL.

Words with a colon narrow (`status:picked_up,in_transit carrier:bring promise:missed`), the others are looked for as
they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from gateway.domain.quotes import ServiceLevel
from gateway.domain.shipments import ShipmentState
from gateway.domain.tracking import statuses
from gateway.services.ports import Mode, ShipmentSearch

PROMISES = ("missed", "today", "tomorrow", "<today", ">today")
SINCE = ("today", "yesterday")
OPERATORS = ("status", "state", "carrier", "account", "service", "promise", "is", "tag", "attempts", "since")
MOST_ATTEMPTS = 99


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that narrows, and the text without it."""

    name: str
    value: str
    without: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A search box read: what is looked for, what narrows it, and what was not understood."""

    text: str
    search: ShipmentSearch
    chips: Sequence[Chip] = ()
    complaint: str = ""

    @property
    def narrowing(self) -> str:
        """The operators alone."""
        return " ".join(token for token in self.text.split() if token.partition(":")[0].casefold() in OPERATORS)

    def having(self, **narrowed: str) -> str:
        """The text with these operators in place of those of the same names; an empty one is left out."""
        kept = [token for token in self.text.split() if token.partition(":")[0] not in narrowed]
        return " ".join([*kept, *(f"{name}:{value}" for name, value in narrowed.items() if value)])


def read(text: str, mode: Mode, now: datetime, cursor: str | None = None, limit: int = 50) -> Query:
    """What a text asks for."""
    tokens, fields, chips, words, complaint = text.split(), dict[str, Any](), list[Chip](), list[str](), ""
    for place, token in enumerate(tokens):
        name, colon, value = token.partition(":")
        name, value = name.casefold(), value.strip('"').casefold()
        if not colon or name not in OPERATORS:
            words.append(token)
            continue
        without = " ".join(tokens[:place] + tokens[place + 1 :])
        chips.append(Chip(name, value.replace("_", " ").replace(",", ", "), without))
        try:
            fields.update(_narrowed(name, value, now))
        except UnknownWord as error:
            complaint = complaint or str(error)
    search = ShipmentSearch(mode=mode, text=" ".join(words)[:200], limit=limit, cursor=cursor, **fields)
    return Query(text=" ".join(tokens), search=search, chips=tuple(chips), complaint=complaint)


class UnknownWord(Exception):
    """An operator with a word that it does not know."""


def _narrowed(name: str, value: str, now: datetime) -> Mapping[str, Any]:
    if name in ("account", "carrier", "tag"):
        return {name: value}
    if name == "promise":
        return _promised(value, now)
    if name == "attempts":
        return {"attempts": int(_one_of("attempts", value, [str(each) for each in range(1, MOST_ATTEMPTS)]))}
    if name == "since":
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return {"status_since": midnight - timedelta(days=SINCE.index(_one_of("since", value, SINCE)))}
    if name == "is":
        return {"unfinished": _one_of("is", value, ("open",)) == "open"}
    if name == "status":
        told = [_one_of(name, each, tuple(statuses())) for each in value.replace("-", "_").split(",")]
        return {"status": ",".join(dict.fromkeys(told))}
    known: Mapping[str, Sequence[str]] = {
        "state": tuple(ShipmentState),
        "service": tuple(ServiceLevel),
    }
    return {name: _one_of(name, value.replace("-", "_"), known[name])}


def _promised(value: str, now: datetime) -> Mapping[str, Any]:
    """Days are those of UTC; `2026-03-01..2026-03-28` are both days and all between."""
    first, dots, last = value.partition("..")
    if dots:
        try:
            begin, end = (datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC) for day in (first, last))
        except ValueError:
            raise UnknownWord(f"promise:{value} narrows nothing. Days look like 2026-03-01..2026-03-28.") from None
        return {"promised_from": begin, "promised_before": end + timedelta(days=1)}
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = today + timedelta(days=1)
    promised: Mapping[str, Mapping[str, Any]] = {
        "missed": {"promised_before": now, "unfinished": True},
        "<today": {"promised_before": today, "unfinished": True},
        "today": {"promised_from": today, "promised_before": tomorrow},
        "tomorrow": {"promised_from": tomorrow, "promised_before": tomorrow + timedelta(days=1)},
        ">today": {"promised_from": tomorrow},
    }
    return promised[_one_of("promise", value, PROMISES)]


def _one_of(name: str, value: str, known: Sequence[str]) -> str:
    if value in known:
        return value
    near = get_close_matches(value, known, 1)
    hint = f"Did you mean {name}:{near[0]}?" if near else f"There are {', '.join(known)}."
    raise UnknownWord(f"{name}:{value} is not understood, so it narrows nothing. {hint}")

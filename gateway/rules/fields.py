"""What conditions may ask about: `FIELDS`, one row per field. An engine that judges columns walks the same rows.

A reading gives base units (see `quantities`), or None where the value is not known; a field that is `always` there
never gives None, a set is empty instead. `scope` says whose a field is: of what is asked (the same for all candidates),
of the account, or of the rate. Texts and words are compared as they are written, postcodes without blanks and
in capitals; one that a wallet has shortened to three characters lies in what goes on from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, cast

from gateway.rules import readings
from gateway.rules.candidate import Candidate
from gateway.rules.context import Context
from gateway.rules.readings import CAPABILITIES, WEEKDAYS, Reading


class Scope(IntEnum):
    """Whose a field is, and everything that is made of fields: what is not of a rate is judged once for several."""

    ASKED = 0
    ACCOUNT = 1
    RATE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One row. `words` are all that a word or set may hold, empty: anything may; `least`, `most` bound a number.

    `absent` is what people are told where there is no value, if there is more to say than that it is not known; `said`
    what they are told of a flag that is set, and of one that is not.
    """

    name: str
    kind: str
    scope: Scope
    label: str
    read: Reading
    always: bool = False
    words: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None
    absent: str = ""
    said: tuple[str, str] = ("", "")

    @property
    def of_postcodes(self) -> bool:
        """Whether it is compared as postcodes are: see `operators.POSTCODE_HOLDS`."""
        return self.name.endswith(".postcode")


WEEKDAY_WHEN = {"now": "today", "ready": "the day on which it is ready"}
HOME = ("it goes to a private address", "it goes to no private address")
HOLIDAY = ("it is ready on a holiday at the origin", "it is ready on no holiday at the origin")
NO_WINDOW, NO_PROMISE = "no window was asked for", "no time is promised"


def _row(scope: Scope, name: str, kind: str, label: str, read: Reading, **more: Any) -> Field:
    return Field(name=name, kind=kind, scope=scope, label=label, read=read, **more)


def _shipment() -> Iterator[Field]:
    asked, there = Scope.ASKED, {"always": True}
    yield _row(asked, "shipment.weight", "mass", "weight", lambda c, _: c.shipment.weight_g, **there, least=1)
    heaviest: Reading = lambda c, _: max(parcel.weight_g for parcel in c.shipment.parcels)  # noqa: E731  # a cell
    yield _row(asked, "shipment.heaviest", "mass", "heaviest parcel", heaviest, **there, least=1)
    yield _row(asked, "shipment.longest_side", "length", "longest side", readings.longest_side, least=1)
    yield _row(asked, "shipment.girth", "length", "length and girth", readings.girth, least=5)
    yield _row(asked, "shipment.volume", "volume", "volume", readings.volume, least=1)
    yield _row(asked, "shipment.parcels", "count", "number of parcels", lambda c, _: len(c.shipment.parcels), **there)
    yield _row(
        asked, "shipment.value", "money", "declared value", readings.value, least=0, absent="no value is declared"
    )
    yield _row(asked, "shipment.tags", "set", "tags", readings.tags, **there)
    yield _row(asked, "shipment.needs", "set", "needs", readings.needed, **there, words=CAPABILITIES)
    yield _row(asked, "asked.window_end", "duration", "end of the asked window", readings.window_end, absent=NO_WINDOW)
    services: Reading = lambda c, _: frozenset(level.value for level in c.services)  # noqa: E731  # a cell
    yield _row(asked, "asked.services", "set", "asked services", services, **there, words=readings.service_words())


def _places() -> Iterator[Field]:
    asked = Scope.ASKED
    yield _row(asked, "origin.facility", "text", "origin", readings.facility)
    yield _row(asked, "destination.zone", "text", "zone", lambda context, _: context.zone)
    home = readings.address("destination", "residential")
    yield _row(asked, "destination.residential", "flag", "residential", home, said=HOME)
    yield _row(asked, "destination.distance", "distance", "distance", readings.distance, least=0)
    for side in ("origin", "destination"):
        yield _row(asked, f"{side}.country", "text", f"{side} country", readings.address(side, "country"), always=True)
        yield _row(asked, f"{side}.postcode", "text", f"{side} postcode", readings.address(side, "postal_code"))
        yield _row(asked, f"{side}.city", "text", f"{side} city", readings.address(side, "city"))
        yield _row(asked, f"{side}.subdivision", "text", f"{side} subdivision", readings.address(side, "subdivision"))


def _moments() -> Iterator[Field]:
    """Of now and of when it is ready, in the origin's zone."""
    asked = Scope.ASKED
    moments: tuple[tuple[str, str, Callable[[Context], datetime]], ...] = (
        ("now", "now", lambda context: context.now),
        ("ready", "when it is ready", lambda context: context.ready_at),
    )
    for name, when, at in moments:
        weekday = readings.local(at, lambda local: WEEKDAYS[local.weekday()])
        yield _row(asked, f"{name}.weekday", "word", WEEKDAY_WHEN[name], weekday, words=WEEKDAYS)
        hour = readings.local(at, lambda local: local.hour)
        yield _row(asked, f"{name}.hour", "count", f"hour {when}", hour, least=0, most=23)
        time = readings.local(at, lambda local: local.hour * 60 + local.minute)
        yield _row(asked, f"{name}.time", "clock", f"time {when}", time, least=0, most=1439)
        day = readings.local(at, lambda local: local.date().toordinal())
        yield _row(asked, f"{name}.date", "date", f"day {when}", day, least=1, most=3_652_059)
    holiday: Reading = lambda context, _: context.holiday  # noqa: E731  # a cell
    yield _row(asked, "ready.holiday", "flag", "holiday at the origin", holiday, said=HOLIDAY)


def _account() -> Iterator[Field]:
    account, there = Scope.ACCOUNT, {"always": True}
    yield _row(account, "rate.account", "text", "account", lambda _, candidate: candidate.account, **there)
    yield _row(account, "rate.carrier", "text", "carrier", lambda _, candidate: candidate.carrier, **there)
    kinds = ("own", "courier", "crowd", "locker")
    yield _row(account, "rate.carrier_kind", "word", "carrier kind", lambda _, one: one.kind, **there, words=kinds)
    yield _row(account, "rate.can", "set", "abilities", readings.abilities, **there, words=CAPABILITIES)
    yield _row(account, "rate.chargeable_weight", "mass", "chargeable weight", readings.chargeable, **there, least=1)


def _rate() -> Iterator[Field]:
    rate, there = Scope.RATE, {"always": True}
    words = readings.service_words()
    yield _row(rate, "rate.service", "word", "service", lambda _, one: one.rate.service.value, **there, words=words)
    yield _row(
        rate, "rate.carrier_service", "text", "carrier service", lambda _, one: one.rate.carrier_service, **there
    )
    yield _row(rate, "rate.price", "money", "price", lambda c, one: c.market.minor(one.rate.price), least=0)
    codes: Reading = lambda _, one: frozenset(line.code for line in one.rate.surcharges)  # noqa: E731  # a cell
    yield _row(rate, "rate.surcharges", "set", "surcharges", codes, **there)
    yield _row(rate, "rate.promise", "duration", "time to the promise", readings.promise, absent=NO_PROMISE)
    yield _row(rate, "rate.promise_days", "count", "days to the promise", readings.promise_days, absent=NO_PROMISE)
    late, neither = "lateness after the asked window", f"{NO_WINDOW}, or {NO_PROMISE}"
    yield _row(rate, "rate.after_window", "duration", late, readings.after_window, absent=neither)
    yield _row(rate, "rate.co2e", "mass", "CO2e", readings.co2e, least=0)
    on_time: Reading = lambda _, one: readings.parts(one.outlook.p_on_time)  # noqa: E731  # a cell
    yield _row(rate, "rate.on_time", "share", "chance to be on time", on_time, least=0, most=10_000)
    first: Reading = lambda _, one: readings.parts(one.outlook.p_first_attempt)  # noqa: E731  # a cell
    yield _row(rate, "rate.first_attempt", "share", "chance of a first attempt", first, least=0, most=10_000)
    for name, label in (("p50", "half arrive within"), ("p90", "nine of ten arrive within")):
        quantile = readings.transit(f"transit_{name}_h")
        yield _row(rate, f"rate.transit_{name}", "duration", label, quantile, least=0)


FIELDS: Mapping[str, Field] = {
    field.name: field for rows in (_shipment, _places, _moments, _account, _rate) for field in rows()
}


class Facts(dict[str, Any]):
    """The values of one candidate's fields, each read once and only when somebody asks.

    Those of what is asked are read for `asked` once, and shared by all candidates of a decision.
    """

    __slots__ = ("asked", "candidate", "context")

    def __init__(self, context: Context, candidate: Candidate, asked: Facts | None = None) -> None:
        super().__init__()
        self.context = context
        self.candidate = candidate
        self.asked = asked

    def __missing__(self, name: str) -> Any:
        field = FIELDS[name]
        if self.asked is not None and field.scope is Scope.ASKED:
            value = self.asked[name]
        else:
            value = field.read(self.context, self.candidate)
        self[name] = value
        return value


def asked_facts(context: Context) -> Facts:
    """The facts of what is asked alone: there is no candidate, and nobody may ask about one."""
    return Facts(context, cast(Candidate, None))

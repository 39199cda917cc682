"""Does an account work? A read-only question that costs nothing, asked live, and its outcome in one sentence.

Asked is the first thing the carrier can do of: a price, where a parcel is that does not exist, a booking that was never
made, a service point, and where it can do none of these, a token. What is answered without the account's credentials
(prices of a rate card of its own, tracking that is open to everybody) shows nothing, and the next question is asked.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from importlib.resources import files
from typing import Any, cast
from urllib.parse import urlsplit

from carriers.base import (
    AuthenticationFailed,
    BadCarrierResponse,
    Capability,
    Carrier,
    CarrierError,
    FindsBookings,
    OffersServicePoints,
    QuoteRequest,
    Quotes,
    RateLimited,
    ShipmentRejected,
    Tracks,
    UnknownReference,
)
from carriers.base.calls import SHORTEST_SECRET, Exchange
from carriers.base.drive import Outcome
from gateway.domain.shipments import Shipment
from gateway.domain.values import Address, Parcel
from gateway.services.account_checks import missing_secrets
from gateway.services.carrier_pool import LiveCarrier

NOBODYS_NUMBER = "0000000000000000"
NOBODYS_TENDER = "tnd_00000000000000000000000000"
RADIUS_M = 5000
# Signed requests live for minutes, and an HTTP date has seconds.
SKEW_S = 120
# How the transports say what went wrong, before anything was answered.
CAUSES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("unknown_host", ("resolve", "gaierror", "nameresolution")),
    ("tls", ("ssl", "tls", "certificate")),
    ("timeout", ("timeout", "timed out", "deadline", "no answer in time")),
    ("unreachable", ("connect", "refused", "unreachable")),
)
SENTENCES = {
    "unknown_host": "the host {host} is not known: check the account's urls and this machine's DNS ({why})",
    "tls": "no secure connection to {host}: its certificate, or a proxy that opens TLS, is not trusted ({why})",
    "timeout": "{host} does not answer in time: a firewall may drop the calls (`gateway carriers hosts` lists them)",
    "unreachable": "no connection to {host}: check the account's urls and the firewall ({why})",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What asking the carrier showed: whether the account works, in one sentence."""

    ok: bool
    code: str
    why: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, in words, and the call that asks it. `searches`: not finding what nobody has is an answer too."""

    what: str
    put: Callable[[], Coroutine[Any, Any, Any]]
    searches: bool = True

    def answered(self, outcome: Outcome[Any]) -> bool:
        """Whether it was answered, if only by not finding anything."""
        nothing = self.searches and isinstance(outcome.error, UnknownReference | ShipmentRejected)
        return outcome.error is None or nothing


def probe(live: LiveCarrier, now: datetime, put: Callable[[Coroutine[Any, Any, Any]], Outcome[Any]]) -> Probe:
    """Ask until something shows whether the account works."""
    lacking = _lacking(live)
    if lacking:
        return Probe(ok=False, code="missing_option", why=lacking)
    name, calls = live.carrier.profile.name, bool(live.carrier.profile.urls["live"])
    for question in _questions(live, now):
        outcome = put(_afresh(live.carrier, question))
        if any(map(_carried, outcome.exchanges)) or not question.answered(outcome):
            return _told(live, question, outcome, now)
        if not calls:
            return Probe(ok=True, code="ok", why=f"{name} answers for {question.what} without calling anybody")
    return _failed("not_probed", f"no call to {name} that costs nothing shows whether the credentials are right")


def _carried(exchange: Exchange) -> bool:
    """Whether a call showed the account's credentials, or a token that was got with them."""
    call = exchange.call
    text = "\n".join([call.url, *call.headers.values(), (call.body or b"").decode("utf-8", "replace")])
    return any(len(secret) >= SHORTEST_SECRET and secret in text for secret in call.secrets)


async def _afresh(carrier: Carrier, question: Question) -> Any:
    """With new credentials: a token from before they were changed would prove nothing."""
    carrier.forget_credentials()
    return await question.put()


def _questions(live: LiveCarrier, now: datetime) -> Iterator[Question]:
    carrier = live.carrier
    here, there = places(carrier.profile.countries)
    if live.can(Capability.QUOTES):
        parcel = Parcel(weight_g=1000, length_mm=200, width_mm=150, height_mm=100)
        shipment = Shipment(origin=here, destination=there, parcels=(parcel,))
        request = QuoteRequest(shipment=shipment, ready_at=now)
        what = f"the price of 1 kg within {here.country}"
        yield Question(what, lambda: cast(Quotes, carrier).quote(request), searches=False)
    if live.can(Capability.TRACKS):
        yield Question("a tracking number nobody has", lambda: cast(Tracks, carrier).track([NOBODYS_NUMBER]))
    if live.can(Capability.FINDS_BOOKINGS):
        yield Question("a booking nobody made", lambda: cast(FindsBookings, carrier).find(NOBODYS_TENDER))
    if live.can(Capability.SERVICE_POINTS):
        yield Question(
            f"a service point in {here.city}",
            lambda: cast(OffersServicePoints, carrier).service_points(here, RADIUS_M, 1),
        )
    yield Question("a token", carrier.headers)


def _told(live: LiveCarrier, question: Question, outcome: Outcome[Any], now: datetime) -> Probe:
    """The outcome of a question in one sentence."""
    name, error, last = live.carrier.profile.name, outcome.error, outcome.exchanges[-1] if outcome.exchanges else None
    mode = live.record.mode
    if error is None or question.answered(outcome):
        return Probe(ok=True, code="ok", why=f"{name} accepts the {mode} credentials (asked for {question.what})")
    if isinstance(error, AuthenticationFailed):
        return _refused(live, question, error, last, now)
    if isinstance(error, RateLimited):
        wait = f"in {error.retry_after_s:.0f} s" if error.retry_after_s is not None else "later"
        return _failed("rate_limited", f"{name} takes no more calls now, which says nothing of the account: try {wait}")
    if isinstance(error, ShipmentRejected):
        said = "; ".join(error.reasons)
        return _failed(error.code, f"{name} accepts the {mode} credentials, but refuses {question.what}: {said}")
    if isinstance(error, UnknownReference):
        return _failed(error.code, f"{name} knows no such address or customer: check the account's urls and options")
    if isinstance(error, BadCarrierResponse):
        return _failed(error.code, f"{_host(last)} answers, but not as {name} does: is something in between? ({error})")
    return _unavailable(name, error, last)


def _refused(
    live: LiveCarrier, question: Question, error: AuthenticationFailed, last: Exchange | None, now: datetime
) -> Probe:
    """Why credentials were refused: a clock that is wrong, a secret that is not there, a right that is lacking."""
    name, mode = live.carrier.profile.name, live.record.mode
    lacking = missing_secrets(live.record.secrets, live.carrier.profile)
    missing = [f"{secret} ({what})" for secret, what in lacking.items()]
    if last is None or last.reply is None:
        return _failed("missing_secret" if missing else "incomplete_account", str(error))
    ahead_s = _ahead_s(last.reply.headers, now)
    if abs(ahead_s) > SKEW_S:
        by = f"{abs(ahead_s) / 60:.0f} minutes {'ahead of' if ahead_s > 0 else 'behind'}"
        return _failed("clock_skew", f"{name} refuses the credentials, and this machine's clock is {by} the carrier's")
    if missing:
        return _failed("missing_secret", f"{name} refuses the account, which has no secret {missing[0]}")
    said = f": {error.carrier_message}" if error.carrier_message else ""
    if last.reply.status == 403:
        why = f"{name} knows the credentials, but the account is not allowed to ask for {question.what}{said}"
        return _failed("not_allowed", why)
    secrets = ", ".join(missing_secrets({}, live.carrier.profile)) or "none"
    return _failed(error.code, f"{name} refuses the {mode} account (secrets: {secrets}){said or f': {error}'}")


def _unavailable(name: str, error: CarrierError, last: Exchange | None) -> Probe:
    if last is not None and last.reply is None:
        text = str(error).lower()
        for code, words in CAUSES:
            if any(word in text for word in words):
                return _failed(code, SENTENCES[code].format(host=_host(last), why=error))
    return _failed(error.code, f"{name} is not available now: {error}")


def _failed(code: str, why: str) -> Probe:
    return Probe(ok=False, code=code, why=" ".join(why.split()))


def _lacking(live: LiveCarrier) -> str:
    """The first option that the account must have and has not."""
    for name, option in live.carrier.profile.options.items():
        if option.required and live.record.options.get(name) in (None, ""):
            return f"the account has no option {name}, which {live.carrier.profile.name} needs: {option.what}"
    return ""


def _ahead_s(headers: Mapping[str, str], now: datetime) -> float:
    """How far our clock is ahead of the answer's Date (RFC 9110, 6.6.1); 0 without one."""
    try:
        return (now - parsedate_to_datetime(headers.get("date", ""))).total_seconds()
    except (TypeError, ValueError):
        return 0.0


def _host(last: Exchange | None) -> str:
    return (urlsplit(last.call.url).hostname if last else "") or "the carrier"


@cache
def _places() -> Mapping[str, tuple[Address, ...]]:
    """Two public buildings of each country, near each other, with phone numbers made for examples: nobody is called.

    Source of the numbers: NANPA 555-01xx, Ofcom and ARCEP numbers for drama, PTS 031-390 06 xx, BNetzA 030 23125 xxx;
    the Polish ones are those of InPost's API documentation.
    """
    found: dict[str, tuple[Address, ...]] = {}
    text = files("gateway.services").joinpath("probe_places.csv").read_text("utf-8")
    for row in csv.DictReader(text.splitlines()):
        at = (float(row.pop("latitude")), float(row.pop("longitude")))
        place = Address(**row, name="Probe", latitude=at[0], longitude=at[1])  # type: ignore[arg-type]  # texts
        found[place.country] = (*found.get(place.country, ()), place)
    return found


def places(countries: tuple[str, ...]) -> tuple[Address, Address]:
    """From where to where a probe goes: within the first of these countries that we know two places of, else the US."""
    country = next((each for each in countries if each in _places()), "US")
    here, there = _places()[country]
    return here, there

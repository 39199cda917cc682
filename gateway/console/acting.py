"""Acts on one shipment that have a page: what follows is told before, why they are done is written down.

A carrier that refuses or is away is told in its own words, with what happens next; what was typed stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request, url_for

from carriers.base import CarrierError
from gateway.console.caring import Act, acts
from gateway.console.gate import NotAllowed, deed, may, services, who
from gateway.console.rendering import go, page
from gateway.domain.diversions import DiversionKind, DiversionState
from gateway.domain.errors import Conflict, GatewayError, NoCarrierAvailable, NotFound, Unprocessable
from gateway.domain.people import Permission
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import ShipmentState
from gateway.services.audit_trail import write_down
from gateway.services.care import ADDRESS, HOLD, NotNow
from gateway.services.ports import UnitOfWork
from gateway.services.returns import ReturnAsk

blueprint = Blueprint("acting", __name__, url_prefix="/shipments/<shipment_id>/acts")
ASKER = "merchant"
KINDS = {"time": DiversionKind.RESCHEDULE, "point": DiversionKind.REDIRECT}
LONGEST_WORDS = 500
GOES_ON = "The delivery goes on as planned"
AWAY = (
    f"{GOES_ON}, and nothing was changed. Try again in some minutes, or call the carrier and write down what it said."
)


@dataclass(frozen=True, slots=True)
class Said:
    """An error at a field ("" for the whole), with the status it is answered by."""

    field: str
    text: str
    status: int = 422


@blueprint.get("/<name>")
@may(Permission.LOOK)
def form(shipment_id: str, name: str) -> Response:
    """What would follow, and what is to be said; or why it cannot be done now."""
    return _page(_act(name), _shipment(shipment_id))


@blueprint.post("/<name>")
@may(Permission.LOOK)
def act(shipment_id: str, name: str) -> Response:
    """Do it, once: a form that was sent already is stale then, which is said."""
    wanted, shipment = _act(name), _shipment(shipment_id)
    reason = wanted.reasons.get(request.form.get("reason", ""), "")
    if not reason:
        return _page(wanted, shipment, Said("reason", "Say why: it is written down."))
    try:
        services().care.check(shipment, name, _version())
    except NotNow:  # the page itself says why
        return _page(wanted, shipment, Said("", "", 409))
    except Conflict as error:  # the form as it would be now, with what was typed
        return _page(wanted, shipment, Said("", _sentence(error), 409))
    try:
        return DOING[name](shipment, reason)
    except Unprocessable as error:
        return _page(wanted, shipment, Said("choice", _sentence(error)))
    except CarrierError as error:
        return _page(wanted, shipment, Said("", f"The carrier did not answer: {error}. {AWAY}", 502))
    except (Conflict, NoCarrierAvailable) as error:
        then = "Nothing is booked, and nothing is charged" if name == "return" else GOES_ON
        return _page(wanted, _shipment(shipment_id), Said("", f"{_sentence(error)} {then}.", 409))


def _divert(shipment: ShipmentRecord, reason: str, name: str) -> Response:
    """Another time or place."""
    chosen = request.form.get("choice", "")[:200]
    if not chosen:
        raise Unprocessable("/choice", "choose one")
    what = "asked for another time" if name == "time" else "asked for a service point"
    user, clock = who().user, services().clock

    def remember(uow: UnitOfWork) -> None:
        write_down(uow, user, deed(what, shipment.id, reason), clock())

    wish = services().diversions.divert(shipment, KINDS[name], chosen, ASKER, remember)
    if wish.state is DiversionState.REFUSED:
        raise Conflict(f"the carrier says no: {wish.why or 'it gave no reason'}")
    if wish.state is DiversionState.GIVEN_UP:
        raise Conflict(wish.why)
    done = "agreed" if wish.state is DiversionState.AGREED else "wished"
    return go("shipment.detail", shipment_id=shipment.id, done=done)


def _hold(shipment: ShipmentRecord, reason: str) -> Response:
    """A case, for whoever calls the carrier."""
    opened = services().care.open(who().user, who().mode, shipment.id, (HOLD, reason))
    return go("shipment.detail", shipment_id=shipment.id, done="case_opened" if opened else "case_open")


def _address(shipment: ShipmentRecord, reason: str) -> Response:
    """By whichever way was chosen."""
    way = request.form.get("choice", "")
    if way not in WAYS:
        raise Unprocessable("/choice", "choose a way")
    return WAYS[way](shipment, reason)


def _tell_courier(shipment: ShipmentRecord, reason: str) -> Response:
    words = _words("say what the courier is to know at the door")
    services().staff.audit.record(who().user, deed("told the courier something", shipment.id, reason))
    services().care.instruct(shipment, words)
    return go("shipment.detail", shipment_id=shipment.id, done="instructed")


def _anew(shipment: ShipmentRecord, reason: str) -> Response:
    """Its booking is taken back; when it is, the form to book has everything but the new address. Whoever may not book
    leaves a case to those who may, with the address as they were told it.
    """
    user, books = who().user, who().user.may(Permission.BOOK)
    if not user.may(Permission.CANCEL):
        raise NotAllowed(f"your role, {user.role.value}, does not let you do this")
    told = bool(request.form.get("words", "").strip()) or not books
    words = _words("say where it is to go: whoever books it anew reads it") if told else ""
    services().care.check(shipment, "anew", shipment.version)
    services().staff.audit.record(user, deed("asked to cancel", shipment.id, f"{reason}: to be booked anew"))
    after = services().recalls.cancel(who().merchant_id, shipment.id)
    if words and books:
        services().staff.desk.note(user, who().mode, shipment.id, f"To be booked anew: {words}", visible=False)
    elif words:
        wanted = (ADDRESS, f"{reason}; it was taken back, to be booked anew")
        services().care.open(user, who().mode, shipment.id, wanted, f"To be booked anew: {words}")
    if after.state is not ShipmentState.CANCELLED:
        return go("shipment.detail", shipment_id=shipment.id, done="cancelling")
    if books:
        return go("book.form", like=shipment.id)
    return go("shipment.detail", shipment_id=shipment.id, done="left")


def _call(shipment: ShipmentRecord, reason: str) -> Response:
    words = f"Another address is wanted: {_words('say where it is to go, as the caller said it')}"
    opened = services().care.open(who().user, who().mode, shipment.id, (ADDRESS, reason), words)
    return go("shipment.detail", shipment_id=shipment.id, done="case_opened" if opened else "case_open")


def _send_back(shipment: ShipmentRecord, reason: str) -> Response:
    """The way back, under whoever asked, in the transaction that makes it."""
    user, clock = who().user, services().clock

    def remember(uow: UnitOfWork, shipment_id: str) -> None:
        write_down(uow, user, deed("sent a shipment back", shipment.id, f"{reason}, as {shipment_id}"), clock())

    back = services().returns.book(who().merchant_id, who().mode, shipment.id, ReturnAsk(), remember)
    done = "booked" if back.state is ShipmentState.BOOKED else "asked"
    return go("shipment.detail", shipment_id=back.id, done=done)


WAYS: Mapping[str, Callable[[ShipmentRecord, str], Response]] = {"words": _tell_courier, "anew": _anew, "case": _call}
"""How an address is changed: by words for the courier, by booking anew, by a call."""

DOING: Mapping[str, Callable[[ShipmentRecord, str], Response]] = {
    "time": lambda shipment, reason: _divert(shipment, reason, "time"),
    "point": lambda shipment, reason: _divert(shipment, reason, "point"),
    "address": _address,
    "hold": _hold,
    "return": _send_back,
}


def _act(name: str) -> Act:
    found = acts().get(name)
    if found is None or name not in DOING:
        raise NotFound(f"there is no act {name!r}")
    if not who().user.may(found.needs):
        raise NotAllowed(f"your role, {who().user.role.value}, does not let you do this")
    return found


def _shipment(shipment_id: str) -> ShipmentRecord:
    return services().shipments.get(who().merchant_id, who().mode, shipment_id).shipment


def _version() -> int:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _words(missing: str) -> str:
    words = " ".join(request.form.get("words", "").split())
    if not 0 < len(words) <= LONGEST_WORDS:
        raise Unprocessable("/words", missing if not words else f"at most {LONGEST_WORDS} characters")
    return words


def _sentence(error: GatewayError) -> str:
    text = str(error).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def _page(wanted: Act, shipment: ShipmentRecord, said: Said | None = None) -> Response:
    why_not = services().care.why_not(shipment)
    offered: dict[str, Any] = {"times": (), "points": ()}
    if not why_not[wanted.name] and wanted.name in KINDS:
        try:
            offers = services().diversions.offers
            offered = (
                {"times": offers.times(shipment)} if wanted.name == "time" else {"points": offers.points(shipment)}
            )
        except (CarrierError, Conflict) as error:
            said = said or Said("", f"The carrier does not say what it offers: {error}. {AWAY}", 502)
    return page(
        "act.html",
        said.status if said else 200,
        act=wanted,
        shipment=shipment,
        why_not=why_not,
        consequence=wanted.consequence.format(carrier=shipment.account or "the carrier"),
        error=said,
        typed={name: request.form.get(name, "")[: LONGEST_WORDS + 1] for name in ("reason", "choice", "words")},
        back=url_for("shipment.detail", shipment_id=shipment.id),
        **{"times": (), "points": (), **offered},
    )

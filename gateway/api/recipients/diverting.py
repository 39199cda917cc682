"""The pages on which recipients choose another time or a service point. Their carrier is asked while they wait."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, Response

from carriers.base import CarrierError, ShipmentRejected
from gateway.api.auth import open_to_all, services
from gateway.api.recipients import codes, forms, points
from gateway.api.recipients.frame import answer, filled_form, for_people, frame, here, hurry, notice, sent_on, voice_of
from gateway.domain.diversions import Diversion, DiversionKind, DiversionState, Slot
from gateway.domain.errors import Conflict, Unprocessable
from gateway.services.ports.recipients import Voice
from gateway.services.recipients.pages import Sight
from gateway.services.recipients.proving import NotTheRecipient

blueprint = Blueprint("recipients_diverting", __name__, url_prefix="/t", template_folder="../templates")
THE_LINK = "the link is the key: whoever has it was given it"
KINDS: Mapping[str, DiversionKind] = {"times": DiversionKind.RESCHEDULE, "points": DiversionKind.REDIRECT}
PAGES: Mapping[DiversionKind, str] = {kind: what for what, kind in KINDS.items()}
UNSETTLED = (DiversionState.REFUSED, DiversionState.GIVEN_UP)


@blueprint.route("/<token>/times", defaults={"what": "times"})
@blueprint.route("/<token>/points", defaults={"what": "points"})
@open_to_all(THE_LINK)
@for_people
def offered(token: str, what: str) -> Response:
    """What the carrier offers now."""
    return _page(token, what)


@blueprint.route("/<token>/times", defaults={"what": "times"}, methods=["POST"])
@blueprint.route("/<token>/points", defaults={"what": "points"}, methods=["POST"])
@open_to_all(THE_LINK)
@for_people
def ask(token: str, what: str) -> Response:
    """Ask the carrier for what was chosen; what it said is on the page of the parcel."""
    filled, sight = filled_form(), services().recipients.pages.sight(token)
    voice = voice_of(sight)
    chosen, proof = forms.diversion(filled, voice)
    if filled.faults:
        return _page(token, what, filled)
    hurry("answers", services().settings.recipients.answers_per_min)
    try:
        wish = services().recipients.diversions.divert(token, KINDS[what], chosen, proof)
    except NotTheRecipient as error:
        filled.faults["proof"] = codes.wrong(sight, error, voice)
        return _page(token, what, filled)
    except Unprocessable:
        filled.faults["choice"] = voice.say("divert.gone")
        return _page(token, what, filled)
    except (Conflict, ShipmentRejected):
        return _refusal(token, 409, "too_late")
    except CarrierError:
        return _refusal(token, 503, "carrier_away")
    if wish.state in UNSETTLED:
        return _refusal(token, 409, "refused")
    return sent_on(token)


@blueprint.route("/<token>/times/code", defaults={"what": "times"}, methods=["POST"])
@blueprint.route("/<token>/points/code", defaults={"what": "points"}, methods=["POST"])
@open_to_all(THE_LINK)
@for_people
def send_code(token: str, what: str) -> Response:
    """Send the recipient a code to prove it by; what was chosen stays."""
    filled, sight = filled_form(), services().recipients.pages.sight(token)
    if KINDS[what] not in services().recipients.diversions.kinds(sight.shipment, sight.brand.brand):
        return _refusal(token, 409, "too_late")
    try:
        codes.send(sight, filled, voice_of(sight))
    except Conflict:
        return _refusal(token, 409, "stale")
    return _page(token, what, filled)


@blueprint.route("/<token>/point")
@open_to_all(THE_LINK)
@for_people
def collected_at(token: str) -> Response:
    """The service point that was chosen when it was booked: its carrier is asked for address and hours."""
    sight = services().recipients.pages.sight(token)
    voice = voice_of(sight)
    hurry("carriers", services().settings.recipients.answers_per_min)
    try:
        found = services().recipients.diversions.booked_point(token)
    except (Conflict, ShipmentRejected):
        return _refusal(token, 404, "unknown")
    except CarrierError:
        return _refusal(token, 503, "carrier_away")
    shown = points.shown(found, voice) if found else None
    return answer("recipients/point.html", 200, {**frame(voice, sight.brand), "point": shown, "back": here(token)})


def choices(sight: Sight, voice: Voice) -> Mapping[str, Any]:
    """What the page of a parcel says of it: links to choose by, the newest wish, and where it is collected."""
    waits = sight.wish is not None and sight.wish.state is DiversionState.ASKED
    let = () if waits else services().recipients.diversions.kinds(sight.shipment, sight.brand.brand)
    point = sight.agreed.point if sight.agreed else None
    return {
        "diversions": [(PAGES[kind], voice.say(f"divert.{PAGES[kind]}")) for kind in let],
        "diverted": () if sight.over else _told_of(sight, voice),
        "point": points.shown(point, voice) if point else None,
        "asks_point": not (point or sight.over) and services().recipients.diversions.tells_of_its_point(sight.shipment),
    }


def _told_of(sight: Sight, voice: Voice) -> Sequence[tuple[str, bool]]:
    """What holds, and what became of the newest wish where that is another one; and whether it is bad news. Where it
    waits, the page says anyway.
    """
    holds = sight.agreed if sight.shipment.status != "available_for_pickup" else None
    newest = sight.wish if sight.wish and sight.wish.state is not DiversionState.AGREED else None
    return [(_told(each, voice), each.state in UNSETTLED) for each in (holds, newest) if each]


def window(slot: Slot, voice: Voice) -> str:
    """A time in words: a day, and from when to when."""
    start, end = slot.window.start, slot.window.end
    if not voice.same_day(start, end):
        return voice.say("page.days", start=voice.day(start), end=voice.day(end))
    return f"{voice.day(start)}, {voice.say('page.between', start=voice.clock(start), end=voice.clock(end))}"


def _told(wish: Diversion, voice: Voice) -> str:
    goal = wish.goal
    what = window(goal, voice) if isinstance(goal, Slot) else points.shown(goal, voice).name
    return voice.say(f"divert.{wish.state.value}", what=what)


def _page(token: str, what: str, filled: forms.Filled | None = None) -> Response:
    """What the carrier offers; 422 where a form was not right."""
    bound, sight = services(), services().recipients.pages.sight(token)
    voice = voice_of(sight)
    hurry("carriers", bound.settings.recipients.answers_per_min)
    try:
        options = _options(token, what, voice)
        kind = bound.recipients.diversions.proof(sight.shipment, sight.brand.brand)
    except (Conflict, ShipmentRejected):
        return _refusal(token, 409, "too_late")
    except CarrierError:
        return _refusal(token, 503, "carrier_away")
    facts = {
        **frame(voice, sight.brand),
        "token": token,
        "what": what,
        "options": options,
        "wish_proof": codes.asked(sight, kind, f"/t/{token}/{what}/code"),
        "filled": filled.given if filled else {},
        "faults": filled.faults if filled else {},
        "back": here(token),
    }
    return answer("recipients/divert.html", 422 if filled and filled.faults else 200, facts)


def _options(token: str, what: str, voice: Voice) -> Sequence[Any]:
    """(id, words) of times, or points as they are shown."""
    diversions = services().recipients.diversions
    if what == "times":
        return [(slot.id, window(slot, voice)) for slot in diversions.times(token)]
    return [points.shown(point, voice) for point in diversions.points(token)]


def _refusal(token: str, status: int, what: str) -> Response:
    return notice(status, what, services().recipients.pages.brand(token), back=here(token), token=token)

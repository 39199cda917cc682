"""Handover: what waits for which courier until when, the day's lists, and the pickups that were ordered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from gateway.console.gate import deed, may, services, who
from gateway.console.rendering import go, page
from gateway.console.telling import span
from gateway.domain.errors import Unprocessable
from gateway.domain.handover import Pickup
from gateway.domain.handovers import ManifestState, PickupState
from gateway.domain.people import Permission
from gateway.domain.quotes import CarrierResult, ResultState
from gateway.services.handover_board import Waiting
from gateway.services.manifests import ManifestFile
from gateway.services.pickups import PickupFile, PickupWish
from gateway.services.ports import HandoverSearch

OVER = "in_the_past"
blueprint = Blueprint("handover", __name__, url_prefix="/handover")
SHOWN = 15
SHORTEST_WORD = 3
SOON = timedelta(hours=1)
TONES = {
    **{state.value: "good" for state in (ManifestState.CLOSED, PickupState.SCHEDULED)},
    **{state.value: "move" for state in (ManifestState.CLOSING, PickupState.ORDERING, PickupState.CANCELLING)},
    **{state.value: "bad" for state in (ManifestState.UNCERTAIN, PickupState.REFUSED)},
    ManifestState.UNAVAILABLE.value: "warn",
    PickupState.CANCELLED.value: "off",
}
WORDS = {"closed": "The day is closed.", "ordered": "The courier is ordered.", "settled": "What you said is kept."}
THEN = {
    ResultState.OK: "",
    ResultState.ERROR: "It did not answer as it should. What is not known yet is found out, or becomes a case; nothing "
    "is asked twice.",
    ResultState.TIMEOUT: "It did not answer in time. Whether it was done is found out, or becomes a case; do not ask "
    "again until then.",
    ResultState.SKIPPED: "",
    ResultState.INELIGIBLE: "",
}


@blueprint.get("")
@may(Permission.LOOK)
def overview() -> Response:
    """The board."""
    return _board(said=WORDS.get(request.args.get("done", ""), ""))


@blueprint.post("/manifests")
@may(Permission.HAND_OVER)
def close() -> Response:
    """Close the day of one account."""
    signed, account = who(), request.form.get("account", "")[:64]
    day = _day(request.form.get("day", ""))
    files, results = services().manifests.close(signed.merchant_id, signed.mode, day, (account,))
    services().staff.audit.record(signed.user, deed("closed the day", account, f"{day or 'today'}"))
    made = [file.manifest for file in files]
    if made and all(each.state is ManifestState.CLOSED for each in made):
        return go("handover.manifest", manifest_id=made[-1].id, done="closed")
    return _board(results=_told(results), status=200 if made else 409)


@blueprint.post("/pickups")
@may(Permission.HAND_OVER)
def order() -> Response:
    """Order a courier of one account for everything that waits."""
    signed, form = (
        who(),
        {name: request.form.get(name, "").strip()[:280] for name in ("account", "day", "ready", "closes", "note")},
    )
    try:
        wish = _wish(form)
        files, results = services().pickups.order(signed.merchant_id, signed.mode, wish)
    except Unprocessable as error:
        said = "the time until which somebody is there is over already" if error.code == OVER else str(error)
        return _board(status=422, errors={"pickup": f"{said[:1].upper()}{said[1:]}."}, typed=form)
    services().staff.audit.record(signed.user, deed("ordered a pickup", form["account"], form["day"]))
    if files and all(file.pickup.state is PickupState.SCHEDULED for file in files):
        return go("handover.pickup", pickup_id=files[-1].pickup.id, done="ordered")
    return _board(results=_told(results), typed=form, status=200 if files else 409)


@blueprint.get("/manifests/<manifest_id>")
@may(Permission.LOOK)
def manifest(manifest_id: str) -> Response:
    """One manifest and what it holds."""
    return _manifest(services().manifests.get(who().merchant_id, who().mode, manifest_id))


@blueprint.get("/manifests/<manifest_id>/document")
@may(Permission.HAND_OVER)
def document(manifest_id: str) -> Response:
    """The paper to hand over."""
    content = services().manifests.document(who().merchant_id, who().mode, manifest_id)
    services().staff.audit.record(who().user, deed("printed a manifest", manifest_id))
    headers = {"Content-Disposition": f'attachment; filename="{manifest_id}.pdf"'}
    return Response(content, 200, headers, content_type="application/pdf")


@blueprint.post("/manifests/<manifest_id>")
@may(Permission.RESOLVE)
def settle_manifest(manifest_id: str) -> Response:
    """A person's word on a manifest whose outcome nobody knows."""
    merchant_id, mode = who().merchant_id, who().mode
    file = services().manifests.get(merchant_id, mode, manifest_id)
    settle = partial(services().manifests.resolve, merchant_id, mode, manifest_id)
    return _settled("manifest", manifest_id, partial(_manifest, file), settle)


@blueprint.get("/pickups/<pickup_id>")
@may(Permission.LOOK)
def pickup(pickup_id: str) -> Response:
    """One pickup."""
    return _pickup(services().pickups.get(who().merchant_id, who().mode, pickup_id))


@blueprint.post("/pickups/<pickup_id>")
@may(Permission.RESOLVE)
def settle_pickup(pickup_id: str) -> Response:
    """A person's word on a pickup whose outcome nobody knows."""
    merchant_id, mode = who().merchant_id, who().mode
    file = services().pickups.get(merchant_id, mode, pickup_id)

    def settle(number: str, found: str) -> object:
        ordered = Pickup(carrier_reference=number) if number else None
        return services().pickups.resolve(merchant_id, mode, pickup_id, ordered, found)

    return _settled("pickup", pickup_id, partial(_pickup, file), settle)


@blueprint.post("/pickups/<pickup_id>/cancel")
@may(Permission.HAND_OVER)
def cancel(pickup_id: str) -> Response:
    """Call the courier off."""
    signed = who()
    services().pickups.get(signed.merchant_id, signed.mode, pickup_id)
    services().staff.audit.record(signed.user, deed("asked to call a pickup off", pickup_id))
    services().pickups.cancel(signed.merchant_id, signed.mode, pickup_id)
    return go("handover.pickup", pickup_id=pickup_id)


def _settled(kind: str, each_id: str, again: Callable[..., Response], settle: Callable[[str, str], object]) -> Response:
    """What somebody found out is so from now on: `settle` takes the carrier's number, "" where nothing came of it, and
    how they know. Where something is missing, the page comes `again`.
    """
    outcome, number, found = _word()
    if errors := _slips(outcome, number, found):
        return again(422, errors=errors, typed={"outcome": outcome, "number": number, "found": found})
    settle(number if outcome == "yes" else "", found)
    services().staff.audit.record(who().user, deed(f"settled a {kind}", each_id, found))
    return go(f"handover.{kind}", **{f"{kind}_id": each_id}, done="settled")


def _board(status: int = 200, **facts: Any) -> Response:
    signed, now = who(), services().clock()
    rows = services().handover.waiting(signed.merchant_id, signed.mode)
    search = HandoverSearch(mode=signed.mode, limit=SHOWN)
    given: dict[str, Any] = {"said": "", "errors": {}, "typed": {}, "results": (), **facts}
    return page(
        "handover.html",
        status,
        rows=[(each, *_clock(each, now)) for each in rows],
        accounts=sorted({each.account for each in rows if each.fetched}),
        unscanned=services().handover.unscanned(signed.merchant_id, signed.mode),
        manifests=services().manifests.search(signed.merchant_id, search).items,
        pickups=services().pickups.search(signed.merchant_id, search).items,
        tones=TONES,
        today=now.date(),
        **given,
    )


def _clock(row: Waiting, now: datetime) -> tuple[str, str]:
    """How a row stands against its cut-off: a tone and words."""
    if row.closed:
        return "off", f"none today: {row.closed}"
    if row.cut_off is None:
        return "calm", "all day"
    if row.cut_off < now:
        return "bad", f"over since {span(now - row.cut_off)}: goes tomorrow"
    return ("warn" if row.cut_off - now < SOON else "calm"), f"{span(row.cut_off - now)} left"


def _told(results: Sequence[CarrierResult]) -> Sequence[tuple[str, str]]:
    """What each account answered, and what happens next."""
    return [
        (each.account, " ".join(filter(None, [f"{each.why or each.state.value}.", THEN[each.state]])))
        for each in results
        if each.why or each.state is not ResultState.OK
    ]


def _wish(form: dict[str, str]) -> PickupWish:
    """When and for whom, on the clock of the carrier. Raises Unprocessable."""
    signed = who()
    if not form["account"]:
        raise Unprocessable("/account", "say which carrier's courier")
    lives, _ = services().pool.now_of(signed.merchant_id, signed.mode)
    zones = {live.record.name: live.carrier.profile.polling.timezone for live in lives}
    day, zone = _day(form["day"]), ZoneInfo(zones.get(form["account"], "UTC"))
    ready, closes = _time(form["ready"]), _time(form["closes"])
    if day is None or ready is None or closes is None or closes <= ready:
        raise Unprocessable("/ready", "give the day, from when the parcels are ready, and until when somebody is there")
    return PickupWish(
        ready_at=max(datetime.combine(day, ready, zone), services().clock().astimezone(zone)),
        closes_at=datetime.combine(day, closes, zone),
        accounts=(form["account"],),
        instructions=form["note"],
    )


def _manifest(file: ManifestFile, status: int = 200, **facts: Any) -> Response:
    given: dict[str, Any] = {"errors": {}, "typed": {}, **facts}
    said = WORDS.get(request.args.get("done", ""), "")
    return page("manifest.html", status, file=file, each=file.manifest, tones=TONES, said=said, **given)


def _pickup(file: PickupFile, status: int = 200, **facts: Any) -> Response:
    given: dict[str, Any] = {"errors": {}, "typed": {}, **facts}
    said = WORDS.get(request.args.get("done", ""), "")
    return page("pickup.html", status, file=file, each=file.pickup, tones=TONES, said=said, **given)


def _word() -> tuple[str, str, str]:
    outcome, number, found = (request.form.get(name, "").strip()[:500] for name in ("outcome", "number", "found"))
    return outcome, number[:64], found


def _slips(outcome: str, number: str, found: str) -> dict[str, str]:
    errors = {}
    if outcome not in ("yes", "no"):
        errors["outcome"] = "Say whether it is so or not."
    if outcome == "yes" and not number:
        errors["number"] = "Give the carrier's number of it."
    if len(found) < SHORTEST_WORD:
        errors["found"] = "Say who found out, and how: others will read it."
    return errors


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None

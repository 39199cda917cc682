"""A person knows better than the carrier where a shipment is, says so under their name, and may take it back."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.console.gate import deed, may, services, who
from gateway.console.rendering import go, page
from gateway.domain.errors import Conflict
from gateway.domain.people import Permission
from gateway.domain.tracking import reasons, statuses
from gateway.services.corrections import Word

blueprint = Blueprint("correcting", __name__, url_prefix="/shipments/<shipment_id>/corrections")
CORRECTABLE = tuple(status for status in statuses() if status not in ("unknown", "created"))
SHORTEST_WHY, LONGEST_WHY = 3, 500


@blueprint.get("")
@may(Permission.CORRECT)
def form(shipment_id: str) -> Response:
    """What was corrected so far, and a form to say more."""
    return _page(shipment_id)


@blueprint.post("")
@may(Permission.CORRECT)
def correct(shipment_id: str) -> Response:
    """One more word: it counts until it is withdrawn or the carrier tells more."""
    given = {name: request.form.get(name, "").strip()[:LONGEST_WHY] for name in ("status", "reason", "why")}
    version = request.form.get("version", "")
    errors = _slips(given)
    shipment = services().shipments.get(who().merchant_id, who().mode, shipment_id).shipment
    if errors:
        return _page(shipment_id, 422, errors, given)
    if version != str(shipment.version):
        raise Conflict("it has changed since you opened the page")
    word = Word(status=given["status"], reason=given["reason"], author=who().user.name, why=given["why"])
    services().corrections.correct(who().merchant_id, who().mode, shipment_id, word, who().user.id)
    said = f"{given['status']}, {given['reason']}: {given['why']}"
    services().staff.audit.record(who().user, deed("corrected the status", shipment_id, said))
    return go("shipment.detail", shipment_id=shipment_id, done="corrected")


@blueprint.post("/<correction_id>/withdraw")
@may(Permission.CORRECT)
def withdraw(shipment_id: str, correction_id: str) -> Response:
    """Take one back: what the carrier says counts again."""
    why = request.form.get("why", "").strip()[:LONGEST_WHY]
    if len(why) < SHORTEST_WHY:
        return _page(shipment_id, 422, {correction_id: "Say why it is taken back: others will read it."})
    services().corrections.withdraw(who().merchant_id, who().mode, shipment_id, correction_id, who().user.name, why)
    services().staff.audit.record(who().user, deed("took a correction back", shipment_id, why))
    return go("shipment.detail", shipment_id=shipment_id, done="withdrawn")


def _slips(given: dict[str, str]) -> dict[str, str]:
    errors = {}
    if given["status"] not in CORRECTABLE:
        errors["status"] = "Choose where it is."
    if given["reason"] not in reasons():
        errors["reason"] = "Choose a reason; “none” is one."
    elif not errors and (wrong := reasons()[given["reason"]].contradicts(given["status"])):
        errors["reason"] = f"{wrong[:1].upper()}{wrong[1:]}."
    if len(given["why"]) < SHORTEST_WHY:
        errors["why"] = "Say how you know: others will read it."
    return errors


def _page(
    shipment_id: str, status: int = 200, errors: dict[str, str] | None = None, typed: dict[str, str] | None = None
) -> Response:
    signed = who()
    return page(
        "corrections.html",
        status,
        shipment=services().shipments.get(signed.merchant_id, signed.mode, shipment_id).shipment,
        corrections=services().corrections.of_shipment(signed.merchant_id, signed.mode, shipment_id),
        statuses=CORRECTABLE,
        reasons=tuple(reasons()),
        errors=errors or {},
        typed=typed or {},
    )

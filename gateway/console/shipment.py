"""One shipment: what is true, why, and what can be done about it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from gateway.console.caring import cancellable, choices
from gateway.console.claims import TONES, claimable
from gateway.console.deciding import decision
from gateway.console.gate import deed, may, services, who
from gateway.console.live import position
from gateway.console.rendering import go, page, partial
from gateway.console.telling import agreed, promise, standing, summary
from gateway.domain.enquiries import EnquiryWay
from gateway.domain.errors import Conflict, NoCarrierAvailable, Unprocessable
from gateway.domain.people import Permission
from gateway.domain.shipments import BookingRef, LabelKind, ShipmentState
from gateway.services.desk import Dossier

blueprint = Blueprint("shipment", __name__, url_prefix="/shipments/<shipment_id>")
UNMASK_REASONS = {
    "caller_verified": "The caller gave name and postcode",
    "carrier_asks": "The carrier asks for contact data",
    "address_problem": "The address must be checked",
    "proof": "The delivery is disputed",
}
CANCEL_REASONS = {
    "customer_request": "The customer no longer wants it",
    "wrong_address": "The address is wrong: it will be booked anew",
    "out_of_stock": "The goods are not there",
    "booked_twice": "It was ordered twice",
    "fraud": "The order is not genuine",
}
LABEL_TYPES = {LabelKind.PDF: "application/pdf", LabelKind.ZPL: "application/zpl", LabelKind.PNG: "image/png"}
WAITING = (ShipmentState.NEEDS_REVIEW, ShipmentState.UNCERTAIN)
SHORTEST_WORD = 3
DONE = {
    "booked": "It is booked. Its label is under Booking; press p for it.",
    "asked": "The carrier's answer is not known yet. It is being found out; nobody else is asked meanwhile.",
    "note": "Your note is kept.",
    "enquired": "It is counted.",
    "enquired_before": "One was counted since you opened the page: count again if yours is another one.",
    "cancelled": "The carrier has cancelled it.",
    "left": "The carrier has cancelled it. A case asks operations to book it anew, at the address that you wrote down.",
    "cancelling": "The carrier was asked to cancel it. What it answers appears here by itself.",
    "resolved": "What you said is kept.",
    "refused": "What you said is kept. The carriers that were asked then refused: nothing is charged.",
    "corrected": "What you said counts from now on.",
    "withdrawn": "It is taken back: what the carrier says counts again.",
    "resent": "The recipient is told again.",
    "agreed": "The carrier has agreed to it. What is expected follows; the promise stays what it was.",
    "wished": "The carrier has not answered yet. It is asked again by itself, and after an hour a person is asked too. "
    "Until it answers the delivery goes on as planned: promise nothing.",
    "case_opened": "A case is open: somebody calls the carrier. Until then the delivery goes on as planned.",
    "case_open": "A case about this is open already; it stays as it is.",
    "instructed": "The carrier has taken your words for its courier.",
}


@blueprint.get("")
@may(Permission.LOOK)
def detail(shipment_id: str) -> Response:
    """The page."""
    return _page(shipment_id, said=DONE.get(request.args.get("done", ""), ""))


@blueprint.post("/unmask")
@may(Permission.UNMASK)
def unmask(shipment_id: str) -> Response:
    """The recipient's data, shown once for a reason that is written down."""
    reason = request.form.get("reason", "")
    if reason not in UNMASK_REASONS:
        return _page(shipment_id, 422, errors={"reason": "Say why you need it: it is written down."})
    dossier = _dossier(shipment_id)
    services().staff.audit.record(who().user, deed("saw the recipient", shipment_id, UNMASK_REASONS[reason]))
    if partial():
        return page(
            "shipment_recipient.html",
            shipment=dossier.file.shipment,
            unmasked=True,
            reasons=UNMASK_REASONS,
            pictures=_pictures(shipment_id),
        )
    return _page(shipment_id, unmasked=True)


@blueprint.post("/notes")
@may(Permission.NOTE)
def add_note(shipment_id: str) -> Response:
    """A note for colleagues, or for the recipient too."""
    text = request.form.get("text", "")
    visible = request.form.get("visible") == "on" and who().user.may(Permission.NOTIFY)
    try:
        services().staff.desk.note(who().user, who().mode, shipment_id, text, visible=visible)
    except Unprocessable as error:
        return _page(shipment_id, 422, errors={"text": str(error)}, typed={"text": text, "visible": visible})
    return go("shipment.detail", shipment_id=shipment_id, done="note", _anchor="notes")


@blueprint.post("/tags")
@may(Permission.NOTE)
def tag(shipment_id: str) -> Response:
    """A tag on or off."""
    text, tags = request.form.get("tag", "")[:60], services().staff.tags
    change = tags.take_off if request.form.get("off") else tags.put
    try:
        change(who().user, who().mode, shipment_id, text)
    except Unprocessable as error:
        said = f"{str(error)[:1].upper()}{str(error)[1:]}."
        return _page(shipment_id, 422, errors={"tag": said}, typed={"tag": text})
    return go("shipment.detail", shipment_id=shipment_id)


@blueprint.post("/cancel")
@may(Permission.CANCEL)
def cancel(shipment_id: str) -> Response:
    """Ask the carrier to take the booking back."""
    reason, seen = request.form.get("reason", ""), request.form.get("version", "")
    if reason not in CANCEL_REASONS:
        return _page(shipment_id, 422, errors={"cancel": "Say why: it decides what happens next, and is written down."})
    shipment = _dossier(shipment_id).file.shipment
    if seen != str(shipment.version):
        raise Conflict("it has changed since you opened the page")
    services().staff.audit.record(who().user, deed("asked to cancel", shipment_id, CANCEL_REASONS[reason]))
    after = services().recalls.cancel(who().merchant_id, shipment.id)
    done = "cancelled" if after.state is ShipmentState.CANCELLED else "cancelling"
    return go("shipment.detail", shipment_id=shipment_id, done=done)


@blueprint.post("/resolve")
@may(Permission.RESOLVE)
def resolve(shipment_id: str) -> Response:
    """A person's word on a booking that nobody could find out about."""
    form = {name: request.form.get(name, "").strip()[:500] for name in ("outcome", "number", "tracking", "found")}
    errors = _slips(form)
    if errors:
        return _page(shipment_id, 422, errors=errors, typed=form)
    booking = None
    if form["outcome"] == "booked":
        number = form["number"][:64]
        booking = BookingRef(carrier_reference=number, tracking_number=form["tracking"][:64] or number)
    said = f"{form['outcome'].replace('_', ' ')}: {form['found']}"
    _dossier(shipment_id)
    services().staff.audit.record(who().user, deed("settled a booking", shipment_id, said))
    try:
        services().shipments.resolve(who().merchant_id, who().mode, shipment_id, booking, form["found"])
    except NoCarrierAvailable:
        return go("shipment.detail", shipment_id=shipment_id, done="refused")
    return go("shipment.detail", shipment_id=shipment_id, done="resolved")


@blueprint.post("/notifications/<notification_id>/resend")
@may(Permission.NOTIFY)
def resend(shipment_id: str, notification_id: str) -> Response:
    """Tell the recipient again, if it is still so."""
    signed = who()
    services().notifications.resend(signed.merchant_id, signed.mode, shipment_id, notification_id)
    services().staff.audit.record(signed.user, deed("told the recipient again", shipment_id))
    return go("shipment.detail", shipment_id=shipment_id, done="resent")


@blueprint.get("/label")
@may(Permission.UNMASK)
def label(shipment_id: str) -> Response:
    """The label's bytes, the same ones every time: it holds the address, so that is written down."""
    shipment, kind = _dossier(shipment_id).file.shipment, request.args.get("format", "")
    wanted = next((each for each in LabelKind if each.value == kind), shipment.label_format.kind)
    made = services().labels.label(who().merchant_id, who().mode, shipment_id, wanted)
    services().staff.audit.record(who().user, deed("opened the label", shipment_id, wanted.value))
    headers = {"Content-Disposition": f'attachment; filename="{shipment.id}.{made.kind.value}"'}
    return Response(made.content, 200, headers, content_type=LABEL_TYPES[made.kind])


def _slips(form: dict[str, str]) -> dict[str, str]:
    """What is wrong with a person's word, by field."""
    errors = {}
    if form["outcome"] not in ("booked", "not_booked"):
        errors["outcome"] = "Say whether it is booked or not."
    if form["outcome"] == "booked" and not form["number"]:
        errors["number"] = "Give the carrier's number of the booking."
    if len(form["found"]) < SHORTEST_WORD:
        errors["found"] = "Say who found out, and how: others will read it."
    return errors


def _dossier(shipment_id: str) -> Dossier:
    return services().staff.desk.dossier(who().merchant_id, who().mode, shipment_id)


def _pictures(shipment_id: str) -> list[tuple[str, str]]:
    """What each picture of the delivery shows, and a link to it that is good for minutes."""
    proofs = services().proofs
    links = ((file, proofs.link(file)) for file in proofs.of_shipment(who().merchant_id, shipment_id))
    return [(file.kind.value, f"/v1/pictures/{link.token}") for file, link in links if link is not None]


def _page(shipment_id: str, status: int = 200, **facts: Any) -> Response:
    dossier = _dossier(shipment_id)
    shipment, now = dossier.file.shipment, services().clock()
    notices = services().notifications.log(who().merchant_id, who().mode, shipment_id)
    wishes = services().diversions.of_shipment(shipment)
    given: dict[str, Any] = {"said": "", "errors": {}, "typed": {}, "unmasked": False, **facts}
    return page(
        "shipment.html",
        status,
        dossier=dossier,
        shipment=shipment,
        standing=standing(shipment),
        tags=services().staff.tags.of(who().merchant_id, [shipment_id]).get(shipment_id, ()),
        summary=summary(shipment, now),
        promise=promise(shipment, now),
        pictures=_pictures(shipment_id) if given["unmasked"] else (),
        decision=decision(dossier.quote, dossier.file.tenders, shipment.chosen_offer_id) if dossier.quote else None,
        can_cancel=cancellable(shipment),
        notices=notices,
        choices=choices(shipment, notices),
        position=position(),
        wishes=wishes,
        agreed=agreed(shipment, wishes, now),
        public_url=services().recipients.links.url(shipment_id, shipment.link_version) if shipment.booking else "",
        waiting=shipment.state in WAITING,
        claims=services().claims.of_shipment(who().merchant_id, shipment_id),
        claimable=claimable(shipment),
        enquiries=services().enquiries.of_shipment(who().merchant_id, who().mode, shipment_id),
        enquiry_ways=tuple(EnquiryWay),
        claim_tones=TONES,
        reasons=UNMASK_REASONS,
        cancel_reasons=CANCEL_REASONS,
        **given,
    )

"""/v1/shipments"""

from __future__ import annotations

from dataclasses import replace

from flask import Response, g

from gateway.api import shapes, shapes_decisions, shapes_tracking
from gateway.api.auth import caller, requires, services
from gateway.api.examples import BOOK, BOOK_A_QUOTE, RESOLVE
from gateway.api.routes import ApiBlueprint, answer, once, page
from gateway.api.schemas.policies import DecisionSchema
from gateway.api.schemas.returns import ReturnSchema
from gateway.api.schemas.shipments import (
    BookSchema,
    LabelQuerySchema,
    ResolveSchema,
    ShipmentPageSchema,
    ShipmentSchema,
    ShipmentSearchSchema,
)
from gateway.api.schemas.tracking import EventListSchema
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import BookingRef, LabelKind, ShipmentState
from gateway.services.idempotency import Run
from gateway.services.ports import ShipmentSearch
from gateway.services.returns import ReturnAsk
from gateway.services.shipments import BookAsk, ShipmentFile

blueprint = ApiBlueprint("shipments", __name__, url_prefix="/v1/shipments")
LABEL_TYPES = {LabelKind.PDF: "application/pdf", LabelKind.ZPL: "application/zpl", LabelKind.PNG: "image/png"}
BYTES = {"type": "string", "format": "binary"}
UNDECIDED = (
    ShipmentState.BOOKING,
    ShipmentState.UNCERTAIN,
    ShipmentState.NEEDS_REVIEW,
    ShipmentState.CANCELLING,
)


def _file(shipment_id: str) -> ShipmentFile:
    return services().shipments.get(caller().merchant_id, caller().mode, shipment_id)


def _shown(record: ShipmentRecord, done: int) -> Response:
    """The shipment: `done` when it is settled, 202 while something is not known yet."""
    file = _file(record.id)
    return answer(shapes.shipment(file, services().proofs.link), 202 if file.shipment.state in UNDECIDED else done)


@blueprint.route("", methods=["POST"])
@requires("shipments:write")
@blueprint.arguments(
    BookSchema, examples={"everything": {"value": BOOK}, "an offer of a quote": {"value": BOOK_A_QUOTE}}
)
@blueprint.response(201, ShipmentSchema, description="Booked.")
@blueprint.alt_response(202, schema=ShipmentSchema, description="The outcome is not known yet; it is being found out.")
@once(required=True, made_at="/v1/shipments/{id}")
def book_shipment(run: Run, ask: BookAsk) -> Response:
    """Book a shipment, once. Repeat the very same request as often as you like."""
    shipments, who = services().shipments, caller()
    if run.resource_id:
        return _shown(shipments.carry_through(who.merchant_id, run.resource_id), 201)
    if ask.ask:
        placed = services().facilities.placed(who.merchant_id, ask.ask.shipment)
        ask = replace(ask, ask=replace(ask.ask, shipment=placed))
    return _shown(shipments.book(who.merchant_id, who.mode, ask, run.point_at), 201)


@blueprint.route("")
@requires("shipments:read")
@blueprint.arguments(ShipmentSearchSchema, location="query")
@blueprint.response(200, ShipmentPageSchema)
def list_shipments(narrowed: dict[str, object]) -> Response:
    """Shipments, newest first."""
    text = narrowed.pop("q")
    search = ShipmentSearch(mode=caller().mode, text=text, **narrowed)  # type: ignore[arg-type]  # the schema typed them
    found = services().shipments.search(caller().merchant_id, search)
    return page([shapes.summary(record) for record in found.items], found.next_cursor)


@blueprint.route("/<shipment_id>")
@requires("shipments:read")
@blueprint.response(200, ShipmentSchema)
def get_shipment(shipment_id: str) -> Response:
    """One shipment, with its tenders, cases and proof of delivery."""
    return answer(shapes.shipment(_file(shipment_id), services().proofs.link))


@blueprint.route("/<shipment_id>/events")
@requires("tracking:read")
@blueprint.response(200, EventListSchema)
def list_events(shipment_id: str) -> Response:
    """Everything that happened to it, oldest first."""
    found = services().whereabouts.of(caller().merchant_id, caller().mode, shipment_id)
    return answer({"data": shapes_tracking.events(found.events, found.tracker)})


@blueprint.route("/<shipment_id>/decision")
@requires("shipments:read")
@blueprint.response(200, DecisionSchema)
def get_decision(shipment_id: str) -> Response:
    """Why this carrier: every offer, every rule's sentence, the runner-up and by how much it lost, every tender."""
    file, quoted = services().shipments.decision(caller().merchant_id, caller().mode, shipment_id)
    return answer(shapes_decisions.decision(file, quoted))


@blueprint.route("/<shipment_id>/label")
@requires("shipments:read")
@blueprint.arguments(LabelQuerySchema, location="query")
@blueprint.response(200, BYTES, content_type="application/pdf")
@blueprint.alt_response(200, schema=BYTES, content_type="application/zpl")
@blueprint.alt_response(200, schema=BYTES, content_type="image/png")
def get_label(wanted: dict[str, str], shipment_id: str) -> Response:
    """The label's bytes, the same ones every time."""
    booked = _file(shipment_id).shipment
    kind = LabelKind(wanted["format"] or booked.label_format.kind)
    g.carrier = booked.carrier
    made = services().labels.label(caller().merchant_id, caller().mode, shipment_id, kind)
    headers = {"Content-Disposition": f'attachment; filename="{booked.id}.{made.kind.value}"'}
    return Response(made.content, 200, headers, content_type=LABEL_TYPES[made.kind])


@blueprint.route("/<shipment_id>/cancel", methods=["POST"])
@requires("shipments:write")
@blueprint.response(200, ShipmentSchema, description="Cancelled.")
@blueprint.alt_response(202, schema=ShipmentSchema, description="The carrier's answer is not known yet.")
@once()
def cancel_shipment(_: Run, shipment_id: str) -> Response:
    """Cancel it at its carrier; 409 when that is too late."""
    return _shown(services().recalls.cancel(caller().merchant_id, _file(shipment_id).shipment.id), 200)


@blueprint.route("/<shipment_id>/tracking-link/revoke", methods=["POST"])
@requires("shipments:write")
@blueprint.response(200, ShipmentSchema, description="`tracking_url` is another now.")
@once()
def revoke_tracking_link(_: Run, shipment_id: str) -> Response:
    """End the recipient's link, which may be in the wrong hands, and make another; messages still to come have it."""
    return _shown(services().recipients.pages.revoke(caller().merchant_id, caller().mode, shipment_id), 200)


@blueprint.route("/<shipment_id>/return", methods=["POST"])
@requires("shipments:write")
@blueprint.arguments(ReturnSchema, example={"ways": ["drop_off", "code"], "metadata": {"reason": "too small"}})
@blueprint.response(201, ShipmentSchema, description="The return is booked: a shipment of its own.")
@blueprint.alt_response(202, schema=ShipmentSchema, description="The outcome is not known yet; it is being found out.")
@once(required=True, made_at="/v1/shipments/{id}")
def return_shipment(run: Run, ask: ReturnAsk, shipment_id: str) -> Response:
    """Send a delivered shipment back, once: only carriers that bring parcels back are asked. 409 says why it cannot."""
    who = caller()
    if run.resource_id:
        return _shown(services().shipments.carry_through(who.merchant_id, run.resource_id), 201)
    return _shown(services().returns.book(who.merchant_id, who.mode, shipment_id, ask, run.point_at), 201)


@blueprint.route("/<shipment_id>/resolve", methods=["POST"])
@requires("admin")
@blueprint.arguments(ResolveSchema, example=RESOLVE)
@blueprint.response(200, ShipmentSchema)
@blueprint.alt_response(202, schema=ShipmentSchema, description="Not settled by that; it is being found out.")
@once()
def resolve_shipment(_: Run, settled: tuple[BookingRef | None, str], shipment_id: str) -> Response:
    """A person settles a booking whose outcome is unknown: booked, with the carrier's numbers, or not booked."""
    booking, note = settled
    who = caller()
    return _shown(services().shipments.resolve(who.merchant_id, who.mode, shipment_id, booking, note), 200)

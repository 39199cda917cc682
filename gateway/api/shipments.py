"""/v1/shipments"""

from __future__ import annotations

from flask import Response, request

from gateway.api import shapes
from gateway.api.auth import caller, requires, services
from gateway.api.routes import ApiBlueprint, answer, once, page
from gateway.api.schemas.others import EventListSchema
from gateway.api.schemas.shipments import (
    BookSchema,
    DecisionSchema,
    ResolveSchema,
    ShipmentListSchema,
    ShipmentPageSchema,
    ShipmentSchema,
)
from gateway.domain.errors import Unprocessable
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import BookingRef, LabelKind, ShipmentState
from gateway.services.idempotency import Run
from gateway.services.ports import ShipmentSearch
from gateway.services.shipments import BookAsk

blueprint = ApiBlueprint(
    "shipments", __name__, url_prefix="/v1/shipments", description="Book, find, print, cancel, settle."
)
LABEL_TYPES = {LabelKind.PDF: "application/pdf", LabelKind.ZPL: "application/zpl", LabelKind.PNG: "image/png"}
UNDECIDED = (
    ShipmentState.BOOKING,
    ShipmentState.UNCERTAIN,
    ShipmentState.NEEDS_REVIEW,
    ShipmentState.CANCELLING,
)


def _shown(record: ShipmentRecord, done: int) -> Response:
    """The shipment: `done` when it is settled, 202 while something is not known yet."""
    file = services().shipments.get(caller().merchant_id, caller().mode, record.id)
    status = 202 if file.shipment.state in UNDECIDED else done
    return answer(shapes.shipment(file), status, {"Location": f"/v1/shipments/{record.id}"})


@blueprint.route("", methods=["POST"])
@requires("shipments:write")
@blueprint.arguments(BookSchema)
@blueprint.response(201, ShipmentSchema, description="Booked.")
@blueprint.alt_response(202, schema=ShipmentSchema, description="The outcome is not known yet; it is being found out.")
def create(ask: BookAsk) -> Response:
    """Book a shipment, once. Needs an Idempotency-Key; repeat the very same request as often as you like."""

    def work(run: Run) -> Response:
        shipments, who = services().shipments, caller()
        if run.resource_id:
            return _shown(shipments.carry_through(who.merchant_id, run.resource_id), 201)
        return _shown(shipments.book(who.merchant_id, who.mode, ask, run.point_at), 201)

    return once(work, required=True)


@blueprint.route("")
@requires("shipments:read")
@blueprint.arguments(ShipmentListSchema, location="query")
@blueprint.response(200, ShipmentPageSchema)
def find(narrowed: dict[str, object]) -> Response:
    """Shipments, newest first."""
    text = narrowed.pop("q")
    search = ShipmentSearch(mode=caller().mode, text=text, **narrowed)  # type: ignore[arg-type]  # the schema typed them
    found = services().shipments.search(caller().merchant_id, search)
    return page([shapes.summary(record) for record in found.items], found.next_cursor)


@blueprint.route("/<shipment_id>")
@requires("shipments:read")
@blueprint.response(200, ShipmentSchema)
def read(shipment_id: str) -> Response:
    """One shipment, with its tenders, cases and proof of delivery."""
    return answer(shapes.shipment(services().shipments.get(caller().merchant_id, caller().mode, shipment_id)))


@blueprint.route("/<shipment_id>/events")
@requires("tracking:read")
@blueprint.response(200, EventListSchema)
def events(shipment_id: str) -> Response:
    """Everything that happened to it, oldest first."""
    found = services().shipments.events(caller().merchant_id, caller().mode, shipment_id)
    return answer({"data": [shapes.event(each) for each in found]})


@blueprint.route("/<shipment_id>/decision")
@requires("shipments:read")
@blueprint.response(200, DecisionSchema)
def decision(shipment_id: str) -> Response:
    """Why this carrier: every offer, every rule's sentence, every tender."""
    file, quoted = services().shipments.decision(caller().merchant_id, caller().mode, shipment_id)
    return answer(shapes.decision(file, quoted))


@blueprint.route("/<shipment_id>/label")
@requires("shipments:read")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/pdf")
def label(shipment_id: str) -> Response:
    """The label's bytes, the same ones every time. `format` is pdf, zpl or png."""
    wanted = request.args.get("format", "pdf")
    if wanted not in set(LabelKind):
        raise Unprocessable("/format", f"there are {', '.join(LabelKind)}", "unknown_format")
    made = services().shipments.label(caller().merchant_id, caller().mode, shipment_id, LabelKind(wanted))
    headers = {"Content-Disposition": f'attachment; filename="{shipment_id}.{made.kind.value}"'}
    return Response(made.content, 200, headers, content_type=LABEL_TYPES[made.kind])


@blueprint.route("/<shipment_id>/cancel", methods=["POST"])
@requires("shipments:write")
@blueprint.response(200, ShipmentSchema, description="Cancelled.")
@blueprint.alt_response(202, schema=ShipmentSchema, description="The carrier's answer is not known yet.")
def cancel(shipment_id: str) -> Response:
    """Cancel it at its carrier; 409 when that is too late."""

    def work(run: Run) -> Response:
        services().shipments.get(caller().merchant_id, caller().mode, shipment_id)
        return _shown(services().recalls.cancel(caller().merchant_id, shipment_id), 200)

    return once(work)


@blueprint.route("/<shipment_id>/resolve", methods=["POST"])
@requires("admin")
@blueprint.arguments(ResolveSchema)
@blueprint.response(200, ShipmentSchema)
def resolve(settled: tuple[BookingRef | None, str], shipment_id: str) -> Response:
    """A person settles a booking whose outcome is unknown: booked, with the carrier's numbers, or not booked."""
    booking, note = settled

    def work(run: Run) -> Response:
        who = caller()
        return _shown(services().shipments.resolve(who.merchant_id, who.mode, shipment_id, booking, note), 200)

    return once(work)

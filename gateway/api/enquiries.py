"""/v1/shipments/{id}/enquiries"""

from __future__ import annotations

from typing import Any

from flask import Response

from gateway.api.auth import caller, requires, services
from gateway.api.examples_claims import ENQUIRY
from gateway.api.routes import ApiBlueprint, answer, once
from gateway.api.schemas.enquiries import AskingSchema, EnquiryListSchema, EnquirySchema
from gateway.domain.enquiries import Enquiry
from gateway.services.audit_trail import KeyHolder
from gateway.services.enquiries import Asking
from gateway.services.idempotency import Run

blueprint = ApiBlueprint("enquiries", __name__, url_prefix="/v1/shipments/<shipment_id>/enquiries")


@blueprint.route("", methods=["POST"])
@requires("shipments:write")
@blueprint.arguments(AskingSchema, example=ENQUIRY)
@blueprint.response(201, EnquirySchema)
@once()
def take_enquiry(_: Run, asking: Asking, shipment_id: str) -> Response:
    """Write down that somebody asked where it is: your help desk's word, counted in “where is my order”."""
    holder = KeyHolder(merchant_id=caller().merchant_id, key_id=caller().key_id)
    return answer(shape(services().enquiries.take(holder, caller().mode, shipment_id, asking)), 201)


@blueprint.route("")
@requires("shipments:read")
@blueprint.response(200, EnquiryListSchema)
def list_enquiries(shipment_id: str) -> Response:
    """When it was asked for, oldest first."""
    found = services().enquiries.of_shipment(caller().merchant_id, caller().mode, shipment_id)
    return answer({"data": [shape(each) for each in found]})


def shape(each: Enquiry) -> dict[str, Any]:
    """An enquiry as it is shown."""
    return {
        "id": each.id,
        "shipment_id": each.shipment_id,
        "way": each.way.value,
        "reference": each.reference or None,
        "taken_by": each.taken_by,
        "at": each.at,
    }

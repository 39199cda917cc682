"""/v1/labels"""

from __future__ import annotations

from flask import Response

from gateway.api.auth import caller, requires, services
from gateway.api.examples import PRINT
from gateway.api.routes import ApiBlueprint
from gateway.api.schemas.labels import PrintSchema

blueprint = ApiBlueprint("labels", __name__, url_prefix="/v1/labels")
MISSING = {
    "Missing-Labels": {
        "schema": {"type": "string"},
        "description": "Shipments without a label, by commas; the last page says why. Absent when all have one.",
    }
}


@blueprint.route("", methods=["POST"])
@requires("shipments:read")
@blueprint.arguments(PrintSchema, example=PRINT)
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/pdf", headers=MISSING)
def print_labels(wanted: dict[str, list[str]]) -> Response:
    """Labels of many shipments as one PDF, each page in its own size.

    Where some have no label, a last page names them and why; 409 when none has one, 404 when there is no such shipment.
    It books nothing and changes nothing, so it may be repeated.
    """
    made = services().labels.batch(caller().merchant_id, caller().mode, wanted["shipments"])
    headers = {"Content-Disposition": 'attachment; filename="labels.pdf"'}
    if made.missing:
        headers["Missing-Labels"] = ",".join(shipment_id for shipment_id, _ in made.missing)
    return Response(made.content, 200, headers, content_type="application/pdf")

"""/v1/accounts/{account_id}/status-table"""

from __future__ import annotations

from typing import Any

from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from gateway.api.auth import caller, requires, services
from gateway.api.errors import refused_sheet
from gateway.api.examples import STATUS_TABLE
from gateway.api.routes import ApiBlueprint, answer, once
from gateway.api.schemas.ingest import DifferenceSchema, RereadSchema, StatusTableQuerySchema, StatusTableSchema
from gateway.domain.errors import Unprocessable
from gateway.domain.sheets import BadSheet
from gateway.services.idempotency import Run
from gateway.services.rereading import SHOWN, Difference, Moved

blueprint = ApiBlueprint("status_tables", __name__, url_prefix="/v1/accounts/<account_id>/status-table")
CSV = "text/csv"
TEXT: dict[str, Any] = {"schema": {"type": "string"}, "example": STATUS_TABLE}


@blueprint.route("", methods=["PUT"])
@requires("admin")
@blueprint.doc(requestBody={"required": True, "content": {CSV: TEXT}})
@blueprint.response(200, StatusTableSchema)
def put_status_table(account_id: str) -> Response:
    """Say what codes mean in this account: the rows stand over those of the carrier's own table from now on.

    Every row at fault is told, with its line in the pointer. What was read before stays as it was read, until you look
    at the difference and apply it. Only the header takes all rows back.
    """
    who = caller()
    try:
        made = services().status_tables.put(who.merchant_id, who.mode, account_id, _text(), who.key_id)
    except BadSheet as error:
        return refused_sheet(error, "status table")
    shown = {name: getattr(made, name) for name in ("version", "rows", "author", "created_at")}
    return answer(shown, headers={"ETag": f'"{made.version}"'})


@blueprint.route("")
@requires("shipments:read")
@blueprint.arguments(StatusTableQuerySchema, location="query")
@blueprint.response(200, {"type": "string"}, content_type=CSV)
def get_status_table(wanted: dict[str, int | None], account_id: str) -> Response:
    """A version's CSV as it was given."""
    found = services().status_tables.get(caller().merchant_id, caller().mode, account_id, wanted["version"])
    return Response(found.text, 200, {"ETag": f'"{found.version}"'}, content_type=f"{CSV}; charset=utf-8")


@blueprint.route("/replay", methods=["POST"])
@requires("admin")
@blueprint.arguments(RereadSchema, example={})
@blueprint.response(200, DifferenceSchema)
@once()
def reread_events(_: Run, wanted: dict[str, str | None], account_id: str) -> Response:
    """See what the account's table changes of events that came before it; with the digest of what you saw, apply it.

    What then changes is a correction: `shipment.status_corrected`.
    """
    who, rereading = caller(), services().rereading
    if wanted["apply"]:
        return answer(_difference(rereading.apply(who.merchant_id, who.mode, account_id, wanted["apply"])))
    return answer(_difference(rereading.show(who.merchant_id, who.mode, account_id)))


def _text() -> str:
    if request.mimetype != CSV:
        raise UnsupportedMediaType(f"a status table comes as {CSV}")
    content = request.get_data()
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unprocessable(f"/{line}", f"line {line} is not UTF-8: save the sheet as CSV UTF-8") from None


def _difference(found: Difference) -> dict[str, Any]:
    return {
        "digest": found.digest,
        "applied": found.applied,
        "events": found.events,
        "moved_count": len(found.moved),
        "moved": [_moved(each) for each in found.moved[:SHOWN]],
    }


def _moved(each: Moved) -> dict[str, Any]:
    return {
        "tracker_id": each.tracker_id,
        "shipment_id": each.shipment_id or None,
        "tracking_number": each.tracking_number,
        "from_status": each.before[0],
        "from_reason": each.before[1],
        "to_status": each.after[0],
        "to_reason": each.after[1],
        "events": each.events,
    }

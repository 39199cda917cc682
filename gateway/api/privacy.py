"""/v1/privacy"""

from __future__ import annotations

from typing import Any

from flask import Response

from gateway.api import notification_shapes, shapes, shapes_tracking
from gateway.api.auth import caller, requires, services
from gateway.api.routes import ApiBlueprint, answer, once
from gateway.api.schemas.privacy import EraseSchema, ErasureSchema, ExportSchema, SubjectSchema
from gateway.domain.privacy import Subject
from gateway.domain.records import ShipmentRecord
from gateway.services.audit_trail import KeyHolder
from gateway.services.idempotency import Run

blueprint = ApiBlueprint("privacy", __name__, url_prefix="/v1/privacy")


@blueprint.route("/erase", methods=["POST"])
@requires("admin")
@blueprint.arguments(EraseSchema, example={"email": "kari@example.com", "dry_run": True})
@blueprint.response(200, ErasureSchema)
@once()
def erase_personal_data(_: Run, wish: tuple[Subject, bool]) -> Response:
    """Forget somebody. What is over is erased at once; what is under way or disputed, when it no longer is."""
    who, (subject, dry_run) = caller(), wish
    done = services().privacy.erase(who.merchant_id, who.mode, subject, _holder(), dry_run=dry_run)
    deferred = [{"shipment_id": name, "why": why} for name, why in done.deferred]
    shown = {name: getattr(done, name) for name in ("dry_run", "at", "erased", "quotes", "more")}
    return answer({**shown, "deferred": deferred})


@blueprint.route("/export", methods=["POST"])
@requires("admin")
@blueprint.arguments(SubjectSchema, example={"email": "kari@example.com"})
@blueprint.response(200, ExportSchema)
def export_personal_data(subject: Subject) -> Response:
    """Everything that is known of somebody. A POST, so that nobody's address is in a log of paths."""
    found = services().privacy.found(caller().merchant_id, caller().mode, subject, _holder())
    return answer({"at": services().clock(), "data": [_known(each) for each in found]})


def _known(record: ShipmentRecord) -> dict[str, Any]:
    who, desk = caller(), services()
    file = desk.shipments.get(who.merchant_id, who.mode, record.id)
    way = desk.whereabouts.of(who.merchant_id, who.mode, record.id)
    beside = desk.privacy.beside(record)
    return {
        "shipment": shapes.shipment(file, desk.proofs.link),
        "events": shapes_tracking.events(way.events, way.tracker),
        "notifications": [notification_shapes.shown_notification(each) for each in beside.told],
        "notes": [{"at": note.at, "who": note.who, "text": note.text} for note in beside.notes],
        "comment": beside.comment or None,
    }


def _holder() -> KeyHolder:
    return KeyHolder(merchant_id=caller().merchant_id, key_id=caller().key_id)

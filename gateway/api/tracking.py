"""/v1/trackers, /v1/fleet, and the carriers' webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, request

from carriers.base import WebhookCall
from gateway.api import shapes_tracking
from gateway.api.auth import caller, open_to_all, requires, services
from gateway.api.examples import SCANS, WINDOWS
from gateway.api.examples_tracking import TRACKER
from gateway.api.routes import ApiBlueprint, answer, once, page
from gateway.api.schemas.tracking import (
    FollowSchema,
    PageSchema,
    ScanReportSchema,
    ScansSchema,
    TrackerFileSchema,
    TrackerPageSchema,
    TrackerSchema,
    WindowsSchema,
)
from gateway.domain.eta import TrackerWatch
from gateway.domain.records import TrackerRecord
from gateway.services.idempotency import Run

blueprint = ApiBlueprint("tracking", __name__, url_prefix="/v1")


@blueprint.route("/trackers", methods=["POST"])
@requires("shipments:write")
@blueprint.arguments(FollowSchema, example=TRACKER)
@blueprint.response(201, TrackerSchema)
@once(made_at="/v1/trackers/{id}")
def create_tracker(_: Run, wanted: dict[str, Any]) -> Response:
    """Follow a tracking number that was not booked here. Following it twice gives the same tracker."""
    who = caller()
    account = services().accounts.named(who.merchant_id, who.mode, wanted["account"])
    trackers = services().trackers
    found = trackers.follow(who.merchant_id, account, wanted["tracking_number"], wanted["deliver_by"])
    return answer(_shape(found, trackers.watches(who.merchant_id, [found])), 201)


@blueprint.route("/trackers")
@requires("tracking:read")
@blueprint.arguments(PageSchema, location="query")
@blueprint.response(200, TrackerPageSchema)
def list_trackers(wanted: dict[str, Any]) -> Response:
    """Numbers we follow, newest first."""
    who = caller()
    found = services().trackers.list(who.merchant_id, who.mode, wanted["limit"], wanted["cursor"])
    watches = services().trackers.watches(who.merchant_id, found.items)
    return page([_shape(each, watches) for each in found.items], found.next_cursor)


@blueprint.route("/trackers/<tracker_id>")
@requires("tracking:read")
@blueprint.response(200, TrackerFileSchema)
def get_tracker(tracker_id: str) -> Response:
    """One number with its events, oldest first."""
    found, events = services().trackers.get(caller().merchant_id, caller().mode, tracker_id)
    watches = services().trackers.watches(found.merchant_id, [found])
    return answer({**_shape(found, watches), "events": shapes_tracking.events(events, found)})


@blueprint.route("/fleet/scans", methods=["POST"])
@requires("shipments:write")
@blueprint.arguments(ScansSchema, example=SCANS)
@blueprint.response(200, ScanReportSchema)
@once()
def report_scans(_: Run, given: dict[str, Any]) -> Response:
    """Scans of own drivers and depots, all or none. Sending one twice is harmless."""
    who = caller()
    report = services().fleet.scan(who.merchant_id, who.mode, given["account"], given["scans"])
    return answer({"new": report.new, "unknown_tracking_numbers": list(report.unknown_numbers)})


@blueprint.route("/fleet/windows", methods=["PUT"])
@requires("admin")
@blueprint.arguments(WindowsSchema, example=WINDOWS)
@blueprint.response(204)
def offer_windows(given: dict[str, Any]) -> Response:
    """Offer delivery windows for sale; what is booked in existing ones stays."""
    who = caller()
    account = services().accounts.named(who.merchant_id, who.mode, given["account"])
    services().fleet.open_windows(who.merchant_id, account.id, given["windows"])
    return Response(status=204)


@blueprint.route("/carriers/<account_id>/webhook", methods=["POST"])
@open_to_all("the carrier proves itself by the account's own scheme")
@blueprint.response(200, description="What this carrier expects to hear.")
def receive_webhook(account_id: str) -> Response:
    """A carrier's call: proved, stored raw, answered as it expects. Parsed later by the worker."""
    return _received(account_id)


@blueprint.route("/carriers/<account_id>/webhook")
@open_to_all("some carriers check the address before they use it")
@blueprint.response(200, description="What this carrier expects to hear.")
def check_webhook(account_id: str) -> Response:
    """A carrier makes sure that the address answers."""
    return _received(account_id)


def _shape(tracker: TrackerRecord, watches: Mapping[str, TrackerWatch]) -> dict[str, Any]:
    return shapes_tracking.tracker(tracker, watches.get(tracker.id))


def _received(account_id: str) -> Response:
    request.max_content_length = services().settings.web.max_webhook_bytes
    call = WebhookCall(
        method=request.method,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=request.args.to_dict(),
        body=request.get_data(),
        received_at=services().clock(),
    )
    reply = services().tracking.receive(account_id, call)
    return Response(reply.body, reply.status, content_type=reply.content_type)

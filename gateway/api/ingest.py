"""/v1/tracking-events"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from gateway.api.auth import caller, requires, services
from gateway.api.errors import problem
from gateway.api.examples import EVENTS_CSV, EVENTS_NDJSON
from gateway.api.routes import ApiBlueprint, answer, larger
from gateway.api.schemas.ingest import BulkQuerySchema, BulkReportSchema
from gateway.services.ingest import Form, Report
from gateway.services.line_cells import Fault, lines_of

blueprint = ApiBlueprint("ingest", __name__, url_prefix="/v1/tracking-events")
FORMS: dict[str, Form] = {"text/csv": "csv", "application/x-ndjson": "ndjson"}
EXAMPLES = {"text/csv": EVENTS_CSV, "application/x-ndjson": EVENTS_NDJSON}
BODY = {media: {"schema": {"type": "string"}, "example": EXAMPLES[media]} for media in FORMS}
COPIED_AT_ONCE = 1 << 20


@blueprint.route("/bulk", methods=["POST"])
@requires("shipments:write")
@larger("max_bulk_bytes")
@blueprint.arguments(BulkQuerySchema, location="query")
@blueprint.doc(requestBody={"required": True, "content": BODY})
@blueprint.response(200, BulkReportSchema)
def ingest_events(wanted: dict[str, str]) -> Response:
    """Take in tracking events of any number of parcels: your own history, or what was booked elsewhere.

    CSV with a header, or one JSON object a line. Columns: `tracking_number`, `occurred_at`, then `status` and `reason`
    in our words or `code` and `detail` in the carrier's, and `event_id`, `description`, `piece`, `leg`, `city`,
    `postal_code`, `country`, `facility`, `latitude`, `longitude` as far as there are any. Numbers that nobody follows
    are followed from now on.

    Sending a file again is harmless, and completes it when the first time was cut short: an event is known by its
    `event_id`, or else by what it says.
    """
    form = FORMS.get(request.mimetype)
    if form is None:
        raise UnsupportedMediaType(f"events in bulk come as {' or '.join(FORMS)}")
    who, ingest = caller(), services().ingest
    intake = ingest.open(who.merchant_id, who.mode, wanted["account"], form, wanted["timezone"])
    if wanted["on_error"] == "keep":
        taken = ingest.take(intake, lines_of(_body()))
        return _refused(taken) if form == "csv" and _is_of_the_header(taken) else answer(_shown(taken))
    with _kept_aside() as file:
        checked = ingest.check(intake, lines_of(file))
        if checked.fault_count:
            return _refused(checked)
        file.seek(0)
        return answer(_shown(ingest.take(intake, lines_of(file))))


def _body() -> BinaryIO:
    """The body as it arrives."""
    return cast(BinaryIO, BufferedReader(cast(Any, request.stream)))


@contextmanager
def _kept_aside() -> Iterator[BinaryIO]:
    """The body in a file, to be read twice."""
    with TemporaryFile() as file:
        while part := request.stream.read(COPIED_AT_ONCE):
            file.write(part)
        file.seek(0)
        yield cast(BinaryIO, file)


def _is_of_the_header(report: Report) -> bool:
    """Whether the line at fault is the first of a CSV, without which no other can be read."""
    return any(fault.line == 1 for fault in report.faults)


def _refused(report: Report) -> Response:
    faults = [
        {"pointer": f"/{each.line}/{each.column}".rstrip("/"), "code": "invalid", "message": each.why}
        for each in report.faults
    ]
    return problem(
        "invalid", f"{report.fault_count} of {report.lines} lines are at fault; none was taken", errors=faults
    )


def _shown(report: Report) -> dict[str, Any]:
    return {
        "lines": report.lines,
        "new": report.new,
        "duplicates": report.duplicates,
        "new_trackers": report.new_trackers,
        "fault_count": report.fault_count,
        "faults": [_fault(each) for each in report.faults],
    }


def _fault(each: Fault) -> dict[str, Any]:
    return {"line": each.line, "column": each.column or None, "message": each.why}

"""Jobs: what one act on many things would come to, the word that begins it, how far it is, and what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request

from gateway.console.acts import ACTS, Act
from gateway.console.gate import NotAllowed, deed, may, services, who
from gateway.console.rendering import go, page, partial
from gateway.console.sheets import file_named
from gateway.domain.bulk import BulkRow, BulkState, RowState
from gateway.domain.errors import NotFound, Unprocessable
from gateway.domain.people import Permission
from gateway.services.batches import BOOK
from gateway.services.bulk import BulkFile
from gateway.services.labels import MOST_IN_A_BATCH
from gateway.services.pack_station import PACK

blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")
A_PAGE = 50
TONES = {
    RowState.NEW: "calm",
    RowState.READY: "calm",
    RowState.BLOCKED: "bad",
    RowState.DONE: "good",
    RowState.UNKNOWN: "warn",
    RowState.FAILED: "bad",
}
WORKING = (BulkState.LOOKING, BulkState.RUNNING)


@blueprint.get("")
@may(Permission.LOOK)
def overview() -> Response:
    """The newest jobs."""
    found = services().bulk.list(who().merchant_id, who().mode)
    files = [services().bulk.get(who().merchant_id, who().mode, job.id) for job in found]
    return page("jobs.html", files=files)


@blueprint.get("/<job_id>")
@may(Permission.LOOK)
def detail(job_id: str) -> Response:
    """One job; of one that is being worked, htmx asks for its progress alone, until it is over."""
    file = _file(job_id)
    if not partial():
        return _page(file)
    answer = page("job_progress.html", file=file, act=ACTS[file.job.kind])
    if file.job.state not in WORKING:
        answer.headers["HX-Refresh"] = "true"
    return answer


@blueprint.post("/<job_id>/confirm")
@may(Permission.LOOK)
def confirm(job_id: str) -> Response:
    """Begin, once."""
    file = _allowed(job_id)
    try:
        services().bulk.confirm(who().user, who().mode, job_id, request.form.get("typed", "")[:20], _without())
    except Unprocessable as error:
        return _page(file, 422, errors={error.pointer.strip("/"): f"{str(error)[:1].upper()}{str(error)[1:]}."})
    return go("jobs.detail", job_id=job_id)


@blueprint.post("/<job_id>/pack")
@may(Permission.LOOK)
def pack(job_id: str) -> Response:
    """Let it wait at the pack station: each order is booked when it is packed."""
    file = _allowed(job_id)
    if file.job.kind != BOOK:
        raise NotFound(f"no orders in job {job_id}")
    try:
        services().bulk.by_hand(who().user, who().mode, job_id, PACK, _without())
    except Unprocessable as error:
        return _page(file, 422, errors={error.pointer.strip("/"): f"{str(error)[:1].upper()}{str(error)[1:]}."})
    return go("jobs.detail", job_id=job_id)


@blueprint.post("/<job_id>/drop")
@may(Permission.LOOK)
def drop(job_id: str) -> Response:
    """Leave it, or stop it."""
    job = _allowed(job_id).job
    begun = job.state is not BulkState.READY
    services().bulk.drop(who().user, who().mode, job_id)
    return go("jobs.detail", job_id=job_id) if begun else go("batch.form" if job.kind == "book" else "shipments.grid")


@blueprint.post("/<job_id>/retry")
@may(Permission.LOOK)
def retry(job_id: str) -> Response:
    """Try what failed once more."""
    _allowed(job_id)
    services().bulk.retry(who().user, who().mode, job_id)
    return go("jobs.detail", job_id=job_id)


@blueprint.get("/<job_id>/rows.csv", defaults={"form": "csv"})
@blueprint.get("/<job_id>/rows.xlsx", defaults={"form": "xlsx"})
@may(Permission.LOOK)
def download(job_id: str, form: str) -> Response:
    """The rows of some states, or all, as a file for spreadsheets: what they were, what became of them, and why."""
    file = _allowed(job_id)
    wanted = [state for state in RowState if state.value in request.args.getlist("state")]
    rows = services().bulk.rows(file.job, wanted)
    act = ACTS[file.job.kind]
    header = [*act.columns.values(), "Line", "Result", "Why", "Shipment", "Tracking number"]
    services().staff.audit.record(who().user, deed("exported rows of a job", job_id, f"{len(rows)} rows"))
    return file_named(job_id, form, [header, *(_cells(row, act) for row in rows)])


@blueprint.get("/<job_id>/labels.pdf")
@may(Permission.LOOK)
def labels(job_id: str) -> Response:
    """All labels of what was booked, in the order of the file; a page of them at a time."""
    file, after = _allowed(job_id), request.args.get("after", "")
    rows = services().bulk.rows(file.job, (RowState.DONE,), MOST_IN_A_BATCH, _number(after))
    batch = services().labels.batch(who().merchant_id, who().mode, [row.subject_id for row in rows])
    services().staff.audit.record(who().user, deed("printed the labels of a job", job_id, f"{len(rows)} shipments"))
    headers = {"Content-Disposition": f'attachment; filename="{job_id}.pdf"'}
    return Response(batch.content, 200, headers, content_type="application/pdf")


def _without() -> int | None:
    """How many rows somebody has ticked to be left out, as their page said."""
    text = request.form.get("without", "")
    return _number(text) if text else None


def _cells(row: BulkRow, act: Act) -> Sequence[str]:
    return [
        *(row.data.get(name, row.name if name == "reference" else "") for name in act.columns),
        str(row.number),
        act.states[row.state],
        row.why,
        row.subject_id,
        row.data.get("tracking_number", ""),
    ]


def _file(job_id: str) -> BulkFile:
    return services().bulk.get(who().merchant_id, who().mode, job_id)


def _allowed(job_id: str) -> BulkFile:
    """A job that whoever is signed in may begin, and whose rows they may see whole. Raises NotFound, NotAllowed."""
    file = _file(job_id)
    if not who().user.may(ACTS[file.job.kind].needs):
        raise NotAllowed(f"your role, {who().user.role.value}, does not let you do this")
    return file


def _page(file: BulkFile, status: int = 200, **facts: Any) -> Response:
    args, job = request.args, file.job
    shown = [state for state in RowState if state.value == args.get("state")]
    after = _number(args.get("after", ""))
    rows = services().bulk.rows(job, shown, A_PAGE + 1, after)
    act = ACTS[job.kind]
    booked = file.counts.get(RowState.DONE, 0)
    given: dict[str, Any] = {"errors": {}, **facts}
    return page(
        "job.html",
        status,
        file=file,
        job=job,
        act=act,
        allowed=who().user.may(act.needs),
        rows=rows[:A_PAGE],
        next=rows[A_PAGE - 1].number if len(rows) > A_PAGE else None,
        shown=shown[0] if shown else None,
        tones=TONES,
        working=job.state in WORKING and job.kind != PACK,
        packing=job.state in WORKING and job.kind == PACK,
        parts=_parts(file) if act.labels and booked else (),
        **given,
    )


def _parts(file: BulkFile) -> Sequence[tuple[int, int]]:
    """Where each file of labels begins (after which line), and how many it has."""
    rows = services().bulk.rows(file.job, (RowState.DONE,))
    begins = range(0, len(rows), MOST_IN_A_BATCH)
    return [(rows[at - 1].number if at else 0, min(MOST_IN_A_BATCH, len(rows) - at)) for at in begins]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0

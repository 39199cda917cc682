"""Acting on many shipments of the list: which, what, with what word; the rest is a job, looked at before it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from flask import Blueprint, Response, request, url_for

from gateway.console.acts import ACTS, SHIPMENT_ACTS
from gateway.console.export import file_of, found
from gateway.console.gate import NotAllowed, may, services, who
from gateway.console.query import read
from gateway.console.rendering import go, page
from gateway.console.shipment import CANCEL_REASONS
from gateway.domain.bulk import BulkRow, BulkState, RowState
from gateway.domain.errors import Conflict, NotFound, Unprocessable
from gateway.domain.people import Permission, User
from gateway.domain.records import ShipmentRecord
from gateway.services.bulk import MOST_ROWS, BulkAsk
from gateway.services.desk import LONGEST_NOTE
from gateway.services.labels import MOST_IN_A_BATCH
from gateway.services.tags import tag_of

blueprint = Blueprint("bulk_acts", __name__, url_prefix="/shipments/many")
A_PAGE = 200
Word = tuple[str, Mapping[str, object]]


@blueprint.post("")
@may(Permission.LOOK)
def ask() -> Response:
    """What more is to be said before the job can be looked at; an export needs nothing."""
    name = _act()
    if name == "export":
        return file_of(list(_chosen()), "those selected" if _which() == "ticked" else request.form.get("q", "")[:200])
    return _form(name)


@blueprint.post("/draft")
@may(Permission.LOOK)
def draft() -> Response:
    """The job, to be looked at: nothing is done yet."""
    name = _act()
    try:
        title, facts = WORDS[name]()
    except Unprocessable as error:
        return _form(name, 422, error=f"{str(error)[:1].upper()}{str(error)[1:]}.")
    rows = [_row(number, each.id, each.reference or each.id) for number, each in enumerate(_chosen(), 1)]
    job = services().bulk.draft(
        who().user, who().mode, BulkAsk(kind=name, title=title, rows=rows, money=SHIPMENT_ACTS[name].money, facts=facts)
    )
    return go("jobs.detail", job_id=job.id)


@blueprint.post("/<job_id>/undo")
@may(Permission.LOOK)
def undo(job_id: str) -> Response:
    """A job that takes back what another one did, where that is honest; it is looked at first, too."""
    job = services().bulk.get(who().merchant_id, who().mode, job_id).job
    act = ACTS[job.kind]
    if not act.undo:
        raise Conflict("this cannot be undone")
    if not who().user.may(act.needs):
        raise NotAllowed(f"your role, {who().user.role.value}, does not let you do this")
    if job.state is not BulkState.DONE:
        raise Conflict("it is not through yet: stop it first")
    done = services().bulk.rows(job, (RowState.DONE,))
    rows = [_row(number, row.subject_id, row.name, row.data) for number, row in enumerate(done, 1)]
    facts = {**job.facts, "back": not job.facts.get("back")} if act.undo == job.kind else job.facts
    ask = BulkAsk(kind=act.undo, title=f"Undo: {job.title}"[:200], rows=rows, facts=facts)
    return go("jobs.detail", job_id=services().bulk.draft(who().user, who().mode, ask).id)


def _act() -> str:
    """Which act, if their role lets them."""
    name = request.form.get("act", "")
    if name not in SHIPMENT_ACTS:
        raise NotFound(f"there is no act {name!r}")
    if not who().user.may(SHIPMENT_ACTS[name].needs):
        raise NotAllowed(f"your role, {who().user.role.value}, does not let you do this")
    return name


def _which() -> str:
    return "all" if request.form.get("which") == "all" else "ticked"


def _ids() -> Sequence[str]:
    return list(dict.fromkeys(request.form.getlist("id")))[:A_PAGE]


def _chosen() -> Iterator[ShipmentRecord]:
    """The shipments meant. Raises Unprocessable: none, or more than a job may have."""
    if _which() == "ticked":
        chosen = [services().shipments.get(who().merchant_id, who().mode, each).shipment for each in _ids()]
    else:
        asked = read(request.form.get("q", "")[:200], who().mode, services().clock(), limit=A_PAGE)
        if asked.complaint:
            raise Unprocessable("/q", asked.complaint.rstrip("."))
        chosen = list(islice(found(asked.search, MOST_ROWS + 1, exactly=True), MOST_ROWS + 1))
    if not chosen:
        raise Unprocessable("/id", "nothing is selected: go back and select shipments, or choose all that match")
    if len(chosen) > MOST_ROWS:
        raise Unprocessable("/q", f"more than {MOST_ROWS} match: narrow the list first, a job has so many at most")
    yield from chosen


def _row(number: int, shipment_id: str, name: str, data: Mapping[str, str] | None = None) -> BulkRow:
    return BulkRow(
        merchant_id="", job_id="", number=number, state=RowState.NEW, name=name, subject_id=shipment_id, data=data or {}
    )


def _form(name: str, status: int = 200, **facts: Any) -> Response:
    chosen, text = sum(1 for _ in _chosen()), request.form.get("q", "")[:200]
    ticked = _ids() if _which() == "ticked" else ()
    given: dict[str, Any] = {"error": "", **facts}
    return page(
        "many.html",
        status,
        name=name,
        act=SHIPMENT_ACTS[name],
        chosen=chosen,
        noun="shipment",
        place="Shipments",
        draft=url_for("bulk_acts.draft"),
        back=url_for("shipments.grid", q=text),
        kept=[("which", _which()), ("q", text), *(("id", each) for each in ticked)],
        reasons=CANCEL_REASONS,
        people=case_workers(),
        word=request.form.get("word", "")[: LONGEST_NOTE + 1],
        most_labels=MOST_IN_A_BATCH,
        **given,
    )


def case_workers() -> Sequence[User]:
    """Who may work cases."""
    everybody = services().staff.people.list(who().merchant_id)
    return [each for each in everybody if each.disabled_at is None and each.may(Permission.WORK_CASES)]


def _typed() -> str:
    return request.form.get("word", "").strip()


def _settling_note(text: str) -> str:
    """What was done, for whoever reads the cases later. Raises Unprocessable."""
    if not 0 < len(text) <= LONGEST_NOTE:
        raise Unprocessable("/word", "say in a sentence what was done; others will read it")
    return text


def _cancelling() -> Word:
    if _typed() not in CANCEL_REASONS:
        raise Unprocessable("/word", "say why: it is written down with each")
    return "Cancel shipments", {"reason": CANCEL_REASONS[_typed()]}


def _tagging() -> Word:
    tag = tag_of(_typed())
    return f"Put the tag “{tag}” on", {"tag": tag}


def _untagging() -> Word:
    tag = tag_of(_typed())
    return f"Take the tag “{tag}” off", {"tag": tag}


def _noting() -> Word:
    if not 0 < len(_typed()) <= LONGEST_NOTE:
        raise Unprocessable("/word", f"a note has 1 to {LONGEST_NOTE} characters")
    return "Write a note", {"text": _typed()}


def _assigning() -> Word:
    chosen = next((each for each in case_workers() if each.id == _typed()), None)
    if chosen is None:
        raise Unprocessable("/word", "choose who shall work on the cases")
    return f"Assign cases to {chosen.name}", {"owner_id": chosen.id}


WORDS: Mapping[str, Callable[[], Word]] = {
    "labels": lambda: ("Print labels", {}),
    "tag": _tagging,
    "untag": _untagging,
    "note": _noting,
    "assign": _assigning,
    "cancel": _cancelling,
    "notify": lambda: ("Tell recipients again", {}),
    "requote": lambda: ("Ask carriers again", {}),
    "settle": lambda: ("Close exceptions", {"text": _settling_note(_typed())}),
}
"""What each act wants to know, as the job's title and facts."""

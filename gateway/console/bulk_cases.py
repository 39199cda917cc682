"""Acting on many cases of the exceptions desk, as on many shipments: which, with what word; the rest is a job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, request, url_for

from gateway.console.acts import CASE_ACTS
from gateway.console.bulk_acts import WORDS, case_workers
from gateway.console.cases import search_of, state_of
from gateway.console.gate import may, services, who
from gateway.console.rendering import go, page
from gateway.domain.bulk import BulkRow, RowState
from gateway.domain.case_kinds import case_kind
from gateway.domain.errors import NotFound, Unprocessable
from gateway.domain.people import Permission
from gateway.domain.records import Case
from gateway.services.bulk import MOST_ROWS, BulkAsk
from gateway.services.desk import LONGEST_NOTE

blueprint = Blueprint("bulk_cases", __name__, url_prefix="/exceptions/many")
A_PAGE = 200


@blueprint.post("")
@may(Permission.WORK_CASES)
def ask() -> Response:
    """What more is to be said before the job can be looked at."""
    return _form(_act())


@blueprint.post("/draft")
@may(Permission.WORK_CASES)
def draft() -> Response:
    """The job, to be looked at: nothing is done yet."""
    name, chosen = _act(), _chosen()
    try:
        title, facts = WORDS[name]()
    except Unprocessable as error:
        return _form(name, 422, error=f"{str(error)[:1].upper()}{str(error)[1:]}.")
    references = services().staff.desk.references(who().merchant_id, chosen)
    rows = [_row(number, case, references.get(case.shipment_id, "")) for number, case in enumerate(chosen, 1)]
    asked = BulkAsk(kind=name, title=title, rows=rows, facts=facts)
    return go("jobs.detail", job_id=services().bulk.draft(who().user, who().mode, asked).id)


def _act() -> str:
    name = request.form.get("act", "")
    if name not in CASE_ACTS:
        raise NotFound(f"there is no act {name!r}")
    return name


def _which() -> str:
    return "all" if request.form.get("which") == "all" else "ticked"


def _ids() -> Sequence[str]:
    return list(dict.fromkeys(request.form.getlist("id")))[:A_PAGE]


def _chosen() -> Sequence[Case]:
    """The cases meant. Raises Unprocessable: none, or more than a job may have."""
    desk, found, cursor = services().staff.desk, list[Case](), None
    if _which() == "ticked":
        found = [desk.case(who().merchant_id, who().mode, each) for each in _ids()]
    else:
        state = {**state_of(request.form), "state": ""}
        while len(found) <= MOST_ROWS:
            here, _ = desk.cases(who().merchant_id, search_of(state, cursor, A_PAGE))
            found += here.items
            cursor = here.next_cursor
            if cursor is None:
                break
    if not found:
        raise Unprocessable("/id", "nothing is selected: go back and select cases, or choose all that match")
    if len(found) > MOST_ROWS:
        raise Unprocessable("/q", f"more than {MOST_ROWS} match: narrow the queue first, a job has so many at most")
    return found


def _row(number: int, case: Case, reference: str) -> BulkRow:
    """Called as its shipment is, by which it is forgotten with the person."""
    name = reference or case.shipment_id or case_kind(case.kind).title
    return BulkRow(
        merchant_id="",
        job_id="",
        number=number,
        state=RowState.NEW,
        name=name,
        subject_id=case.shipment_id,
        data={"case_id": case.id},
    )


def _form(name: str, status: int = 200, **facts: Any) -> Response:
    state, ticked = state_of(request.form), _ids() if _which() == "ticked" else ()
    given: dict[str, Any] = {"error": "", **facts}
    return page(
        "many.html",
        status,
        name=name,
        act=CASE_ACTS[name],
        chosen=len(_chosen()),
        noun="case",
        place="Exceptions",
        draft=url_for("bulk_cases.draft"),
        back=url_for("cases.desk", **{name: value for name, value in state.items() if value}),  # type: ignore[arg-type]  # texts
        kept=[("which", _which()), *state.items(), *(("id", each) for each in ticked)],
        people=case_workers(),
        word=request.form.get("word", "")[: LONGEST_NOTE + 1],
        **given,
    )

"""The exceptions desk: what a person must settle, who works on it, by when, and what to do next."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request, url_for

from gateway.console.gate import may, services, who
from gateway.console.rendering import go, page
from gateway.console.telling import span
from gateway.domain.case_kinds import case_kind
from gateway.domain.errors import Unprocessable
from gateway.domain.people import Permission
from gateway.domain.records import Case
from gateway.services.ports.desk import CaseSearch

blueprint = Blueprint("cases", __name__, url_prefix="/exceptions")
WHOSE = ("", "mine", "nobodys")
DONE = {"taken": "It is yours now.", "closed": "The case is closed."}


@blueprint.get("")
@may(Permission.LOOK)
def desk() -> Response:
    """One queue."""
    signed, args = who(), request.args
    whose = args.get("whose", "") if args.get("whose", "") in WHOSE else ""
    state = "closed" if args.get("state") == "closed" else "open"
    kind = args.get("kind", "")[:60]
    search = CaseSearch(
        mode=signed.mode,
        state=state,
        kind=kind,
        owner_id=signed.user.id if whose == "mine" else "",
        nobodys=whose == "nobodys",
        cursor=args.get("cursor") or None,
    )
    found, names = services().staff.desk.cases(signed.merchant_id, search)
    waiting = services().staff.desk.waiting(signed.merchant_id, signed.mode)
    return page(
        "cases.html",
        rows=[(case, case_kind(case.kind), clock(case)) for case in found.items],
        names=names,
        references=services().staff.desk.references(signed.merchant_id, found.items),
        waiting={name: (case_kind(name), each) for name, each in sorted(waiting.items())},
        whose=whose,
        state=state,
        kind=kind,
        url=_url(whose, state, kind),
        next=_url(whose, state, kind)(cursor=found.next_cursor) if found.next_cursor else None,
        said=DONE.get(args.get("done", ""), ""),
    )


@blueprint.get("/<case_id>")
@may(Permission.LOOK)
def detail(case_id: str) -> Response:
    """One case."""
    return _page(case_id, said=DONE.get(request.args.get("done", ""), ""))


@blueprint.post("/<case_id>/take")
@may(Permission.WORK_CASES)
def take(case_id: str) -> Response:
    """Make it mine."""
    services().staff.desk.take(who().user, case_id, request.form.get("owner", ""))
    return go("cases.detail", case_id=case_id, done="taken")


@blueprint.post("/<case_id>/close")
@may(Permission.WORK_CASES)
def close(case_id: str) -> Response:
    """Settle it by a note of what was done."""
    note = request.form.get("note", "")
    try:
        services().staff.desk.close(who().user, case_id, request.form.get("owner", ""), note)
    except Unprocessable as error:
        return _page(case_id, 422, errors={"note": str(error)}, typed={"note": note})
    return go("cases.desk", done="closed")


def clock(case: Case) -> tuple[str, str]:
    """How a case stands against the time it should be settled in: a tone and words."""
    due, now = case_kind(case.kind).due_at(case.created_at), services().clock()
    if case.state != "open":
        return "off", f"closed after {span((case.closed_at or now) - case.created_at)}"
    if due < now:
        return "bad", f"{span(now - due)} over"
    return ("warn" if due - now < (due - case.created_at) / 4 else "calm"), f"{span(due - now)} left"


def _url(whose: str, state: str, kind: str) -> Any:
    """Addresses of this queue, narrowed otherwise."""

    def url(**changed: str) -> str:
        wanted = {"whose": whose, "state": state if state != "open" else "", "kind": kind, **changed}
        return url_for("cases.desk", **{name: value for name, value in wanted.items() if value})  # type: ignore[arg-type]  # texts

    return url


def _page(case_id: str, status: int = 200, **facts: Any) -> Response:
    desk, signed = services().staff.desk, who()
    case = desk.case(signed.merchant_id, case_id)
    names = {user.id: user.name for user in services().staff.people.list(signed.merchant_id)}
    given: dict[str, Any] = {"said": "", "errors": {}, "typed": {}, **facts}
    return page(
        "case.html",
        status,
        case=case,
        kind=case_kind(case.kind),
        clock=clock(case),
        owner=names.get(case.owner_id, ""),
        reference=desk.references(signed.merchant_id, (case,)).get(case.shipment_id, ""),
        **given,
    )

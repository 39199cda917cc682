"""The exceptions desk: what a person must settle, who works on it, by when, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request, url_for

from gateway.console.acts import CASE_ACTS
from gateway.console.gate import may, services, who
from gateway.console.live import position
from gateway.console.rendering import go, page
from gateway.console.telling import span
from gateway.domain.case_kinds import case_kind
from gateway.domain.errors import Unprocessable
from gateway.domain.people import Permission
from gateway.domain.records import Case
from gateway.services.ports.desk import CaseSearch

blueprint = Blueprint("cases", __name__, url_prefix="/exceptions")
OPENING = (
    "shipment.needs_review",
    "shipment.cancellation_refused",
    "shipment.price_variance",
    "shipment.reported_missing",
    "shipment.stuck",
    "shipment.promise_at_risk",
    "shipment.delivery_doubted",
    "tracker.",
)
"""What is told where a case is opened, or may be: types, or how they begin."""
DONE = {"taken": "It is yours now.", "closed": "The case is closed."}


@blueprint.get("")
@may(Permission.LOOK)
def desk() -> Response:
    """One queue."""
    signed, args = who(), request.args
    state = state_of(args)
    found, names = services().staff.desk.cases(signed.merchant_id, search_of(state, args.get("cursor") or None))
    waiting = services().staff.desk.waiting(signed.merchant_id, signed.mode)
    return page(
        "cases.html",
        rows=[(case, case_kind(case.kind), clock(case)) for case in found.items],
        names=names,
        references=services().staff.desk.references(signed.merchant_id, found.items),
        waiting={name: (case_kind(name), each) for name, each in sorted(waiting.items())},
        overdue=sum(each.overdue for each in waiting.values()),
        looked=state,
        acts={name: act for name, act in CASE_ACTS.items() if signed.user.may(act.needs)},
        url=_url(state),
        position=position(),
        news=" ".join(OPENING) if not any(state.values()) and not args.get("cursor") else "",
        next=_url(state)(cursor=found.next_cursor) if found.next_cursor else None,
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
    services().staff.desk.take(who().user, who().mode, case_id, request.form.get("owner", ""))
    return go("cases.detail", case_id=case_id, done="taken")


@blueprint.post("/<case_id>/close")
@may(Permission.WORK_CASES)
def close(case_id: str) -> Response:
    """Settle it by a note of what was done."""
    note = request.form.get("note", "")
    try:
        services().staff.desk.close(who().user, who().mode, case_id, request.form.get("owner", ""), note)
    except Unprocessable as error:
        return _page(case_id, 422, errors={"note": str(error)}, typed={"note": note})
    return go("cases.desk", done="closed")


def clock(case: Case) -> tuple[str, str]:
    """How a case stands against the time it should be settled in: a tone and words."""
    due, now = case.due_at or case_kind(case.kind).due_at(case.created_at), services().clock()
    if case.state != "open":
        return "off", f"Closed after {span((case.closed_at or now) - case.created_at)}"
    if due < now:
        return "bad", f"Overdue by {span(now - due)}"
    if due - now < (due - case.created_at) / 4:
        return "warn", f"Due soon, {span(due - now)} left"
    return "calm", f"{span(due - now)} left"


def search_of(state: Mapping[str, str], cursor: str | None = None, limit: int = 50) -> CaseSearch:
    """Which cases the desk shows that looks so."""
    return CaseSearch(
        mode=who().mode,
        state=state["state"] or "open",
        kind=state["kind"],
        owner_id=who().user.id if state["whose"] == "mine" else "",
        nobodys=state["whose"] == "nobodys",
        due_before=services().clock() if state["due"] else None,
        cursor=cursor,
        limit=limit,
    )


def state_of(given: Mapping[str, str]) -> Mapping[str, str]:
    """How the desk looks: what stands in its address, or goes along in a form of its."""
    known = {"whose": ("mine", "nobodys"), "state": ("closed",), "due": ("over",)}
    told = {name: given.get(name, "") if given.get(name, "") in fit else "" for name, fit in known.items()}
    return {**told, "kind": given.get("kind", "")[:60]}


def _url(state: Mapping[str, str]) -> Any:
    """Addresses of this queue, narrowed otherwise."""

    def url(**changed: str) -> str:
        wanted = {**state, **changed}
        return url_for("cases.desk", **{name: value for name, value in wanted.items() if value})  # type: ignore[arg-type]  # texts

    return url


def _page(case_id: str, status: int = 200, **facts: Any) -> Response:
    desk, signed = services().staff.desk, who()
    case = desk.case(signed.merchant_id, signed.mode, case_id)
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

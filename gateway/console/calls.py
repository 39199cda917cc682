"""The request log: every call of the merchant's over the API, and what was asked of carriers for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from flask import Blueprint, Response, request, url_for

from gateway.console.gate import may, services, who
from gateway.console.rendering import page
from gateway.domain.calls import ApiCall, CarrierCall
from gateway.domain.people import Permission
from gateway.services.ports.calls import CallSearch, Outcome

blueprint = Blueprint("calls", __name__, url_prefix="/developers/calls")
A_PAGE = 50
OUTCOMES = {
    "": "any answer",
    "failed": "no success (4xx, 5xx)",
    "refused": "refused (4xx)",
    "broken": "broken off (5xx, no answer)",
}


@blueprint.get("")
@may(Permission.DEVELOP)
def overview() -> Response:
    """What came over the API."""
    search = _search()
    found = services().calls.list(who().merchant_id, search)
    return _list("calls.html", search, found, "calls.overview")


@blueprint.get("/carriers")
@may(Permission.DEVELOP)
def made() -> Response:
    """What was asked of carriers, for whatever reason."""
    search = _search()
    found = services().calls.made(who().merchant_id, search)
    return _list("carrier_calls.html", search, found, "calls.made")


@blueprint.get("/<call_id>")
@may(Permission.DEVELOP)
def detail(call_id: str) -> Response:
    """One call, and beneath it those that were made for it."""
    call, asked = services().calls.call(who().merchant_id, who().mode, call_id)
    return page("call.html", call=call, asked=asked, keys=_keys(), tone=tone)


@blueprint.get("/carriers/<carrier_call_id>")
@may(Permission.DEVELOP)
def carrier_call(carrier_call_id: str) -> Response:
    """One call to a carrier."""
    found = services().calls.carrier_call(who().merchant_id, who().mode, carrier_call_id)
    return page("carrier_call.html", each=found, tone=tone)


def tone(status: int) -> str:
    """How good an answer is."""
    return "good" if 200 <= status < 400 else "warn" if 400 <= status < 500 else "bad"


def _search() -> CallSearch:
    args, outcome = request.args, request.args.get("outcome", "")
    return CallSearch(
        mode=who().mode,
        text=args.get("about", "").strip()[:100],
        outcome=cast(Outcome, outcome) if outcome in OUTCOMES else "",
        key_id=args.get("key", "")[:40],
        before=args.get("before", "")[:40],
        limit=A_PAGE + 1,
    )


def _list(
    template: str, search: CallSearch, found: Sequence[ApiCall] | Sequence[CarrierCall], endpoint: str
) -> Response:
    more = found[A_PAGE - 1].id if len(found) > A_PAGE else ""
    url = _url(endpoint, search)
    return page(
        template,
        found=found[:A_PAGE],
        search=search,
        outcomes=OUTCOMES,
        keys=_keys(),
        gaps=services().calls.gaps(who().merchant_id),
        kept=services().settings.request_log,
        tone=tone,
        newest=url("") if search.before else "",
        older=url(more) if more else "",
    )


def _url(endpoint: str, search: CallSearch) -> Callable[[str], str]:
    wanted = {"about": search.text, "outcome": search.outcome, "key": search.key_id}
    kept = {name: value for name, value in wanted.items() if value}

    def url(before: str) -> str:
        return url_for(endpoint, **kept, **({"before": before} if before else {}))  # type: ignore[arg-type]  # texts

    return url


def _keys() -> dict[str, str]:
    return {key.id: key.name for key in services().keys.list(who().merchant_id, who().mode)}

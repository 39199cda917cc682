"""Carriers: whether each account works, what its carrier can do, and the codes that nobody has explained yet."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request

from gateway.console.figures import Told, told
from gateway.console.gate import deed, may, services, who
from gateway.console.rendering import go, page, partial
from gateway.console.today import health
from gateway.domain.errors import NotFound
from gateway.domain.people import Permission
from gateway.domain.sheets import BadSheet
from gateway.domain.tracking import reasons, statuses
from gateway.kpis.boards import NOTHING, figure
from gateway.kpis.definitions import definitions
from gateway.services.ids import new_id
from gateway.services.rereading import SHOWN
from gateway.services.status_tables import CodeMeaning

blueprint = Blueprint("carriers", __name__, url_prefix="/carriers")
DONE = {
    "made": "The account is there. Ask it now, to see whether it works.",
    "made_off": "The account is there, and switched off: it is asked for nothing until you switch it on.",
    "changed": "The new settings count from now on.",
    "paused": "It is asked for no more prices. What is booked with it goes on.",
    "on": "It is asked for prices again.",
    "credentials": "The new credentials count from now on. Ask it now, to see whether they work.",
    "applied": "The past is read anew as you saw it.",
    "mapped": "The code is explained from now on.",
}
LONGEST = 200
WEEK = timedelta(days=7)


@blueprint.get("")
@may(Permission.LOOK)
def overview() -> Response:
    """Every account of the mode."""
    signed = who()
    accounts = services().accounts.list(signed.merchant_id, signed.mode)
    facts = {each["code"]: each for each in services().catalogue.listed()}
    unmapped = services().quarantine.codes(signed.merchant_id, signed.mode)
    return page(
        "carriers.html",
        accounts=[(account, facts.get(account.carrier), *health(account)) for account in accounts],
        times=_answer_times(),
        unmapped=unmapped,
    )


@blueprint.get("/<account_id>")
@may(Permission.LOOK)
def detail(account_id: str) -> Response:
    """One account."""
    return _page(account_id, said=DONE.get(request.args.get("done", ""), ""))


@blueprint.post("/<account_id>/probe")
@may(Permission.PROBE)
def probe(account_id: str) -> Response:
    """Ask the carrier something that costs nothing."""
    found = services().accounts.probe(who().merchant_id, who().mode, account_id)
    if partial():
        return page("probe.html", probe=found)
    return _page(account_id, probe=found)


@blueprint.post("/<account_id>/codes")
@may(Permission.MAP_CODES)
def explain_code(account_id: str) -> Response:
    """Say what a code of the carrier's means in this account, from now on; then see what that changes of the past."""
    given = {name: request.form.get(name, "")[:LONGEST] for name in ("code", "qualifier", "status", "reason", "note")}
    try:
        services().status_tables.explain(
            who().merchant_id, who().mode, account_id, CodeMeaning(**given), who().user.name
        )
    except BadSheet as error:
        return _page(account_id, 422, errors={"code": str(error)}, typed=given)
    said = f"{given['code']} is {given['status']}, {given['reason']}"
    services().staff.audit.record(who().user, deed("explained a carrier's code", account_id, said))
    return go("carriers.preview", account_id=account_id)


@blueprint.get("/<account_id>/past")
@may(Permission.MAP_CODES)
def preview(account_id: str) -> Response:
    """What the account's table, as it is now, changes of what was told before."""
    signed = who()
    found = services().rereading.show(signed.merchant_id, signed.mode, account_id)
    account = services().accounts.get(signed.merchant_id, signed.mode, account_id)
    return page("reread.html", account=account, found=found, shown=SHOWN // 10)


@blueprint.post("/<account_id>/past")
@may(Permission.MAP_CODES)
def apply(account_id: str) -> Response:
    """Write the difference that was shown."""
    signed = who()
    found = services().rereading.apply(signed.merchant_id, signed.mode, account_id, request.form.get("digest", ""))
    said = f"{len(found.moved)} trackers moved"
    services().staff.audit.record(signed.user, deed("read a carrier's past anew", account_id, said))
    return go("carriers.detail", account_id=account_id, done="applied")


def _answer_times() -> Mapping[str, Told]:
    """How long accounts took to answer bookings on the last seven days that are over."""
    signed, of = who(), definitions()["api_time_p95"]
    first = services().clock().date() - WEEK
    found = services().kpis.report(signed.merchant_id, signed.mode, first, by="account")
    return {
        account_id: told(figure(of, board.tallies.get((of.measure, ""), NOTHING)))
        for account_id, board in found.parts.items()
    }


def _page(account_id: str, status: int = 200, **facts: Any) -> Response:
    signed = who()
    account = services().accounts.get(signed.merchant_id, signed.mode, account_id)
    unmapped = services().quarantine.codes(signed.merchant_id, signed.mode)
    carriers = {each["code"]: each for each in services().catalogue.listed()}
    try:
        table = services().status_tables.get(signed.merchant_id, signed.mode, account_id)
    except NotFound:
        table = None
    given: dict[str, Any] = {"said": "", "errors": {}, "typed": {}, "probe": None, **facts}
    return page(
        "carrier.html",
        status,
        account=account,
        facts=carriers.get(account.carrier),
        health=health(account),
        answers=services().staff.desk.answers(signed.merchant_id, account_id),
        time=_answer_times().get(account_id),
        polling=services().accounts.polling(account),
        untried=services().trials.refused(signed.merchant_id, signed.mode, account_id)
        if account.carrier in carriers
        else "",
        hook=f"{services().settings.web.base_url}/v1/carriers/{account.id}/webhook",
        once=new_id("try", services().clock()),
        unmapped=[each for each in unmapped if each.account_id == account_id],
        table=table,
        doubtful=services().status_tables.doubtful(table) if table else (),
        statuses=tuple(statuses()),
        reasons=tuple(reasons()),
        **given,
    )

"""/v1/policies/{name}/backtest, /v1/backtests"""

from __future__ import annotations

from typing import Any

from flask import Response

from carriers.base import BadRateCard
from gateway.api.auth import caller, requires, services
from gateway.api.examples import BACKTEST
from gateway.api.routes import ApiBlueprint, answer, once
from gateway.api.schemas.backtests import BacktestAskSchema, BacktestSchema
from gateway.domain.backtests import BacktestRecord
from gateway.domain.errors import Unprocessable
from gateway.services.backtest_jobs import card_trial
from gateway.services.backtests import BacktestAsk
from gateway.services.idempotency import Run

blueprint = ApiBlueprint("backtests", __name__, url_prefix="/v1")
REPORT_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
"""A report has its styles in itself, and nothing else."""


@blueprint.route("/policies/<name>/backtest", methods=["POST"])
@requires("quotes:write")
@blueprint.arguments(BacktestAskSchema, example=BACKTEST)
@blueprint.response(202, BacktestSchema)
@once(made_at="/v1/backtests/{id}")
def backtest_policy(run: Run, given: dict[str, Any], name: str) -> Response:
    """Replay the booked shipments of a period under a policy, with the offers they had then.

    A worker does it; ask for the backtest to see how far it is. Carriers are not asked, nothing else is changed.
    """
    who, card = caller(), given["rate_card"]
    ask = BacktestAsk(
        policy=name,
        since=given["since"],
        until=given["until"],
        version=given["version"],
        data=given["data"],
        against=given["against"],
        card=None if card is None else card_trial(card["account"], card["text"]),
    )
    try:
        made = services().backtests.begin(who.merchant_id, who.mode, ask, who.key_id)
    except BadRateCard as error:
        raise Unprocessable("/rate_card/text", str(error)) from error
    except Unprocessable as error:
        inside = given["data"] is not None and error.pointer not in ("/since", "/until")
        raise (Unprocessable(f"/data{error.pointer}", str(error), error.code) if inside else error) from error
    return answer(_shown(made), 202)


@blueprint.route("/backtests/<backtest_id>")
@requires("shipments:read")
@blueprint.response(200, BacktestSchema)
def get_backtest(backtest_id: str) -> Response:
    """How far a backtest is, and what came of it."""
    return answer(_shown(services().backtests.get(caller().merchant_id, caller().mode, backtest_id)))


@blueprint.route("/backtests/<backtest_id>/report")
@requires("shipments:read")
@blueprint.response(200, {"type": "string"}, content_type="text/html")
def backtest_report(backtest_id: str) -> Response:
    """What came of a backtest as a page for people, with plots: one file without scripts, to be kept or passed on.

    409 while it is not done.
    """
    text = services().backtests.report(caller().merchant_id, caller().mode, backtest_id)
    headers = {"Content-Disposition": f'inline; filename="{backtest_id}.html"', "Content-Security-Policy": REPORT_CSP}
    return Response(text, 200, headers, content_type="text/html; charset=utf-8")


def _shown(each: BacktestRecord) -> dict[str, Any]:
    return {
        "id": each.id,
        "policy": each.policy,
        "state": each.state.value,
        "done": each.done,
        "total": each.total,
        "why": each.why or None,
        "result": each.result,
        "created_at": each.created_at,
        "updated_at": each.updated_at,
    }

"""/v1/assignments"""

from __future__ import annotations

from typing import Any

from flask import Response

from gateway.api.auth import caller, requires, services
from gateway.api.examples import ASSIGNMENT
from gateway.api.prices import money
from gateway.api.routes import ApiBlueprint, answer, larger, once
from gateway.api.schemas.assignments import AssignmentAskSchema, AssignmentSchema
from gateway.services.assignments import AssignmentAsk, Result
from gateway.services.idempotency import Run

blueprint = ApiBlueprint("assignments", __name__, url_prefix="/v1/assignments")
OPEN = ("waiting", "solving")


@blueprint.route("", methods=["POST"])
@requires("quotes:write")
@larger("max_assignment_bytes")
@blueprint.arguments(AssignmentAskSchema, example=ASSIGNMENT)
@blueprint.response(201, AssignmentSchema, description="Solved.")
@blueprint.alt_response(202, schema=AssignmentSchema, description="A large wave: the worker solves it; ask again.")
@once(made_at="/v1/assignments/{id}")
def create_assignment(_: Run, ask: AssignmentAsk) -> Response:
    """Give every shipment of a wave one of its offers, as cheaply as the limits allow.

    The same request gives the same assignment. Where the limits cannot all be kept, the answer says which ones would
    have to give way, by the fewest shipments in all.
    """
    found = services().assignments.make(caller().merchant_id, caller().mode, ask)
    return answer(_shown(found), 202 if found.record.state in OPEN else 201)


@blueprint.route("/<assignment_id>")
@requires("quotes:write")
@blueprint.response(200, AssignmentSchema)
def get_assignment(assignment_id: str) -> Response:
    """An assignment, as far as it has come."""
    return answer(_shown(services().assignments.get(caller().merchant_id, caller().mode, assignment_id)))


def _shown(result: Result) -> dict[str, Any]:
    record, wave, solution = result.record, result.wave, result.solution
    naive = result.greedy
    cost, bound = (solution.cost, solution.bound) if solution else (None, None)
    return {
        "id": record.id,
        "state": record.state,
        "progress": record.progress or None,
        "shipments": record.shipments,
        "offers": record.offers,
        "cost": None if cost is None else money(wave.money(cost)),
        "bound": None if bound is None else money(wave.money(bound)),
        "gap": solution.gap if solution else None,
        "greedy": {
            "cost": money(wave.money(naive.cost)),
            "unassigned": naive.unassigned,
            "broken": list(naive.broken),
        },
        "accounts": [
            {"account": account, "shipments": number, "cost": money(wave.money(cost))}
            for account, (number, cost) in result.by_account.items()
        ],
        "assigned": _assigned(result),
        "without_offers": [lot.name for lot in wave.lots if not lot.choices],
        "relaxations": [
            {"pointer": each.limit.pointer, "by": each.by, "why": each.why}
            for each in (solution.relaxations if solution else ())
        ],
        "idle_limits": [limit.pointer for limit in result.idle_limits],
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }


def _assigned(result: Result) -> list[dict[str, Any]]:
    return [
        {
            "shipment": lot.name,
            "quote_id": lot.quote_id or None,
            "offer_id": choice.id,
            "account": choice.account,
            "price": {"amount": choice.cost, "currency": result.wave.currency},
        }
        for lot, choice in result.assigned
    ]

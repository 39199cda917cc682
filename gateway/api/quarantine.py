"""/v1/quarantine"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response

from gateway.api.auth import caller, requires, services
from gateway.api.examples_tracking import DISMISSAL
from gateway.api.routes import ApiBlueprint, answer, once, page
from gateway.api.schemas.ingest import (
    DismissSchema,
    QuarantineQuerySchema,
    ReplayAllSchema,
    ReplayedSchema,
    UnmappedCodeListSchema,
    WaitingMessageSchema,
    WaitingPageSchema,
    WaitingSchema,
)
from gateway.domain.messages import InboxMessage, InboxState
from gateway.services.idempotency import Run
from gateway.services.ports.inbox import InboxSearch

blueprint = ApiBlueprint("quarantine", __name__, url_prefix="/v1/quarantine")
SHOWN_BYTES = 65_536


@blueprint.route("")
@requires("admin")
@blueprint.arguments(QuarantineQuerySchema, location="query")
@blueprint.response(200, WaitingPageSchema)
def list_quarantine(wanted: dict[str, Any]) -> Response:
    """Raw messages of carriers that could not be applied (yet), or not all of them, newest first.

    What could be read of a message was applied at once; `why` says which of its entries could not be, and where they
    stand in it.
    """
    state = InboxState(wanted["state"]) if wanted["state"] else None
    search = _search(wanted["account"], state=state, limit=wanted["limit"], cursor=wanted["cursor"])
    found = services().quarantine.list(caller().merchant_id, search)
    return page([_shown(each) for each in found.items], found.next_cursor)


@blueprint.route("/codes")
@requires("admin")
@blueprint.response(200, UnmappedCodeListSchema)
def list_unmapped_codes() -> Response:
    """Carriers' words that no table explains: events with them are kept and move nothing.

    Give the account a status table that explains them, look at the difference, apply it.
    """
    found = services().quarantine.codes(caller().merchant_id, caller().mode)
    return answer({"data": [asdict(each) for each in found]})


@blueprint.route("/replay", methods=["POST"])
@requires("admin")
@blueprint.arguments(ReplayAllSchema, example={})
@blueprint.response(202, ReplayedSchema)
@once()
def replay_quarantine(_: Run, wanted: dict[str, str | None]) -> Response:
    """Read again whatever is in quarantine, of one account or of all."""
    replayed = services().quarantine.replay_all(caller().merchant_id, _search(wanted["account"], limit=200))
    return answer({"replayed": replayed}, 202)


@blueprint.route("/<message_id>")
@requires("admin")
@blueprint.response(200, WaitingMessageSchema)
def get_quarantined(message_id: str) -> Response:
    """A waiting message, with what the carrier sent."""
    found = services().quarantine.get(caller().merchant_id, caller().mode, message_id)
    return answer({**_shown(found), "body": found.body[:SHOWN_BYTES].decode("utf-8", "replace")})


@blueprint.route("/<message_id>/replay", methods=["POST"])
@requires("admin")
@blueprint.response(202, WaitingSchema)
@once()
def replay_quarantined(_: Run, message_id: str) -> Response:
    """Read one message again, now."""
    return answer(_shown(services().quarantine.replay(caller().merchant_id, caller().mode, message_id)), 202)


@blueprint.route("/<message_id>/dismiss", methods=["POST"])
@requires("admin")
@blueprint.arguments(DismissSchema, example=DISMISSAL)
@blueprint.response(200, WaitingSchema)
@once()
def dismiss_quarantined(_: Run, given: dict[str, str], message_id: str) -> Response:
    """Say that a message need not wait for a person any more, because what it says matters to nobody."""
    return answer(_shown(services().quarantine.dismiss(caller().merchant_id, caller().mode, message_id, **given)))


def _search(account: str | None, **more: Any) -> InboxSearch:
    who = caller()
    account_id = services().accounts.named(who.merchant_id, who.mode, account).id if account else ""
    return InboxSearch(mode=who.mode, account_id=account_id, **more)


def _shown(each: InboxMessage) -> dict[str, Any]:
    return {
        "id": each.id,
        "account_id": each.account_id,
        "source": each.source,
        "state": each.state.value,
        "why": each.why or None,
        "received_at": each.received_at,
    }

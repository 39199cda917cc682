"""/v1/carriers, /v1/accounts, /v1/keys"""

from __future__ import annotations

from typing import Any

from flask import Response

from gateway.api import shapes
from gateway.api.auth import caller, requires, services
from gateway.api.examples import ACCOUNT, ACCOUNT_CHANGE, KEY
from gateway.api.routes import ApiBlueprint, answer, once
from gateway.api.schemas.accounts import (
    AccountDraftSchema,
    AccountListSchema,
    AccountSchema,
    CarrierListSchema,
    KeyListSchema,
    MadeKeySchema,
    NewAccountSchema,
    NewKeySchema,
    ProbeSchema,
)
from gateway.domain.records import AccountRecord
from gateway.services.accounts import AccountDraft
from gateway.services.idempotency import Run

blueprint = ApiBlueprint("accounts", __name__, url_prefix="/v1")


@blueprint.route("/carriers")
@requires("shipments:read")
@blueprint.response(200, CarrierListSchema)
def list_carriers() -> Response:
    """The installed carriers: what each can do, within which limits, and its grade."""
    return answer({"data": services().catalogue.listed()})


@blueprint.route("/accounts")
@requires("shipments:read")
@blueprint.response(200, AccountListSchema)
def list_accounts() -> Response:
    """The merchant's carrier accounts, by name."""
    found = services().accounts.list(caller().merchant_id, caller().mode)
    return answer({"data": [_shown(each) for each in found]})


@blueprint.route("/accounts", methods=["POST"])
@requires("admin")
@blueprint.arguments(NewAccountSchema, example=ACCOUNT)
@blueprint.response(201, AccountSchema)
@once(made_at="/v1/accounts/{id}")
def create_account(_: Run, draft: AccountDraft) -> Response:
    """Add a carrier account, in the mode of the key.

    Its secrets may come later; while `missing_secrets` names any, its carrier cannot be asked, and offers nothing.
    """
    made = services().accounts.add(caller().merchant_id, caller().mode, draft)
    return answer(_shown(made), 201)


@blueprint.route("/accounts/<account_id>")
@requires("shipments:read")
@blueprint.response(200, AccountSchema)
def get_account(account_id: str) -> Response:
    """One account; its secrets are never given back."""
    found = services().accounts.get(caller().merchant_id, caller().mode, account_id)
    return answer(_shown(found))


@blueprint.route("/accounts/<account_id>", methods=["PATCH"])
@requires("admin")
@blueprint.arguments(AccountDraftSchema, example=ACCOUNT_CHANGE)
@blueprint.response(200, AccountSchema)
def change_account(draft: AccountDraft, account_id: str) -> Response:
    """Change an account; what is left out stays as it is."""
    changed = services().accounts.change(caller().merchant_id, caller().mode, account_id, draft)
    return answer(_shown(changed))


@blueprint.route("/accounts/<account_id>/check", methods=["POST"])
@requires("admin")
@blueprint.response(200, ProbeSchema)
def check_account(account_id: str) -> Response:
    """Ask the carrier something that costs nothing, and say in a sentence whether the account works.

    `code` is `ok`, or what is wrong: `unknown_host`, `tls`, `unreachable`, `timeout`, `authentication_failed`,
    `not_allowed`, `missing_secret`, `missing_option`, `incomplete_account`, `clock_skew`, `rate_limited` ...
    """
    probe = services().accounts.probe(caller().merchant_id, caller().mode, account_id)
    return answer({"ok": probe.ok, "code": probe.code, "why": probe.why})


@blueprint.route("/keys")
@requires("admin")
@blueprint.response(200, KeyListSchema)
def list_keys() -> Response:
    """The merchant's API keys of the mode of the key, without their secrets."""
    found = services().keys.list(caller().merchant_id, caller().mode)
    return answer({"data": [shapes.key(each) for each in found]})


@blueprint.route("/keys", methods=["POST"])
@requires("admin")
@blueprint.arguments(NewKeySchema, example=KEY)
@blueprint.response(201, MadeKeySchema)
def create_key(given: dict[str, Any]) -> Response:
    """Make a key.

    Its text is shown here and never again. That is why this POST takes no Idempotency-Key: nothing is kept to repeat.
    """
    who = caller()
    record, text = services().keys.create(
        who.merchant_id, given["name"], who.mode, given["scopes"], given["expires_at"]
    )
    return answer({**shapes.key(record), "key": text}, 201, {"Location": f"/v1/keys/{record.id}"})


@blueprint.route("/keys/<key_id>", methods=["DELETE"])
@requires("admin")
@blueprint.response(204)
def revoke_key(key_id: str) -> Response:
    """End a key at once."""
    services().keys.revoke(caller().merchant_id, caller().mode, key_id)
    return Response(status=204)


def _shown(account: AccountRecord) -> shapes.Json:
    bound, books = services(), services().accounts
    return shapes.account(account, books.polling(account), books.missing(account), bound.settings.web.base_url)

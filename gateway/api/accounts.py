"""/v1/carriers, /v1/accounts, /v1/policies, /v1/keys"""

from __future__ import annotations

from typing import Any

from flask import Response, request

from gateway.api import shapes
from gateway.api.auth import caller, requires, services
from gateway.api.routes import ApiBlueprint, answer, once
from gateway.api.schemas.others import (
    AccountDraftSchema,
    AccountListSchema,
    AccountSchema,
    CarrierListSchema,
    KeyListSchema,
    KeySchema,
    NewAccountSchema,
    NewKeySchema,
    PolicyPutSchema,
    PolicySchema,
    ProbeSchema,
)
from gateway.domain.errors import InvalidValue
from gateway.services.accounts import AccountDraft
from gateway.services.carriers import installed_carriers

blueprint = ApiBlueprint("accounts", __name__, url_prefix="/v1", description="Carriers, accounts, policies, keys.")


@blueprint.route("/carriers")
@requires("shipments:read")
@blueprint.response(200, CarrierListSchema)
def carriers() -> Response:
    """The installed carriers: what each can do, and within which limits."""
    return answer({"data": installed_carriers()})


@blueprint.route("/accounts")
@requires("shipments:read")
@blueprint.response(200, AccountListSchema)
def accounts() -> Response:
    """The merchant's carrier accounts, by name."""
    found = services().accounts.list(caller().merchant_id, caller().mode)
    return answer({"data": [shapes.account(each, _public_url()) for each in found]})


@blueprint.route("/accounts", methods=["POST"])
@requires("admin")
@blueprint.arguments(NewAccountSchema)
@blueprint.response(201, AccountSchema)
def add_account(draft: AccountDraft) -> Response:
    """Add a carrier account, in the mode of the key."""

    def work(_: object) -> Response:
        made = services().accounts.add(caller().merchant_id, caller().mode, draft)
        return answer(shapes.account(made, _public_url()), 201, {"Location": f"/v1/accounts/{made.id}"})

    return once(work)


@blueprint.route("/accounts/<account_id>")
@requires("shipments:read")
@blueprint.response(200, AccountSchema)
def account(account_id: str) -> Response:
    """One account; its secrets are never given back."""
    found = services().accounts.get(caller().merchant_id, caller().mode, account_id)
    return answer(shapes.account(found, _public_url()))


@blueprint.route("/accounts/<account_id>", methods=["PATCH"])
@requires("admin")
@blueprint.arguments(AccountDraftSchema)
@blueprint.response(200, AccountSchema)
def change_account(draft: AccountDraft, account_id: str) -> Response:
    """Change an account; what is left out stays as it is."""
    changed = services().accounts.change(caller().merchant_id, caller().mode, account_id, draft)
    return answer(shapes.account(changed, _public_url()))


@blueprint.route("/accounts/<account_id>/check", methods=["POST"])
@requires("admin")
@blueprint.response(200, ProbeSchema)
def check_account(account_id: str) -> Response:
    """Ask the carrier something that costs nothing, and say in a sentence whether the account works."""
    probe = services().accounts.probe(caller().merchant_id, caller().mode, account_id)
    return answer({"ok": probe.ok, "code": probe.code, "why": probe.why})


@blueprint.route("/policies/<name>")
@requires("shipments:read")
@blueprint.response(200, PolicySchema)
def policy(name: str) -> Response:
    """The newest version of a policy (or `?version=`)."""
    version = request.args.get("version", type=int)
    book = services().policies
    merchant_id = caller().merchant_id
    found = book.latest(merchant_id, name) if version is None else book.version(merchant_id, name, version)
    return answer(shapes.policy(found), headers={"ETag": f'"{found.version}"'})


@blueprint.route("/policies/<name>", methods=["PUT"])
@requires("admin")
@blueprint.arguments(PolicyPutSchema)
@blueprint.response(200, PolicySchema)
def put_policy(given: dict[str, Any], name: str) -> Response:
    """Supersede a policy with its next version. `If-Match` with the version you saw guards against overwriting."""
    seen = request.headers.get("If-Match", "").strip('"')
    if seen and not seen.isdigit():
        raise InvalidValue('If-Match holds the version you saw, such as "3"')
    based_on = int(seen) if seen else None
    made = services().policies.put(caller().merchant_id, name, given["data"], caller().key_id, based_on)
    return answer(shapes.policy(made), headers={"ETag": f'"{made.version}"'})


@blueprint.route("/keys")
@requires("admin")
@blueprint.response(200, KeyListSchema)
def keys() -> Response:
    """The merchant's API keys, without their secrets."""
    return answer({"data": [shapes.key(each) for each in services().keys.list(caller().merchant_id)]})


@blueprint.route("/keys", methods=["POST"])
@requires("admin")
@blueprint.arguments(NewKeySchema)
@blueprint.response(201, KeySchema)
def add_key(given: dict[str, Any]) -> Response:
    """Make a key; its text is shown here and never again (which is why this POST is not replayed)."""
    who = caller()
    record, text = services().keys.create(
        who.merchant_id, given["name"], who.mode, given["scopes"], given["expires_at"]
    )
    return answer({**shapes.key(record), "key": text}, 201)


@blueprint.route("/keys/<key_id>", methods=["DELETE"])
@requires("admin")
@blueprint.response(204)
def revoke_key(key_id: str) -> Response:
    """End a key at once."""
    services().keys.revoke(caller().merchant_id, key_id)
    return Response(status=204)


def _public_url() -> str:
    return services().settings.web.public_url.rstrip("/")

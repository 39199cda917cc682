"""Developers: API keys, webhook endpoints, and every message that was sent to them with what came back."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, request

from gateway.console.gate import deed, may, services, who
from gateway.console.rendering import go, page
from gateway.domain.errors import Unprocessable
from gateway.domain.people import Permission
from gateway.services.keys import SCOPES
from gateway.services.merchant_webhooks import ReplayAsk

blueprint = Blueprint("developers", __name__, url_prefix="/developers")
A_PAGE = 50
DONE = {
    "revoked": "The key no longer opens anything.",
    "tested": "A test message is on its way; it appears below.",
    "replayed": "It is sent again, with the same id and bytes.",
    "failed": "What was given up is sent again.",
    "enabled": "The endpoint is enabled; it hears what happens from now on.",
    "disabled": "The endpoint is disabled; nothing is sent to it.",
}


@blueprint.get("")
@may(Permission.LOOK)
def overview() -> Response:
    """Keys and endpoints."""
    return _overview(said=_done())


@blueprint.post("/keys")
@may(Permission.DEVELOP)
def add_key() -> Response:
    """A new key, shown once."""
    signed, scopes = who(), request.form.getlist("scope")
    name = request.form.get("name", "").strip()[:100]
    errors = {} if name else {"name": "Name it after what uses it."}
    errors |= {} if scopes else {"scope": "Choose at least one scope."}
    if errors:
        return _overview(422, errors=errors, typed={"name": name, "scope": scopes})
    try:
        key, text = services().keys.create(signed.merchant_id, name, signed.mode, scopes)
    except Unprocessable as error:
        return _overview(422, errors={"scope": str(error)}, typed={"name": name, "scope": scopes})
    services().staff.audit.record(signed.user, deed("made an API key", key.id, f"{name}: {', '.join(scopes)}"))
    return _overview(made=key, text=text)


@blueprint.post("/keys/<key_id>/revoke")
@may(Permission.DEVELOP)
def revoke_key(key_id: str) -> Response:
    """End a key at once."""
    services().keys.revoke(who().merchant_id, who().mode, key_id)
    services().staff.audit.record(who().user, deed("revoked an API key", key_id))
    return go("developers.overview", done="revoked")


@blueprint.post("/endpoints")
@may(Permission.DEVELOP)
def add_endpoint() -> Response:
    """A new endpoint for everything that happens; its secret is shown once."""
    signed, url = who(), request.form.get("url", "").strip()[:2048]
    try:
        if not url:
            raise Unprocessable("/url", "Give the https address that shall be told.")
        made = services().webhooks.add_endpoint(signed.merchant_id, signed.mode, url, ())
    except Unprocessable as error:
        return _overview(422, errors={"url": str(error)}, typed={"url": url})
    services().staff.audit.record(signed.user, deed("added a webhook endpoint", made.id, url))
    return _overview(endpoint=made)


@blueprint.get("/endpoints/<endpoint_id>")
@may(Permission.LOOK)
def endpoint(endpoint_id: str) -> Response:
    """One endpoint, with what was sent to it."""
    signed, webhooks = who(), services().webhooks
    cursor = request.args.get("cursor") or None
    found = webhooks.deliveries(signed.merchant_id, signed.mode, endpoint_id, A_PAGE, cursor)
    there = next(each for each in webhooks.endpoints(signed.merchant_id, signed.mode) if each.id == endpoint_id)
    return page(
        "endpoint.html",
        endpoint=there,
        found=found,
        types={each.id: json.loads(each.body)["type"] for each in found.items},
        said=_done(),
    )


@blueprint.get("/endpoints/<endpoint_id>/deliveries/<delivery_id>")
@may(Permission.DEVELOP)
def delivery(endpoint_id: str, delivery_id: str) -> Response:
    """One message on its way: its bytes, and every try."""
    signed = who()
    found, tries = services().webhooks.delivery(signed.merchant_id, signed.mode, endpoint_id, delivery_id)
    return page("delivery.html", delivery=found, tries=tries, body=found.body.decode("utf-8", "replace"))


@blueprint.post("/endpoints/<endpoint_id>/deliveries/<delivery_id>/replay")
@may(Permission.DEVELOP)
def replay(endpoint_id: str, delivery_id: str) -> Response:
    """Send it again."""
    signed = who()
    services().webhooks.replay_delivery(signed.merchant_id, signed.mode, endpoint_id, delivery_id)
    services().staff.audit.record(signed.user, deed("sent a message again", delivery_id))
    return go("developers.endpoint", endpoint_id=endpoint_id, done="replayed")


@blueprint.post("/endpoints/<endpoint_id>/failed")
@may(Permission.DEVELOP)
def replay_failed(endpoint_id: str) -> Response:
    """Send all that were given up again."""
    signed = who()
    services().webhooks.replay(signed.merchant_id, signed.mode, endpoint_id, ReplayAsk(failed=True))
    services().staff.audit.record(signed.user, deed("sent failed messages again", endpoint_id))
    return go("developers.endpoint", endpoint_id=endpoint_id, done="failed")


@blueprint.post("/endpoints/<endpoint_id>/test")
@may(Permission.DEVELOP)
def test(endpoint_id: str) -> Response:
    """Send a message that only tests."""
    services().webhooks.test(who().merchant_id, who().mode, endpoint_id)
    return go("developers.endpoint", endpoint_id=endpoint_id, done="tested")


@blueprint.post("/endpoints/<endpoint_id>/state")
@may(Permission.DEVELOP)
def switch(endpoint_id: str) -> Response:
    """Enable or disable it."""
    state = "enabled" if request.form.get("state") == "enabled" else "disabled"
    services().webhooks.change_endpoint(who().merchant_id, who().mode, endpoint_id, {"state": state})
    services().staff.audit.record(who().user, deed(f"{state} a webhook endpoint", endpoint_id))
    return go("developers.endpoint", endpoint_id=endpoint_id, done=state)


def _done() -> str:
    return DONE.get(request.args.get("done", ""), "")


def _overview(status: int = 200, **facts: Any) -> Response:
    signed = who()
    given: dict[str, Any] = {"said": "", "errors": {}, "typed": {}, **facts}
    return page(
        "developers.html",
        status,
        keys=services().keys.list(signed.merchant_id, signed.mode),
        endpoints=services().webhooks.endpoints(signed.merchant_id, signed.mode),
        scopes=SCOPES,
        base=services().settings.web.base_url,
        **given,
    )

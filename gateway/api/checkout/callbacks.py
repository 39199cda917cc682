"""/v1/checkout: what shops call while a buyer waits. Whatever goes wrong is said in the shop's own protocol."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, g, request
from werkzeug.exceptions import HTTPException

from carriers.base import BadCarrierResponse, Reading, WebhookCall, WebhookRejected
from gateway.api.auth import open_to_all, services
from gateway.api.checkout import examples
from gateway.api.checkout.adobe import Adobe
from gateway.api.checkout.bigcommerce import BigCommerce
from gateway.api.checkout.shopify import Shopify
from gateway.api.checkout.tiendanube import Tiendanube
from gateway.api.checkout.translator import Reply, Translator, secrets_of
from gateway.api.routes import ApiBlueprint, answer
from gateway.domain.checkouts import CheckoutConnection, CheckoutProtocol
from gateway.domain.errors import InvalidValue, NotFound, Unavailable, Unprocessable

log = logging.getLogger("gateway.checkouts")
blueprint = ApiBlueprint("checkout", __name__, url_prefix="/v1/checkout")
BIGCOMMERCE = BigCommerce()
TRANSLATORS: Mapping[CheckoutProtocol, Translator] = {
    CheckoutProtocol.SHOPIFY: Shopify(),
    CheckoutProtocol.BIGCOMMERCE: BIGCOMMERCE,
    CheckoutProtocol.TIENDANUBE: Tiendanube(),
    CheckoutProtocol.ADOBE: Adobe(),
}
PROOF = open_to_all("the shop proves itself by its connection's secrets")
CHECK_DEADLINE_S = 5.0
UNPROBED = "not_probed"
"""The carrier has no call that would show anything."""

OBJECT = {"type": "object"}
STATUSES: tuple[tuple[type[Exception], int], ...] = (
    (NotFound, 404),
    (WebhookRejected, 401),
    (BadCarrierResponse, 400),
    (Unprocessable, 422),
    (InvalidValue, 422),
    (Unavailable, 503),
)
"""What an error is in plain HTTP; each protocol makes its own of it. Anything else is a bug of ours."""


def _takes(example: Mapping[str, Any]) -> Callable[[Any], Any]:
    """A body of the shop's making: documented by an example, and whatever we do not know of it is ignored."""
    content = {"application/json": {"schema": OBJECT, "example": example}}
    documented: Callable[[Any], Any] = blueprint.doc(requestBody={"required": True, "content": content})
    return documented


@blueprint.route("/shopify/<connection>", methods=["POST"])
@PROOF
@_takes(examples.SHOPIFY)
@blueprint.response(200, OBJECT, description="`rates`; empty where nothing is served. A 404 asks for backup rates.")
def answer_shopify(connection: str) -> Response:
    """Rates for Shopify's CarrierService."""
    return _rates(CheckoutProtocol.SHOPIFY, connection)


@blueprint.route("/bigcommerce/<connection>/rate", methods=["POST"])
@PROOF
@_takes(examples.BIGCOMMERCE)
@blueprint.response(200, OBJECT, description="`carrier_quotes`, and `messages` of carriers that did not answer.")
def answer_bigcommerce(connection: str) -> Response:
    """Rates for BigCommerce's Shipping Provider API."""
    return _rates(CheckoutProtocol.BIGCOMMERCE, connection)


@blueprint.route("/bigcommerce/<connection>/check", methods=["POST"])
@PROOF
@_takes(examples.BIGCOMMERCE_CHECK)
@blueprint.response(200, OBJECT, description="`valid`, and `messages` saying what is not.")
def check_bigcommerce(connection: str) -> Response:
    """Whether the connection's keys are right and its carrier accounts work: each is asked, within 5 seconds."""
    try:
        found, _ = _proved(CheckoutProtocol.BIGCOMMERCE, connection)
    except WebhookRejected:
        return _said(BIGCOMMERCE.checked(["The keys are not those of this connection"], valid=False))
    probes = services().accounts.probe_all(found.merchant_id, found.mode, CHECK_DEADLINE_S)
    faults = [f"{record.name}: {probe.why}" for record, probe in probes if not (probe.ok or probe.code == UNPROBED)]
    if not probes:
        faults = ["There is no carrier account yet"]
    return _said(BIGCOMMERCE.checked(faults, valid=len(faults) < len(probes)))


@blueprint.route("/tiendanube/<connection>", methods=["POST"])
@PROOF
@_takes(examples.TIENDANUBE)
@blueprint.response(200, OBJECT, description="`rates`. A 422 asks for fallback rates.")
def answer_tiendanube(connection: str) -> Response:
    """Rates for Tiendanube / Nuvemshop."""
    return _rates(CheckoutProtocol.TIENDANUBE, connection)


@blueprint.route("/adobe/<connection>", methods=["POST"])
@PROOF
@_takes(examples.ADOBE)
@blueprint.response(200, {"type": ["array", "object"]}, description="An array of operations, or one that fails.")
def answer_adobe(connection: str) -> Response:
    """Rates for Adobe Commerce's webhook `get_rates`."""
    return _rates(CheckoutProtocol.ADOBE, connection)


def _rates(protocol: CheckoutProtocol, connection_id: str) -> Response:
    connection, body = _proved(protocol, connection_id)
    translator = TRANSLATORS[protocol]
    cart = translator.cart(body, connection)
    found = services().checkouts.rates(connection, cart, time.monotonic() - g.started)
    return _said(translator.answer(found, connection))


def _proved(protocol: CheckoutProtocol, connection_id: str) -> tuple[CheckoutConnection, Reading]:
    """The connection and what its shop sends. What is no JSON is told only to who proves to be the shop."""
    connection = services().checkouts.connection(protocol, connection_id)
    call = WebhookCall(
        method=request.method,
        headers={name.lower(): value for name, value in request.headers.items()},
        query=request.args.to_dict(),
        body=request.get_data(),
        received_at=services().clock(),
    )
    fault: BadCarrierResponse | None = None
    try:
        body = Reading.parse(call.body)
    except BadCarrierResponse as error:
        body, fault = Reading({}), error
    TRANSLATORS[protocol].prove(call, secrets_of(connection), body, connection)
    if fault is not None:
        raise fault
    return connection, body


@blueprint.errorhandler(Exception)
def _refused(error: Exception) -> Response:
    """The protocol's own error shape; a bug of ours too, which the log has."""
    translator = TRANSLATORS[CheckoutProtocol(request.path.split("/")[3])]
    if isinstance(error, HTTPException):
        return _said(translator.refusal(error.code or 400, error.description or error.name))
    status = next((status for kind, status in STATUSES if isinstance(error, kind)), None)
    if status is not None:
        return _said(translator.refusal(status, str(error)))
    log.error("bug in %s", request.url_rule, exc_info=error)
    return _said(translator.refusal(503, "rates cannot be given at the moment"))


def _said(reply: Reply) -> Response:
    return answer(reply.body, reply.status)

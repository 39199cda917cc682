"""/v1/policies"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from flask import Response

from gateway.api import shapes_decisions
from gateway.api.auth import caller, requires, services
from gateway.api.errors import PreconditionFailed
from gateway.api.examples import EVALUATION, POLICY, PUBLICATION
from gateway.api.routes import ApiBlueprint, answer
from gateway.api.schemas.fields import NAME
from gateway.api.schemas.policies import (
    EvaluationAskSchema,
    EvaluationSchema,
    PolicyPutSchema,
    PolicyQuerySchema,
    PolicySchema,
    PublicationSchema,
)
from gateway.api.versions import IF_MATCH, seen_version
from gateway.domain.errors import StaleVersion, Unprocessable
from gateway.domain.policy_versions import PolicyRecord
from gateway.services.policies import Stage
from gateway.services.quotes import QuoteAsk

blueprint = ApiBlueprint("policies", __name__, url_prefix="/v1/policies")


@blueprint.route("/<name>")
@requires("shipments:read")
@blueprint.arguments(PolicyQuerySchema, location="query")
@blueprint.response(200, PolicySchema)
def get_policy(wanted: dict[str, int | None], name: str) -> Response:
    """A policy, the newest version unless another is asked for; `live_version` says which one decides."""
    book, merchant_id, version = services().policies, caller().merchant_id, wanted["version"]
    found = book.latest(merchant_id, name) if version is None else book.version(merchant_id, name, version)
    return _shown(found)


@blueprint.route("/<name>", methods=["PUT"])
@requires("admin")
@blueprint.arguments(PolicyPutSchema, example=POLICY)
@blueprint.doc(parameters=[IF_MATCH])
@blueprint.response(200, PolicySchema)
def put_policy(given: dict[str, Any], name: str) -> Response:
    """Supersede a policy with its next version; a new name makes a new policy.

    It decides from now on, unless `stage` says that it is a draft or goes on trial. What is refused changes nothing.
    Names of accounts, carriers, zones and facilities that you do not have (yet), and caps of shares that your accounts
    cannot fill, are kept and told in `warnings`.
    """
    if not re.fullmatch(NAME, name):
        raise Unprocessable("/name", "a name has small letters, digits, _ and -, at most 64")
    seen, who = seen_version(), caller()
    try:
        made = services().policies.put(who.merchant_id, name, given["data"], who.key_id, seen, Stage(given["stage"]))
    except Unprocessable as error:
        raise _in_data(error) from error
    except StaleVersion as error:
        raise (error if seen is None else PreconditionFailed(str(error))) from None
    return _shown(made)


@blueprint.route("/<name>/publish", methods=["POST"])
@requires("admin")
@blueprint.arguments(PublicationSchema, example=PUBLICATION)
@blueprint.response(200, PolicySchema)
def publish_policy(given: dict[str, Any], name: str) -> Response:
    """Let a version decide, put it on trial beside the one that does, or end a trial.

    An older version made live is a rollback. Doing it twice does it once.
    """
    book, who = services().policies, caller()
    try:
        book.publish(who.merchant_id, name, given["version"], Stage(given["stage"]), who.key_id, given["note"])
    except Unprocessable as error:
        raise Unprocessable("/version", f"{error.pointer}: {error}", error.code) from error
    return _shown(book.version(who.merchant_id, name, given["version"]))


@blueprint.route("/<name>/evaluate", methods=["POST"])
@requires("quotes:write")
@blueprint.arguments(EvaluationAskSchema, example=EVALUATION)
@blueprint.response(200, EvaluationSchema)
def evaluate_policy(given: dict[str, Any], name: str) -> Response:
    """A dry run: what a policy would do with a shipment, or with the offers of a stored quote.

    Nothing is stored. For a shipment carriers are asked for rates; for a quote they are not. A `version` that does not
    decide, or `data` that is not even saved, can be tried too.
    """
    bound, who = services(), caller()
    try:
        deciding = bound.policies.on_trial(who.merchant_id, name, given["version"], given["data"])
    except Unprocessable as error:
        raise (_in_data(error) if given["data"] is not None else error) from error
    if given["shipment"] is not None:
        judged = bound.quotes.made(who.merchant_id, who.mode, _placed(given["shipment"], name), deciding)
    else:
        stored = bound.quotes.get(who.merchant_id, who.mode, given["quote_id"])
        judged = bound.quotes.judged_again(stored, deciding)
    doubtful = bound.policy_names.warnings(who.merchant_id, given["data"]) if given["data"] is not None else []
    return answer(shapes_decisions.evaluation(judged, doubtful, saved=given["data"] is None))


def _placed(ask: QuoteAsk, name: str) -> QuoteAsk:
    """What is to be judged, from where the facility is that it names."""
    if ask.policy not in ("", name):
        raise Unprocessable("/shipment/policy", f"this judges by {name}; leave it out", "conflict")
    try:
        return replace(ask, shipment=services().facilities.placed(caller().merchant_id, ask.shipment))
    except Unprocessable as error:
        raise Unprocessable(f"/shipment{error.pointer}", str(error), error.code) from error


def _shown(record: PolicyRecord) -> Response:
    published = services().policies.published(record.merchant_id, record.name)
    doubtful = services().policy_names.warnings(record.merchant_id, record.data)
    return answer(shapes_decisions.policy(record, published, doubtful), headers={"ETag": f'"{record.version}"'})


def _in_data(error: Unprocessable) -> Unprocessable:
    return Unprocessable(f"/data{error.pointer}", str(error), error.code)

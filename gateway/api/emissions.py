"""/v1/emissions, /v1/accounts/{account_id}/emissions"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response

from gateway.api.auth import caller, requires, services
from gateway.api.examples import EMISSIONS
from gateway.api.routes import ApiBlueprint, answer
from gateway.api.schemas.emissions import EmissionProfileSchema, EmissionProfileShownSchema, EmissionsSchema
from gateway.services.reliability.emissions import ALL

blueprint = ApiBlueprint("emissions", __name__, url_prefix="/v1")


@blueprint.route("/emissions")
@requires("shipments:read")
@blueprint.response(200, EmissionsSchema)
def get_emissions() -> Response:
    """The factors and profiles that `co2e_g` is reckoned from, with their sources, and your own words on them."""
    model = services().foresight.emissions
    return answer(
        {
            "profile": model.profile(caller().merchant_id, caller().mode, ALL),
            "defaults": model.profiles,
            "factors": [asdict(each) for each in model.factors.values()],
        }
    )


@blueprint.route("/emissions", methods=["PUT"])
@requires("admin")
@blueprint.arguments(EmissionProfileSchema, example=EMISSIONS)
@blueprint.response(200, EmissionProfileShownSchema)
def put_emissions(profile: dict[str, Any]) -> Response:
    """Say how deliveries are made, for all your accounts, in place of what you said before; `{}` takes it back."""
    return _put(ALL, profile)


@blueprint.route("/accounts/<account_id>/emissions")
@requires("shipments:read")
@blueprint.response(200, EmissionProfileShownSchema)
def get_account_emissions(account_id: str) -> Response:
    """What you have said of an account's emissions."""
    found = services().foresight.emissions.profile(caller().merchant_id, caller().mode, account_id)
    return answer({"profile": found})


@blueprint.route("/accounts/<account_id>/emissions", methods=["PUT"])
@requires("admin")
@blueprint.arguments(EmissionProfileSchema, example=EMISSIONS)
@blueprint.response(200, EmissionProfileShownSchema)
def put_account_emissions(profile: dict[str, Any], account_id: str) -> Response:
    """Say how one account's deliveries are made; this goes before what you say of all."""
    return _put(account_id, profile)


def _put(of: str, profile: dict[str, Any]) -> Response:
    services().foresight.emissions.put(caller().merchant_id, caller().mode, of, profile)
    return answer({"profile": profile})

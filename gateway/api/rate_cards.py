"""/v1/accounts/{account_id}/rate-cards"""

from __future__ import annotations

import re
from typing import Any

from flask import Response, request
from werkzeug.exceptions import UnsupportedMediaType

from carriers.base import BadRateCard
from gateway.api.auth import caller, requires, services
from gateway.api.errors import refused_sheet
from gateway.api.examples import RATE_CARD
from gateway.api.routes import ApiBlueprint, answer, larger
from gateway.api.schemas.rate_cards import RateCardListSchema, RateCardSchema, RateCardUploadSchema
from gateway.domain.errors import NotFound, Unprocessable
from gateway.domain.rate_cards import RateCardRecord

blueprint = ApiBlueprint("rate_cards", __name__, url_prefix="/v1/accounts/<account_id>/rate-cards")
CSV = "text/csv"
VERSION = re.compile(r"[1-9][0-9]{0,8}")
FORM = "multipart/form-data"
TEXT: dict[str, Any] = {"schema": {"type": "string"}, "example": RATE_CARD}
FILE: dict[str, Any] = {
    "schema": {"type": "object", "required": ["file"], "properties": {"file": {"type": "string"}}},
    "example": {"file": RATE_CARD},
}


@blueprint.route("")
@requires("shipments:read")
@blueprint.response(200, RateCardListSchema)
def list_rate_cards(account_id: str) -> Response:
    """The versions of an account's rate card, newest first."""
    found = services().rate_cards.list(caller().merchant_id, caller().mode, account_id)
    return answer({"data": [_shown(each) for each in found]})


@blueprint.route("", methods=["POST"])
@requires("admin")
@larger("max_rate_card_bytes")
@blueprint.arguments(RateCardUploadSchema, location="query")
@blueprint.doc(requestBody={"required": True, "content": {CSV: TEXT, FORM: FILE}})
@blueprint.response(201, RateCardSchema)
def add_rate_card(wanted: dict[str, str], account_id: str) -> Response:
    """Add the next version of an account's rate card: CSV as the body, or as the one file of a form.

    The file has the sections [card], [zones], [services], [prices] and [surcharges]. Every row at fault is told, with
    its line and column in the pointer (`/5/price_minor`). The newest version's very text makes no new version, so
    that repeating is harmless.
    """
    who, cards = caller(), services().rate_cards
    try:
        made = cards.add(
            who.merchant_id, who.mode, account_id, _text(), who.key_id, supersede=wanted["supersede"] == "true"
        )
    except BadRateCard as error:
        return refused_sheet(error, "rate card")
    return answer(_shown(made), 201, {"Location": _href(made)})


@blueprint.route("/<version>")
@requires("shipments:read")
@blueprint.response(200, {"type": "string"}, content_type=CSV)
def get_rate_card(account_id: str, version: str) -> Response:
    """A version's CSV, as it was given."""
    if not VERSION.fullmatch(version):
        raise NotFound(f"no rate card {version}")
    text = services().rate_cards.text(caller().merchant_id, caller().mode, account_id, int(version))
    headers = {"Content-Disposition": f'attachment; filename="rate-card-{version}.csv"'}
    return Response(text, 200, headers, content_type=f"{CSV}; charset=utf-8")


def _text() -> str:
    """The CSV of the request. Raises UnsupportedMediaType, Unprocessable."""
    if request.mimetype == FORM:
        files = list(request.files.values())
        if len(files) != 1 or request.form:
            raise Unprocessable("/file", "the form has one file and nothing else")
        content: bytes = files[0].read()
    elif request.mimetype == CSV:
        content = request.get_data()
    else:
        raise UnsupportedMediaType(f"a rate card comes as {CSV} or {FORM}")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unprocessable(f"/{line}", f"line {line} is not UTF-8: save the sheet as CSV UTF-8") from None


def _shown(card: RateCardRecord) -> dict[str, Any]:
    return {
        "version": card.version,
        "name": card.name,
        "valid_from": card.valid_from,
        "valid_until": card.valid_until,
        "prices": card.prices,
        "author": card.author,
        "created_at": card.created_at,
        "href": _href(card),
    }


def _href(card: RateCardRecord) -> str:
    return f"/v1/accounts/{card.account_id}/rate-cards/{card.version}"

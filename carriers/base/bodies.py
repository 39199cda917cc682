"""What a request carries, as bytes and their media type."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import urlencode

import orjson


def encoded(json: object, form: Mapping[str, str] | None, body: bytes | None) -> tuple[bytes | None, Mapping[str, str]]:
    """The one of the three that is given, with its content type (which bare bytes do not have)."""
    if json is not None:
        return orjson.dumps(json, default=_exact), {"content-type": "application/json"}
    if form is not None:
        return urlencode(form).encode("ascii"), {"content-type": "application/x-www-form-urlencoded"}
    return body, {}


def filled(members: Mapping[str, object]) -> dict[str, object]:
    """A JSON object without the members that say nothing: null, empty texts, arrays and objects. Zero and no stay."""
    return {name: value for name, value in members.items() if value not in (None, "", (), [], {})}


def _exact(value: object) -> object:
    """A Decimal as a JSON number of the same digits."""
    if isinstance(value, Decimal) and value.is_finite():
        return orjson.Fragment(format(value, "f"))
    raise TypeError(f"{value!r} has no JSON form")

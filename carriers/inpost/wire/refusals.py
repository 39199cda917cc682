"""How ShipX says no: a key, a sentence, and fields with keys of their own.

Source: "API ShipX", errors. `details` is flat or nested, as openlinker-project/openlinker#1807 found; the sentence of
a 404 is called `description`, as recorded in xGrz/inpost-plugin@d33ca8f.
"""

from __future__ import annotations

from collections.abc import Iterator

from carriers.base import (
    AuthenticationFailed,
    BadCarrierResponse,
    CarrierError,
    Reading,
    Reply,
    ServicePointClosed,
    ShipmentRejected,
    UnknownReference,
    clean,
)

CREDENTIALS = frozenset({"unauthorized", "token_invalid", "access_forbidden"})
# A label is there once it is bought: asking later is right.
UNKNOWN = frozenset({"resource_not_found", "label_not_found"})
TOO_LATE = "invalid_action"
# The chosen point, which ShipX does not have (any more).
NO_SUCH_POINT = "custom_attributes.target_point: does_not_exist"
ORGANISATION = "/v1/organizations/"


def refusal(reply: Reply) -> CarrierError | None:
    """What an error body says; None where there is none (the sandbox's are sometimes empty) or the status says all."""
    if reply.status in (408, 429) or reply.status >= 500:
        return None
    try:
        body = reply.reading()
    except BadCarrierResponse:
        return None  # an empty body, or a page for people: the status decides
    code = body.maybe_text("error")
    if not code:
        return None
    said = body.maybe_text("message") or body.maybe_text("description") or code
    if code in CREDENTIALS or reply.status in (401, 403):
        return AuthenticationFailed(f"InPost: {said}", carrier_code=code, carrier_message=said)
    if code in UNKNOWN or reply.status == 404:
        # What lies below an organisation is a list, which is always there: it is the organisation that is not.
        missing = AuthenticationFailed if ORGANISATION in reply.url else UnknownReference
        return missing(f"InPost: {said}", carrier_code=code, carrier_message=said)
    reasons = tuple(_fields(body.maybe("details")))
    refused = ServicePointClosed if NO_SUCH_POINT in reasons else ShipmentRejected
    return refused(f"InPost: {said}", reasons=reasons or (said,), carrier_code=code, carrier_message=said)


def _fields(details: Reading | None) -> Iterator[str]:
    return _words(details.raw, "") if details else iter(())


def _words(value: object, path: str) -> Iterator[str]:
    """`custom_attributes.target_point: does_not_exist` for every key, however it is nested."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _words(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner, path)
    elif value is not None:
        yield clean(f"{path}: {value}" if path else str(value))

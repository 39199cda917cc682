"""What UPS's error answers mean. Every API says them as {"response": {"errors": [{"code", "message"}]}}.

Source: error tables of the APIs; TV1002 and TW0001: recorded answers of the Tracking API.
"""

from __future__ import annotations

from carriers.base import (
    AuthenticationFailed,
    BadCarrierResponse,
    CarrierError,
    OutcomeUnknown,
    Reading,
    Reply,
    ShipmentRejected,
    UnknownReference,
)

TRANSIENT = "10004"
CREDENTIALS = ("250001", "250002", "250003", "251004", "UJ0001")
UNKNOWN_NUMBER = ("TV1002", "TW0001")
DECIDED_BY_STATUS = (408, 429)


def refusal(reply: Reply) -> CarrierError | None:
    """The error in an answer; None leaves it to the HTTP status: of a 5xx, for that may have been applied."""
    if reply.status >= 500 or reply.status in DECIDED_BY_STATUS:
        return None
    try:
        errors = _errors(reply.reading())
    except BadCarrierResponse:
        return None
    if not errors:
        return None
    code = errors[0].maybe_text("code")
    sentences = [sentence for error in errors if (sentence := error.maybe_text("message"))]
    said = {"carrier_code": code or None, "carrier_message": sentences[0] if sentences else None}
    text = f"UPS answered {code or 'an error'}: {sentences[0] if sentences else 'no reason'}"
    if reply.status in (401, 403) or code in CREDENTIALS:
        return AuthenticationFailed(text, **said)
    if reply.status == 404 or code in UNKNOWN_NUMBER:
        return UnknownReference(text, **said)
    if code == TRANSIENT:
        # Documented with 500 only; with anything else it does not say whether it was applied.
        return OutcomeUnknown(text, **said)
    return ShipmentRejected(text, reasons=sentences, **said)


def _errors(body: Reading) -> list[Reading]:
    response = body.maybe("response")
    return response.maybe_objects("errors") if response else []

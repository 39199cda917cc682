"""How GLS says no: ShipIT in headers over an empty body, its parser as plain text, the tracking API as problem+json."""

from __future__ import annotations

from collections.abc import Iterator

from carriers.base import (
    BadCarrierResponse,
    CarrierError,
    CarrierUnavailable,
    OutcomeUnknown,
    Reply,
    ShipmentRejected,
    clean,
    error_named,
    table,
)

# Source: ShipIT REST 5.0.11, tracking: a status of GLS' own.
BACKEND_INACTIVE = 490
PARSER = "com.fasterxml.jackson"


def faults() -> Iterator[tuple[str, str, type[CarrierError]]]:
    """Fault code, the field it must name ("" for any), and what it means: `faults.csv`, the first that fits counts."""
    return ((row["code"], row["subject"], error_named(row["error"])) for row in table("carriers.gls", "faults.csv"))


def refusal(reply: Reply) -> CarrierError | None:
    """What an error answer means; None leaves it to the HTTP status, as for faults of the API gateway (401, 429).

    An inactive backend is documented for tracking only; anywhere else nothing says that it did nothing.
    """
    if reply.status == BACKEND_INACTIVE:
        kind = CarrierUnavailable if "/rs/tracking/" in reply.url else OutcomeUnknown
        return kind(f"HTTP {BACKEND_INACTIVE}: the GLS backend is inactive")
    if not 400 <= reply.status < 500 or reply.status in (401, 403, 408, 429):
        return None
    code, message = clean(reply.headers.get("error", "")), clean(reply.headers.get("message", ""))
    if code or message:
        return _fault(code, message)
    sentence = _unreadable(reply) or _problem(reply)
    if not sentence or reply.status == 404:
        return None
    return ShipmentRejected(f"GLS refused: {sentence}", reasons=[sentence], carrier_message=sentence)


def _fault(code: str, message: str) -> CarrierError:
    """A code nobody lists concerns one shipment, as nearly all do."""
    fits = (kind for listed, subject, kind in faults() if listed == code and subject in message)
    kind = next(fits, ShipmentRejected)
    said = {"carrier_code": code or None, "carrier_message": message or None}
    text = f"GLS answered {code or 'a fault'}: {message or 'no more'}"
    if issubclass(kind, ShipmentRejected):
        return kind(text, reasons=[message or code], **said)
    return kind(text, **said)


def _unreadable(reply: Reply) -> str:
    """A request with a wrong type or an unknown field never reaches ShipIT: its JSON parser answers in Java."""
    return "GLS could not read the request" if PARSER in reply.text() else ""


def _problem(reply: Reply) -> str:
    try:
        body = reply.reading()
    except BadCarrierResponse:
        return ""  # no JSON: the status says it all
    return body.maybe_text("detail") or body.maybe_text("title")

"""How Canada Post says no: four shapes of error, inside and outside of HTTP 200.

Source: public clients of the Developer Portal API, which met `{errors: [{errorCode, message}]}`, `{errorCode,
errorMessage | errorDescription}`, `{title, detail}` and `{messages: [{code, description}]}`; the official example of
Tracking 2.0.0 (`error: {code, descEn, descFr}` on an item).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from carriers.base import (
    AuthenticationFailed,
    BadCarrierResponse,
    CarrierError,
    RateLimited,
    Reading,
    Reply,
    ShipmentRejected,
    UnknownReference,
    error_named,
    table,
)
from carriers.canadapost.wire.words import word

NOT_SERVED = "9112"
# A call beyond the limit of a minute; the caller is blocked for up to one. Source: web services, messages and codes.
THROTTLED, THROTTLED_S = "SLM MONITOR", 60.0


@dataclass(frozen=True, slots=True)
class Problem:
    """One error of Canada Post's, verbatim."""

    code: str
    said: str

    @property
    def sentence(self) -> str:
        """For the merchant: Canada Post's words, the catalogue's where it sends only a code."""
        listed = catalogue().get(self.code)
        return self.said or (listed[1] if listed else "") or f"Canada Post answers {self.code}"


@cache
def catalogue() -> Mapping[str, tuple[type[CarrierError], str]]:
    """Error codes: what each means, and a sentence. What fails every booking of the account is AuthenticationFailed."""
    rows = table("carriers.canadapost", "errors.csv")
    return {row["code"]: (error_named(row["error"]), row["meaning"]) for row in rows}


def problems(body: Reading) -> tuple[Problem, ...]:
    """The errors in an answer, in whichever of the shapes; () where there are none."""
    item = body.maybe("error")
    listed = [*body.maybe_objects("errors"), *body.maybe_objects("messages"), *([item] if item else []), body]
    found = [Problem(_code(error), _said(error)) for error in listed]
    return tuple(problem for problem in found if problem.code or problem.said)


def _code(error: Reading) -> str:
    return word(error, "errorCode") or word(error, "code")


def _said(error: Reading) -> str:
    names = ("message", "errorMessage", "errorDescription", "description", "descEn", "detail", "title", "descFr")
    return next((said for name in names if (said := error.maybe_text(name))), "")


def refused(found: Sequence[Problem]) -> CarrierError:
    """What errors mean together: what concerns the account stands above what concerns one shipment."""
    if any(THROTTLED in problem.said.upper() for problem in found):
        return RateLimited("Canada Post takes no more calls this minute", retry_after_s=THROTTLED_S)
    kinds = {problem.code: catalogue().get(problem.code, (ShipmentRejected, ""))[0] for problem in found}
    for kind in (AuthenticationFailed, ShipmentRejected, UnknownReference):
        first = next((problem for problem in found if kinds[problem.code] is kind), None)
        if first is not None:
            said = f"Canada Post refused: {first.sentence}"
            return _made(kind, said, first, [p.sentence for p in found])
    raise ValueError("there is nothing to refuse")


def _made(kind: type[CarrierError], text: str, first: Problem, sentences: Sequence[str]) -> CarrierError:
    code, message = first.code or None, first.said or None
    if kind is ShipmentRejected:
        return ShipmentRejected(text, reasons=sentences, carrier_code=code, carrier_message=message)
    return kind(text, carrier_code=code, carrier_message=message)


def refusal(reply: Reply) -> CarrierError | None:
    """What an answer outside the expected statuses means; None leaves it to the HTTP status.

    A 5xx is never a definite refusal, whatever its body says: the shipment may have been made and paid.
    """
    if reply.status in (401, 404, 408, 429) or not 400 <= reply.status < 500:
        return None
    try:
        found = problems(reply.reading())
    except BadCarrierResponse:
        return None
    if reply.status == 403 and not any(p.code in catalogue() or THROTTLED in p.said.upper() for p in found):
        return None
    return refused(found) if found else None

"""How Bring says no: error lists inside answers, one sentence per code of the booking catalogue.

Source: Bring Booking API, error codes (`booking_errors.csv`, 112 codes); Shipping Guide 2, error and warning
handling; Event Cast and Modify Delivery example answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from carriers.base import (
    AuthenticationFailed,
    BadCarrierResponse,
    CarrierError,
    OutcomeUnknown,
    Reading,
    Reply,
    ShipmentRejected,
    error_named,
    table,
)

PARTIES = ("-SENDER", "-RECIPIENT")
# "Could not find a pickup point for the provided recipient": with a point chosen, that one.
NO_SUCH_POINT = "BOOK-INPUT-045"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One error of Bring's, verbatim."""

    code: str
    message: str

    @property
    def sentence(self) -> str:
        """For the merchant: Bring's words, the catalogue's where Bring sends only a code."""
        listed = catalogue().get(plain(self.code))
        return self.message or (listed.message if listed else "") or f"Bring answers {self.code}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A code of the catalogue: what it means for a booking, and Bring's sentence."""

    kind: type[CarrierError]
    message: str


@cache
def catalogue() -> Mapping[str, Listed]:
    """Booking and pickup error codes, spelled plainly.

    An internal error may strike after the booking was made, so it is OutcomeUnknown. Customer number and
    authorisation fail every booking of the account, so they are AuthenticationFailed. The rest concerns one
    shipment.
    """
    rows = table("carriers.bring", "booking_errors.csv")
    return {plain(row["code"]): Listed(kind=error_named(row["error"]), message=row["message"]) for row in rows}


def plain(code: str) -> str:
    """A code in one spelling: Bring mixes BOOK-INPUT-054 with BOOK_INPUT-055 and appends the party."""
    code = code.upper().replace("_", "-")
    for party in PARTIES:
        code = code.removesuffix(party)
    return code


def is_about_point(refused: ShipmentRejected) -> bool:
    """Whether a booking's refusal names the pickup point."""
    return plain(refused.carrier_code or "") == NO_SUCH_POINT


def problems(body: Reading) -> tuple[Problem, ...]:
    """The errors listed in an object; () where it lists none."""
    listed = [*body.maybe_objects("errors"), *body.maybe_objects("fieldErrors")]
    return tuple(Problem(code=error.maybe_text("code"), message=_message(error)) for error in listed)


def _message(error: Reading) -> str:
    said = [message.maybe_text("message") for message in error.maybe_objects("messages")]
    return next(filter(None, said), "") or error.maybe_text("description") or error.maybe_text("message")


def refused(found: Sequence[Problem]) -> CarrierError:
    """What a booking's or pickup's errors mean together: the least certain of them wins.

    A code that is not in the catalogue and is no input or validation code is OutcomeUnknown: nothing
    documented says that the booking was not made.
    """
    kinds = [_kind(problem.code) for problem in found]
    first = found[0]
    codes = ", ".join(problem.code for problem in found if problem.code) or "errors without code"
    said = {"carrier_code": first.code or None, "carrier_message": first.sentence}
    if OutcomeUnknown in kinds:
        return OutcomeUnknown(f"Bring answered {codes}", **said)
    if AuthenticationFailed in kinds:
        return AuthenticationFailed(f"Bring refuses the account: {codes}", **said)
    return ShipmentRejected(f"Bring refused: {codes}", reasons=[p.sentence for p in found], **said)


def _kind(code: str) -> type[CarrierError]:
    listed = catalogue().get(plain(code))
    if listed:
        return listed.kind
    family = plain(code)
    return ShipmentRejected if "-INPUT-" in family or "-VALIDATION-" in family else OutcomeUnknown


def refusal(reply: Reply) -> CarrierError | None:
    """What an answer outside the expected statuses means; None leaves it to the HTTP status.

    The status of a validation error is not documented, so the body decides wherever it carries errors. A 5xx
    is only believed to be a definite refusal when the catalogue says so.
    """
    if reply.status in (401, 403, 404, 408, 429):
        return None
    try:
        body = reply.reading()
        found = _all_problems(body)
    except BadCarrierResponse:
        return None
    if found and (reply.status >= 500 or plain(found[0].code) in catalogue()):
        return _believable(refused(found), reply.status)
    sentence = found[0].sentence if found else body.maybe_text("reason") or body.maybe_text("message")
    if reply.status >= 500 or not sentence:
        return None
    code = found[0].code if found else body.maybe_text("status") or body.maybe_text("code")
    return ShipmentRejected(
        f"Bring refused: {sentence}",
        reasons=[problem.sentence for problem in found] or [sentence],
        carrier_code=code or None,
        carrier_message=sentence,
    )


def _all_problems(body: Reading) -> tuple[Problem, ...]:
    nested = [problem for consignment in body.maybe_objects("consignments") for problem in problems(consignment)]
    return (*nested, *problems(body))


def _believable(error: CarrierError, status: int) -> CarrierError | None:
    return error if status < 500 or not isinstance(error, OutcomeUnknown) else None

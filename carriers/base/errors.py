"""How a carrier can fail, and what a service does about it.

CarrierError                         same carrier again        next carrier     a person
├── CarrierUnavailable               later, with back-off      yes              if it lasts
│   └── RateLimited                  after retry_after_s       yes              no
├── OutcomeUnknown                   never blindly: find()     no               if find() cannot tell
├── ShipmentRejected                 no                        yes              shown to the merchant
│   └── ServicePointClosed           no                        no               chooses another point
├── UnknownReference                 tracking: later           -                if it lasts
├── AuthenticationFailed             no; rest the account      yes              at once
├── BadCarrierResponse               no                        quote yes,       the API changed
│                                                              book: as OutcomeUnknown
└── WebhookRejected                  -                         -                counted, answered 401
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from gateway.domain.errors import GatewayError


class CarrierError(GatewayError):
    """Root of everything a carrier can do to us. Only these leave an adapter.

    Attributes:
        carrier_code: the carrier's own word for it, verbatim, if it gave one.
        carrier_message: the carrier's own sentence, cleaned and cut, if it gave one.
    """

    code = "carrier_error"
    retryable = False

    def __init__(self, message: str, *, carrier_code: str | None = None, carrier_message: str | None = None) -> None:
        super().__init__(message)
        self.carrier_code = carrier_code
        self.carrier_message = carrier_message


class CarrierUnavailable(CarrierError):
    """The request was surely not applied: no connection, or the carrier says it did nothing."""

    code = "carrier_unavailable"
    retryable = True


class RateLimited(CarrierUnavailable):
    """Too many calls; the carrier did nothing. `retry_after_s` is None where it does not say."""

    code = "rate_limited"

    def __init__(
        self,
        message: str,
        *,
        retry_after_s: float | None = None,
        carrier_code: str | None = None,
        carrier_message: str | None = None,
    ) -> None:
        super().__init__(message, carrier_code=carrier_code, carrier_message=carrier_message)
        self.retry_after_s = retry_after_s


class OutcomeUnknown(CarrierError):
    """The request may have been applied. Never repeat it blindly, never go to the next carrier."""

    code = "outcome_unknown"


class ShipmentRejected(CarrierError):
    """The carrier understood and says no. `reasons` are sentences for the merchant; the message says all of them."""

    code = "shipment_rejected"

    def __init__(
        self,
        message: str,
        *,
        reasons: Sequence[str] = (),
        carrier_code: str | None = None,
        carrier_message: str | None = None,
    ) -> None:
        more = "; ".join(reason for reason in reasons if reason not in message)
        said = f"{message}: {more}" if more else message
        super().__init__(said, carrier_code=carrier_code, carrier_message=carrier_message)
        self.reasons = tuple(reasons) or (message,)


class ServicePointClosed(ShipmentRejected):
    """The chosen service point takes no parcels (any more): closed, full, or not one of this carrier's.

    Raise it only where the carrier says that it is the point: every other offer to the same point is given up with it.
    """

    code = "service_point_closed"

    @classmethod
    def because(cls, refused: ShipmentRejected) -> Self:
        """A refusal that turned out to be about the chosen point, with all that it says."""
        return cls(
            str(refused),
            reasons=refused.reasons,
            carrier_code=refused.carrier_code,
            carrier_message=refused.carrier_message,
        )


class UnknownReference(CarrierError):
    """The carrier does not know this number (yet: carriers lag)."""

    code = "unknown_reference"
    retryable = True


class AuthenticationFailed(CarrierError):
    """The account's credentials are refused; every further call would be too."""

    code = "authentication_failed"


class BadCarrierResponse(CarrierError):
    """The answer is not what the carrier documents: unreadable, or a needed field is missing or wrong."""

    code = "bad_carrier_response"


class WebhookRejected(CarrierError):
    """A webhook without a valid proof of its sender."""

    code = "webhook_rejected"

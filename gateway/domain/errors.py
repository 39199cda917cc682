"""What can go wrong in the gateway's own words.

    GatewayError
    ├── InvalidValue          a value that cannot be what it claims to be (also a ValueError)
    ├── NotFound              no such thing, or it belongs to another merchant: the same answer
    ├── Conflict              the thing is not in a state that allows this
    │   ├── DuplicateReference    the merchant's reference is taken by a living shipment
    │   ├── QuoteExpired          the offer is past its expiry
    │   ├── PriceChanged          the carrier's price left the tolerance since the quote
    │   ├── TooLate               the carrier no longer cancels
    │   └── StaleVersion          somebody else changed it first
    ├── NoCarrierAvailable    every carrier refused, or none serves it: nothing is charged
    ├── Unprocessable         well-formed, but means nothing here; names the field
    └── Unavailable           a part we need is down; try later

`carriers.base.errors.CarrierError` is a GatewayError too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


class GatewayError(Exception):
    """Root of every error the gateway raises on purpose."""


class InvalidValue(GatewayError, ValueError):
    """A value that cannot be what it claims to be; the message names it."""


class NotFound(GatewayError):
    """No such thing for this merchant."""


class Conflict(GatewayError):
    """The thing is not in a state that allows this."""

    code = "conflict"


class DuplicateReference(Conflict):
    """The merchant's reference already names a living shipment."""

    code = "duplicate_reference"

    def __init__(self, reference: str, shipment_id: str) -> None:
        super().__init__(f"reference {reference!r} already belongs to shipment {shipment_id}")
        self.shipment_id = shipment_id


class QuoteExpired(Conflict):
    """The offer is past its expiry; ask for a new quote."""

    code = "quote_expired"


class PriceChanged(Conflict):
    """The carrier's price left the tolerance between quote and booking."""

    code = "price_changed"


class TooLate(Conflict):
    """The carrier no longer cancels this booking."""

    code = "too_late"


class StaleVersion(Conflict):
    """Somebody else changed it first; read it again."""

    code = "stale_version"


class Unprocessable(GatewayError):
    """Well-formed input that means nothing here.

    Attributes:
        pointer: JSON pointer (RFC 6901) of the field at fault.
        code: stable snake_case word for machines.
    """

    def __init__(self, pointer: str, message: str, code: str = "invalid") -> None:
        super().__init__(message)
        self.pointer = pointer
        self.code = code


class Unavailable(GatewayError):
    """A part we need is down; the same request may work later."""


@dataclass(frozen=True, slots=True)
class TenderReport:
    """One carrier's answer to a tender, as told to the merchant."""

    account: str
    state: str
    why: str
    carrier: str = ""
    carrier_code: str | None = None
    carrier_message: str | None = None


class NoCarrierAvailable(GatewayError):
    """Every eligible carrier refused or none was eligible; nothing is charged."""

    def __init__(self, message: str, tenders: Sequence[TenderReport] = (), shipment_id: str | None = None) -> None:
        super().__init__(message)
        self.tenders = tuple(tenders)
        self.shipment_id = shipment_id

"""Quotes as they lie in the database, read as far as replays need them: the rest is skipped unread, in old rows also
what was said about an offer.

`msgspec` makes nouns of what was asked, and the slots below of each offer, without the dictionaries between.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from gateway.domain.errors import InvalidValue
from gateway.domain.quotes import ServiceLevel
from gateway.domain.shipments import Shipment
from gateway.domain.values import TimeWindow
from gateway.services.ports.history import PastShipment

T = TypeVar("T")


class Price(msgspec.Struct, gc=False):
    """See `values.Money`."""

    amount: str
    currency: str


class Line(msgspec.Struct, gc=False):
    """See `quotes.Surcharge`."""

    code: str


class Rate(msgspec.Struct, gc=False):
    """See `quotes.Rate`."""

    service: str
    carrier_service: str
    price: Price
    surcharges: tuple[Line, ...] = ()
    deliver_by: str | None = None
    carrier_quote_id: str = ""
    co2e_g: int | None = None


class Outlook(msgspec.Struct, frozen=True, gc=False):
    """See `quotes.Outlook`."""

    p_on_time: float | None = None
    p_first_attempt: float | None = None
    transit_p50_h: float | None = None
    transit_p90_h: float | None = None
    co2e_g: int | None = None


class StoredOffer(msgspec.Struct, gc=False):
    """See `quotes.Offer`."""

    id: str
    account_id: str
    account: str
    carrier: str
    rate: Rate
    outlook: Outlook = Outlook()


def _reader(kind: Any, what: str) -> Callable[[PastShipment], Any]:
    """Reads one member of a past shipment."""
    decoder = msgspec.json.Decoder(kind)

    def read(past: PastShipment) -> Any:
        text = getattr(past, what)
        try:
            return decoder.decode(text)
        except msgspec.ValidationError as error:
            raise InvalidValue(f"{what} of quote {past.quote_id}: {error}") from error
        except msgspec.DecodeError:  # lone surrogates, which only Python's own reader takes
            return msgspec.convert(json.loads(text), kind)

    return read


offers: Callable[[PastShipment], list[StoredOffer]] = _reader(list[StoredOffer], "offers")
shipment: Callable[[PastShipment], Shipment] = _reader(Shipment, "shipment")
window: Callable[[PastShipment], TimeWindow] = _reader(TimeWindow, "window")
services: Callable[[PastShipment], tuple[ServiceLevel, ...]] = _reader(tuple[ServiceLevel, ...], "services")

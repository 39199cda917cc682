"""Is the way back what was asked for: does each rate say how it begins, and does a code come where one is promised?"""

from __future__ import annotations

from collections.abc import Iterator

from carriers.base.conformance.check import each
from carriers.base.conformance.operations import BOOKING, PRICING
from carriers.base.conformance.samples import Sample
from carriers.base.conformance.stage import Subject
from gateway.domain.quotes import Rate
from gateway.domain.shipments import Booking, ReturnWay


def _priced(subject: Subject) -> list[Sample]:
    return [sample for name in PRICING for sample in subject.shown(name)]


@each(_priced)
def a_rate_says_which_way_it_goes(subject: Subject, sample: Sample) -> Iterator[str]:
    """A rate of the way back says how the parcel is handed over, as was asked for; one of the way out says nothing."""
    asked = sample.given["shipment"].get("return_ways", [])
    if (sample.operation == "quote_return") != bool(asked):
        yield f"{sample.operation} is asked for {asked or 'the way out'}"
    played = subject.play(sample)
    for rate in played.value if isinstance(played.value, list | tuple) else ():
        way = rate.return_way if isinstance(rate, Rate) else None
        if way not in (asked or [None]):
            yield f"the rate {rate} goes back by {way}, asked for was {asked}"


@each(lambda subject: [sample for name in BOOKING for sample in subject.shown(name)])
def a_code_comes_where_one_is_promised(subject: Subject, sample: Sample) -> Iterator[str]:
    """Who sends back without a label gets a code, whenever the booking is told."""
    by_code = sample.given["rate"].get("return_way") == ReturnWay.CODE
    played = subject.play(sample)
    if by_code and isinstance(played.value, Booking) and not played.value.ref.drop_off_codes:
        yield "it is booked without a code, and without one nobody can hand it in"

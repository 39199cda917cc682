"""Are amounts of money exact?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from carriers.base.conformance.check import each
from carriers.base.conformance.mutations import leaves, replaced
from carriers.base.conformance.operations import BOOKING, PRICING
from carriers.base.conformance.payloads import Payload
from carriers.base.conformance.samples import Sample
from carriers.base.conformance.script import Answer
from carriers.base.conformance.stage import Subject
from gateway.domain.values import Money, currency_exponents

# As binary floats, 9000.05 * 100 is 900004.9999999999; so large that no surcharge of a sample exceeds it.
TREACHEROUS = Decimal("9000.05")


@each(
    lambda subject: [
        sample for name in (*PRICING, *BOOKING) for sample in subject.shown(name) if _priced(subject, sample)
    ]
)
def money_is_exact(subject: Subject, sample: Sample) -> Iterator[str]:
    """An amount that binary floats cannot hold arrives to the last digit."""
    for written, amount in _priced(subject, sample).items():

        def spoil(place: int, answer: Answer, written: Any = written) -> Answer:
            body = sample.exchanges[place].response.body
            return _with(answer, body, written) if body.has_data else answer

        played = subject.play(sample, spoil)
        found = [money.amount for money in _prices(played.value)]
        if TREACHEROUS not in found:
            yield f"{amount} replaced by {TREACHEROUS}: {', '.join(map(str, found)) or played.says}"


def _priced(subject: Subject, sample: Sample) -> Mapping[Any, Decimal]:
    """How the answers write the amounts that come of a sample, where they write them in major units."""
    amounts = {
        money.amount
        for money in _prices(subject.play(sample).value)
        if currency_exponents()[money.currency] == 2 and money.amount != money.amount.to_integral_value()
    }
    bodies = [exchange.response.body for exchange in sample.exchanges if exchange.response.body.has_data]
    words = {value for body in bodies for _, value in leaves(body.data) if isinstance(value, str | float)}
    return {word: amount for word in words for amount in amounts if str(word) == str(amount)}


def _with(answer: Answer, body: Payload, written: Any) -> Answer:
    new = type(written)(TREACHEROUS)
    return Answer(status=answer.status, headers=answer.headers, body=body.write(replaced(body.data, written, new)))


def _prices(value: object) -> list[Money]:
    """The prices of rates and of a booking. Not their parts: a surcharge above its price is refused."""
    found = [getattr(item, "price", None) for item in (value if isinstance(value, list | tuple) else [value])]
    return [price for price in found if isinstance(price, Money)]

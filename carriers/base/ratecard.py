"""Rate cards: zone x service x weight step -> price."""

from __future__ import annotations

import csv
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from gateway.domain.errors import InvalidValue
from gateway.domain.quotes import ServiceLevel
from gateway.domain.values import Money

COLUMNS = ["zone", "service", "max_weight_g", "price_minor", "currency"]

_Steps = tuple[tuple[int, Money], ...]


@dataclass(frozen=True, slots=True)
class RateCard:
    """Prices by zone and service in steps of weight; a price holds up to and with its `max_weight_g`."""

    _steps: Mapping[tuple[str, ServiceLevel], _Steps] = field(repr=False)

    @classmethod
    def load(cls, text: str, where: str = "rate card") -> Self:
        """From CSV text with the columns zone, service, max_weight_g, price_minor, currency.

        Raises:
            InvalidValue: names `where`, line and column of the first cell that is wrong.
        """
        lines = csv.reader(text.splitlines(keepends=True), strict=True)
        steps: dict[tuple[str, ServiceLevel], dict[int, Money]] = {}
        try:
            if next(lines, None) != COLUMNS:
                raise InvalidValue(f"the columns are {','.join(COLUMNS)}")
            for cells in lines:
                zone, service, max_weight_g, price = _row(cells)
                if steps.setdefault((zone, service), {}).setdefault(max_weight_g, price) is not price:
                    raise InvalidValue("max_weight_g: this step is listed twice")
        except (csv.Error, InvalidValue) as error:
            raise InvalidValue(f"{where}, line {max(lines.line_num, 1)}: {error}") from None
        return cls({key: tuple(sorted(found.items(), key=lambda step: step[0])) for key, found in steps.items()})

    def lookup(self, zone: str, service: ServiceLevel, chargeable_weight_g: int) -> Money | None:
        """The price of the first step that carries this weight; None when the card has none."""
        steps = self._steps.get((zone, service), ())
        at = bisect_left(steps, chargeable_weight_g, key=lambda step: step[0])
        return steps[at][1] if at < len(steps) else None


def _row(cells: list[str]) -> tuple[str, ServiceLevel, int, Money]:
    if len(cells) != len(COLUMNS):
        raise InvalidValue(f"{len(cells)} columns instead of {len(COLUMNS)}")
    zone, service, max_weight_g, price_minor, currency = (cell.strip() for cell in cells)
    if not zone:
        raise InvalidValue("zone: is empty")
    if service not in tuple(ServiceLevel):
        raise InvalidValue(f"service: {service!r} is not one of {', '.join(ServiceLevel)}")
    weight_g, minor = _count("max_weight_g", max_weight_g, 1), _count("price_minor", price_minor, 0)
    try:
        return zone, ServiceLevel(service), weight_g, Money.from_minor(minor, currency)
    except InvalidValue as error:
        raise InvalidValue(f"currency: {error}") from None


def _count(column: str, text: str, least: int) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > 18 or int(text) < least:
        raise InvalidValue(f"{column}: {text!r} is not a whole number from {least}")
    return int(text)

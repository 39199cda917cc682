"""What stands where on our own label: elements on a sheet of dots, the same for PDF and ZPL."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.domain.records import ShipmentRecord
from gateway.domain.values import Address, Requirements
from gateway.engines.labels.words import BASELINE, CLOSES, OPENS, PICTURE_BASELINE, Picture, Typesetter

DPI = 203
WIDTH, HEIGHT = 4 * DPI, 6 * DPI
"""4 x 6 inches at 203 dots per inch, the common thermal label and printer."""

MARGIN = 24
INNER = WIDTH - 2 * MARGIN
RECIPIENT_SIZES = (46, 40, 34, 30, 26, 22)
LEADING = 1.3
QR_SIZE = 220
BARS_HEIGHT = 150

# Code 128 needs 11 modules a character or two digits, 35 to begin, check and end, and 10 of quiet on either side.
# Source: ISO/IEC 15417:2007, 4.2 and 4.6. Left out are `^`, `>` and `~`, which ZPL takes for orders inside ^BC.
BARS_SAFE = re.compile(r"[A-Za-z0-9 ./_*+:#=-]+", re.ASCII)
MODULES = (3, 2)


@dataclass(frozen=True, slots=True)
class Text:
    """Latin letters; `y` is the top."""

    x: int
    y: int
    size: int
    text: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Dots:
    """A line in other letters."""

    x: int
    y: int
    picture: Picture


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""

    y: int


@dataclass(frozen=True, slots=True)
class Bars:
    """Code 128, `module` dots for the narrowest bar."""

    x: int
    y: int
    height: int
    module: int
    data: str


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code, `size` dots wide."""

    x: int
    y: int
    size: int
    data: str


Element = Text | Dots | Rule | Bars | Qr
Sheet = tuple[Element, ...]


def labels(shipment: ShipmentRecord, typesetter: Typesetter) -> tuple[Sheet, ...]:
    """One sheet for each parcel."""
    return tuple(tuple(_Drawing(shipment, typesetter).parcel(n)) for n in range(1, len(shipment.shipment.parcels) + 1))


def notice(missing: Sequence[tuple[str, str]], typesetter: Typesetter) -> tuple[Sheet, ...]:
    """Sheets that say which labels of a batch are missing, and why."""
    said = [line for name, why in missing for line in typesetter.wrapped(typesetter.clean(f"{name}: {why}"), 24, INNER)]
    fitting = (HEIGHT - 150) // 32
    return tuple(
        (
            Text(MARGIN, 40, 40, f"NO LABEL: {len(missing)} missing", bold=True),
            *(set_line(typesetter, MARGIN, 120 + 32 * n, 24, line) for n, line in enumerate(said[at : at + fitting])),
        )
        for at in range(0, len(said), fitting)
    )


def set_line(typesetter: Typesetter, x: int, y: int, size: int, line: str, *, bold: bool = False) -> Text | Dots:
    """A clean line as text, or as dots where it must be."""
    if typesetter.plain(line):
        return Text(x, y, size, line, bold)
    return Dots(x, y - round(size * (PICTURE_BASELINE - BASELINE)), typesetter.picture(line, size))


class _Drawing:
    """One shipment's labels."""

    def __init__(self, shipment: ShipmentRecord, typesetter: Typesetter) -> None:
        self._shipment = shipment
        self._typesetter = typesetter
        self._replaced = False

    def parcel(self, number: int) -> Iterator[Element]:
        """The label of the nth parcel."""
        parcels = self._shipment.shipment.parcels
        yield from self._head(f"{number}/{len(parcels)}")
        yield Rule(96)
        yield from self._lines(("FROM " + ", ".join(_lines(self._shipment.shipment.origin)),), (24, 20), 108, 100)
        yield Rule(216)
        yield from self._lines(_lines(self._shipment.shipment.destination), RECIPIENT_SIZES, 232, 460)
        yield Rule(700)
        yield from self._lines(tuple(self._details(number)), (28, 24, 20), 716, 220, INNER - QR_SIZE - MARGIN)
        yield from self._codes(number)
        if self._replaced:
            yield Text(MARGIN, HEIGHT - 26, 18, f"{OPENS}…{CLOSES} stands for letters that no font here has")

    def _head(self, piece: str) -> Iterator[Element]:
        wide = self._typesetter.width(piece, 56, bold=True)
        service = (self._shipment.service or "").replace("_", " ").upper()
        head = self._typesetter.clean(f"{service}  {self._shipment.account}")
        first = next(self._typesetter.wrapped(head, 34, INNER - wide - MARGIN), "")
        yield set_line(self._typesetter, MARGIN, 34, 34, first)
        yield Text(WIDTH - MARGIN - wide, 22, 56, piece, bold=True)

    def _lines(
        self, texts: Sequence[str], sizes: Sequence[int], top: int, height: int, width: int = INNER
    ) -> Iterator[Element]:
        """Texts in the largest size in which all fit; what does not fit in the smallest is cut, visibly."""
        clean = [self._typesetter.clean(text) for text in texts]
        self._replaced |= any(OPENS in line and OPENS not in text for line, text in zip(clean, texts, strict=True))
        for size in sizes:
            lines = [line for text in clean for line in self._typesetter.wrapped(text, size, width)]
            fitting = int(height / (size * LEADING))
            if len(lines) <= fitting:
                break
        else:
            lines = [*lines[: fitting - 1], "…"]
        for n, line in enumerate(lines):
            yield set_line(self._typesetter, MARGIN, top + int(n * size * LEADING), size, line)

    def _details(self, number: int) -> Iterator[str]:
        shipment = self._shipment.shipment
        yield f"{shipment.parcels[number - 1].weight_g / 1000:g} kg"
        if shipment.reference:
            yield f"Ref {shipment.reference}"
        yield from _demands(shipment.requirements)
        if shipment.destination.instructions:
            yield shipment.destination.instructions

    def _codes(self, number: int) -> Iterator[Element]:
        booking, parcels = self._shipment.booking, self._shipment.shipment.parcels
        own = booking.parcel_numbers if booking else ()
        data = own[number - 1] if len(own) == len(parcels) else self._shipment.tracking_number
        piece = "" if len(own) == len(parcels) or len(parcels) == 1 else f"/{number}"
        yield Qr(WIDTH - MARGIN - QR_SIZE, 712, QR_SIZE, data + piece)
        symbols = -(-len(data) // 2) + 1 if data.isdecimal() else len(data)
        bars = 35 + 11 * symbols
        module = next((each for each in MODULES if each * (bars + 20) <= WIDTH), None)
        if module and BARS_SAFE.fullmatch(data):
            yield Bars((WIDTH - module * bars) // 2, 956, BARS_HEIGHT, module, data)
        yield from self._lines((data,), (34, 28, 22, 18), 1124, 80)


def _lines(address: Address) -> tuple[str, ...]:
    """An address as it is written, at most eight lines."""
    place = " ".join(filter(None, (address.postal_code, address.city)))
    lines = (address.name, address.company, address.street1, address.street2, place, address.subdivision)
    return tuple(filter(None, (*lines, address.country, address.phone)))


def _demands(needs: Requirements) -> Iterator[str]:
    """What the courier must do at the door."""
    if needs.cash_on_delivery is not None:
        yield f"COLLECT {needs.cash_on_delivery}"
    if needs.min_age is not None:
        yield f"AGE {needs.min_age}+"
    wanted = (("SIGNATURE", needs.signature), ("ID", needs.id_check), ("PIN", needs.pin), ("PHOTO", needs.photo))
    if words := [word for word, asked in wanted if asked]:
        yield " · ".join(words)

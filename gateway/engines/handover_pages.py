"""The list that merchant and courier sign at handover, as PDF, for carriers without a manifest of their own.

One line per parcel with its number as Code 128 (ISO/IEC 15417), so that the courier can scan the list instead of the
parcels. The same sheet gives the same bytes: nothing of the moment of printing is in it.
"""

from __future__ import annotations

from io import BytesIO

from PIL import Image
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from gateway.engines.labels.words import LATIN, LATIN_BOLD, PICTURE_BASELINE, Typesetter
from gateway.services.handover_sheet import HandoverSheet, SheetLine

WIDTH, HEIGHT = A4
MARGIN = 15 * mm
TOP = HEIGHT - MARGIN
LINE_MM = 16 * mm
SIGNATURES = 42 * mm
BAR_HEIGHT = 9 * mm
BAR_MM = 0.25 * mm
"""Width of the narrowest bar. ISO/IEC 15417 leaves it to the application; GS1 asks for 0.25 mm or more in logistics."""
NARROWEST_MM = 0.17 * mm
"""Narrower bars are not printed: office printers smear them, and a number that can be read beats bars that cannot."""
HAIRLINE = 0.3
QUIET_MODULES = 10
COLUMNS = (MARGIN, MARGIN + 9 * mm, MARGIN + 62 * mm, MARGIN + 150 * mm)
BARS_WIDTH = COLUMNS[3] - COLUMNS[2] - 2 * mm
MOST_ORIGINS = 3
DOTS = 4
"""Of a point, in words that are set as pictures: 288 to the inch."""


def drawn(sheet: HandoverSheet, typesetter: Typesetter) -> bytes:
    """The list as PDF, A4."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(f"Handover {typesetter.clean(sheet.account)} {sheet.day.isoformat()}")
    canvas.setAuthor("Doorstep")
    pen = _Pen(canvas, typesetter)
    y, page = _head(pen, sheet, 1), 1
    for number, line in enumerate(sheet.lines, start=1):
        if y - LINE_MM < MARGIN + SIGNATURES:
            _foot(pen, page)
            canvas.showPage()
            page += 1
            y = _head(pen, sheet, page)
        _line(pen, y, number, line)
        y -= LINE_MM
    _signatures(pen, sheet)
    _foot(pen, page)
    canvas.save()
    return out.getvalue()


class _Pen:
    """Writes anybody's letters on a canvas: Latin ones as text, a line with others as a picture."""

    def __init__(self, canvas: Canvas, typesetter: Typesetter) -> None:
        self.canvas = canvas
        self._typesetter = typesetter

    def say(self, x: float, y: float, size: int, text: str, room: float, *, bold: bool = False) -> None:
        """As much of a text as fits into the room, from `x` on, its baseline at `y`."""
        line = self._typesetter.clean(text)
        while line and self._width(line, size, bold=bold) > room:
            line = line[:-1]
        if self._typesetter.plain(line):
            self.canvas.setFont(LATIN_BOLD if bold else LATIN, size)
            self.canvas.drawString(x, y, line)
            return
        dots = self._typesetter.picture(line, size * DOTS)
        mask = Image.frombytes("1", (dots.width, dots.height), dots.dots, "raw", "1;I")
        below = dots.height - size * DOTS * PICTURE_BASELINE
        self.canvas.drawImage(ImageReader(mask), x, y - below / DOTS, dots.width / DOTS, dots.height / DOTS)

    def say_right(self, x: float, y: float, size: int, text: str) -> None:
        """A Latin text that ends at `x`."""
        self.canvas.setFont(LATIN, size)
        self.canvas.drawRightString(x, y, text)

    def _width(self, line: str, size: int, *, bold: bool) -> float:
        return self._typesetter.width(line, size * DOTS, bold=bold) / DOTS


def _head(pen: _Pen, sheet: HandoverSheet, page: int) -> float:
    """Title, who hands over to whom, totals, column heads; where the first line goes."""
    pen.canvas.setLineWidth(HAIRLINE)
    pen.say(MARGIN, TOP - 5 * mm, 15, f"Handover to {sheet.carrier}", WIDTH / 2 - MARGIN, bold=True)
    pen.say_right(WIDTH - MARGIN, TOP - 5 * mm, 9, sheet.manifest_id)
    y = TOP - 12 * mm
    told = [
        f"Day {sheet.day.isoformat()} · Account {sheet.account} · "
        f"Shipments {sheet.shipments} · Parcels {len(sheet.lines)} · Weight {_kilograms(sheet.weight_g)}",
        *(f"From {origin}" for origin in sheet.origins[:MOST_ORIGINS]),
    ]
    if page == 1:
        for text in told:
            pen.say(MARGIN, y, 9, text, WIDTH - 2 * MARGIN)
            y -= 5 * mm
    for x, title in zip(COLUMNS, ("No.", "Reference, recipient", "Parcel", "Weight"), strict=True):
        pen.say(x, y - 2 * mm, 8, title, WIDTH, bold=True)
    pen.canvas.line(MARGIN, y - 4 * mm, WIDTH - MARGIN, y - 4 * mm)
    return y - 5 * mm


def _line(pen: _Pen, y: float, number: int, line: SheetLine) -> None:
    pen.say(COLUMNS[0], y - 5 * mm, 8, str(number), COLUMNS[1] - COLUMNS[0])
    width = COLUMNS[2] - COLUMNS[1] - 2 * mm
    piece = f" ({line.piece} of {line.pieces})" if line.pieces > 1 else ""
    pen.say(COLUMNS[1], y - 5 * mm, 8, line.reference + piece, width)
    pen.say(COLUMNS[1], y - 9 * mm, 8, line.recipient, width)
    pen.say(COLUMNS[3], y - 5 * mm, 8, _kilograms(line.weight_g), WIDTH - COLUMNS[3])
    _bars(pen.canvas, y, line.number)
    pen.say(COLUMNS[2], y - 13.5 * mm, 8, line.number, BARS_WIDTH)
    pen.canvas.line(MARGIN, y - LINE_MM + 0.5 * mm, WIDTH - MARGIN, y - LINE_MM + 0.5 * mm)


def _bars(canvas: Canvas, y: float, number: str) -> None:
    """The number as Code 128; none where the code has no such characters or there is no room for legible bars."""
    if not number or not number.isascii() or not number.isprintable():
        return
    code = Code128(number, barWidth=BAR_MM, barHeight=BAR_HEIGHT, quiet=True, lquiet=QUIET_MODULES * BAR_MM)
    narrow = min(BAR_MM, BAR_MM * BARS_WIDTH / code.width)
    if narrow < NARROWEST_MM:
        return
    quiet = QUIET_MODULES * narrow
    code = Code128(number, barWidth=narrow, barHeight=BAR_HEIGHT, quiet=True, lquiet=quiet, rquiet=quiet)
    code.drawOn(canvas, COLUMNS[2] - quiet, y - 10 * mm)


def _signatures(pen: _Pen, sheet: HandoverSheet) -> None:
    """Two lines to sign on, with the count that is signed for."""
    y, half = MARGIN + SIGNATURES - 8 * mm, (WIDTH - 2 * MARGIN) / 2
    counted = f"{len(sheet.lines)} parcels, {_kilograms(sheet.weight_g)}, handed over complete"
    pen.say(MARGIN, y, 9, counted, WIDTH - 2 * MARGIN, bold=True)
    for x, who in ((MARGIN, "Handed over by"), (MARGIN + half, f"Received for {sheet.carrier} by")):
        for row, text in enumerate((f"{who} (name)", "Signature", "Date and time")):
            place = y - (row + 1) * 10 * mm
            pen.canvas.line(x, place, x + half - 8 * mm, place)
            pen.say(x, place - 3 * mm, 8, text, half - 8 * mm)


def _foot(pen: _Pen, page: int) -> None:
    pen.say_right(WIDTH - MARGIN, MARGIN - 5 * mm, 7, f"Page {page}")


def _kilograms(weight_g: int) -> str:
    return f"{weight_g // 1000}.{weight_g % 1000:03} kg"

"""The list that merchant and courier sign at handover, as PDF, for carriers without a manifest of their own.

One line per parcel with its number as Code 128 (ISO/IEC 15417), so that the courier can scan the list instead of the
parcels. The same sheet gives the same bytes: nothing of the moment of printing is in it.
"""

from __future__ import annotations

from io import BytesIO

from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from gateway.services.handover_sheet import HandoverSheet, SheetLine

WIDTH, HEIGHT = A4
MARGIN = 15 * mm
TOP = HEIGHT - MARGIN
LINE_MM = 16 * mm
SIGNATURES = 42 * mm
FONT, BOLD = "Helvetica", "Helvetica-Bold"
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


def drawn(sheet: HandoverSheet) -> bytes:
    """The list as PDF, A4."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=1, pageCompression=1)
    canvas.setTitle(f"Handover {_printable(sheet.account)} {sheet.day.isoformat()}")
    canvas.setAuthor("Doorstep")
    y, page = _head(canvas, sheet, 1), 1
    for number, line in enumerate(sheet.lines, start=1):
        if y - LINE_MM < MARGIN + SIGNATURES:
            _foot(canvas, page)
            canvas.showPage()
            page += 1
            y = _head(canvas, sheet, page)
        _line(canvas, y, number, line)
        y -= LINE_MM
    _signatures(canvas, sheet)
    _foot(canvas, page)
    canvas.save()
    return out.getvalue()


def _head(canvas: Canvas, sheet: HandoverSheet, page: int) -> float:
    """Title, who hands over to whom, totals, column heads; where the first line goes."""
    canvas.setLineWidth(HAIRLINE)
    canvas.setFont(BOLD, 15)
    canvas.drawString(MARGIN, TOP - 5 * mm, f"Handover to {_printable(sheet.carrier)}")
    canvas.setFont(FONT, 9)
    canvas.drawRightString(WIDTH - MARGIN, TOP - 5 * mm, sheet.manifest_id)
    y = TOP - 12 * mm
    told = [
        f"Day {sheet.day.isoformat()}   Account {_printable(sheet.account)}   "
        f"Shipments {sheet.shipments}   Parcels {len(sheet.lines)}   Weight {_kilograms(sheet.weight_g)}",
        *(f"From {_printable(origin)}" for origin in sheet.origins[:MOST_ORIGINS]),
    ]
    if page == 1:
        for text in told:
            canvas.drawString(MARGIN, y, _cut(text, WIDTH - 2 * MARGIN, 9))
            y -= 5 * mm
    canvas.setFont(BOLD, 8)
    for x, title in zip(COLUMNS, ("No.", "Reference, recipient", "Parcel", "Weight"), strict=True):
        canvas.drawString(x, y - 2 * mm, title)
    canvas.line(MARGIN, y - 4 * mm, WIDTH - MARGIN, y - 4 * mm)
    return y - 5 * mm


def _line(canvas: Canvas, y: float, number: int, line: SheetLine) -> None:
    canvas.setFont(FONT, 8)
    canvas.drawString(COLUMNS[0], y - 5 * mm, str(number))
    width = COLUMNS[2] - COLUMNS[1] - 2 * mm
    piece = f" ({line.piece} of {line.pieces})" if line.pieces > 1 else ""
    canvas.drawString(COLUMNS[1], y - 5 * mm, _cut(_printable(line.reference) + piece, width, 8))
    canvas.drawString(COLUMNS[1], y - 9 * mm, _cut(_printable(line.recipient), width, 8))
    canvas.drawString(COLUMNS[3], y - 5 * mm, _kilograms(line.weight_g))
    _bars(canvas, y, line.number)
    canvas.setFont(FONT, 8)
    canvas.drawString(COLUMNS[2], y - 13.5 * mm, _cut(_printable(line.number), BARS_WIDTH, 8))
    canvas.line(MARGIN, y - LINE_MM + 0.5 * mm, WIDTH - MARGIN, y - LINE_MM + 0.5 * mm)


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


def _signatures(canvas: Canvas, sheet: HandoverSheet) -> None:
    """Two lines to sign on, with the count that is signed for."""
    y, half = MARGIN + SIGNATURES - 8 * mm, (WIDTH - 2 * MARGIN) / 2
    canvas.setFont(BOLD, 9)
    canvas.drawString(MARGIN, y, f"{len(sheet.lines)} parcels, {_kilograms(sheet.weight_g)}, handed over complete")
    for x, who in ((MARGIN, "Handed over by"), (MARGIN + half, f"Received for {_printable(sheet.carrier)} by")):
        canvas.setFont(FONT, 8)
        for row, text in enumerate((f"{who} (name)", "Signature", "Date and time")):
            place = y - (row + 1) * 10 * mm
            canvas.line(x, place, x + half - 8 * mm, place)
            canvas.drawString(x, place - 3 * mm, text)


def _foot(canvas: Canvas, page: int) -> None:
    canvas.setFont(FONT, 7)
    canvas.drawRightString(WIDTH - MARGIN, MARGIN - 5 * mm, f"Page {page}")


def _kilograms(weight_g: int) -> str:
    return f"{weight_g // 1000}.{weight_g % 1000:03} kg"


def _printable(text: str) -> str:
    """What the PDF's standard fonts can show (Windows Latin 1); a question mark for anything else."""
    return text.encode("cp1252", "replace").decode("cp1252")


def _cut(text: str, width: float, size: float) -> str:
    """As much of a text as fits."""
    while text and stringWidth(text, FONT, size) > width:
        text = text[:-1]
    return text

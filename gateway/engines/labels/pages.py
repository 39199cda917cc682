"""PDF: sheets drawn with reportlab, files merged with pypdf."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.renderPDF import draw
from reportlab.graphics.shapes import Drawing
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from gateway.engines.labels.layout import DPI, HEIGHT, MARGIN, WIDTH, Bars, Dots, Element, Qr, Rule, Sheet, Text
from gateway.engines.labels.words import BASELINE, LATIN, LATIN_BOLD
from gateway.services.labels import Unprintable

POINT = 72 / DPI
"""Points of a dot."""

UNREADABLE = (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError)
"""What pypdf raises over files that are not as they should be: besides its own errors, those of plain Python."""


HAIR = POINT / 50
"""Rasterisers blacken every dot that a bar touches, and a coordinate of six digits touches the next one at times."""


class _Bars(Code128):
    """Bars a hair narrower than their dots, which therefore are exactly those that are black."""

    def rect(self, x: float, y: float, width: float, height: float) -> None:
        """Draw one."""
        super().rect(x + HAIR, y, width - 2 * HAIR, height)


def drawn(sheets: Sequence[Sheet], title: str) -> bytes:
    """Sheets as pages; the same sheets are the same bytes."""
    file = BytesIO()
    canvas = Canvas(file, pagesize=(WIDTH * POINT, HEIGHT * POINT), pageCompression=1, invariant=1)
    canvas.setTitle(title)
    for sheet in sheets:
        for element in sheet:
            _draw(canvas, element)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def _draw(canvas: Canvas, element: Element) -> None:
    match element:
        case Text(x, y, size, text, bold):
            canvas.setFont(LATIN_BOLD if bold else LATIN, size * POINT)
            canvas.drawString(x * POINT, _up(y + size * BASELINE), text)
        case Dots(x, y, picture):
            mask = Image.frombytes("1", (picture.width, picture.height), picture.dots, "raw", "1;I")
            place = (x * POINT, _up(y + picture.height), picture.width * POINT, picture.height * POINT)
            canvas.drawImage(ImageReader(mask), *place)
        case Rule(y):
            canvas.setLineWidth(2 * POINT)
            canvas.line(MARGIN * POINT, _up(y), (WIDTH - MARGIN) * POINT, _up(y))
        case Bars(x, y, height, module, data):
            bars = _Bars(data, barWidth=module * POINT, barHeight=height * POINT, quiet=0)
            bars.drawOn(canvas, x * POINT, _up(y + height))
        case Qr(x, y, size, data):
            side = size * POINT
            code = QrCodeWidget(data, barLevel="M", barWidth=side, barHeight=side, barBorder=4)
            draw(Drawing(side, side, code), canvas, x * POINT, _up(y + size))


def _up(y: float) -> float:
    """PDF counts from below."""
    return (HEIGHT - y) * POINT


def readable(content: bytes) -> bool:
    """Whether it can be merged."""
    try:
        reader = PdfReader(BytesIO(content))
        PdfWriter().append(reader, import_outline=False)
        return len(reader.pages) > 0
    except UNREADABLE:
        return False


def merged(labels: Sequence[tuple[str, bytes]], last: bytes) -> bytes:
    """All pages in their order and their own sizes. Raises Unprintable."""
    writer = PdfWriter()
    for name, content in (*labels, *([("the last page", last)] if last else [])):
        try:
            writer.append(PdfReader(BytesIO(content)), import_outline=False)
        except UNREADABLE as error:
            raise Unprintable(f"the label of {name} cannot be read: {error}") from error
    file = BytesIO()
    writer.write(file)
    return file.getvalue()

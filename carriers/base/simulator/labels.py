"""Labels that a printer takes, for simulated carriers: one of 102 x 152 mm (4 x 6 inch) with a few lines of text."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas

from gateway.domain.shipments import LabelKind

POINTS = (288, 432)
DOTS = (812, 1218)  # at 203 dpi


def label(kind: LabelKind, *lines: str) -> bytes:
    """A PDF, a PNG, or ZPL for a printer of 203 dpi."""
    return {LabelKind.PDF: _pdf, LabelKind.PNG: _png, LabelKind.ZPL: _zpl}[kind](lines)


def _pdf(lines: tuple[str, ...]) -> bytes:
    file = BytesIO()
    page = Canvas(file, pagesize=POINTS, invariant=True)
    text = page.beginText(20, 400)
    text.textLines(lines)
    page.drawText(text)
    page.save()
    return file.getvalue()


def _png(lines: tuple[str, ...]) -> bytes:
    file = BytesIO()
    page = Image.new("1", DOTS, 1)
    ImageDraw.Draw(page).multiline_text((40, 40), "\n".join(lines))
    page.save(file, "PNG")
    return file.getvalue()


def _zpl(lines: tuple[str, ...]) -> bytes:
    """`^` and `~` would begin a command. Source: Zebra ZPL II programming guide, ^FO and ^FD."""
    plain = (line.replace("^", " ").replace("~", " ") for line in lines)
    fields = "".join(f"^FO40,{40 + 40 * row}^A0N,30^FD{line}^FS\n" for row, line in enumerate(plain))
    return f"^XA^CI28\n{fields}^XZ".encode()

"""PDF pages as pictures: PNG, or ZPL with each page as one graphic field."""

from __future__ import annotations

from io import BytesIO

from PIL import Image
from pypdfium2 import PdfDocument, PdfiumError

from gateway.domain.shipments import LabelKind
from gateway.engines.labels import zpl
from gateway.engines.labels.layout import DPI
from gateway.engines.labels.words import packed
from gateway.services.labels import Unprintable

MOST_PAGES = 50
MOST_DOTS = 20_000_000
"""Of a page: A4 has 4 million."""

PRINTER_DOTS = 832
"""Width of the 4-inch print heads of 203 dpi printers. Source: Zebra, specifications of ZD421 and GK420."""

DARK = 128


def taken(content: bytes, kind: LabelKind) -> bytes:
    """The pages of a PDF at 203 dots per inch: under each other in one PNG, or as labels in ZPL.

    Raises:
        Unprintable: it cannot be read, or is too large.
    """
    try:
        document = PdfDocument(content)
        pages = [_page(document, number) for number in range(_count(document))]
    except PdfiumError as error:
        raise Unprintable(f"the PDF cannot be read: {error}") from error
    return _png(pages) if kind is LabelKind.PNG else _zpl(pages)


def _count(document: PdfDocument) -> int:
    if not 0 < len(document) <= MOST_PAGES:
        raise Unprintable(f"the PDF has {len(document)} pages, not 1 to {MOST_PAGES}")
    return len(document)


def _page(document: PdfDocument, number: int) -> Image.Image:
    page = document[number]
    width, height = (round(points * DPI / 72) for points in page.get_size())
    if width * height > MOST_DOTS:
        raise Unprintable(f"page {number + 1} of the PDF is {width} x {height} dots large")
    found: Image.Image = page.render(scale=DPI / 72, grayscale=True).to_pil().convert("L")
    return found


def _png(pages: list[Image.Image]) -> bytes:
    whole = Image.new("L", (max(page.width for page in pages), sum(page.height for page in pages)), 255)
    if whole.width * whole.height > MOST_DOTS:
        raise Unprintable(f"the PDF has too many pages for one picture: {len(pages)}")
    top = 0
    for page in pages:
        whole.paste(page, (0, top))
        top += page.height
    file = BytesIO()
    whole.save(file, "PNG", dpi=(DPI, DPI))
    return file.getvalue()


def _zpl(pages: list[Image.Image]) -> bytes:
    for page in pages:
        if page.width > PRINTER_DOTS:
            raise Unprintable(f"the PDF is {page.width / DPI:.1f} inches wide, a label printer's head 4")
    return zpl.pictured([packed(page.point(lambda shade: 255 if shade >= DARK else 0, mode="1")) for page in pages])

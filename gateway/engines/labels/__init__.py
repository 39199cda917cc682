"""Labels: drawn where a carrier makes none, converted where it makes others, merged for printing.

Own labels are 4 x 6 inches at 203 dots per inch, what thermal printers have. reportlab draws the PDF, pdfium renders
it, Pillow (with FriBiDi and HarfBuzz) sets what is written in other letters than Latin ones, pypdf merges.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import Label, LabelKind

if TYPE_CHECKING:
    from gateway.engines.labels.words import Typesetter


class LabelPress:
    """Implements the port `gateway.services.labels.Press`. `fonts` are patterns of font files, the first preferred."""

    def __init__(self, fonts: Sequence[str]) -> None:
        self._fonts = tuple(fonts)
        self._pdfium = threading.Lock()  # pdfium works for one thread at a time

    @cached_property
    def _typesetter(self) -> Typesetter:
        from gateway.engines.labels.words import Typesetter

        return Typesetter(self._fonts)

    def draw(self, shipment: ShipmentRecord, kind: LabelKind) -> Label:
        """Our own label of a booked shipment, one for each parcel."""
        from gateway.engines.labels import layout, pages, zpl

        drawn = layout.labels(shipment, self._typesetter)
        if kind is LabelKind.ZPL:
            return Label(kind=kind, content=zpl.written(drawn))
        made = Label(kind=LabelKind.PDF, content=pages.drawn(drawn, shipment.id))
        return made if kind is LabelKind.PDF else self.convert(made, kind)

    def convert(self, label: Label, kind: LabelKind) -> Label:
        """A PDF as another kind: its very picture at 203 dots per inch.

        Raises:
            Unprintable: it is no PDF that can be read, or larger than the kind takes.
        """
        from gateway.engines.labels import pictures

        with self._pdfium:
            return Label(kind=kind, content=pictures.taken(label.content, kind))

    def merge(self, labels: Sequence[tuple[str, bytes]], missing: Sequence[tuple[str, str]]) -> bytes:
        """One PDF of several, each page in its own size; a last page names those that are missing, and why.

        Raises:
            Unprintable: one of them is no PDF that can be read; names it.
        """
        from gateway.engines.labels import layout, pages

        said = layout.notice(missing, self._typesetter) if missing else ()
        return pages.merged(labels, pages.drawn(said, "missing labels") if said else b"")

    def readable(self, content: bytes) -> bool:
        """Whether a PDF can be merged with others."""
        from gateway.engines.labels import pages

        return pages.readable(content)

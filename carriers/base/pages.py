"""Several labels in one file."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from carriers.base.errors import BadCarrierResponse
from gateway.domain.shipments import Label, LabelKind


def together(kind: LabelKind, contents: Sequence[bytes]) -> Label:
    """One file of labels, each on its page.

    Raises:
        BadCarrierResponse: there is none, a PDF cannot be read, or there are several images, which nothing holds.
    """
    if not contents or (len(contents) > 1 and kind is LabelKind.PNG):
        raise BadCarrierResponse(f"{len(contents)} {kind.upper()} labels are not one file")
    if len(contents) == 1:
        return Label(kind=kind, content=contents[0])
    return Label(kind=kind, content=_pages(contents) if kind is LabelKind.PDF else b"\n".join(contents))


def _pages(contents: Sequence[bytes]) -> bytes:
    from pypdf import PdfWriter  # slow to load, and only some carriers give a file for each parcel
    from pypdf.errors import PyPdfError

    writer, whole = PdfWriter(), BytesIO()
    try:
        for content in contents:
            writer.append(BytesIO(content))
        writer.write(whole)
    except (PyPdfError, ValueError, KeyError, TypeError) as error:
        raise BadCarrierResponse(f"a label is no readable PDF: {error}") from error
    return whole.getvalue()

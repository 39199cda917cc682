"""Labels as UPS prints them: in the answer to a booking, and again by Label Recovery.

Source: Shipping API v2409 (LabelSpecification, ShippingLabel), Label Recovery API v1.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from pypdf import PdfWriter
from pypdf.errors import PyPdfError

from carriers.base import BadCarrierResponse, Label, LabelKind, Reading
from carriers.ups.wire import parts

# How each kind begins. Source: ISO 32000-1 7.5.2; Zebra ZPL II guide, ^XA; RFC 2083 3.1.
MAGIC = {LabelKind.PDF: b"%PDF", LabelKind.ZPL: b"^XA", LabelKind.PNG: b"\x89PNG"}
RECOVERED = {LabelKind.PDF: "PDF", LabelKind.ZPL: "ZPL"}
# The documented default for image labels.
USER_AGENT = "Mozilla/4.5"


def specification(code: str) -> dict[str, object]:
    """A 4 x 6 inch label; UPS scales up to no other size."""
    return {
        "HTTPUserAgent": USER_AGENT,
        "LabelImageFormat": {"Code": code},
        "LabelStockSize": {"Height": "6", "Width": "4"},
    }


def by_number(number: str, kind: LabelKind) -> dict[str, object]:
    """The label of one package again."""
    translate = {"LanguageCode": "eng", "DialectCode": "US", "Code": "01"}
    return {
        "LabelRecoveryRequest": {
            "LabelSpecification": specification(RECOVERED[kind]),
            "Translate": translate,
            "TrackingNumber": number,
        }
    }


def by_reference(reference: str, account_number: str) -> dict[str, object]:
    """Whatever labels bear a reference of the account's."""
    values = {"ReferenceNumber": {"Value": reference}, "ShipperNumber": account_number}
    return {"LabelRecoveryRequest": {"LabelSpecification": specification("PDF"), "ReferenceValues": values}}


def recovered(body: Reading, number: str, kind: LabelKind) -> bytes:
    """The label of one package.

    Raises:
        BadCarrierResponse: it is not there, or in another format than was asked for.
    """
    results = parts.several(body.get("LabelRecoveryResponse"), "LabelResults")
    for result in results:
        if result.maybe_text("TrackingNumber", default=number) == number:
            content = result.get("LabelImage").base64("GraphicImage")
            if not _is(kind, content):
                raise BadCarrierResponse(f"the label of {number} is not {kind.upper()}")
            return content
    raise BadCarrierResponse(f"UPS recovered no label of {number}")


def printed(packages: Sequence[Reading], kind: LabelKind, pieces: int) -> Label | None:
    """The labels in the answer to a booking, when there is one for every piece and one file can hold them."""
    contents = [content for package in packages if (content := _image(package, kind))]
    if not contents or len(contents) != pieces or (pieces > 1 and kind not in RECOVERED):
        return None
    return together(contents, kind)


def together(contents: Sequence[bytes], kind: LabelKind) -> Label:
    """One file of the labels, each on its page.

    Raises:
        BadCarrierResponse: a PDF cannot be read.
    """
    if len(contents) > 1:
        contents = [_pages(contents) if kind is LabelKind.PDF else b"\n".join(contents)]
    return Label(kind=kind, content=contents[0])


def _pages(contents: Sequence[bytes]) -> bytes:
    writer, whole = PdfWriter(), BytesIO()
    try:
        for content in contents:
            writer.append(BytesIO(content))
        writer.write(whole)
    except (PyPdfError, ValueError, KeyError, TypeError) as error:
        raise BadCarrierResponse(f"a label is no readable PDF: {error}") from error
    return whole.getvalue()


def _image(package: Reading, kind: LabelKind) -> bytes:
    """A package's label, or nothing: a label that cannot be read never loses a booking."""
    label = package.maybe("ShippingLabel")
    try:
        content = label.base64("GraphicImage") if label else b""
    except BadCarrierResponse:
        return b""
    return content if _is(kind, content) else b""


def _is(kind: LabelKind, content: bytes) -> bool:
    if kind is LabelKind.ZPL:
        return MAGIC[kind] in content
    return content.startswith(MAGIC[kind])

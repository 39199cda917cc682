"""Labels as UPS prints them: in the answer to a booking, and again by Label Recovery.

Source: Shipping API v2409 (LabelSpecification, ShippingLabel), Label Recovery API v1.
"""

from __future__ import annotations

from collections.abc import Sequence

from carriers.base import BadCarrierResponse, Label, LabelKind, Reading, kind_of, printable, together
from carriers.ups.wire import parts

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
            return printable(kind, result.get("LabelImage").base64("GraphicImage")).content
    raise BadCarrierResponse(f"UPS recovered no label of {number}")


def printed(packages: Sequence[Reading], kind: LabelKind, pieces: int) -> Label | None:
    """The labels in the answer to a booking, when there is one for every piece and one file can hold them."""
    contents = [content for package in packages if (content := _image(package, kind))]
    if not contents or len(contents) != pieces or (pieces > 1 and kind not in RECOVERED):
        return None
    return together(kind, contents)


def _image(package: Reading, kind: LabelKind) -> bytes:
    """A package's label, or nothing: a label that cannot be read never loses a booking."""
    label = package.maybe("ShippingLabel")
    try:
        content = label.base64("GraphicImage") if label else b""
    except BadCarrierResponse:
        return b""
    return content if kind_of(content) is kind else b""

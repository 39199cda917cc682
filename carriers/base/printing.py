"""Labels as carriers hand them out: whether they are what was asked for."""

from __future__ import annotations

from carriers.base.errors import BadCarrierResponse
from gateway.domain.shipments import Label, LabelKind

# How each kind begins. Source: ISO 32000-1, 7.5.2, and its annex H (within the first 1024 bytes); Zebra ZPL II guide,
# ^XA, before which a printer may be set up; RFC 2083, 3.1.
BEGINS = {LabelKind.PDF: b"%PDF", LabelKind.ZPL: b"^XA", LabelKind.PNG: b"\x89PNG"}
WITHIN = 1024


def kind_of(content: bytes) -> LabelKind | None:
    """What a document is by how it begins; None for none of ours."""
    return next((kind for kind, begins in BEGINS.items() if begins in content[:WITHIN]), None)


def printable(kind: LabelKind, content: bytes) -> Label:
    """A label of that kind. Raises BadCarrierResponse: the document is none."""
    if kind_of(content) is not kind:
        raise BadCarrierResponse(f"the label is no {kind.upper()}")
    return Label(kind=kind, content=content)

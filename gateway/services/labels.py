"""Whether a label can be printed: one that broke off on its way must never be kept as the label."""

from __future__ import annotations

from collections.abc import Mapping

from carriers.base import Label, LabelKind

NEAR_BYTES = 1024
"""Printers' own commands, or a few stray bytes, may stand before and after."""
ENDS: Mapping[LabelKind, tuple[bytes, bytes]] = {
    LabelKind.PDF: (b"%PDF-", b"%%EOF"),
    LabelKind.ZPL: (b"^XA", b"^XZ"),
    LabelKind.PNG: (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"),
}
"""How a file of each kind begins and ends.

Source: ISO 32000-1, 7.5.2 and 7.5.5 (PDF); Zebra ZPL II programming guide, ^XA and ^XZ; W3C PNG, 5.2 and 11.2.5.
"""


def is_whole(label: Label) -> bool:
    """Whether it begins and ends as a file of its kind does."""
    begins, ends = ENDS[label.kind]
    return begins in label.content[:NEAR_BYTES] and ends in label.content[-NEAR_BYTES:]

"""The list that merchant and courier sign at handover, drawn by reportlab when the first one is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from gateway.services.handover_sheet import HandoverSheet

if TYPE_CHECKING:
    from gateway.engines.labels.words import Typesetter


class HandoverList:
    """Implements the port `gateway.services.ports.handover.HandoverPrinter`. `fonts` are those of our labels."""

    def __init__(self, fonts: Sequence[str]) -> None:
        self._fonts = tuple(fonts)

    @cached_property
    def _typesetter(self) -> Typesetter:
        from gateway.engines.labels.words import Typesetter

        return Typesetter(self._fonts)

    def pdf(self, sheet: HandoverSheet) -> bytes:
        """The list as PDF: the same sheet, the same bytes."""
        from gateway.engines.handover_pages import drawn

        return drawn(sheet, self._typesetter)

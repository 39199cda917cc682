"""The list that merchant and courier sign at handover, drawn by reportlab when the first one is wanted."""

from __future__ import annotations

from gateway.services.handover_sheet import HandoverSheet


class HandoverList:
    """Implements the port `gateway.services.handover_ports.HandoverPrinter`."""

    def pdf(self, sheet: HandoverSheet) -> bytes:
        """The list as PDF: the same sheet, the same bytes."""
        from gateway.engines.handover_pages import drawn

        return drawn(sheet)

"""Bodies that the documentation shows for tracking; a test sends them as they are."""

from __future__ import annotations

from typing import Any

CORRECTION: dict[str, Any] = {
    "status": "delivered",
    "reason": "delivered_neighbour",
    "author": "Berit Hansen",
    "why": "The recipient called: it lay at number 12, the driver had scanned the wrong code.",
}

DISMISSAL: dict[str, Any] = {"author": "Berit Hansen", "why": "A test message of the carrier's."}
WITHDRAWAL: dict[str, Any] = {"author": "Berit Hansen", "why": "She meant another order."}

TRACKER: dict[str, Any] = {
    "account": "bring-oslo",
    "tracking_number": "70726201101234567",
    "deliver_by": "2026-12-01T18:00:00+01:00",
}

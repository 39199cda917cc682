"""Bodies that the documentation shows for tracking; a test sends them as they are."""

from __future__ import annotations

from typing import Any

CORRECTION: dict[str, Any] = {
    "status": "delivered",
    "reason": "delivered_neighbour",
    "author": "Berit Hansen",
    "why": "The recipient called: it lay at number 12, the driver had scanned the wrong code.",
}

WITHDRAWAL: dict[str, Any] = {"author": "Berit Hansen", "why": "She meant another order."}

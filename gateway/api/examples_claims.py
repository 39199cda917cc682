"""Bodies that the documentation shows for claims and enquiries; a test sends them as they are."""

from __future__ import annotations

from typing import Any

CLAIM: dict[str, Any] = {
    "kind": "damage",
    "amount": {"amount": 129900, "currency": "NOK"},
    "note": "The carton was torn open at one side.",
}

EVIDENCE: dict[str, Any] = {"kind": "photo", "text": "https://shop.example/pictures/torn-carton.jpg"}

STEP: dict[str, Any] = {"to": "submitted", "reference": "SKADE-2041"}

ENQUIRY: dict[str, Any] = {"way": "phone", "reference": "ticket-2041"}

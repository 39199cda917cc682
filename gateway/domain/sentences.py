"""What a recipient is told of a status, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.domain.tracking import reasons, statuses


def recipient_sentence(status: str, reason: str, pieces: Mapping[str, str]) -> str:
    """The reason's sentence, else the status's; before it how many parcels have arrived, where some have not."""
    told = reasons()[reason].recipient_sentence if reason != "none" else ""
    sentence = told or statuses()[status].recipient_sentence
    delivered = delivered_of(pieces)
    if 0 < delivered < len(pieces):
        return f"{delivered} of {len(pieces)} parcels delivered. {sentence}"
    return sentence


def delivered_of(pieces: Mapping[str, str]) -> int:
    """How many parcels are delivered."""
    return sum(status == "delivered" for status in pieces.values())

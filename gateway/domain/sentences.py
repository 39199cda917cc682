"""What a recipient is told of a status, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.domain.tracking import reasons, statuses


def recipient_sentence(status: str, reason: str, pieces: Mapping[str, str], parcels: int = 1) -> str:
    """The reason's sentence, else the status's; before it how many of the `parcels` have arrived, where some have not.

    `pieces` are those that are known by number.
    """
    told = reasons()[reason].recipient_sentence if reason != "none" else ""
    sentence = told or statuses()[status].recipient_sentence
    delivered, of_all = delivered_of(status, pieces, parcels)
    return f"{delivered} of {of_all} parcels delivered. {sentence}" if 0 < delivered < of_all else sentence


def delivered_of(status: str, pieces: Mapping[str, str], parcels: int) -> tuple[int, int]:
    """How many parcels are delivered, of how many; few carriers number them, so all are when the shipment is."""
    of_all = max(len(pieces), parcels)
    return of_all if status == "delivered" else sum(each == "delivered" for each in pieces.values()), of_all

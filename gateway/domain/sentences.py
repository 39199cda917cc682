"""What a recipient is told of a status, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.domain.tracking import reasons, statuses

NEARBY = "courier_nearby"


def recipient_sentence(status: str, reason: str, pieces: Mapping[str, str], parcels: int = 1) -> str:
    """The reason's sentence, else the status's; before it how many of the `parcels` have arrived, where some have not.

    `pieces` are those that are known by number.
    """
    sentence = plain_sentence(status, reason)
    delivered, of_all = delivered_of(status, pieces, parcels)
    return f"{delivered} of {of_all} parcels delivered. {sentence}" if 0 < delivered < of_all else sentence


def plain_sentence(status: str, reason: str) -> str:
    """The reason's sentence, else the status's."""
    told = reasons()[reason].recipient_sentence if fits_recipient(status, reason) else ""
    return told or statuses()[status].recipient_sentence


def fits_recipient(status: str, reason: str) -> bool:
    """Whether a recipient is told the reason: a courier who is almost at the sender's door is not almost at his."""
    return reason != "none" and not (reason == NEARBY and statuses()[status].phase == "pre_transit")


def delivered_of(status: str, pieces: Mapping[str, str], parcels: int) -> tuple[int, int]:
    """How many parcels are delivered, of how many; few carriers number them, so all are when the shipment is."""
    of_all = max(len(pieces), parcels)
    return of_all if status == "delivered" else sum(each == "delivered" for each in pieces.values()), of_all

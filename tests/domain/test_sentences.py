"""How many parcels have arrived, whoever knows them by number."""

from __future__ import annotations

import pytest

from gateway.domain.sentences import delivered_of, recipient_sentence


@pytest.mark.parametrize(
    ("status", "pieces", "parcels", "told"),
    [
        ("delivered", {}, 1, (1, 1)),
        ("delivered", {}, 3, (3, 3)),
        ("delivered", {"A": "delivered"}, 2, (2, 2)),
        ("out_for_delivery", {}, 2, (0, 2)),
        ("in_transit", {"A": "delivered", "B": "in_transit"}, 2, (1, 2)),
        ("in_transit", {"A": "delivered", "B": "delivered"}, 3, (2, 3)),
        ("in_transit", {"A": "delivered", "B": "in_transit"}, 1, (1, 2)),
    ],
)
def test_what_is_delivered_is_counted_with_parcels_without_a_number(
    status: str, pieces: dict[str, str], parcels: int, told: tuple[int, int]
) -> None:
    assert delivered_of(status, pieces, parcels) == told


def test_recipients_are_told_of_all_parcels_those_without_a_number_too() -> None:
    pieces = {"A": "delivered", "B": "delivered"}
    assert recipient_sentence("in_transit", "none", pieces, 3).startswith("2 of 3 parcels delivered. ")
    assert "parcels" not in recipient_sentence("delivered", "none", pieces, 3)


def test_a_courier_who_is_almost_at_the_senders_door_is_not_almost_at_the_recipients() -> None:
    at_the_sender = recipient_sentence("pickup_in_progress", "courier_nearby", {})
    assert at_the_sender == recipient_sentence("pickup_in_progress", "none", {})
    assert recipient_sentence("out_for_delivery", "courier_nearby", {}) == "The courier is almost there."

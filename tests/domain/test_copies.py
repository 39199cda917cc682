"""Nouns with a few fields changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from gateway.domain.copies import altered
from gateway.domain.errors import InvalidValue
from gateway.domain.tracking import Place, Source, TrackingEvent

EVENT = TrackingEvent(
    event_id="1",
    occurred_at=datetime(2026, 3, 2, 14, 41, tzinfo=UTC),
    status="in_transit",
    place=Place(city="Oslo"),
    raw={"code": "IT"},
)


def test_it_is_what_replace_would_make_of_it() -> None:
    received_at = datetime(2026, 3, 2, 15, tzinfo=UTC)
    changed = altered(EVENT, received_at=received_at, source=Source.IMPORT)
    assert changed == replace(EVENT, received_at=received_at, source=Source.IMPORT)
    assert changed.raw == EVENT.raw
    assert EVENT.source is None


def test_what_the_noun_refuses_is_refused() -> None:
    with pytest.raises(InvalidValue):
        altered(EVENT, status="lost in the post")
    with pytest.raises(InvalidValue):
        altered(EVENT, occurred_at=datetime(2026, 3, 2))  # noqa: DTZ001  # that is the point
    with pytest.raises(AttributeError):
        altered(EVENT, colour="red")

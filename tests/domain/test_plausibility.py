"""What is hard to believe of a delivery, in words that can be believed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.plausibility import delivered_far, too_fast
from gateway.domain.tracking import Place
from gateway.domain.values import Address
from tests.domain.test_fold import event


@pytest.mark.parametrize(
    ("minute", "said"),
    [(61, "delivered 1 min after the carrier's first scan"), (0, "delivered 60 min before the carrier's first scan")],
)
def test_what_was_delivered_too_soon_is_told_by_how_much(minute: float, said: str) -> None:
    assert too_fast([event("picked_up", 60), event("delivered", minute)], None) == said


@pytest.mark.parametrize(
    ("country", "far"), [("SE", True), ("se", True), ("no", False), ("NOR", False), ("Norge", False)]
)
def test_only_another_countrys_code_is_another_country(country: str, far: bool) -> None:
    told = replace(event("delivered"), place=Place(country=country))
    assert bool(delivered_far([told], Address(country="NO", postal_code="0159"))) == far

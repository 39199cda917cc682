"""Colours that can be read. The ratios are those of W3C's own examples and of plain arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.colours import contrast, ink_on, legible
from gateway.domain.errors import InvalidValue

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
        ("#ff0000", "#ffffff", 4.0),
    ],
)
def test_contrast_is_the_ratio_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.005)
    assert contrast(other, one) == contrast(one, other)


@given(COLOURS, st.sampled_from(["#ffffff", "#eef0f4", "#1d222c", "#000000"]), st.sampled_from([4.5, 7.0]))
def test_any_colour_becomes_legible_and_one_that_is_stays(colour: str, ground: str, least: float) -> None:
    found = legible(colour, ground, least)
    assert contrast(found, ground) >= least
    if contrast(colour, ground) >= least:
        assert found == colour


@given(COLOURS)
def test_black_or_white_can_be_read_on_anything(ground: str) -> None:
    assert contrast(ink_on(ground), ground) >= 4.58


@pytest.mark.parametrize("wrong", ["red", "#fff", "#12345g", "123456", "#1234567", ""])
def test_what_is_no_colour_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidValue, match="is not a colour"):
        contrast(wrong, "#ffffff")

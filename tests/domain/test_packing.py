"""Boxes are packed as the laws of nature allow, everything is accounted for, and they are filled well."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py3dbp import Bin, Item, Packer

from gateway.domain.errors import InvalidValue
from gateway.domain.extreme_points import fill, pack
from gateway.domain.packing import Box, PackedBox, Placement, Unit

sides = st.integers(1, 400)


@st.composite
def units(draw: st.DrawFn) -> Unit:
    return Unit(
        key=str(draw(st.integers(0, 5))),
        length_mm=draw(sides),
        width_mm=draw(sides),
        height_mm=draw(sides),
        weight_g=draw(st.integers(0, 9000)),
        keep_upright=draw(st.booleans()),
        nothing_on_top=draw(st.booleans()),
    )


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    return Box(
        name=str(draw(st.integers(0, 9))),
        length_mm=draw(sides),
        width_mm=draw(sides),
        height_mm=draw(sides),
        max_weight_g=draw(st.none() | st.integers(1, 20_000)),
        empty_weight_g=draw(st.integers(0, 500)),
        wall_mm=draw(st.integers(0, 5)),
    )


def corners(each: Placement) -> tuple[tuple[int, int], ...]:
    return tuple((at, at + side) for at, side in zip(each.corner_mm, each.sides_mm, strict=True))


def overlap(one: Placement, other: Placement) -> bool:
    return all(a < d and c < b for (a, b), (c, d) in zip(corners(one), corners(other), strict=True))


def check(packed: PackedBox) -> None:
    """Everything inside, nothing in the same place, nothing too heavy, nothing turned or covered that must not be."""
    box = packed.box
    assert packed.placements
    for each in packed.placements:
        unit = each.unit
        assert sorted(each.sides_mm) == sorted((unit.length_mm, unit.width_mm, unit.height_mm))
        assert not unit.keep_upright or each.sides_mm[2] == unit.height_mm
        for (start, end), side in zip(corners(each), box.inner_mm, strict=True):
            assert 0 <= start < end <= side
    for one, other in combinations(packed.placements, 2):
        assert not overlap(one, other)
        for below, above in ((one, other), (other, one)):
            if below.unit.nothing_on_top and above.corner_mm[2] >= corners(below)[2][1]:
                flat = [a < d and c < b for (a, b), (c, d) in zip(corners(below)[:2], corners(above)[:2], strict=True)]
                assert not all(flat)
    assert box.max_weight_g is None or packed.content_weight_g <= box.max_weight_g
    assert 0 < packed.utilisation <= 1


def fits_alone(unit: Unit, box: Box) -> bool:
    if box.max_weight_g is not None and unit.weight_g > box.max_weight_g:
        return False
    length, width, height = unit.length_mm, unit.width_mm, unit.height_mm
    if unit.keep_upright:
        flat = sorted((length, width)), sorted(box.inner_mm[:2])
        return height <= box.height_mm and all(a <= b for a, b in zip(*flat, strict=True))
    return all(a <= b for a, b in zip(sorted((length, width, height)), sorted(box.inner_mm), strict=True))


@settings(max_examples=200, deadline=None)
@given(st.lists(units(), max_size=25), st.lists(boxes(), min_size=1, max_size=4))
def test_every_piece_is_placed_once_where_it_may_lie_or_named(wanted: list[Unit], kinds: list[Box]) -> None:
    packing = pack(wanted, kinds)
    for packed in packing.boxes:
        check(packed)
    placed = [each.unit for packed in packing.boxes for each in packed.placements]
    assert Counter(placed) + Counter(unit for unit, _ in packing.unplaced) == Counter(wanted)
    for unit, why in packing.unplaced:
        assert not any(fits_alone(unit, box) for box in kinds)
        assert why.startswith("is ")
    assert all(any(fits_alone(unit, box) for box in kinds) for unit in placed)


@settings(max_examples=100, deadline=None)
@given(st.lists(units(), min_size=1, max_size=15), boxes())
def test_the_same_cart_is_packed_the_same_way(wanted: list[Unit], box: Box) -> None:
    assert pack(wanted, [box]) == pack(list(wanted), [box])


def test_eight_bricks_fill_their_box_and_the_ninth_needs_another() -> None:
    brick = Unit(key="brick", length_mm=100, width_mm=50, height_mm=25, weight_g=100)
    box = Box(name="b", length_mm=100, width_mm=100, height_mm=100, empty_weight_g=40, wall_mm=2)
    packing = pack([brick] * 8, [box])
    assert [packed.utilisation for packed in packing.boxes] == [1.0]
    parcel = packing.boxes[0].parcel
    assert (parcel.weight_g, parcel.dimensions_mm) == (840, (104, 104, 104))
    assert parcel.dimensional_weight_g(5000) == 225
    assert pack([brick] * 9, [box]).counts == {"b": 2}


def test_the_smallest_box_that_holds_all_is_taken_and_the_last_one_shrinks() -> None:
    kinds = [
        Box(name="small", length_mm=100, width_mm=100, height_mm=100),
        Box(name="large", length_mm=200, width_mm=200, height_mm=200),
    ]
    cube = Unit(key="c", length_mm=100, width_mm=100, height_mm=100, weight_g=1)
    assert pack([cube], kinds).counts == {"small": 1}
    assert pack([cube] * 2, kinds).counts == {"large": 1}
    assert pack([cube] * 9, kinds).counts == {"large": 1, "small": 1}


def test_weight_limits_split_what_would_fit() -> None:
    box = Box(name="b", length_mm=300, width_mm=300, height_mm=300, max_weight_g=1000)
    heavy = Unit(key="h", length_mm=50, width_mm=50, height_mm=50, weight_g=600)
    assert pack([heavy] * 3, [box]).counts == {"b": 3}
    stone = Unit(key="s", length_mm=50, width_mm=50, height_mm=50, weight_g=1001)
    assert pack([stone], [box]).unplaced == ((stone, "is too heavy for every box it fits into"),)
    assert pack([stone], []).unplaced == ((stone, "is larger than every box"),)


def test_what_must_stand_upright_is_not_laid_down() -> None:
    flat = Box(name="flat", length_mm=300, width_mm=300, height_mm=100)
    vase = Unit(key="v", length_mm=90, width_mm=90, height_mm=200, weight_g=1)
    assert pack([vase], [flat]).counts == {"flat": 1}
    upright = Unit(key="v", length_mm=90, width_mm=90, height_mm=200, weight_g=1, keep_upright=True)
    assert pack([upright], [flat]).unplaced == ((upright, "is larger than every box"),)


def test_nothing_lies_on_what_bears_nothing() -> None:
    box = Box(name="b", length_mm=100, width_mm=100, height_mm=100)
    glass = Unit(key="g", length_mm=100, width_mm=100, height_mm=30, weight_g=1, nothing_on_top=True)
    book = Unit(key="b", length_mm=100, width_mm=100, height_mm=40, weight_g=1)
    assert pack([glass, book], [box]).counts == {"b": 1}
    assert pack([glass, glass], [box]).counts == {"b": 2}


@pytest.mark.parametrize("side", [0, -1])
def test_what_has_no_size_is_refused(side: int) -> None:
    with pytest.raises(InvalidValue):
        Unit(key="x", length_mm=side, width_mm=1, height_mm=1, weight_g=1)
    with pytest.raises(InvalidValue):
        Box(name="x", length_mm=1, width_mm=side, height_mm=1)


def cart(chance: random.Random) -> list[Unit]:
    """Thirty articles such as shops sell them."""
    return [
        Unit(
            key=str(number),
            length_mm=chance.randrange(40, 260),
            width_mm=chance.randrange(40, 200),
            height_mm=chance.randrange(20, 160),
            weight_g=chance.randrange(50, 900),
        )
        for number in range(30)
    ]


def by_py3dbp(box: Box, wanted: Sequence[Unit]) -> float:
    """What py3dbp fills of the box, 0 to 1."""
    packer, bin_ = Packer(), Bin(box.name, *box.inner_mm, 10**9)
    packer.add_bin(bin_)
    for unit in wanted:
        packer.add_item(Item(unit.key, unit.length_mm, unit.width_mm, unit.height_mm, unit.weight_g))
    packer.pack(bigger_first=True)
    return sum(float(item.get_volume()) for item in bin_.items) / box.volume_mm3


def test_boxes_are_filled_at_least_as_well_as_by_py3dbp() -> None:
    box = Box(name="b", length_mm=400, width_mm=300, height_mm=300)
    chance = random.Random(7)  # noqa: S311  # carts, no secrets
    carts = [cart(chance) for _ in range(40)]
    filled = [fill(box, each) for each in carts]
    for packed in filled:
        check(packed)
    assert mean(each.utilisation for each in filled) >= mean(by_py3dbp(box, each) for each in carts)

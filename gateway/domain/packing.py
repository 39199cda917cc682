"""Cartonization: which items go into which box. Items, boxes, and where everything lies.

Millimetres and grams, integers. A box's corner is the origin; z points up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.domain.errors import InvalidValue
from gateway.domain.values import Parcel

Sides = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A kind of box the merchant packs in, by its inner sides; `wall_mm` is the thickness of its board.

    `max_weight_g` is what may be put in, None where only carriers set a limit; `empty_weight_g` what the box weighs.
    """

    name: str
    length_mm: int
    width_mm: int
    height_mm: int
    max_weight_g: int | None = None
    empty_weight_g: int = 0
    wall_mm: int = 0

    def __post_init__(self) -> None:
        if min(self.inner_mm) <= 0:
            raise InvalidValue(f"box {self.name!r} has no inside")

    @property
    def inner_mm(self) -> Sides:
        """Length, width, height inside."""
        return (self.length_mm, self.width_mm, self.height_mm)

    @property
    def volume_mm3(self) -> int:
        """What it holds."""
        return self.length_mm * self.width_mm * self.height_mm


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One thing to be packed. `keep_upright`: its height stays upright; `nothing_on_top`: what is above stays free."""

    key: str
    length_mm: int
    width_mm: int
    height_mm: int
    weight_g: int
    keep_upright: bool = False
    nothing_on_top: bool = False

    def __post_init__(self) -> None:
        if min(self.length_mm, self.width_mm, self.height_mm) <= 0 or self.weight_g < 0:
            raise InvalidValue(f"item {self.key!r} has no size")

    @property
    def volume_mm3(self) -> int:
        """Its own volume."""
        return self.length_mm * self.width_mm * self.height_mm


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a unit lies: its corner nearest to the box's, and its sides as it was turned."""

    unit: Unit
    corner_mm: Sides
    sides_mm: Sides


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedBox:
    """One box with what lies in it."""

    box: Box
    placements: tuple[Placement, ...]

    @property
    def content_weight_g(self) -> int:
        """What its units weigh."""
        return sum(each.unit.weight_g for each in self.placements)

    @property
    def utilisation(self) -> float:
        """The share of its volume that is filled, 0 to 1."""
        return sum(each.unit.volume_mm3 for each in self.placements) / self.box.volume_mm3

    @property
    def parcel(self) -> Parcel:
        """The closed box, by its outer sides."""
        length, width, height = (side + 2 * self.box.wall_mm for side in self.box.inner_mm)
        weight = max(self.content_weight_g + self.box.empty_weight_g, 1)
        return Parcel(weight_g=weight, length_mm=length, width_mm=width, height_mm=height)


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """Boxes for a cart, and the units that go into none of them, each with the reason."""

    boxes: tuple[PackedBox, ...]
    unplaced: tuple[tuple[Unit, str], ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        """How many boxes of each kind."""
        return Counter(packed.box.name for packed in self.boxes)

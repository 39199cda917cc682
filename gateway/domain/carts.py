"""From a cart to the parcels it would travel in: by the merchant's boxes, or by what is known without any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gateway.domain.checkouts import ArticleSize, Cart, CartItem, CheckoutSettings
from gateway.domain.extreme_points import pack
from gateway.domain.packing import Box, Sides, Unit
from gateway.domain.values import Parcel

MOST_UNITS = 150
"""Pieces that are packed one by one, which takes 50 to 200 ms; larger carts are filled by volume and weight."""

MOST_PARCELS = 50
FILLED_PERCENT = 70
"""How full boxes get where pieces are not placed one by one: below what the heuristic reaches (see the benchmark)."""

MM3_PER_G = 6000
"""How bulky an article of unknown size is taken to be: 6000 cm3 a kilogram, so that it is charged by its weight.

Source: IATA TACT rules 3.9.3, the divisor of dimensional weight.
"""


def parcels_of(cart: Cart, settings: CheckoutSettings) -> tuple[Parcel, ...]:
    """The parcels of everything in the cart that is shipped; none when nothing is, or when it is beyond all parcels.

    Articles too large for every box travel in their own packaging. Without boxes, all goes into one parcel, whose
    sides are known only where those of every piece are.
    """
    items = _sized(cart, settings.sizes)
    if not items:
        return ()
    if not settings.boxes:
        return (_stacked(items),)
    count = sum(item.quantity for item, _ in items)
    found = _packed(items, settings.boxes) if count <= MOST_UNITS else _poured(items, settings.boxes)
    return found if len(found) <= MOST_PARCELS else ()


def _sized(cart: Cart, sizes: Sequence[ArticleSize]) -> list[tuple[CartItem, ArticleSize | None]]:
    known = {size.sku: size for size in sizes}
    shipped = [item for item in cart.items if item.ships and item.quantity > 0]
    return [(_with_sides(item, known.get(item.sku)), known.get(item.sku)) for item in shipped]


def _with_sides(item: CartItem, size: ArticleSize | None) -> CartItem:
    if item.sides_mm is not None or size is None:
        return item
    return replace(item, sides_mm=(size.length_mm, size.width_mm, size.height_mm))


def _packed(items: Sequence[tuple[CartItem, ArticleSize | None]], boxes: Sequence[Box]) -> tuple[Parcel, ...]:
    units = [unit for place, one in enumerate(items) for unit in [_unit(*one, key=str(place))] * one[0].quantity]
    packing = pack(units, boxes)
    known = {str(place) for place, (item, _) in enumerate(items) if item.sides_mm is not None}
    alone = [_alone(unit, sized=unit.key in known) for unit, _ in packing.unplaced]
    return (*(packed.parcel for packed in packing.boxes), *alone)


def _unit(item: CartItem, size: ArticleSize | None, key: str = "") -> Unit:
    length, width, height = item.sides_mm or _assumed(item.weight_g)
    return Unit(
        key=key,
        length_mm=length,
        width_mm=width,
        height_mm=height,
        weight_g=item.weight_g,
        keep_upright=size is not None and size.keep_upright,
        nothing_on_top=size is not None and size.nothing_on_top,
    )


def _assumed(weight_g: int) -> Sides:
    """A cube as bulky as is assumed, each side rounded up."""
    volume = max(weight_g, 1) * MM3_PER_G
    side = round(volume ** (1 / 3))
    side += side**3 < volume
    return side, side, side


def _alone(unit: Unit, *, sized: bool) -> Parcel:
    """A piece that no box takes, as it is; its sides only where they are more than assumed."""
    if not sized:
        return Parcel(weight_g=max(unit.weight_g, 1))
    length, width, height = unit.length_mm, unit.width_mm, unit.height_mm
    return Parcel(weight_g=max(unit.weight_g, 1), length_mm=length, width_mm=width, height_mm=height)


def _poured(items: Sequence[tuple[CartItem, ArticleSize | None]], boxes: Sequence[Box]) -> tuple[Parcel, ...]:
    """As many of the largest box as volume and weight ask for: nobody packs so many pieces by a plan."""
    box = max(boxes, key=lambda each: each.volume_mm3)
    weight = sum(item.weight_g * item.quantity for item, _ in items)
    volume = sum(_unit(item, size).volume_mm3 * item.quantity for item, size in items)
    count = -(-volume * 100 // (box.volume_mm3 * FILLED_PERCENT))
    if box.max_weight_g:
        count = max(count, -(-weight // box.max_weight_g))
    if count > MOST_PARCELS:
        return ()
    length, width, height = (side + 2 * box.wall_mm for side in box.inner_mm)
    each = max(-(-weight // max(count, 1)), 1) + box.empty_weight_g
    return (Parcel(weight_g=each, length_mm=length, width_mm=width, height_mm=height),) * max(count, 1)


def _stacked(items: Sequence[tuple[CartItem, ArticleSize | None]]) -> Parcel:
    """One parcel without a box: the pieces lie flat on each other."""
    weight = max(sum(item.weight_g * item.quantity for item, _ in items), 1)
    flat = [(*sorted(item.sides_mm, reverse=True), item.quantity) for item, _ in items if item.sides_mm is not None]
    if len(flat) < len(items):
        return Parcel(weight_g=weight)
    return Parcel(
        weight_g=weight,
        length_mm=max(sides[0] for sides in flat),
        width_mm=max(sides[1] for sides in flat),
        height_mm=sum(sides[2] * sides[3] for sides in flat),
    )

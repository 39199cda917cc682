"""Whether a colour can be read on another, and the nearest one that can.

Source: W3C WCAG 2.2, "relative luminance" and "contrast ratio"; 1.4.3 asks for 4.5:1 between text and its ground.
"""

from __future__ import annotations

from gateway.domain.errors import InvalidValue

TEXT_CONTRAST = 4.5
WHITE, BLACK = "#ffffff", "#000000"
_STEPS = 40


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours such as #0b57b0, 1 to 21. Raises InvalidValue for what is no colour."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def ink_on(ground: str) -> str:
    """Black or white, whichever is read more easily on it; one of them always has 4.58:1 or more."""
    return max((WHITE, BLACK), key=lambda ink: contrast(ink, ground))


def legible(colour: str, ground: str, least: float = TEXT_CONTRAST) -> str:
    """The colour itself where it can be read on the ground, else the nearest shade or tint of it that can."""
    towards = ink_on(ground)
    for step in range(_STEPS + 1):
        mixed = _mixed(colour, towards, step / _STEPS)
        if contrast(mixed, ground) >= least:
            return mixed
    return towards


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _mixed(colour: str, other: str, share: float) -> str:
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return "#" + "".join(f"{round(mine + (theirs - mine) * share):02x}" for mine, theirs in pairs)


def _channels(colour: str) -> tuple[int, ...]:
    try:
        if len(colour) != 7 or colour[0] != "#":
            raise ValueError(colour)
        return tuple(bytes.fromhex(colour[1:]))
    except ValueError:
        raise InvalidValue(f"{colour!r} is not a colour such as #0b57b0") from None

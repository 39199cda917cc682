"""Streets as carriers' forms want them."""

from __future__ import annotations

from textwrap import wrap

from gateway.domain.values import Address


def street_and_number(line: str) -> tuple[str, str]:
    """A street line in two: its last word is the number where it starts with a digit, else there is none."""
    street, _, number = line.strip().rpartition(" ")
    return (street, number) if street and number[:1].isdigit() else (line.strip(), "")


def street_lines(address: Address, width: int) -> list[str]:
    """Both street lines; one that is too long goes on in the next, so that no door number is cut off."""
    streets = (address.street1, address.street2)
    return [line for street in streets for line in wrap(street, width, break_on_hyphens=False)]

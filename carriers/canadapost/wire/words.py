"""Text and numbers as Canada Post writes them."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal

from carriers.base import Address, Parcel, Reading, filled, street_lines

# Source: public clients of the Developer Portal API (addressLine1 of at most 44 characters).
LINE = 44


def word(body: Reading, key: str) -> str:
    """A code or number that stands as a text in some answers and as a whole number in others; "" for neither.

    Source: the official example of Tracking 2.0.0 has PINs and codes as numbers, recorded answers as texts.
    """
    number = body.maybe_integer(key)
    return str(number) if number is not None and number >= 0 else body.maybe_text(key)


def postal(code: str) -> str:
    """A postal code without its space, in capitals."""
    return "".join(code.split()).upper()


def address_details(address: Address) -> dict[str, object]:
    """An address; a street that is too long goes on in the second line."""
    lines = street_lines(address, LINE)
    return filled(
        {
            "addressLine1": lines[0] if lines else "",
            "addressLine2": lines[1] if len(lines) > 1 else "",
            "city": address.city[:40],
            "provState": address.subdivision,
            "countryCode": address.country,
            "postalZipCode": postal(address.postal_code),
        }
    )


def characteristics(parcel: Parcel) -> dict[str, object]:
    """Weight in kilograms to the gram, sides in centimetres to the millimetre, longest first; all three or none.

    Source: the schemas of the XML web services (kg with 3 decimals, cm with 1; length is the longest side).
    """
    described: dict[str, object] = {"weight": Decimal(parcel.weight_g).scaleb(-3)}
    if all(parcel.dimensions_mm):
        sides = sorted(parcel.dimensions_mm, reverse=True)
        described["dimensions"] = {
            name: Decimal(side).scaleb(-1).quantize(Decimal("0.1"), ROUND_UP)
            for name, side in zip(("length", "width", "height"), sides, strict=True)
        }
    return described

"""What all of UPS's requests and answers are made of: parties, packages, units, charges, and ones instead of lists.

Every number travels as text. Source: Rating and Shipping API v2409.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_UP

from carriers.base import Address, InvalidValue, Money, Parcel, Reading, Shipment, filled, street_lines

LINE, LINES, CITY, EMAIL, PHONE = 35, 3, 30, 50, 15
# Where the unit of measurement is pounds and inches; the unit must be valid for the shipper's country.
IMPERIAL = ("US", "PR")
# Where phone numbers are written without country code. Source: Shipping API, ShipTo/Phone/Number.
NORTH_AMERICA = ("US", "PR", "CA", "VI")
DOMESTIC = ("US", "PR")
# 1 lb = 0.45359237 kg, 1 in = 25.4 mm. Source: NIST Handbook 44, appendix C.
POUND_10UG, GRAM_10UG = 45_359_237, 100_000
CUSTOMER_PACKAGING = "02"
PRINT_RETURN_LABEL = "9"


def address(place: Address) -> dict[str, object]:
    """Streets are broken, not cut, at 35 characters; postal codes of North America are letters and digits only."""
    postal_code = place.postal_code
    if place.country in NORTH_AMERICA:
        postal_code = "".join(filter(str.isalnum, postal_code))
    return filled(
        {
            "AddressLine": street_lines(place, LINE)[:LINES],
            "City": place.city[:CITY],
            "StateProvinceCode": place.subdivision,
            "PostalCode": postal_code,
            "CountryCode": place.country,
            "ResidentialAddressIndicator": "Y" if place.residential else "",
        }
    )


def party(place: Address) -> dict[str, object]:
    """Who is shipped from or to; an e-mail address that is too long is left out, for half of one is another's."""
    number = phone(place)
    return filled(
        {
            "Name": (place.company or place.name)[:LINE],
            "AttentionName": (place.name or place.company)[:LINE],
            "Phone": {"Number": number} if number else {},
            "EMailAddress": place.email if len(place.email) <= EMAIL else "",
            "Address": address(place),
        }
    )


def phone(place: Address) -> str:
    """Digits only, without country code in North America."""
    digits = "".join(filter(str.isdigit, place.phone))
    if place.country in NORTH_AMERICA and len(digits) == 11:
        digits = digits.removeprefix("1")
    return digits[:PHONE]


def weight_unit(country: str) -> str:
    """Pounds or kilograms."""
    return "LBS" if country in IMPERIAL else "KGS"


def weight(grams: int, country: str) -> dict[str, object]:
    """To the tenth of a pound or kilogram, rounded up: never less than what is handed over."""
    code = weight_unit(country)
    tenths = -(-grams * 10 * GRAM_10UG // POUND_10UG) if code == "LBS" else -(-grams // 100)
    return {"UnitOfMeasurement": {"Code": code, "Description": code}, "Weight": f"{tenths // 10}.{tenths % 10}"}


def package(parcel: Parcel, country: str, packaging: str) -> dict[str, object]:
    """One package in the customer's own packaging, its sides in whole units, rounded up, the longest first."""
    step = 254 if country in IMPERIAL else 100
    code = "IN" if country in IMPERIAL else "CM"
    sides = sorted((-(-side * 10 // step) for side in parcel.dimensions_mm), reverse=True)
    measured = {
        "UnitOfMeasurement": {"Code": code, "Description": code},
        **dict(zip(("Length", "Width", "Height"), map(str, sides), strict=True)),
    }
    return {
        packaging: {"Code": CUSTOMER_PACKAGING, "Description": "Customer packaging"},
        **({"Dimensions": measured} if all(sides) else {}),
        "PackageWeight": weight(parcel.weight_g, country),
    }


def charge_to(account_number: str) -> list[dict[str, object]]:
    """Transportation, billed to the shipper."""
    return [{"Type": "01", "BillShipper": {"AccountNumber": account_number}}]


def sender(shipment: Shipment) -> Address:
    """Whose account it is: the merchant, on the way back too."""
    return shipment.destination if shipment.return_ways else shipment.origin


def return_service(shipment: Shipment) -> dict[str, object]:
    """What makes it a return by a label that the merchant hands out; nothing on the way out.

    Source: Rating and Shipping API, ReturnService: 9 = UPS Print Return Label.
    """
    return {"ReturnService": {"Code": PRINT_RETURN_LABEL}} if shipment.return_ways else {}


def domestic(shipment: Shipment) -> bool:
    """Within the US or within Puerto Rico, where references and signatures belong to packages."""
    return shipment.origin.country == shipment.destination.country and shipment.origin.country in DOMESTIC


def confirmation(shipment: Shipment) -> dict[str, object]:
    """The signature wanted, as it is written for packages of this route or for the whole shipment.

    Source: Rating and Shipping API, DCISType: 2 and 3 on packages, 1 and 2 on shipments (signature, adult).
    """
    wanted = shipment.requirements
    if not (wanted.signature or wanted.min_age):
        return {}
    code = (2 if domestic(shipment) else 1) + (1 if wanted.min_age else 0)
    return {"DeliveryConfirmation": {"DCISType": str(code)}}


def invoice_total(shipment: Shipment) -> dict[str, object]:
    """What the goods are worth, where they go abroad and somebody says so; whole units, at least one.

    Source: Rating and Shipping API, InvoiceLineTotal (1 to 99999999).
    """
    value = shipment.value
    if value is None or shipment.origin.country == shipment.destination.country:
        return {}
    whole = max(1, int(value.amount.to_integral_value(ROUND_UP)))
    return {"InvoiceLineTotal": {"CurrencyCode": value.currency, "MonetaryValue": str(whole)}}


def several(body: Reading, key: str) -> list[Reading]:
    """The objects of an array, which older versions write as one object where there is one."""
    found = body.maybe(key)
    return [found] if found and isinstance(found.raw, Mapping) else body.maybe_objects(key)


def succeeded(status: Reading | None) -> bool:
    """Whether a status is "1"; the test server is known to wrap it in escaped line breaks.

    Source: UPS-API/api-documentation, issue 63.
    """
    return status is not None and status.maybe_text("Code").replace("&#xD;", "").strip() == "1"


def money(charge: Reading | None) -> Money | None:
    """An amount; None where there is none that can be read."""
    amount = charge.maybe_decimal("MonetaryValue") if charge else None
    if charge is None or amount is None or amount < 0:
        return None
    try:
        return Money(amount, charge.maybe_text("CurrencyCode"))
    except InvalidValue:
        return None


def price(charges: Sequence[tuple[Reading | None, str]]) -> Money | None:
    """The first charge that stands in the answer: what the account has negotiated before what is published, taxes
    included before not. Source: Rating API, NegotiatedRateCharges, TotalChargesWithTaxes, TotalCharges.
    """
    found = [holder.maybe(name) for holder, name in charges if holder]
    return next((money(charge) for charge in found if charge), None)

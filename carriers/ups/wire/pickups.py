"""Collections on call. Source: Pickup API v2409; pickup times are the pickup place's own."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from carriers.base import Address, BadCarrierResponse, Pickup, PickupRequest, Reading, clock_at, filled
from carriers.ups.wire import parts

NAME, CONTACT, INSTRUCTION, REFERENCE = 27, 22, 57, 35
PACKAGE, BY_ACCOUNT = "01", "01"
# Ground in the US, Standard elsewhere. Source: Pickup API, service codes (three digits).
SERVICES = {True: "003", False: "011"}
# Over 70 lb or 32 kg. Source: Pickup API, OverweightIndicator.
HEAVY_G = 31_751
# Ours, where nobody says when the door is shut.
CLOSES = time(18)


def span(request: PickupRequest, assumed_zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Ready and closed, on the clock of the pickup place; it closes the same day."""
    zone = clock_at(request.address.country, request.address.subdivision, assumed_zone)[0]
    ready = request.ready_at.astimezone(zone)
    closes = request.closes_at.astimezone(zone) if request.closes_at else datetime.combine(request.day, CLOSES, zone)
    return ready, closes


def pickup_request(
    request: PickupRequest, account_number: str, account_country: str, assumed_zone: ZoneInfo
) -> dict[str, object]:
    """One collection of all parcels, paid by the account."""
    place = request.address
    ready, closes = span(request, assumed_zone)
    weight = parts.weight(sum(parcel.weight_g for parcel in request.parcels), place.country)
    piece = {
        "ServiceCode": SERVICES[place.country in parts.IMPERIAL],
        "Quantity": str(len(request.parcels)),
        "DestinationCountryCode": place.country,
        "ContainerCode": PACKAGE,
    }
    account = {"AccountNumber": account_number, "AccountCountryCode": account_country}
    body = {
        "Request": {"TransactionReference": {"CustomerContext": request.reference}},
        "RatePickupIndicator": "N",
        "Shipper": {"Account": account},
        "PickupDateInfo": {
            "CloseTime": f"{closes:%H%M}",
            "ReadyTime": f"{ready:%H%M}",
            "PickupDate": f"{request.day:%Y%m%d}",
        },
        "PickupAddress": _address(place),
        "AlternateAddressIndicator": "Y",
        "PickupPiece": [piece],
        "TotalWeight": {"Weight": weight["Weight"], "UnitOfMeasurement": parts.weight_unit(place.country)},
        "OverweightIndicator": "Y" if any(parcel.weight_g > HEAVY_G for parcel in request.parcels) else "N",
        "PaymentMethod": BY_ACCOUNT,
        "SpecialInstruction": request.instructions[:INSTRUCTION],
        "ReferenceNumber": request.reference[:REFERENCE],
    }
    return {"PickupCreationRequest": filled(body)}


def _address(place: Address) -> dict[str, object]:
    """Names of members and lengths are the Pickup API's own."""
    found = parts.address(place)
    return filled(
        {
            "CompanyName": (place.company or place.name)[:NAME],
            "ContactName": (place.name or place.company)[:CONTACT],
            "AddressLine": found.get("AddressLine"),
            "City": place.city,
            "StateProvince": place.subdivision,
            "PostalCode": found.get("PostalCode"),
            "CountryCode": place.country,
            "ResidentialIndicator": "Y" if place.residential else "N",
            "Phone": filled({"Number": parts.phone(place)}),
        }
    )


def pickup(body: Reading, request: PickupRequest, assumed_zone: ZoneInfo) -> Pickup:
    """The collection under its PRN, in the span that was asked for: UPS names no other."""
    ready, closes = span(request, assumed_zone)
    number = body.get("PickupCreationResponse").text("PRN")
    return Pickup(carrier_reference=number, earliest=ready.astimezone(UTC), latest=closes.astimezone(UTC))


def check_cancelled(body: Reading) -> None:
    """Raises BadCarrierResponse unless UPS says that the collection is called off."""
    if not parts.succeeded(body.get("PickupCancelResponse").get("Response").maybe("ResponseStatus")):
        raise BadCarrierResponse("UPS does not say that the pickup is cancelled")

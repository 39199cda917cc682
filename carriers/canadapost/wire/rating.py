"""Rating: kilograms and centimetres out, an array of prices in Canadian dollars in.

Source: POST /rating/v1/prices as public clients of the Developer Portal API call it; taxes as in the XML web services.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from carriers.base import (
    Account,
    BadCarrierResponse,
    InvalidValue,
    Money,
    QuoteRequest,
    Rate,
    Reading,
    Requirements,
    ServiceLevel,
    Shipment,
    Surcharge,
    filled,
)
from carriers.canadapost.wire.local import END_OF_DAY, written_day, zone_of
from carriers.canadapost.wire.refusals import problems, refused
from carriers.canadapost.wire.words import characteristics, postal

CAD = "CAD"
TAXES = {"gst": "GST", "hst": "HST", "pst": "PST"}
# Proof of age comes in two kinds. Source: options of the rating API (PA18, PA19).
PROOFS_OF_AGE = (18, 19)


def sold(account: Account, all_of_them: Mapping[ServiceLevel, str]) -> Mapping[ServiceLevel, str]:
    """The services that the account offers: those of its option `services`, or all."""
    chosen = account.words("services")
    return {level: code for level, code in all_of_them.items() if not chosen or code in chosen}


def levels(request: QuoteRequest, services: Mapping[ServiceLevel, str]) -> Mapping[ServiceLevel, str]:
    """The services to be priced, by level; none where Canada Post cannot take the shipment.

    A shipment with a chosen post office is delivered there, and nothing else is.
    """
    shipment = request.shipment
    inland = shipment.origin.country == shipment.destination.country == "CA"
    if not inland or len(shipment.parcels) != 1 or options(shipment.requirements) is None:
        return {}
    if collected(request):
        return {level: code for level, code in services.items() if level is ServiceLevel.SERVICE_POINT}
    wanted = request.services or tuple(services)
    return {
        level: code for level, code in services.items() if level in wanted and level is not ServiceLevel.SERVICE_POINT
    }


def collected(request: QuoteRequest) -> bool:
    """Whether the recipient collects at a post office (option D2PO): one is chosen, or nothing else is asked for."""
    return bool(request.shipment.service_point) or request.services == (ServiceLevel.SERVICE_POINT,)


def options(needs: Requirements) -> tuple[str, ...] | None:
    """Option codes for what the handover must include; None where there is no option for it."""
    proof = next((age for age in PROOFS_OF_AGE if age >= (needs.min_age or 0)), None)
    if proof is None or needs.cash_on_delivery is not None:
        return None
    return (*(("SO",) if needs.signature else ()), *((f"PA{proof}",) if needs.min_age else ()))


def rating_request(request: QuoteRequest, services: Mapping[ServiceLevel, str], account: Account) -> dict[str, object]:
    """What prices one parcel for some services."""
    shipment = request.shipment
    codes = [*(options(shipment.requirements) or ()), *(("D2PO",) if collected(request) else ())]
    return filled(
        {
            "customerNumber": account.option("customer_number"),
            "quoteType": "commercial",
            "contractId": account.options.get("contract_id", ""),
            "parcelCharacteristics": characteristics(shipment.parcels[0]),
            "originPostalCode": postal(shipment.origin.postal_code),
            "destination": {"domestic": {"postalCode": postal(shipment.destination.postal_code)}},
            "options": [{"optionCode": code} for code in codes] or None,
            "services": list(dict.fromkeys(services.values())),
        }
    )


def rates(
    body: Reading, services: Mapping[ServiceLevel, str], shipment: Shipment, timezone: ZoneInfo
) -> tuple[Rate, ...]:
    """The priced services among those asked for, one rate per level; one that is an error has none.

    Raises:
        ShipmentRejected, AuthenticationFailed: nothing is priced, and an item says why, inside HTTP 200.
    """
    answers = body.items()
    failed = [problem for answer in answers if not answer.has("priceDetails") for problem in problems(answer)]
    priced = {
        each.maybe_text("serviceCode"): each for each in answers if each.has("priceDetails") or not problems(each)
    }
    if failed and not priced:
        raise refused(failed)
    return tuple(
        _rate(priced[code], level, code, _promise(priced[code], shipment, timezone))
        for level, code in services.items()
        if code in priced
    )


def _rate(answer: Reading, level: ServiceLevel, code: str, deliver_by: datetime | None) -> Rate:
    details = answer.get("priceDetails")
    try:
        return Rate(
            service=level,
            carrier_service=code,
            price=Money(details.decimal("due"), CAD),
            surcharges=tuple(
                Surcharge(code=name, label=label, amount=Money(amount, CAD))
                for name, label in TAXES.items()
                if (amount := _tax(details, name))
            ),
            deliver_by=deliver_by,
        )
    except InvalidValue as error:
        raise BadCarrierResponse(f"{code} is priced strangely: {error}") from error


def _tax(details: Reading, name: str) -> Decimal | None:
    within = details.maybe("taxes")
    found = within.maybe_decimal(name) if within else None
    return details.maybe_decimal(name) if found is None else found


def _promise(answer: Reading, shipment: Shipment, timezone: ZoneInfo) -> datetime | None:
    """The end of the expected day at the recipient's."""
    standard = answer.maybe("serviceStandard")
    day = written_day(standard.maybe_text("expectedDeliveryDate")) if standard else None
    return datetime.combine(day, END_OF_DAY, zone_of(shipment.destination, timezone)) if day else None

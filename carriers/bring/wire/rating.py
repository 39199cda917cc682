"""Shipping Guide 2: centimetres and grams out, decimal strings in.

Source: Bring Shipping Guide 2, POST /shippingguide/api/v2/products.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from carriers.base import (
    BadCarrierResponse,
    InvalidValue,
    Money,
    Parcel,
    QuoteRequest,
    Rate,
    Reading,
    ShipmentRejected,
    Surcharge,
    filled,
)
from carriers.bring.products import Product
from carriers.bring.wire.local import END_OF_DAY, OSLO, at
from carriers.bring.wire.refusals import Problem, problems
from carriers.bring.wire.text import cut


def rating_request(request: QuoteRequest, products: Sequence[Product], customer_number: str) -> dict[str, object]:
    """What prices one consignment for several products. The shipping date is Norwegian wall-clock, in
    strings.
    """
    shipment = request.shipment
    consignment = {
        "id": 1,
        "products": [{"id": product.id, "customerNumber": customer_number} for product in products],
        "fromCountryCode": shipment.origin.country,
        "fromPostalCode": shipment.origin.postal_code,
        "toCountryCode": shipment.destination.country,
        "toPostalCode": shipment.destination.postal_code,
        "addressLine": cut(shipment.destination.street1),
        "shippingDate": _shipping_date(request.ready_at),
        "packages": [package(n, parcel) for n, parcel in enumerate(shipment.parcels, start=1)],
    }
    return {
        "language": "EN",
        "withPrice": True,
        "withExpectedDelivery": True,
        "withGuiInformation": False,
        "edi": True,
        "consignments": [filled(consignment)],
    }


def _shipping_date(moment: datetime) -> dict[str, str]:
    local = moment.astimezone(OSLO)
    return {
        "year": f"{local:%Y}",
        "month": f"{local:%m}",
        "day": f"{local:%d}",
        "hour": f"{local:%H}",
        "minute": f"{local:%M}",
    }


def centimetres(millimetres: int) -> int:
    """Rounded up: a parcel is never declared smaller than it is."""
    return -(-millimetres // 10)


def package(number: int, parcel: Parcel) -> dict[str, object]:
    """One parcel in grams and centimetres; the three dimensions are sent together or not at all.

    Source: the unit of grossWeight is read off Bring's examples (1000 for a parcel of 1 dm3) and product
    limits.
    """
    described: dict[str, object] = {"id": number, "grossWeight": parcel.weight_g}
    if all(parcel.dimensions_mm):
        length, width, height = map(centimetres, parcel.dimensions_mm)
        described |= {"length": length, "width": width, "height": height}
    return described


def rates(body: Reading, products: Sequence[Product], country: str) -> tuple[Rate, ...]:
    """Priced products of an answer. None at all is Bring's normal way to say that it does not serve it.

    The member of a product's own errors is not documented; `errors` with code and description is read, and
    anything else leaves the product without a price, hence without a rate.

    Raises:
        ShipmentRejected: no product has a price and Bring says why.
    """
    known = {product.id: product for product in products}
    priced: list[Rate] = []
    refused: list[Problem] = []
    for answer in _answers(body):
        product = known.get(answer.maybe_text("id"))
        if product is None:
            continue
        rate = _rate(answer, product, country)
        if rate is not None:
            priced.append(rate)
        refused.extend(problems(answer))
    if refused and not priced:
        raise ShipmentRejected(
            "Bring prices none of the products",
            reasons=[problem.sentence for problem in refused],
            carrier_code=refused[0].code or None,
            carrier_message=refused[0].message or None,
        )
    return tuple(priced)


def _answers(body: Reading) -> list[Reading]:
    if not body.has("consignments"):
        raise BadCarrierResponse("Shipping Guide answered without consignments")
    return [answer for consignment in body.objects("consignments") for answer in consignment.objects("products")]


def _rate(answer: Reading, product: Product, country: str) -> Rate | None:
    price = answer.maybe("price")
    tariff = price and (price.maybe("netPrice") or price.maybe("listPrice"))
    amounts = tariff and (tariff.maybe("priceWithAdditionalServices") or tariff.maybe("priceWithoutAdditionalServices"))
    if not tariff or not amounts:
        return None
    currency = tariff.text("currencyCode")
    vat = amounts.maybe_decimal("vat")
    try:
        return Rate(
            service=product.level,
            carrier_service=product.id,
            price=Money(amounts.decimal("amountWithVAT"), currency),
            surcharges=(Surcharge(code="vat", label="VAT", amount=Money(vat, currency)),) if vat else (),
            deliver_by=_promise(answer, country),
        )
    except InvalidValue as error:
        raise BadCarrierResponse(f"Shipping Guide priced {product.id} strangely: {error}") from error


def _promise(answer: Reading, country: str) -> datetime | None:
    """The end of the expected day at the recipient's: Bring names a day, home deliveries run into the
    evening.
    """
    expected = answer.maybe("expectedDelivery")
    parts = expected and expected.maybe("expectedDeliveryDate")
    if not parts:
        return None
    try:
        day = date(*(int(_part(parts.raw, name)) for name in ("year", "month", "day")))
    except (ValueError, OverflowError):
        return None
    return at(day, END_OF_DAY, country)


def _part(parts: object, name: str) -> str:
    return str(parts.get(name)) if isinstance(parts, Mapping) else ""

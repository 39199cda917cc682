"""What the simulated ShipIT refuses: faults in headers over an empty body.

Source: ShipIT REST 5.0.11, fault response samples and field tables; unknown fields are refused by its JSON parser
(SPECS.md of karrio@8aab3919).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from werkzeug.wrappers import Response

from carriers.base.simulator import abort

SHIPMENT = frozenset(
    (
        "Product",
        "Middleware",
        "Identifier",
        "ShipmentReference",
        "ShippingDate",
        "IncotermCode",
        "Consignee",
        "Shipper",
        "ShipmentUnit",
        "Service",
    )
)
PRODUCTS = ("PARCEL", "EXPRESS")
# Countries that need an incoterm from the EU; enough for a simulation.
ABROAD = ("CH", "GB", "NO")


def fault(code: str, message: str, *args: str) -> NoReturn:
    """Answer 400 with a fault."""
    headers = {"error": code, "message": _latin(message), "args": json.dumps(args)}
    abort(Response(b"", status=400, headers=headers))


def invalid(name: str, value: object, why: str) -> NoReturn:
    """A field with a value that is not valid."""
    fault(
        "INVALID_FIELD_VALUE", f"Invalid field {name}. Value {value} is not a valid value. {why}", name, str(value), why
    )


def missing(name: str) -> NoReturn:
    """A field that is not there."""
    fault("MANDATORY_PARAMETER_NOT_SET", f"The Mandatory parameter {name} is not set", name)


def unreadable(what: str) -> NoReturn:
    """What the parser says, in the body."""
    text = f'com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException: Unrecognized field "{what}"'
    abort(Response(text, status=400, content_type="text/plain"))


def check_shipment(order: Mapping[str, Any], contact_id: str, shops: set[str]) -> None:
    """Refuse a shipment that ShipIT would refuse."""
    shipment = order.get("Shipment")
    if not shipment:
        missing("Shipment")
    if not order.get("PrintingOptions"):
        missing("PrintingOptions")
    for unknown in sorted(set(shipment) - SHIPMENT):
        unreadable(unknown)
    if shipment["Shipper"].get("Address"):
        fault("REAL_SHIPPER_NOT_ALLOWED", "A real shipper address is not allowed")
    given = shipment["Shipper"].get("ContactID")
    if given != contact_id:
        why = "Shipper does not exist or is not available for the user."
        invalid("Shipment.Shipper.ContactID", given, why)
    if shipment.get("Product") not in PRODUCTS:
        invalid("ShipmentRequestData.Shipment.Product", shipment.get("Product"), "No matching product available")
    _check_consignee(shipment)
    _check_service(shipment, shops)


def _check_consignee(shipment: Mapping[str, Any]) -> None:
    address = shipment["Consignee"]["Address"]
    if not address.get("ZIPCode"):
        invalid("consignee.zip", "", "Shipment validation failed")
    for name in ("Name1", "City", "Street"):
        if len(address.get(name, "")) > 40:
            invalid(f"Shipment.Consignee.Address.{name}", address[name], "Value is too long. Maximum is 40")
    if address["CountryCode"] in ABROAD and not shipment.get("IncotermCode"):
        invalid("shipment.incoterm", "", "Shipment validation failed")
    for unit in shipment["ShipmentUnit"]:
        if not 0.1 < unit["Weight"] <= 31.5:
            invalid("shipmentunit.weight.toohigh", unit["Weight"], "Shipment validation failed")


def _check_service(shipment: Mapping[str, Any], shops: set[str]) -> None:
    for service in shipment.get("Service", ()):
        shop = service["ShopDelivery"]["ParcelShopID"]
        if shop not in shops:
            fault("INVALID_PARCELSHOP_ID", f"Parcelshop not found for id {shop}", shop)


def _latin(text: str) -> str:
    """A header carries Latin-1 only. Source: RFC 9110, 5.5."""
    return text.encode("latin-1", "replace").decode("latin-1")

"""A call about a parcel: one press of a button counts it."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.console.gate import may, services, who
from gateway.console.rendering import go
from gateway.domain.enquiries import EnquiryWay
from gateway.domain.people import Permission
from gateway.services.enquiries import Asking

blueprint = Blueprint("enquiries", __name__)


@blueprint.post("/shipments/<shipment_id>/enquiries")
@may(Permission.NOTE)
def take(shipment_id: str) -> Response:
    """Somebody asked where it is; whatever way is not known is another one. `counted`: how many the page showed."""
    given = request.form.get("way", "")
    way = EnquiryWay(given) if given in set(EnquiryWay) else EnquiryWay.OTHER
    counted = len(services().enquiries.of_shipment(who().merchant_id, who().mode, shipment_id))
    if request.form.get("counted", str(counted)) != str(counted):  # a double click is one enquiry
        return go("shipment.detail", shipment_id=shipment_id, done="enquired_before", _anchor="h-enquiries")
    services().enquiries.take(who().user, who().mode, shipment_id, Asking(way=way))
    return go("shipment.detail", shipment_id=shipment_id, done="enquired", _anchor="h-enquiries")

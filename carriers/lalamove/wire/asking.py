"""Our words -> Lalamove's: the signature of a call, the bodies of a quotation and of an order. Pure functions.

Source: src/auth.ts and the request types of github.com/lalamove/delivery-nodejs-sdk@64f2765; the v3 examples of
github.com/lalamove/api-examples@e486d00; developers.lalamove.com for what they leave open.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from carriers.base import Account, Address, AuthenticationFailed, BookRequest, Call, Rate, Shipment, ShipmentRejected

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Later than this a pickup is scheduled; sooner, a courier is asked for at once, who needs about as long to come. Our
# own choice: no shortest notice is documented, only that a time in the past is refused.
AT_ONCE = timedelta(minutes=15)
PHONE = re.compile(r"\+[0-9]{6,15}")
PHONE_DECORATION = re.compile(r"[\s().\-/]")
# The places of a quotation's two stops in a rate's `carrier_data`.
SENDER_STOP, RECIPIENT_STOP = "sender_stop", "recipient_stop"


def authorization(call: Call, account: Account, now: datetime) -> Mapping[str, str]:
    """The signature of a call: HMAC-SHA256 over time in ms, method, path and the bytes of the body as they go out.

    Raises:
        AuthenticationFailed: the account lacks its key or its secret.
    """
    missing = [name for name in ("api_key", "api_secret") if not account.secrets.get(name)]
    if missing:
        raise AuthenticationFailed(f"account {account.name} has no secret {missing[0]}")
    parts = urlsplit(call.url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    stamp = str((now - EPOCH) // timedelta(milliseconds=1))
    signed = f"{stamp}\r\n{call.method}\r\n{path}\r\n\r\n".encode() + (call.body or b"")
    signature = hmac.digest(account.secrets["api_secret"].encode(), signed, "sha256").hex()
    return {"Authorization": f"hmac {account.secrets['api_key']}:{stamp}:{signature}"}


def scheduled(ready_at: datetime, now: datetime) -> bool:
    """Whether the courier is wanted at a later time instead of at once."""
    return ready_at > now + AT_ONCE


def quotation(shipment: Shipment, ready_at: datetime, account: Account, now: datetime) -> dict[str, object]:
    """The body of POST /v3/quotations: pickup first, then the one dropoff.

    `item` is left out: the words in which it gives weights are not documented for every market.
    """
    data: dict[str, object] = {
        "serviceType": account.option("service_type"),
        "language": account.option("language"),
        "specialRequests": account.options.get("special_requests", []),
        "stops": [_stop(shipment.origin), _stop(shipment.destination)],
    }
    if scheduled(ready_at, now):
        data["scheduleAt"] = f"{ready_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.00Z}"
    return {"data": data}


def order(request: BookRequest, rate: Rate, account: Account) -> dict[str, object]:
    """The body of POST /v3/orders, for a shipment that passed `check`.

    Metadata is the only place for our reference, and cannot be searched.
    """
    shipment = request.shipment
    recipient = {
        "stopId": rate.carrier_data[RECIPIENT_STOP],
        **_contact(shipment.destination),
        "remarks": shipment.destination.instructions,
    }
    metadata = {"internalId": request.tender_reference, "reference": shipment.reference}
    return {
        "data": {
            "quotationId": rate.carrier_quote_id,
            "sender": {"stopId": rate.carrier_data[SENDER_STOP], **_contact(shipment.origin)},
            "recipients": [{key: text for key, text in recipient.items() if text}],
            "isPODEnabled": True,
            "isRecipientSMSEnabled": account.options.get("recipient_sms") is True,
            "metadata": {key: text for key, text in metadata.items() if text},
        }
    }


def check(shipment: Shipment) -> None:
    """Raises ShipmentRejected with everything that an order would lack."""
    missing = []
    for whose, place in (("sender", shipment.origin), ("recipient", shipment.destination)):
        if not place.addressable:
            missing.append(f"the {whose}'s street, city and name are needed")
        if not PHONE.fullmatch(_phone(place)):
            missing.append(f"the {whose}'s phone number is needed, with + and country code")
    if missing:
        raise ShipmentRejected("; ".join(missing), reasons=missing)


def _stop(place: Address) -> dict[str, object]:
    """An address as one line; coordinates are texts, and without them Lalamove looks the address up itself."""
    lines = (place.street1, place.street2, place.city, place.subdivision, place.postal_code, place.country)
    stop: dict[str, object] = {"address": ", ".join(line for line in lines if line)}
    if place.latitude is not None and place.longitude is not None:
        stop["coordinates"] = {"lat": f"{place.latitude:.7f}", "lng": f"{place.longitude:.7f}"}
    return stop


def _contact(place: Address) -> dict[str, str]:
    return {"name": place.name or place.company, "phone": _phone(place)}


def _phone(place: Address) -> str:
    return PHONE_DECORATION.sub("", place.phone)

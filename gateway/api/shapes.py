"""Domain nouns as the JSON the API gives. The schemas in `gateway.api.schemas` document the same shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from gateway.api import shapes_tracking
from gateway.api.auth import services
from gateway.api.prices import money, promise
from gateway.api.shapes_foresight import outlook
from gateway.api.shapes_proofs import Links, proof
from gateway.domain.codec import to_json
from gateway.domain.quotes import CarrierResult, LastResort, Offer, Quote
from gateway.domain.records import AccountRecord, Case, KeyRecord, ShipmentRecord, Tender
from gateway.domain.sentences import recipient_sentence
from gateway.domain.shipments import ReturnWay, Shipment, ShipmentState
from gateway.domain.tracking import reasons
from gateway.domain.values import Address, Parcel
from gateway.services.accounts import PollingView
from gateway.services.shipments import ShipmentFile

Json = dict[str, Any]


def quote(quoted: Quote) -> Json:
    """A quote with every offer, dropped ones included."""
    ranked = quoted.ranked
    return {
        "id": quoted.id,
        "created_at": quoted.created_at,
        "expires_at": quoted.expires_at,
        "policy": quoted.policy,
        "policy_version": quoted.policy_version,
        "zone": quoted.zone,
        "recommended_offer_id": ranked[0].id if ranked else None,
        "last_resort": last_resort(quoted.last_resort),
        "offers": [offer(each, quoted) for each in in_order(quoted)],
        "carrier_results": [carrier_result(result) for result in quoted.carrier_results],
        "checkout": promise(quoted.checkout),
        "metadata": dict(quoted.shipment.metadata),
        "reference": quoted.shipment.reference or None,
    }


def in_order(quoted: Quote) -> list[Offer]:
    """The offers best first, the dropped ones last."""
    return sorted(quoted.offers, key=lambda each: (each.rank is None, each.rank or 0, each.account))


def offer(each: Offer, quoted: Quote) -> Json:
    """One offer; it expires with the quote at the latest. A dead carrier quote is priced anew when booked."""
    rate = each.rate
    return {
        "id": each.id,
        "rank": each.rank,
        "eligible": each.eligible,
        "carrier": each.carrier,
        "account": each.account,
        "service": rate.service.value,
        "carrier_service": rate.carrier_service,
        "price": money(rate.price),
        "surcharges": [
            {"code": line.code, "label": line.label, "amount": line.amount.minor} for line in rate.surcharges
        ],
        "pickup_by": rate.pickup_by,
        "deliver_from": rate.deliver_from,
        "deliver_by": rate.deliver_by,
        "return_way": rate.return_way,
        "expires_at": min(rate.expires_at, quoted.expires_at) if rate.expires_at else quoted.expires_at,
        "co2e_g": each.outlook.co2e_g if rate.co2e_g is None else rate.co2e_g,
        "shown_price": money(each.shown or rate.price),
        "outlook": outlook(each),
        "score": each.score,
        "verdicts": [
            {
                "rule": verdict.rule,
                "effect": verdict.effect.value,
                "penalty": verdict.penalty,
                "why": verdict.why,
                "applied": verdict.applied,
            }
            for verdict in each.verdicts
        ],
    }


def last_resort(found: LastResort | None) -> Json | None:
    """What to show when no offer is left."""
    if found is None:
        return None
    return {**asdict(found), "price": money(found.price)}


def carrier_result(result: CarrierResult) -> Json:
    """How one account answered."""
    return {
        "account": result.account,
        "carrier": result.carrier,
        "state": result.state.value,
        "latency_ms": result.latency_ms,
        "code": result.code,
        "why": result.why,
    }


def summary(shipment: ShipmentRecord) -> Json:
    """A shipment as lists show it."""
    reason, parcels = reasons()[shipment.reason], len(shipment.shipment.parcels)
    waits_for_us = shipment.state in (ShipmentState.NEEDS_REVIEW, ShipmentState.UNCERTAIN)
    return {
        "id": shipment.id,
        "reference": shipment.reference or None,
        "state": shipment.state.value,
        "why": shipment.why or None,
        "status": shipment.status,
        "reason": shipment.reason,
        "phase": shipment.phase,
        "return_of": shipment.return_of or None,
        "account": shipment.account or None,
        "carrier": shipment.carrier or None,
        "service": shipment.service.value if shipment.service else None,
        "tracking_number": shipment.tracking_number or None,
        "carrier_tracking_url": shipment.carrier_tracking_url or None,
        "tracking_url": services().recipients.links.url(shipment.id, shipment.link_version),
        "price": money(shipment.price),
        "promised_price": money(shipment.promised_price),
        "promise": {"deliver_by": shipment.deliver_by},
        "eta": shapes_tracking.eta(shipment),
        "leg": shipment.leg.value,
        "attempts": shipment.attempts,
        "status_conflict": shipment.status_conflict,
        "alarms": list(shipment.alarms),
        "status_at": shipment.status_at,
        "delivered_at": shipment.delivered_at,
        "last_progress_status": shipment.last_progress_status or None,
        "attributable_to": reason.attributable_to,
        "action_required_by": "support" if waits_for_us else reason.action_required_by,
        "recipient_sentence": recipient_sentence(shipment.status, shipment.reason, shipment.pieces, parcels),
        "parcel_statuses": [
            {"tracking_number": number, "status": status} for number, status in sorted(shipment.pieces.items())
        ],
        "created_at": shipment.created_at,
        "updated_at": shipment.updated_at,
        "version": shipment.version,
    }


def shipment(file: ShipmentFile, link: Links) -> Json:
    """A shipment with everything that hangs on it; `link` leads to its pictures."""
    record = file.shipment
    return {
        **summary(record),
        "quote_id": record.quote_id,
        "policy": record.policy,
        "policy_version": record.policy_version,
        "facility": record.shipment.facility or None,
        "origin": address(record.shipment.origin),
        "destination": address(record.shipment.destination),
        "service_point": _service_point(record.shipment),
        "parcels": [parcel(each) for each in record.shipment.parcels],
        "label": _label(file),
        "return_way": _return_way(file),
        "drop_off_codes": list(record.booking.drop_off_codes) if record.booking else [],
        "returns": [{"id": each.id, "state": each.state.value, "status": each.status} for each in file.returns],
        "tenders": [tender(each) for each in file.tenders],
        "cases": [case(each) for each in file.cases],
        "proof_of_delivery": proof(record, file.pictures, link),
        "metadata": dict(record.shipment.metadata),
        "ordered_at": record.shipment.ordered_at,
    }


def _service_point(goods: Shipment) -> str | None:
    """Where it is collected, as a booking names it."""
    return f"{goods.service_point_carrier}:{goods.service_point}" if goods.service_point else None


def _label(file: ShipmentFile) -> Json | None:
    """Where the label is; None while nothing is booked."""
    record = file.shipment
    if record.booking is None or record.state is not ShipmentState.BOOKED or _return_way(file) is ReturnWay.CODE:
        return None
    kind = file.labels[0].value if file.labels else record.label_format.kind.value
    return {
        "format": kind,
        "state": "ready" if file.labels else "at_carrier",
        "href": f"/v1/shipments/{record.id}/label?format={kind}",
    }


def _return_way(file: ShipmentFile) -> ReturnWay | None:
    """How a return that is booked is handed over."""
    return next((each.rate.return_way for each in file.tenders if each.id == file.shipment.tender_id), None)


def address(place: Address) -> Json:
    """An address without empty fields."""
    data: Json = to_json(place)
    return data


def parcel(each: Parcel) -> Json:
    """A parcel in grams and millimetres."""
    return {
        "weight_g": each.weight_g,
        "length_mm": each.length_mm,
        "width_mm": each.width_mm,
        "height_mm": each.height_mm,
        "value": money(each.value),
        "description": each.description or None,
    }


def tender(each: Tender) -> Json:
    """One carrier's answer to one tender."""
    return {
        "id": each.id,
        "account": each.account,
        "carrier": each.carrier,
        "state": each.state.value,
        "why": each.why,
        "at": each.updated_at,
    }


def case(each: Case) -> Json:
    """Something a person must settle."""
    return {
        "id": each.id,
        "kind": each.kind,
        "state": each.state,
        "why": each.why,
        "created_at": each.created_at,
        "resolution": each.resolution,
    }


def account(each: AccountRecord, polling: PollingView, missing: Sequence[str], public_url: str) -> Json:
    """An account; of its secrets only the names."""
    return {
        "id": each.id,
        "name": each.name,
        "carrier": each.carrier,
        "mode": each.mode,
        "urls": dict(each.urls),
        "secrets": sorted(each.secrets),
        "missing_secrets": list(missing),
        "options": dict(each.options),
        "enabled": each.enabled,
        "version": each.version,
        "webhook_url": f"{public_url}/v1/carriers/{each.id}/webhook",
        "resting_until": each.resting_until,
        "resting_why": each.resting_why or None,
        "polling": {
            "daily_budget": polling.budget,
            "day": polling.day,
            "spent": polling.spent,
            "resting_until": polling.resting_until,
        },
        "created_at": each.created_at,
    }


def key(each: KeyRecord) -> Json:
    """A key without its secret."""
    return {
        "id": each.id,
        "name": each.name,
        "prefix": f"gw_{each.mode}_{each.public_id}",
        "mode": each.mode,
        "scopes": list(each.scopes),
        "created_at": each.created_at,
        "expires_at": each.expires_at,
        "revoked_at": each.revoked_at,
        "last_used_at": each.last_used_at,
    }

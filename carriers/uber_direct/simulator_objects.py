"""Deliveries and webhooks in Uber Direct's wire format, for the simulator.

Source: Uber Direct API 1.0.1, GetDeliveryResp (https://github.com/uber/uber-direct-sdk), and webhooks
recorded in https://github.com/chunyenHuang/uber-nodejs-sdk.
"""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any

PIN = "3902"
IMAGES = "https://tb-static.uber.com/prod/file-upload/uploads/simulated"
ENDS = ("delivered", "canceled", "returned")
STEP = timedelta(seconds=1)

Wire = dict[str, Any]


def written(moment: datetime) -> str:
    """A moment as Uber writes it: UTC, milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_delivery(id_: str, order: Wire, fee_cents: int, now: datetime) -> Wire:
    """The answer to a creation: pending, no courier."""
    pickup_ready = order.get("pickup_ready_dt", written(now))
    delivery: Wire = {
        "id": id_,
        "quote_id": order.get("quote_id", ""),
        "status": "pending",
        "complete": False,
        "kind": "delivery",
        "live_mode": False,
        "courier_imminent": False,
        "created": written(now),
        "updated": written(now),
        "pickup": _waypoint(order, "pickup"),
        "dropoff": _waypoint(order, "dropoff"),
        "pickup_ready": pickup_ready,
        "pickup_deadline": order.get("pickup_deadline_dt", written(now + timedelta(minutes=20))),
        "dropoff_ready": order.get("dropoff_ready_dt", pickup_ready),
        "dropoff_deadline": order.get("dropoff_deadline_dt", written(now + timedelta(minutes=68))),
        "pickup_eta": written(now + timedelta(minutes=24)),
        "dropoff_eta": written(now + timedelta(minutes=33)),
        "fee": fee_cents,
        "tip": order.get("tip", 0),
        "currency": "usd",
        "tracking_url": f"https://www.ubereats.com/orders/{id_}",
        "external_id": order.get("external_id", ""),
        "manifest": {"reference": order.get("manifest_reference", "")},
        "manifest_items": order["manifest_items"],
        "undeliverable_action": "",
        "undeliverable_reason": "",
        "related_deliveries": [],
    }
    requirements = copy.deepcopy(order.get("dropoff_verification", {}))
    if "pincode" in requirements:
        requirements["pincode"] = {"enabled": True, "value": PIN}
    if order.get("deliverable_action") == "deliverable_action_leave_at_door":
        requirements["picture"] = True
    delivery["dropoff"]["verification_requirements"] = requirements
    return delivery


def reach(delivery: Wire, scan: str, now: datetime) -> None:
    """Change a delivery to a scan: a status, imminent or not. Two scans never share a moment."""
    status, _, imminent = scan.partition(":")
    at = max(now, datetime.fromisoformat(delivery["updated"]) + STEP)
    delivery.update(status=status, courier_imminent=bool(imminent), updated=written(at), complete=status in ENDS)
    if status == "pickup":
        delivery["courier"] = _courier()
    done = {"pickup_complete": ("pickup", "completed"), "delivered": ("dropoff", "completed")}
    done |= {"returned": ("dropoff", "failed")}
    if status in done:
        side, outcome = done[status]
        delivery[side] |= {"status": outcome, "status_timestamp": written(at)}
    if status == "delivered":
        delivery["dropoff"]["verification"] = _collected(delivery)


def return_delivery(original: Wire, id_: str) -> Wire:
    """The delivery that brings an undeliverable one back: the other way round, same courier."""
    back = copy.deepcopy(original)
    back.update(id=id_, status="pending", courier_imminent=False, complete=False, undeliverable_action="")
    back.update(pickup=original["dropoff"], dropoff=original["pickup"], undeliverable_reason="")
    back["created"] = back["updated"]
    back["related_deliveries"] = [{"id": original["id"], "relationship": "original"}]
    for side in ("pickup", "dropoff"):
        back[side] = {key: value for key, value in back[side].items() if not key.startswith(("status", "verif"))}
    return back


def delivery_status(delivery: Wire) -> Wire:
    """The webhook of a status or of courier_imminent changing."""
    return _event("event.delivery_status", delivery) | {"status": delivery["status"]}


def courier_update(delivery: Wire) -> Wire:
    """The webhook of a moving courier, sent every 20 seconds."""
    return _event("event.courier_update", delivery) | {"location": delivery["courier"]["location"]}


def _event(kind: str, delivery: Wire) -> Wire:
    return {
        "kind": kind,
        "created": delivery["updated"],
        "live_mode": delivery["live_mode"],
        "delivery_id": delivery["id"],
        "data": copy.deepcopy(delivery),
    }


def _waypoint(order: Wire, side: str) -> Wire:
    address = json.loads(order[f"{side}_address"])
    street = [*address.get("street_address", ()), "", ""]
    return {
        "name": order[f"{side}_name"],
        "phone_number": order[f"{side}_phone_number"],
        "address": ", ".join(part for part in (street[0], address.get("city"), address.get("country")) if part),
        "detailed_address": {
            "street_address_1": street[0],
            "street_address_2": street[1],
            "city": address.get("city", ""),
            "state": address.get("state", ""),
            "zip_code": address.get("zip_code", ""),
            "country": address.get("country", ""),
        },
        "location": {"lat": order.get(f"{side}_latitude", 0.0), "lng": order.get(f"{side}_longitude", 0.0)},
        "notes": order.get(f"{side}_notes", ""),
    }


def _courier() -> Wire:
    return {
        "name": "Robo C.",
        "vehicle_type": "car",
        "phone_number": "+14155551212",
        "location": {"lat": 37.7974109, "lng": -122.424145},
        "rating": "5.00",
    }


def _collected(delivery: Wire) -> Wire:
    """What the requirements made the courier collect; a fallback at the door needs a picture."""
    asked = delivery["dropoff"].get("verification_requirements", {})
    proof: Wire = {"completion_location": delivery["dropoff"]["location"]}
    if asked.get("picture") or delivery["undeliverable_action"] == "left_at_door":
        proof["picture"] = {"image_url": f"{IMAGES}/{delivery['id']}/picture"}
    if "signature_requirement" in asked:
        proof["signature"] = {
            "image_url": f"{IMAGES}/{delivery['id']}/signature",
            "name": delivery["dropoff"]["name"],
            "signer_relationship": "SELF",
        }
    if "pincode" in asked:
        proof["pin_code"] = {"entered": asked["pincode"]["value"]}
    if "identification" in asked:
        proof["identification"] = {"min_age_verified": True}
    return proof

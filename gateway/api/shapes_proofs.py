"""Proofs of delivery as the JSON the API gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gateway.domain.codec import to_json
from gateway.domain.distance import arc_m
from gateway.domain.proof_files import READABLE, ProofFile, ProofFileState, missing_proof, wanted_proof
from gateway.domain.records import ShipmentRecord
from gateway.domain.tracking import ProofOfDelivery
from gateway.domain.values import Address
from gateway.services.proof_links import ProofLink

Json = dict[str, Any]
Links = Callable[[ProofFile], ProofLink | None]


def proof(shipment: ShipmentRecord, pictures: Sequence[ProofFile], link: Links) -> Json | None:
    """What is known of the handing over; None where nothing is, and nothing should be by now."""
    needs = shipment.shipment.requirements
    wanted = wanted_proof(needs)
    told = shipment.proof
    if told is None and not (wanted and shipment.status == "delivered"):
        return None
    facts = told or ProofOfDelivery()
    readable = {each.kind for each in pictures if each.state in READABLE}
    away = _distance_m(facts, shipment.shipment.destination)
    return {
        **to_json(facts.facts),
        **({} if away is None else {"distance_m": away}),
        "pictures": [picture(each, link(each)) for each in pictures if each.state is not ProofFileState.DUPLICATE],
        "wanted": list(wanted),
        "missing": list(missing_proof(needs, told, readable)),
    }


def picture(each: ProofFile, link: ProofLink | None) -> Json:
    """One photo or signature."""
    return {
        "id": each.id,
        "kind": each.kind.value,
        "source": each.source,
        "state": "ready" if each.state in READABLE else each.state.value,
        "why": each.why or None if each.state not in READABLE else None,
        "media_type": each.media_type or None,
        "width": each.width or None,
        "height": each.height or None,
        "size_bytes": each.size_bytes or None,
        "sha256": each.sha256 or None,
        "created_at": each.created_at,
        "href": f"/v1/pictures/{link.token}" if link else None,
        "expires_at": link.expires_at if link else None,
    }


def _distance_m(proof: ProofOfDelivery, address: Address) -> int | None:
    if proof.latitude is None or proof.longitude is None or address.latitude is None or address.longitude is None:
        return None
    return round(arc_m(proof.latitude, proof.longitude, address.latitude, address.longitude))

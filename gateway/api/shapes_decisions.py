"""Policies and decisions as the JSON the API gives. The schemas in `gateway.api.schemas.policies` document them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from gateway.api.shapes import carrier_result, in_order, last_resort, offer, tender
from gateway.domain.policy_versions import PolicyRecord
from gateway.domain.quotes import Offer, Quote, Shadow
from gateway.rules.rule_data import RESERVED
from gateway.services.explaining import RunnerUp, explained, score_parts
from gateway.services.policies import Published
from gateway.services.policy_names import PolicyWarning
from gateway.services.shipments import ShipmentFile

Json = dict[str, Any]


def policy(each: PolicyRecord, published: Published, doubtful: Sequence[PolicyWarning]) -> Json:
    """One version of a policy, which ones decide, and what in it is hardly meant so."""
    return {
        "name": each.name,
        "version": each.version,
        "stage": published.stage(each.version).value,
        "live_version": published.live,
        "shadow_version": published.shadow,
        "data": each.data,
        "author": each.author or None,
        "created_at": each.created_at,
        "warnings": warnings(doubtful),
    }


def warnings(doubtful: Sequence[PolicyWarning]) -> list[Json]:
    """At pointers into the request."""
    return [{"pointer": f"/data{each.pointer}", "code": each.code, "message": each.message} for each in doubtful]


def decision(file: ShipmentFile, quoted: Quote) -> Json:
    """Why this carrier."""
    told = explained(quoted, file.tenders, file.shipment.chosen_offer_id)
    accepted = [each for each in file.tenders if each.state.value == "accepted"]
    return {
        "shipment_id": file.shipment.id,
        "quote_id": quoted.id,
        **_judged(quoted),
        "chosen_offer_id": accepted[0].offer_id if accepted else file.shipment.chosen_offer_id or None,
        "runner_up": _runner_up(told.runner_up),
        "sentences": list(told.sentences),
        "tenders": [tender(each) for each in file.tenders],
    }


def evaluation(quoted: Quote, doubtful: Sequence[PolicyWarning], *, saved: bool) -> Json:
    """What a policy would do. A policy that is not saved has no version."""
    told = explained(quoted)
    return {
        **_judged(quoted),
        "policy_version": quoted.policy_version if saved else None,
        "recommended_offer_id": told.winner.id if told.winner else None,
        "matched_rules": _matched(quoted),
        "runner_up": _runner_up(told.runner_up),
        "sentences": list(told.sentences),
        "warnings": warnings(doubtful),
    }


def _judged(quoted: Quote) -> Json:
    return {
        "policy": quoted.policy,
        "policy_version": quoted.policy_version,
        "currency": quoted.policy_currency or None,
        "zone": quoted.zone,
        "offers": [_offer(each, quoted) for each in in_order(quoted)],
        "last_resort": last_resort(quoted.last_resort),
        "shadow": _shadow(quoted.shadow),
        "carrier_results": [carrier_result(result) for result in quoted.carrier_results],
    }


def _offer(each: Offer, quoted: Quote) -> Json:
    parts = [{"part": name, "penalty": penalty} for name, penalty in score_parts(each)]
    return {**offer(each, quoted), "score_parts": parts}


def _runner_up(found: RunnerUp | None) -> Json | None:
    if found is None:
        return None
    return {
        "offer_id": found.offer.id,
        "account": found.offer.account,
        "lost_by": {"amount": found.lost_by, "currency": found.currency},
        "over": [{"part": name, "penalty": minor} for name, minor in found.over],
    }


def _shadow(found: Shadow | None) -> Json | None:
    if found is None:
        return None
    return {
        "policy_version": found.policy_version,
        "offers": [
            {"offer_id": each.offer_id, "rank": each.rank, "score": each.score, "why": each.why or None}
            for each in found.places
        ],
    }


def _matched(quoted: Quote) -> list[Json]:
    """The rules that applied to some offer, in their order, with to how many."""
    found = Counter(verdict.rule for each in quoted.offers for verdict in each.verdicts if verdict.applied)
    order = [verdict.rule for each in quoted.offers[:1] for verdict in each.verdicts if verdict.rule not in RESERVED]
    return [{"rule": name, "offers": found[name]} for name in order if found[name]]

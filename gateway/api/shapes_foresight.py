"""What was foreseen, as plain JSON: outlooks of offers, and how they have fared."""

from __future__ import annotations

from typing import Any

from gateway.domain.quotes import Offer
from gateway.learning.calibration import ChanceCheck, QuantileCheck
from gateway.services.reliability.report import Slice

Json = dict[str, Any]


def outlook(each: Offer) -> Json:
    """What is to be expected of an offer, and on what that rests."""
    known = each.outlook
    return {
        "p_on_time": known.p_on_time,
        "p_first_attempt": known.p_first_attempt,
        "transit_p50_h": known.transit_p50_h,
        "transit_p80_h": known.transit_p80_h,
        "transit_p90_h": known.transit_p90_h,
        "co2e_g": known.co2e_g,
        "deliveries": known.deliveries,
        "since": known.since,
        "until": known.until,
        "source": known.source or None,
        "adjusted": known.adjusted or None,
        "co2e_tier": (known.co2e_tier or None) if each.rate.co2e_g is None else "carrier",
    }


def reliability_slice(each: Slice) -> Json:
    """Deliveries that have something in common, predicted against observed."""
    return {
        "by": each.by or None,
        "value": each.value or None,
        "deliveries": each.deliveries,
        "on_time": _chance(each.on_time),
        "first_attempt": _chance(each.first_attempt),
        "transit": _transit(each.transit),
    }


def _chance(check: ChanceCheck) -> Json:
    return {
        "count": check.count,
        "brier": check.brier,
        "brier_of_mean": check.brier_of_mean,
        "calibration_error": check.error,
        "table": [
            {"count": each.count, "predicted": each.predicted / each.count, "observed": each.true / each.count}
            for each in check.bins
            if each.count
        ],
    }


def _transit(check: QuantileCheck) -> Json:
    return {"count": check.count, "coverage": check.coverage, "pinball_h": check.loss}

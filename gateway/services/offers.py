"""From a carrier's rate to a candidate for the policy, and from the policy's judgement to an offer."""

from __future__ import annotations

from dataclasses import replace

from carriers.base import Profile, Rate
from carriers.base.registry import BrokenCarrier, carrier
from gateway.domain.errors import Unprocessable
from gateway.domain.quotes import Offer
from gateway.domain.values import MAX_MINOR_UNITS, Money
from gateway.rules.policy import Candidate, Judged


def candidate(account_id: str, account: str, profile: Profile, rate: Rate) -> Candidate:
    """A rate of an account, with what its carrier can do and takes."""
    return Candidate(
        account_id=account_id,
        account=account,
        carrier=profile.code,
        kind=profile.kind,
        features=profile.features,
        limits=profile.limits,
        rate=rate,
    )


def offer(offer_id: str, judged: Judged) -> Offer:
    """A judged candidate under an id by which it can be booked."""
    shown, currency = judged.shown_minor, judged.candidate.rate.price.currency
    return Offer(
        id=offer_id,
        account_id=judged.candidate.account_id,
        account=judged.candidate.account,
        carrier=judged.candidate.carrier,
        rate=judged.candidate.rate,
        rank=judged.rank,
        score=judged.score,
        verdicts=judged.verdicts,
        outlook=judged.candidate.outlook,
        shown=None if shown is None else Money.from_minor(min(shown, MAX_MINOR_UNITS), currency),
    )


def recalled(offered: Offer) -> Candidate:
    """The candidate that an offer was made of, with what its carrier can do and takes today.

    Raises:
        Unprocessable: the carrier is no longer installed.
    """
    try:
        profile = carrier(offered.carrier).profile
    except BrokenCarrier as error:
        raise Unprocessable("/quote_id", str(error), "carrier_not_installed") from error
    found = candidate(offered.account_id, offered.account, profile, offered.rate)
    return replace(found, outlook=offered.outlook)

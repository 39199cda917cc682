"""From a carrier's rate to a candidate for the policy, and from the policy's judgement to an offer."""

from __future__ import annotations

from carriers.base import Profile, Rate
from gateway.domain.quotes import Offer
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
    return Offer(
        id=offer_id,
        account_id=judged.candidate.account_id,
        account=judged.candidate.account,
        carrier=judged.candidate.carrier,
        rate=judged.candidate.rate,
        rank=judged.rank,
        score=judged.score,
        verdicts=judged.verdicts,
    )

"""Why this carrier, for people: who won, by how much the runner-up lost and over what, and why the others fell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from gateway.domain.quotes import Effect, Offer, Quote, ResultState, Shadow
from gateway.domain.records import Tender
from gateway.domain.shipments import TenderState
from gateway.domain.timezones import timezone_of
from gateway.rules.gate import GATE
from gateway.rules.market import amount_text


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerUp:
    """The best of the others, by how much it lost (negative where it ranked better), and over which parts, in minor
    units of the policy's currency.
    """

    offer: Offer
    lost_by: int
    currency: str
    over: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A decision told: `winner` is who took the shipment, or else whom the policy ranks first."""

    winner: Offer | None
    runner_up: RunnerUp | None
    sentences: tuple[str, ...]


def explained(quote: Quote, tenders: Sequence[Tender] = (), chosen_offer_id: str = "") -> Explanation:
    """A quote, and what came of its tenders, told."""
    accepted = next((each.offer_id for each in tenders if each.state is TenderState.ACCEPTED), chosen_offer_id)
    ranked = quote.ranked
    winner = next((each for each in quote.offers if each.id == accepted), ranked[0] if ranked else None)
    others = [each for each in ranked if winner is not None and each.id != winner.id]
    runner_up = _runner_up(quote, winner, others[0]) if winner is not None and others else None
    return Explanation(
        winner=winner, runner_up=runner_up, sentences=tuple(_sentences(quote, tenders, winner, runner_up))
    )


def score_parts(offer: Offer) -> tuple[tuple[str, int], ...]:
    """What makes up an offer's score, line by line; those of a dropped offer too."""
    return tuple((each.rule, each.penalty or 0) for each in offer.verdicts if each.effect is Effect.RANK)


def _runner_up(quote: Quote, winner: Offer, other: Offer) -> RunnerUp | None:
    currency = quote.policy_currency or winner.rate.price.currency
    if winner.score is None or other.score is None:
        return None
    mine, theirs = dict(score_parts(winner)), dict(score_parts(other))
    over = [(name, theirs.get(name, 0) - mine.get(name, 0)) for name in {**mine, **theirs}]
    return RunnerUp(
        offer=other,
        lost_by=other.score - winner.score,
        currency=currency,
        over=tuple((name, minor) for name, minor in over if minor),
    )


def _sentences(
    quote: Quote, tenders: Sequence[Tender], winner: Offer | None, runner_up: RunnerUp | None
) -> Iterator[str]:
    yield f"Policy {quote.policy}, version {quote.policy_version}, judged {_count(len(quote.offers), 'offer')}."
    if winner is None:
        yield "No offer was left."
    else:
        yield _won(quote, winner, taken=any(each.state is TenderState.ACCEPTED for each in tenders))
        yield from _expected(winner)
    if runner_up is not None:
        yield _lost(runner_up)
    yield from _out(quote)
    zone = timezone_of(quote.shipment.origin) or UTC  # as promises are told in: see `gateway.rules.score`
    yield from (_tendered(each, zone) for each in tenders)
    if quote.shadow is not None:
        yield _on_trial(quote, quote.shadow, winner)
    if quote.last_resort is not None:
        resort = quote.last_resort
        yield f"Buyers are shown the rate of last resort: {resort.name}, {resort.price}."


def _out(quote: Quote) -> Iterator[str]:
    """Who fell, and who gave no offer."""
    for fallen in (each for each in quote.offers if not each.eligible):
        yield f"{named(fallen)} was out: {dropped_by(fallen)}."
    for result in quote.carrier_results:
        if result.state is not ResultState.OK:
            yield f"{result.account} gave no offer: {result.why or result.state.value}."


def dropped_by(offer: Offer) -> str:
    """What dropped it, rule by rule; a rule that has a name of the merchant's is named."""
    fatal = [each for each in offer.verdicts if each.effect is Effect.DROP]
    return "; ".join(each.why if each.rule in GATE else f"{each.rule}: {each.why}" for each in fatal)


def nothing_left(quote: Quote) -> str:
    """Why there is nobody to tender to: what each offer fell over, and who gave none."""
    return " ".join(["no offer could be tendered.", *_out(quote)])


def _tendered(tender: Tender, zone: tzinfo) -> str:
    why = f" ({tender.why})" if tender.why and tender.why != tender.state.value else ""
    return f"Tendered to {tender.account} at {_clock(tender.created_at.astimezone(zone))}: {tender.state.value}{why}."


def _won(quote: Quote, winner: Offer, *, taken: bool) -> str:
    verb = "took it" if taken else "is recommended"
    first = "" if winner.rank == 1 else f" as number {winner.rank} of the ranking" if winner.rank else ""
    if winner.score is None:
        return f"{named(winner)} {verb}{first}."
    currency = quote.policy_currency or winner.rate.price.currency
    parts = ", ".join(f"{name} {amount_text(minor, currency)}" for name, minor in score_parts(winner))
    total = amount_text(winner.score, currency)
    return f"{named(winner)} {verb}{first}; it counts {total}" + (f": {parts}." if parts else ".")


def _expected(winner: Offer) -> Iterator[str]:
    """What is expected of the winner, and the data behind it."""
    known = winner.outlook
    told = []
    if known.p_on_time is not None:
        told.append(f"{known.p_on_time * 100:.0f} % on time")
    if known.p_first_attempt is not None:
        told.append(f"{known.p_first_attempt * 100:.0f} % at the first attempt")
    if known.transit_p50_h is not None and known.transit_p90_h is not None:
        told.append(f"half within {known.transit_p50_h:.0f} h, nine of ten within {known.transit_p90_h:.0f} h")
    if told:
        between = f" from {known.since} to {known.until}" if known.since and known.until else ""
        rests = f"as in {_count(known.deliveries, 'delivery')} of {known.source or 'this account'}{between}"
        yield f"From {winner.account} we expect {', '.join(told)}, {rests}."
        if known.adjusted:
            yield f"The hours are adjusted for this distance and area by {known.adjusted}."
    else:
        yield f"No delivery by {winner.account} had ended when this was decided: how reliable it is was not known."


def _lost(runner_up: RunnerUp) -> str:
    by, currency = runner_up.lost_by, runner_up.currency
    over = ", ".join(f"its {name} counts {_more_or_less(diff, currency)}" for name, diff in runner_up.over)
    if by == 0:
        return f"{named(runner_up.offer)} counts the same and stands behind it by price, promise or name."
    if by > 0:
        return f"Runner-up is {named(runner_up.offer)}; it lost by {amount_text(by, currency)}: {over}."
    return f"{named(runner_up.offer)} had ranked better by {amount_text(-by, currency)}: {over}."


def _more_or_less(diff: int, currency: str) -> str:
    return f"{amount_text(abs(diff), currency)} {'more' if diff > 0 else 'less'}"


def _on_trial(quote: Quote, shadow: Shadow, winner: Offer | None) -> str:
    best = next((place for place in shadow.places if place.rank == 1), None)
    start = f"Version {shadow.policy_version}, on trial without effect, would"
    if best is None:
        return f"{start} have left no offer."
    if winner is not None and best.offer_id == winner.id:
        return f"{start} have chosen the same."
    named = next((named(each) for each in quote.offers if each.id == best.offer_id), best.offer_id)
    return f"{start} have chosen {named}."


def named(offer: Offer) -> str:
    """An offer, for people."""
    return f"{offer.account} ({offer.rate.service.value.replace('_', ' ')}, {offer.rate.price})"


def _count(number: int, what: str) -> str:
    many = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number} {what if number == 1 else many}"


def _clock(moment: datetime) -> str:
    return moment.isoformat(sep=" ", timespec="minutes")

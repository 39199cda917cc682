"""Service points: one search over all accounts under one deadline, and whose a chosen point is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from carriers.base import BadCarrierResponse, Capability
from carriers.base.drive import Outcome
from gateway.domain.distance import metres_between
from gateway.domain.errors import Unprocessable
from gateway.domain.handover import ServicePoint, normal_hours
from gateway.domain.quotes import CarrierResult, Offer, ResultState, ServiceLevel
from gateway.domain.shipments import Shipment
from gateway.domain.values import Address
from gateway.services.carrier_pool import BrokenAccount, CarrierPool, LiveCarrier
from gateway.services.faultpoints import Purpose
from gateway.services.ports import Mode
from gateway.services.results import chosen, result_of, unasked
from gateway.settings import Quoting

POINTER = "/service_point"


@dataclass(frozen=True, slots=True, kw_only=True)
class PointSearch:
    """Where to look: `near` needs a country and a postcode or coordinates. `account` "" means all."""

    near: Address
    radius_m: int
    limit: int
    account: str = ""
    deadline_ms: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPoint:
    """A carrier's point, and the accounts by which it can be booked: several contracts may lead to one carrier."""

    carrier: str
    accounts: tuple[str, ...]
    point: ServicePoint

    @property
    def id(self) -> str:
        """The name under which it is booked: ids are each carrier's own, so the carrier is part of it."""
        return f"{self.carrier}:{self.point.id}"


class ServicePoints:
    """Finds service points."""

    def __init__(self, pool: CarrierPool, settings: Quoting) -> None:
        self._pool = pool
        self._settings = settings

    def near(
        self, merchant_id: str, mode: Mode, search: PointSearch, *, each: bool = False
    ) -> tuple[Sequence[FoundPoint], Sequence[CarrierResult]]:
        """Points nearest first (those of unknown distance last), and how each account answered.

        The same shop of two carriers is two points: opening hours, limits and what books them differ. Never fails for
        one carrier. `each`: up to the limit of every carrier, not in all.

        Raises:
            NotFound: no account of that name.
        """
        wanted = (search.account,) if search.account else ()
        meant, results = chosen(self._pool.now_of(merchant_id, mode), wanted)
        asked: list[LiveCarrier] = []
        for live in meant:
            resting, why = self._pool.resting(live), _unserved(live, search.near)
            if why is not None:
                results.append(unasked(live.record, ResultState.INELIGIBLE, "ineligible", why))
            elif resting is not None:
                results.append(unasked(live.record, ResultState.SKIPPED, "resting", resting))
            else:
                asked.append(live)
        calls = [_points(live, search) for live in asked]
        outcomes = self._pool.ask_all(Purpose.SERVICE_POINTS, asked, calls, self._deadline_s(search))
        nothing = "the carrier has no service point there"
        results += [result_of(live, outcome, nothing) for live, outcome in zip(asked, outcomes, strict=True)]
        found = _merged(asked, outcomes, search)
        return _nearest_of_each(found, search.limit) if each else found[: search.limit], results

    def _deadline_s(self, search: PointSearch) -> float:
        wanted = search.deadline_ms or self._settings.deadline_ms
        return min(wanted, self._settings.max_deadline_ms) / 1000


def check_owner(shipment: Shipment, lives: Sequence[LiveCarrier], broken: Sequence[BrokenAccount]) -> None:
    """A chosen point must be of a carrier that somebody can be asked to book it with.

    Raises:
        Unprocessable: at /service_point, because no account is at its carrier, or that carrier has no points.
    """
    carrier = shipment.service_point_carrier
    if not shipment.service_point:
        return
    if carrier not in {each.record.carrier for each in lives} | {each.record.carrier for each in broken}:
        raise Unprocessable(POINTER, f"no account of yours is at {carrier}, whose point it is", "not_your_carrier")
    theirs = [live for live in lives if live.record.carrier == carrier]
    if theirs and not any(live.carrier.profile.features.service_points for live in theirs):
        raise Unprocessable(POINTER, f"{carrier} has no service points", "no_service_points")


def leads_to(offer: Offer, shipment: Shipment) -> bool:
    """Whether an offer goes where the shipment does: any, unless a service point was chosen."""
    to_point = offer.rate.service is ServiceLevel.SERVICE_POINT
    return not shipment.service_point or (to_point and offer.carrier == shipment.service_point_carrier)


def check_offers(shipment: Shipment, offers: Sequence[Offer]) -> None:
    """Somebody among the offers must go to the chosen point.

    Raises:
        Unprocessable: at /service_point, because it is a point of another carrier, or its carrier goes to the door.
    """
    if any(leads_to(offer, shipment) for offer in offers):
        return
    carrier = shipment.service_point_carrier
    others = ", ".join(sorted({offer.carrier for offer in offers})) or "nobody"
    if carrier in others.split(", "):
        raise Unprocessable(POINTER, f"what {carrier} offers in this quote goes to the door", "not_to_a_service_point")
    why = f"it is a point of {carrier}, and the quote's offer is of {others}"
    raise Unprocessable(POINTER, why, "point_of_another_carrier")


def _unserved(live: LiveCarrier, near: Address) -> str | None:
    if not live.can(Capability.SERVICE_POINTS):
        return "has no service points"
    if near.country not in live.carrier.profile.countries:
        return f"does not deliver to {near.country}"
    return None


def _merged(
    asked: Sequence[LiveCarrier], outcomes: Sequence[Outcome[Sequence[ServicePoint]]], search: PointSearch
) -> Sequence[FoundPoint]:
    found: dict[str, FoundPoint] = {}
    for live, outcome in zip(asked, outcomes, strict=True):
        for point in outcome.value or ():
            one = FoundPoint(carrier=live.record.carrier, accounts=(live.record.name,), point=_normal(point, search))
            known = found.get(one.id)
            found[one.id] = replace(known, accounts=(*known.accounts, *one.accounts)) if known else one
    near = [each for each in found.values() if (each.point.distance_m or 0) <= search.radius_m]
    near.sort(key=lambda each: (each.point.distance_m is None, each.point.distance_m or 0, each.id))
    return near


def _nearest_of_each(found: Sequence[FoundPoint], most: int) -> Sequence[FoundPoint]:
    seen: Counter[str] = Counter()
    kept = []
    for one in found:
        seen[one.carrier] += 1
        if seen[one.carrier] <= most:
            kept.append(one)
    return kept


def _normal(point: ServicePoint, search: PointSearch) -> ServicePoint:
    """Hours in one form; the distance as the carrier measured it, else as the crow flies."""
    measured = point.distance_m if point.distance_m is not None else metres_between(search.near, point.address)
    return replace(point, opening_hours=normal_hours(point.opening_hours), distance_m=measured)


async def _points(live: LiveCarrier, search: PointSearch) -> Sequence[ServicePoint]:
    found: Sequence[ServicePoint] = await live.carrier.service_points(  # type: ignore[attr-defined]  # the role was seen
        search.near, search.radius_m, search.limit
    )
    for point in found:
        if not isinstance(point, ServicePoint) or not point.id:
            raise BadCarrierResponse("a service point that is none")
    return found

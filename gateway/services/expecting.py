"""The ETA of a shipment in flight, out of three voices: what finished shipments taught, the carrier, the promise.

Where both the first two speak, the one is heard whose latest times have had the lower loss in this stage on this lane
of late, or in its service where the lane has too few (pinball loss at 0.9, both forecast before the outcome was known:
`gateway.learning.courses`). A proper score, unlike the bare share of windows that held, does not prefer the wider
window. Until 20 pairs were compared the carrier is heard: it knows this very parcel. The promise only speaks where
nobody else does. A time that was wished and that the carrier agreed to goes before all, until the carrier says
something newer or is on its way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from gateway.domain.diversions import Agreed
from gateway.domain.eta import Eta, EtaSource
from gateway.domain.records import ShipmentRecord, TrackerRecord
from gateway.domain.stages import EXPECTED, Stage
from gateway.learning.courses import Courses
from gateway.learning.lanes import Path
from gateway.services.reliability.courses import LANE, left_path
from gateway.services.reliability.facts import HOUR_S, day_of

STEP_S = 300
"""Windows begin and end on full five minutes."""

LAST_PART = 0.25
"""Who names only an end is taken to mean the last quarter of what is left. Ours, no measurement."""

LEAST_MOVE, MOVED_SHARE = timedelta(minutes=15), 0.1
"""An ETA has moved when an end of it is off by a quarter of an hour and by a tenth of what is left: less would only
make people nervous. Ours, no measurement."""

OUT = "out"
"""The stage in which what is learnt and seen counts again, whatever was agreed before."""

PROBABLY = 0.5
HARDLY = timedelta(minutes=15)
"""Who comes so little after the promise has kept it: carriers count from the booking, the promise from the quote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is expected of a shipment: the window, if there is one, and whether it will probably break the promise."""

    eta: Eta | None
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All that an expectation is made of. `before` is the ETA there is; `promise`: by when it is not late. `group`: the
    service, zone and weekday (as in `group_of`) whose finished shipments tell of it, or () where nobody knows them.
    """

    before: Eta | None
    promise: datetime | None
    tracker: TrackerRecord
    stage: Stage
    courses: Courses
    group: Path
    agreed: Agreed | None = None


def expectation(known: Known, now: datetime) -> Expectation:
    """The present ETA: the one there is, unless it has moved or is over."""
    if known.stage.name not in EXPECTED:
        return Expectation(eta=None, late=False)
    promise, estimate = known.promise, known.tracker.estimated_delivery_at
    if (window := _agreed(known, now)) is not None:
        return _expected(known, window, EtaSource.AGREED, now, late=False)
    wished = known.agreed is not None and known.stage.name != OUT  # of which no history knows
    learnt = None if wished else _learnt(known, now)
    carrier_counts = estimate is not None and estimate > now
    if carrier_counts and learnt is not None:
        day = day_of(known.stage.began)
        carrier_counts = known.courses.carrier_is_better(known.stage.name, known.group[:LANE], day)
    if estimate is not None and carrier_counts:
        window = _until(estimate, learnt[0] if learnt else None, now)
        return _expected(
            known, window, EtaSource.CARRIER, now, late=promise is not None and estimate > promise + HARDLY
        )
    if learnt is not None:
        return _expected(known, learnt, EtaSource.LEARNT, now, late=_late(known, now) >= PROBABLY)
    if promise is not None and promise > now:
        return _expected(known, _until(promise, None, now), EtaSource.PROMISE, now, late=False)
    return Expectation(eta=None, late=promise is not None)


def has_moved(before: Eta | None, after: Eta | None) -> bool:
    """Whether one who knew the one should be told the other."""
    if before is None or after is None:
        return False
    least = max(LEAST_MOVE, MOVED_SHARE * (after.latest - after.updated_at))
    return abs(after.latest - before.latest) >= least or abs(after.earliest - before.earliest) >= least


def due_by(shipment: ShipmentRecord) -> datetime | None:
    """By when it is not late: the promise, or the end of the time for which it was put off by wish."""
    return shipment.agreed.window.end if shipment.agreed else shipment.deliver_by


def _learnt(known: Known, now: datetime) -> tuple[datetime, datetime] | None:
    gone = max((now - known.stage.began).total_seconds() / HOUR_S, 0.0)
    path = left_path(known.stage.name, known.group)
    hours = known.courses.window(path, day_of(known.stage.began), gone)
    if hours is None:
        return None
    earliest, latest = (known.stage.began + timedelta(hours=each) for each in hours)
    return max(earliest, now), max(latest, now)


def _agreed(known: Known, now: datetime) -> tuple[datetime, datetime] | None:
    """The time that was wished, as long as nothing else is known: no scan at the door, no estimate made since."""
    agreed, estimate, said_at = known.agreed, known.tracker.estimated_delivery_at, known.tracker.estimated_as_of
    if agreed is None or known.stage.name == OUT or agreed.window.end <= now:
        return None
    start, end = agreed.window.start, agreed.window.end
    newer = said_at is not None and said_at > agreed.at
    if newer and estimate is not None and not start <= estimate <= end + HARDLY:
        return None
    return max(start, now), end


def _late(known: Known, now: datetime) -> float:
    """The chance that it comes after the promise."""
    promise, began = known.promise, known.stage.began
    if promise is None:
        return 0.0
    gone, by = (max((moment - began).total_seconds() / HOUR_S, 0.0) for moment in (now, promise + HARDLY))
    path = left_path(known.stage.name, known.group)
    if by <= gone:
        return 1.0
    return known.courses.late(path, day_of(began), gone, by) or 0.0


def _until(latest: datetime, earliest: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    """A window from one who only names its end."""
    begin = latest - LAST_PART * (latest - now) if earliest is None else earliest
    return max(now, min(begin, latest)), latest


def _expected(
    known: Known, window: tuple[datetime, datetime], source: EtaSource, now: datetime, *, late: bool
) -> Expectation:
    earliest, latest = _stepped(window[0], up=False), _stepped(window[1], up=True)
    new = Eta(earliest=earliest, latest=latest, source=source, updated_at=now)
    old = known.before
    stands = old is not None and old.source is source and old.latest > now and not has_moved(old, new)
    return Expectation(eta=old if stands else new, late=late)


def _stepped(moment: datetime, *, up: bool) -> datetime:
    steps = moment.timestamp() // STEP_S
    whole = steps * STEP_S == moment.timestamp()
    return datetime.fromtimestamp((steps + (up and not whole)) * STEP_S, UTC)

"""Trackers that are asked for together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.domain.records import TrackerRecord
from gateway.services.carrier_pool import LiveCarrier


@dataclass(frozen=True, slots=True)
class PollBatch:
    """Trackers of one account, as many as its carrier takes at once; `tries` as on claimed rows."""

    live: LiveCarrier
    trackers: tuple[TrackerRecord, ...]

    @property
    def tries(self) -> int:
        """Claims since the last result, of the worst of them."""
        return max(tracker.tries for tracker in self.trackers)


def split(live: LiveCarrier, trackers: Sequence[TrackerRecord]) -> Iterator[PollBatch]:
    """As many to a batch as the carrier takes; each that failed before is asked for alone."""
    suspects = [tracker for tracker in trackers if tracker.tries > 1]
    others = [tracker for tracker in trackers if tracker.tries <= 1]
    size = live.carrier.profile.polling.batch
    for start in range(0, len(others), size):
        yield PollBatch(live, tuple(others[start : start + size]))
    for suspect in suspects:
        yield PollBatch(live, (suspect,))

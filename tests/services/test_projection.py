"""What a fold comes to is what its shipment shows, whatever was told first; and every change is told of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.domain.fold import current_status
from gateway.domain.shipments import ShipmentState
from gateway.domain.tracking import TrackingEvent
from gateway.services.projection import project, told
from tests.conftest import TestDatabase
from tests.domain.test_fold import event, histories
from tests.storage import made

FEW = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # nothing of an example is committed
)
BOOKED = event("booked", event_id="booked")


@FEW
@given(
    histories.map(lambda events: [BOOKED, *events]),
    st.sampled_from([(), ("A",), ("A", "B")]),
    st.integers(0, 11),
)
def test_a_shipment_is_what_its_events_tell_and_every_change_has_a_version(
    sqlite_database: TestDatabase, events: Sequence[TrackingEvent], pieces: tuple[str, ...], before_booking: int
) -> None:
    with sqlite_database.store.work() as uow:
        made.merchant(uow)
        uow.shipments.add(made.shipment(state=ShipmentState.BOOKED, tender_id="tnd_1", booking=made.booking()))
        uow.tenders.add(made.tender())
        tracker = made.tracker(parcel_numbers=pieces)
        uow.trackers.add(tracker)
        for number, each in enumerate(events):
            if number == min(before_booking, len(events) - 1):
                tracker = replace(tracker, shipment_id="shp_1", tender_id="tnd_1")
                uow.trackers.update(tracker)
            uow.trackers.append(tracker, each, "")
            before = uow.shipments.get(made.MERCHANT, "shp_1")
            tracker = project(uow, tracker, made.NOW, "test").tracker
            after = uow.shipments.get(made.MERCHANT, "shp_1")
            assert before is not None
            assert after is not None
            assert (after.version > before.version) == (after != before)
        current = current_status(uow.trackers.events(made.MERCHANT, tracker.id), pieces)
        shown = {name: getattr(after, name) for name in told(current)}
        assert (shown, after.pieces, after.leg) == (told(current), current.pieces, current.leg)

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.domain.fold import CurrentStatus, current_status, sort_key
from gateway.domain.honest_time import clamp
from gateway.domain.tracking import Leg, TrackingEvent, reasons, statuses

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MUCH = settings(max_examples=500, deadline=None)
ENOUGH = settings(max_examples=150, deadline=None)


def event(
    status: str,
    minute: float = 0,
    reason: str = "none",
    *,
    event_id: str = "",
    leg: Leg = Leg.OUTBOUND,
    piece: str = "",
    correction: bool = False,
) -> TrackingEvent:
    return TrackingEvent(
        event_id=event_id or f"{status}/{reason}/{minute}/{leg}/{piece}",
        occurred_at=NOON + timedelta(minutes=minute),
        status=status,
        reason=reason,
        leg=leg,
        piece=piece,
        correction=correction,
    )


def story(*told: str | tuple[str, str]) -> list[TrackingEvent]:
    """Events an hour apart, as "status" or (status, reason); "<status" is told on the return leg."""
    pairs = [(item, "none") if isinstance(item, str) else item for item in told]
    return [
        event(
            status.removeprefix("<"),
            60 * hour,
            reason,
            leg=Leg.RETURN if status.startswith("<") else Leg.OUTBOUND,
        )
        for hour, (status, reason) in enumerate(pairs)
    ]


anything = st.builds(
    TrackingEvent,
    event_id=st.sampled_from([f"e{n}" for n in range(12)]),
    occurred_at=st.builds(
        lambda minute, hours: (NOON + timedelta(minutes=minute)).astimezone(timezone(timedelta(hours=hours))),
        st.integers(0, 40),
        st.sampled_from([0, 2, -5]),
    ),
    status=st.sampled_from(sorted(statuses())),
    reason=st.sampled_from(["none", "carrier_message", "courier_nearby", "courier_at_dropoff", "damaged"]),
    leg=st.sampled_from([Leg.OUTBOUND, Leg.OUTBOUND, Leg.RETURN]),
    piece=st.sampled_from(["", "", "A", "B"]),
    correction=st.sampled_from([False] * 6 + [True]),
)
histories = st.lists(anything, max_size=10)
reported = st.lists(anything.map(lambda told: replace(told, correction=False)), max_size=10)


@MUCH
@given(histories, st.data())
def test_order_and_repetition_of_the_same_events_never_matter(events: list[TrackingEvent], data: st.DataObject) -> None:
    repeated = data.draw(st.lists(st.sampled_from(events), max_size=6)) if events else []
    arrived = data.draw(st.permutations([*events, *repeated]))
    pieces = data.draw(st.permutations(["A", "B", "C"]))
    assert current_status(arrived, pieces) == current_status(events, ["A", "B", "C"])


@ENOUGH
@given(histories)
def test_of_two_copies_of_one_event_only_the_smaller_counts(events: list[TrackingEvent]) -> None:
    kept = {name: min((e for e in events if e.event_id == name), key=sort_key) for name in {e.event_id for e in events}}
    assert current_status(events) == current_status(kept.values())


@ENOUGH
@given(reported.map(lambda events: [replace(e, piece="") for e in events]), anything)
def test_a_final_status_holds_but_for_the_documented_ways_on(events: list[TrackingEvent], later: TrackingEvent) -> None:
    before = current_status(events)
    after = current_status([*events, last_of(later, events)])
    if before.status == "delivered":
        assert after.status in ("delivered", "returning", "returned")
    if before.status == "returned":
        assert after.status == "returned"
    if before.status == "failed" and after.status != "failed":
        assert after.status not in ("unknown", "created", "booked", "assigned", "cancelled", "expired")
    if before.status == "cancelled" and after.status != "cancelled":
        assert after.status_conflict


@ENOUGH
@given(histories, st.sampled_from(["carrier_message", "unmapped_carrier_code", "tracking_unavailable"]))
def test_an_unknown_event_changes_nothing(events: list[TrackingEvent], reason: str) -> None:
    news = event("unknown", 500, reason, event_id="news")
    assert current_status([*events, news]) == current_status(events)
    early = event("unknown", -500, reason, event_id="news", correction=True)
    assert current_status([*events, early]) == current_status(events)


@ENOUGH
@given(st.sets(st.integers(0, 60), max_size=6), reported)
def test_attempts_can_be_counted_from_the_events_whatever_else_is_reported(
    quarters: set[int], others: list[TrackingEvent]
) -> None:
    failed = [event("attempt_failed", 15 * quarter) for quarter in quarters]
    noise = [replace(e, status="exception", reason="delay_carrier", leg=Leg.OUTBOUND, piece="") for e in others]
    told = current_status([*failed, *noise])
    assert told.attempts == len(quarters)
    assert told.first_attempt_at == (min(e.occurred_at for e in failed) if failed else None)


@ENOUGH
@given(histories)
def test_a_shipment_is_delivered_only_when_every_known_piece_is(events: list[TrackingEvent]) -> None:
    told = current_status(events, ["A", "B", "C"])
    assert set(told.pieces) == {"A", "B", "C"}
    assert (told.status == "delivered") == all(status == "delivered" for status in told.pieces.values())


@ENOUGH
@given(histories)
def test_every_result_is_one_of_ours_and_consistent(events: list[TrackingEvent]) -> None:
    told = current_status(events)
    facts = statuses()[told.status]
    assert (told.phase, told.terminal) == (facts.phase, facts.terminal)
    assert told.reason in reasons()
    assert (told.status == "unknown") == (told.occurred_at is None) == (told.event_id == "")
    assert (told.attempts == 0) == (told.first_attempt_at is None)
    if told.status == "delivered":
        assert told.delivered_at
        assert told.attempts >= 1


def last_of(later: TrackingEvent, events: Iterable[TrackingEvent]) -> TrackingEvent:
    """The same event, but uncorrected, without piece, under its own id and after all others."""
    return replace(
        later,
        event_id="later",
        piece="",
        correction=False,
        occurred_at=max((e.occurred_at for e in events), default=NOON) + timedelta(minutes=1),
    )


def test_a_shipment_without_events_is_unknown() -> None:
    assert current_status([]) == CurrentStatus()
    assert current_status([], ["A"]).pieces == {"A": "unknown"}


BRING_DELIVERED = [
    ("in_transit", "facility_departure", "2010-09-30T08:27:08+02:00"),
    ("out_for_delivery", "none", "2010-09-30T16:48:57+02:00"),
    ("delivered", "delivered_signed", "2010-09-30T17:45:25+02:00"),
]
"""Scans of the example parcel TESTPACKAGEDELIVERED. Source: developer.bring.com, Tracking API, examples."""


def test_a_bring_parcel_is_delivered_at_the_time_of_its_scan() -> None:
    scans = [
        TrackingEvent(
            event_id=f"bring-{at}",
            occurred_at=datetime.fromisoformat(at),
            status=status,
            reason=reason,
            piece="P",
        )
        for status, reason, at in BRING_DELIVERED
    ]
    told = current_status(reversed(scans), ["P"])
    assert (told.status, told.reason, told.attempts) == ("delivered", "delivered_signed", 1)
    assert told.delivered_at == datetime(2010, 9, 30, 15, 45, 25, tzinfo=UTC)
    assert told.last_progress_status == "delivered"


STORIES = [
    pytest.param(
        [
            ("booked", "searching_courier"),
            ("pickup_in_progress", "courier_en_route_to_pickup"),
            ("pickup_in_progress", "courier_nearby"),
            "picked_up",
            ("out_for_delivery", "courier_en_route_to_dropoff"),
            ("out_for_delivery", "courier_nearby"),
            ("delivered", "delivered_to_recipient"),
        ],
        ("delivered", "delivered_to_recipient", 1, False),
        id="Uber Direct from pending to delivered, each imminent flag told apart",
    ),
    pytest.param(
        ["booked", "picked_up", "out_for_delivery", "returning", "<booked", "<picked_up", "<delivered"],
        ("returned", "none", 0, False),
        id="Uber Direct returned: the linked delivery reaches the sender",
    ),
    pytest.param(
        [
            ("booked", "pre_advice_received"),
            "picked_up",
            ("in_transit", "facility_arrival"),
            "out_for_delivery",
            ("attempt_failed", "recipient_unavailable"),
            ("available_for_pickup", "at_pickup_point"),
            ("unknown", "carrier_message"),
            ("delivered", "delivered_collected_by_recipient"),
        ],
        ("delivered", "delivered_collected_by_recipient", 2, False),
        id="Bring: nobody home, then collected at the service point",
    ),
    pytest.param(
        ["picked_up", "available_for_pickup", ("returning", "not_collected"), "in_transit", "returned"],
        ("returned", "none", 0, False),
        id="Bring RETURN, scans on the way, DELIVERED_SENDER",
    ),
    pytest.param(
        ["out_for_delivery", "attempt_failed", "in_transit", "out_for_delivery"],
        ("out_for_delivery", "none", 1, False),
        id="a second round follows a failed attempt",
    ),
    pytest.param(
        ["booked", "assigned", "booked", "assigned", "pickup_in_progress", "booked"],
        ("booked", "none", 0, False),
        id="crowd couriers come and go before custody",
    ),
    pytest.param(
        ["assigned", "picked_up", "assigned", ("pickup_in_progress", "courier_at_pickup")],
        ("picked_up", "none", 0, False),
        id="but not after it",
    ),
    pytest.param(
        ["booked", ("exception", "not_ready_at_pickup"), "assigned"],
        ("assigned", "none", 0, False),
        id="a problem at the pickup is no custody",
    ),
    pytest.param(
        ["out_for_delivery", "attempt_failed", ("out_for_delivery", "courier_nearby")],
        ("attempt_failed", "none", 1, False),
        id="a courier's position does not undo a failed attempt",
    ),
    pytest.param(
        ["out_for_delivery", ("in_transit", "carrier_message")],
        ("out_for_delivery", "none", 0, False),
        id="a remark takes nothing back",
    ),
    pytest.param(
        ["booked", ("in_transit", "carrier_message")],
        ("in_transit", "carrier_message", 0, False),
        id="a remark may take it forward",
    ),
    pytest.param(
        [("in_transit", "facility_arrival"), ("in_transit", "carrier_message")],
        ("in_transit", "facility_arrival", 0, False),
        id="a remark says less than a scan",
    ),
    pytest.param(
        ["picked_up", ("exception", "missorted"), "assigned"],
        ("exception", "missorted", 0, False),
        id="a problem on the way ends no custody",
    ),
    pytest.param(
        ["failed", ("out_for_delivery", "courier_at_dropoff")],
        ("out_for_delivery", "courier_at_dropoff", 0, False),
        id="a lost parcel at the door is found",
    ),
    pytest.param(["delivered", "returned"], ("returned", "none", 1, False), id="a customer's return"),
    pytest.param(
        ["delivered", "<created", "<in_transit"],
        ("returning", "none", 1, False),
        id="a return begins with its first scan, not with its label",
    ),
    pytest.param(["delivered", "in_transit"], ("delivered", "none", 1, False), id="a scan after the door"),
    pytest.param(["returned", "delivered"], ("returned", "none", 0, True), id="delivered after returned"),
    pytest.param(["delivered", "failed"], ("delivered", "none", 1, True), id="lost after delivered"),
    pytest.param(["delivered", "cancelled"], ("delivered", "none", 1, True), id="cancelled after delivered"),
    pytest.param(["failed", "cancelled"], ("failed", "none", 0, True), id="cancelled after failed"),
    pytest.param(
        ["returning", "delivered"],
        ("returning", "none", 0, True),
        id="delivered after a return began may be the sender's door: never claimed",
    ),
    pytest.param(["returning", "expired", "delivered"], ("expired", "none", 0, True), id="not even after a silence"),
    pytest.param(["<delivered"], ("returned", "none", 0, False), id="delivered on the return leg"),
    pytest.param(["failed", "in_transit"], ("in_transit", "none", 0, False), id="lost and found"),
    pytest.param(["failed", "booked"], ("failed", "none", 0, False), id="data do not find a lost parcel"),
    pytest.param(["expired", "delivered"], ("delivered", "none", 1, False), id="news after the silence"),
    pytest.param(["expired", "booked"], ("booked", "none", 0, False), id="any news ends a silence"),
    pytest.param(["delivered", "expired"], ("delivered", "none", 1, False), id="silence after the end"),
    pytest.param(
        ["cancelled", "out_for_delivery"],
        ("out_for_delivery", "none", 0, True),
        id="cancelled, and yet it moves",
    ),
    pytest.param(
        ["cancelled", "picked_up", "delivered"],
        ("delivered", "none", 1, True),
        id="cancelled, and yet delivered",
    ),
    pytest.param(["cancelled", "booked"], ("cancelled", "none", 0, False), id="cancelled stays cancelled"),
    pytest.param(["returning", "cancelled"], ("returning", "none", 0, False), id="cancelled on the way back"),
    pytest.param(["in_transit", "<failed"], ("failed", "none", 0, False), id="lost on the way back"),
]


@pytest.mark.parametrize(("told", "expected"), STORIES)
def test_real_sequences_end_where_they_should(
    told: Sequence[str | tuple[str, str]], expected: tuple[str, str, int, bool]
) -> None:
    result = current_status(story(*told))
    assert (result.status, result.reason, result.attempts, result.status_conflict) == expected


@pytest.mark.parametrize("late", ["in_transit", "out_for_delivery", "attempt_failed", "booked", "exception"])
def test_what_arrives_after_the_delivery_but_happened_before_does_not_move_it(late: str) -> None:
    delivered = event("delivered", 60)
    told = current_status([delivered, event(late, 10)])
    assert (told.status, told.event_id, told.status_conflict) == ("delivered", delivered.event_id, False)


def test_of_two_events_of_one_moment_the_one_further_along_decides() -> None:
    told = current_status([event("delivered", 5), event("out_for_delivery", 5)])
    assert told.status == "delivered"
    assert not told.status_conflict


def test_the_same_status_twice_at_one_moment_is_settled_by_the_event_key() -> None:
    near = event("out_for_delivery", 5, "courier_nearby", event_id="dropoff:imminent")
    far = event("out_for_delivery", 5, "courier_en_route_to_dropoff", event_id="dropoff")
    assert current_status([near, far]) == current_status([far, near])
    assert current_status([near, far]).reason == "courier_nearby"


def test_problems_do_not_take_the_progress_away() -> None:
    told = current_status(story("picked_up", "out_for_delivery", "attempt_failed", ("exception", "damaged")))
    assert (told.status, told.last_progress_status) == ("exception", "out_for_delivery")
    assert current_status(story("in_transit", "cancelled")).last_progress_status == "in_transit"


def test_two_reports_of_one_visit_are_one_attempt_and_two_visits_are_two() -> None:
    visit = [event("attempt_failed", 0, event_id="push"), event("attempt_failed", 3, event_id="poll")]
    assert current_status(visit).attempts == 1
    assert current_status([*visit, event("attempt_failed", 15)]).attempts == 2


def test_the_neighbour_who_takes_it_minutes_later_is_still_the_first_attempt() -> None:
    told = current_status([event("attempt_failed", 0), event("delivered", 8, "delivered_neighbour")])
    assert (told.attempts, told.first_attempt_at) == (1, NOON)
    assert told.delivered_at == NOON + timedelta(minutes=8)


def test_parcels_of_one_visit_are_one_attempt() -> None:
    told = current_status([event("attempt_failed", 0, piece="A"), event("attempt_failed", 2, piece="B")])
    assert (told.status, told.attempts) == ("attempt_failed", 1)


def test_failed_attempts_on_the_way_back_are_not_the_recipients() -> None:
    told = current_status(story("out_for_delivery", "returning", "attempt_failed", "<attempt_failed"))
    assert (told.status, told.attempts, told.leg) == ("returning", 0, Leg.RETURN)


def test_the_least_advanced_parcel_decides_and_a_mixed_result_can_be_seen() -> None:
    events = [event("booked"), event("delivered", 60, piece="A"), event("in_transit", 30, piece="B")]
    told = current_status(events, ["A", "B", "C"])
    assert told.status == "booked"
    assert told.pieces == {"A": "delivered", "B": "in_transit", "C": "booked"}
    assert told.delivered_at is None
    assert current_status(events).status == "in_transit"


def test_the_last_parcels_delivery_is_the_shipments() -> None:
    events = [event("delivered", 60, piece="A"), event("delivered", 90, piece="B")]
    told = current_status(events, ["A", "B"])
    assert (told.status, told.delivered_at, told.attempts) == ("delivered", NOON + timedelta(minutes=90), 2)


def test_one_lost_parcel_keeps_the_shipment_from_being_delivered() -> None:
    events = [event("delivered", 60, piece="A"), event("failed", 50, "lost", piece="B")]
    told = current_status(events)
    assert (told.status, told.reason) == ("failed", "lost")
    assert told.pieces == {"A": "delivered", "B": "failed"}


def test_a_scan_of_a_number_that_is_no_parcels_undoes_no_delivery() -> None:
    events = [event("delivered", 60, piece="A"), event("delivered", 90, piece="B")]
    for stranger in (event("in_transit", 30, piece="Z"), event("in_transit", 120, piece="Z")):
        told = current_status([*events, stranger], ["A", "B"], 2)
        assert (told.status, told.delivered_at) == ("delivered", NOON + timedelta(minutes=90))
        assert told.pieces == {"A": "delivered", "B": "delivered"}
    assert current_status([*events, event("in_transit", 30, piece="C")], ["A", "B"], 3).status == "in_transit"


def test_whatever_a_carrier_calls_the_only_parcel_it_is_that_one() -> None:
    events = [event("booked"), event("in_transit", 30, piece="1"), event("delivered", 60, piece="A")]
    assert current_status(events, ["A"]).pieces == {"A": "delivered"}
    assert current_status([event("booked"), event("delivered", 60, piece="1")], ["A"]).status == "delivered"


def test_an_event_without_piece_tells_about_all_of_them() -> None:
    told = current_status([event("in_transit", 0, piece="A"), event("delivered", 5)], ["A", "B"])
    assert told.pieces == {"A": "delivered", "B": "delivered"}


def test_a_persons_correction_overrides_a_final_status_and_settles_the_conflict() -> None:
    events = [*story("returned", "delivered"), event("delivered", 120, correction=True, event_id="desk")]
    told = current_status(events)
    assert (told.status, told.status_conflict, told.leg) == ("delivered", False, Leg.OUTBOUND)
    assert current_status([*events, event("in_transit", 180)]).status == "delivered"


def test_a_delivery_that_a_person_takes_back_leaves_no_trace_in_the_promise() -> None:
    events = [
        *story("out_for_delivery", "delivered"),
        event("exception", 120, "security_issue", correction=True),
    ]
    told = current_status(events)
    assert (told.status, told.delivered_at, told.attempts) == ("exception", None, 0)
    assert told.last_progress_status == "out_for_delivery"
    assert current_status([*events, event("out_for_delivery", 180)]).status == "out_for_delivery"


def test_a_correction_has_the_last_word_of_its_moment() -> None:
    told = current_status([event("in_transit", 5, correction=True), event("delivered", 5)])
    assert (told.status, told.status_conflict) == ("in_transit", False)


def test_a_custody_that_a_person_takes_back_lets_couriers_come_and_go_again() -> None:
    events = [event("picked_up"), event("booked", 5, correction=True), event("assigned", 10)]
    assert current_status(events).status == "assigned"


def test_a_return_that_a_person_reports_keeps_the_time_of_the_delivery() -> None:
    told = current_status([event("delivered"), event("returning", 5, correction=True)])
    assert (told.status, told.delivered_at, told.leg) == ("returning", NOON, Leg.RETURN)


def test_a_customers_return_keeps_the_time_of_the_delivery() -> None:
    told = current_status(story("delivered", "returning", "returned"))
    assert (told.status, told.delivered_at, told.leg) == ("returned", NOON, Leg.RETURN)


@pytest.mark.parametrize(
    ("claimed", "stored"),
    [
        (NOON - timedelta(days=400), NOON - timedelta(days=400)),
        (NOON + timedelta(minutes=9), NOON + timedelta(minutes=9)),
        (NOON + timedelta(days=1), NOON + timedelta(minutes=10)),
        (datetime.max.replace(tzinfo=UTC), NOON + timedelta(minutes=10)),
        (datetime.max.replace(tzinfo=timezone(timedelta(hours=-12))), NOON + timedelta(minutes=10)),
        (datetime.fromtimestamp(0, UTC), NOON),
        (datetime.min.replace(tzinfo=UTC), NOON),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=14))), NOON),
        (datetime(1899, 12, 30, tzinfo=UTC), NOON),
    ],
)
def test_impossible_times_are_put_right_once_at_receipt(claimed: datetime, stored: datetime) -> None:
    assert clamp(claimed, NOON) == stored


def test_even_unclamped_extremes_do_not_break_the_fold() -> None:
    ends = [
        replace(event("attempt_failed"), event_id="first", occurred_at=datetime.min.replace(tzinfo=UTC)),
        replace(event("delivered"), event_id="last", occurred_at=datetime.max.replace(tzinfo=UTC)),
    ]
    assert current_status(ends, ["A"]).attempts == 2

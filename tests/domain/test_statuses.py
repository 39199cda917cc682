import csv
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.domain.errors import InvalidValue
from gateway.domain.fold import CONTRADICTORY, ON_THE_WAY_BACK, PHYSICAL, SUCCESSORS, current_status
from gateway.domain.tracking import TrackingEvent, reasons, statuses

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
PHASES = {"pre_transit", "in_transit", "problem", "return", "final", "unknown"}
CAUSES = {"carrier", "shipper", "recipient", "customs", "force_majeure", "unknown", "none"}
ACTORS = {"none", "shipper", "recipient", "support"}
MODELS = list(csv.DictReader((Path(__file__).parent / "status_models.csv").read_text("utf-8").splitlines()))
"""Every value of 15 models in use, in our words. Source: the public documentation of each model's owner."""


def test_there_are_seventeen_statuses_and_they_are_what_we_promised() -> None:
    assert set(statuses()) == {
        *(
            "created",
            "booked",
            "assigned",
            "pickup_in_progress",
            "picked_up",
            "in_transit",
            "out_for_delivery",
        ),
        *("available_for_pickup", "attempt_failed", "exception", "delivered", "returning", "returned"),
        *("failed", "cancelled", "expired", "unknown"),
    }
    finals = {name for name, facts in statuses().items() if facts.terminal}
    assert finals == {"delivered", "returned", "failed", "cancelled", "expired"}
    assert {facts.phase for facts in statuses().values()} == PHASES
    assert all(facts.terminal == (facts.phase == "final") for facts in statuses().values())


def test_ranks_put_a_parcels_life_in_order() -> None:
    life = ["unknown", "created", "booked", "assigned", "pickup_in_progress", "picked_up", "in_transit"]
    life += [
        "exception",
        "out_for_delivery",
        "attempt_failed",
        "available_for_pickup",
        "returning",
        "expired",
    ]
    assert sorted(statuses(), key=lambda name: (statuses()[name].rank, name))[: len(life)] == life
    assert statuses()["delivered"].rank > statuses()["expired"].rank


def test_there_are_as_many_reasons_as_we_promised_and_each_says_who_must_act() -> None:
    assert len(reasons()) == 123
    for name, facts in reasons().items():
        assert re.fullmatch(r"[a-z][a-z_]*", name)
        assert facts.attributable_to in CAUSES, name
        assert facts.action_required_by in ACTORS, name


def test_no_table_of_a_carrier_or_another_model_says_what_contradicts_itself() -> None:
    here = Path(__file__).parents
    tables = [here[0] / "status_models.csv", *(here[2] / "carriers").glob("*/statuses.csv")]
    assert len(tables) > 10
    for path in tables:
        for row in csv.DictReader(path.read_text("utf-8").splitlines()):
            if row["reason"]:
                assert reasons()[row["reason"]].contradicts(row["status"]) == "", (path, row)
    for facts in reasons().values():
        assert set(facts.belongs_to) <= set(statuses()), facts.name


def test_an_outcome_is_no_reason_of_another_one() -> None:
    assert reasons()["lost"].contradicts("delivered").startswith("lost contradicts delivered: it is a reason of ")
    assert reasons()["delivered_signed"].contradicts("failed")
    assert reasons()["recipient_refused"].contradicts("delivered")
    assert not reasons()["recipient_refused"].contradicts("returned")
    assert not reasons()["none"].contradicts("delivered")


def test_every_status_and_reason_can_be_told_to_a_recipient() -> None:
    for facts in [*statuses().values(), *reasons().values()]:
        assert facts.meaning.endswith("."), facts.name
        assert re.fullmatch(r"[A-Z].{10,88}\.", facts.recipient_sentence), facts.name
        assert "_" not in facts.recipient_sentence, facts.name


def test_no_name_is_listed_twice() -> None:
    for table, key in (("statuses", "status"), ("reasons", "reason")):
        path = Path("gateway/domain") / f"{table}.csv"
        rows = list(csv.DictReader((Path(__file__).parents[2] / path).read_text("utf-8").splitlines()))
        assert [name for name, times in Counter(row[key] for row in rows).items() if times > 1] == []
        assert all(None not in row and None not in row.values() for row in rows)


def test_an_event_in_other_words_is_refused() -> None:
    with pytest.raises(InvalidValue, match="held"):
        TrackingEvent(event_id="1", occurred_at=NOON, status="held")
    with pytest.raises(InvalidValue, match="dog"):
        TrackingEvent(event_id="1", occurred_at=NOON, status="exception", reason="dog")
    with pytest.raises(InvalidValue, match="offset"):
        TrackingEvent(event_id="1", occurred_at=datetime(2026, 3, 2), status="exception")  # noqa: DTZ001 (that is the point)


def test_all_fifteen_models_are_carried_over_whole() -> None:
    assert len({row["model"] for row in MODELS}) == 15
    assert len(MODELS) == 666
    assert len({(row["model"], row["kind"], row["value"]) for row in MODELS}) == len(MODELS)
    assert all(row["value"] for row in MODELS), "an empty value is never looked up"


@pytest.mark.parametrize("model", sorted({row["model"] for row in MODELS}))
def test_our_words_can_say_whatever_another_model_says(model: str) -> None:
    for row in MODELS:
        if row["model"] != model:
            continue
        said = TrackingEvent(event_id="1", occurred_at=NOON, status=row["status"], reason=row["reason"])
        expected = ("unknown", "none") if row["status"] == "unknown" else (row["status"], row["reason"])
        told = current_status([said])
        assert (told.status, told.reason) == expected, row


def test_a_reason_named_after_an_outcome_is_only_used_with_it() -> None:
    prefixes = {
        "delivered_": {"delivered", "out_for_delivery"},
        "cancelled_": {"cancelled"},
        "delay_": {"exception"},
    }
    for row in MODELS:
        for prefix, allowed in prefixes.items():
            if row["reason"].startswith(prefix):
                assert row["status"] in allowed, row


def test_failed_attempts_are_never_folded_into_delays() -> None:
    at_the_door = {"recipient_unavailable", "notice_left", "access_blocked", "no_safe_place", "attempt_final"}
    at_the_door |= {"attempt_unspecified", "business_closed", "id_check_failed", "recipient_unreachable"}
    used = {row["reason"]: row["status"] for row in MODELS if row["reason"] in at_the_door}
    assert set(used) == at_the_door
    assert set(used.values()) == {"attempt_failed"}


def test_the_laws_tables_speak_of_our_statuses_only() -> None:
    spoken = PHYSICAL | CONTRADICTORY | set(SUCCESSORS) | set().union(*SUCCESSORS.values())
    spoken |= set(ON_THE_WAY_BACK) | set(ON_THE_WAY_BACK.values())
    assert spoken <= set(statuses())

"""Our statuses in other people's words: nothing is without one, nothing is claimed that is not so."""

import csv
from pathlib import Path

import pytest

from gateway.domain.tracking import reasons, statuses
from gateway.domain.tracking_views import OTHERS, VIEWS, rendered, view

MODELS = list(csv.DictReader((Path(__file__).parent / "status_models.csv").read_text("utf-8").splitlines()))
KNOWN = {
    "easypost": ("status", "status_detail"),
    "aftership": ("tag", "subtag"),
}
SHOPIFY = {
    *("ATTEMPTED_DELIVERY", "CARRIER_PICKED_UP", "CONFIRMED", "DELAYED", "DELIVERED", "FAILURE", "IN_TRANSIT"),
    *("LABEL_PRINTED", "LABEL_PURCHASED", "OUT_FOR_DELIVERY", "READY_FOR_PICKUP"),
}
"""FulfillmentEventStatus of the GraphQL Admin API 2026-01."""

ENDS = {"delivered": "delivered", "Delivered": "delivered", "DELIVERED": "delivered", "cancelled": "cancelled"}


def values(model: str, kind: str) -> dict[str, tuple[str, str]]:
    return {
        row["value"]: (row["status"], row["reason"]) for row in MODELS if row["model"] == model and row["kind"] == kind
    }


@pytest.mark.parametrize("name", VIEWS)
def test_every_status_with_every_reason_has_a_word_of_theirs(name: str) -> None:
    coarse, fine = (set(values(name, kind)) for kind in KNOWN[name]) if name in KNOWN else (SHOPIFY, {""})
    for status in statuses():
        for reason in reasons():
            word = rendered(name, status, reason)
            assert word.theirs in coarse, (status, reason)
            assert word.detail in fine, (status, reason)


@pytest.mark.parametrize("name", VIEWS)
def test_only_what_is_over_is_told_as_over(name: str) -> None:
    for status in statuses():
        for reason in reasons():
            claimed = ENDS.get(rendered(name, status, reason).theirs)
            assert claimed in (None, status), (status, reason)
    assert rendered(name, "delivered", "delivered_neighbour").theirs.lower() == "delivered"


@pytest.mark.parametrize("name", VIEWS)
def test_the_tables_speak_of_our_words_only_and_every_status_has_a_row_for_the_rest(name: str) -> None:
    pairs = set(view(name))
    assert {status for status, reason in pairs if reason == OTHERS} == set(statuses())
    assert {status for status, _ in pairs} == set(statuses())
    assert {reason for _, reason in pairs} <= {*reasons(), OTHERS}


@pytest.mark.parametrize("name", VIEWS)
def test_whatever_a_row_for_the_rest_loses_is_said(name: str) -> None:
    complete = [status for status in statuses() if not view(name)[status, OTHERS].lost]
    assert set(complete) <= {"expired"}, "only a status with one single reason of its own loses nothing"


@pytest.mark.parametrize("name", KNOWN)
def test_what_loses_nothing_reads_back_as_what_it_was(name: str) -> None:
    """Their word, read by the tables with which we read them, is our status again; where it is not, a loss is noted."""
    fine = values(name, KNOWN[name][1])
    for (status, reason), word in view(name).items():
        if not word.lost:
            read = fine[word.detail]
            assert read[0] == status or (status, word.theirs) == ("unknown", "error"), (status, reason)


def test_the_words_of_easypost_that_stand_for_a_problem_are_not_the_coarse_ones() -> None:
    assert rendered("easypost", "exception", "damaged").theirs == "in_transit"
    assert rendered("easypost", "failed", "lost").theirs == "failure"

"""Sixty shipments and what each figure of them must be, worked out by hand (`shipments.csv`, `expected.csv`)."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path

import pytest

from gateway.kpis.boards import Board
from gateway.kpis.definitions import LEAST, definitions
from gateway.kpis.facts import Asked, Claimed, Delivery
from tests.kpis.days import from_sums

HERE = Path(__file__).parent
ASKED = [
    Asked(carrier="north", zone="city", answer="accepted", answer_ms=200, times=18),
    Asked(carrier="north", zone="city", answer="refused", passed_on=True, answer_ms=100, times=2),
    Asked(carrier="north", zone="land", answer="uncertain", answer_ms=15000, times=1),
    Asked(carrier="north", zone="land", answer="offered", times=3),
    Asked(carrier="south", zone="city", answer="accepted", answer_ms=300, times=10),
    Asked(carrier="south", zone="city", answer="unavailable", passed_on=True, times=5),
    Asked(carrier="west", zone="land", answer="cancelled", answer_ms=250, times=4),
    Asked(carrier="west", zone="land", answer="accepted", answer_ms=400, times=26),
]
Row = dict[str, str]


def rows(name: str) -> list[Row]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def moment(text: str) -> datetime | None:
    """`2 16:00` is the second of March, at four."""
    if not text:
        return None
    day, clock = text.split()
    hours, minutes = clock.split(":")
    return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=int(day) - 1, hours=int(hours), minutes=int(minutes))


def whole(text: str) -> int | None:
    return int(text) if text else None


def claimed(text: str) -> tuple[Claimed, ...]:
    """`EUR 5000 2500`: asked for, and paid."""
    currency, _, amounts = text.partition(" ")
    return (Claimed(currency, *map(int, amounts.split())),) if text else ()


def shipment(row: Row) -> Delivery:
    booked = moment(row["booked"])
    assert booked is not None
    currency, _, declared = row["declared"].partition(" ")
    return Delivery(
        carrier=row["carrier"],
        service=row["service"],
        zone=row["zone"],
        ordered_at=moment(row["ordered"]),
        booked_at=booked,
        due_from=moment(row["from"]),
        due_by=moment(row["due"]),
        wished_at=moment(row["wished_at"]),
        wished_from=moment(row["wished_from"]),
        wished_by=moment(row["wished_by"]),
        picked_up_at=moment(row["picked"]),
        delivered_at=moment(row["delivered"]),
        attempts=int(row["attempts"]),
        outcome=row["outcome"],
        lost=row["lost"] == "yes",
        stalled=row["stalled"] == "yes",
        weight_g=int(row["weight"]),
        quoted=whole(row["quoted"]),
        price=whole(row["price"]),
        currency=row["currency"],
        co2e_g=whole(row["co2e"]),
        out_estimate=moment(row["estimate"]),
        stars=whole(row["stars"]),
        recommends=whole(row["recommends"]),
        enquiries=whole(row["enquiries"]),
        told=whole(row["told"]) or 0,
        receipts=whole(row["receipts"]) or 0,
        apart_m=whole(row["apart"]),
        proof_wanted=row["wanted"] == "yes",
        proof_shown=row["shown"] == "yes",
        denied_at=moment(row["denied"]),
        claims=None if not row["claims"] else frozenset({row["claims"]} - {"none"}),
        damage_confirmed=row["confirmed"] == "yes",
        claimed=claimed(row["claimed"]),
        declared=whole(declared),
        declared_currency=currency,
    )


SHIPMENTS = [shipment(row) for row in rows("shipments.csv")]


def told(board: Board, by: str) -> dict[tuple[str, str], tuple[str, str, str, str]]:
    return {
        (each.definition.name, each.currency): (
            "" if each.numerator is None else str(each.numerator),
            str(each.denominator),
            str(each.n),
            "" if each.value is None else str(each.value),
        )
        for each in board.figures(by)
    }


@pytest.mark.parametrize(
    ("by", "wanted"),
    [(by, list(some)) for by, some in groupby(rows("expected.csv"), lambda row: row["by"])],
    ids=lambda given: given or "whole" if isinstance(given, str) else "",
)
def test_every_figure_is_what_was_worked_out_by_hand(by: str, wanted: list[Row]) -> None:
    assert len(SHIPMENTS) == 60
    board, parts = from_sums(SHIPMENTS, ASKED, by)
    for row in wanted:
        found = told(parts[row["value"]] if by else board, by)[row["kpi"], row["currency"]]
        assert found == (row["above"], row["below"], row["n"], row["told"]), row


def test_the_whole_is_worked_out_for_every_figure() -> None:
    worked = {row["kpi"] for row in rows("expected.csv") if not row["by"]}
    assert worked == set(definitions())


def test_a_score_has_its_margin() -> None:
    board, _ = from_sums(SHIPMENTS, ASKED, "")
    (score,) = [each for each in board.figures() if each.definition.name == "nps"]
    assert (score.value, score.margin) == (0.2, 0.3821)  # 1.96 x sqrt((0.5 + 0.3 - 0.04) / 20)
    assert all(each.margin is None for each in board.figures() if each.definition.kind != "score")


def test_nothing_known_is_no_data_and_few_are_too_few() -> None:
    _, parts = from_sums(SHIPMENTS, ASKED, "carrier")
    states = {each.definition.name: each.state for each in parts["north"].figures("carrier")}
    assert states["claims"] == states["damage"] == states["proof"] == "no_data"
    assert states["on_time"] == "too_few"
    assert all(each.state == "no_data" and each.value is None for each in Board().figures())


def test_nineteen_say_nothing_and_twenty_do() -> None:
    rated = next(each for each in SHIPMENTS if each.stars == 5)
    board = Board()
    for _ in range(LEAST - 1):
        board.add(rated)
    assert told(board, "")["csat", ""] == ("19", "19", "19", "")
    board.add(rated)
    assert told(board, "")["csat", ""] == ("20", "20", "20", "1.0")


def test_answers_of_carriers_are_not_cut_by_service() -> None:
    _, parts = from_sums(SHIPMENTS, ASKED, "service")
    assert all("api" not in each.definition.name for board in parts.values() for each in board.figures("service"))

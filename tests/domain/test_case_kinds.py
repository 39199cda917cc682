"""Every kind of case that we open says what it is and what to do."""

from datetime import UTC, datetime, timedelta

from gateway.domain.case_kinds import case_kind, case_kinds
from gateway.domain.plausibility import KINDS

OPENED = ("needs_review", "recall_refused", "recall_open", "price_variance", "status_conflict", "not_received", *KINDS)


def test_every_kind_that_is_opened_is_described() -> None:
    assert set(OPENED) <= set(case_kinds())


def test_a_kind_that_nobody_has_described_is_settled_by_a_note_within_a_day() -> None:
    opened = datetime(2026, 11, 27, tzinfo=UTC)
    assert case_kind("some_new_kind").title == "Some new kind"
    assert case_kind("some_new_kind").due_at(opened) == opened + timedelta(days=1)

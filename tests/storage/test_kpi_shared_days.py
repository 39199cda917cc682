"""Two workers who sum key figures up share the days: neither waits for the other, and none is left."""

from __future__ import annotations

from gateway.services.kpi_sums import KpiSummer
from tests.conftest import TestDatabase
from tests.storage.test_kpi_sums import LATER, Past


def test_a_day_that_somebody_sums_up_is_nobody_elses(postgresql_database: TestDatabase) -> None:
    store = postgresql_database.store
    try:
        past, summer = Past(store, 5), KpiSummer(store, lambda: LATER)
        days = summer.claim()
        with store.work() as busy:
            assert busy.kpi_sums.hold(days[0])
            assert summer.claim() == days[1:]
            summer.work(days[0])  # left alone, at once
            assert past.sum_up() == len(days) - 1
        assert summer.claim() == days[:1]
        assert past.sum_up() == 1
        assert past.report().period.missing == []
        assert list(past.report().whole.figures()) == list(past.direct().figures())
    finally:
        postgresql_database.empty()

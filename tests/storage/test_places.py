"""Zones, facilities and assignments on both databases: kept as given, each merchant's own, settings that quotes see."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from gateway.domain.assignments import AssignmentRecord, Choice, Limit, LimitKind, Lot, Relaxation, Solution, Wave
from gateway.domain.errors import StaleVersion
from gateway.domain.facilities import ClosingDay, Facility, FacilityRecord, Handover
from gateway.domain.values import TimeWindow
from gateway.domain.zones import ZoneSetRecord
from gateway.services.ports import Store
from tests.storage.made import HOME, LEASE, MERCHANT, NOW

OTHER = "mer_2"


@pytest.fixture
def kept(store: Store) -> Store:
    with store.work() as uow:
        for merchant_id in (MERCHANT, OTHER):
            if merchant_id not in dict(uow.keys.merchants()):
                uow.keys.add_merchant(merchant_id, merchant_id, NOW)
        uow.commit()
    return store


def settings_version(store: Store, merchant_id: str = MERCHANT) -> int:
    with store.look() as uow:
        return uow.keys.settings_version(merchant_id)


def test_versions_of_zones_are_only_added(kept: Store) -> None:
    before = settings_version(kept)
    first = ZoneSetRecord(merchant_id=MERCHANT, version=1, zones=1, areas=2, digest="d", author="key_1", created_at=NOW)
    second = replace(first, version=2, digest="e")
    with kept.work() as uow:
        assert uow.zones.add(first, '{"ø": 1}')
        assert uow.zones.add(second, "{}")
        assert not uow.zones.add(first, "other")
        uow.commit()
    with kept.look() as uow:
        assert uow.zones.latest(MERCHANT) == second
        assert uow.zones.version(MERCHANT, 1) == first
        assert uow.zones.text(MERCHANT, 1) == '{"ø": 1}'
        assert uow.zones.latest(OTHER) is None
        assert uow.zones.version(OTHER, 1) is None
    assert settings_version(kept) > before


def test_facilities_are_kept_by_code_and_version(kept: Store) -> None:
    closing = (ClosingDay(day=date(2026, 12, 24), why="Christmas Eve"),)
    facility = Facility(
        code="oslo-1",
        address=HOME,
        timezone="Europe/London",
        opens=time(7, 30),
        handover=Handover(cut_off=time(16), closing_days=closing),
        accounts={"post": Handover(working_days=(0, 5))},
    )
    record = FacilityRecord(
        id="fac_1", merchant_id=MERCHANT, code="oslo-1", facility=facility, created_at=NOW, updated_at=NOW
    )
    before = settings_version(kept)
    with kept.work() as uow:
        assert uow.facilities.add(record)
        assert not uow.facilities.add(replace(record, id="fac_2"))
        assert uow.facilities.add(replace(record, merchant_id=OTHER))
        uow.facilities.replace(replace(record, version=2))
        with pytest.raises(StaleVersion):
            uow.facilities.replace(record)
        uow.commit()
    assert settings_version(kept) > before
    with kept.look() as uow:
        assert uow.facilities.get(MERCHANT, "fac_1") == replace(record, version=2)
        assert [each.merchant_id for each in uow.facilities.list(OTHER)] == [OTHER]
    with kept.work() as uow:
        assert uow.facilities.delete(MERCHANT, "fac_1")
        assert not uow.facilities.delete(MERCHANT, "fac_1")
        uow.commit()
    with kept.look() as uow:
        assert uow.facilities.get(OTHER, "fac_1") is not None


def test_an_assignment_is_claimed_told_and_settled_once(kept: Store) -> None:
    window = TimeWindow(start=NOW, end=NOW + timedelta(hours=2))
    limit = Limit(kind=LimitKind.CAPACITY, account="vans", number=1, pointer="/capacities/0", window=window)
    choice = Choice(id="o", account="vans", cost=5, deliver_by=NOW)
    wave = Wave(currency="NOK", lots=(Lot(name="ø", choices=(choice,)),), limits=(limit,), time_limit_s=3.0)
    relaxed = (Relaxation(limit=limit, by=1),)
    solution = Solution(state="infeasible", chosen=(0,), cost=5, bound=5, relaxations=relaxed)
    record = AssignmentRecord(
        id="asg_1",
        merchant_id=MERCHANT,
        mode="test",
        state="waiting",
        progress="",
        shipments=1,
        offers=1,
        created_at=NOW,
        updated_at=NOW,
        due_at=NOW,
    )
    with kept.work() as uow:
        uow.assignments.add(record, wave)
        uow.commit()
    with kept.work() as uow:
        (claimed,) = uow.assignments.claim_due(NOW, LEASE, 5)
        assert (claimed.tries, claimed.due_at) == (1, NOW + LEASE)
        assert uow.assignments.claim_due(NOW, LEASE, 5) == []
    with kept.work() as uow:
        assert uow.assignments.wave(MERCHANT, "asg_1") == wave
        assert uow.assignments.solution(MERCHANT, "asg_1") is None
        uow.assignments.tell(replace(claimed, state="solving", progress="looking"))
        uow.assignments.settle(replace(claimed, state="infeasible", progress="", due_at=None, tries=0), solution)
        uow.assignments.settle(replace(claimed, state="failed"), None)
        uow.commit()
    with kept.look() as uow:
        found = uow.assignments.get(MERCHANT, "asg_1")
        assert found is not None
        assert (found.state, found.due_at, found.tries) == ("infeasible", None, 0)
        assert uow.assignments.solution(MERCHANT, "asg_1") == solution
        assert uow.assignments.get(OTHER, "asg_1") is None
    with kept.work() as uow:
        assert uow.assignments.prune(OTHER, "asg_2") == 0
        assert uow.assignments.prune(MERCHANT, "asg_2") == 1

"""What quotes say once the worker has learnt how time follows distance and area, and what they say when it has not."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from threading import Event

import pytest
from sqlalchemy import update

from gateway.domain.quotes import Outlook, ServiceLevel
from gateway.domain.shipments import Shipment, ShipmentState
from gateway.engines.adjusting import LazyTrees
from gateway.rules.candidate import Candidate
from gateway.rules.context import Context
from gateway.services.ports import UnitOfWork
from gateway.services.ports.adjustments import StoredAdjustment, Taught
from gateway.services.reliability import adjusting
from gateway.services.reliability.adjusting import Adjusting
from gateway.services.reliability.learner import Learner
from gateway.services.reliability.outlooks import OutlookBook, prepare_aside
from gateway.storage import SqlStore
from gateway.storage.repositories.reliability import _ADJUSTMENTS
from tests.services.test_reliability import emissions
from tests.storage import made
from tests.storage.made import MERCHANT, NOW

ACCOUNT, OTHER, PROMISED_H = "acc_1", "acc_2", 24.0
KM = 1 / 111.2
ROWS = 1_150


def to(km: float | None) -> Shipment:
    """A shipment that goes so far north; None: nobody knows where."""
    origin = replace(made.ORIGIN, latitude=59.9, longitude=10.7)
    north = None if km is None else 59.9 + km * KM
    home = replace(made.HOME, latitude=north, longitude=None if km is None else 10.7)
    return made.goods(origin=origin, destination=home)


def history(store: SqlStore, rows: int = ROWS) -> None:
    """A merchant's deliveries."""
    with store.work() as uow:
        made.merchant(uow, account_id=ACCOUNT)
        uow.accounts.add(made.account(OTHER, options={}))
        deliveries(uow, rows, NOW, MERCHANT, ACCOUNT)
        uow.commit()


def deliveries(uow: UnitOfWork, rows: int, now: datetime, merchant_id: str, account_id: str) -> None:
    """Of one group, which take 2 hours and half an hour a km, give or take a fifth."""
    dice = Random(5)  # noqa: S311  # made-up data
    for number in range(rows):
        km, shipment_id = dice.uniform(1, 50), f"shp_{number}"
        at = now - timedelta(days=5 + 60 * (1 - number / rows))
        came = at + timedelta(hours=(2 + km / 2) * dice.uniform(0.8, 1.2))
        booked = {"state": ShipmentState.BOOKED, "account_id": account_id, "account": "main"}
        uow.shipments.add(made.shipment(shipment_id, merchant_id=merchant_id, shipment=to(km), **booked))
        record = made.delivery_record(
            shipment_id,
            merchant_id=merchant_id,
            account_id=account_id,
            service="next_day",
            booked_at=at,
            promised_by=at + timedelta(hours=PROMISED_H),
            delivered_at=came,
            first_attempt_at=came,
            attempts=1,
            outcome="delivered",
        )
        uow.records.put(record)


def learn(store: SqlStore) -> None:
    """The worker's chore."""
    Learner(store, lambda: NOW, Adjusting(store, LazyTrees(), lambda: NOW)).chore()


def book(store: SqlStore) -> OutlookBook:
    return OutlookBook(store, emissions(store), LazyTrees())


def said(asked: OutlookBook, km: float | None, accounts: Sequence[str] = (ACCOUNT,)) -> Sequence[Outlook]:
    """What a quote says of the accounts' offers."""
    context = Context(shipment=to(km), zone=None, now=NOW, ready_at=NOW)
    rate = made.rate(service=ServiceLevel.NEXT_DAY, deliver_by=NOW + timedelta(hours=PROMISED_H), co2e_g=None)
    candidates = [
        Candidate(account_id=each, account=each, carrier="c", kind="courier", features=None, limits=None, rate=rate)  # type: ignore[arg-type]  # no rule looks at them here
        for each in accounts
    ]
    return asked.of(MERCHANT, "test", 0, context, candidates)


def version(store: SqlStore) -> int:
    with store.look() as uow:
        return uow.keys.settings_version(MERCHANT)


def test_far_and_near_are_told_apart_within_one_group(store: SqlStore, monkeypatch: pytest.MonkeyPatch) -> None:
    history(store)
    learn(store)
    asked = book(store)
    near, other = said(asked, 4, [ACCOUNT, OTHER])
    far, unknown = said(asked, 48)[0], said(asked, None)[0]
    assert near.transit_p50_h == pytest.approx(4, abs=1.5)
    assert far.transit_p50_h == pytest.approx(26, abs=4)
    assert (near.p_on_time or 0) >= 0.9
    assert (far.p_on_time or 1) <= 0.5
    for each in (near, far):
        assert (each.transit_p50_h or 9e9) <= (each.transit_p80_h or 0) <= (each.transit_p90_h or 0)
        assert each.adjusted.startswith(f"what {ROWS} deliveries from ")
    assert unknown.adjusted == other.adjusted == ""
    assert 10 < (unknown.transit_p50_h or 0) < 20
    assert not asked.failures

    before = version(store)
    Adjusting(store, LazyTrees(), lambda: NOW + timedelta(hours=23)).learn(MERCHANT, "test")
    assert version(store) == before

    with store.work() as uow:
        uow.reliability._connection.execute(update(_ADJUSTMENTS).values(fitted=b"x" + bytes(99)))  # type: ignore[attr-defined]
        uow.commit()
    damaged = book(store)
    alone = said(OutlookBook(store, emissions(store)), 48)
    assert said(damaged, 48) == alone
    assert damaged.failures == {"read": 1}

    monkeypatch.setattr(adjusting, "LEAST", ROWS + 1)
    Adjusting(store, LazyTrees(), lambda: NOW + timedelta(hours=25)).learn(MERCHANT, "test")
    assert version(store) > before
    with store.look() as uow:
        forgotten = uow.reliability.adjustment(MERCHANT, "test")
    assert forgotten is not None
    assert (forgotten.accounts, forgotten.why) == ({}, adjusting.TOO_FEW)
    assert said(book(store), 48) == alone


def test_a_process_prepares_itself_once_somebody_has_an_adjustment(store: SqlStore) -> None:
    asked, stop = book(store), Event()
    stop.set()
    prepare_aside(asked, stop).join()
    assert not asked.prepare()
    with store.work() as uow:
        made.merchant(uow)
        nothing = StoredAdjustment(fitted_at=NOW, why=adjusting.TOO_FEW, accounts={}, model={})
        uow.reliability.keep_adjustment(MERCHANT, "test", nothing)
        uow.commit()
    assert not asked.prepare()
    with store.work() as uow:
        uow.reliability.keep_adjustment(MERCHANT, "test", replace(nothing, why=""))
        uow.commit()
    assert asked.prepare()
    prepare_aside(asked, Event()).join()  # it ends by itself: there is nothing more to wait for


def test_thin_data_say_what_they_said_before(store: SqlStore) -> None:
    history(store, 40)
    learn(store)
    alone = OutlookBook(store, emissions(store))
    assert said(book(store), 48) == said(alone, 48) == said(alone, 4)


def test_without_the_extra_the_groups_stand_and_it_is_counted(
    store: SqlStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    history(store, 60)
    stored = StoredAdjustment(
        fitted_at=NOW, why="", accounts={ACCOUNT: Taught(0, 1200, NOW.date(), NOW.date())}, model={"version": 1}
    )
    with store.work() as uow:
        uow.reliability.keep_adjustment(MERCHANT, "test", stored)
        uow.commit()
        assert uow.reliability.adjustment(MERCHANT, "test") == stored
    learn(store)
    monkeypatch.delitem(sys.modules, "gateway.engines.quantile_trees", raising=False)
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    bare = book(store)
    assert said(bare, 48) == said(OutlookBook(store, emissions(store)), 48)
    assert bare.failures == {"read": 1}
    assert "doorstep[engines]" in caplog.text
    monkeypatch.setattr(adjusting, "LEAST", 50)
    Adjusting(store, LazyTrees(), lambda: NOW + timedelta(days=2)).learn(MERCHANT, "test")
    with store.look() as uow:
        tried = uow.reliability.adjustment(MERCHANT, "test")
    assert tried is not None
    assert "doorstep[engines]" in tried.why

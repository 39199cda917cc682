"""From a database to a report: the totals are those of the live engine, a killed run goes on, nothing is made up."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from gateway.api.schemas.backtests import BacktestAskSchema
from gateway.background import worker
from gateway.domain.backtests import BacktestState
from gateway.domain.errors import Conflict, Unavailable, Unprocessable
from gateway.domain.quotes import Quote
from gateway.engines.replay import crew, spans
from gateway.engines.replay.report import amount, page, share, summary
from gateway.services.backtest_jobs import card_trial
from gateway.services.backtests import BacktestAsk
from gateway.services.bound import Services
from tests.engines.replay.conftest import NOW

PLAIN: dict[str, Any] = {"currency": "NOK", "score": {"price_percent": 100, "value_per_hour_minor": 60}}
CARD = """[card]
name
trial
[zones]
zone,country,postcodes
all,NO,*
[services]
service,priced_per
next_day,shipment
[prices]
zone,service,max_weight_g,price_minor,currency,transit_days
all,next_day,1000000,1000,NOK,1
"""


def silent(done: int, total: int) -> None:
    """Nobody looks."""


def quotes(bound: Services, merchant_id: str) -> list[Quote]:
    engine = create_engine(f"sqlite:///{Path('own.db').resolve()}")
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT quote_id FROM shipments WHERE merchant_id = :id AND state = 'booked' ORDER BY created_at, id"),
            {"id": merchant_id},
        ).all()
    engine.dispose()
    with bound.store.look() as uow:
        stored = [uow.quotes.get(merchant_id, row.quote_id) for row in found]
    return [each for each in stored if each is not None]


def test_totals_are_the_sums_of_what_the_live_engine_decides(
    bound: Services, merchant_id: str, ask: BacktestAsk
) -> None:
    ask = replace(ask, data=PLAIN)
    found = bound.backtester.run(merchant_id, "test", ask, silent)
    replayed = bound.backtester.replay(merchant_id, "test", ask)
    stored = quotes(bound, merchant_id)
    judged = [bound.backtester.judged(each, replayed.policy, None).ranked[0] for each in stored]
    assert found["shipments"] == len(stored) > 40
    assert found["measures"]["cost"]["now"] == sum(each.rate.price.minor for each in judged)
    assert found["measures"]["cost"]["then"] == sum(each.ranked[0].rate.price.minor for each in stored)
    waits = [
        (each.rate.deliver_by - quote.ready_at).total_seconds()
        for each, quote in zip(judged, stored, strict=True)
        if each.rate.deliver_by and quote.ready_at
    ]
    assert found["measures"]["promise_s"]["now"] == pytest.approx(sum(waits) / len(waits))
    moved = sum(a.account != b.ranked[0].account for a, b in zip(judged, stored, strict=True))
    assert found["changed"] == moved > 0
    cost = found["measures"]["cost"]
    assert cost["low"] < cost["difference"] < cost["high"]
    for measure in ("cost", "promise_s"):
        assert sum(each["n"] for each in found["zones"]) == sum(each["n"] for each in found["weeks"]) == len(stored)
        assert found["measures"][measure]["n"] == len(stored)
    assert sum(each["now"] for each in found["accounts"]) == len(stored)
    grams = sum(each.rate.co2e_g or each.outlook.co2e_g or 0 for each in judged)
    assert found["measures"]["co2e"]["now"] == grams > 0


def test_shares_are_replayed_in_the_order_of_booking_and_told(
    bound: Services, merchant_id: str, ask: BacktestAsk
) -> None:
    found = bound.backtester.run(merchant_id, "test", ask, silent)
    shares = {each["account"]: each["now"] for each in found["accounts"]}
    free = bound.backtester.run(merchant_id, "test", replace(ask, data=PLAIN), silent)
    without = {each["account"]: each["now"] for each in free["accounts"]}
    assert shares["fleet-oslo"] < without["fleet-oslo"]
    told = [each for each in found["changes"] if "more than 60 %" in each["instead"]]
    assert told
    assert told[0]["now"]["why"].startswith(told[0]["now"]["account"])
    assert " took it; it counts" in told[0]["then"]["why"]


class Killed(BaseException):
    """As kill -9 would: nothing of ours catches it."""


@pytest.mark.parametrize(("at", "processes"), [(1, 1), (7, 2), (13, 1), (18, 1)])
def test_a_run_that_was_killed_goes_on_and_comes_to_the_same(
    bound: Services, merchant_id: str, ask: BacktestAsk, monkeypatch: pytest.MonkeyPatch, at: int, processes: int
) -> None:
    monkeypatch.setattr(crew, "MOST", processes)
    monkeypatch.setattr(crew.os, "cpu_count", lambda: processes)
    monkeypatch.setattr(spans, "SLICE", 9)
    steps: list[int] = []

    def kill(done: int, total: int) -> None:
        steps.append(done)
        if len(steps) == at:
            raise Killed

    with pytest.raises(Killed):
        bound.backtester.run(merchant_id, "test", ask, kill)
    written = {path: path.stat().st_mtime_ns for path in Path("var/replay").rglob("*") if path.is_file()}
    found = bound.backtester.run(merchant_id, "test", ask, silent)
    assert {path: path.stat().st_mtime_ns for path in written} == written
    monkeypatch.setattr(spans, "SLICE", 10_000)
    assert bound.backtester.run(merchant_id, "test", ask, silent) == found


def test_what_was_read_is_read_again_when_the_history_changed(
    bound: Services, merchant_id: str, ask: BacktestAsk
) -> None:
    before = bound.backtester.run(merchant_id, "test", ask, silent)
    engine = create_engine(f"sqlite:///{Path('own.db').resolve()}")
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE shipments SET state = 'cancelled' WHERE id ="
                " (SELECT id FROM shipments WHERE merchant_id = :id AND state = 'booked' LIMIT 1)"
            ),
            {"id": merchant_id},
        )
    engine.dispose()
    after = bound.backtester.run(merchant_id, "test", ask, silent)
    assert after["shipments"] == before["shipments"] - 1


def test_a_rate_card_prices_the_offers_of_its_account_anew(bound: Services, merchant_id: str, ask: BacktestAsk) -> None:
    card = card_trial("fleet-oslo", CARD)
    found = bound.backtester.run(merchant_id, "test", replace(ask, data=PLAIN, card=card), silent)
    assert {each["account"]: each["now"] for each in found["accounts"]}["fleet-oslo"] == found["shipments"]
    assert found["measures"]["cost"]["now"] == 1000 * found["shipments"]
    assert found["measures"]["cost"]["then"] > found["measures"]["cost"]["now"]
    assert "10.00 NOK" in found["changes"][0]["now"]["why"]
    with pytest.raises(Unprocessable, match="no account"):
        bound.backtester.run(merchant_id, "test", replace(ask, card=card_trial("nobody", CARD)), silent)


def test_a_period_without_shipments_says_so(bound: Services, merchant_id: str, ask: BacktestAsk) -> None:
    found = bound.backtester.run(merchant_id, "live", ask, silent)
    assert list(summary(found)) == [
        "There are no booked shipments with stored offers in this period: nothing could be replayed."
    ]
    assert "nothing could be replayed" in page(found)


def test_the_worker_runs_what_was_asked_for(bound: Services, merchant_id: str, ask: BacktestAsk) -> None:
    made = bound.backtests.begin(merchant_id, "test", ask, "key_x")
    assert (made.state, made.result) == (BacktestState.QUEUED, None)
    with pytest.raises(Conflict, match="queued"):
        bound.backtests.report(merchant_id, "test", made.id)
    worker(bound).drain()
    done = bound.backtests.get(merchant_id, "test", made.id)
    assert (done.state, done.done) == (BacktestState.DONE, done.total)
    assert done.result == bound.backtester.run(merchant_id, "test", ask, silent)
    assert bound.backtests.report(merchant_id, "test", made.id).count("<svg") == 3
    wrong = replace(ask, card=card_trial("nobody", CARD))
    with pytest.raises(Unprocessable, match="there is no account 'nobody'"):
        bound.backtests.begin(merchant_id, "test", wrong, "key_x")


def test_a_period_that_is_not_over_ends_when_it_was_asked_for(
    bound: Services, merchant_id: str, ask: BacktestAsk
) -> None:
    soon = replace(ask, since=NOW - timedelta(days=90), until=NOW + timedelta(days=2))
    assert bound.backtests.begin(merchant_id, "test", soon, "key_x").ask["until"] == NOW.isoformat()
    later = replace(ask, since=NOW + timedelta(days=1), until=NOW + timedelta(days=2))
    assert bound.backtests.begin(merchant_id, "test", later, "key_x").ask["until"] == later.until.isoformat()


@pytest.mark.parametrize("card", [{"account": "x" * 65}, {"account": ""}, {"text": ""}])
def test_cards_on_trial_have_a_limit(card: dict[str, str]) -> None:
    moments = {"since": (NOW - timedelta(days=9)).isoformat(), "until": NOW.isoformat()}
    given = {**moments, "rate_card": {"account": "a", "text": "x", **card}}
    assert set(BacktestAskSchema().validate(given)) == {"rate_card"}


def test_without_the_extra_it_says_what_to_install(
    bound: Services, merchant_id: str, ask: BacktestAsk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [each for each in sys.modules if each.startswith("gateway.engines.replay.")]:
        if not name.endswith(("lazy", "report", "plots")):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(Unavailable, match=r'pip install "doorstep\[engines\]"'):
        bound.backtester.run(merchant_id, "test", ask, silent)


def test_the_report_is_one_page_without_scripts_and_escapes_what_came_from_outside(
    bound: Services, merchant_id: str, ask: BacktestAsk
) -> None:
    found = bound.backtester.run(merchant_id, "test", ask, silent)
    found["accounts"][0]["account"] = found["zones"][0]["zone"] = "<b>&amp;"
    told = page(found)
    assert "share <script>" not in told
    assert "share &lt;script&gt;" in told
    assert "<b>" not in told
    assert "&lt;b&gt;&amp;amp;" in told
    for outside in ("http://", "https://", "<script", "<link", "src="):
        assert outside not in told
    assert told.count("<svg") == told.count("</svg>") == told.count('role="img"') == 3
    assert told.count("n = ") >= 6
    assert told.count("<article>") == len(found["changes"])
    assert told.count("<details>") == told.count("</details>")


def test_numbers_are_told_as_people_write_them() -> None:
    assert [share(*each) for each in ((0, 9), (1, 900), (1, 3), (899, 900), (9, 9))] == [
        "0 %",
        "under 1 %",
        "33 %",
        "over 99 %",
        "100 %",
    ]
    assert amount("co2e", 294.4, "NOK") == "294 g CO\u2082e"
    assert amount("co2e", 1_234_567, "NOK") == "1\u202f234.6 kg CO\u2082e"
    assert amount("cost", 123_456_789, "NOK") == "1\u202f234\u202f567.89 NOK"

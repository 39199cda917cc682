"""How each account answered when all were asked at once, in the words of the API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from carriers.base import CarrierError, ShipmentRejected
from carriers.base.drive import Outcome
from gateway.domain.errors import NotFound
from gateway.domain.quotes import CarrierResult, ResultState
from gateway.domain.records import AccountRecord
from gateway.services.carrier_pool import BrokenAccount, LiveCarrier


def chosen(
    found: tuple[Sequence[LiveCarrier], Sequence[BrokenAccount]], wanted: Sequence[str]
) -> tuple[list[LiveCarrier], list[CarrierResult]]:
    """The accounts meant (by name or id; none named means all), and a result for each that cannot be made.

    Raises:
        NotFound: no enabled account of that name.
    """
    lives, broken = found

    def meant(record: AccountRecord) -> bool:
        return not wanted or record.name in wanted or record.id in wanted

    known = [live.record for live in lives] + [each.record for each in broken]
    for name in wanted:
        if not any(name in (record.name, record.id) for record in known):
            raise NotFound(f"no account {name}")
    results = [
        unasked(each.record, ResultState.ERROR, "account_broken", each.why) for each in broken if meant(each.record)
    ]
    return [live for live in lives if meant(live.record)], results


def unasked(record: AccountRecord, state: ResultState, code: str, why: str) -> CarrierResult:
    """An account that was not asked, and why."""
    return CarrierResult(
        account_id=record.id, account=record.name, carrier=record.carrier, state=state, code=code, why=why
    )


def priced_result(live: LiveCarrier, outcome: Outcome[Any], nothing: str) -> CarrierResult:
    """How an account that was asked for prices answered. One that understood and says no did not fail: it does not
    serve this shipment, which a checkout tells its shop as such.
    """
    result = result_of(live, outcome, nothing)
    refused = isinstance(outcome.error, ShipmentRejected)
    return replace(result, state=ResultState.INELIGIBLE) if refused else result


def result_of(live: LiveCarrier, outcome: Outcome[Any], nothing: str) -> CarrierResult:
    """How an account that was asked for a list answered; `nothing` says what an empty one means."""
    state, code, why = ResultState.OK, None, None
    if outcome.timed_out:
        state, code, why = ResultState.TIMEOUT, "timeout", "did not answer before the deadline"
    elif outcome.error is not None:
        state, code, why = ResultState.ERROR, _code(outcome.error), str(outcome.error)
    elif not outcome.value:
        state, code, why = ResultState.INELIGIBLE, "not_served", nothing
    return CarrierResult(
        account_id=live.record.id,
        account=live.record.name,
        carrier=live.record.carrier,
        state=state,
        latency_ms=round(outcome.latency_s * 1000),
        code=code,
        why=why,
    )


def _code(error: CarrierError) -> str:
    return error.carrier_code or error.code

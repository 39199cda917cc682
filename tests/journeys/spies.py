"""A carrier that only tests have: it goes by the sandbox's name and writes down what it is made to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from threading import Barrier, Lock

import pytest

from carriers.base import Carrier, TrackingUpdate, WebhookCall
from carriers.base.registry import installed
from carriers.sandbox.adapter import Sandbox
from gateway.services.carrier_pool import CarrierPool

POISON, BROKEN = "POISON", "BROKEN"
"""Numbers: a webhook of the one cannot be read; what is told of the other cannot be applied."""
MEET_WITHIN_S = 30.0


class Diary:
    """What the spies of all gateways did. Each gateway's first webhook is held up until every gateway reads one."""

    def __init__(self, patch: pytest.MonkeyPatch, *pools: CarrierPool) -> None:
        self.parsed: list[bytes] = []
        self.polled: list[str] = []
        self._meeting = Barrier(len(pools))
        for pool in pools:
            found = {**installed(), "sandbox": self._spy()}
            patch.setattr(pool, "_installed", lambda found=found: found)

    def _spy(self) -> type[Carrier]:
        diary, first = self, Lock()

        class Spy(Carrier):
            profile = Sandbox.profile
            statuses = Sandbox.statuses
            webhook_proof = Sandbox.webhook_proof

            def parse_webhook(self, call: WebhookCall) -> Sequence[TrackingUpdate]:
                diary.parsed.append(call.body)
                if POISON.encode() in call.body:
                    raise RuntimeError("a bug in a carrier's code")
                if first.acquire(blocking=False):
                    diary._meeting.wait(MEET_WITHIN_S)
                told = Sandbox.parse_webhook(self, call)  # type: ignore[arg-type]  # it needs only `statuses`
                return [_spoilt(update) for update in told]

            async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
                diary.polled.extend(numbers)
                return [_spoilt(TrackingUpdate(tracking_number=each, events=())) for each in numbers]

        return Spy


def _spoilt(update: TrackingUpdate) -> TrackingUpdate:
    """With an event that is none, where it is about that number: a bug of an adapter."""
    if update.tracking_number != BROKEN:
        return update
    return replace(update, events=(None,))  # type: ignore[arg-type]  # what types forbid and code does all the same

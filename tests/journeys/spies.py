"""A carrier that only tests have: it goes by the sandbox's name and writes down what it is made to do."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Barrier, Lock

import pytest

from carriers.base import Carrier, TrackingUpdate, WebhookCall
from carriers.base.registry import installed
from carriers.sandbox.adapter import Sandbox
from gateway.services.carrier_pool import CarrierPool

POISON = b"poison"
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
                if POISON in call.body:
                    raise RuntimeError("a bug in a carrier's code")
                if first.acquire(blocking=False):
                    diary._meeting.wait(MEET_WITHIN_S)
                return Sandbox.parse_webhook(self, call)  # type: ignore[arg-type]  # it needs only `statuses`

            async def track(self, numbers: Sequence[str]) -> Sequence[TrackingUpdate]:
                diary.polled.extend(numbers)
                return ()

        return Spy

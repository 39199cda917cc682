"""Port of the request log."""

# ruff: noqa: D102  # a method whose name and types say everything needs no sentence

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from gateway.domain.calls import ApiCall, CarrierCall, Gap

Outcome = Literal["", "failed", "refused", "broken"]
"""Of an answer: any; any that is no success; 4xx; 5xx, or none at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSearch:
    """What is looked for: `text` names a request, what it was about, a problem or an account; `before` ends a page."""

    mode: Literal["test", "live"]
    text: str = ""
    outcome: Outcome = ""
    key_id: str = ""
    before: str = ""
    limit: int = 50


class Calls(Protocol):
    """Calls, as they are told to developers. Lists are newest first."""

    def add(self, calls: Sequence[ApiCall], made: Sequence[CarrierCall], gaps: Sequence[Gap]) -> None: ...
    def get(self, merchant_id: str, call_id: str) -> ApiCall | None: ...
    def list(self, merchant_id: str, search: CallSearch) -> Sequence[ApiCall]: ...
    def made_by(self, merchant_id: str, call_id: str) -> Sequence[CarrierCall]:
        """Oldest first."""

    def made(self, merchant_id: str, search: CallSearch) -> Sequence[CarrierCall]: ...
    def carrier_call(self, merchant_id: str, call_id: str) -> CarrierCall | None: ...
    def gaps(self, merchant_id: str, limit: int) -> Sequence[Gap]: ...
    def prune(self, merchant_id: str, before_ids: Sequence[str]) -> int:
        """Forget those whose ids are smaller: of API calls, of carrier calls, of gaps; how many."""

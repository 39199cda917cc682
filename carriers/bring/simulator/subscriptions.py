"""Event Cast as the simulated Bring runs it: who wants to hear of which number, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from carriers.base.simulator import abort, answer

# Source: Bring Event Cast API, limitations and lifetime.
LIFETIME = timedelta(days=30)
BATCH = 100
LONGEST_URL = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """One subscription."""

    id: str
    number: str
    groups: tuple[str, ...]
    url: str
    created: datetime

    def wants(self, status: str, at: datetime) -> bool:
        """Whether it is told of an event."""
        return status in self.groups and at < self.created + LIFETIME

    def told(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """As in the answer to its creation: the values of the headers are never given back."""
        headers = [{"key": header["key"]} for header in settings.get("headers", ())]
        return {
            "id": self.id,
            "authenticator": str(uuid5(NAMESPACE_URL, "authenticator")),
            "configuration": {**settings, "headers": headers},
            "trackingId": self.number,
            "event_groups": list(self.groups),
            "expiry": utc(self.created + LIFETIME),
            "created": utc(self.created),
        }


def utc(moment: datetime) -> str:
    """Event Cast's times: UTC, no colon in the offset."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}+0000"


class Subscriptions:
    """All subscriptions of one user."""

    def __init__(self) -> None:
        self._webhooks: list[Webhook] = []

    def add(self, numbers: Sequence[str | None], order: Mapping[str, Any], at: datetime) -> list[dict[str, Any]]:
        """Subscribe to all the numbers, or leave with 400 or 409 and subscribe to none."""
        settings, groups = order.get("configuration") or {}, tuple(order.get("event_groups") or ())
        fits = 0 < len(numbers) <= BATCH and 0 < len(settings.get("url", "")) <= LONGEST_URL
        if not (fits and all(numbers) and groups):
            abort(_refusal(400, "Reference is not provided"))
        living = [webhook for webhook in self._webhooks if at < webhook.created + LIFETIME]
        if any(webhook.number in numbers and webhook.groups == groups for webhook in living):
            abort(_refusal(409, "Webhook of similar subscription already exists"))
        created = [
            Webhook(
                id=str(uuid5(NAMESPACE_URL, f"{number}{groups}")),
                number=str(number),
                groups=groups,
                url=settings["url"],
                created=at,
            )
            for number in numbers
        ]
        self._webhooks += created
        return [webhook.told(settings) for webhook in created]

    def of(self, numbers: Iterable[str]) -> list[Webhook]:
        """The subscriptions to any of these numbers."""
        wanted = set(numbers)
        return [webhook for webhook in self._webhooks if webhook.number in wanted]


def _refusal(status: int, reason: str) -> Any:
    return answer({"uuid": "KFCtYw", "status": str(status), "reason": reason}, status)

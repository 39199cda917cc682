"""An endpoint's circuit: what a try says about it, how long it is left alone, and when it has failed for too long.

Source: Standard Webhooks 1.0, "Operational considerations": back off an endpoint that only fails, tell its owner by
another way, disable it in the end; 410 Gone disables at once.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from gateway.domain.messages import WebhookEndpoint

OPENS_AFTER = 5
"""Failures in a row after which an endpoint gets one message at a time, and pauses in between."""
SHORTEST_REST, LONGEST_REST = timedelta(seconds=30), timedelta(hours=1)
REST_SHARE = 4
"""It rests a quarter of the time for which it has failed."""
OUTAGE_AFTER = timedelta(minutes=5)
"""What lasts less is not spoken of."""
LONGEST_RETRY_AFTER = timedelta(hours=1)
DISABLE_AFTER = timedelta(hours=120)
GONE = 410


def wish_of(retry_after: str, at: datetime) -> timedelta:
    """How long an answer of that moment asks for, an hour at most: in seconds or until a date (RFC 9110, 10.2.3)."""
    if retry_after.isascii() and retry_after.isdigit():
        return min(timedelta(seconds=int(retry_after[:9])), LONGEST_RETRY_AFTER)
    try:
        until = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):
        return timedelta()
    left = until.replace(tzinfo=until.tzinfo or UTC) - at
    return min(max(left, timedelta()), LONGEST_RETRY_AFTER)


def is_open(endpoint: WebhookEndpoint) -> bool:
    """Whether it gets only one message now and then, to see whether it is back."""
    return endpoint.failures >= OPENS_AFTER


def rests(endpoint: WebhookEndpoint, now: datetime) -> bool:
    """Whether it is left alone at this moment."""
    return endpoint.resting_until is not None and endpoint.resting_until > now


def is_out(endpoint: WebhookEndpoint, now: datetime) -> bool:
    """Whether it has been failing long enough that its recovery is news."""
    return is_open(endpoint) and endpoint.failing_since is not None and now - endpoint.failing_since >= OUTAGE_AFTER


def after_success(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    """Nothing is wrong with it."""
    return replace(endpoint, failures=0, failing_since=None, resting_until=None, backlog_told=False)


def after_failure(endpoint: WebhookEndpoint, at: datetime, status: int | None, wish: timedelta) -> WebhookEndpoint:
    """After a try that failed; `wish` is how long the endpoint asked to be left alone."""
    since = endpoint.failing_since or at
    failed = replace(endpoint, failures=endpoint.failures + 1, failing_since=since)
    if status == GONE:
        return disabled(failed, "it answered 410 Gone")
    if at - since >= DISABLE_AFTER:
        return disabled(failed, "only failures for 120 hours")
    rest = max(SHORTEST_REST, min((at - since) / REST_SHARE, LONGEST_REST)) if is_open(failed) else timedelta()
    pause = max(rest, wish)
    return replace(failed, resting_until=at + pause) if pause else failed


def disabled(endpoint: WebhookEndpoint, why: str) -> WebhookEndpoint:
    """It gets nothing more."""
    return replace(endpoint, state="disabled", why=why, resting_until=None)

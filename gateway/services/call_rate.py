"""A carrier's documented rate limit, kept by a token bucket per account in this process.

What gives way first can best wait: polling stops when half of the bucket is gone, quotes and searches when it is empty;
bookings, cancellations and look-ups always go, and what they take is missing to the others.

Not covered: other processes and other users of the same credentials (each process has a bucket of its own), and limits
that differ by endpoint (the profile names the narrowest). What slips through is answered with 429 by the carrier, which
is a definite "not done" and rests the account.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from carriers.base import CallRate
from gateway.services.faultpoints import Purpose

POLLING = (Purpose.TRACK, Purpose.PROOF, Purpose.SUBSCRIBE)
ASKING = (Purpose.QUOTE, Purpose.SERVICE_POINTS, Purpose.CHECK)
KEPT_FREE = {**dict.fromkeys(POLLING, 0.5), **dict.fromkeys(ASKING, 0.0)}
"""The part of the bucket that calls of a purpose leave alone; purposes that are not here never wait."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at_s: float


class CallRates:
    """The buckets of all accounts."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._clock_s = clock_s
        self._lock = threading.Lock()
        self._buckets: dict[tuple[str, str], _Bucket] = {}

    def wait_s(self, account: tuple[str, str], rate: CallRate | None, purpose: Purpose) -> float:
        """0.0 when a call may go, which takes its token; else the seconds until one may."""
        if rate is None:
            return 0.0
        with self._lock:
            bucket = self._filled(account, rate)
            if purpose in KEPT_FREE:
                missing = 1.0 + KEPT_FREE[purpose] * (rate.most - 1) - bucket.tokens
                if missing > 0:
                    return missing * rate.per_s / rate.most
            bucket.tokens -= 1.0
            return 0.0

    def took_more(self, account: tuple[str, str], rate: CallRate | None, calls: int) -> None:
        """One call of ours became several of the carrier's (a token, one per number): these have gone too."""
        if rate is not None and calls > 0:
            with self._lock:
                self._filled(account, rate).tokens -= calls

    def _filled(self, account: tuple[str, str], rate: CallRate) -> _Bucket:
        """An account's bucket, with what has dripped into it since; never further down than empty by one bucket."""
        now_s = self._clock_s()
        bucket = self._buckets.setdefault(account, _Bucket(float(rate.most), now_s))
        dripped = (now_s - bucket.at_s) * rate.most / rate.per_s
        bucket.tokens = min(float(rate.most), max(bucket.tokens, -float(rate.most)) + dripped)
        bucket.at_s = now_s
        return bucket

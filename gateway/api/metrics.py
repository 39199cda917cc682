"""Prometheus metrics: requests in this process, and what the database knows about the whole deployment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from gateway.services.ports import Store

REQUESTS = CollectorRegistry()
COUNT = Counter("gateway_requests", "Requests by route and status.", ["method", "route", "status"], registry=REQUESTS)
SECONDS = Histogram(
    "gateway_request_seconds",
    "Time to answer by route.",
    ["method", "route"],
    registry=REQUESTS,
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
REFUSED = Counter(
    "gateway_uploads_refused", "Uploaded pictures that were refused, by reason.", ["reason"], registry=REQUESTS
)

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def observe(verb: str, route: str, status: int, seconds: float) -> None:
    """Count one answered request. A verb that nobody knows is OTHER: a stranger shall not make new time series."""
    method = verb if verb in METHODS else "OTHER"
    COUNT.labels(method, route, status).inc()
    SECONDS.labels(method, route).observe(seconds)


def refused_picture(reason: str) -> None:
    """Count one upload that is no picture of ours."""
    REFUSED.labels(reason).inc()


class Deployment(Collector):
    """What the rows say: work waiting, cases open, jobs' heartbeats."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Read when scraped."""
        counts = GaugeMetricFamily("gateway_rows", "Rows by what they wait for.", labels=["what"])
        for what, number in sorted(self._store.counts().items()):
            counts.add_metric([what], number)
        yield counts
        beats = GaugeMetricFamily("gateway_job_last_beat_timestamp_seconds", "Last tick of each job.", labels=["job"])
        for job, (at, _, _) in sorted(self._store.beats().items()):
            beats.add_metric([job], at.timestamp())
        yield beats


class Unadjusted(Collector):
    """Where this process's quotes told the groups' hours though there was an adjustment to distance and area."""

    def __init__(self, failures: Mapping[str, int]) -> None:
        self._failures = failures

    def collect(self) -> Iterable[CounterMetricFamily]:
        """Read when scraped."""
        counts = CounterMetricFamily("gateway_adjustments_failed", "Adjustments, by what failed.", labels=["what"])
        for what in ("read", "asked"):
            counts.add_metric([what], self._failures.get(what, 0))
        yield counts


def registries(store: Store, failures: Mapping[str, int]) -> Iterable[CollectorRegistry]:
    """The registries to scrape: this process's and the deployment's; `failures` are those of `Unadjusted`."""
    forecasts = CollectorRegistry()
    forecasts.register(Unadjusted(failures))
    deployment = CollectorRegistry()
    deployment.register(Deployment(store))
    return REQUESTS, forecasts, deployment

"""/healthz, /readyz, /metrics, /openapi.json: for machines that run the gateway or write clients for it."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.api.auth import open_to_all, services
from gateway.api.metrics import registries
from gateway.api.routes import ApiBlueprint, answer
from gateway.api.schemas.problems import HealthSchema, ReadySchema
from gateway.domain.errors import Unavailable

blueprint = ApiBlueprint("service", __name__)
SILENT_AFTER_TICKS = 3
SILENT_AFTER_S = 60


@blueprint.route("/healthz")
@open_to_all("load balancers ask it; it says nothing but that the process runs")
@blueprint.response(200, HealthSchema)
def healthz() -> Response:
    """The process runs."""
    return answer({"status": "ok"})


@blueprint.route("/readyz")
@open_to_all("load balancers ask it; it says only whether the database and the worker answer")
@blueprint.response(200, ReadySchema)
@blueprint.alt_response(503, schema=ReadySchema, description="The database does not answer.")
def readyz() -> Response:
    """The database answers; and whether the worker's jobs have been heard of lately."""
    store, settings = services().store, services().settings
    try:
        store.ping()
        beats = store.beats()
    except Unavailable:
        return answer({"status": "database unavailable"}, 503, {"Retry-After": "2"})
    late = services().clock() - timedelta(seconds=max(settings.worker.tick_s * SILENT_AFTER_TICKS, SILENT_AFTER_S))
    silent = sorted(job for job, (at, _, _) in beats.items() if at < late)
    return answer({"status": "ready", "worker": "silent" if silent or not beats else "ok", "silent_jobs": silent})


@blueprint.route("/metrics")
@open_to_all("Prometheus scrapes it; it holds counts, no data of merchants")
@blueprint.response(200, {"type": "string"}, content_type="text/plain")
def metrics() -> Response:
    """Counts and times for Prometheus."""
    texts = [generate_latest(each) for each in registries(services().store, services().foresight.outlooks.failures)]
    return Response(b"".join(texts), content_type=CONTENT_TYPE_LATEST)


@blueprint.route("/openapi.json")
@open_to_all("it documents the API")
@blueprint.response(200, {"type": "object"})
def openapi() -> Response:
    """This document (OpenAPI 3.1)."""
    return answer(current_app.extensions["openapi"].document)

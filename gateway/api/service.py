"""/healthz, /readyz, /metrics, /openapi.json, /docs"""

from __future__ import annotations

import json
from datetime import timedelta

from flask import Blueprint, Response, current_app, render_template
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gateway.api.auth import open_to_all, services
from gateway.api.metrics import registries
from gateway.api.routes import answer
from gateway.domain.errors import Unavailable

blueprint = Blueprint(
    "service", __name__, template_folder="templates", static_folder="static", static_url_path="/docs/static"
)
SILENT_AFTER_TICKS = 3


@blueprint.route("/healthz")
@open_to_all("load balancers ask it; it says nothing but that the process runs")
def healthz() -> Response:
    """The process runs."""
    return answer({"status": "ok"})


@blueprint.route("/readyz")
@open_to_all("load balancers ask it; it says only whether the database and the worker answer")
def readyz() -> Response:
    """The database answers; and whether the worker's jobs have been heard of lately."""
    store, settings = services().store, services().settings
    try:
        store.ping()
        beats = store.beats()
    except Unavailable:
        return answer({"status": "database unavailable"}, 503, {"Retry-After": "2"})
    late = services().clock() - timedelta(seconds=max(settings.worker.tick_s * SILENT_AFTER_TICKS, 60))
    silent = sorted(job for job, (at, _, _) in beats.items() if at < late)
    return answer({"status": "ready", "worker": "silent" if silent or not beats else "ok", "silent_jobs": silent})


@blueprint.route("/metrics")
@open_to_all("Prometheus scrapes it; it holds counts, no data of merchants")
def metrics() -> Response:
    """Counts and times for Prometheus."""
    texts = [generate_latest(each) for each in registries(services().store)]
    return Response(b"".join(texts), content_type=CONTENT_TYPE_LATEST)


@blueprint.route("/docs")
@open_to_all("it documents the API")
def docs() -> str:
    """The API, browsable, rendered on the server from the very document at /openapi.json."""
    api = current_app.extensions["gateway_api"]
    return render_template("docs.html", spec=json.loads(json.dumps(api.spec.to_dict())))


@blueprint.route("/docs/problems")
@open_to_all("problem documents link to it")
def problems() -> str:
    """What each problem code means."""
    return render_template("problems.html")

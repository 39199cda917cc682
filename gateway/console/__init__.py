"""The console: pages for the people who answer callers, work exceptions and watch carriers.

A Flask application of its own, mounted at /console: it knows sessions and forms where the API knows keys and JSON, and
answers every error with a page. Server-rendered; the scripts are htmx and one small file of ours; nothing is inline.
"""

from __future__ import annotations

from flask import Flask

from gateway.console import (
    accounts,
    acting,
    assets,
    batch,
    book,
    brand,
    building,
    bulk_acts,
    bulk_cases,
    calls,
    cards,
    carriers,
    cases,
    claims,
    correcting,
    credentials,
    developers,
    enquiries,
    export,
    facilities,
    handover,
    jobs,
    live,
    me,
    notices,
    pack,
    policies,
    refusals,
    reports,
    saved_views,
    shipment,
    shipments,
    signing,
    staff,
    today,
    zones,
)
from gateway.console.gate import refuse_other_sites
from gateway.console.rendering import add_filters
from gateway.console.shrinking import shrink
from gateway.services.bound import Services

BLUEPRINTS = (
    signing.blueprint,
    me.blueprint,
    today.blueprint,
    shipments.blueprint,
    saved_views.blueprint,
    bulk_acts.blueprint,
    export.blueprint,
    shipment.blueprint,
    acting.blueprint,
    correcting.blueprint,
    bulk_cases.blueprint,
    cases.blueprint,
    claims.blueprint,
    batch.blueprint,
    book.blueprint,
    jobs.blueprint,
    live.blueprint,
    pack.blueprint,
    handover.blueprint,
    carriers.blueprint,
    accounts.blueprint,
    cards.blueprint,
    credentials.blueprint,
    building.blueprint,
    policies.blueprint,
    zones.blueprint,
    facilities.blueprint,
    reports.blueprint,
    notices.blueprint,
    developers.blueprint,
    enquiries.blueprint,
    calls.blueprint,
    staff.blueprint,
    brand.blueprint,
    assets.blueprint,
)
"""The table of contents."""

LARGEST_FORM = 1 << 20


def create_console(bound: Services, room: str = "") -> Flask:
    """The application, over the same services as the API.

    `room` is where the environ tells of a body that is longer than usual (see `gateway.api.front`).
    """
    app = Flask("gateway.console", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_FORM, PROPAGATE_EXCEPTIONS=False)
    app.extensions["gateway"] = bound
    app.extensions["room"] = room
    app.extensions["throttle"] = signing.Throttle(bound.settings.console.tries_per_h)
    add_filters(app)
    app.before_request(refuse_other_sites)
    app.after_request(shrink)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    refusals.install(app)
    return app

"""/docs and the pages under it: for people, from the very tables and the document at /openapi.json.

No script and no foreign host: they work without internet and under the strictest content policy.
"""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from importlib.resources import files
from itertools import groupby
from operator import attrgetter

from flask import Blueprint, Response, current_app, make_response, render_template
from markupsafe import Markup, escape

from gateway.api.auth import open_to_all, services
from gateway.api.openapi import TAGS
from gateway.api.outline import operations, shapes
from gateway.api.policy_words import policy_examples, vocabulary
from gateway.api.problems import PROBLEMS
from gateway.domain.message_types import message_types
from gateway.domain.notification_events import notification_events
from gateway.domain.plausibility import proof_within
from gateway.domain.tracking import reasons, statuses
from gateway.domain.tracking_views import VIEWS, view
from gateway.kpis.definitions import LEAST, definitions

blueprint = Blueprint("docs", __name__, template_folder="templates")
CODE = re.compile(r"`([^`]+)`")


@blueprint.route("/docs")
@open_to_all("it documents the API")
def api_page() -> Response:
    """Every operation and every shape."""
    spec = current_app.extensions["openapi"].document
    base = services().settings.web.base_url
    return _page(
        "docs.html",
        info=spec["info"],
        groups=[(tag, what, list(operations(spec, tag, base))) for tag, what in TAGS.items()],
        shapes=shapes(spec),
        base=base,
    )


@blueprint.route("/docs/problems")
@open_to_all("problem documents link to it")
def problems_page() -> Response:
    """What each problem code means and what to do."""
    return _page("problems.html", problems=PROBLEMS)


@blueprint.route("/docs/policies")
@open_to_all("it documents the API")
def policies_page() -> Response:
    """Writing a policy: the words a policy has, from the very tables that read it, and six from life."""
    return _page("policies.html", **vocabulary(), examples=policy_examples())


@blueprint.route("/docs/checkouts")
@open_to_all("it documents the API")
def checkouts_page() -> Response:
    """How to connect a shop's checkout, protocol by protocol."""
    return _page("checkouts.html", base=services().settings.web.base_url)


@blueprint.route("/docs/scale")
@open_to_all("it documents the gateway")
def scale_page() -> Response:
    """How far it goes: what was measured, and what comes next."""
    return _page("scale.html", rows=_table("scale.csv"), settings=_table("postgresql.csv"))


@blueprint.route("/docs/statuses")
@open_to_all("it documents the API")
def statuses_page() -> Response:
    """Where a shipment is and why, what is expected, who may correct it, and the same in other people's words."""
    views = [(name, view(name).items()) for name in VIEWS]
    return _page("statuses.html", statuses=statuses().values(), reasons=reasons().values(), views=views)


@blueprint.route("/docs/figures")
@open_to_all("it documents the gateway")
def figures_page() -> Response:
    """What each key figure is made of, and whose formula it follows."""
    return _page("figures.html", themes=groupby(definitions().values(), attrgetter("theme")), least=LEAST)


@blueprint.route("/docs/proofs")
@open_to_all("it documents the API")
def proofs_page() -> Response:
    """What proves a delivery, and how a delivered shipment is sent back."""
    settings = services().settings
    return _page(
        "proofs.html",
        base=settings.web.base_url,
        within_h=proof_within() // timedelta(hours=1),
        max_mib=settings.web.max_picture_bytes >> 20,
        per_shipment=settings.files.per_shipment,
        link_min=settings.files.link_s // 60,
        kept_days=settings.retention.proofs_days,
        window_days=settings.returns.window_days,
    )


@blueprint.route("/docs/privacy")
@open_to_all("it documents the gateway")
def privacy_page() -> Response:
    """What is kept of people, for how long, and how they are forgotten."""
    settings = services().settings
    return _page(
        "privacy.html",
        base=settings.web.base_url,
        kept=settings.retention,
        link_days=settings.recipients.link_days,
        calls_days=services().settings.request_log.kept_days,
    )


@blueprint.route("/docs/webhooks")
@open_to_all("it explains what we send to merchants")
def webhooks_page() -> Response:
    """At least once, in what order, and how to get it again: what a merchant's developer must know."""
    settings = services().settings
    return _page(
        "webhooks.html",
        types=message_types().values(),
        webhooks=settings.webhooks,
        streams=settings.streams,
        kept_days=settings.retention.told_days,
        schedule=[spoken(timedelta(seconds=each)) for each in settings.webhooks.schedule_s],
        lasts=spoken(timedelta(seconds=sum(settings.webhooks.schedule_s))),
    )


@blueprint.route("/docs/notifications")
@open_to_all("it documents the API")
def notifications_page() -> Response:
    """Telling the recipient: events, words, hours, and what is promised."""
    desk = services()
    return _page(
        "notifications.html",
        base=desk.settings.web.base_url,
        events=notification_events().values(),
        notifications=desk.settings.notifications,
        **desk.templates.vocabulary(),
    )


@blueprint.route("/docs/recipients")
@open_to_all("it documents the API")
def recipients_page() -> Response:
    """What recipients see, and in whose name."""
    bound = services()
    names = {
        role: " or ".join(found["name"] for found in bound.catalogue.listed() if role in found["capabilities"])
        for role in ("takes_instructions", "reschedules", "redirects")
    }
    return _page(
        "recipients.html",
        days=bound.settings.recipients.link_days,
        poll_s=f"{bound.settings.recipients.poll_s:g}",
        takers=names["takes_instructions"],
        reschedulers=names["reschedules"],
        redirectors=names["redirects"],
        languages=", ".join(name for _, name in bound.recipients.languages.known),
    )


@blueprint.app_template_filter()
def spoken(span: timedelta) -> str:
    """A span in words: `5 s`, `30 min`, `34 h`."""
    seconds = int(span.total_seconds())
    for unit, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{round(seconds / length)} {unit}"
    return f"{seconds} s"


@blueprint.route("/docs/docs.css")
@open_to_all("the pages' style sheet")
def style_sheet() -> Response:
    """How the pages look."""
    return _kept(Response(files("gateway.api").joinpath("static/docs.css").read_bytes(), content_type="text/css"))


@blueprint.app_template_filter()
def prose(text: str) -> Markup:
    """A sentence with `code` in it, escaped."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  # escaped first


def _page(template: str, **facts: object) -> Response:
    return _kept(make_response(render_template(template, **facts)))


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(files("gateway.api").joinpath(name).read_text("utf-8").splitlines()))

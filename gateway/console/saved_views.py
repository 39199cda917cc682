"""Saved views: made from the list as it is looked at, kept, named, ordered, begun with."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, make_response, redirect, request, url_for

from gateway.console.gate import may, services, who
from gateway.console.looks import address, look
from gateway.console.rendering import go, page
from gateway.domain.errors import NotFound, Unprocessable
from gateway.domain.people import Permission
from gateway.domain.views import SavedView

blueprint = Blueprint("saved_views", __name__)
SAID = {"moved": "The order is kept.", "landing": "You begin there from now on.", "changed": "The view is changed."}


@blueprint.get("/home")
@may(Permission.LOOK)
def home() -> Response:
    """Where somebody begins: with the view that they chose, else with today."""
    chosen = who().user.landing
    view = next((each for each in _views() if each.id == chosen), None)
    return make_response(redirect(address(view) if view else url_for("today.today"), 303))


@blueprint.get("/shipments/views")
@may(Permission.LOOK)
def overview() -> Response:
    """All that they see."""
    return _overview(said=SAID.get(request.args.get("done", ""), ""))


@blueprint.post("/shipments/views")
@may(Permission.LOOK)
def add() -> Response:
    """The list as it is looked at now, under a name."""
    form, seen = request.form, look(request.form, ())
    try:
        view = services().staff.views.add(
            who().user, form.get("name", "")[:200], seen.state, shared=form.get("shared") == "on"
        )
    except Unprocessable as error:
        return _overview(422, errors={"name": str(error)}, kept=seen, typed={"name": form.get("name", "")[:200]})
    return _to(view, "saved")


@blueprint.post("/shipments/views/<view_id>/keep")
@may(Permission.LOOK)
def keep(view_id: str) -> Response:
    """The list as it is looked at now, in place of what the view was."""
    state = look(request.form, ()).state
    return _to(services().staff.views.keep(who().user, view_id, _version(), state), "saved")


@blueprint.post("/shipments/views/<view_id>")
@may(Permission.LOOK)
def change(view_id: str) -> Response:
    """Another name, shared or not."""
    form = request.form
    try:
        services().staff.views.rename(
            who().user, view_id, _version(), form.get("name", "")[:200], shared=form.get("shared") == "on"
        )
    except Unprocessable as error:
        return _overview(422, errors={view_id: str(error)})
    return go("saved_views.overview", done="changed")


@blueprint.post("/shipments/views/<view_id>/move")
@may(Permission.LOOK)
def move(view_id: str) -> Response:
    """Up or down by one."""
    services().staff.views.move(who().user, view_id, -1 if request.form.get("to") == "up" else 1)
    return go("saved_views.overview", done="moved", _anchor=view_id)


@blueprint.post("/shipments/views/<view_id>/drop")
@may(Permission.LOOK)
def drop(view_id: str) -> Response:
    """Remove it."""
    services().staff.views.drop(who().user, view_id)
    return go("shipments.grid", done="removed")


@blueprint.post("/shipments/views/<view_id>/landing")
@may(Permission.LOOK)
def land(view_id: str) -> Response:
    """Begin with it from now on; `today` is no view."""
    if view_id != "today" and view_id not in {each.id for each in _views()}:
        raise NotFound(f"no view {view_id}")
    services().staff.people.land_on(who().user, "" if view_id == "today" else view_id)
    return go("saved_views.overview", done="landing")


def _views() -> list[SavedView]:
    return list(services().staff.views.list(who().user))


def _version() -> int:
    version = request.form.get("version", "")
    return int(version) if version.isdecimal() and len(version) < 10 else 0


def _to(view: SavedView, done: str) -> Response:
    there = address(view)
    return make_response(redirect(f"{there}&done={done}", 303))


def _overview(status: int = 200, **facts: Any) -> Response:
    given: dict[str, Any] = {"said": "", "errors": {}, "typed": {}, "kept": None, **facts}
    return page("views.html", status, views=[(view, address(view)) for view in _views()], **given)

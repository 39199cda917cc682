"""Settings: users with their roles, and the log of what everybody did."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.console.gate import may, services, who
from gateway.console.rendering import go, page
from gateway.domain.errors import Conflict, Unprocessable
from gateway.domain.people import ROLES, Permission, Role

blueprint = Blueprint("staff", __name__, url_prefix="/settings")
A_PAGE = 50
ROLE_WORDS = {
    Role.SUPPORT: "answers callers: finds shipments, sees recipients with a reason, notes, cancels, works exceptions",
    Role.OPERATIONS: "support's work; books, packs, settles bookings, watches carriers, explains codes, tries "
    "policies, shares views, writes what recipients are told and in whose name",
    Role.WAREHOUSE: "packs and prints at the pack station, closes days, orders pickups; cannot show recipients",
    Role.DEVELOPER: "keys, webhook endpoints and what was sent to them, every call and its answer; sees no recipients",
    Role.ADMIN: "everything, users and the audit log too",
}


@blueprint.get("")
@may(Permission.LOOK)
def overview() -> Response:
    """What may be set."""
    return page("settings.html", roles=ROLE_WORDS, granted=ROLES)


@blueprint.get("/users")
@may(Permission.PEOPLE)
def users() -> Response:
    """Who may sign in."""
    return _users()


@blueprint.post("/users")
@may(Permission.PEOPLE)
def add_user() -> Response:
    """Somebody new, with a password shown once."""
    form = request.form
    given = {name: form.get(name, "")[:200] for name in ("email", "name", "role")}
    try:
        user, password = services().staff.people.add(who().merchant_id, **given, by=who().user)
    except (Unprocessable, Conflict) as error:
        field = error.pointer.strip("/") if isinstance(error, Unprocessable) else "email"
        return _users(422, errors={field: str(error)}, typed=given)
    return _users(made=user, password=password)


@blueprint.post("/users/<user_id>")
@may(Permission.PEOPLE)
def change_user(user_id: str) -> Response:
    """Another role, or no entry any more."""
    form = request.form
    version = form.get("version", "0")
    services().staff.people.change(
        who().user,
        user_id,
        int(version) if version.isdecimal() else 0,
        role=form.get("role", ""),
        enabled=form.get("enabled") == "on",
    )
    return go("staff.users")


@blueprint.post("/users/<user_id>/password")
@may(Permission.PEOPLE)
def reset_password(user_id: str) -> Response:
    """A new password for somebody who forgot theirs."""
    password = services().staff.people.reset_password(who().user, user_id)
    user = next(each for each in services().staff.people.list(who().merchant_id) if each.id == user_id)
    return _users(made=user, password=password)


@blueprint.get("/audit")
@may(Permission.PEOPLE)
def audit() -> Response:
    """Who did what, newest first."""
    before = request.args.get("before", "")
    number = int(before) if before.isdecimal() and len(before) < 10 else None
    entries = services().staff.audit.list(who().merchant_id, number, A_PAGE + 1)
    more = entries[A_PAGE - 1].number if len(entries) > A_PAGE else None
    return page("audit.html", entries=entries[:A_PAGE], more=more)


def _users(status: int = 200, **facts: object) -> Response:
    found = services().staff.people.list(who().merchant_id)
    return page("users.html", status, users=found, roles=ROLE_WORDS, **{"errors": {}, "typed": {}, **facts})

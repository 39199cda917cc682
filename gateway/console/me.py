"""One's own page: password, one-time codes, keyboard, test or live."""

from __future__ import annotations

from flask import Blueprint, Response, request

from gateway.console.gate import may, services, who
from gateway.console.qr import svg_path
from gateway.console.rendering import go, page
from gateway.domain.errors import Unprocessable
from gateway.domain.people import Permission

blueprint = Blueprint("me", __name__)
MODES = ("test", "live")


@blueprint.get("/me")
@may(Permission.LOOK)
def page_of_mine() -> Response:
    """The page."""
    return _page()


@blueprint.post("/me/password")
@may(Permission.LOOK)
def change_password() -> Response:
    """A new password."""
    old, new = request.form.get("old", ""), request.form.get("new", "")
    try:
        services().staff.people.change_password(who().user, old, new)
    except Unprocessable as error:
        return _page(422, errors={error.pointer.strip("/"): str(error)})
    return _page(said="Your password is changed.")


@blueprint.post("/me/codes")
@may(Permission.LOOK)
def begin_codes() -> Response:
    """A seed for one-time codes, to be scanned."""
    secret, uri = services().staff.people.begin_codes(who().user)
    return _page(secret=secret, qr=svg_path(uri))


@blueprint.post("/me/codes/enable")
@may(Permission.LOOK)
def enable_codes() -> Response:
    """The first code of it."""
    code, user = request.form.get("code", "").replace(" ", "")[:20], who().user
    try:
        services().staff.people.enable_codes(user, code)
    except Unprocessable as error:
        return _page(422, errors={"code": str(error)})
    return _back("codes")


@blueprint.post("/me/shortcuts")
@may(Permission.LOOK)
def set_shortcuts() -> Response:
    """Single-letter keys on or off."""
    services().staff.people.set_shortcuts(who().user, on=request.form.get("shortcuts") == "on")
    return _back("keys")


@blueprint.post("/me/everywhere")
@may(Permission.LOOK)
def sign_out_everywhere() -> Response:
    """End every session of mine, this one too."""
    services().staff.signing_in.sign_out_everywhere(who().user)
    return go("signing.sign_in")


@blueprint.post("/mode")
@may(Permission.LOOK)
def switch_mode() -> Response:
    """Look at test or live data."""
    wanted = request.form.get("mode", "")
    for mode in MODES:
        if wanted == mode:
            services().staff.signing_in.switch_mode(who(), mode)  # type: ignore[arg-type]  # one of the two
    return go("today.today")


def _back(done: str) -> Response:
    return go("me.page_of_mine", done=done)


def _page(status: int = 200, **facts: object) -> Response:
    done = {
        "codes": "One-time codes are on: signing in asks for one from now on.",
        "keys": "Your keyboard setting is kept.",
    }
    said = done.get(request.args.get("done", ""), "")
    must = services().staff.signing_in.must_set_up_codes(who().user)
    return page("me.html", status, **{"said": said, "errors": {}, "must": must, **facts})

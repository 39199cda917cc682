"""Signing in and out."""

from __future__ import annotations

import json
import threading
from time import time
from typing import Any

from flask import Blueprint, Response, current_app, g, make_response, redirect, request, url_for
from werkzeug.exceptions import HTTPException

from gateway.console.gate import drop_token, keep_token, may, open_page, services, token
from gateway.console.rendering import go, page, words
from gateway.domain.people import Permission
from gateway.services.signing_in import NotSignedIn, WrongCredentials, form_token

blueprint = Blueprint("signing", __name__)
HOUR_S = 3600
LONGEST_KEPT = 100_000


class Throttle:
    """Sign-ins by address of the network, in this process and hour: each costs a slow digest."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._hour = 0
        self._counts: dict[str, int] = {}

    def passes(self, address: str) -> bool:
        """Count one."""
        hour = int(time()) // HOUR_S
        with self._lock:
            if hour != self._hour:
                self._hour, self._counts = hour, {}
            self._counts[address] = self._counts.get(address, 0) + 1
            return self._counts[address] <= self._most


@blueprint.get("/sign-in")
@open_page("who is not signed in must get in")
def sign_in() -> Response:
    """The form."""
    return page("sign_in.html", next=_inside(request.args.get("next", "")))


@blueprint.post("/sign-in")
@open_page("who is not signed in must get in")
def give_password() -> Response:
    """Address and password."""
    email, kept = request.form.get("email", ""), _kept()
    throttle: Throttle = current_app.extensions["throttle"]
    try:
        if not throttle.passes(request.remote_addr or ""):
            raise WrongCredentials("There were too many tries from your network. Wait an hour.")
        text, wants_code = services().staff.signing_in.sign_in(email, request.form.get("password", "")[:1000], token())
    except WrongCredentials as error:
        return page("sign_in.html", 403, error=str(error), email=email, **kept)
    return keep_token(page("code.html", **kept) if wants_code else _in(text, kept), text)


@blueprint.post("/sign-in/code")
@open_page("the one-time code comes after the password, before the session is worth anything")
def give_code() -> Response:
    """The one-time code."""
    kept = _kept()
    try:
        text = services().staff.signing_in.give_code(token(), request.form.get("code", "").replace(" ", "")[:20])
    except WrongCredentials as error:
        return page("code.html", 403, error=str(error), **kept)
    except NotSignedIn as error:
        return page("sign_in.html", 403, error=f"{error}.", **kept)
    return keep_token(_in(text, kept), text)


@blueprint.post("/sign-out")
@may(Permission.LOOK)
def sign_out() -> Response:
    """End this session."""
    services().staff.signing_in.sign_out(token())
    return drop_token(go("signing.sign_in"))


def _in(text: str, kept: dict[str, Any]) -> Response:
    """Where they wanted to go; or the form that they had typed, to be sent again."""
    if not kept["kept_to"]:
        there = kept["next"] if kept["next"] != url_for("today.today") else ""
        return make_response(redirect(there or url_for("saved_views.home"), 303))
    g.who, g.csrf = services().staff.signing_in.who(text), form_token(text)
    typed = [(name, words(name), value) for name, value in json.loads(kept["kept"])]
    return page("kept.html", typed=typed, kept_to=kept["kept_to"])


def _kept() -> dict[str, Any]:
    """What came along: where to go on, or a form that was typed when the session was over."""
    to, typed = request.form.get("kept_to", ""), request.form.get("kept", "")
    if not _takes_forms(to) or not _pairs(typed):
        to, typed = "", ""
    return {"next": _inside(request.form.get("next", "")), "kept_to": to, "kept": typed}


def _pairs(typed: str) -> bool:
    try:
        found = json.loads(typed) if len(typed) <= LONGEST_KEPT else None
    except ValueError:
        return False
    return isinstance(found, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(text, str) for text in pair) for pair in found
    )


def _takes_forms(path: str) -> bool:
    """Whether this is one of the console's own addresses that forms are sent to."""
    try:
        current_app.url_map.bind("").match(path.split("?")[0], "POST")
    except HTTPException:
        return False
    return path.startswith("/")


def _inside(path: str) -> str:
    """A path of the console; "" for any other place."""
    try:
        current_app.url_map.bind("").match(path.split("?")[0], "GET")
    except HTTPException:
        return ""
    return f"{request.script_root}{path}" if path.startswith("/") and not path.startswith("//") else ""

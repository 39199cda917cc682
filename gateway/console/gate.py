"""Who is at the console and what they may: `@may(permission)` on every page, `@open_page` on the few without a session.

A session is a cookie that scripts cannot read and other sites cannot send. Forms carry a token that only its holder can
make, and what another site's page posts is refused by what browsers say of it. A form that was typed for longer than
the session lasted is kept: its owner signs in, sees it again and sends it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Response, current_app, g, request, url_for

from gateway.console.rendering import go, page
from gateway.console.shrinking import OWN
from gateway.domain.errors import GatewayError
from gateway.domain.people import Permission
from gateway.services.audit_trail import Deed
from gateway.services.bound import Services
from gateway.services.signing_in import NotSignedIn, SignedIn, form_token, is_form_token

View = TypeVar("View", bound=Callable[..., Any])
SAFE = ("GET", "HEAD", "OPTIONS")
NEVER_KEPT = ("csrf", "password", "old", "new", "code")
SECRET = "secret-"  # noqa: S105  # how names begin, not a secret
"""How names of fields begin that are neither kept nor shown again."""


class NotAllowed(GatewayError):
    """Their role does not let them."""


class Forged(GatewayError):
    """A form that did not come from a page of ours, or from one of another session."""


def services() -> Services:
    """The services this application was made with."""
    return cast(Services, current_app.extensions["gateway"])


def who() -> SignedIn:
    """Who is at the console."""
    return cast(SignedIn, g.who)


def deed(what: str, subject_id: str = "", reason: str = "") -> Deed:
    """For the audit log: what this request does."""
    return Deed(what=what, subject_id=subject_id, reason=reason, request_id=g.get("request_id", ""))


def may(permission: Permission, *, passing: bool = False) -> Callable[[View], View]:
    """A page or action that needs this permission; `passing`: a script asks, so that it keeps no session alive."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            refused = _signed_in(passing=passing)
            if refused is not None:
                return refused
            if not who().user.may(permission):
                raise NotAllowed(f"your role, {who().user.role.value}, does not let you do this")
            if request.method not in SAFE and not _own_form():
                raise Forged("this form is not one of your session: open the page again and send it from there")
            return view(*args, **kwargs)

        checked.needs = permission  # type: ignore[attr-defined]  # read by the test that walks every route
        return cast(View, checked)

    return decorate


def larger(most: int) -> Callable[[View], View]:
    """A form of up to so many bytes, from whoever is signed in; it goes around `may`, which reads the form."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wide(*args: Any, **kwargs: Any) -> Any:
            request.max_content_length = request.max_form_memory_size = most
            room = request.environ.get(current_app.extensions["room"])
            if room is None:
                return view(*args, **kwargs)
            try:
                services().staff.signing_in.who(token())
            except NotSignedIn:
                return go("signing.sign_in", next=request.full_path.rstrip("?"))
            room.bytes = most  # so far it may go: read on, and come again
            return Response(status=100)

        return cast(View, wide)

    return decorate


def open_page(why: str) -> Callable[[View], View]:
    """A page without a session, and why it may be."""

    def decorate(view: View) -> View:
        view.open_because = why  # type: ignore[attr-defined]  # read by the test that walks every route
        return view

    return decorate


def refuse_other_sites() -> None:
    """No other site's page may post here, nor sign anybody in.

    Source: W3C Fetch Metadata, `Sec-Fetch-Site`; OWASP CSRF Prevention Cheat Sheet, "Fetch Metadata headers".
    """
    if request.method in SAFE:
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.host
    if (site is not None and site not in OWN) or (site is None and foreign):
        raise Forged("this form was sent by another site")


def token() -> str:
    """What the browser holds; "" for nothing."""
    return request.cookies.get(_cookie(), "")


def keep_token(response: Response, text: str) -> Response:
    """Let the browser hold a session's token until it is closed."""
    secure = _secure()
    response.set_cookie(_cookie(), text, secure=secure, httponly=True, samesite="Lax", path="/")
    return response


def drop_token(response: Response) -> Response:
    """Signed out."""
    response.delete_cookie(_cookie(), secure=_secure(), httponly=True, samesite="Lax", path="/")
    return response


def kept_form() -> tuple[str, str]:
    """Where the form of this request goes, and what was typed into it, as JSON. Passwords and codes are not kept."""
    typed = [[name, text] for name, text in request.form.items(multi=True) if not _never_kept(name)]
    return request.full_path.rstrip("?"), json.dumps(typed)


def _never_kept(name: str) -> bool:
    """A carrier's code is one to be kept, a one-time code is not."""
    return (name in NEVER_KEPT and not (name == "code" and request.blueprint == "carriers")) or name.startswith(SECRET)


def _signed_in(*, passing: bool) -> Response | None:
    """Find out who it is; what to answer instead where that is nobody."""
    try:
        g.who = services().staff.signing_in.who(token(), passing=passing)
    except NotSignedIn as error:
        return _sign_in_first(error)
    g.csrf = form_token(token())
    setting_up = request.endpoint in ("me.page_of_mine", "me.begin_codes", "me.enable_codes", "signing.sign_out")
    if services().staff.signing_in.must_set_up_codes(who().user) and not setting_up:
        return go("me.page_of_mine")
    return None


def _sign_in_first(error: NotSignedIn) -> Response:
    there = request.full_path.rstrip("?")
    if request.headers.get("HX-Request") and request.method in SAFE:
        target = url_for("signing.sign_in", next=urlsplit(request.headers.get("HX-Current-URL", there)).path)
        return Response("", 204, {"HX-Redirect": target})
    if request.method in SAFE:
        return go("signing.sign_in", next=there)
    to, typed = kept_form()
    said = (
        f"Your session is over ({error}). What you typed is kept: sign in, and you will see it again before it is sent."
    )
    answer = page("sign_in.html", 401, said=said, kept=typed, kept_to=to)
    if request.headers.get("HX-Request"):  # the whole page, not only the part that the form would have been
        answer.headers.update({"HX-Retarget": "body", "HX-Reswap": "outerHTML", "HX-Reselect": "body"})
    return answer


def _own_form() -> bool:
    return is_form_token(request.form.get("csrf") or request.headers.get("X-CSRF-Token", ""), token())


def _secure() -> bool:
    return services().settings.web.public_url.startswith("https://")


def _cookie() -> str:
    """Over https a name that browsers accept for this very host only."""
    return "__Host-gw" if _secure() else "gw"

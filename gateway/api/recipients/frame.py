"""What every page under /t/ has: its frame, its languages, its headers, and refusals that people can read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from flask import Response, current_app, make_response, redirect, render_template, request, url_for

from gateway.api.auth import RateWindow, services
from gateway.api.recipients.forms import Filled
from gateway.api.recipients.view import plain
from gateway.domain.errors import GatewayError, NotFound, Unavailable
from gateway.domain.recipients import BrandRecord
from gateway.services.ports.recipients import Voice
from gateway.services.recipients.pages import LinkEnded, Sight

View = TypeVar("View", bound=Callable[..., Response])
HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept-Language",
}


FORM_BYTES = 262_144
"""Far more than fits into the fields of a form, so that who wrote too much is shown it again, and what is too long."""
LONGEST_FIELD = 4_000
"""Characters of a field that are looked at; every field may have far fewer."""


class Hurried(GatewayError):
    """More was asked for from one address than people ask for."""


class FromElsewhere(GatewayError):
    """A form that another site sent."""


def for_people(shown: View) -> View:
    """A route whose refusals are pages too, in the reader's language."""

    @wraps(shown)
    def guarded(*args: Any, **kwargs: Any) -> Response:
        try:
            hurry("looks", services().settings.recipients.looks_per_min)
            return shown(*args, **kwargs)
        except LinkEnded as error:
            return notice(410, "expired", error.brand)
        except NotFound:
            return _lost()
        except Hurried:
            return notice(429, "busy", headers={"Retry-After": "60"}, back=_back(kwargs))
        except Unavailable:
            return notice(503, "away", headers={"Retry-After": "120"}, back=_back(kwargs))
        except FromElsewhere:
            return notice(403, "stale", back=_back(kwargs))

    return cast(View, guarded)


def _back(named: Mapping[str, str]) -> str:
    """From what a form came to: where it is filled in."""
    return here(named["token"]) if request.method == "POST" else ""


def hurry(kind: str, most: int) -> None:
    """Raises Hurried: more than so many a minute from one address."""
    window: RateWindow = current_app.extensions["rate_window"]
    if window.count(f"address {request.remote_addr}", kind)[0] > most:
        raise Hurried(f"more than {most} {kind} a minute")


def _lost() -> Response:
    """No such link; whoever tries many is told to wait."""
    try:
        hurry("guesses", services().settings.recipients.guesses_per_min)
    except Hurried:
        return notice(429, "busy", headers={"Retry-After": "60"})
    return notice(404, "unknown")


def notice(
    status: int,
    what: str,
    brand: BrandRecord | None = None,
    headers: Mapping[str, str] = HEADERS,
    back: str = "",
    token: str = "",
) -> Response:
    """A page that says why there is nothing to see."""
    bound = services()
    code = language(brand.brand.language if brand else "en")
    voice = bound.recipients.languages.voice(code, "", UTC, bound.clock())
    facts = {**frame(voice, brand), "what": what, "back": back, "token": token, "typed": request.method == "POST"}
    response = answer("recipients/notice.html", status, facts)
    response.headers.update(headers)
    return response


def frame(voice: Voice, brand: BrandRecord | None) -> dict[str, Any]:
    """What every page has around its content."""
    known = services().recipients.languages.known
    return {
        "say": voice.say,
        "voice": voice,
        "brand": brand.brand if brand else None,
        "has_logo": bool(brand and brand.logo_sha256),
        "logo": brand.logo_sha256[:8] if brand else "",
        "has_help": bool(brand and (brand.brand.help_email or brand.brand.help_phone or brand.brand.help_url)),
        "languages": [(code, name, code == voice.code) for code, name in known],
        "path": request.path if request.method == "GET" else "",
        "query": chosen(),
    }


def answer(template: str, status: int, facts: Mapping[str, Any]) -> Response:
    """A template, filled in, with the headers of these pages."""
    response = make_response(render_template(template, plain=plain, **facts), status)
    response.headers.update(HEADERS)
    return response


def language(otherwise: str) -> str:
    """The one that was chosen on the page, else the browser's, else the merchant's."""
    wanted = [request.args["lang"]] if "lang" in request.args else []
    return services().recipients.languages.best([*wanted, *request.accept_languages.values()], otherwise)


def chosen() -> dict[str, str]:
    """The language chosen on the page goes along with every link and form."""
    known = dict(services().recipients.languages.known)
    return {"lang": request.args["lang"]} if request.args.get("lang") in known else {}


def here(token: str, what: str = "") -> str:
    """The page of a link, or one below it, in the language chosen on it."""
    there = url_for("recipients.show", token=token) + (f"/{what}" if what else "")
    return f"{there}?{urlencode(chosen())}" if chosen() else there


def sent_on(token: str, what: str = "") -> Response:
    """To that page, by another request."""
    response = make_response(redirect(here(token, what), 303))
    response.headers.update(HEADERS)
    return response


def filled_form() -> Filled:
    """The form of this request. Raises FromElsewhere: another site sent it."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin", "null")
    foreign = site not in (None, "same-origin", "none") or (
        origin != "null" and urlsplit(origin).netloc != request.host
    )
    if foreign:
        raise FromElsewhere("the form came from another site")
    request.max_content_length = FORM_BYTES
    return Filled({name: text[:LONGEST_FIELD] for name, text in request.form.items()})


def voice_of(sight: Sight) -> Voice:
    """How its reader is spoken to."""
    code = language(sight.brand.brand.language)
    country = sight.shipment.shipment.destination.country
    return services().recipients.languages.voice(code, country, sight.zone, sight.now)

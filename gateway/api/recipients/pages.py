"""The routes under /t/. They need no script, set no cookie, and load nothing from anywhere else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC
from functools import wraps
from importlib.resources import files
from typing import Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request, url_for

from gateway.api.auth import RateWindow, open_to_all, services
from gateway.api.recipients import forms
from gateway.api.recipients.view import plain, view
from gateway.domain.colours import ink_on, legible
from gateway.domain.errors import Conflict, GatewayError, NotFound, Unavailable
from gateway.domain.recipients import BrandRecord
from gateway.services.ports.recipients import Voice
from gateway.services.recipients.pages import LinkEnded, Sight

View = TypeVar("View", bound=Callable[..., Response])
blueprint = Blueprint("recipients", __name__, url_prefix="/t", template_folder="../templates")
THE_LINK = "the link is the key: whoever has it was given it"
SAME_FOR_ALL = "it is the same for everybody"
LIGHT_GROUND, DARK_GROUND = "#eef0f4", "#1d222c"
"""What the brand's colour must be legible on: the darkest ground of the light page, the lightest of the dark one."""

DARK_CONTRAST = 7
"""More than is asked for: thin coloured letters on dark look duller than they measure."""

ASSETS = {"page.css": "text/css", "page.js": "text/javascript"}
COLOUR = re.compile(r"[0-9a-f]{6}")
FORM_BYTES = 16_384
HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "Vary": "Accept-Language",
}


class Hurried(GatewayError):
    """More was asked for from one address than people ask for."""


class FromElsewhere(GatewayError):
    """A form that another site sent."""


def for_people(shown: View) -> View:
    """A route whose refusals are pages too, in the reader's language."""

    @wraps(shown)
    def guarded(*args: Any, **kwargs: Any) -> Response:
        try:
            _hurry("looks", services().settings.recipients.looks_per_min)
            return shown(*args, **kwargs)
        except LinkEnded as error:
            return _notice(410, "expired", error.brand)
        except NotFound:
            return _lost()
        except Hurried:
            return _notice(429, "busy", headers={"Retry-After": "60"})
        except Unavailable:
            return _notice(503, "away", headers={"Retry-After": "120"})
        except FromElsewhere:
            return _notice(403, "stale")

    return cast(View, guarded)


@blueprint.route("/<token>")
@open_to_all(THE_LINK)
@for_people
def show(token: str) -> Response:
    """The page."""
    seen = request.headers.get("If-None-Match")
    if seen and seen == _tag(*services().recipients.pages.version(token)):
        return Response(status=304, headers=HEADERS)
    return _page(token)


@blueprint.route("/<token>/missing", methods=["POST"])
@open_to_all(THE_LINK)
@for_people
def report_missing(token: str) -> Response:
    """It counts as delivered, and the recipient does not have it."""
    filled = _filled()
    told = forms.missed(filled, _voice(services().recipients.pages.sight(token)))
    return _done(token, filled, lambda: services().recipients.answers.missed(token, told))


@blueprint.route("/<token>/rating", methods=["POST"])
@open_to_all(THE_LINK)
@for_people
def rate(token: str) -> Response:
    """What the recipient thinks of the delivery."""
    filled = _filled()
    stars, recommends, comment = forms.rating(filled, _voice(services().recipients.pages.sight(token)))
    return _done(token, filled, lambda: services().recipients.answers.rate(token, stars, recommends, comment))


@blueprint.route("/<token>/logo")
@open_to_all(THE_LINK)
@for_people
def logo(token: str) -> Response:
    """The merchant's logo."""
    merchant_id = services().recipients.pages.brand(token).merchant_id
    content = services().recipients.brands.logo(merchant_id)
    if not content:
        raise NotFound("no logo")
    return _kept(Response(content, content_type="image/png"))


@blueprint.route("/<token>/photo")
@open_to_all(THE_LINK)
@for_people
def photo(token: str) -> Response:
    """A small picture of the delivery, where the merchant lets recipients see it."""
    bound = services()
    file = bound.recipients.pages.sight(token).photo
    link = bound.proofs.link(file) if file else None
    if link is None:
        raise NotFound("no photo")
    response = Response(bound.recipients.pictures.preview(bound.proofs.show(link.token).content))
    response.headers.update({**HEADERS, "Content-Type": "image/jpeg", "Cache-Control": "private, max-age=300"})
    return response


@blueprint.route("/assets/<name>")
@open_to_all(SAME_FOR_ALL)
def asset(name: str) -> Response:
    """The style sheet and the script."""
    if name not in ASSETS:
        raise NotFound("no such file")
    read = files("gateway.api").joinpath(f"static/recipients/{name}").read_bytes()
    return _kept(Response(read, content_type=f"{ASSETS[name]}; charset=utf-8"))


@blueprint.route("/colours/<colour>.css")
@open_to_all(SAME_FOR_ALL)
def colours(colour: str) -> Response:
    """A brand's colour, in shades that can be read on the page, light and dark."""
    if not COLOUR.fullmatch(colour):
        raise NotFound("no such colour")
    light, dark = legible(f"#{colour}", LIGHT_GROUND), legible(f"#{colour}", DARK_GROUND, DARK_CONTRAST)
    sheet = (
        f":root{{--accent:{light};--on-accent:{ink_on(light)}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{--accent:{dark};--on-accent:{ink_on(dark)}}}}}"
    )
    return _kept(Response(sheet, content_type="text/css; charset=utf-8"))


def _page(token: str, filled: forms.Filled | None = None) -> Response:
    """The page as it is now; 422 where a form was not right."""
    bound, sight = services(), services().recipients.pages.sight(token)
    voice = _voice(sight)
    shipment = sight.shipment
    facts = {
        **view(sight, voice),
        **_frame(voice, sight.brand),
        "sight": sight,
        "token": token,
        "tag": _tag(shipment.id, shipment.version),
        "every_s": 0 if sight.over else bound.settings.recipients.poll_s,
        "link_days": bound.settings.recipients.link_days,
        "filled": filled.given if filled else {},
        "faults": filled.faults if filled else {},
        "longest_note": forms.LONGEST_NOTE,
        "star_choices": [(str(each), voice.say(f"rating.star_{each}")) for each in reversed(forms.STARS)],
        "photo": f"/t/{token}/photo?{sight.photo.id[-8:]}" if sight.photo else "",
    }
    return _answer("recipients/page.html", 422 if filled else 200, facts)


def _done(token: str, filled: forms.Filled, keep: Callable[[], None]) -> Response:
    """Keep a form's answers and show the page anew, by another request; or show what is wrong with them."""
    _hurry("answers", services().settings.recipients.answers_per_min)
    if filled.faults:
        return _page(token, filled)
    try:
        keep()
    except Conflict:
        return _notice(409, "stale", back=_here(token))
    response = make_response(redirect(_here(token), 303))
    response.headers.update(HEADERS)
    return response


def _here(token: str) -> str:
    there = url_for("recipients.show", token=token)
    return f"{there}?{urlencode(_chosen())}" if _chosen() else there


def _filled() -> forms.Filled:
    """The form of this request. Raises FromElsewhere: another site sent it."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin", "null")
    foreign = site not in (None, "same-origin", "none") or (
        origin != "null" and urlsplit(origin).netloc != request.host
    )
    if foreign:
        raise FromElsewhere("the form came from another site")
    request.max_content_length = FORM_BYTES
    return forms.Filled(request.form.to_dict())


def _hurry(kind: str, most: int) -> None:
    """Raises Hurried: more than so many a minute from one address."""
    window: RateWindow = current_app.extensions["rate_window"]
    if window.count(f"address {request.remote_addr}", kind)[0] > most:
        raise Hurried(f"more than {most} {kind} a minute")


def _lost() -> Response:
    """No such link; whoever tries many is told to wait."""
    try:
        _hurry("guesses", services().settings.recipients.guesses_per_min)
    except Hurried:
        return _notice(429, "busy", headers={"Retry-After": "60"})
    return _notice(404, "unknown")


def _notice(
    status: int, what: str, brand: BrandRecord | None = None, headers: Mapping[str, str] = HEADERS, back: str = ""
) -> Response:
    """A page that says why there is nothing to see."""
    bound = services()
    code = _language(brand.brand.language if brand else "en")
    voice = bound.recipients.languages.voice(code, "", UTC, bound.clock())
    facts = {**_frame(voice, brand), "what": what, "back": back}
    response = _answer("recipients/notice.html", status, facts)
    response.headers.update(headers)
    return response


def _frame(voice: Voice, brand: BrandRecord | None) -> dict[str, Any]:
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
        "query": _chosen(),
    }


def _answer(template: str, status: int, facts: Mapping[str, Any]) -> Response:
    response = make_response(render_template(template, plain=plain, **facts), status)
    response.headers.update(HEADERS)
    return response


def _voice(sight: Sight) -> Voice:
    code = _language(sight.brand.brand.language)
    country = sight.shipment.shipment.destination.country
    return services().recipients.languages.voice(code, country, sight.zone, sight.now)


def _language(otherwise: str) -> str:
    """The one that was chosen on the page, else the browser's, else the merchant's."""
    wanted = [request.args["lang"]] if "lang" in request.args else []
    return services().recipients.languages.best([*wanted, *request.accept_languages.values()], otherwise)


def _chosen() -> dict[str, str]:
    """The language chosen on the page goes along with every link and form."""
    known = dict(services().recipients.languages.known)
    return {"lang": request.args["lang"]} if request.args.get("lang") in known else {}


def _tag(shipment_id: str, version: int) -> str:
    """Changes whenever the page would: with the shipment, the language, and each hour, as times go by."""
    hour = f"{services().clock():%Y%m%d%H}"
    return f'"{shipment_id[-8:]}-{version}-{_language("en")}-{hour}"'


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = "public, max-age=86400"
    return response

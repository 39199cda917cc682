"""The routes under /t/ that a link leads to. They need no script, set no cookie, and load nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, request

from carriers.base import CarrierError, ShipmentRejected
from gateway.api.auth import open_to_all, services
from gateway.api.recipients import codes, forms
from gateway.api.recipients.assets import kept
from gateway.api.recipients.diverting import choices
from gateway.api.recipients.frame import (
    HEADERS,
    answer,
    filled_form,
    for_people,
    frame,
    here,
    hurry,
    language,
    notice,
    sent_on,
    voice_of,
)
from gateway.api.recipients.view import view
from gateway.domain.errors import Conflict, NotFound
from gateway.services.recipients.answers import EnoughSaid
from gateway.services.recipients.pages import version_of
from gateway.services.recipients.proving import NotTheRecipient
from gateway.services.recipients.wishes import wished

blueprint = Blueprint("recipients", __name__, url_prefix="/t", template_folder="../templates")
THE_LINK = "the link is the key: whoever has it was given it"
FORMS = {"times/code": "times", "points/code": "points"}
"""Where the form is, by where it is sent to; all others are on the page itself."""


@blueprint.route("/<token>")
@open_to_all(THE_LINK)
@for_people
def show(token: str) -> Response:
    """The page."""
    seen = request.headers.get("If-None-Match")
    if seen and seen == _tag(*services().recipients.pages.version(token)):
        return Response(status=304, headers=HEADERS)
    return _page(token)


@blueprint.route("/<token>/missing", defaults={"sent": "missing"})
@blueprint.route("/<token>/rating", defaults={"sent": "rating"})
@blueprint.route("/<token>/wish", defaults={"sent": "wish"})
@blueprint.route("/<token>/wish/code", defaults={"sent": "wish/code"})
@blueprint.route("/<token>/times/code", defaults={"sent": "times/code"})
@blueprint.route("/<token>/points/code", defaults={"sent": "points/code"})
@open_to_all(THE_LINK)
@for_people
def again(token: str, sent: str) -> Response:
    """Where a form was sent to is an address that browsers remember: it leads back to the form."""
    return sent_on(token, FORMS.get(sent, ""))


@blueprint.route("/<token>/missing", methods=["POST"])
@open_to_all(THE_LINK)
@for_people
def report_missing(token: str) -> Response:
    """It counts as delivered, and the recipient does not have it."""
    filled = filled_form()
    voice = voice_of(services().recipients.pages.sight(token))
    told = forms.missed(filled, voice)

    def keep() -> None:
        try:
            services().recipients.answers.missed(token, told)
        except EnoughSaid:
            filled.faults["missing_note"] = voice.say("missing.enough")

    return _done(token, filled, keep)


@blueprint.route("/<token>/rating", methods=["POST"])
@open_to_all(THE_LINK)
@for_people
def rate(token: str) -> Response:
    """What the recipient thinks of the delivery."""
    filled = filled_form()
    stars, recommends, comment = forms.rating(filled, voice_of(services().recipients.pages.sight(token)))
    return _done(token, filled, lambda: services().recipients.answers.rate(token, stars, recommends, comment))


@blueprint.route("/<token>/wish", methods=["POST"])
@open_to_all(THE_LINK)
@for_people
def wish(token: str) -> Response:
    """How the recipient wants it delivered."""
    filled, sight = filled_form(), services().recipients.pages.sight(token)
    voice = voice_of(sight)
    told, proof = forms.wish(filled, voice)

    def keep() -> None:
        try:
            services().recipients.wishes.wish(token, told, proof)
        except NotTheRecipient as error:
            filled.faults["proof"] = codes.wrong(sight, error, voice)

    return _done(token, filled, keep)


@blueprint.route("/<token>/wish/code", methods=["POST"])
@open_to_all(THE_LINK)
@for_people
def send_code(token: str) -> Response:
    """Send the recipient a code to prove it by; what was filled in stays."""
    filled, sight = filled_form(), services().recipients.pages.sight(token)
    if services().recipients.wishes.needs(sight.shipment, sight.brand.brand) != "code":
        return notice(409, "stale", back=here(token))
    codes.send(sight, filled, voice_of(sight))
    return _page(token, filled)


@blueprint.route("/<token>/logo")
@open_to_all(THE_LINK)
@for_people
def logo(token: str) -> Response:
    """The merchant's logo."""
    merchant_id = services().recipients.pages.brand(token).merchant_id
    content = services().recipients.brands.logo(merchant_id)
    if not content:
        raise NotFound("no logo")
    return kept(Response(content, content_type="image/png"))


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


def _page(token: str, filled: forms.Filled | None = None) -> Response:
    """The page as it is now; 422 where a form was not right."""
    bound, sight = services(), services().recipients.pages.sight(token)
    voice = voice_of(sight)
    shipment, brand = sight.shipment, sight.brand.brand
    facts = {
        **view(sight, voice),
        **frame(voice, sight.brand),
        "sight": sight,
        "token": token,
        "tag": _tag(shipment.id, version_of(shipment, sight.words)),
        "every_s": 0 if sight.over else bound.settings.recipients.poll_s,
        "link_days": bound.settings.recipients.link_days,
        "filled": filled.given if filled else {},
        "faults": filled.faults if filled else {},
        "longest_note": forms.LONGEST_NOTE,
        "longest_wish": forms.LONGEST_WISH,
        "wish_proof": codes.asked(sight, bound.recipients.wishes.needs(shipment, brand), f"/t/{token}/wish/code"),
        **choices(sight, voice),
        "push_key": bound.recipients.following.key(shipment),
        "wished": wished(shipment),
        "star_choices": [(str(each), voice.say(f"rating.star_{each}")) for each in reversed(forms.STARS)],
        "photo": f"/t/{token}/photo?{sight.photo.id[-8:]}" if sight.photo else "",
    }
    return answer("recipients/page.html", 422 if filled and filled.faults else 200, facts)


def _done(token: str, filled: forms.Filled, keep: Callable[[], None]) -> Response:
    """Keep a form's answers and show the page anew, by another request; or show what is wrong with them."""
    hurry("answers", services().settings.recipients.answers_per_min)
    if filled.faults:
        return _page(token, filled)
    try:
        keep()
    except (Conflict, ShipmentRejected):
        return notice(409, "stale", back=here(token))
    except CarrierError:
        return notice(503, "away", back=here(token))
    if filled.faults:
        return _page(token, filled)
    return sent_on(token)


def _tag(shipment_id: str, version: str) -> str:
    """Changes whenever the page would: with shipment, the shop's words, language, and each hour, as times go by."""
    hour = f"{services().clock():%Y%m%d%H}"
    return f'"{shipment_id[-8:]}-{version}-{language("en")}-{hour}"'

"""Settings: in whose name recipients are spoken to, and how long what is kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from flask import Blueprint, Response, request

from gateway.console.gate import deed, may, services, who
from gateway.console.rendering import go, page
from gateway.domain.colours import ink_on
from gateway.domain.errors import StaleVersion, Unprocessable
from gateway.domain.people import Permission
from gateway.domain.recipients import Brand
from gateway.services.ports import ShipmentSearch

blueprint = Blueprint("brand", __name__, url_prefix="/settings")
COLOUR = re.compile(r"#[0-9a-f]{6}")
WEB = re.compile(r"https://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?(/[A-Za-z0-9/._~%!&()*+,;=:@?#-]*)?")
EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")
"""Source: ITU-T E.164, section 6."""
FORMS = {
    "colour": (COLOUR, "A colour such as #0b57b0."),
    "help_email": (EMAIL, "An e-mail address."),
    "help_phone": (PHONE, "With the country's code, such as +4791234567."),
    "help_url": (WEB, "An https address."),
    "returns_url": (WEB, "An https address."),
    "privacy_url": (WEB, "An https address."),
}
LABELS = {
    "help_email": "E-mail for questions",
    "help_phone": "Phone for questions",
    "help_url": "Help page",
    "returns_url": "Where things are given back",
    "privacy_url": "Privacy notice",
}
FLAGS = {
    "photo": "see the photo of the delivery",
    "wishes": "tell the courier where to leave it",
    "reschedule": "ask for another time",
    "redirect": "ask for a pickup point",
    "proof_code": "do so only with a six-digit code that is sent to them (else: with the end of their phone number)",
}
"""What recipients may, where the carrier can."""
LARGEST_LOGO = 512 * 1024
KEPT = (
    ("inbox_days", "What carriers sent us, word for word, once it was applied"),
    ("told_days", "What you and recipients were told, with the log of every try"),
    ("proofs_days", "Photos and signatures of deliveries"),
    ("instructions_days", "After a shipment's end: instructions and door codes"),
    (
        "addresses_days",
        "After a shipment's end: everybody's names, addresses, phones, e-mails; files of decided claims",
    ),
    ("quotes_days", "Quotes, from which policies are replayed"),
)


@blueprint.get("/brand")
@may(Permission.SETTINGS)
def brand() -> Response:
    """The brand, and how it looks to recipients."""
    return _brand(said="Kept. Recipients see it when they load their page again." if request.args.get("done") else "")


@blueprint.post("/brand")
@may(Permission.SETTINGS)
def keep() -> Response:
    """Another brand; without a new logo the old one stays."""
    form, signed = request.form, who()
    texts: dict[str, Any] = {
        field.name: form.get(field.name, "").strip()[:500] for field in fields(Brand) if field.name not in FLAGS
    }
    texts["colour"] = texts["colour"].casefold()
    flags: Mapping[str, Any] = {name: form.get(name) == "on" for name in FLAGS}
    wanted = Brand(**texts, **flags)
    errors = {name: said for name, (rule, said) in FORMS.items() if texts[name] and not rule.fullmatch(texts[name])}
    if not texts["colour"]:
        errors["colour"] = FORMS["colour"][1]
    if len(texts["name"]) > 60:
        errors["name"] = f"A name has up to 60 characters; this one has {len(texts['name'])}."
    logo = _logo(errors)
    version = form.get("version", "")
    if not errors and form.get("act") == "keep":
        try:
            seen = int(version) if version.isdecimal() and len(version) < 10 else None
            services().recipients.brands.put(signed.merchant_id, wanted, logo, seen)
        except Unprocessable as error:
            errors[error.pointer.strip("/")] = f"{str(error)[:1].upper()}{str(error)[1:]}."
        except StaleVersion:
            errors["version"] = "Somebody else changed the brand meanwhile. What you typed is below: send it again."
        else:
            services().staff.audit.record(signed.user, deed("changed the brand", reason=wanted.name))
            return go("brand.brand", done="kept")
    return _brand(422 if errors else 200, errors=errors, given=wanted, unsaved=True)


@blueprint.get("/brand/logo.png")
@may(Permission.SETTINGS)
def logo() -> Response:
    """The logo, for the preview."""
    return Response(services().recipients.brands.logo(who().merchant_id), content_type="image/png")


@blueprint.get("/retention")
@may(Permission.LOOK)
def retention() -> Response:
    """How long what is kept. Whoever runs the gateway sets it, for all merchants alike."""
    days = asdict(services().settings.retention)
    kept = [(said, days[name]) for name, said in KEPT]
    calls = (
        "Calls over the API and to carriers, without people and secrets",
        services().settings.request_log.kept_days,
    )
    link = ("The recipient's page, after the delivery", services().settings.recipients.link_days)
    return page("retention.html", kept=sorted([*kept, calls, link], key=lambda each: each[1]))


def _logo(errors: dict[str, str]) -> bytes | None:
    """None: as it is; b"": none any more."""
    if request.form.get("no_logo") == "on":
        return b""
    sent = request.files.get("logo")
    content = sent.read(LARGEST_LOGO + 1) if sent else b""
    if len(content) > LARGEST_LOGO:
        errors["logo"] = "A logo has up to half a megabyte."
    return content or None


def _brand(status: int = 200, **facts: Any) -> Response:
    record = services().recipients.brands.get(who().merchant_id)
    shown: Brand = facts.get("given", record.brand)
    valid = COLOUR.fullmatch(shown.colour) is not None
    colour = shown.colour if valid else Brand().colour
    given: dict[str, Any] = {"said": "", "errors": {}, "given": record.brand, "unsaved": False, **facts}
    return page(
        "brand.html",
        status,
        record=record,
        labels=LABELS,
        flags=FLAGS,
        languages=services().recipients.languages.known,
        colour=colour,
        ink=ink_on(colour),
        example=_example(),
        **given,
    )


def _example() -> str:
    """The page of the newest parcel that has one."""
    search = ShipmentSearch(mode=who().mode, state="booked", limit=1)
    found = services().staff.desk.find(who().merchant_id, search).page.items
    return services().recipients.links.url(found[0].id, found[0].link_version) if found else ""

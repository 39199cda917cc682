"""Carrier accounts are made and changed: a form of what the carrier says it needs, then a trial of what it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, request

from carriers.base import Profile
from gateway.console.credentials import LONGEST
from gateway.console.gate import SECRET, deed, may, services, who
from gateway.console.rendering import go, page, partial
from gateway.domain.errors import Conflict, InvalidValue, StaleVersion, Unprocessable
from gateway.domain.people import Permission
from gateway.domain.records import AccountRecord
from gateway.services.account_checks import missing_secrets
from gateway.services.accounts import AccountDraft
from gateway.services.ids import new_id

blueprint = Blueprint("accounts", __name__, url_prefix="/carriers")
OPTION, URL = "option-", "url-"
PLACES = {"options": OPTION, "urls": URL, "secrets": SECRET}
"""How fields of the form begin, by where a fault's pointer begins."""
LONGEST_OPTION = 200_000


@dataclass(slots=True)
class Typed:
    """The form as it was sent: its texts, what they mean, and what is wrong with them by the names of its fields."""

    texts: Mapping[str, str]
    draft: AccountDraft = field(default_factory=AccountDraft)
    errors: dict[str, str] = field(default_factory=dict)

    def wrong(self, fault: Unprocessable) -> None:
        """One more fault; the first one of a field is told."""
        where, _, name = fault.pointer.strip("/").partition("/")
        said = str(fault)
        self.errors.setdefault(PLACES.get(where, "") + (name or where), f"{said[:1].upper()}{said[1:]}.")


@blueprint.get("/new")
@may(Permission.CREDENTIALS)
def choose() -> Response:
    """Every carrier that is installed, with what it can do."""
    return page("carrier_choose.html", carriers=services().catalogue.listed())


@blueprint.get("/new/<carrier>")
@may(Permission.CREDENTIALS)
def form(carrier: str) -> Response:
    """What an account with it needs."""
    return _shown(services().catalogue.profile(carrier), Typed({}))


@blueprint.post("/new/<carrier>")
@may(Permission.CREDENTIALS)
def add(carrier: str) -> Response:
    """A new account, in the mode that its page showed. It takes the password of whoever makes it."""
    profile, signed = services().catalogue.profile(carrier), who()
    typed = _typed(profile)
    if request.form.get("mode") != signed.mode:
        typed.errors["mode"] = f"This console shows {signed.mode} data now: look whether that is what you want."
    for fault in services().accounts.faults_of(signed.merchant_id, signed.mode, typed.draft):
        typed.wrong(fault)
    for name in missing_secrets(typed.draft.secrets or {}, profile) if typed.draft.enabled else ():
        typed.wrong(Unprocessable(f"/secrets/{name}", f"{profile.name} needs it, or make the account switched off"))
    _confirmed(typed)
    if typed.errors:
        return _shown(profile, typed, status=422)
    try:
        made = services().accounts.add(signed.merchant_id, signed.mode, typed.draft)
    except Conflict as error:
        typed.wrong(Unprocessable("/name", str(error)))
        return _shown(profile, typed, status=409)
    said = f"{made.name}, {profile.name}, {made.mode}"
    services().staff.audit.record(signed.user, deed("added a carrier account", made.id, said))
    return go("carriers.detail", account_id=made.id, done="made" if made.enabled else "made_off")


@blueprint.get("/<account_id>/settings")
@may(Permission.CREDENTIALS)
def settings(account_id: str) -> Response:
    """Its name, options and addresses as they are."""
    account = services().accounts.get(who().merchant_id, who().mode, account_id)
    profile = services().catalogue.profile(account.carrier)
    options = {OPTION + name: facts.typed(account.options.get(name)) for name, facts in profile.options.items()}
    urls = {URL + name: url for name, url in account.urls.items()}
    return _shown(profile, Typed({"name": account.name, **options, **urls}), account)


@blueprint.post("/<account_id>/settings")
@may(Permission.CREDENTIALS)
def change(account_id: str) -> Response:
    """As the form says; credentials stay. It takes the password of whoever does it, as addresses are told secrets."""
    signed = who()
    account = services().accounts.get(signed.merchant_id, signed.mode, account_id)
    profile = services().catalogue.profile(account.carrier)
    typed, version = _typed(profile, account), request.form.get("version", "")
    _confirmed(typed)
    if typed.errors:
        return _shown(profile, typed, account, 422)
    seen = int(version) if version.isdecimal() and len(version) < 10 else 0
    try:
        services().accounts.change(signed.merchant_id, signed.mode, account_id, typed.draft, seen)
    except Unprocessable as error:
        typed.wrong(error)
        return _shown(profile, typed, account, 422)
    except StaleVersion as error:
        typed.errors["version"] = f"{error}. What you typed is below: look at it, and keep it again."
        return _shown(profile, typed, account, 409)
    except Conflict as error:
        typed.wrong(Unprocessable("/name", str(error)))
        return _shown(profile, typed, account, 409)
    services().staff.audit.record(signed.user, deed("changed a carrier account", account_id, _told(account, typed)))
    return go("carriers.detail", account_id=account_id, done="changed")


@blueprint.post("/<account_id>/pause")
@may(Permission.SETTINGS)
def pause(account_id: str) -> Response:
    """Ask it for no more prices, or for prices again; what is booked with it goes on. Its rest is over, too."""
    signed, enabled = who(), request.form.get("act") != "pause"
    version = request.form.get("version", "")
    seen = int(version) if version.isdecimal() and len(version) < 10 else 0
    services().accounts.change(signed.merchant_id, signed.mode, account_id, AccountDraft(enabled=enabled), seen)
    what = "switched a carrier account on" if enabled else "paused a carrier account"
    services().staff.audit.record(signed.user, deed(what, account_id, request.form.get("why", "").strip()[:200]))
    return go("carriers.detail", account_id=account_id, done="on" if enabled else "paused")


@blueprint.post("/<account_id>/trial")
@may(Permission.BOOK)
def trial(account_id: str) -> Response:
    """Book a parcel that nobody waits for in the carrier's sandbox, and cancel it."""
    signed, once = who(), request.form.get("once", "")[:64]
    services().accounts.get(signed.merchant_id, signed.mode, account_id)
    found = services().trials.run(signed.user, signed.mode, account_id, once or new_id("try", services().clock()))
    template = "trial.html" if partial() else "trial_page.html"
    account = services().accounts.get(signed.merchant_id, signed.mode, account_id)
    return page(template, trial=found, account=account)


def _typed(profile: Profile, account: AccountRecord | None = None) -> Typed:
    """What the form says. What was not touched stays exactly as it is."""
    sent = request.form
    texts = {"name": sent.get("name", "").strip()[:64], "off": sent.get("off", "")[:3]}
    texts |= {OPTION + name: sent.get(OPTION + name, "")[: LONGEST_OPTION + 1] for name in profile.options}
    texts |= {URL + name: sent.get(URL + name, "").strip()[:2048] for name in profile.urls[who().mode]}
    found, options = Typed(texts), dict[str, object]()
    for name, facts in profile.options.items():
        old = account.options.get(name) if account else None
        try:
            same = texts[OPTION + name].split() == facts.typed(old).split()
            value = old if same else facts.read(texts[OPTION + name])
        except InvalidValue as error:
            found.wrong(Unprocessable(f"/options/{name}", str(error)))
            value = texts[OPTION + name]
        if value is not None:
            options[name] = value
    secrets = {name: sent.get(SECRET + name, "").strip()[:LONGEST] for name in profile.secrets if account is None}
    found.draft = AccountDraft(
        name=texts["name"],
        carrier=profile.code,
        urls={name: texts[URL + name] for name in profile.urls[who().mode] if texts[URL + name]},
        secrets={name: text for name, text in secrets.items() if text},
        options=options,
        enabled=None if account else not sent.get("off"),
    )
    return found


def _confirmed(typed: Typed) -> None:
    try:
        services().staff.people.confirm(who().user, request.form.get("password", "")[:1000])
    except Unprocessable as error:
        typed.wrong(error)


def _told(account: AccountRecord, typed: Typed) -> str:
    """What is other than before, by name: values may be anything."""
    was, now = {**account.options, **account.urls}, {**(typed.draft.options or {}), **(typed.draft.urls or {})}
    names = sorted(name for name in {*was, *now} if was.get(name) != now.get(name))
    return ", ".join([f"name {typed.draft.name}"] * (account.name != typed.draft.name) + names) or "nothing new"


def _shown(profile: Profile, typed: Typed, account: AccountRecord | None = None, status: int = 200) -> Response:
    facts: dict[str, Any] = next(each for each in services().catalogue.listed() if each["code"] == profile.code)
    return page(
        "account_form.html",
        status,
        profile=profile,
        facts=facts,
        account=account,
        texts=typed.texts,
        errors=typed.errors,
        called_with=missing_secrets({}, profile),
        urls=profile.urls[who().mode],
    )

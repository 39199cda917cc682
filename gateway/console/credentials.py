"""A carrier account's credentials: given anew, seen by nobody."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, Response, request

from gateway.console.gate import SECRET, deed, may, services, who
from gateway.console.rendering import go, page
from gateway.domain.errors import NotFound, StaleVersion, Unprocessable
from gateway.domain.people import Permission

blueprint = Blueprint("credentials", __name__, url_prefix="/carriers/<account_id>/credentials")
LONGEST = 20_000


@blueprint.get("")
@may(Permission.CREDENTIALS)
def form(account_id: str) -> Response:
    """Empty fields: nobody is shown what is there."""
    return _shown(account_id)


@blueprint.post("")
@may(Permission.CREDENTIALS)
def change(account_id: str) -> Response:
    """Those that are filled in count from now on; the others stay. It takes the password of whoever does it."""
    given, signed = request.form, who()
    found = {name: given.get(SECRET + name, "").strip()[:LONGEST] for name in _names(account_id)}
    secrets = {name: text for name, text in found.items() if text}
    version = given.get("version", "")
    try:
        services().staff.people.confirm(signed.user, given.get("password", "")[:1000])
        if not secrets:
            raise Unprocessable("/secrets", "fill in at least one: those that are left empty stay")
        services().accounts.rotate(
            signed.merchant_id,
            signed.mode,
            account_id,
            secrets,
            int(version) if version.isdecimal() and len(version) < 10 else 0,
            overlap=given.get("overlap") == "on",
        )
    except Unprocessable as error:
        return _shown(account_id, 422, {error.pointer.strip("/").partition("/")[0]: f"{error}."})
    except StaleVersion as error:
        return _shown(account_id, 409, {"secrets": f"{error}. Look at it, then give them again."})
    services().staff.audit.record(signed.user, deed("changed a carrier's credentials", account_id, ", ".join(secrets)))
    return go("carriers.detail", account_id=account_id, done="credentials")


def _names(account_id: str) -> Mapping[str, str]:
    """The secrets that the account's carrier knows, and what each is. Raises NotFound."""
    account = services().accounts.get(who().merchant_id, who().mode, account_id)
    for each in services().catalogue.listed():
        if each["code"] == account.carrier and each["secrets"]:
            known: Mapping[str, str] = each["secrets"]
            return known
    raise NotFound(f"{account.name} has no credentials")


def _shown(account_id: str, status: int = 200, errors: Mapping[str, str] | None = None) -> Response:
    account = services().accounts.get(who().merchant_id, who().mode, account_id)
    return page("credentials.html", status, account=account, names=_names(account_id), errors=errors or {})

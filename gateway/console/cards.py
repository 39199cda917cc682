"""Rate cards of an account: a new one is compared with the one that counts, and kept once somebody says so."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Response, request

from carriers.base import BadRateCard, RateCard
from gateway.console.gate import deed, may, services, who
from gateway.console.rendering import go, page
from gateway.domain.errors import NotFound, StaleVersion, Unprocessable
from gateway.domain.people import Permission

blueprint = Blueprint("cards", __name__, url_prefix="/carriers/<account_id>/rate-card")
LARGEST = 4 << 20
SHOWN = 300


@blueprint.before_request
def _larger() -> None:
    """Rate cards are larger than other forms."""
    request.max_content_length = request.max_form_memory_size = LARGEST


@blueprint.get("")
@may(Permission.POLICIES)
def form(account_id: str) -> Response:
    """The versions there are, and where the next one is given."""
    return _shown(account_id, said="The card is kept." if request.args.get("done") == "kept" else "")


@blueprint.get("/<int:version>.csv")
@may(Permission.POLICIES)
def download(account_id: str, version: int) -> Response:
    """A version as it was given."""
    text = services().rate_cards.text(who().merchant_id, who().mode, account_id, version)
    answer = Response(text, mimetype="text/csv")
    answer.headers["Content-Disposition"] = f'attachment; filename="rate-card-{version}.csv"'
    return answer


@blueprint.post("")
@may(Permission.POLICIES)
def give(account_id: str) -> Response:
    """Compare a card; keep it only where what was compared is what it would take over from now."""
    signed, form_ = who(), request.form
    typed = form_.get("card", "")
    try:
        text = _uploaded() or typed.replace("\r\n", "\n")
        card = services().rate_cards.check(signed.merchant_id, signed.mode, account_id, text)
    except BadRateCard as error:
        faults = [str(each) for each in error.faults]
        return _shown(account_id, 422, typed=text, faults=faults, more=error.count - len(faults))
    except Unprocessable as error:
        return _shown(account_id, 422, typed=typed, faults=[str(error)])
    newest = _newest(account_id)
    if form_.get("act") != "keep":
        return _compared(account_id, text, card, newest)
    if form_.get("newest") != str(newest):
        return _compared(account_id, text, card, newest, 409, outrun=True)
    try:
        made = services().rate_cards.add(
            signed.merchant_id, signed.mode, account_id, text, signed.user.name, supersede=True
        )
    except StaleVersion:
        return _compared(account_id, text, card, _newest(account_id), 409, outrun=True)
    services().staff.audit.record(signed.user, deed("gave a rate card", account_id, f"version {made.version}"))
    return go("cards.form", account_id=account_id, done="kept")


def _uploaded() -> str:
    """The text of the file, "" where none was chosen. Raises Unprocessable."""
    file = request.files.get("file")
    content = file.read() if file is not None else b""
    try:
        return content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unprocessable("", f"line {line} is not UTF-8: save the sheet as CSV UTF-8") from None


def _newest(account_id: str) -> int:
    found = services().rate_cards.list(who().merchant_id, who().mode, account_id)
    return found[0].version if found else 0


def _compared(
    account_id: str, text: str, card: RateCard, newest: int, status: int = 200, *, outrun: bool = False
) -> Response:
    """What would be different, and what the last shipments would have cost."""
    signed, book = who(), services().rate_cards
    differences = book.differences(signed.merchant_id, signed.mode, account_id, card)
    rises = [each.percent for each in differences if each.percent is not None]
    return page(
        "card_differences.html",
        status,
        account=services().accounts.get(signed.merchant_id, signed.mode, account_id),
        differences=differences[:SHOWN],
        more=len(differences) - SHOWN,
        rises=(min(rises), max(rises)) if rises else None,
        effect=book.effect(signed.merchant_id, signed.mode, account_id, card),
        card=card,
        begins=None if card.valid_from == date.min else card.valid_from,
        ends=None if card.valid_until == date.max else card.valid_until,
        today=services().clock().date(),
        text=text,
        newest=newest,
        outrun=outrun,
    )


def _shown(
    account_id: str,
    status: int = 200,
    *,
    said: str = "",
    typed: str = "",
    faults: list[str] | None = None,
    more: int = 0,
) -> Response:
    signed = who()
    account = services().accounts.get(signed.merchant_id, signed.mode, account_id)
    facts = next((each for each in services().catalogue.listed() if each["code"] == account.carrier), None)
    if facts is None or "rate_card" not in facts["options"]:
        raise NotFound(f"{account.name} has no rate card: its carrier names its own prices")
    return page(
        "card.html",
        status,
        account=account,
        versions=services().rate_cards.list(signed.merchant_id, signed.mode, account_id),
        present=services().rate_cards.now(signed.merchant_id, signed.mode, account_id),
        today=services().clock().date(),
        said=said,
        typed=typed,
        faults=faults or [],
        more=more,
    )

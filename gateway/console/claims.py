"""Claims against carriers: what is open, by when it must be submitted, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request, url_for

from gateway.console.gate import larger, may, services, who
from gateway.console.rendering import go, page
from gateway.console.telling import span
from gateway.domain.claims import EVIDENCE_KINDS, NEXT, Claim, ClaimKind, ClaimState, may_be
from gateway.domain.errors import Conflict, InvalidValue, Unprocessable
from gateway.domain.people import Permission
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import ShipmentState
from gateway.domain.values import Money
from gateway.services.claim_files import LARGEST_BYTES, SentFile
from gateway.services.claims import COUNTED, ClaimDraft, Step

blueprint = Blueprint("claims", __name__)
A_PAGE = 50
TONES = {
    ClaimState.OPEN: "warn",
    ClaimState.SUBMITTED: "move",
    ClaimState.DECIDED: "calm",
    ClaimState.PAID: "good",
    ClaimState.WITHDRAWN: "off",
}
KINDS = {
    ClaimKind.LOSS: "It is lost",
    ClaimKind.DAMAGE: "It is damaged",
    ClaimKind.MISSING: "Something is missing in it",
    ClaimKind.MISDELIVERY: "It went to somebody else",
}
STEPS = {
    ClaimState.SUBMITTED: "Sent to the carrier",
    ClaimState.DECIDED: "The carrier has decided",
    ClaimState.PAID: "The money has come",
    ClaimState.WITHDRAWN: "We withdraw it",
}
AMOUNTS = {ClaimState.SUBMITTED: "amount", ClaimState.DECIDED: "awarded", ClaimState.PAID: "paid"}
"""What the sum of the form is, by what happened."""
DECISIONS = {"granted": "All of it", "partly": "A part of it", "refused": "Nothing"}
DONE = {"opened": "The claim is open. Add what speaks for it.", "proven": "Your evidence is kept.", "moved": "Done."}
SOON = 3


@blueprint.get("/claims")
@may(Permission.LOOK)
def overview() -> Response:
    """Newest first."""
    signed, args = who(), request.args
    state = next((each for each in ClaimState if each.value == args.get("state")), None)
    found = services().claims.list(signed.merchant_id, signed.mode, state, A_PAGE, args.get("cursor") or None)
    return page(
        "claims.html",
        rows=[(each, clock(each)) for each in found.items],
        counts=services().claims.counts(signed.merchant_id, signed.mode),
        counted=COUNTED,
        state=state,
        tones=TONES,
        names=services().catalogue.names(),
        references=services().staff.desk.references(signed.merchant_id, found.items),
        next=url_for("claims.overview", state=args.get("state", ""), cursor=found.next_cursor)
        if found.next_cursor
        else None,
    )


@blueprint.get("/claims/<claim_id>")
@may(Permission.LOOK)
def detail(claim_id: str) -> Response:
    """One claim."""
    return _page(claim_id, said=DONE.get(request.args.get("done", ""), ""))


@blueprint.post("/shipments/<shipment_id>/claims")
@may(Permission.WORK_CASES)
def begin(shipment_id: str) -> Response:
    """A new claim about a shipment."""
    kind = next((each for each in ClaimKind if each.value == request.form.get("kind")), None)
    if kind is None:
        raise Unprocessable("/kind", "say what went wrong")
    draft = ClaimDraft(kind=kind, amount=_money("amount"), note=_text("note", 2000))
    claim = services().claims.open(who().user, who().mode, shipment_id, draft)
    return go("claims.detail", claim_id=claim.id, done="opened")


@blueprint.post("/claims/<claim_id>/evidence")
@larger(LARGEST_BYTES + (1 << 20))
@may(Permission.WORK_CASES)
def prove(claim_id: str) -> Response:
    """One more thing that speaks for it: said in words, or a file."""
    kind, text, sent = request.form.get("kind", ""), _text("text", 1000), request.files.get("file")
    content = sent.read() if sent else b""
    typed = {"kind": kind, "text": text}
    if kind not in EVIDENCE_KINDS or not (text or content):
        said = (
            "Say what it is." if kind not in EVIDENCE_KINDS else "Say what it shows, or where it is, or choose a file."
        )
        return _page(claim_id, 422, errors={"evidence": said}, typed=typed)
    if sent and sent.filename and not content:
        return _page(claim_id, 422, errors={"file": "The file is empty: choose it again."}, typed=typed)
    if not content:
        services().claims.add_evidence(who().user, who().mode, claim_id, kind, text, _version())
        return go("claims.detail", claim_id=claim_id, done="proven")
    named = SentFile(content, sent.filename or "" if sent else "")
    try:
        services().claim_files.add(who().user, who().mode, claim_id, (kind, text), named, _version())
    except Unprocessable as error:
        said = f"{str(error)[:1].upper()}{str(error)[1:]}."
        return _page(claim_id, 422, errors={"file": said}, typed=typed)
    return go("claims.detail", claim_id=claim_id, done="proven")


@blueprint.get("/claims/<claim_id>/files/<file_id>")
@may(Permission.WORK_CASES)
def evidence(claim_id: str, file_id: str) -> Response:
    """A file of its evidence. A PDF is somebody else's program: it is taken home, and nothing of it runs here."""
    file, content = services().claim_files.show(who().user, who().mode, claim_id, file_id)
    ending = file.media_type.rpartition("/")[2]
    shown = "attachment" if file.media_type == "application/pdf" else "inline"
    headers = {
        "Content-Disposition": f'{shown}; filename="evidence-{file.id}.{ending}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, no-store",
    }
    return Response(content, headers=headers, content_type=file.media_type)


@blueprint.post("/claims/<claim_id>/step")
@may(Permission.WORK_CASES)
def move(claim_id: str) -> Response:
    """What happened to it."""
    to = next((each for each in STEPS if each.value == request.form.get("to")), None)
    if to is None:
        return _page(claim_id, 422, errors={"to": "Say what happened."})
    decision: Any = request.form.get("decision", "") if request.form.get("decision", "") in DECISIONS else ""
    try:
        money = {AMOUNTS[to]: _money("sum")} if to in AMOUNTS else {}
        step = Step(to=to, reference=_text("reference", 100), decision=decision, note=_text("note", 2000), **money)
        services().claims.go_on(who().user, who().mode, claim_id, step, _version())
    except Unprocessable as error:
        said = f"{str(error)[:1].upper()}{str(error)[1:]}."
        name = error.pointer.strip("/")
        return _page(claim_id, 422, errors={"sum" if name in AMOUNTS.values() else name: said}, typed=request.form)
    return go("claims.detail", claim_id=claim_id, done="moved")


def claimable(shipment: ShipmentRecord) -> Mapping[ClaimKind, str]:
    """What can have happened to a shipment, in words."""
    if shipment.state is not ShipmentState.BOOKED:
        return {}
    return {kind: words for kind, words in KINDS.items() if may_be(kind, delivered=shipment.delivered_at is not None)}


def clock(claim: Claim) -> tuple[str, str] | None:
    """How an open claim stands against the carrier's deadline: a tone and words."""
    if claim.state is not ClaimState.OPEN or claim.submit_by is None:
        return None
    left = claim.submit_by - services().clock()
    if left.total_seconds() < 0:
        return "bad", f"{span(-left)} over"
    return ("warn" if left.days < SOON else "calm"), f"{span(left)} left"


def _page(claim_id: str, status: int = 200, **facts: Any) -> Response:
    signed = who()
    claim = services().claims.get(signed.merchant_id, signed.mode, claim_id)
    shipment = services().shipments.get(signed.merchant_id, signed.mode, claim.shipment_id).shipment
    given: dict[str, Any] = {"said": "", "errors": {}, "typed": {}, **facts}
    return page(
        "claim.html",
        status,
        claim=claim,
        shipment=shipment,
        clock=clock(claim),
        tone=TONES[claim.state],
        kinds=KINDS,
        steps={each: STEPS[each] for each in NEXT[claim.state]},
        decisions=DECISIONS,
        evidence_kinds=EVIDENCE_KINDS,
        currency=_currency(claim),
        carrier=services().catalogue.names().get(claim.carrier, ""),
        **given,
    )


def _currency(claim: Claim) -> str:
    known = claim.awarded or claim.amount
    return known.currency if known else ""


def _text(name: str, longest: int) -> str:
    return " ".join(request.form.get(name, "").split())[:longest]


def _version() -> int:
    """That of the page that the form stood on."""
    try:
        return int(request.form.get("version", ""))
    except ValueError:
        raise Conflict("this form is not complete: open the claim again and send it from there") from None


def _money(name: str) -> Money | None:
    """As people write it; None where they wrote nothing."""
    text, currency = _text(name, 20).replace(",", "."), _text("currency", 3).upper()
    if not text:
        return None
    try:
        money = Money.parse(text, currency)
    except InvalidValue:
        raise Unprocessable(f"/{name}", f"“{text} {currency}” is no amount: write 1299.50 and NOK") from None
    if money.amount <= 0:
        raise Unprocessable(f"/{name}", "an amount is more than nothing")
    return money

"""The pack station: one field, always ready for the scanner; what is scanned is shown, weighed, booked and printed.

Every step is a form that answers with the station as it is then, so it works without scripts too; the script only
saves the page's reload, keeps what is scanned while the line is down, and makes sounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request

from carriers.base import CarrierError
from gateway.console.gate import deed, may, services, who
from gateway.console.qr import bars
from gateway.console.rendering import page, partial
from gateway.console.shipment import LABEL_TYPES
from gateway.domain.errors import Conflict, GatewayError, NotFound, Unprocessable
from gateway.domain.people import Permission
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import LabelKind, ShipmentState
from gateway.services.idempotency import StillRunning
from gateway.services.orders import NotBooked
from gateway.services.pack_station import UNKNOWN, Packed, ToPack, weight_in

blueprint = Blueprint("pack", __name__, url_prefix="/pack")
PRINTED = "printed the label"
COMMANDS = ("REPRINT", "NEXT PARCEL", "ABORT")
"""What a wall sheet has barcodes of."""
KEYS = {"P": "REPRINT"}
LONGEST = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the station says: a tone (good, bad, wait, calm), the words, and what to do."""

    tone: str
    title: str
    then: str = ""


READY = Said(tone="calm", title="Scan an order", then="Its reference, its quote or its tracking number.")


@blueprint.get("")
@may(Permission.PACK)
def station() -> Response:
    """The station, ready."""
    scanned = _text("scan", request.args)
    return _scanned(scanned) if scanned else _page(READY)


@blueprint.post("")
@may(Permission.PACK)
def step() -> Response:
    """One scan, command or confirmation."""
    scanned, current = _text("scan", request.form), _text("current", request.form)
    command = " ".join(scanned.replace("-", " ").upper().split())
    command = KEYS.get(command, command)
    if command == "ABORT":
        return _page(Said(tone="calm", title="Put aside", then="Nothing was booked. Scan the next order."))
    if command == "NEXT PARCEL":
        return _page(READY)
    if command == "REPRINT":
        return _reprinted(current or _text("last", request.form))
    if not current or not (scanned == "" or weight_in(scanned) or _is_box(scanned)):
        return _scanned(scanned) if scanned else _page(READY)
    weight, box = _text("weight", request.form), _text("box", request.form)
    grams = weight_in(scanned) or weight_in(weight) or weight_in(f"{weight} kg")
    packed = Packed(weight_g=grams, box=int(scanned if _is_box(scanned) else box if _is_box(box) else "0"))
    if weight and not grams:
        return _scanned(current, packed, Said(tone="bad", title=f"“{weight}” is no weight", then="Give it as 2.5"))
    return _scanned(current, packed) if scanned else _booked(current, packed)


@blueprint.get("/<shipment_id>/label")
@may(Permission.PACK)
def label(shipment_id: str) -> Response:
    """The stored label; every time it is fetched is a print, and is counted."""
    signed = who()
    kind = LabelKind.PDF if request.args.get("format") == "pdf" else LabelKind.PNG
    made = services().labels.label(signed.merchant_id, signed.mode, shipment_id, kind)
    number = prints(shipment_id) + 1
    services().staff.audit.record(signed.user, deed(PRINTED, shipment_id, f"print {number} ({kind.value})"))
    headers = {"Content-Disposition": f'inline; filename="{shipment_id}.{kind.value}"', "X-Print": str(number)}
    return Response(made.content, 200, headers, content_type=LABEL_TYPES[made.kind])


@blueprint.get("/sheet")
@may(Permission.PACK)
def sheet() -> Response:
    """The command barcodes, to be hung on the wall."""
    return page("pack_sheet.html", commands=[(name, bars(name)) for name in COMMANDS])


def prints(shipment_id: str) -> int:
    """How often the label was printed here."""
    said = services().staff.audit.about(who().merchant_id, shipment_id)
    return sum(each.what == PRINTED for each in said)


def _scanned(scanned: str, packed: Packed | None = None, said: Said | None = None) -> Response:
    """What is found under a scan."""
    try:
        found = services().packing.find(who().merchant_id, who().mode, scanned)
    except NotFound:
        return _page(
            Said(
                tone="bad",
                title=f"“{scanned}” is not known here",
                then="Put it aside. Is it the right code, and the right mode (test or live)? Nothing was booked.",
            ),
            404,
        )
    except Unprocessable as error:
        return _page(Said(tone="bad", title=f"{scanned} cannot be booked", then=f"{error}. Put it aside."), 422)
    if found.made is not None:
        return _made(found.made)
    said = said or Said(tone="calm", title=found.name)
    return _page(said, 422 if said.tone == "bad" else 200, found=found, packed=packed or Packed())


def _booked(scanned: str, packed: Packed) -> Response:
    """Book and print in one step."""
    signed = who()
    try:
        found = services().packing.find(signed.merchant_id, signed.mode, scanned)
        shipment = services().packing.book(signed.merchant_id, signed.mode, found, packed)
    except StillRunning:
        said = Said(tone="wait", title=f"{scanned} is being booked", then="Put it into the tray; scan it again later.")
        return _page(said, 409)
    except NotBooked as error:
        then = f"{error}. Nothing is charged. Put it aside, or press Enter to try again."
        return _page(Said(tone="bad", title=f"{scanned} is not booked", then=then), 409, found=found, packed=packed)
    except (NotFound, Conflict, Unprocessable, CarrierError) as error:
        return _page(Said(tone="bad", title=f"{scanned} is not booked", then=f"{error}. Put it aside."), 409)
    if found.made is None:
        services().staff.audit.record(signed.user, deed("packed and booked", shipment.id, shipment.account))
    return _made(shipment, fresh=found.made is None)


def _reprinted(scanned: str) -> Response:
    """The stored bytes once more."""
    if not scanned:
        return _page(
            Said(tone="bad", title="Nothing to print again", then="Scan the order or its tracking number first.")
        )
    try:
        found = services().packing.find(who().merchant_id, who().mode, scanned)
    except GatewayError as error:
        return _page(Said(tone="bad", title="Nothing to print again", then=f"{error}."), 404)
    if found.made is None:
        said = Said(
            tone="bad", title=f"{found.name} is not booked", then="There is no label yet: press Enter to book it."
        )
        return _page(said, 409, found=found, packed=Packed())
    return _made(found.made, fresh=True)


def _made(shipment: ShipmentRecord, *, fresh: bool = False) -> Response:
    """A shipment there is: its label, or why there is none. Only a `fresh` one is sent to the printer by itself."""
    name = shipment.reference or shipment.tracking_number or shipment.id
    if shipment.state in UNKNOWN:
        then = (
            "The carrier has not answered. Put it into the tray without a label; it appears below when it is settled."
        )
        return _page(Said(tone="wait", title=f"{name} is not certain yet", then=then), 202, last=name)
    if shipment.state is not ShipmentState.BOOKED:
        then = f"It is {shipment.state.value}: {shipment.why or 'there is no label'}. Put it aside."
        return _page(Said(tone="bad", title=f"{name} has no label", then=then), 409)
    try:
        services().labels.label(who().merchant_id, who().mode, shipment.id, LabelKind.PNG)
    except (Conflict, CarrierError) as error:
        then = f"It is booked with {shipment.account}, but {error}. Put it into the tray and scan it again."
        return _page(Said(tone="wait", title=f"{name} has no label yet", then=then), 409, last=name)
    earlier = prints(shipment.id)
    if fresh:
        title = f"{name}: stick on the label" if not earlier else f"{name}: print {earlier + 1}"
        said = Said(tone="good", title=title, then=f"{shipment.account}, {shipment.tracking_number}")
    else:
        times = {0: "but its label was not printed here", 1: "and its label was printed"}.get(
            earlier, f"and its label was printed {earlier} times"
        )
        said = Said(
            tone="calm",
            title=f"{name} is booked",
            then=f"With {shipment.account}, {times}. P and Enter print it again.",
        )
    return _page(said, shipment=shipment, printing=fresh, last=name, current=name)


def _page(said: Said, status: int = 200, **facts: Any) -> Response:
    found: ToPack | None = facts.get("found")
    given: dict[str, Any] = {
        "found": None,
        "packed": Packed(),
        "shipment": None,
        "printing": False,
        "current": found.name if found else "",
        "last": _text("last", request.form),
        **facts,
    }
    template = "pack_part.html" if partial() else "pack.html"
    return page(template, status, said=said, tray=services().packing.tray(who().merchant_id, who().mode), **given)


def _text(name: str, source: Any) -> str:
    return " ".join(str(source.get(name, "")).split())[:LONGEST]


def _is_box(text: str) -> bool:
    return text in ("1", "2", "3", "4")

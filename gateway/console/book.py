"""Book one shipment: say what goes where, see what carriers offer side by side, choose by the rules or by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request

from gateway.console.deciding import decision
from gateway.console.figures import Told as ToldFigure
from gateway.console.figures import told
from gateway.console.gate import deed, may, services, who
from gateway.console.rendering import go, page
from gateway.domain.errors import Unprocessable
from gateway.domain.order_cells import written
from gateway.domain.order_columns import columns
from gateway.domain.order_lines import MOST_PARCELS, PARCEL_FIELDS, Cells, Order, read
from gateway.domain.people import Permission
from gateway.domain.quotes import Quote, ServiceLevel
from gateway.domain.records import ShipmentRecord
from gateway.domain.shipments import ShipmentState
from gateway.services.idempotency import StillRunning
from gateway.services.orders import NotBooked
from gateway.services.ports import ShipmentSearch
from gateway.services.shipments import BookAsk
from gateway.services.trials import PARCEL as TRIAL

blueprint = Blueprint("book", __name__, url_prefix="/book")
RELIABLE_OVER = timedelta(days=30)
LONGEST = 500
LOOKED_AT = 10
BUSY = (
    "It is being booked at this very moment. Press again in a few seconds: it is booked once, however often you press."
)


@blueprint.get("")
@may(Permission.BOOK)
def form() -> Response:
    """The form: empty, or as an earlier quote was asked, or like a shipment that is to be booked anew."""
    named, like = request.args.get("quote", ""), request.args.get("like", "")
    if like:
        return _like(like)
    if not named:
        return _form(_sender(), [{}])
    quote = services().quotes.get(who().merchant_id, who().mode, named)
    services().staff.audit.record(who().user, deed("saw the recipient", quote.id, "To change what was asked"))
    cells, parcels = written(quote.shipment, quote.services)
    return _form({**cells, "policy": quote.policy}, parcels)


@blueprint.post("")
@may(Permission.BOOK)
def ask() -> Response:
    """Ask the carriers; nothing is booked."""
    cells, parcels = _typed()
    if request.form.get("more"):
        return _form(cells, [*parcels, {}][:MOST_PARCELS])
    signed = who()
    order = read(cells, parcels)
    if order.faults:
        return _form(cells, parcels, 422, _errors(order))
    try:
        wanted = services().orders.asked(signed.merchant_id, order, cells.get("policy", ""))
        quote = services().orders.quote(signed.merchant_id, signed.mode, wanted)
    except Unprocessable as error:
        return _form(cells, parcels, 422, {"all": f"{str(error)[:1].upper()}{str(error)[1:]}."})
    return go("book.quotes", quote_id=quote.id)


@blueprint.get("/<quote_id>")
@may(Permission.BOOK)
def quotes(quote_id: str) -> Response:
    """What carriers offer, side by side."""
    return _quotes(services().quotes.get(who().merchant_id, who().mode, quote_id))


@blueprint.post("/<quote_id>")
@may(Permission.BOOK)
def book(quote_id: str) -> Response:
    """Book an offer, or by the rules down the list. A quote is booked once, however often this is sent."""
    signed = who()
    quote = services().quotes.get(signed.merchant_id, signed.mode, quote_id)
    wanted = BookAsk(quote_id=quote.id, offer_id=request.form.get("offer_id", "")[:LONGEST])
    try:
        shipment = services().orders.book(signed.merchant_id, signed.mode, f"quote:{quote.id}", wanted)
    except NotBooked as error:
        return _quotes(quote, 409, bad=f"It is not booked, and nothing is charged: {error}.")
    except StillRunning:
        return _quotes(quote, 409, warn=BUSY)
    audit = services().staff.audit
    if not any(each.what == "booked" for each in audit.about(signed.merchant_id, shipment.id)):  # whoever was first did
        audit.record(signed.user, deed("booked", shipment.id, shipment.account))
    return booked(shipment)


@blueprint.post("/<quote_id>/again")
@may(Permission.BOOK)
def again(quote_id: str) -> Response:
    """Ask the carriers the same once more."""
    return go("book.quotes", quote_id=services().orders.again(who().merchant_id, who().mode, quote_id).id)


def _like(shipment_id: str) -> Response:
    """As a shipment was booked, which shows its recipient, so that is written down. The reference of one that failed is
    free; that of any other is taken.
    """
    known = services().shipments.get(who().merchant_id, who().mode, shipment_id).shipment
    services().staff.audit.record(who().user, deed("saw the recipient", known.id, "To book it anew"))
    cells, parcels = written(known.shipment)
    free = known.state is ShipmentState.FAILED or not known.reference
    reference = known.reference if free else f"{known.reference}-2"
    return _form({**cells, "reference": reference, "policy": known.policy}, parcels)


def booked(shipment: ShipmentRecord) -> Response:
    """See what was booked."""
    done = "booked" if shipment.state is ShipmentState.BOOKED else "asked"
    return go("shipment.detail", shipment_id=shipment.id, done=done)


def policy_names() -> Sequence[str]:
    """By which policies it may be chosen."""
    return services().policies.all_names(who().merchant_id)


def facilities() -> Mapping[str, str]:
    """The merchant's facilities: codes and what to call them."""
    found = services().facilities.list(who().merchant_id)
    return {each.code: f"{each.facility.name or each.code}, {each.facility.address.city}" for each in found}


def _typed() -> tuple[Cells, Sequence[Cells]]:
    form = request.form
    cells = {name: form.get(name, "")[:LONGEST] for name in (*columns(), "policy") if name not in PARCEL_FIELDS}
    told = {name: form.getlist(name) for name in PARCEL_FIELDS}
    count = max(map(len, told.values()), default=0)
    rows = [{name: (told[name][at : at + 1] or [""])[0][:LONGEST] for name in PARCEL_FIELDS} for at in range(count)]
    filled = [row for row in rows if any(text.strip() for text in row.values())]
    return {**cells, "parcels": ""}, filled or [{}]


def _sender() -> Cells:
    """From where the last shipment went, so that nobody types it twice."""
    signed = who()
    if facilities():
        return {"facility": next(iter(facilities()))}
    last = services().shipments.search(signed.merchant_id, ShipmentSearch(mode=signed.mode, limit=LOOKED_AT)).items
    last = tuple(each for each in last if TRIAL not in each.shipment.parcels)  # those leave from a place of their own
    if not last or last[0].return_of:
        return {}
    return {name: text for name, text in written(last[0].shipment)[0].items() if name.startswith("from_")}


def _errors(order: Order) -> Mapping[str, str]:
    return {each.column: f"{each.why[:1].upper()}{each.why[1:]}. {each.repair}." for each in order.faults}


def _form(
    cells: Cells, parcels: Sequence[Cells], status: int = 200, errors: Mapping[str, str] | None = None
) -> Response:
    return page(
        "book.html",
        status,
        cells=cells,
        parcels=parcels,
        errors=errors or {},
        columns=columns(),
        facilities=facilities(),
        policies=policy_names(),
        services=[level.value for level in ServiceLevel],
        default_policy=services().settings.quoting.default_policy,
    )


def _quotes(quote: Quote, status: int = 200, **said: str) -> Response:
    now = services().clock()
    facts: dict[str, Any] = {"bad": "", "warn": "", **said}
    return page(
        "quotes.html",
        status,
        quote=quote,
        decision=decision(quote),
        reliability=_reliability(),
        expired=quote.expires_at <= now,
        days=RELIABLE_OVER.days,
        **facts,
    )


def _reliability() -> Mapping[str, ToldFigure]:
    """Of each carrier that delivered for the merchant lately, how often it was on time."""
    signed, now = who(), services().clock()
    report = services().kpis.report(signed.merchant_id, signed.mode, (now - RELIABLE_OVER).date(), by="carrier")
    return {
        carrier: told(figure)
        for carrier, board in report.parts.items()
        for figure in board.figures("carrier")
        if figure.definition.name == "on_time"
    }

"""Assignments of waves, in and out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate, validates_schema

from gateway.api.schemas.fields import NAME, Given, Shown, coded, moment, text, whole, word
from gateway.api.schemas.values import MoneySchema, WindowSchema
from gateway.domain.assignments import Choice, Limit, LimitKind
from gateway.services.assignments import AssignmentAsk, Wanted

MOST_SHIPMENTS = 20_000
MOST_OFFERS = 50
MOST_LIMITS = 500
STATES = ["waiting", "solving", "optimal", "feasible", "infeasible", "out_of_time", "failed"]
LISTS = ("capacities", "commitments", "shares")


class AssignableOfferSchema(Given):
    """An offer of your own."""

    id = text(100, "Yours to choose; told back.", least=1, required=True)
    account = coded(NAME, required=True)
    price = fields.Nested(MoneySchema, required=True)
    deliver_from = moment(allow_none=True)
    deliver_by = moment(allow_none=True)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Any:
        """To a Choice and its price."""
        price = data.pop("price")
        return Choice(cost=price.minor, **data), price


class AssignableSchema(Given):
    """A shipment: a stored quote, of which every offer that the policy allows counts, or a reference with offers."""

    quote_id = text(64, allow_none=True)
    reference = text(100, "Your own number, told back; that of the quote when left out.", allow_none=True)
    offers = fields.List(
        fields.Nested(AssignableOfferSchema), load_default=list, validate=validate.Length(max=MOST_OFFERS)
    )

    @validates_schema
    def one_of_both(self, data: dict[str, Any], **_: object) -> None:
        """A quote or offers of one's own."""
        if data["quote_id"] and data["offers"]:
            raise ValidationError("The quote has its offers.", "offers")
        if not data["quote_id"] and not data["reference"]:
            raise ValidationError("Give quote_id, or reference and offers.", "reference")

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Wanted:
        """To a Wanted."""
        return Wanted(quote_id=data["quote_id"], reference=data["reference"], offers=tuple(data["offers"]))


class CapacitySchema(Given):
    """An account takes at most so many shipments, in all or of those delivered within a window."""

    account = coded(NAME, required=True)
    most = whole(0, 10**6, required=True)
    window = fields.Nested(WindowSchema, allow_none=True, load_default=None)


class CommitmentSchema(Given):
    """An account was promised at least so many shipments."""

    account = coded(NAME, required=True)
    least = whole(0, 10**6, required=True)


class ShareSchema(Given):
    """An account gets at most a share of the shipments that can be assigned, rounded down."""

    account = coded(NAME, required=True)
    most_percent = whole(0, 100, required=True)


class AssignmentAskSchema(Given):
    """A wave: shipments with their offers, and what accounts take."""

    shipments = fields.List(
        fields.Nested(AssignableSchema), required=True, validate=validate.Length(min=1, max=MOST_SHIPMENTS)
    )
    capacities = fields.List(
        fields.Nested(CapacitySchema), load_default=list, validate=validate.Length(max=MOST_LIMITS)
    )
    commitments = fields.List(
        fields.Nested(CommitmentSchema), load_default=list, validate=validate.Length(max=MOST_LIMITS)
    )
    shares = fields.List(fields.Nested(ShareSchema), load_default=list, validate=validate.Length(max=MOST_LIMITS))
    time_limit_s = whole(1, 300, "How long to look for something cheaper.", load_default=20)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> AssignmentAsk:
        """To an AssignmentAsk."""
        limits = tuple(limit for name in LISTS for limit in _limits(name, data[name]))
        return AssignmentAsk(
            shipments=tuple(data["shipments"]), limits=limits, time_limit_s=float(data["time_limit_s"])
        )


def _limits(name: str, given: list[dict[str, Any]]) -> Iterator[Limit]:
    for place, each in enumerate(given):
        pointer, account = f"/{name}/{place}", each["account"]
        if name == "capacities":
            yield Limit(
                kind=LimitKind.CAPACITY, account=account, number=each["most"], window=each["window"], pointer=pointer
            )
        elif name == "commitments":
            yield Limit(kind=LimitKind.COMMITMENT, account=account, number=each["least"], pointer=pointer)
        else:
            percent = str(each["most_percent"])
            yield Limit(kind=LimitKind.SHARE, account=account, number=0, percent=percent, pointer=pointer)


class AssignedSchema(Shown):
    """By which offer a shipment goes."""

    shipment = fields.String(required=True, metadata={"description": "Its reference, else its quote."})
    quote_id = fields.String(required=True, allow_none=True)
    offer_id = fields.String(required=True)
    account = fields.String(required=True)
    price = fields.Nested(MoneySchema, required=True)


class AccountLoadSchema(Shown):
    """What an account gets."""

    account = fields.String(required=True)
    shipments = fields.Integer(required=True)
    cost = fields.Nested(MoneySchema, required=True)


class GreedySchema(Shown):
    """What taking the cheapest offer with room comes to, one shipment after the other in the order of the request."""

    cost = fields.Nested(MoneySchema, required=True)
    unassigned = fields.Integer(required=True, metadata={"description": "Found no room."})
    broken = fields.List(fields.String(), required=True, metadata={"description": "Commitments that are missed."})


class RelaxationSchema(Shown):
    """A limit that has to give way for any assignment to be possible."""

    pointer = fields.String(required=True, metadata={"description": "Into the request."})
    by = fields.Integer(required=True, metadata={"description": "Shipments."})
    why = fields.String(required=True)


class AssignmentSchema(Shown):
    """The cheapest assignment of a wave, as far as it is known. Nothing is booked by it."""

    id = fields.String(required=True)
    state = word(
        STATES,
        "`feasible`: perhaps not the cheapest, see `gap`. `infeasible`: the limits contradict each other or the "
        "offers; `relaxations` say what would do, and the rest what would be possible then.",
        required=True,
    )
    progress = fields.String(required=True, allow_none=True)
    shipments = fields.Integer(required=True)
    offers = fields.Integer(required=True)
    cost = fields.Nested(MoneySchema, required=True, allow_none=True)
    bound = fields.Nested(
        MoneySchema, required=True, allow_none=True, metadata={"description": "No assignment costs less."}
    )
    gap = fields.Float(
        required=True, allow_none=True, metadata={"description": "Share of the cost that might be saved at most."}
    )
    greedy = fields.Nested(GreedySchema, required=True)
    accounts = fields.List(fields.Nested(AccountLoadSchema), required=True)
    assigned = fields.List(fields.Nested(AssignedSchema), required=True)
    without_offers = fields.List(
        fields.String(), required=True, metadata={"description": "Shipments that no account can take."}
    )
    relaxations = fields.List(fields.Nested(RelaxationSchema), required=True)
    idle_limits = fields.List(
        fields.String(),
        required=True,
        metadata={
            "description": "Pointers to limits of accounts that have no offer in this wave: are their names right?"
        },
    )
    created_at = fields.AwareDateTime(required=True)
    updated_at = fields.AwareDateTime(required=True)

"""Checkout connections and cartonizations, in and out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from marshmallow import fields, missing, post_load, validate

from gateway.api.schemas.fields import NAME, Given, Shown, coded, entries, flag, text, whole, word
from gateway.api.schemas.quotes import SERVICES
from gateway.api.schemas.values import COUNTRY, HEAVIEST_G, LONGEST_MM, AddressSchema, MoneySchema
from gateway.domain.checkouts import (
    MOST_POINTS,
    ArticleSize,
    CheckoutProtocol,
    FallbackRate,
    Verification,
    WhenNothing,
)
from gateway.domain.packing import Box
from gateway.domain.quotes import ServiceLevel
from gateway.services.checkout_connections import ConnectionDraft

PROTOCOLS = [protocol.value for protocol in CheckoutProtocol]
MOST_BOXES, MOST_SIZES, MOST_ROWS = 20, 1000, 200
LONGEST_SECRET = 5000
PERCENT = r"^[0-9]{1,3}(\.[0-9]{1,4})?$"
SECRET_NAME = r"^[A-Za-z][A-Za-z0-9_-]{0,63}$"  # noqa: S105  # a form of names


class BoxSchema(Given):
    """A kind of box, by its inner sides."""

    name = text(60, least=1, required=True)
    length_mm = whole(1, LONGEST_MM, "Inside.", required=True)
    width_mm = whole(1, LONGEST_MM, "Inside.", required=True)
    height_mm = whole(1, LONGEST_MM, "Inside.", required=True)
    max_weight_g = whole(
        1, HEAVIEST_G, "What may be put in; left out: only carriers' limits.", allow_none=True, load_default=None
    )
    empty_weight_g = whole(0, HEAVIEST_G, "What the box itself weighs.", load_default=0)
    wall_mm = whole(0, 100, "Thickness of its board, by which it is larger outside.", load_default=0)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> Box:
        """To a Box."""
        return Box(**data)


class ArticleSizeSchema(Given):
    """How large one piece of an article is."""

    sku = text(100, least=1, required=True)
    length_mm = whole(1, LONGEST_MM, required=True)
    width_mm = whole(1, LONGEST_MM, required=True)
    height_mm = whole(1, LONGEST_MM, required=True)
    keep_upright = flag("Its height stays upright.", load_default=False)
    nothing_on_top = flag("The space above it stays free.", load_default=False)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> ArticleSize:
        """To an ArticleSize."""
        return ArticleSize(**data)


class FallbackRateSchema(Given):
    """A row of the fallback table; of several that hold, the first of each service level is shown."""

    name = text(100, "What the buyer reads.", least=1, required=True)
    service = word(SERVICES, required=True)
    price = fields.Nested(MoneySchema, required=True)
    countries = fields.List(
        coded(COUNTRY, required=True),
        load_default=list,
        validate=validate.Length(max=300),
        metadata={"description": "Left out: all."},
    )
    postcodes = fields.List(
        text(16, least=1, required=True),
        load_default=list,
        validate=validate.Length(max=MOST_ROWS),
        metadata={
            "description": "Beginnings of postcodes; left out: all. One that a wallet shortens to three characters has "
            "the row of the beginnings that go on from it, if all of those cost the same."
        },
    )
    max_weight_g = whole(1, HEAVIEST_G, allow_none=True, load_default=None)
    days = whole(0, 90, "Delivered within so many days; left out: no promise.", allow_none=True, load_default=None)

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> FallbackRate:
        """To a FallbackRate."""
        data |= {name: tuple(data[name]) for name in ("countries", "postcodes")}
        return FallbackRate(**{**data, "service": ServiceLevel(data["service"])})


class ConnectionDraftSchema(Given):
    """What to change about a connection; what is left out stays. All lists, and `labels`, are replaced as a whole."""

    name = coded(NAME, "Yours to choose.", load_default=missing)
    protocol = word(PROTOCOLS, "A connection stays with its protocol.")
    secrets = entries(
        fields.String(validate=validate.Length(min=1, max=LONGEST_SECRET)),
        "Shopify: `client_secret`, `url_token`. Tiendanube: `url_token`. Adobe: `public_key` (PEM), `url_token`. "
        "BigCommerce: the fields of your connection form. While one is being changed, its predecessor under "
        "`…_previous`. Those that are not named stay.",
        pattern=SECRET_NAME,
    )
    enabled = flag()
    origin = fields.Nested(
        AddressSchema, allow_none=True, metadata={"description": "In place of the checkout's own; Adobe sends none."}
    )
    policy = coded(r"^([a-z0-9][a-z0-9_-]{0,63})?$", "Left out: the default one.", load_default=missing)
    boxes = fields.List(fields.Nested(BoxSchema), validate=validate.Length(max=MOST_BOXES))
    sizes = fields.List(fields.Nested(ArticleSizeSchema), validate=validate.Length(max=MOST_SIZES))
    fallback = fields.List(fields.Nested(FallbackRateSchema), validate=validate.Length(max=MOST_ROWS))
    when_nothing = word(
        [each.value for each in WhenNothing],
        "When no carrier gives a rate: your fallback table, nothing at all, or the shop's own backup rates.",
    )
    markup_percent = coded(PERCENT, 'Added to carriers\' prices: "7.5".', load_default=missing)
    round_up_to_minor = whole(1, 1_000_000, "Prices are rounded up to a multiple of it: 100 is whole kroner.")
    free_from = fields.Nested(
        MoneySchema, allow_none=True, metadata={"description": "From this value of the cart on, shipping is free."}
    )
    show = word(["best", "all"], "The best offer of each service level, or every offer.")
    labels = entries(text(100, least=1, required=True), "What buyers read, by service level.", most=len(SERVICES))
    carrier_code = coded(r"^[A-Za-z][A-Za-z0-9_]{0,29}$", "Under which Adobe knows us.", load_default=missing)
    verification = word([each.value for each in Verification], "Of Shopify's signatures.")
    weight_unit = word(["kg", "lb"], "Of Adobe's store.")
    requests_per_min = whole(
        1, 1_000_000, "Shopify: the shop's band, which decides how long it waits.", allow_none=True
    )
    deadline_ms = whole(500, 9500, "When we answer at the latest.", allow_none=True)
    promise_h = whole(1, 720, "How long the prices shown are honoured when their order is booked.")
    cache_s = whole(0, 3600, "How long one cart gets the same answer, at most.")
    pickup_points = whole(
        0, MOST_POINTS, "Tiendanube: how many of each carrier's service points are offered beside the door; 0: none."
    )

    @post_load
    def make(self, data: dict[str, Any], **_: object) -> ConnectionDraft:
        """To a ConnectionDraft."""
        own = {name: data.pop(name) for name in ("name", "protocol", "secrets", "enabled") if name in data}
        if "protocol" in own:
            own["protocol"] = CheckoutProtocol(own["protocol"])
        for name, kind in KINDS.items():
            if name in data:
                data[name] = kind(data[name])
        return ConnectionDraft(**own, settings=data)


KINDS: dict[str, Any] = {
    "boxes": tuple,
    "sizes": tuple,
    "fallback": tuple,
    "when_nothing": WhenNothing,
    "verification": Verification,
    "markup_percent": Decimal,
}
"""Settings whose form in the domain is another."""


class NewConnectionSchema(ConnectionDraftSchema):
    """A new connection to a shop's checkout, in the mode of the key; its secrets are never given back."""

    name = coded(NAME, "Yours to choose.", required=True)
    protocol = word(PROTOCOLS, required=True)


class ConnectionSchema(Shown):
    """A connection to a shop's checkout; of its secrets only the names."""

    id = fields.String(required=True)
    name = fields.String(required=True)
    protocol = word(PROTOCOLS, required=True)
    mode = word(["test", "live"], required=True)
    secrets = fields.List(fields.String(), required=True)
    enabled = fields.Boolean(required=True)
    version = fields.Integer(required=True)
    urls = fields.Dict(required=True, metadata={"description": "What to enter in the shop."})
    answers_within_ms = fields.Integer(required=True)
    settings = fields.Dict(required=True, metadata={"description": "Everything else, as it was given."})
    created_at = fields.AwareDateTime(required=True)


class ConnectionListSchema(Shown):
    """The merchant's connections, by name."""

    data = fields.List(fields.Nested(ConnectionSchema), required=True)

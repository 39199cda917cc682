"""What a rate card adds to the base price, each as a line of the rate.

Columns of `[surcharges]`: `code` (a word of yours, such as `fuel`), `label` (for people), `when` it is due:

    always            on every shipment (fuel, toll)
    remote            to the postcodes named in `country` and `postcodes`
    residential       to a home; an address that does not say is one unless it names a company
    oversize          a parcel over `over_length_mm` (longest side), `over_girth_mm` (longest side and twice both
                      others) or `over_weight_g`; a parcel whose dimensions are not known is not
    cash_on_delivery  cash is collected; a percentage is of that cash
    signature         a signature is asked for

how much: `percent` of the base price (`percent_of` = base, the rule when blank, or subtotal: with the lines above), or
`price_minor` and `currency`; both: the percentage, at least the amount. `per` shipment (the rule when blank) or parcel
(for oversize: each that is). And for what: `service`, `zone`, `country` with `postcodes`; blank is all.
Of several rows of one code the first that is due counts. A row with a currency is only for prices in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from gateway.domain.errors import InvalidValue
from gateway.domain.postcodes import PostcodeIndex
from gateway.domain.quotes import ServiceLevel, Surcharge
from gateway.domain.sheets import BadCell, Row
from gateway.domain.shipments import Shipment
from gateway.domain.values import Address, Money, Parcel

OVER = ("over_length_mm", "over_girth_mm", "over_weight_g")
WHEN = ("always", "remote", "residential", "oversize", "cash_on_delivery", "signature")
COLUMNS = (
    frozenset({"code", "when"}),
    frozenset({"label", "service", "zone", "country", "postcodes", "percent", "percent_of", "price_minor", "currency"})
    | {"per", *OVER},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurchargeRule:
    """One surcharge and when it is due. `areas` is None where it is due everywhere."""

    code: str
    label: str
    when: str
    service: str
    zone: str
    percent: Decimal | None
    of_subtotal: bool
    least: Money | None
    per_parcel: bool
    over: tuple[int | None, int | None, int | None]
    areas: PostcodeIndex[bool] | None = field(default=None, repr=False)

    def times(self, shipment: Shipment, level: ServiceLevel, zone: str, currency: str) -> int:
        """How often it is due: 0 for not at all, else 1 or once for each parcel."""
        if (self.service and self.service != level) or (self.zone and self.zone != zone):
            return 0
        if self.least is not None and self.least.currency != currency:
            return 0
        if self.areas is not None and not self.areas.find(shipment.destination):
            return 0
        parcels = [each for each in shipment.parcels if self._oversize(each)] if any(self.over) else shipment.parcels
        due = bool(parcels) and self._due(shipment)
        return (len(parcels) if self.per_parcel else 1) if due else 0

    def _due(self, shipment: Shipment) -> bool:
        needs = shipment.requirements
        if self.when == "residential":
            return is_home(shipment.destination)
        if self.when == "cash_on_delivery":
            return needs.cash_on_delivery is not None
        return needs.signature if self.when == "signature" else True

    def _oversize(self, parcel: Parcel) -> bool:
        sides = sorted(parcel.dimensions_mm, reverse=True)
        measures = (sides[0], sides[0] + 2 * (sides[1] + sides[2]) if all(sides) else 0, parcel.weight_g)
        return any(limit is not None and size > limit for size, limit in zip(measures, self.over, strict=True))

    def line(self, times: int, base: Money, subtotal: Money, cash: Money | None) -> Surcharge:
        """The line of a rate. `cash` is what is collected at the door.

        Raises:
            InvalidValue: a percentage of cash in another currency than the price.
        """
        amount = Money(Decimal(0), base.currency)
        if self.percent is not None:
            of = subtotal if self.of_subtotal else base
            if self.when == "cash_on_delivery" and cash is not None:
                of = cash
            amount = amount + of.share(self.percent / 100)
        if self.least is not None:
            amount = max(amount, Money(self.least.amount * times, base.currency), key=lambda money: money.amount)
        return Surcharge(code=self.code, label=self.label, amount=amount)


def is_home(address: Address) -> bool:
    """Whether carriers would call it residential: what it says, else whether no company is named."""
    return not address.company if address.residential is None else address.residential


def lines(
    rules: Sequence[SurchargeRule], shipment: Shipment, level: ServiceLevel, zone: str, base: Money
) -> tuple[Surcharge, ...]:
    """The lines of a rate in the order of the card; the first of a code that is due.

    Raises:
        InvalidValue: see `SurchargeRule.line`.
    """
    found: dict[str, Surcharge] = {}
    subtotal = base
    for rule in rules:
        times = 0 if rule.code in found else rule.times(shipment, level, zone, base.currency)
        if times:
            line = rule.line(times, base, subtotal, shipment.requirements.cash_on_delivery)
            found[rule.code], subtotal = line, subtotal + line.amount
    return tuple(line for line in found.values() if line.amount.amount)


def read(row: Row) -> SurchargeRule:
    """One row of `[surcharges]`; its areas are put in by the card. Raises BadCell."""
    code, when = row.text("code"), row.choice("when", WHEN)
    percent, minor = row.maybe_percent("percent"), row.maybe_count("price_minor", 0)
    if percent is None and minor is None:
        raise BadCell("percent", "neither a percentage nor a price_minor")
    over = (row.maybe_count(OVER[0], 1), row.maybe_count(OVER[1], 1), row.maybe_count(OVER[2], 1))
    if (when == "oversize") != any(over):
        raise BadCell(OVER[0], "is for oversize, and oversize needs one such limit")
    if when == "remote" and not row.maybe("postcodes"):
        raise BadCell("postcodes", "is empty: remote is to which postcodes?")
    return SurchargeRule(
        code=code,
        label=row.maybe("label") or code.replace("_", " ").capitalize(),
        when=when,
        service=row.choice("service", tuple(ServiceLevel)) if row.maybe("service") else "",
        zone=row.maybe("zone"),
        percent=percent,
        of_subtotal=row.choice("percent_of", ("base", "subtotal"), "base") == "subtotal",
        least=None if minor is None else money(row, minor),
        per_parcel=row.choice("per", ("shipment", "parcel"), "shipment") == "parcel",
        over=over,
    )


def money(row: Row, minor: int) -> Money:
    """An amount in the row's currency."""
    try:
        return Money.from_minor(minor, row.text("currency"))
    except InvalidValue as error:
        raise BadCell("currency", str(error)) from None

"""What a rate card means for a carrier without a rating API: rates with tax, lines and a promise."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from carriers.base.calendar import promise
from carriers.base.errors import AuthenticationFailed
from carriers.base.messages import Account, QuoteRequest
from carriers.base.profile import Profile
from carriers.base.ratecard.card import Priced, RateCard
from gateway.domain.errors import InvalidValue
from gateway.domain.quotes import Rate, ServiceLevel, Surcharge
from gateway.domain.values import Money, total

MOST_TAX = 100
TAX = "tax"
REMEMBERED_TEXTS = 64
_read = lru_cache(REMEMBERED_TEXTS)(RateCard.load)


def card_rates(request: QuoteRequest, account: Account, profile: Profile, now: datetime) -> tuple[Rate, ...]:
    """One rate for each service that the card and the profile's `[services]` have; () where the card does not serve.

    The card is `account.rate_card`, or the CSV text of the option `rate_card`: the one that is valid on the day of
    `ready_at` at the origin. Other options of the account that count: `timezone` of the origin (unless the card has
    it; else the profile's), `prices_include_tax` (true when left out) and `tax_percent` (see `taxed`).

    It may read the database, so it comes before anything is awaited.

    Raises:
        AuthenticationFailed: the account has no card, or one or an option that cannot be read; names the option.
    """
    card = card_of(account, profile, request.ready_at)
    if card is None:
        return ()
    ready_at = max(now, request.ready_at).astimezone(card.timezone or origin(account, profile))
    divisor = profile.limits.dimensional_divisor_cm3_per_kg
    wanted = [
        level for level in ServiceLevel if level in profile.services and level in (request.services or card.services)
    ]
    found: list[Rate] = []
    for level in wanted:
        if priced := card.price(request.shipment, level, divisor):
            price, surcharges = taxed(priced, account)
            rate = Rate(
                service=level,
                carrier_service=profile.services[level],
                price=price,
                surcharges=surcharges,
                deliver_by=promise(
                    ready_at,
                    priced.transit_days,
                    card.cut_off(level),
                    request.shipment.origin,
                    request.shipment.destination,
                    account.calendar,
                ),
            )
            found.append(rate)
    return tuple(found)


def card_of(account: Account, profile: Profile, moment: datetime) -> RateCard | None:
    """The account's card that is valid at a moment, by the calendar of the origin; None where none is.

    Raises:
        AuthenticationFailed: there is no card at all, or one that cannot be read.
    """
    otherwise = origin(account, profile)
    if account.rate_card is not None:
        return account.rate_card.at(moment, otherwise)
    text = account.options.get("rate_card")
    if not isinstance(text, str) or not text:
        raise _wrong(account, "rate_card: there is no rate card")
    try:
        return _read(text, "rate_card").at(moment, otherwise)
    except InvalidValue as error:
        raise _wrong(account, str(error)) from None


def origin(account: Account, profile: Profile) -> ZoneInfo:
    """The origin's time zone by the option `timezone`, else the profile's. Raises AuthenticationFailed."""
    name = account.options.get("timezone", profile.polling.timezone)
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _wrong(account, f"timezone: {name!r} is not an IANA time zone") from None


def taxed(priced: Priced, account: Account) -> tuple[Money, tuple[Surcharge, ...]]:
    """The gross price, and its lines net of tax with the tax as the last one.

    Prices of the card include `tax_percent`, unless the option `prices_include_tax` is false; then it comes on top.
    Without `tax_percent` a price that includes tax has no such line.

    Raises:
        AuthenticationFailed: prices without tax, and no `tax_percent`; or one that is no percentage.
    """
    gross = account.options.get("prices_include_tax", True)
    if not isinstance(gross, bool):
        raise _wrong(account, "prices_include_tax: is not true or false")
    percent = _tax_percent(account)
    if percent is None and not gross:
        raise _wrong(account, "tax_percent: is needed where prices do not include tax")
    if not percent:
        return priced.price, priced.lines
    label = f"Tax {percent.normalize():f} %"
    if not gross:
        tax = priced.price.share(percent / 100)
        return priced.price + tax, (*priced.lines, Surcharge(code=TAX, label=label, amount=tax))
    net = 1 / (1 + percent / 100)
    lines = tuple(replace(line, amount=line.amount.share(net)) for line in priced.lines)
    tax = priced.price - total((priced.base.share(net), *(line.amount for line in lines)), priced.price.currency)
    return priced.price, (*lines, Surcharge(code=TAX, label=label, amount=tax))


def _tax_percent(account: Account) -> Decimal | None:
    said = account.options.get("tax_percent")
    if said is None:
        return None
    try:
        percent = Decimal(str(said))
    except InvalidOperation:
        percent = Decimal("NaN")
    if isinstance(said, bool) or not percent.is_finite() or not 0 <= percent <= MOST_TAX:
        raise _wrong(account, f"tax_percent: {said!r} is not a percentage such as 25")
    return percent


def _wrong(account: Account, what: str) -> AuthenticationFailed:
    return AuthenticationFailed(f"account {account.name}, option {what}")
